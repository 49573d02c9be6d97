//! What folders tell, and the commands that move their lockfiles.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::scene::{Ran, Scene};

const MANIFEST: &str = r#"{
  "name": "web",
  "private": true,
  "dependencies": {
    "@acme/tokens": "^2.0.0"
  }
}
"#;

const LOCK: &str = r#"{
  "name": "web",
  "lockfileVersion": 3,
  "packages": {
    "": { "name": "web", "dependencies": { "@acme/tokens": "^2.0.0" } },
    "node_modules/@acme/tokens": {
      "version": "2.0.0"
    }
  }
}
"#;

const CATALOG: &str = r#"
[defaults]
account = "111122223333"
region = "eu-west-1"
domain = "acme"
domain_owner = "111122223333"
repositories = ["apps"]

[repositories.apps]

[applications.web]
owner = "team"
folder = "sources/web"

[applications.other]
owner = "team"

[applications.declared]
owner = "team"
dependencies = []
"#;

fn scene(name: &str) -> Scene {
    let scene = Scene::new(name);
    scene.write("downriver.toml", CATALOG);
    scene.write("sources/web/package.json", MANIFEST);
    scene.write("sources/web/package-lock.json", LOCK);
    scene
}

const TOKENS: &str = "pkg:npm/%40acme/tokens";

#[test]
fn a_manifest_and_its_lockfile_are_told_with_their_places() {
    let scene = scene("index-json");
    let root = scene.path("sources").display().to_string();
    let document = scene.json(&["index", "sources/web", "--root", &root], 0);
    let folder = &document["folders"][0];
    assert_eq!(folder["files"][0]["path"], "web/package-lock.json");
    assert_eq!(folder["files"][0]["locked"][0], "@acme/tokens@2.0.0");
    let found = &folder["dependencies"][0];
    assert_eq!(found["package"], TOKENS);
    assert_eq!(
        (&found["requirement"], &found["locked"]),
        (&"^2.0.0".into(), &"2.0.0".into())
    );
    assert_eq!(
        (&found["file"], &found["line"]),
        (&"web/package.json".into(), &5.into())
    );
    assert_eq!(
        (&found["lock_file"], &found["lock_line"]),
        (&"web/package-lock.json".into(), &6.into())
    );
    assert_eq!(
        (&found["direct"], &found["scopes"][0]),
        (&true.into(), &"runtime".into())
    );
}

#[test]
fn a_broken_lockfile_leaves_what_the_manifest_tells_and_makes_the_exit_code() {
    let scene = scene("index-broken");
    scene.write(
        "sources/web/package-lock.json",
        "{ \"lockfileVersion\": 3, ",
    );
    let ran = scene.run(&["index", "sources/web", "--root", "sources"]);
    assert_eq!(ran.code, 4, "{}", ran.out);
    assert!(
        ran.out.contains("problem: web/package-lock.json"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("@acme/tokens"), "{}", ran.out);
}

#[test]
fn what_a_source_does_not_hold_is_no_error() {
    let scene = scene("index-gap");
    let pom = "<project><parent><groupId>org.example</groupId><artifactId>parent</artifactId><version>1</version></parent>\
               <artifactId>pay</artifactId><dependencies><dependency><groupId>com.acme</groupId>\
               <artifactId>money</artifactId></dependency></dependencies></project>";
    scene.write("pay/pom.xml", pom);
    let ran = scene.run(&["index", "pay", "--root", "pay"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("not told: pom.xml:1"), "{}", ran.out);
}

#[test]
fn a_folder_without_any_known_file_is_refused() {
    let scene = scene("index-empty");
    scene.write("empty/notes.md", "nothing");
    let ran = scene.run(&["index", "empty", "--root", "empty"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains("holds no manifest, lockfile or SBOM"),
        "{}",
        ran.err
    );
    let ran = scene.run(&["index", "nowhere"]);
    assert_eq!(
        (ran.code, ran.err.contains("nowhere")),
        (2, true),
        "{}",
        ran.err
    );
}

#[test]
fn questions_are_answered_from_the_folders_of_the_catalog() {
    let scene = scene("index-catalog");
    let explained = scene.run(&["explain", "web", &format!("{TOKENS}@2.4.0")]);
    assert_eq!(explained.code, 0, "{}", explained.err);
    for part in [
        "`^2.0.0` admits 2.4.0",
        "holds 2.0.0",
        "sources/web/package.json:5",
        "sources/web/package-lock.json:6",
    ] {
        assert!(
            explained.out.contains(part),
            "no {part:?} in\n{}",
            explained.out
        );
    }
    scene.write(
        "sources/web/package-lock.json",
        &LOCK.replace("2.0.0\"\n", "2.4.0\"\n"),
    );
    let explained = scene.run(&["explain", "web", &format!("{TOKENS}@2.4.0")]);
    assert!(explained.out.contains("Unaffected"), "{}", explained.out);
}

#[test]
fn the_only_application_of_a_repository_stands_beside_its_catalog() {
    let scene = Scene::new("index-own-folder");
    scene.write(
        "downriver.toml",
        &CATALOG.replace("\"sources/web\"", "\".\""),
    );
    scene.write("package.json", MANIFEST);
    scene.write("package-lock.json", LOCK);
    let explained = scene.run(&["explain", "web", &format!("{TOKENS}@2.4.0")]);
    assert_eq!(explained.code, 0, "{}", explained.err);
    for part in [" package.json:5", "package-lock.json:6"] {
        assert!(explained.out.contains(part), "{}", explained.out);
    }
    let indexed = scene.run(&["index", "--store", "of.db"]);
    assert_eq!(indexed.code, 0, "found by its folder: {}", indexed.err);
}

#[test]
fn a_store_takes_what_a_folder_tells() {
    let scene = scene("index-store");
    let filled = scene.run(&[
        "index",
        "sources/web",
        "--store",
        "s.db",
        "--application",
        "other",
    ]);
    assert_eq!(filled.code, 0, "{}", filled.err);
    assert!(
        filled.err.contains("other: 1 dependency in the store"),
        "{}",
        filled.err
    );
    let dependents = scene.json(&["dependents", TOKENS, "--store", "s.db"], 0);
    let names: Vec<&str> = dependents["direct"]
        .as_array()
        .unwrap()
        .iter()
        .map(|direct| direct["application"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["other", "web"]);
    let again = scene.run(&["index", "sources/web", "--store", "s.db"]);
    assert!(
        again
            .err
            .contains("web: 1 dependency, as in the store already"),
        "{}",
        again.err
    );
}

#[test]
fn a_store_is_not_filled_against_the_catalog() {
    let scene = scene("index-declared");
    let web = ["index", "sources/web", "--store", "s.db", "--application"];
    let declared = scene.run(&[&web[..], &["declared"]].concat());
    assert_eq!(declared.code, 2);
    assert!(
        declared
            .err
            .contains("the catalog declares the dependencies"),
        "{}",
        declared.err
    );
    let nobody = scene.run(&[&web[..], &["nobody"]].concat());
    assert_eq!(nobody.code, 3, "{}", nobody.err);
}

/// A folder with a program of this name that does what the script says.
fn tool(scene: &Scene, name: &str, script: &str) {
    let path = scene.path("bin").join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn refresh(scene: &Scene, variables: &[(&str, &str)], arguments: &[&str]) -> Ran {
    let path = format!("{}:/usr/bin:/bin", scene.path("bin").display());
    let mut with_path = variables.to_vec();
    with_path.push(("PATH", &path));
    let whole = [
        &["refresh", "sources/web", "--root", "sources/web"],
        arguments,
    ]
    .concat();
    scene.run_in(&with_path, &whole)
}

const CHANGES: (&str, &str) = (
    "DOWNRIVER_CHANGES",
    "pkg:npm/%40acme/tokens@2.4.0 pkg:npm/left@1.0.0",
);

#[test]
fn changes_become_the_package_managers_own_command() {
    let scene = scene("refresh-plan");
    let ran = refresh(&scene, &[CHANGES], &[]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let command =
        "npm update --package-lock-only --ignore-scripts --no-audit --no-fund @acme/tokens\n";
    assert!(ran.out.contains(command), "{}", ran.out);
    assert!(
        ran.out.contains("nothing here uses pkg:npm/left"),
        "{}",
        ran.out
    );
    assert!(fs::read_to_string(scene.path("sources/web/package-lock.json")).unwrap() == LOCK);
}

#[test]
fn a_refresh_runs_the_command_and_says_what_is_locked_then() {
    let scene = scene("refresh-run");
    let script = "sed -i 's/\"version\": \"2.0.0\"/\"version\": \"2.4.0\"/' package-lock.json; echo \"npm $@\"";
    tool(&scene, "npm", script);
    let ran = refresh(&scene, &[CHANGES], &["--run"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        ran.out.contains("npm update --package-lock-only"),
        "{}",
        ran.out
    );
    assert!(
        ran.out
            .contains("✓ @acme/tokens 2.4.0: locked is 2.4.0 (package-lock.json:6)"),
        "{}",
        ran.out
    );
}

#[test]
fn a_command_that_fails_or_is_missing_has_an_exit_code_of_its_own() {
    let scene = scene("refresh-failing");
    tool(&scene, "npm", "exit 3");
    let ran = refresh(&scene, &[CHANGES], &["--run"]);
    assert_eq!(ran.code, 7, "{}", ran.err);
    assert!(
        ran.err.contains("package-lock.json may be half-written"),
        "{}",
        ran.err
    );
    fs::remove_file(scene.path("bin/npm")).unwrap();
    let path = scene.path("bin").display().to_string();
    let arguments = ["refresh", "sources/web", "--root", "sources/web", "--run"];
    let ran = scene.run_in(&[CHANGES, ("PATH", &path)], &arguments);
    assert_eq!(ran.code, 7, "{}", ran.err);
    assert!(
        ran.err.contains("`npm` is not installed here"),
        "{}",
        ran.err
    );
}

#[test]
fn a_build_that_downriver_did_not_start_has_nothing_to_refresh() {
    let scene = scene("refresh-nothing");
    for variables in [
        &[][..],
        &[("DOWNRIVER_CHANGES", "none"), ("DOWNRIVER_REBUILD", "none")],
    ] {
        let ran = refresh(&scene, variables, &["--run"]);
        assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
        assert!(ran.err.contains("nothing to refresh"), "{}", ran.err);
    }
    let ran = refresh(&scene, &[("DOWNRIVER_CHANGES", "tokens 2.4.0")], &[]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains("DOWNRIVER_CHANGES holds `tokens`"),
        "{}",
        ran.err
    );
    let ran = refresh(&scene, &[("DOWNRIVER_REBUILD", "web.3")], &[]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains("name the deployment to ask"),
        "{}",
        ran.err
    );
}
