use serde_json::{Value, json};

use super::{encode_outcome, parse_bundle};
use crate::register::Applied;

#[test]
fn a_catalog_comes_out_of_its_bundle_with_the_files_it_names() {
    let main = include_str!("../../../../../downriver.toml");
    let named = include_str!("../../../../../deps/shop-kiosk.toml");
    let bundle = json!({
        "v": "1",
        "main": "downriver.toml",
        "files": {"downriver.toml": main, "deps/shop-kiosk.toml": named},
        "later": "a field that a newer release adds",
    });
    let catalog = parse_bundle(bundle.to_string().as_bytes()).expect("the example is in order");
    let kiosk = catalog
        .applications
        .iter()
        .find(|entry| entry.application.id.as_str() == "shop-kiosk");
    assert!(kiosk.is_some_and(|kiosk| !kiosk.dependencies.is_empty()));
}

#[test]
fn what_is_no_bundle_is_refused_with_the_reason() {
    let table = [
        ("{", "the upload is no catalog bundle"),
        (
            r#"{"v":"2","main":"a","files":{}}"#,
            "upgrade the deployment",
        ),
        (
            r#"{"v":"1","main":"a.toml","files":{}}"#,
            "a.toml: it is not in the upload",
        ),
        (
            r#"{"v":"1","main":"a.toml","files":{"a.toml":"applications = 1"}}"#,
            "a.toml:1:",
        ),
    ];
    for (text, expected) in table {
        let problems = parse_bundle(text.as_bytes()).expect_err(text);
        assert!(problems[0].contains(expected), "{problems:?}");
    }
}

#[test]
fn the_answer_says_what_changed_or_every_problem() {
    let applied = Applied {
        added: 3,
        changed: 2,
        removed: 1,
        unchanged: 40,
    };
    let answer: Value = serde_json::from_slice(&encode_outcome(Ok(&applied))).expect("JSON");
    let expected =
        json!({"v": "1", "ok": true, "added": 3, "changed": 2, "removed": 1, "unchanged": 40});
    assert_eq!(answer, expected);
    let problems = ["a".to_owned(), "b".to_owned()];
    let answer: Value = serde_json::from_slice(&encode_outcome(Err(&problems))).expect("JSON");
    assert_eq!(
        answer,
        json!({"v": "1", "ok": false, "problems": ["a", "b"]})
    );
}
