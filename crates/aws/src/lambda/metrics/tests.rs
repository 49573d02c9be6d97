use std::collections::BTreeMap;

use downriver_domain::Timestamp;
use downriver_engine::telemetry::Figures;
use serde_json::{Value, json};

use super::{Metrics, SweepMetrics, lines};

#[test]
fn an_invocation_is_one_line_of_what_it_counted() {
    let metrics = Metrics {
        figures: Figures {
            starts: 2,
            publish_to_start_millis: vec![61_000, 75_500],
            ..Figures::default()
        },
        quarantined: 1,
        sweep: None,
    };
    let lines = written(&metrics);
    let expected = json!({
        "_aws": {
            "Timestamp": 1_767_225_600_000_i64,
            "CloudWatchMetrics": [{
                "Namespace": "Downriver",
                "Dimensions": [["Deployment"], ["Deployment", "Function"]],
                "Metrics": [
                    {"Name": "PublishToStartLatency", "Unit": "Milliseconds"},
                    {"Name": "Quarantined", "Unit": "Count"},
                    {"Name": "Starts", "Unit": "Count"},
                ],
            }],
        },
        "Deployment": "acme",
        "Function": "start",
        "Starts": 2,
        "PublishToStartLatency": [61_000, 75_500],
        "Quarantined": 1,
    });
    assert_eq!(lines, [expected]);
}

#[test]
fn verdicts_gates_and_proofs_have_a_line_each_with_their_own_dimension() {
    let metrics = Metrics {
        figures: Figures {
            verdicts: BTreeMap::from([("Picks", 2), ("Unaffected", 5)]),
            waits: BTreeMap::from([("settled", 2)]),
            proofs: BTreeMap::from([("Delivered", 3)]),
            ..Figures::default()
        },
        ..Metrics::default()
    };
    let lines = written(&metrics);
    let told: Vec<(&Value, &Value, &Value)> = lines
        .iter()
        .map(|line| {
            let dimensions = &line["_aws"]["CloudWatchMetrics"][0]["Dimensions"];
            let value = [&line["Verdicts"], &line["WaitsByGate"], &line["Proofs"]]
                .into_iter()
                .find(|value| value.is_number());
            let of = [&line["Verdict"], &line["Gate"], &line["Outcome"]]
                .into_iter()
                .find(|value| value.is_string());
            let none = &Value::Null;
            (dimensions, of.unwrap_or(none), value.unwrap_or(none))
        })
        .collect();
    let both = json!([["Deployment"], ["Deployment", "Function"]]);
    let verdict = json!([["Deployment", "Verdict"]]);
    let gate = json!([["Deployment", "Gate"]]);
    let outcome = json!([["Deployment", "Outcome"]]);
    let expected = [
        (&both, &Value::Null, &json!(7)),
        (&verdict, &json!("Picks"), &json!(2)),
        (&verdict, &json!("Unaffected"), &json!(5)),
        (&gate, &json!("settled"), &json!(2)),
        (&outcome, &json!("Delivered"), &json!(3)),
    ];
    assert_eq!(told, expected);
}

#[test]
fn every_dimension_and_metric_that_a_line_names_stands_in_it() {
    let metrics = Metrics {
        figures: Figures {
            changes: 1,
            verdicts: BTreeMap::from([("Picks", 1)]),
            rebuilds_requested: 1,
            starts: 1,
            waits: BTreeMap::from([("budget", 1)]),
            publish_to_start_millis: vec![1],
            failures: 1,
            stuck: 1,
            parked: 1,
            changes_halted: 1,
            proofs: BTreeMap::from([("Delivered", 1)]),
            files_read: 1,
            bytes_read: 1,
        },
        quarantined: 1,
        sweep: Some(SweepMetrics::default()),
    };
    for line in written(&metrics) {
        let metrics = &line["_aws"]["CloudWatchMetrics"][0];
        for definition in metrics["Metrics"].as_array().expect("a list") {
            let name = definition["Name"].as_str().expect("a name");
            assert!(line[name].is_number() || line[name].is_array(), "{name}");
        }
        for set in metrics["Dimensions"].as_array().expect("a list") {
            for name in set.as_array().expect("a list") {
                assert!(line[name.as_str().expect("a name")].is_string(), "{name}");
            }
        }
    }
}

#[test]
fn nothing_happened_and_nothing_is_written() {
    assert!(written(&Metrics::default()).is_empty());
}

#[test]
fn a_sweep_tells_zeros_too() {
    let metrics = Metrics {
        sweep: Some(SweepMetrics::default()),
        ..Metrics::default()
    };
    let lines = written(&metrics);
    for name in ["StuckRebuilds", "MissedVersions", "RepositoriesDenied"] {
        assert_eq!(lines[0][name], 0, "{name}");
    }
}

fn written(metrics: &Metrics) -> Vec<Value> {
    let at = Timestamp::from_unix_millis(1_767_225_600_000);
    lines("acme", "start", at, metrics)
        .iter()
        .map(|line| serde_json::from_str(line).expect("a line is JSON"))
        .collect()
}
