//! The real binary, on a Runtime API of ours and an endpoint that stands for AWS.
#![cfg(test)]

use std::path::Path;
use std::time::Duration;

use downriver_testkit::runtime_api::{
    Answer, Asked, Endpoint, Function, answer_as_new, failed_messages, quarantined, queue_event,
    start_function,
};
use serde_json::Value;

const MINUTE: Duration = Duration::from_mins(1);

const TIMER: &str = r#"{"v":"1","kind":"timer","application":"shop","slot_revision":3,"at":"2026-01-01T00:00:00Z"}"#;

#[test]
fn a_poison_message_is_quarantined_unchanged_and_costs_no_other_its_turn() {
    let endpoint = Endpoint::start(answer_as_new).expect("a free port");
    let mut function = start(&endpoint);
    let event = queue_event("DueQueue", &["not {json", TIMER]);
    let response = function.invoke(&event, MINUTE).response();
    assert_eq!(failed_messages(&response), [""; 0]);
    let sent = quarantined(&endpoint);
    let [[body, reason, queue, id]] = sent.as_slice() else {
        panic!("one message, not {sent:?}");
    };
    assert_eq!([body, queue, id], ["not {json", "DueQueue", "m0"]);
    assert!(!reason.is_empty());
    // The other was looked for in the table.
    let asked = endpoint.asked();
    let is_read =
        |asked: &Asked| asked.operation.starts_with("DynamoDB") && asked.body.contains("app#shop");
    assert!(asked.iter().any(is_read), "{asked:?}");
}

#[test]
fn lines_carry_the_request_and_figures_follow() {
    let endpoint = Endpoint::start(answer_as_new).expect("a free port");
    let mut function = start(&endpoint);
    function
        .invoke(&queue_event("DueQueue", &["{}"]), MINUTE)
        .response();
    let output = function.output();
    let lines: Vec<Value> = output
        .iter()
        .map(|line| serde_json::from_str(line).expect("every line is JSON"))
        .collect();
    let [told, metrics] = lines.as_slice() else {
        panic!("two lines, not {output:?}");
    };
    assert_eq!(told["message"], "quarantined");
    assert_eq!(told["function"], "start");
    assert_eq!(told["requestId"], "8476a536-e9f4-11e8-9739-000000000001");
    assert_eq!(metrics["Quarantined"], 1);
    assert_eq!(metrics["Deployment"], "acme");
}

#[test]
fn messages_whose_time_does_not_suffice_are_delivered_again_soon() {
    let endpoint = Endpoint::start(answer_as_new).expect("a free port");
    let mut function = start(&endpoint);
    let event = queue_event("DueQueue", &[TIMER, TIMER]);
    let response = function.invoke(&event, Duration::from_secs(3)).response();
    assert_eq!(failed_messages(&response), ["m0", "m1"]);
    let asked = endpoint.asked();
    let operations: Vec<&str> = asked.iter().map(|asked| asked.operation.as_str()).collect();
    assert_eq!(operations, ["AmazonSQS.ChangeMessageVisibilityBatch"]);
    assert!(asked[0].body.contains("/111122223333/DueQueue"));
}

#[test]
fn a_table_that_throttles_fails_messages_not_the_function() {
    let endpoint = Endpoint::start(|asked| {
        if asked.operation.starts_with("DynamoDB") {
            let body = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException"}"#;
            return (400, body.to_owned());
        }
        answer_as_new(asked)
    });
    let endpoint = endpoint.expect("a free port");
    let mut function = start(&endpoint);
    let event = queue_event("DueQueue", &[TIMER]);
    let response = function.invoke(&event, MINUTE).response();
    assert_eq!(failed_messages(&response), ["m0"]);
    // And goes on with the next invocation.
    let response = function.invoke(&queue_event("DueQueue", &[]), MINUTE);
    assert_eq!(failed_messages(&response.response()), [""; 0]);
}

#[test]
fn without_its_environment_it_ends_and_says_what_is_missing() {
    let program = Path::new(env!("CARGO_BIN_EXE_start"));
    let mut function = Function::start(program, &[]).expect("the binary starts");
    assert_eq!(function.invoke("{}", Duration::ZERO), Answer::None);
    let (code, told) = function.wait().expect("it ended");
    assert_eq!(code, Some(1));
    assert!(told.contains("TABLE_NAME is not set"), "{told}");
}

#[test]
fn a_timer_that_comes_before_its_time_is_sent_again() {
    let endpoint = Endpoint::start(answer_as_new).expect("a free port");
    let mut function = start(&endpoint);
    let early = TIMER.replace("2026", "9026");
    let event = queue_event("DueQueue", &[&early]);
    let response = function.invoke(&event, MINUTE).response();
    assert_eq!(failed_messages(&response), [""; 0]);
    let asked = endpoint.asked();
    let [asked] = asked.as_slice() else {
        panic!("one call, not {asked:?}");
    };
    let sent: Value = serde_json::from_str(&asked.body).expect("a request is JSON");
    assert_eq!(sent["DelaySeconds"], 900);
    assert!(
        sent["MessageBody"]
            .as_str()
            .is_some_and(|body| body.contains("9026"))
    );
    let trace = &sent["MessageSystemAttributes"]["AWSTraceHeader"]["StringValue"];
    assert!(
        trace
            .as_str()
            .is_some_and(|trace| trace.starts_with("Root=1-5bef4de7")),
        "{sent}"
    );
}

fn start(endpoint: &Endpoint) -> Function {
    start_function(env!("CARGO_BIN_EXE_start"), endpoint)
}
