//! The commands against a deployment's queues, table and bucket on an emulator, without its functions: those are the
//! end-to-end suite's. Runs where `DOWNRIVER_EMULATOR_ENDPOINT` names an emulator.

mod hub;

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::scene::{Scene, published};
use hub::Hub;

const PIPELINE: &str = r#"{"version":"0","id":"p1","detail-type":"CodePipeline Pipeline Execution State Change","source":"aws.codepipeline","account":"111122223333","time":"2026-03-02T09:00:00Z","region":"eu-west-1","resources":[],"detail":{"pipeline":"web","execution-id":"01234567-0123-0123-0123-012345678901","state":"STARTED","version":1}}"#;

#[test]
fn another_stack_or_none_is_told_apart() {
    let Some(hub) = Hub::create("apart") else {
        return;
    };
    let scene = Scene::new("deployment-apart");
    let ran = hub.run(&scene, &["status", "--deployment", "nobodys-stack"]);
    assert_eq!(ran.code, 6, "{}", ran.err);
    let parts = "`nobodys-stack` in region eu-west-1 of account 123456789012";
    assert!(ran.err.contains(parts), "{}", ran.err);
    let other = hub.create_other();
    let ran = hub.run(&scene, &["status", "--deployment", &other]);
    assert_eq!(ran.code, 6, "{}", ran.err);
    assert!(ran.err.contains("`TableName`"), "{}", ran.err);
    assert!(ran.err.contains("none of Downriver's"), "{}", ran.err);
}

#[test]
fn events_go_to_their_queues_as_they_stand() {
    let Some(hub) = Hub::create("send") else {
        return;
    };
    let scene = Scene::new("deployment-send");
    let first = published("2.1.0", 0, 7);
    let broken = "{\"source\":\"aws.codeartifact\",\n";
    scene.write("day/1.jsonl", &format!("{first}{broken}{PIPELINE}\n"));
    let many: String = (1..=23)
        .map(|patch| published(&format!("2.1.{patch}"), 1, 7 + patch))
        .collect();
    scene.write("day/2.jsonl", &many);
    let sent = hub.json(&scene, &["send", "day"], 4);
    assert_eq!(sent["sent"], json!({ "ChangesQueue": 24, "RunsQueue": 1 }));
    assert_eq!(sent["not_sent"][0]["source"], "day/1.jsonl:2");
    assert_eq!(hub.receive("RunsQueueUrl"), [PIPELINE]);
    let mut received = hub.receive("ChangesQueueUrl");
    let lines = format!("{first}{many}");
    let mut expected: Vec<&str> = lines.lines().collect();
    expected.sort_unstable();
    received.sort();
    assert_eq!(received, expected);
}

#[test]
fn events_go_onto_the_bus_only_under_a_source_that_the_deployment_takes() {
    let Some(hub) = Hub::create("bus") else {
        return;
    };
    let scene = Scene::new("deployment-bus");
    scene.write("e.json", &published("2.1.0", 0, 7));
    let through = ["send", "e.json", "--through", "bus", "--source"];
    let sent = hub.json(&scene, &[&through[..], &["acme.test"]].concat(), 0);
    assert_eq!(sent["sent"], json!({ "default bus": 1 }));
    let ran = hub.run(&scene, &[&through[..], &["acme.other"]].concat());
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(
        ran.err.contains("ExtraEventSources names acme.test"),
        "{}",
        ran.err
    );
}

#[test]
fn failed_messages_are_shown_and_go_back_where_they_came_from() {
    let Some(hub) = Hub::create("redrive") else {
        return;
    };
    let scene = Scene::new("deployment-redrive");
    let event = published("2.1.0", 0, 7);
    let event = event.trim_end();
    for _ in 0..13 {
        hub.send("ChangesDeadLetterQueueUrl", event, &Value::Null);
    }
    let listed = hub.json(&scene, &["redrive", "changes", "--list"], 0);
    assert_eq!(listed[0]["count"], 13);
    assert_eq!(listed[0]["messages"].as_array().unwrap().len(), 13);
    assert_eq!(
        listed[0]["messages"][0]["about"],
        "pkg:npm/%40acme/tokens@2.1.0"
    );
    let moved = hub.json(&scene, &["redrive", "--limit", "11"], 0);
    assert_eq!(moved["moved"], 11);
    assert_eq!(moved["queues"][0]["left"], 2);
    let moved = hub.json(&scene, &["redrive", "changes", "runs"], 0);
    assert_eq!(moved["moved"], 2);
    assert_eq!(hub.receive("ChangesQueueUrl"), [event; 13]);
    assert_eq!(hub.json(&scene, &["redrive"], 0)["moved"], 0);
}

#[test]
fn what_was_quarantined_goes_back_to_the_queue_it_names() {
    let Some(hub) = Hub::create("quarantine") else {
        return;
    };
    let scene = Scene::new("deployment-quarantine");
    let text = |value: &str| json!({ "DataType": "String", "StringValue": value });
    let runs = hub.queue_name("RunsQueueUrl");
    let attributes = json!({ "reason": text("no such pipeline"), "from_queue": text(&runs) });
    hub.send("QuarantineQueueUrl", PIPELINE, &attributes);
    let lost = json!({ "reason": text("odd"), "from_queue": text("gone") });
    hub.send("QuarantineQueueUrl", "{}", &lost);
    let ran = hub.run(&scene, &["redrive", "--quarantine", "--list"]);
    assert!(ran.out.contains("no such pipeline"), "{}", ran.out);
    let moved = hub.json(&scene, &["redrive", "--quarantine", "changes"], 0);
    assert_eq!(moved["moved"], 0, "{moved}");
    let moved = hub.json(&scene, &["redrive", "--quarantine"], 0);
    assert_eq!(moved["queues"][0]["moved"], json!({ "RunsQueue": 1 }));
    assert_eq!(moved["queues"][0]["left"], 1);
    assert_eq!(hub.receive("RunsQueueUrl"), [PIPELINE]);
    assert_eq!(hub.receive("QuarantineQueueUrl"), ["{}"]);
}

#[test]
fn an_applied_catalog_is_uploaded_asked_for_and_its_answer_told() {
    let Some(hub) = Hub::create("apply") else {
        return;
    };
    let scene = Scene::new("deployment-apply");
    let good =
        json!({ "v": "1", "ok": true, "added": 4, "changed": 0, "removed": 0, "unchanged": 0 });
    let applied = answered(&hub, &scene, &good);
    assert_eq!(applied.code, 0, "{}", applied.err);
    assert!(
        applied.out.contains("4 applications added"),
        "{}",
        applied.out
    );
    // The answer from before must not be taken for one to this request.
    let bad = json!({ "v": "1", "ok": false, "problems": ["downriver.toml:3:1: no such owner"] });
    let refused = answered(&hub, &scene, &bad);
    assert_eq!(refused.code, 2, "{}", refused.err);
    assert!(refused.err.contains("no such owner"), "{}", refused.err);
    let late = hub.run(&scene, &["catalog", "apply", "--wait", "1"]);
    assert_eq!(late.code, 6, "{}", late.err);
    assert!(late.err.contains("within 1 s"), "{}", late.err);
    let dry = hub.json(&scene, &["catalog", "apply", "--dry-run"], 0);
    assert_eq!(dry["adds"], json!(["legacy", "tokens", "ui", "web"]));
}

/// Applies the scene's catalog, and answers as the deployment's function would.
fn answered(hub: &Hub, scene: &Scene, answer: &Value) -> super::scene::Ran {
    thread::scope(|scope| {
        let function = scope.spawn(|| {
            let request = hub.receive_one("IndexQueueUrl", Duration::from_secs(30));
            let request: Value = serde_json::from_str(&request).unwrap();
            let key = request["key"].as_str().unwrap();
            let bundle: Value = serde_json::from_str(&hub.object(key)).unwrap();
            let main = std::fs::read_to_string(scene.path("downriver.toml")).unwrap();
            assert_eq!(bundle["files"]["downriver.toml"], main.as_str());
            hub.put_object(&format!("{key}.result.json"), &answer.to_string());
        });
        let ran = hub.run(scene, &["catalog", "apply"]);
        function.join().unwrap();
        ran
    })
}

#[test]
fn a_pause_stands_until_it_is_lifted() {
    let Some(hub) = Hub::create("pause") else {
        return;
    };
    let scene = Scene::new("deployment-pause");
    let started = Instant::now();
    let paused = hub.run(&scene, &["pause", "--reason", "sale"]);
    assert_eq!(paused.code, 0, "{}", paused.err);
    assert!(
        paused.out.starts_with("Paused everything in deployment"),
        "{}",
        paused.out
    );
    let status = hub.json(&scene, &["status"], 0);
    assert_eq!(status["pauses"][0]["reason"], "sale");
    let again = hub.json(&scene, &["pause"], 0);
    assert_eq!(again["changed"], false);
    assert_eq!(hub.json(&scene, &["resume"], 0)["changed"], true);
    assert_eq!(hub.json(&scene, &["status"], 0)["pauses"], json!([]));
    let ran = hub.run(&scene, &["retry", "nobody"]);
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(started.elapsed() < Duration::from_mins(1), "no call hangs");
}
