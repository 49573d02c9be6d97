//! The real binary, on a Runtime API of ours and an endpoint that stands for AWS.
#![cfg(test)]

use std::path::Path;
use std::time::Duration;

use downriver_testkit::runtime_api::{Answer, Asked, Endpoint, Function, environment};
use serde_json::Value;

const MINUTE: Duration = Duration::from_mins(1);

#[test]
fn a_sweep_answers_with_its_report_whatever_asked_for_it() {
    let endpoint = Endpoint::start(answer).expect("a free port");
    let mut function = start(&endpoint);
    for event in ["{}", r#"{"anything":["at","all"]}"#] {
        let response = function.invoke(event, MINUTE).response();
        let report: Value = serde_json::from_str(&response).expect("a report is JSON");
        assert_eq!(
            (&report["v"], &report["failures_count"]),
            (&"1".into(), &0.into())
        );
    }
    let output = function.output();
    let metrics: Vec<Value> = output
        .iter()
        .map(|line| serde_json::from_str(line).expect("every line is JSON"))
        .collect();
    assert_eq!(metrics.len(), 2, "{output:?}");
    assert_eq!(
        (&metrics[0]["StuckRebuilds"], &metrics[0]["SweepFindings"]),
        (&0.into(), &0.into())
    );
}

#[test]
fn a_sweep_without_the_store_fails_and_the_next_one_can_succeed() {
    let endpoint = Endpoint::start(|_| (500, "{}".to_owned())).expect("a free port");
    let mut function = start(&endpoint);
    for _ in 0..2 {
        let Answer::Error(error) = function.invoke("{}", MINUTE) else {
            panic!("it cannot have worked");
        };
        let is_told = error.contains("failed to use the store: the store did not answer in time");
        assert!(is_told, "with its causes: {error}");
    }
}

fn start(endpoint: &Endpoint) -> Function {
    let program = Path::new(env!("CARGO_BIN_EXE_sweep"));
    Function::start(program, &environment(endpoint.url())).expect("the binary starts")
}

/// An empty table, and queues that take everything.
fn answer(asked: &Asked) -> (u16, String) {
    let body = if asked.operation.ends_with(".DescribeTable") {
        r#"{"Table":{"TableName":"acme-table","TableId":"1f2a3b4c-0000-4000-8000-000000000001"}}"#
    } else if asked.operation.starts_with("AmazonSQS.") {
        r#"{"MessageId":"0f6a","MD5OfMessageBody":"","Successful":[],"Failed":[]}"#
    } else {
        "{}"
    };
    (200, body.to_owned())
}
