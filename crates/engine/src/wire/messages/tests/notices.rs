use serde_json::{Value, json};

use super::*;
use crate::ports::{Notice, NoticeKind};

const DEPLOYMENT: &str = "downriver-production";

#[test]
fn notices_of_version_1_are_written_so() {
    let lines: Vec<String> = values::notices()
        .iter()
        .map(|notice| {
            let encoded = encode_notice(notice, DEPLOYMENT);
            format!("{}: {}", encoded.detail_type, encoded.detail)
        })
        .collect();
    let samples: Vec<&str> = include_str!("../samples/notice.1.txt").lines().collect();
    assert_eq!(lines, samples);
}

#[test]
fn a_text_that_is_too_long_is_cut() {
    let notice = Notice {
        text: "ü".repeat(NOTICE_TEXT_CHARS_MAX + 1),
        ..values::notices().remove(0)
    };
    let encoded = encode_notice(&notice, DEPLOYMENT);
    let detail: Value = serde_json::from_str(&encoded.detail).expect("JSON");
    for (name, chars_max) in [
        ("text", NOTICE_TEXT_CHARS_MAX),
        ("message", NOTICE_MESSAGE_CHARS_MAX),
    ] {
        let text = detail[name].as_str().expect("a text");
        assert!(text.ends_with("üü…"), "{text}");
        assert_eq!(text.chars().count(), chars_max + 1);
    }
}

#[test]
fn a_message_holds_nothing_that_means_something_in_a_template() {
    let hostile = "say \"no\"\n{\"a\":\\u0022<!channel>\u{202e}\u{0}\u{85}";
    let notice = Notice {
        text: hostile.to_owned(),
        is_urgent: true,
        ..values::notices().remove(0)
    };
    let encoded = encode_notice(&notice, DEPLOYMENT);
    let detail: Value = serde_json::from_str(&encoded.detail).expect("JSON");
    assert_eq!(detail["text"], hostile);
    assert_eq!(
        detail["message"],
        "Urgent: web-shop (team-a): rebuild requested (pkg:npm/%40acme/tokens@2.4.0): say 'no' {'a':/u0022‹!channel>   "
    );
}

fn schema() -> Value {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/schemas");
    let text = std::fs::read_to_string(folder.join("notice.1.json")).expect("the schema");
    serde_json::from_str(&text).expect("JSON")
}

/// The notice as a rule's target gets it.
fn event(notice: &Notice) -> Value {
    let encoded = encode_notice(notice, DEPLOYMENT);
    let detail: Value = serde_json::from_str(&encoded.detail).expect("JSON");
    json!({
        "version": "0",
        "id": "73f03fec-a137-971e-6ac6-07c8ffffffff",
        "source": NOTICE_SOURCE,
        "detail-type": encoded.detail_type,
        "detail": detail,
    })
}

#[test]
fn every_notice_is_as_the_schema_says() {
    let schema = schema();
    let documented = schema::documented(&schema);
    for notice in values::notices() {
        let event = event(&notice);
        assert_eq!(schema::problems(&schema, &event), [""; 0], "{event}");
        for name in event["detail"].as_object().expect("an object").keys() {
            assert!(
                documented.contains(&name.as_str()),
                "{name} is not documented"
            );
        }
    }
}

#[test]
fn every_detail_type_of_the_schema_is_written() {
    let mut written: Vec<&str> = values::notices()
        .iter()
        .map(|notice| encode_notice(notice, DEPLOYMENT).detail_type)
        .collect();
    written.dedup();
    assert_eq!(
        schema()["properties"]["detail-type"]["enum"],
        json!(written)
    );
}

#[test]
fn the_longest_notice_is_as_the_schema_says() {
    let notice = Notice {
        text: "ü".repeat(2 * NOTICE_TEXT_CHARS_MAX),
        at: Timestamp::MAX,
        ..values::notices().remove(0)
    };
    assert_eq!(schema::problems(&schema(), &event(&notice)), [""; 0]);
}

#[test]
fn what_is_no_notice_breaks_the_schema() {
    let notices = values::notices();
    let broken = |change: &dyn Fn(&mut Value)| {
        let mut event = event(&notices[0]);
        change(&mut event);
        schema::problems(&schema(), &event)
    };
    let without = |name: &str| {
        broken(&|event| {
            event["detail"]
                .as_object_mut()
                .expect("an object")
                .remove(name);
        })
    };
    for name in [
        "version",
        "at",
        "deployment",
        "owner",
        "application",
        "rebuild",
        "is_urgent",
        "text",
        "message",
    ] {
        assert_eq!(without(name), [format!("event.detail.{name}: required")]);
    }
    assert_eq!(without("package_version"), [""; 0]);
    let weekly = notices
        .iter()
        .find(|notice| matches!(notice.kind, NoticeKind::WeeklySummary(_)));
    let mut event = event(weekly.expect("a summary"));
    let numbers = event["detail"]["summary"]["numbers"].as_object_mut();
    numbers.expect("numbers").remove("avoided");
    assert_eq!(
        schema::problems(&schema(), &event),
        ["event.detail.summary.numbers.avoided: required"]
    );
    assert_eq!(
        broken(&|event| event["source"] = json!("aws.x")),
        ["event.source: const"]
    );
    assert_eq!(
        broken(&|event| event["detail-type"] = json!("Downriver")),
        ["event.detail-type: enum"]
    );
    assert_eq!(
        broken(&|event| event["detail"]["version"] = json!("2")),
        ["event.detail.version: const"]
    );
    assert_eq!(
        broken(&|event| event["detail"]["at"] = json!("now")),
        ["event.detail.at: format"]
    );
    assert_eq!(
        broken(&|event| event["detail"]["is_urgent"] = json!("no")),
        ["event.detail.is_urgent: type"]
    );
}
