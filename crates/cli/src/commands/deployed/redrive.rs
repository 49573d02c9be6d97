//! `downriver redrive`: moves messages that failed back to where they came from, or shows them.

mod describe;
mod list;
mod show;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use downriver_aws::deployment::{
    BATCH_MESSAGES_MAX, DeployedQueue, Deployment, FailedMessage, FailedQueue,
};

use crate::arguments::{QueueName, RedriveOptions};
use crate::exit::{Exit, refuse};
use crate::terminal::Terminal;
use show::{Account, Row};

/// Nobody else sees what was received for so long: more than it takes to move a batch, also where each has to wait.
const HOLD_SECS: i32 = 120;
/// Long polls that bring nothing before a queue counts as empty.
const EMPTY_MAX: u32 = 2;

/// What is wrong on this machine, told before anybody is asked.
pub(super) fn check(options: &RedriveOptions) -> anyhow::Result<()> {
    if options.queues.contains(&QueueName::Sweep) && (options.quarantine || !options.list) {
        return Err(refuse(
            "a sweep that failed has nowhere to go back to, and the next one does its work: see why with `downriver redrive sweep --list`",
        ));
    }
    Ok(())
}

pub(super) async fn redrive(
    deployment: &Deployment,
    options: &RedriveOptions,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    if options.list {
        return list::list(deployment, options, terminal).await;
    }
    let mut mover = Mover {
        deployment,
        pace: Pace::new(options.per_second),
        limit: usize::try_from(options.limit)?,
        account: Account::default(),
    };
    let wanted = wanted(options);
    if options.quarantine {
        mover.quarantine(&wanted, terminal).await?;
    } else {
        for queue in wanted {
            mover.dead_letters(queue, terminal).await?;
        }
    }
    terminal.end_progress();
    mover.account.show(deployment, terminal)
}

/// The queues that were named, or all.
fn wanted(options: &RedriveOptions) -> BTreeSet<DeployedQueue> {
    let named = options.queues.iter().filter_map(|name| deployed(*name));
    let named: BTreeSet<DeployedQueue> = named.collect();
    if options.queues.is_empty() {
        DeployedQueue::ALL.into_iter().collect()
    } else {
        named
    }
}

const fn deployed(name: QueueName) -> Option<DeployedQueue> {
    match name {
        QueueName::Changes => Some(DeployedQueue::Changes),
        QueueName::Runs => Some(DeployedQueue::Runs),
        QueueName::Due => Some(DeployedQueue::Due),
        QueueName::Index => Some(DeployedQueue::Index),
        QueueName::Sweep => None,
    }
}

struct Mover<'a> {
    deployment: &'a Deployment,
    pace: Pace,
    limit: usize,
    account: Account,
}

impl Mover<'_> {
    async fn dead_letters(
        &mut self,
        queue: DeployedQueue,
        terminal: &mut Terminal,
    ) -> anyhow::Result<()> {
        self.move_all(FailedQueue::DeadLetters(queue), terminal, |_| Some(queue))
            .await
    }

    async fn quarantine(
        &mut self,
        wanted: &BTreeSet<DeployedQueue>,
        terminal: &mut Terminal,
    ) -> anyhow::Result<()> {
        let outputs = self.deployment.outputs();
        let home = |message: &FailedMessage| {
            let queue = outputs.queue_named(message.from_queue.as_deref()?)?;
            wanted.contains(&queue).then_some(queue)
        };
        self.move_all(FailedQueue::Quarantine, terminal, home).await
    }

    /// Moves what was there at the begin, so that what fails again at once is not moved again and again.
    async fn move_all(
        &mut self,
        from: FailedQueue,
        terminal: &mut Terminal,
        home: impl Fn(&FailedMessage) -> Option<DeployedQueue>,
    ) -> anyhow::Result<()> {
        let (there, _) = self.deployment.count_failed(from).await?;
        let there = usize::try_from(there)?;
        let mut row = Row::of(from);
        let mut seen = BTreeSet::new();
        let mut kept = Vec::new();
        let mut empty = 0;
        while seen.len() < there && self.account.moved() + row.moved() < self.limit {
            let room = self.limit - self.account.moved() - row.moved();
            let most = room.min(there - seen.len()).min(BATCH_MESSAGES_MAX);
            let received = self
                .deployment
                .receive_failed(from, most, HOLD_SECS)
                .await?;
            if received.is_empty() {
                empty += 1;
                if empty == EMPTY_MAX {
                    break;
                }
                continue;
            }
            empty = 0;
            self.pace.wait(received.len()).await;
            let mut by_home: BTreeMap<DeployedQueue, Vec<FailedMessage>> = BTreeMap::new();
            for message in received {
                let is_new = seen.insert(message.id.clone());
                match home(&message) {
                    Some(queue) if is_new => by_home.entry(queue).or_default().push(message),
                    _ => kept.push(message),
                }
            }
            for (to, messages) in by_home {
                let moved = self.deployment.send_back(from, to, &messages).await?;
                row.take(to, &moved);
                for refusal in moved.refused {
                    kept.push(messages[refusal.index].clone());
                }
            }
            let count = self.account.moved() + row.moved();
            terminal.show_progress(|| format!("moved {count} messages"));
        }
        self.deployment.release(from, &kept).await?;
        row.left = there.saturating_sub(row.moved());
        self.account.rows.push(row);
        Ok(())
    }
}

/// Keeps to so many messages a second, for the sake of those who consume them.
struct Pace {
    per_second: u32,
    next: Instant,
}

impl Pace {
    fn new(per_second: u32) -> Self {
        Self {
            per_second,
            next: Instant::now(),
        }
    }

    async fn wait(&mut self, messages: usize) {
        let now = Instant::now();
        tokio::time::sleep(self.next.saturating_duration_since(now)).await;
        let messages = u32::try_from(messages).unwrap_or(u32::MAX);
        let takes = Duration::from_secs(1) / self.per_second * messages;
        self.next = self.next.max(now) + takes;
    }
}
