//! The real binary, on a Runtime API of ours and an endpoint that stands for AWS.
#![cfg(test)]

use std::time::Duration;

use downriver_testkit::runtime_api::{
    Endpoint, Function, answer_as_new, failed_messages, quarantined, queue_event, start_function,
};

const MINUTE: Duration = Duration::from_mins(1);

#[test]
fn stages_and_unknown_pipelines_are_acknowledged_and_other_events_are_quarantined() {
    let endpoint = Endpoint::start(answer_as_new).expect("a free port");
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

fn start(endpoint: &Endpoint) -> Function {
    start_function(env!("CARGO_BIN_EXE_track"), endpoint)
}
