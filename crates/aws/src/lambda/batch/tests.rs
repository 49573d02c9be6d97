use std::cell::{Cell, RefCell};
use std::time::Duration;

use super::{Consumer, Countdown, Counts, Delivery, Failure, Returns, run};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use downriver_engine::EngineError;
use downriver_engine::ports::{QueueError, ReadError, StoreError};
use futures::executor::block_on;
use serde_json::json;

#[test]
fn what_is_done_or_ignored_is_acknowledged() {
    let world = World::default();
    let (failed, counts) = world.run(&["ok 1", "ignored", "ok 2"]);
    assert!(failed.is_empty());
    assert_eq!(*world.handled.borrow(), [vec!["ok 1"], vec!["ok 2"]]);
    assert_eq!((counts.done, counts.failed), (3, 0));
}

#[test]
fn a_malformed_message_is_quarantined_with_its_reason_and_acknowledged() {
    let world = World::default();
    let (failed, counts) = world.run(&["ok", "malformed", "ok"]);
    assert!(failed.is_empty());
    let expected = [("m1".to_owned(), "it is malformed".to_owned())];
    assert_eq!(*world.quarantined.borrow(), expected);
    assert_eq!((counts.done, counts.quarantined), (2, 1));
}

#[test]
fn a_message_that_cannot_be_quarantined_is_delivered_again() {
    let world = World {
        is_quarantine_down: true,
        ..World::default()
    };
    let (failed, counts) = world.run(&["malformed", "ok"]);
    assert_eq!(failed, ["m0"]);
    assert_eq!((counts.done, counts.failed, counts.quarantined), (1, 1, 0));
}

#[test]
fn what_turns_out_hopeless_at_work_is_quarantined_too() {
    let world = World::default();
    let (failed, _) = world.run(&["hopeless", "ok"]);
    assert!(failed.is_empty());
    assert_eq!(world.quarantined.borrow().len(), 1);
}

#[test]
fn a_panic_costs_its_own_message_only() {
    let world = World::default();
    let (failed, counts) = world.run(&["ok", "panics", "panics while read", "ok"]);
    assert_eq!(failed, ["m2", "m1"]);
    assert_eq!((counts.done, counts.failed), (2, 2));
}

#[test]
fn joined_messages_are_one_call() {
    let world = World::default();
    let (failed, _) = world.run(&["joined 1", "ok", "joined 2"]);
    assert!(failed.is_empty());
    let expected = [vec!["joined 1", "joined 2"], vec!["ok"]];
    assert_eq!(*world.handled.borrow(), expected);
}

#[test]
fn when_joined_messages_fail_each_is_tried_alone() {
    let bad = [
        "joined panics",
        "joined refused",
        "joined contended",
        "joined hangs",
    ];
    for bad in bad {
        let world = World::default();
        let (failed, counts) = world.run(&["joined 1", bad, "joined 2"]);
        assert_eq!(failed, ["m1"], "{bad}");
        assert_eq!(counts.done, 2, "{bad}");
    }
}

#[test]
fn a_message_that_hangs_ends_before_the_invocation_does() {
    let world = World::default();
    let (failed, _) = world.run(&["ok", "hangs", "late"]);
    assert_eq!(failed, ["m1", "m2"], "and what comes after it is not begun");
    assert_eq!(*world.handled.borrow(), [vec!["ok"], vec!["hangs"]]);
    assert!(!world.remaining.get().is_zero(), "there is time to answer");
}

#[test]
fn when_the_store_does_not_answer_the_rest_is_not_tried() {
    let world = World::default();
    let (failed, _) = world.run(&["throttled", "throttled", "throttled", "ok", "ok"]);
    assert_eq!(failed, ["m0", "m1", "m2", "m3", "m4"]);
    assert_eq!(world.handled.borrow().len(), 3);
}

#[test]
fn a_batch_that_cannot_begin_is_delivered_again() {
    let world = World {
        is_store_down: true,
        ..World::default()
    };
    let (failed, _) = world.run(&["ok", "malformed"]);
    assert_eq!(failed, ["m0", "m1"]);
    assert!(world.quarantined.borrow().is_empty());
    assert_eq!(world.delays.borrow().len(), 2);
}

#[test]
fn what_another_delivery_may_cure_comes_back_soon_and_later_each_time() {
    let first = delays("contended", 1);
    let second = delays("contended", 2);
    assert!((2..4).contains(&first[0]), "{first:?}");
    assert!((8..16).contains(&second[0]), "{second:?}");
    let throttled = delays("throttled", 1);
    assert!((10..20).contains(&throttled[0]), "{throttled:?}");
}

#[test]
fn what_it_cannot_cure_is_left_to_the_queue() {
    for (body, receives) in [
        ("refused", 1),
        ("denied", 1),
        ("panics", 1),
        ("contended", 4),
    ] {
        assert!(delays(body, receives).is_empty(), "{body}");
    }
}

#[test]
fn messages_that_fail_together_do_not_come_back_together() {
    let world = World::default();
    world.run(&["contended"; 40]);
    let delays = world.delays.borrow();
    assert!(delays.contains(&2) && delays.contains(&3), "{delays:?}");
}

fn delays(body: &str, receives: u32) -> Vec<u32> {
    let world = World {
        receives,
        ..World::default()
    };
    world.run(&[body]);
    world.delays.take()
}

/// A consumer and queues that keep what happened to them.
struct World {
    receives: u32,
    is_quarantine_down: bool,
    is_store_down: bool,
    handled: RefCell<Vec<Vec<String>>>,
    quarantined: RefCell<Vec<(String, String)>>,
    delays: RefCell<Vec<u32>>,
    remaining: Cell<Duration>,
}

impl Default for World {
    fn default() -> Self {
        Self {
            receives: 1,
            is_quarantine_down: false,
            is_store_down: false,
            handled: RefCell::default(),
            quarantined: RefCell::default(),
            delays: RefCell::default(),
            remaining: Cell::new(Duration::from_mins(1)),
        }
    }
}

impl World {
    fn run(&self, bodies: &[&str]) -> (Vec<String>, Counts) {
        let records: Vec<_> = bodies
            .iter()
            .enumerate()
            .map(|(index, body)| {
                json!({
                    "messageId": format!("m{index}"),
                    "receiptHandle": format!("r{index}"),
                    "body": body,
                    "attributes": {"ApproximateReceiveCount": self.receives.to_string()},
                    "eventSourceARN": "arn:aws:sqs:eu-west-1:111122223333:changes",
                })
            })
            .collect();
        let event: SqsEvent = serde_json::from_value(json!({ "Records": records }))
            .expect("an event as Lambda delivers it");
        let (response, counts) = block_on(run(self, self, self, event));
        (identifiers(&response), counts)
    }
}

fn identifiers(response: &SqsBatchResponse) -> Vec<String> {
    let failures = response.batch_item_failures.iter();
    failures.map(|item| item.item_identifier.clone()).collect()
}

impl Consumer for World {
    type Work = String;

    async fn begin(&self) -> Result<(), Failure> {
        if self.is_store_down {
            return store(StoreError::Transient("it is down".to_owned()));
        }
        Ok(())
    }

    fn read(&self, body: &str) -> Result<Option<String>, String> {
        match body {
            "malformed" => Err("it is malformed".to_owned()),
            "ignored" => Ok(None),
            "panics while read" => panic!("as it was told to"),
            body => Ok(Some(body.to_owned())),
        }
    }

    fn is_joined(&self, work: &String) -> bool {
        work.starts_with("joined")
    }

    async fn handle(&self, works: &[&String]) -> Result<(), Failure> {
        let told: Vec<String> = works.iter().map(|work| (*work).clone()).collect();
        self.handled.borrow_mut().push(told.clone());
        for work in told {
            match work.trim_start_matches("joined ") {
                "panics" => panic!("as it was told to"),
                "hopeless" => return Err(Failure::Refused("hopeless".to_owned())),
                "hangs" => std::future::pending().await,
                "throttled" => return store(StoreError::Transient("slow down".to_owned())),
                "refused" => return store(StoreError::Permanent("no".to_owned())),
                "denied" => {
                    return Err(EngineError::Read(ReadError::Denied("no".to_owned())).into());
                }
                "contended" => return Err(EngineError::Contended("shop".to_owned(), 10).into()),
                _ => {}
            }
        }
        Ok(())
    }
}

/// Time passes only for what waits.
impl Countdown for World {
    fn remaining(&self) -> Duration {
        self.remaining.get()
    }

    async fn elapse(&self, time: Duration) {
        let remaining = self.remaining.get();
        self.remaining.set(remaining.saturating_sub(time));
    }
}

fn store(error: StoreError) -> Result<(), Failure> {
    Err(EngineError::Store(error).into())
}

impl Returns for World {
    async fn quarantine(&self, delivery: &Delivery, reason: &str) -> Result<(), QueueError> {
        if self.is_quarantine_down {
            return Err(QueueError("it is down".to_owned()));
        }
        let kept = (delivery.id.clone(), reason.to_owned());
        self.quarantined.borrow_mut().push(kept);
        Ok(())
    }

    async fn deliver_again(&self, deliveries: &[(&Delivery, u32)]) {
        let delays = deliveries.iter().map(|(_, secs)| *secs);
        self.delays.borrow_mut().extend(delays);
    }
}
