//! The real binary, on a Runtime API of ours and an endpoint that stands for AWS.
#![cfg(test)]

use std::time::Duration;

use downriver_testkit::runtime_api::{
    Endpoint, Function, answer_as_new, failed_messages, quarantined, queue_event, start_function,
};

const MINUTE: Duration = Duration::from_mins(1);

#[test]
fn what_is_not_for_this_queue_is_quarantined_with_the_reason() {
    let endpoint = Endpoint::start(answer_as_new).expect("a free port");
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
        answer_as_new(asked)
    });
    let endpoint = endpoint.expect("a free port");
    let mut function = start(&endpoint);
    let event = queue_event("ChangesQueue", &["not {json", "{}"]);
    let response = function.invoke(&event, MINUTE).response();
    assert_eq!(failed_messages(&response), ["m0", "m1"]);
    assert!(quarantined(&endpoint).is_empty());
}

fn start(endpoint: &Endpoint) -> Function {
    start_function(env!("CARGO_BIN_EXE_resolve"), endpoint)
}
