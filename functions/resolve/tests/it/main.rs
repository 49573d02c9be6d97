//! The real binary, on a Runtime API of ours and an endpoint that stands for AWS.
#![cfg(test)]

use std::path::Path;
use std::time::Duration;

use downriver_testkit::runtime_api::{
    Asked, Endpoint, Function, environment, failed_messages, queue_event,
};
use serde_json::Value;

const MINUTE: Duration = Duration::from_mins(1);

#[test]
fn what_is_not_for_this_queue_is_quarantined_with_the_reason() {
    let endpoint = Endpoint::start(answer).expect("a free port");
    let mut function = start(&endpoint);
    let pipeline = include_str!("../../../../events/codepipeline.succeeded.json");
    // A catalog was never applied: no domain owner is believed.
    let package = include_str!("../../../../events/codeartifact.npm-scoped-published.json");
    let timer = r#"{"v":"1","kind":"timer","application":"shop","slot_revision":3,"at":"2026-01-01T00:00:00Z"}"#;
    let event = queue_event("ChangesQueue", &[pipeline, package, timer, ""]);
    let response = function.invoke(&event, MINUTE).response();
    assert_eq!(failed_messages(&response), [""; 0]);
    let sent = quarantined(&endpoint);
    let reasons: Vec<&str> = sent.iter().map(|[_, reason, ..]| reason.as_str()).collect();
    let expected = ["an event of CodePipeline", "domain owner", "timer", ""];
    assert_eq!(reasons.len(), expected.len());
    for (reason, expected) in reasons.iter().zip(expected) {
        assert!(reason.contains(expected), "{reason}");
    }
    assert_eq!(sent[0][0], pipeline);
}

#[test]
fn without_the_topology_nothing_is_judged_and_everything_comes_again() {
    let endpoint = Endpoint::start(|asked| {
        if asked.operation.starts_with("DynamoDB") {
            return (500, "{}".to_owned());
        }
        answer(asked)
    });
    let endpoint = endpoint.expect("a free port");
    let mut function = start(&endpoint);
    let event = queue_event("ChangesQueue", &["not {json", "{}"]);
    let response = function.invoke(&event, MINUTE).response();
    assert_eq!(failed_messages(&response), ["m0", "m1"]);
    assert!(quarantined(&endpoint).is_empty());
}

/// What was sent to the quarantine queue: body, reason, queue, message id.
fn quarantined(endpoint: &Endpoint) -> Vec<[String; 4]> {
    let asked = endpoint.asked().into_iter();
    asked
        .filter(|asked| asked.operation == "AmazonSQS.SendMessage")
        .map(|asked| {
            let sent: Value = serde_json::from_str(&asked.body).expect("a request is JSON");
            assert!(
                sent["QueueUrl"]
                    .as_str()
                    .is_some_and(|url| url.ends_with("/QuarantineQueue"))
            );
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let attribute = |name: &str| text(&sent["MessageAttributes"][name]["StringValue"]);
            assert!(attribute("quarantined_at").ends_with('Z'), "{sent}");
            [
                text(&sent["MessageBody"]),
                attribute("reason"),
                attribute("from_queue"),
                attribute("message_id"),
            ]
        })
        .collect()
}

fn start(endpoint: &Endpoint) -> Function {
    let program = Path::new(env!("CARGO_BIN_EXE_resolve"));
    Function::start(program, &environment(endpoint.url())).expect("the binary starts")
}

/// An empty table, and queues that take everything.
fn answer(asked: &Asked) -> (u16, String) {
    let body = if asked.operation.starts_with("AmazonSQS.") {
        r#"{"MessageId":"0f6a","MD5OfMessageBody":"","Successful":[],"Failed":[]}"#
    } else {
        "{}"
    };
    (200, body.to_owned())
}
