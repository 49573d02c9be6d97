//! What operators do to a store, and what the replay makes of it when it goes on.

use super::scene::{Scene, published};

const FAILING: &str = r#"
title = "A failing deployment"

[[outcome]]
application = "web"
execution = 1
state = "FAILED"
stage = "Deploy"
"#;

fn failed(name: &str) -> Scene {
    let scene = Scene::new(name);
    scene.write("s/story.toml", FAILING);
    scene.write("s/e.json", &published("2.1.0", 0, 7));
    let document = scene.json(&["replay", "s", "--store", "s.db"], 0);
    assert_eq!(document["summary"]["rebuilds_started"], 2);
    let ran = scene.run(&["status", "--store", "s.db"]);
    assert!(ran.out.contains("failed"), "{}", ran.out);
    assert!(ran.out.contains("downriver retry web"), "{}", ran.out);
    scene
}

#[test]
fn what_was_retried_goes_on_with_the_replay() {
    let scene = failed("retry");
    assert_eq!(scene.run(&["retry", "web", "--store", "s.db"]).code, 0);
    let document = scene.json(&["replay", "s", "--store", "s.db"], 0);
    assert_eq!(document["summary"]["rebuilds_started"], 3);
    let ran = scene.run(&["retry", "web", "--store", "s.db"]);
    assert!(ran.out.contains("nothing to retry"), "{}", ran.out);
    assert_eq!(scene.run(&["retry", "wbe", "--store", "s.db"]).code, 3);
}

#[test]
fn force_attempts_again_what_failed_and_nothing_that_is_built() {
    let scene = failed("force");
    let document = scene.json(&["replay", "s", "--store", "s.db", "--force"], 0);
    let rebuilds = document["rebuilds"].as_array().unwrap();
    let of = |name: &str| {
        rebuilds
            .iter()
            .filter(|rebuild| rebuild["application"] == name)
            .count()
    };
    assert_eq!((of("web"), of("ui")), (2, 1));
    let again = scene.json(&["replay", "s", "--store", "s.db", "--force"], 0);
    assert_eq!(again["rebuilds"].as_array().unwrap().len(), rebuilds.len());
}

#[test]
fn a_pause_holds_until_it_is_lifted() {
    let scene = failed("pause");
    assert_eq!(
        scene
            .run(&["pause", "web", "--store", "s.db", "--reason", "sale"])
            .code,
        0
    );
    assert_eq!(scene.run(&["retry", "web", "--store", "s.db"]).code, 0);
    let document = scene.json(&["replay", "s", "--store", "s.db"], 0);
    assert_eq!(document["summary"]["rebuilds_started"], 2);
    let ran = scene.run(&["status", "--store", "s.db"]);
    assert!(ran.out.contains("web, by pat"), "{}", ran.out);
    assert!(ran.out.contains("`downriver resume web`"), "{}", ran.out);
    assert_eq!(scene.run(&["resume", "web", "--store", "s.db"]).code, 0);
    let document = scene.json(&["replay", "s", "--store", "s.db"], 0);
    assert_eq!(document["summary"]["rebuilds_started"], 3);
}
