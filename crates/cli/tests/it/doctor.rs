//! `downriver doctor` on a catalog: each planted fault is found and named, and a healthy one has none.

use serde_json::{Value, json};

use crate::scene::Scene;

const HEAD: &str = r#"
[defaults]
account = "123456789012"
region = "eu-west-1"
domain = "acme"
domain_owner = "111122223333"
repositories = ["apps"]

[repositories.shared]
[repositories.staging]
[repositories.apps]
upstreams = ["shared"]

"#;

const HEALTHY: &str = r#"
[applications.lib]
owner = "team"
repositories = ["shared"]
products = ["pkg:npm/%40acme/tokens"]
dependencies = []

[applications.web]
owner = "team"
variables = true
dependencies = [{ package = "pkg:npm/%40acme/tokens", requirement = "^1.0.0", built = "1.0.0", locked = true }]
"#;

const BROKEN: &str = r#"
[applications.lib]
owner = "team"
repositories = ["shared"]
publishes_to = "staging"
products = ["pkg:npm/%40acme/tokens"]
dependencies = []

[applications.web]
owner = "team"
dependencies = [{ package = "pkg:npm/%40acme/tokens", requirement = "^1.0.0", built = "1.0.0", locked = true }]

[applications.unknown]
owner = "team"

[applications.round]
owner = "team"
products = ["pkg:npm/%40acme/round"]
publishes_to = "shared"
dependencies = [{ package = "pkg:npm/%40acme/trip", requirement = "^1.0.0", built = "1.0.0" }]

[applications.trip]
owner = "team"
products = ["pkg:npm/%40acme/trip", "pkg:npm/%40acme/alone"]
publishes_to = "shared"
dependencies = [{ package = "pkg:npm/%40acme/round", requirement = "^1.0.0", built = "1.0.0" }]
"#;

fn scene(name: &str, applications: &str) -> Scene {
    let scene = Scene::new(name);
    scene.write("downriver.toml", &format!("{HEAD}{applications}"));
    scene
}

fn lines(document: &Value) -> Vec<String> {
    let findings = document["findings"].as_array().expect("a list");
    let line = |finding: &Value| {
        let text = |member: &str| finding[member].as_str().unwrap_or("-").to_owned();
        format!(
            "{} {} {}",
            text("severity"),
            text("check"),
            text("application")
        )
    };
    findings.iter().map(line).collect()
}

#[test]
fn a_healthy_catalog_has_nothing_to_mend() {
    let scene = scene("doctor-healthy", HEALTHY);
    let ran = scene.run(&["doctor"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_eq!(ran.out, "2 applications examined: nothing to mend.\n");
}

#[test]
fn each_fault_of_a_catalog_is_found_and_named() {
    let scene = scene("doctor-broken", BROKEN);
    let ran = scene.run(&["doctor", "--format", "json"]);
    assert_eq!(ran.code, 8, "{}{}", ran.out, ran.err);
    let document: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(
        lines(&document),
        [
            "warning never-indexed unknown",
            "warning product-unseen lib",
            "advice locked-not-refreshed web",
            "advice product-unseen trip",
            "advice cycle round",
        ]
    );
    let counts = ["applications", "errors", "warnings", "advice"].map(|name| &document[name]);
    assert_eq!(counts, [&json!(5), &json!(0), &json!(2), &json!(3)]);
    assert_eq!(document["unread"], json!([]));
    assert_eq!(
        document["findings"][1]["subject"],
        json!({"kind": "application", "name": "lib"})
    );
}

#[test]
fn people_read_findings_by_severity_in_80_columns() {
    let scene = scene("doctor-text", BROKEN);
    let ran = scene.run(&["doctor"]);
    assert_eq!(ran.code, 8, "{}", ran.err);
    assert!(
        ran.out.lines().all(|line| line.chars().count() <= 80),
        "{}",
        ran.out
    );
    let places: Vec<usize> = [
        "Warnings\n",
        "  never-indexed  unknown\n",
        "Advice\n",
        "  cycle  round\n",
    ]
    .iter()
    .map(|part| {
        ran.out
            .find(part)
            .unwrap_or_else(|| panic!("{part} in {}", ran.out))
    })
    .collect();
    assert!(places.is_sorted(), "{}", ran.out);
    let last = ran.out.lines().last();
    assert_eq!(
        last,
        Some("5 applications examined: 2 warnings, 3 pieces of advice.")
    );
}

#[test]
fn checks_and_applications_can_be_chosen() {
    let scene = scene("doctor-chosen", BROKEN);
    let found = |arguments: &[&str], code: i32| {
        let arguments = [&["doctor", "--format", "json"], arguments].concat();
        let ran = scene.run(&arguments);
        assert_eq!(ran.code, code, "{}{}", ran.out, ran.err);
        lines(&serde_json::from_str(&ran.out).expect("JSON"))
    };
    assert_eq!(found(&["--check", "cycle"], 0), ["advice cycle round"]);
    assert_eq!(found(&["web", "lib"], 8).len(), 2);
    assert_eq!(found(&["--only-errors"], 0), [""; 0]);
    let ran = scene.run(&["doctor", "nobody"]);
    assert_eq!(ran.code, 3, "{}", ran.err);
    let ran = scene.run(&["doctor", "--check", "cylce"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("did you mean `cycle`?"), "{}", ran.err);
}

#[test]
fn the_documentation_lists_every_check() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/doctor.md");
    let text = std::fs::read_to_string(path).expect("the page is there");
    for check in downriver_engine::doctor::Check::ALL {
        assert!(
            text.contains(&format!("| `{check}` |")),
            "{check} is not described"
        );
    }
}
