//! Every gate closed somewhere, and what people are told about it.

use std::collections::BTreeSet;
use std::path::Path;

use insta::assert_snapshot;

use super::scene::Scene;

fn story() -> String {
    let stories = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/stories");
    stories.join("every-gate").display().to_string()
}

/// The story, stopped where something waits at every gate.
fn stopped(name: &str) -> Scene {
    let scene = Scene::new(name);
    let ran = scene.run(&["replay", &story(), "--until", "+10m", "--store", "s.db"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let told = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        told.ends_with("Stopped at 2026-04-15 10:10:00, after 16 of 16 events: `downriver status --store s.db` shows how it stands, and the same command without --until goes on."),
        "{told}"
    );
    scene
}

#[test]
fn each_line_says_what_it_waits_for_until_when_and_what_opens_it() {
    let scene = stopped("every-gate");
    let ran = scene.run(&["status", "--store", "s.db"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.lines().all(|line| line.chars().count() <= 80));
    assert_snapshot!("every_gate", ran.out);
}

#[test]
fn it_goes_on_from_where_it_was_stopped_and_comes_to_the_same_end() {
    let scene = stopped("every-gate-goes-on");
    let status = scene.json(&["status", "--store", "s.db"], 0);
    let applications = status["applications"].as_array().unwrap();
    let closed: BTreeSet<&str> = applications
        .iter()
        .flat_map(|application| application["waits"].as_array().unwrap())
        .map(|wait| wait["gate"].as_str().unwrap())
        .collect();
    let every = [
        "age",
        "approved",
        "back-off",
        "budget",
        "daily limit",
        "not paused",
        "ring",
        "settled",
        "upriver quiet",
        "window",
    ];
    assert_eq!(closed, every.into());
    let replay = ["replay", &story(), "--store", "s.db"];
    let ran = scene.run(&[&replay[..], &["--until", "+10m"]].concat());
    assert!(ran.err.contains("had come that far before"), "{}", ran.err);
    let again = scene.json(&[&replay[..], &["--until", "+10m"]].concat(), 0);
    assert_eq!(again["stopped_at"], "2026-04-15T10:10:00Z");
    assert!(again["stories"][0]["expectations_met"].is_null());
    let gone_on = scene.json(&replay, 0);
    assert!(gone_on["stopped_at"].is_null());
    assert_eq!(gone_on, scene.json(&replay[..2], 0));
}

#[test]
fn what_cannot_be_stopped_is_refused() {
    let scene = Scene::new("every-gate-refused");
    let ran = scene.run(&["replay", &story(), &story(), "--until", "+10m"]);
    assert_eq!(ran.code, 2, "{}", ran.out);
    assert!(ran.err.contains("--until stops one run"), "{}", ran.err);
    let ran = scene.run(&["replay", &story(), "--until", "ten"]);
    assert_eq!(ran.code, 2, "{}", ran.out);
    assert!(
        ran.err.contains("RFC 3339 instant, or `+90s`"),
        "{}",
        ran.err
    );
}
