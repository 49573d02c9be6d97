//! Sends events to the bus, in order, from a thread of its own: so that a slow bus delays no answer.

use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use ureq::Agent;

use super::events::Event;
use super::ids::Ids;
use super::instant::{to_seconds, to_seconds_text};
use super::orders::{Bus, Delivered};

/// Entries in one `PutEvents` (service model).
const ENTRIES_MAX: usize = 10;
const TRIES_MAX: u32 = 6;
/// Before the second try; doubled before each further one.
const BACK_OFF: Duration = Duration::from_millis(100);
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// The way to the thread. It ends when all of them are gone and everything was tried.
#[derive(Debug)]
pub(crate) struct Deliveries {
    events: Sender<(Event, Arc<Bus>)>,
    delivered: Arc<Mutex<Delivered>>,
}

struct Deliverer {
    events: Receiver<(Event, Arc<Bus>)>,
    delivered: Arc<Mutex<Delivered>>,
    agent: Agent,
    ids: Ids,
}

/// Where an event goes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Destination {
    /// The default bus of this account in this Region.
    Bus {
        account: String,
        region: String,
    },
    Queue {
        url: String,
    },
}

impl Deliveries {
    pub(crate) fn begin() -> Self {
        let (sender, events) = channel();
        let delivered = Arc::new(Mutex::new(Delivered::default()));
        let config = Agent::config_builder()
            .timeout_global(Some(CALL_TIMEOUT))
            .http_status_as_error(false)
            .build();
        let mut deliverer = Deliverer {
            events,
            delivered: Arc::clone(&delivered),
            agent: config.into(),
            ids: Ids::default(),
        };
        std::thread::spawn(move || deliverer.run());
        Self {
            events: sender,
            delivered,
        }
    }

    pub(crate) fn send(&self, event: Event, bus: &Arc<Bus>) {
        self.count(|delivered| delivered.pending += 1);
        if self.events.send((event, Arc::clone(bus))).is_err() {
            self.count(|delivered| {
                delivered.pending -= 1;
                delivered.failed += 1;
                delivered.last_error = Some("the thread that delivers has ended".to_owned());
            });
        }
    }

    pub(crate) fn delivered(&self) -> Delivered {
        self.count(|delivered| delivered.clone())
    }

    fn count<T>(&self, change: impl FnOnce(&mut Delivered) -> T) -> T {
        change(
            &mut self
                .delivered
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }
}

impl Deliverer {
    fn run(&mut self) {
        let mut next = None;
        while let Some((event, bus)) = next.take().or_else(|| self.events.recv().ok()) {
            let destination = destination_of(&event, &bus);
            let mut batch = vec![event];
            while batch.len() < ENTRIES_MAX {
                match self.events.try_recv() {
                    Ok((event, other))
                        if other == bus && destination_of(&event, &bus) == destination =>
                    {
                        batch.push(event);
                    }
                    Ok(other) => {
                        next = Some(other);
                        break;
                    }
                    Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
                }
            }
            self.deliver(batch, &bus, &destination);
        }
    }

    fn deliver(&mut self, mut batch: Vec<Event>, bus: &Bus, destination: &Destination) {
        let mut back_off = BACK_OFF;
        for attempt in 1..=TRIES_MAX {
            let before = batch.len();
            let result = match destination {
                Destination::Bus { account, region } => {
                    self.put_events(&mut batch, bus, account, region)
                }
                Destination::Queue { url } => self.send_messages(&mut batch, bus, url),
            };
            let is_last = batch.is_empty() || attempt == TRIES_MAX;
            self.report(
                destination,
                before - batch.len(),
                is_last.then_some(batch.len()),
                result.err(),
            );
            if is_last {
                return;
            }
            std::thread::sleep(back_off);
            back_off *= 2;
        }
    }

    /// Leaves in the batch what the bus did not take.
    fn put_events(
        &self,
        batch: &mut Vec<Event>,
        bus: &Bus,
        account: &str,
        region: &str,
    ) -> Result<(), String> {
        let entries: Vec<Value> = batch.iter().map(|event| entry_of(event, bus)).collect();
        let call = Call {
            target: "AWSEvents.PutEvents",
            version: "1.1",
            service: "events",
            account,
            region,
        };
        let answer = self.call(bus, &call, &json!({"Entries": entries}))?;
        if answer["FailedEntryCount"].as_u64() == Some(0) {
            batch.clear();
            return Ok(());
        }
        let results = answer["Entries"].as_array().cloned().unwrap_or_default();
        let is_refused = |index: usize| {
            let result = results.get(index);
            result.is_none_or(|result| result["ErrorCode"].is_string())
        };
        let mut index = 0;
        batch.retain(|_| {
            index += 1;
            is_refused(index - 1)
        });
        if batch.is_empty() {
            return Ok(());
        }
        Err(format!("PutEvents refused entries: {answer}"))
    }

    fn send_messages(
        &mut self,
        batch: &mut Vec<Event>,
        bus: &Bus,
        url: &str,
    ) -> Result<(), String> {
        let call = Call {
            target: "AmazonSQS.SendMessage",
            version: "1.0",
            service: "sqs",
            account: &bus.hub_account,
            region: &bus.hub_region,
        };
        while let Some(event) = batch.first() {
            let envelope = envelope_of(event, bus, &self.ids.uuid());
            let message = json!({"QueueUrl": url, "MessageBody": envelope.to_string()});
            self.call(bus, &call, &message)?;
            batch.remove(0);
        }
        Ok(())
    }

    fn call(&self, bus: &Bus, call: &Call<'_>, input: &Value) -> Result<Value, String> {
        let said = |error: ureq::Error| format!("{}: {error}", call.target);
        let request = self
            .agent
            .post(&bus.endpoint)
            .header(
                "content-type",
                format!("application/x-amz-json-{}", call.version),
            )
            .header("x-amz-target", call.target)
            .header("authorization", call.authorization());
        let mut answer = request.send(input.to_string()).map_err(said)?;
        let body = answer.body_mut().read_to_string().map_err(said)?;
        if !answer.status().is_success() {
            return Err(format!("{}: {}: {body}", call.target, answer.status()));
        }
        serde_json::from_str(&body).map_err(|error| format!("{}: {error}", call.target))
    }

    /// `given_up` is how many were, once no more tries follow.
    fn report(
        &self,
        destination: &Destination,
        taken: usize,
        given_up: Option<usize>,
        error: Option<String>,
    ) {
        let mut delivered = self
            .delivered
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let given_up = given_up.unwrap_or(0) as u64;
        let taken = taken as u64;
        delivered.pending = delivered.pending.saturating_sub(taken + given_up);
        delivered.failed += given_up;
        match destination {
            Destination::Bus { .. } => delivered.sent += taken,
            Destination::Queue { .. } => delivered.relayed += taken,
        }
        if error.is_some() {
            delivered.last_error = error;
        }
    }
}

struct Call<'a> {
    target: &'static str,
    version: &'static str,
    service: &'static str,
    account: &'a str,
    region: &'a str,
}

impl Call<'_> {
    /// Emulators read the account and the Region from the scope and check no signature.
    fn authorization(&self) -> String {
        let (account, region, service) = (self.account, self.region, self.service);
        format!(
            "AWS4-HMAC-SHA256 Credential={account}/20260101/{region}/{service}/aws4_request, SignedHeaders=host, Signature=none"
        )
    }
}

fn destination_of(event: &Event, bus: &Bus) -> Destination {
    match bus.relay_of(event) {
        Some(url) => Destination::Queue {
            url: url.to_owned(),
        },
        None => Destination::Bus {
            account: event.account.clone(),
            region: event.region.clone(),
        },
    }
}

fn entry_of(event: &Event, bus: &Bus) -> Value {
    json!({
        "Time": to_seconds(event.at_ms / 1000 * 1000),
        "Source": bus.source,
        "DetailType": event.level.detail_type(),
        "Resources": [event.arn()],
        "Detail": event.detail.to_string(),
    })
}

/// As a rule's target gets it.
fn envelope_of(event: &Event, bus: &Bus, id: &str) -> Value {
    json!({
        "version": "0",
        "id": id,
        "detail-type": event.level.detail_type(),
        "source": bus.source,
        "account": event.account,
        "time": to_seconds_text(event.at_ms),
        "region": event.region,
        "resources": [event.arn()],
        "detail": event.detail,
    })
}
