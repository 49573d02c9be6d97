use std::collections::BTreeMap;

use downriver_aws::deployment::DeployedQueue;
use downriver_domain::Timestamp;
use downriver_engine::wire::inputs::{Input, Position};

use super::letter::Letter;
use super::outbox::{NotSent, Report};
use crate::render::style::{Page, Paint};

const PAGE: Page = Page {
    width: 80,
    paint: Paint { is_colored: false },
};
/// 2026-11-21T21:18:54.321Z.
const NOW: Timestamp = Timestamp::from_unix_millis(1_795_295_934_321);

fn letter(text: &str, now: Option<Timestamp>) -> Result<Letter, (String, String)> {
    let position = Position {
        file: "e.json".to_owned(),
        line: 3,
    };
    let bytes = text.as_bytes().to_vec();
    Letter::of(&Input { position, bytes }, now)
}

#[test]
fn each_kind_of_event_has_its_queue_and_what_is_neither_goes_to_be_quarantined() {
    for (text, queue) in [
        (r#"{"source":"aws.codeartifact"}"#, DeployedQueue::Changes),
        (r#"{"source":"aws.codepipeline"}"#, DeployedQueue::Runs),
        (
            r#"{"source":"acme.test","detail-type":"CodePipeline Pipeline Execution State Change"}"#,
            DeployedQueue::Runs,
        ),
        (
            r#"{"source":"aws.codeartifact","detail-type":"CodePipeline Pipeline Execution State Change"}"#,
            DeployedQueue::Changes,
        ),
        (r#"{"source":7}"#, DeployedQueue::Changes),
        (
            r#"{"source":"aws.codepipeline","source":"x"}"#,
            DeployedQueue::Changes,
        ),
        ("{}", DeployedQueue::Changes),
    ] {
        let sent = letter(text, None).unwrap();
        assert_eq!((sent.queue, sent.body.as_str()), (queue, text));
    }
}

#[test]
fn a_new_time_changes_the_time_and_not_one_byte_else() {
    let text = r#"{ "time" : "2026-05-04T09:12:00Z", "detail":{"time":"x", "sequenceNumber": 18446744073709551616}}"#;
    let sent = letter(text, Some(NOW)).unwrap();
    assert_eq!(
        sent.body,
        r#"{ "time" : "2026-11-21T21:18:54Z", "detail":{"time":"x", "sequenceNumber": 18446744073709551616}}"#
    );
    let without = r#"{"detail":{"time":"x"}}"#;
    assert_eq!(letter(without, Some(NOW)).unwrap().body, without);
}

#[test]
fn what_no_queue_takes_is_told_with_its_place() {
    let (position, reason) = letter("{\"a\":\"\u{1}\"}", None).unwrap_err();
    assert_eq!(position, "e.json:3");
    assert!(reason.contains("\\u{1}"), "{reason}");
    let position = Position {
        file: "e.json".to_owned(),
        line: 1,
    };
    let bytes = b"{\"a\":\"\xff\"}".to_vec();
    let (_, reason) = Letter::of(&Input { position, bytes }, None).unwrap_err();
    assert!(reason.contains("UTF-8"), "{reason}");
}

#[test]
fn the_bus_takes_the_detail_as_it_stands_under_another_source() {
    let text = r#"{"source":"aws.codeartifact","detail-type":"T","time":"2026-05-04T09:12:00Z","resources":["arn:a"],"detail":{"b": 2,"a":1}}"#;
    let event = letter(text, None).unwrap().on_bus("acme.test").unwrap();
    assert_eq!(event.source, "acme.test");
    assert_eq!(event.detail_type, "T");
    assert_eq!(event.detail, r#"{"b": 2,"a":1}"#);
    assert_eq!(event.resources, ["arn:a"]);
    assert_eq!(event.time.unwrap().unix_millis(), 1_777_885_920_000);
    let reason = letter(r#"{"detail-type":"T","detail":[]}"#, None)
        .unwrap()
        .on_bus("acme.test")
        .unwrap_err();
    assert!(reason.contains("an object as `detail`"), "{reason}");
}

#[test]
fn a_report_says_what_went_where_and_what_did_not() {
    let report = Report {
        sent: BTreeMap::from([("ChangesQueue", 1200), ("RunsQueue", 2)]),
        not_sent: vec![NotSent {
            source: "events/broken.json:1".to_owned(),
            reason: "the event breaks off: expected a JSON object that ends".to_owned(),
        }],
        old: 1202,
        refused: 0,
    };
    insta::assert_snapshot!(report.text(PAGE, "hub", true), @r"
    Sent 1,202 events to deployment hub
       1,200  ChangesQueue
           2  RunsQueue
    Not sent: 1 part of the input
      events/broken.json:1: the event breaks off: expected a JSON object that ends
    1,202 events are dated more than an hour ago. Where the built version of a
    dependency is unknown, what was published before the application was registered
    changes nothing; --set-time now dates events now.
    What comes of it: downriver status --deployment hub
    ");
    let nothing = Report::default();
    insta::assert_snapshot!(nothing.text(PAGE, "hub", true), @"Sent 0 events to deployment hub");
}
