//! Questions that change nothing.

use super::scene::{Scene, published};

const TOKENS: &str = "pkg:npm/%40acme/tokens";

#[test]
fn a_plan_has_waves_and_verdicts() {
    let scene = Scene::new("plan");
    let plan = scene.json(&["plan", "pkg:npm/%40acme/tokens@2.1.0"], 0);
    assert_eq!(plan["waves"][0][0]["application"], "ui");
    assert_eq!(plan["waves"][1][0]["application"], "web");
    assert_eq!(plan["verdicts"].as_array().unwrap().len(), 3);
    let ran = scene.run(&["plan", "pkg:npm/%40acme/tokens@2.1.0"]);
    assert!(ran.out.contains("this changes nothing"), "{}", ran.out);
    assert!(ran.out.contains("wave 2"), "{}", ran.out);
}

#[test]
fn a_plan_for_a_package_that_nobody_uses_says_so() {
    let scene = Scene::new("plan-nobody");
    let catalog = std::fs::read_to_string(scene.path("downriver.toml")).unwrap();
    let lonely = "[applications.lonely]\nowner = \"team\"\nproducts = [\"pkg:npm/lonely\"]\n";
    scene.write("downriver.toml", &format!("{catalog}\n{lonely}"));
    let ran = scene.run(&["plan", "pkg:npm/lonely@1.0.0"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("Nobody depends on lonely"), "{}", ran.out);
}

#[test]
fn an_explanation_has_a_reason_evidence_and_what_is_upriver() {
    let scene = Scene::new("explain");
    let ran = scene.run(&["explain", "legacy", "pkg:npm/%40acme/tokens@2.1.0"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        ran.out.contains("Excluded  `^1` does not admit 2.1.0"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("downriver.toml:37"), "{}", ran.out);
    let deleted = [
        "explain",
        "legacy",
        "pkg:npm/%40acme/tokens@1.9.0",
        "--as",
        "deleted",
    ];
    let explained = scene.json(&deleted, 0);
    assert_eq!(explained["verdict"]["verdict"], "Stranded");
    assert_eq!(explained["supposed"], true);
    assert_eq!(explained["upriver"][0], "tokens");
}

#[test]
fn dependents_are_direct_or_reached_through_products() {
    let scene = Scene::new("dependents");
    let answer = scene.json(&["dependents", TOKENS], 0);
    assert_eq!(answer["producers"][0], "tokens");
    assert_eq!(answer["direct"].as_array().unwrap().len(), 3);
    let ran = scene.run(&["dependents", "pkg:npm/%40acme/ui"]);
    assert!(ran.out.contains("published by ui"), "{}", ran.out);
}

#[test]
fn status_and_history_read_the_store_of_a_replay() {
    let scene = Scene::new("status");
    scene.write("e.json", &published("2.1.0", 0, 7));
    assert_eq!(scene.run(&["replay", "e.json", "--store", "s.db"]).code, 0);
    let status = scene.json(&["status", "web", "--store", "s.db"], 0);
    assert_eq!(status["applications"][0]["state"], "idle");
    let ran = scene.run(&["history", "web", "--store", "s.db"]);
    assert!(ran.out.contains("web.1 Delivered"), "{}", ran.out);
    let ran = scene.run(&["history", "pkg:npm/%40acme/tokens@2.1.0", "--store", "s.db"]);
    assert!(
        ran.out.contains("legacy × @acme/tokens 2.1.0: Excluded"),
        "{}",
        ran.out
    );
    let explained = scene.run(&[
        "explain",
        "web",
        "pkg:npm/%40acme/tokens@2.1.0",
        "--store",
        "s.db",
    ]);
    assert!(
        explained.out.contains("Decided before"),
        "{}",
        explained.out
    );
}

#[test]
fn a_summary_tells_what_one_rule_for_each_pair_would_have_rebuilt_beyond() {
    let scene = Scene::new("summary");
    let events = [published("2.1.0", 0, 7), published("2.2.0", 1, 8)].concat();
    scene.write("e.json", &events);
    assert_eq!(scene.run(&["replay", "e.json", "--store", "s.db"]).code, 0);
    let told = scene.json(&["summary", "--store", "s.db"], 0);
    let team = &told["owners"]["team"];
    assert_eq!(team, &told["total"]);
    let count = |name: &str| team[name].as_u64().unwrap();
    assert_eq!(count("applications"), 4);
    // Two versions for three dependents, and the `ui` that was published for `web`.
    assert_eq!(count("changes"), 7);
    assert_eq!(count("excluded"), 2, "{team}");
    assert_eq!(
        count("changes"),
        count("rebuilds") + count("waiting") + count("unknown") + count("avoided")
    );
    assert_eq!(count("started"), count("rebuilds"));
    let ran = scene.run(&["summary", "--store", "s.db", "--owner", "team"]);
    let expected = "7 changes for 4 applications led to 2 rebuilds";
    assert!(ran.out.contains(expected), "{}", ran.out);
    // Nothing happened in the last minutes of the store's time.
    let none = scene.json(&["summary", "--store", "s.db", "--since", "1m"], 0);
    assert_eq!(none["total"]["changes"], 0);
}

#[test]
fn help_lists_the_exit_codes_and_completions_are_written() {
    let scene = Scene::new("help");
    assert!(scene.run(&["--help"]).out.contains("Exit codes:"));
    assert!(
        scene
            .run(&["completions", "bash"])
            .out
            .contains("downriver")
    );
    assert!(scene.run(&["catalog", "schema"]).out.starts_with('{'));
}
