//! Bad usage: what is wrong, where, and what to do; never a panic.

use std::fs;

use super::scene::{Scene, published};

#[track_caller]
fn is_refused(scene: &Scene, arguments: &[&str], code: i32, parts: &[&str]) {
    let ran = scene.run(arguments);
    assert_eq!(ran.code, code, "{}{}", ran.out, ran.err);
    for part in parts {
        assert!(ran.err.contains(part), "no {part:?} in\n{}", ran.err);
    }
    assert!(!ran.err.contains("panicked"), "{}", ran.err);
}

#[test]
fn a_broken_catalog_names_the_line_and_the_nearest_field() {
    let scene = Scene::new("broken-catalog");
    scene.write("bad.toml", "[applications.web]\nownr = \"team\"\n");
    let parts = [
        "bad.toml:2:1: applications.web.ownr",
        "did you mean \"owner\"?",
    ];
    is_refused(&scene, &["catalog", "check", "bad.toml"], 2, &parts);
    is_refused(&scene, &["status", "--catalog", "bad.toml"], 2, &parts);
}

#[test]
fn a_freeze_that_is_over_is_refused_by_the_check_alone() {
    let scene = Scene::new("old-freeze");
    let text = "[[freezes]]\nfrom = \"2020-01-01T00:00:00Z\"\nuntil = \"2020-01-02T00:00:00Z\"\nreason = \"new year\"\n";
    scene.write("old.toml", text);
    let parts = ["old.toml:3:9: freezes[0].until: this freeze has been over since"];
    is_refused(&scene, &["catalog", "check", "old.toml"], 2, &parts);
    let ran = scene.run(&["status", "--catalog", "old.toml"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
}

#[test]
fn a_good_catalog_is_counted() {
    let scene = Scene::new("good-catalog");
    let ran = scene.run(&["catalog", "check"]);
    assert_eq!(ran.code, 0);
    assert!(ran.out.contains("4 applications"), "{}", ran.out);
}

#[test]
fn a_missing_path_or_catalog_is_named() {
    let scene = Scene::new("missing");
    is_refused(&scene, &["replay", "nowhere"], 2, &["nowhere"]);
    is_refused(&scene, &["status", "--catalog", "no.toml"], 2, &["no.toml"]);
    is_refused(
        &scene,
        &["status", "--store", "no.db"],
        2,
        &["there is no store no.db"],
    );
    fs::create_dir(scene.path("empty")).unwrap();
    is_refused(
        &scene,
        &["replay", "empty"],
        2,
        &["nothing to replay in empty"],
    );
}

#[test]
fn a_broken_story_names_the_line_and_nothing_runs() {
    let scene = Scene::new("broken-story");
    scene.write("s/story.toml", "title = \"t\"\ntilte = \"t\"\n");
    scene.write("s/e.json", &published("2.1.0", 0, 7));
    is_refused(&scene, &["replay", "s"], 2, &["s/story.toml:2", "tilte"]);
}

#[test]
fn a_file_that_is_no_store_is_left_alone() {
    let scene = Scene::new("no-store");
    scene.write("e.json", &published("2.1.0", 0, 7));
    let arguments = ["replay", "e.json", "--store", "e.json"];
    is_refused(&scene, &arguments, 2, &["e.json is no Downriver store"]);
    assert!(
        fs::read_to_string(scene.path("e.json"))
            .unwrap()
            .contains("2.1.0")
    );
}

#[test]
fn unknown_names_have_an_exit_code_of_their_own_and_near_names() {
    let scene = Scene::new("unknown");
    let version = "pkg:npm/%40acme/tokens@2.1.0";
    is_refused(&scene, &["explain", "wbe", version], 3, &["`wbe`", "`web`"]);
    let other = "pkg:npm/%40acme/toekns@2.1.0";
    is_refused(&scene, &["explain", "web", other], 3, &["%40acme/tokens`"]);
    is_refused(&scene, &["status", "wbe"], 3, &["`web`"]);
    is_refused(&scene, &["history", "wbe"], 3, &["`web`"]);
    let nobody = ["no application belongs to `taem`", "`team`"];
    is_refused(&scene, &["summary", "--owner", "taem"], 3, &nobody);
    let tokens = "did you mean `pkg:npm/%40acme/tokens`";
    is_refused(
        &scene,
        &["plan", "pkg:npm/%40acme/toekns@1.0.0"],
        3,
        &[tokens],
    );
    is_refused(
        &scene,
        &["dependents", "pkg:npm/%40acme/toekns"],
        3,
        &[tokens],
    );
}

#[test]
fn a_version_that_is_no_package_url_is_bad_usage() {
    let scene = Scene::new("no-purl");
    is_refused(&scene, &["plan", "tokens"], 2, &["package URL"]);
    is_refused(&scene, &["plan", "pkg:npm/%40acme/tokens"], 2, &["version"]);
    is_refused(&scene, &["replay"], 2, &["PATH"]);
    for span in ["7", "d", "0d", "7y", "99999999999999999w", "11000d", "7ü"] {
        let arguments = ["summary", "--since", span];
        is_refused(&scene, &arguments, 2, &["as in 90m, 24h, 7d or 2w"]);
    }
}

#[cfg(not(feature = "aws"))]
#[test]
fn a_build_without_aws_says_how_to_get_one_with_it() {
    let scene = Scene::new("without-aws");
    for arguments in [
        &["status", "--deployment", "hub"][..],
        &["send", "nowhere", "--deployment", "hub"],
        &["catalog", "apply", "--deployment", "hub"],
        &["redrive", "--deployment", "hub"],
    ] {
        is_refused(
            &scene,
            arguments,
            2,
            &["no AWS support", "--features aws", "the release"],
        );
    }
}

#[test]
fn what_only_a_deployment_can_do_asks_for_one() {
    let scene = Scene::new("no-deployment");
    for arguments in [&["send", "."][..], &["redrive"], &["catalog", "apply"]] {
        is_refused(&scene, arguments, 2, &["--deployment NAME"]);
    }
    let both = ["status", "--deployment", "hub", "--store", "s.db"];
    is_refused(&scene, &both, 2, &["--deployment and --store contradict"]);
}

#[test]
fn operators_need_a_store_file() {
    let scene = Scene::new("no-store-file");
    is_refused(&scene, &["pause"], 2, &["--store FILE"]);
    is_refused(&scene, &["retry", "web"], 2, &["--store FILE"]);
}
