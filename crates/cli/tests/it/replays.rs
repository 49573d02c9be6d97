//! What a replay prints, and how it ends.

use super::scene::{Scene, published};

const STORY: &str = r#"
title = "A release"
text = "tokens 2.1.0 is out."

[expect]
starts = { ui = 1, web = 1 }
order = [["ui", "web"]]
outcomes = { ui = ["Delivered"], web = ["Delivered"] }
never = ["legacy"]
"#;

#[test]
fn a_story_that_comes_true_ends_fine_and_says_so() {
    let scene = Scene::new("story-comes-true");
    scene.write("release/story.toml", STORY);
    scene.write("release/events.jsonl", &published("2.1.0", 0, 7));
    let ran = scene.run(&["replay", "release"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    for part in [
        "A release",
        "@acme/tokens 2.1.0 published in libraries",
        "excluded",
        "waits on",
        "delivered",
        "everything came as the story expects",
        "would have started 3",
    ] {
        assert!(ran.out.contains(part), "no {part:?} in\n{}", ran.out);
    }
    assert!(
        !ran.out.contains('\x1b'),
        "no colours where nobody sees them"
    );
}

#[test]
fn a_story_that_does_not_come_true_names_what_did_not() {
    let scene = Scene::new("story-does-not-come-true");
    scene.write(
        "release/story.toml",
        "title = \"t\"\n[expect]\nnever = [\"web\"]\n",
    );
    scene.write("release/events.jsonl", &published("2.1.0", 0, 7));
    let ran = scene.run(&["replay", "release"]);
    assert_eq!(ran.code, 5);
    assert!(ran.out.contains("`web` was started 1 times"), "{}", ran.out);
}

#[test]
fn the_document_of_the_same_input_is_the_same_bytes() {
    let scene = Scene::new("same-bytes");
    scene.write(
        "events.jsonl",
        &(published("2.1.0", 0, 7) + &published("2.2.0", 90, 8)),
    );
    let arguments = ["replay", "events.jsonl", "--format", "json"];
    let (one, other) = (scene.run(&arguments), scene.run(&arguments));
    assert_eq!(one.code, 0, "{}", one.err);
    assert!(one.out == other.out);
}

#[test]
fn the_document_holds_verdicts_rebuilds_and_sums() {
    let scene = Scene::new("document");
    // The second line is a redelivery of the first.
    scene.write(
        "events.jsonl",
        &(published("2.1.0", 0, 7) + &published("2.1.0", 0, 7)),
    );
    let document = scene.json(&["replay", "events.jsonl"], 0);
    let summary = &document["summary"];
    assert_eq!(summary["events"], 2);
    assert_eq!(summary["changes"], 1);
    assert_eq!(summary["rebuilds_started"], 2);
    assert_eq!(summary["naive_starts"], 6);
    let verdict = &document["verdicts"][0];
    assert_eq!(verdict["verdict"], "Picks");
    assert_eq!(verdict["instances"][0]["built_how"], "proven");
    let rebuilds = document["rebuilds"].as_array().unwrap();
    let web = rebuilds
        .iter()
        .find(|rebuild| rebuild["application"] == "web")
        .unwrap();
    assert_eq!(web["outcome"], "Delivered");
    assert_eq!(web["cascade_roots"][0], "pkg:npm/%40acme/tokens@2.1.0");
    let waited = web["waited_on"].as_array().unwrap();
    let upriver = waited
        .iter()
        .find(|span| span["gate"] == "upriver quiet")
        .unwrap();
    assert_eq!(upriver["on"][0], "ui");
}

#[test]
fn a_broken_line_is_quarantined_with_its_position_and_the_rest_goes_on() {
    let scene = Scene::new("quarantine");
    let text = format!("{{\"half\": \n{}", published("2.1.0", 0, 7));
    scene.write("events.jsonl", &text);
    let document = scene.json(&["replay", "events.jsonl"], 4);
    assert_eq!(document["quarantined"][0]["source"], "events.jsonl:1");
    assert_eq!(document["summary"]["quarantined"], 1);
    assert_eq!(document["summary"]["rebuilds_started"], 2);
    let ran = scene.run(&["replay", "events.jsonl"]);
    assert_eq!(ran.code, 4);
    assert!(ran.out.contains("events.jsonl:1"), "{}", ran.out);
}

#[test]
fn a_quarantined_line_that_the_story_expects_is_fine() {
    let scene = Scene::new("quarantine-expected");
    scene.write("s/story.toml", "title = \"t\"\n[expect]\nquarantined = 1\n");
    scene.write(
        "s/events.jsonl",
        &format!("7\n{}", published("2.1.0", 0, 7)),
    );
    assert_eq!(scene.run(&["replay", "s"]).code, 0);
}

#[test]
fn loose_events_are_one_run_and_each_story_another() {
    let scene = Scene::new("several-runs");
    scene.write("all/one.json", &published("2.1.0", 0, 7));
    scene.write("all/two.json", &published("2.2.0", 5, 8));
    scene.write("all/stories/release/story.toml", STORY);
    scene.write("all/stories/release/1.json", &published("2.1.0", 0, 7));
    let document = scene.json(&["replay", "all"], 0);
    assert_eq!(document["summary"]["events"], 3);
    assert_eq!(document["stories"][0]["name"], "release");
    assert_eq!(document["stories"][0]["expectations_met"], true);
    let rebuilds = document["rebuilds"].as_array().unwrap();
    assert!(
        rebuilds
            .iter()
            .any(|rebuild| rebuild.get("story").is_none())
    );
    assert!(rebuilds.iter().any(|rebuild| rebuild["story"] == "release"));
    let only = scene.json(&["replay", "all", "--only", "release"], 0);
    assert_eq!(only["summary"]["events"], 1);
    let ran = scene.run(&["replay", "all", "--store", "s.db"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("--only: all, release"), "{}", ran.err);
}

#[test]
fn colours_come_when_asked_for() {
    let scene = Scene::new("colours");
    scene.write("events.json", &published("2.1.0", 0, 7));
    let ran = scene.run(&["replay", "events.json", "--color", "always"]);
    assert!(ran.out.contains("\x1b["));
}

#[cfg(unix)]
#[test]
fn a_link_back_to_a_folder_around_it_is_not_followed() {
    let scene = Scene::new("links");
    scene.write("events/one.json", &published("2.1.0", 0, 1));
    scene.write("events/below/two.json", &published("2.2.0", 5, 2));
    std::os::unix::fs::symlink("..", scene.path("events/below/back")).unwrap();
    std::os::unix::fs::symlink("../events", scene.path("events/again")).unwrap();
    let summary = &scene.json(&["replay", "events"], 0)["summary"];
    assert_eq!(summary["events"], 2);
}

#[test]
fn a_rebuild_that_another_version_brought_about_is_told_with_its_reason() {
    let scene = Scene::new("behind");
    let behind = "title = \"Behind\"\n[[version]]\nrepository = \"libraries\"\n\
                  package = \"pkg:npm/%40acme/tokens\"\nversions = [\"2.9.0\"]\n";
    scene.write("behind/story.toml", behind);
    scene.write("behind/events.jsonl", &published("2.1.0", 0, 7));
    let ran = scene.run(&["replay", "behind"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let told = "unaffected   2  ui, web: `^2.0.0` admits 2.1.0, but a plain build";
    assert!(ran.out.contains(told), "{}", ran.out);
    let told = "behind       2  ui: rebuild ui.1 requested for";
    assert!(ran.out.contains(told), "{}", ran.out);
}
