//! The real binary, on a Runtime API of ours and an endpoint that stands for AWS.
#![cfg(test)]

use std::time::Duration;

use downriver_testkit::runtime_api::{Answer, Endpoint, Function, answer_as_new, start_function};
use serde_json::Value;

const MINUTE: Duration = Duration::from_mins(1);

#[test]
fn a_sweep_answers_with_its_report_whatever_asked_for_it() {
    let endpoint = Endpoint::start(answer_as_new).expect("a free port");
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
    let known = include_str!("../../../../infra/metrics.json");
    let known: Value = serde_json::from_str(known).expect("JSON");
    let known = known["metrics"].as_array().expect("a list");
    let written = metrics[0]["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array();
    let written = written.expect("a list");
    assert_eq!(written.len(), 7);
    for metric in written {
        let name = metric["Name"].as_str().expect("a name");
        assert!(known.contains(&name.into()), "{name} is not documented");
        assert_eq!(metrics[0][name], 0, "{name}");
    }
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
    start_function(env!("CARGO_BIN_EXE_sweep"), endpoint)
}
