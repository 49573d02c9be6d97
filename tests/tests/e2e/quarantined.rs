//! Messages that nobody can do anything with, among good ones; and what two releases say to each other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{App, DOMAIN_OWNER, Message, Publish, Stack, eventually, purl, stack};

#[path = "../../../crates/engine/tests/it/events/expected.rs"]
mod expected;

pub(crate) fn apps() -> Vec<App> {
    vec![
        App::new("poison-one").uses("poison/one", "^1.0.0", "1.0.0"),
        App::new("poison-two").uses("poison/two", "^1.0.0", "1.0.0"),
        App::new("upgraded-web").whose_dependencies_are_sent(),
    ]
}

/// The samples of `events/`, by name.
fn samples() -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events");
    let mut samples = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("events/") {
        let path = entry.expect("an entry").path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            let name = path.file_stem().expect("a name").to_string_lossy();
            let text = std::fs::read_to_string(&path).expect("UTF-8");
            samples.insert(name.into_owned(), text);
        }
    }
    samples
}

fn is_refused(name: &str) -> bool {
    let (_, outcome) = expected::EXPECTED
        .iter()
        .find(|(known, _)| *known == name)
        .unwrap_or_else(|| panic!("{name} is expected to be something"));
    outcome.starts_with("refused")
}

fn queue_name(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or_default()
}

/// Collects the quarantine until there is what is looked for; gives back all that came.
fn quarantined(stack: &Stack, is_all_there: impl Fn(&[Message]) -> bool) -> Vec<Message> {
    let queue = stack.output("QuarantineQueueUrl");
    let mut all = Vec::new();
    for _ in 0..600 {
        all.extend(stack.drain(queue));
        if is_all_there(&all) {
            return all;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let bodies: Vec<&str> = all.iter().map(|message| message.body.as_str()).collect();
    panic!("the quarantine has not got what it should have: {bodies:#?}");
}

#[test]
fn what_cannot_be_read_is_quarantined_unchanged_and_nothing_else_is() {
    let Some(stack) = stack() else { return };
    // The quarantine is read as a whole.
    let _turn = stack.alone();
    let samples = samples();
    let mut refused: BTreeMap<&str, &str> = BTreeMap::new();
    let (changes, runs) = (
        stack.output("ChangesQueueUrl"),
        stack.output("RunsQueueUrl"),
    );
    let good = [
        Publish::new("poison/one", "1.1.0"),
        Publish::new("poison/two", "1.1.0"),
    ];
    stack.aws.send(changes, &good[0].body(stack));
    for (name, body) in &samples {
        let queue = if name.starts_with("codeartifact.") {
            changes
        } else {
            runs
        };
        if is_refused(name) {
            refused.insert(body, queue);
        }
        stack.aws.send(queue, body);
    }
    stack.aws.send(changes, &good[1].body(stack));
    // What no function can read, and what is for another one.
    let stray = r#"{"v":"1","kind":"timer","application":"poison-one","slot_revision":1,"at":"2026-01-01T00:00:00Z"}"#;
    let strange = r#"{"v":"2","kind":"timer","from":"a later release"}"#;
    for (body, output) in [
        ("not JSON at all", "DueQueueUrl"),
        (strange, "DueQueueUrl"),
        ("[]", "IndexQueueUrl"),
        (stray, "IndexQueueUrl"),
        ("{}", "RunsQueueUrl"),
        ("\"\"", "ChangesQueueUrl"),
    ] {
        refused.insert(body, stack.output(output));
        stack.aws.send(stack.output(output), body);
    }
    let expected: BTreeSet<&str> = refused.keys().copied().collect();
    let messages = quarantined(stack, |messages| messages.len() >= expected.len());
    stack.rebuilt("poison-one", 1);
    stack.rebuilt("poison-two", 1);
    eventually(60, "that all queues are empty", || {
        let is_empty = |name| stack.aws.queue_length(stack.output(name)) == 0;
        (is_empty("ChangesQueueUrl") && is_empty("RunsQueueUrl") && is_empty("IndexQueueUrl"))
            .then_some(())
    });
    let rest = stack.drain(stack.output("QuarantineQueueUrl"));
    let bodies: BTreeSet<&str> = messages
        .iter()
        .chain(&rest)
        .map(|message| message.body.as_str())
        .collect();
    assert_eq!(bodies, expected);
    assert_eq!(messages.len() + rest.len(), expected.len(), "each once");
    for message in &messages {
        assert_eq!(
            message.attribute("from_queue"),
            queue_name(refused[message.body.as_str()]),
            "{}",
            message.body
        );
        assert!(!message.attribute("reason").is_empty(), "{}", message.body);
        assert!(!message.attribute("message_id").is_empty());
        let at: Result<jiff::Timestamp, _> = message.attribute("quarantined_at").parse();
        assert!(at.is_ok(), "{:?}", message.attributes);
    }
    for name in ["ChangesDeadLetterQueueUrl", "RunsDeadLetterQueueUrl"] {
        assert_eq!(stack.aws.queue_length(stack.output(name)), 0, "{name}");
    }
}

#[test]
fn messages_and_records_of_the_next_release_are_taken() {
    let Some(stack) = stack() else { return };
    // The quarantine is read as a whole.
    let _turn = stack.alone();
    let application = "upgraded-web";
    let dependencies = json!({
        "v": "1", "kind": "dependencies", "application": application, "added_later": {"by": "the next release"},
        "dependencies": [{
            "package": purl("upgraded/ui"), "requirement": "^1.0.0", "built": "1.0.0",
            "built_as_of": "2026-01-01T00:00:02Z", "scope": "runtime", "file": "package.json", "added_later": [1],
        }],
    });
    let index = stack.output("IndexQueueUrl");
    stack.aws.send(index, &dependencies.to_string());
    eventually(60, "the dependencies", || {
        let explained = stack.downriver(&["dependents", &purl("upgraded/ui")]);
        explained.1.contains(application).then_some(())
    });
    stack.order(&["pause", application, "--reason", "an upgrade"]);
    let mut publish: Value =
        serde_json::from_str(&Publish::new("upgraded/ui", "1.1.0").body(stack)).expect("JSON");
    publish["added-later"] = json!(true);
    publish["detail"]["addedLater"] = json!({"a": null});
    stack
        .aws
        .send(stack.output("ChangesQueueUrl"), &publish.to_string());
    stack.comes_to(application, "pending");
    add_fields_to_records(stack, application);
    let revision = stack.item(application)["slot_revision"]["N"].clone();
    let revision: u64 = revision
        .as_str()
        .and_then(|text| text.parse().ok())
        .expect("a number");
    let timer = json!({
        "v": "1", "kind": "timer", "application": application, "slot_revision": revision,
        "at": "2026-01-01T00:00:00Z", "added_later": "a reason",
    });
    stack
        .aws
        .send(stack.output("DueQueueUrl"), &timer.to_string());
    let page = json!({
        "v": "1", "kind": "page", "package": purl("upgraded/ui"), "added_later": 1,
        "changes": [{
            "version": "1.1.0", "repository": format!("{DOMAIN_OWNER}/e2e/libraries"),
            "seen_at": "2026-01-01T00:00:01Z", "is_news": false, "added_later": "x",
        }],
    });
    stack
        .aws
        .send(stack.output("ChangesQueueUrl"), &page.to_string());
    stack.order(&["resume", application]);
    let rebuilds = stack.rebuilt(application, 1);
    assert_eq!(rebuilds.len(), 1);
    let mut built = json!({
        "v": "1", "kind": "built", "application": application, "execution": rebuilds[0].id,
        "packages": [{"package": purl("upgraded/ui"), "version": "1.1.0"}],
    });
    built["added_later"] = json!(0.5);
    stack.comes_to(application, "idle");
    stack.aws.send(index, &built.to_string());
    eventually(60, "the proof", || {
        let outcomes = stack.outcomes(application);
        outcomes
            .iter()
            .any(|outcome| outcome == "Delivered")
            .then_some(())
    });
    let strange = stack.drain(stack.output("QuarantineQueueUrl"));
    assert!(strange.is_empty(), "{strange:?}");
}

/// As a newer release would have written them.
fn add_fields_to_records(stack: &Stack, application: &str) {
    let table = stack.output("TableName");
    for attribute in ["app_body", "slot_body"] {
        // Read again for each: the slot may have been written meanwhile.
        let mut item = stack.item(application);
        let body = item[attribute]["S"].as_str().expect("a short body is text");
        let mut body: Value = serde_json::from_str(body).expect("JSON");
        body["added_later"] = json!({"by": "the next release"});
        item[attribute] = json!({"S": body.to_string()});
        item["added_later"] = json!({"S": "an attribute"});
        stack.aws.put_item(table, &item);
    }
}

#[test]
fn the_rules_let_through_what_is_followed_and_nothing_else() {
    let Some(stack) = stack() else { return };
    let _turn = stack.shared();
    let versions = pattern(stack, "PackageVersionRule");
    let executions = pattern(stack, "PipelineExecutionRule");
    for (name, text) in samples() {
        let Ok(mut event) = serde_json::from_str::<Value>(&text) else {
            continue;
        };
        let is_ours = !is_refused(&name) && !name.contains(".ignored-");
        let is_elsewhere = name.contains(".refused-other-source")
            || name.contains(".refused-other-detail-type")
            || name.contains(".ignored-");
        if !is_ours && !is_elsewhere {
            continue;
        }
        // The samples' organisation is not this one.
        event["account"] = json!(stack.account);
        if event["detail"]["domainOwner"].is_string() {
            event["detail"]["domainOwner"] = json!(DOMAIN_OWNER);
        }
        // TestEventPattern wants what EventBridge always sets.
        for (member, value) in [
            ("resources", json!([])),
            ("time", json!("2026-03-02T09:14:07Z")),
        ] {
            if event.get(member).is_none() {
                event[member] = value;
            }
        }
        let is_version = name.starts_with("codeartifact.");
        let lets = |pattern: &str| matches(stack, pattern, &event);
        assert_eq!(lets(&versions), is_ours && is_version, "{name}");
        assert_eq!(lets(&executions), is_ours && !is_version, "{name}");
        let mut foreign = event.clone();
        foreign["account"] = json!("999999999999");
        assert!(
            !matches(stack, &versions, &foreign),
            "{name} of another account"
        );
        assert!(
            !matches(stack, &executions, &foreign),
            "{name} of another account"
        );
        if is_version {
            let mut foreign = event.clone();
            foreign["detail"]["domainOwner"] = json!("999999999999");
            assert!(
                !matches(stack, &versions, &foreign),
                "{name} of another owner"
            );
        }
    }
}

fn pattern(stack: &Stack, logical_id: &str) -> String {
    let rule = stack.aws.stack_resource(&stack.deployment, logical_id);
    let name = rule.rsplit(['/', '|']).next().unwrap_or_default();
    let answer = stack
        .aws
        .json("events", "AWSEvents.DescribeRule", &json!({"Name": name}));
    let pattern = answer["EventPattern"].as_str();
    pattern
        .unwrap_or_else(|| panic!("{logical_id}: {answer}"))
        .to_owned()
}

fn matches(stack: &Stack, pattern: &str, event: &Value) -> bool {
    let input = json!({"EventPattern": pattern, "Event": event.to_string()});
    let answer = stack
        .aws
        .json("events", "AWSEvents.TestEventPattern", &input);
    answer["Result"] == true
}
