use serde_json::json;

use super::SweepDocument;
use crate::sweep::{Found, Reconciled, RestoredReport, SweepFailure, SweepReport};

#[test]
fn a_backup_that_was_put_back_stands_in_the_answer() {
    let report = SweepReport {
        restored: Some(RestoredReport {
            compared: 7,
            is_complete: true,
            ..RestoredReport::default()
        }),
        ..SweepReport::default()
    };
    let none = json!({"count": 0, "first": []});
    let document = serde_json::to_value(SweepDocument::from(&report)).expect("a document is JSON");
    let expected = json!({"compared": 7, "caught_up": none, "held": none, "is_complete": true});
    assert_eq!(document["restored"], expected);
}

#[test]
fn a_sweep_is_answered_with_all_that_it_found() {
    let shop = "shop".parse().expect("an application id");
    let report = SweepReport {
        overdue: Found {
            count: 21,
            first: vec![shop],
        },
        failures: vec![SweepFailure {
            application: None,
            reason: "no answer".to_owned(),
        }],
        failures_count: 60,
        reconciled: Reconciled {
            packages: 100,
            differences: 3,
            denied: 1,
        },
        summaries: 2,
        summaries_left_out: 1,
        is_more_left: true,
        ..SweepReport::default()
    };
    let none = json!({"count": 0, "first": []});
    let expected = json!({
        "v": "1",
        "overdue": {"count": 21, "first": ["shop"]},
        "ended": none,
        "recovered": none,
        "asked": none,
        "woken": none,
        "reconciled": {"packages": 100, "differences": 3, "denied": 1},
        "stuck": none,
        "parked": none,
        "summaries": 2,
        "summaries_left_out": 1,
        "failures": [{"reason": "no answer"}],
        "failures_count": 60,
        "is_more_left": true,
    });
    let document = serde_json::to_value(SweepDocument::from(&report)).expect("a document is JSON");
    assert_eq!(document, expected);
}
