//! The real binary, on a Runtime API of ours and an endpoint that stands for AWS.
#![cfg(test)]

use std::time::Duration;

use downriver_testkit::runtime_api::{
    Endpoint, Function, answer_as_new, failed_messages, quarantined, queue_event, start_function,
};
use serde_json::json;

const MINUTE: Duration = Duration::from_mins(1);

const BUNDLE: &str =
    r#"{"v":"1","main":"downriver.toml","files":{"downriver.toml":"applications = 1"}}"#;

#[test]
fn a_catalog_with_problems_is_answered_beside_it() {
    let endpoint = Endpoint::start(|asked| {
        if asked.operation.starts_with("GET ") {
            return (200, BUNDLE.to_owned());
        }
        answer_as_new(asked)
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
        answer_as_new(asked)
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

fn start(endpoint: &Endpoint) -> Function {
    start_function(env!("CARGO_BIN_EXE_index"), endpoint)
}
