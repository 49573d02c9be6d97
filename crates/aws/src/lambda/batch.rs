//! The loop over a batch of queue messages: each is done, quarantined, or delivered again, whatever the others do.

mod deadline;
mod message;
#[cfg(test)]
mod tests;

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use downriver_engine::EngineError;
use downriver_engine::ports::{QueueError, ReadError, StoreError};
use futures::FutureExt as _;
use futures::future::{Either, select};

pub use deadline::{Countdown, Deadline};
pub use message::Delivery;

/// No further work is begun this short before the deadline; what is left is delivered again.
const STOP_BEFORE: Duration = Duration::from_secs(5);
/// Work is broken off this short before the deadline, so that what was done before it is acknowledged.
const BREAK_OFF_BEFORE: Duration = Duration::from_secs(1);
/// What a joined call may take of the remaining time; the rest is for its messages one by one.
const JOINED_SHARE: f64 = 0.6;
/// What each of them has at least.
const SHARE_MIN: Duration = Duration::from_secs(5);
/// After so many messages in a row for which the store did not answer, the rest of the batch is not tried.
const STORE_FAILURES_MAX: u32 = 3;

/// What a function does with the messages of its queue.
pub trait Consumer {
    /// What one message asks for.
    type Work;

    /// Once for a batch, before anything is read.
    ///
    /// # Errors
    /// What fails the whole batch.
    #[expect(
        async_fn_in_trait,
        reason = "one function handles one invocation at a time, on one thread"
    )]
    async fn begin(&self) -> Result<(), Failure> {
        Ok(())
    }

    /// Reads a message; `None` if nothing is to be done.
    ///
    /// # Errors
    /// Why it goes to the quarantine queue.
    fn read(&self, body: &str) -> Result<Option<Self::Work>, String>;

    /// Whether it is done in one call with the others of its batch that are.
    fn is_joined(&self, _work: &Self::Work) -> bool {
        false
    }

    /// Does it. Repeating it, also after it broke off anywhere, leads to the same end.
    #[expect(async_fn_in_trait, reason = "as above")]
    async fn handle(&self, works: &[&Self::Work]) -> Result<(), Failure>;
}

/// What the loop does to the queue its messages came from, and to the quarantine queue.
pub trait Returns {
    /// Sends the message, unchanged, to the quarantine queue.
    #[expect(async_fn_in_trait, reason = "as above")]
    async fn quarantine(&self, delivery: &Delivery, reason: &str) -> Result<(), QueueError>;

    /// Has each delivered again after so many seconds, instead of after the queue's visibility time-out. Best effort.
    #[expect(async_fn_in_trait, reason = "as above")]
    async fn deliver_again(&self, deliveries: &[(&Delivery, u32)]);
}

/// Why a message was not dealt with.
#[derive(Debug)]
pub enum Failure {
    /// Delivering it again cannot help: it goes to the quarantine queue.
    Refused(String),
    Engine(EngineError),
    /// Something outside the engine's ports did not answer.
    Transient(String),
    Panicked(String),
    OutOfTime,
    /// The store did not answer for those before it.
    NotTried,
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

/// What became of a batch, for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub done: u64,
    pub failed: u64,
    pub quarantined: u64,
}

/// Takes a batch through the consumer. `countdown` goes to the instant at which Lambda ends the invocation.
pub async fn run<C: Consumer, R: Returns, T: Countdown>(
    consumer: &C,
    returns: &R,
    countdown: &T,
    event: SqsEvent,
) -> (SqsBatchResponse, Counts) {
    let deliveries: Vec<Delivery> = event.records.into_iter().map(Delivery::from).collect();
    let mut batch = Batch {
        consumer,
        returns,
        countdown,
        counts: Counts::default(),
        store_failures: 0,
        failed: Vec::new(),
    };
    if batch.begin(&deliveries).await {
        let (joined, single) = batch.read(&deliveries).await;
        let left = batch.handle_joined(joined).await;
        batch.handle_each(left, true).await;
        batch.handle_each(single, false).await;
    }
    batch.answer().await
}

/// A message and what it asks for.
type Item<'a, W> = (&'a Delivery, W);

struct Batch<'a, C, R, T> {
    consumer: &'a C,
    returns: &'a R,
    countdown: &'a T,
    counts: Counts,
    /// Messages in a row.
    store_failures: u32,
    /// With the seconds after which to deliver it again, where that is not left to the queue.
    failed: Vec<(&'a Delivery, Option<u32>)>,
}

impl<'a, C: Consumer, R: Returns, T: Countdown> Batch<'a, C, R, T> {
    /// Whether the rest has any sense.
    async fn begin(&mut self, deliveries: &'a [Delivery]) -> bool {
        let Err(failure) = self.consumer.begin().await else {
            return true;
        };
        for delivery in deliveries {
            self.fail(delivery, &failure);
        }
        false
    }

    /// Sorts what is to be done into what is done together and what is done one by one.
    async fn read(
        &mut self,
        deliveries: &'a [Delivery],
    ) -> (Vec<Item<'a, C::Work>>, Vec<Item<'a, C::Work>>) {
        let mut joined = Vec::new();
        let mut single = Vec::new();
        for delivery in deliveries {
            let read = AssertUnwindSafe(|| self.consumer.read(&delivery.body));
            match std::panic::catch_unwind(read) {
                Ok(Ok(Some(work))) if self.consumer.is_joined(&work) => {
                    joined.push((delivery, work));
                }
                Ok(Ok(Some(work))) => single.push((delivery, work)),
                Ok(Ok(None)) => self.counts.done += 1,
                Ok(Err(reason)) => self.quarantine(delivery, &reason).await,
                Err(panic) => self.fail(delivery, &Failure::Panicked(panic_text(&*panic))),
            }
        }
        (joined, single)
    }

    /// All at once; gives back those to be done one by one, because together they failed.
    async fn handle_joined(&mut self, items: Vec<Item<'a, C::Work>>) -> Vec<Item<'a, C::Work>> {
        if items.len() < 2 || self.remaining() < STOP_BEFORE {
            return items;
        }
        let works: Vec<&C::Work> = items.iter().map(|(_, work)| work).collect();
        let time = self.remaining().mul_f64(JOINED_SHARE);
        match self.guarded(&works, time).await {
            Ok(()) => {
                self.counts.done += items.len() as u64;
                Vec::new()
            }
            Err(failure) => {
                tracing::warn!(
                    messages = items.len(),
                    reason = failure.text(),
                    "messages failed together; trying them one by one"
                );
                items
            }
        }
    }

    /// One by one; where each has a share of the time, the one that made them fail together cannot take it all.
    async fn handle_each(&mut self, items: Vec<Item<'a, C::Work>>, is_shared: bool) {
        let mut left = items.len();
        for (delivery, work) in items {
            let remaining = self.remaining();
            if remaining < STOP_BEFORE {
                self.fail(delivery, &Failure::OutOfTime);
                continue;
            }
            if self.store_failures >= STORE_FAILURES_MAX {
                self.fail(delivery, &Failure::NotTried);
                continue;
            }
            let share = remaining / u32::try_from(left).unwrap_or(u32::MAX);
            let time = if is_shared {
                share.max(SHARE_MIN)
            } else {
                remaining
            };
            let time = time.min(remaining.saturating_sub(BREAK_OFF_BEFORE));
            left -= 1;
            let handled = self.guarded(&[&work], time).await;
            self.settle(delivery, handled).await;
        }
    }

    async fn settle(&mut self, delivery: &'a Delivery, handled: Result<(), Failure>) {
        let is_store_down = matches!(
            handled,
            Err(Failure::Engine(EngineError::Store(StoreError::Transient(
                _
            ))))
        );
        self.store_failures = if is_store_down {
            self.store_failures + 1
        } else {
            0
        };
        match handled {
            Ok(()) => self.counts.done += 1,
            Err(Failure::Refused(reason)) => self.quarantine(delivery, &reason).await,
            Err(failure) => self.fail(delivery, &failure),
        }
    }

    /// Contains panics and ends in time. Breaking off is what a crash at that place would be: everything can be repeated.
    async fn guarded(&self, works: &[&C::Work], time: Duration) -> Result<(), Failure> {
        // Boxed: a use case with all its calls is a large future, and the compiler follows types only so deep.
        let handled = AssertUnwindSafe(Box::pin(self.consumer.handle(works))).catch_unwind();
        match self.within(time, handled).await {
            Some(Ok(result)) => result,
            Some(Err(panic)) => Err(Failure::Panicked(panic_text(&*panic))),
            None => Err(Failure::OutOfTime),
        }
    }

    async fn quarantine(&mut self, delivery: &'a Delivery, reason: &str) {
        match self.returns.quarantine(delivery, reason).await {
            Ok(()) => {
                self.counts.quarantined += 1;
                tracing::warn!(
                    message.id = delivery.id,
                    queue = delivery.queue(),
                    reason,
                    "quarantined"
                );
            }
            Err(error) => self.fail(delivery, &Failure::Engine(error.into())),
        }
    }

    fn fail(&mut self, delivery: &'a Delivery, failure: &Failure) {
        self.counts.failed += 1;
        let again_secs = failure.delay_secs(delivery);
        tracing::warn!(
            message.id = delivery.id,
            queue = delivery.queue(),
            receives = delivery.receives,
            again_secs,
            reason = failure.text(),
            "failed; delivered again"
        );
        self.failed.push((delivery, again_secs));
    }

    async fn within<F: Future>(&self, time: Duration, act: F) -> Option<F::Output> {
        match select(pin!(act), pin!(self.countdown.elapse(time))).await {
            Either::Left((output, _)) => Some(output),
            Either::Right(_) => None,
        }
    }

    fn remaining(&self) -> Duration {
        self.countdown.remaining()
    }

    async fn answer(self) -> (SqsBatchResponse, Counts) {
        let soon: Vec<(&Delivery, u32)> = self
            .failed
            .iter()
            .filter_map(|(delivery, secs)| Some((*delivery, (*secs)?)))
            .collect();
        if !soon.is_empty() {
            // Nothing depends on it: without an answer the queue's own visibility time-out counts.
            let asked = self.returns.deliver_again(&soon);
            if self.within(self.remaining() / 2, asked).await.is_none() {
                tracing::warn!("no time to have messages delivered again soon");
            }
        }
        let mut response = SqsBatchResponse::default();
        for (delivery, _) in &self.failed {
            response.add_failure(delivery.id.clone());
        }
        (response, self.counts)
    }
}

impl Failure {
    /// What it was, with its causes.
    pub fn text(&self) -> String {
        match self {
            Self::Refused(text) | Self::Transient(text) => text.clone(),
            Self::Panicked(text) => format!("panicked: {text}"),
            Self::OutOfTime => "the invocation's time ran out".to_owned(),
            Self::NotTried => "not tried: the store does not answer".to_owned(),
            Self::Engine(error) => chain(error),
        }
    }

    /// Seconds after which another delivery may do better. `None` leaves it to the queue's visibility time-out, which is
    /// long: five deliveries are all there are, and what is broken for minutes should not use them up in seconds.
    fn delay_secs(&self, delivery: &Delivery) -> Option<u32> {
        let first = match self {
            Self::OutOfTime | Self::Engine(EngineError::Contended(..)) => 2,
            Self::Transient(_)
            | Self::NotTried
            | Self::Engine(
                EngineError::Store(StoreError::Transient(_))
                | EngineError::Queue(_)
                | EngineError::Upload(_)
                | EngineError::Read(ReadError::Transient(_)),
            ) => 10,
            Self::Refused(_)
            | Self::Panicked(_)
            | Self::Engine(
                EngineError::Store(StoreError::Permanent(_))
                | EngineError::Read(ReadError::NotFound | ReadError::Denied(_)),
            ) => return None,
        };
        delivery.delay_secs(first)
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", chain(source)),
        None => error.to_string(),
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}
