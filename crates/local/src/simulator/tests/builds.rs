use super::worlds::{CATALOG, begin, catalog, pipeline_of, run};
use crate::simulator::{Simulator, pipeline_key};

/// The organisation with `react` locked, and 18.3.1 beside the version that the lock holds.
fn locked(policy: &str) -> (String, Simulator) {
    let text = CATALOG
        .replace(
            "built = \"18.2.0\" }",
            "built = \"18.2.0\", locked = true }",
        )
        .replace("variables = true", policy);
    let story = "[[version]]\nrepository = \"store\"\npackage = \"pkg:npm/react\"\nversions = [\"18.3.1\", \"19.0.0\"]\n";
    let simulator = begin(&text, story);
    (text, simulator)
}

fn built(text: &str, simulator: &mut Simulator, variables: &[(&str, &str)]) -> String {
    let pipeline = pipeline_of(simulator, "web");
    let variables: Vec<(String, String)> = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let attempt = "web.1.1".parse().unwrap();
    let token = "token".parse().unwrap();
    simulator
        .call_start(&pipeline, &attempt, &token, &variables)
        .unwrap();
    let trace = run(simulator, &catalog(text), 1_000);
    let last = trace.last().unwrap();
    last.split_once(' ').unwrap().1.to_owned()
}

#[test]
fn a_lock_holds_its_version_in_a_plain_build() {
    let (text, mut simulator) = locked("variables = true");
    assert_eq!(
        built(&text, &mut simulator, &[]),
        "built lib@1.2.3 react@18.2.0"
    );
}

#[test]
fn a_build_with_our_variables_refreshes_what_they_name() {
    let (text, mut simulator) = locked("variables = true");
    let variables = [("DOWNRIVER_CHANGES", "pkg:npm/react@18.3.1")];
    assert_eq!(
        built(&text, &mut simulator, &variables),
        "built lib@1.2.3 react@18.3.1"
    );
    let (text, mut simulator) = locked("variables = true");
    let variables = [("DOWNRIVER_CHANGES", "pkg:npm/%40acme/lib@1.2.4")];
    assert_eq!(
        built(&text, &mut simulator, &variables),
        "built lib@1.2.3 react@18.2.0"
    );
}

#[test]
fn a_build_that_updates_its_lock_by_itself_floats() {
    let (text, mut simulator) = locked("on_locked = \"rebuild\"");
    assert_eq!(
        built(&text, &mut simulator, &[]),
        "built lib@1.2.3 react@18.3.1"
    );
}

#[test]
fn a_locked_version_that_is_gone_fails_the_build() {
    let text = CATALOG.replace(
        "built = \"18.2.0\" }",
        "built = \"18.2.0\", locked = true }",
    );
    let story = "[[version]]\nrepository = \"store\"\npackage = \"pkg:npm/react\"\nversions = [\"18.2.0\"]\nstatus = \"Archived\"\n";
    let mut simulator = begin(&text, story);
    assert_eq!(built(&text, &mut simulator, &[]), "web FAILED");
    let key = pipeline_key(&pipeline_of(&simulator, "web"));
    let reason = simulator.pipelines[&key].executions[0].reason.clone();
    assert_eq!(
        reason.as_deref(),
        Some("404: pkg:npm/react 18.2.0 cannot be installed")
    );
}

#[test]
fn an_unlisted_version_still_installs_from_a_lock() {
    let text = CATALOG.replace(
        "built = \"18.2.0\" }",
        "built = \"18.2.0\", locked = true }",
    );
    let story = "[[version]]\nrepository = \"store\"\npackage = \"pkg:npm/react\"\nversions = [\"18.2.0\"]\nstatus = \"Unlisted\"\n";
    let mut simulator = begin(&text, story);
    assert_eq!(
        built(&text, &mut simulator, &[]),
        "built lib@1.2.3 react@18.2.0"
    );
}

#[test]
fn a_version_is_kept_by_the_own_repository_that_it_was_pulled_through() {
    let text = CATALOG
        .replace(
            "repositories = [\"team\"]",
            "repositories = [\"team\", \"tools\"]",
        )
        .replace(
            "[applications.lib]",
            "[repositories.far]\n[repositories.tools]\nupstreams = [\"far\"]\n\n[applications.lib]",
        )
        .replace("publishes_to = \"shared\"", "publishes_to = \"far\"");
    let mut simulator = begin(&text, "[[push]]\napplication = \"web\"\nat = \"+0s\"\n");
    let trace = run(&mut simulator, &catalog(&text), 1_000);
    assert!(
        trace.contains(&"12 tools lib@1.2.3 Created Published".to_owned()),
        "{trace:?}"
    );
    assert!(
        trace.contains(&"12 team react@18.2.0 Created Published".to_owned()),
        "{trace:?}"
    );
}
