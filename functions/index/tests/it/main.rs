//! The real binary, on a Runtime API of ours and an endpoint that stands for AWS.
#![cfg(test)]

use std::path::Path;
use std::time::Duration;

use downriver_testkit::runtime_api::{
    Asked, Endpoint, Function, environment, failed_messages, queue_event,
};
use serde_json::{Value, json};

const MINUTE: Duration = Duration::from_mins(1);

const BUNDLE: &str =
    r#"{"v":"1","main":"downriver.toml","files":{"downriver.toml":"applications = 1"}}"#;

#[test]
fn a_catalog_with_problems_is_answered_beside_it() {
    let endpoint = Endpoint::start(|asked| {
        if asked.operation.starts_with("GET ") {
            return (200, BUNDLE.to_owned());
        }
        answer(asked)
    });
    let endpoint = endpoint.expect("a free port");
    let mut function = start(&endpoint);
    let request = request(&downriver_aws::digest::sha256(BUNDLE.as_bytes()), None);
    let event = queue_event("IndexQueue", &[&request]);
    let response = function.invoke(&event, MINUTE).response();
    assert_eq!(failed_messages(&response), [""; 0]);
    let asked = endpoint.asked();
    let written = asked
        .iter()
        .find(|asked| asked.operation.starts_with("PUT "));
    let written = written.expect("an answer was written");
    assert!(
        written
            .operation
            .contains("/acme-bucket/catalogs/1.json.result.json")
    );
    assert!(written.body.contains(r#""ok":false"#), "{}", written.body);
    assert!(
        written.body.contains("downriver.toml:1:"),
        "{}",
        written.body
    );
    assert!(quarantined(&endpoint).is_empty());
}

#[test]
fn an_upload_that_is_not_what_was_sent_or_not_here_is_quarantined() {
    let endpoint = Endpoint::start(|asked| {
        if asked.operation.starts_with("GET ") {
            return (200, BUNDLE.to_owned());
        }
        answer(asked)
    });
    let endpoint = endpoint.expect("a free port");
    let mut function = start(&endpoint);
    let other = request(&"0".repeat(64), None);
    let elsewhere = request(&"0".repeat(64), Some("another-bucket"));
    let event = queue_event("IndexQueue", &[&other, &elsewhere, "{}"]);
    let response = function.invoke(&event, MINUTE).response();
    assert_eq!(failed_messages(&response), [""; 0]);
    let mut reasons: Vec<String> = quarantined(&endpoint)
        .into_iter()
        .map(|[_, reason, ..]| reason)
        .collect();
    reasons.sort();
    assert_eq!(reasons.len(), 3);
    assert!(
        reasons
            .iter()
            .any(|reason| reason.contains("is not what was sent")),
        "{reasons:?}"
    );
    assert!(
        reasons
            .iter()
            .any(|reason| reason.contains("another-bucket")),
        "{reasons:?}"
    );
}

fn request(sha256: &str, bucket: Option<&str>) -> String {
    let mut request = json!({
        "v": "1",
        "kind": "catalog",
        "key": "catalogs/1.json",
        "sha256": sha256,
        "requested_by": "someone",
    });
    if let Some(bucket) = bucket {
        request["bucket"] = bucket.into();
    }
    request.to_string()
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
    let program = Path::new(env!("CARGO_BIN_EXE_index"));
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
