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
fn stages_and_unknown_pipelines_are_acknowledged_and_other_events_are_quarantined() {
    let endpoint = Endpoint::start(answer).expect("a free port");
    let mut function = start(&endpoint);
    let succeeded = include_str!("../../../../events/codepipeline.succeeded.json");
    let stage = include_str!("../../../../events/codepipeline.ignored-stage.json");
    let package = include_str!("../../../../events/codeartifact.npm-scoped-published.json");
    let event = queue_event("RunsQueue", &[succeeded, stage, package]);
    let response = function.invoke(&event, MINUTE).response();
    assert_eq!(failed_messages(&response), [""; 0]);
    let sent = quarantined(&endpoint);
    let [[body, reason, _, id]] = sent.as_slice() else {
        panic!("one message, not {sent:?}");
    };
    assert_eq!((body.as_str(), id.as_str()), (package, "m2"));
    assert!(reason.contains("an event of CodeArtifact"), "{reason}");
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
    let program = Path::new(env!("CARGO_BIN_EXE_track"));
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
