use downriver_domain::version::PackageId;
use downriver_domain::{Operation, RepositoryId};
use downriver_engine::wire::Sources;
use downriver_engine::wire::event::{WireEvent, parse};

use super::worlds::{CATALOG, FIRST, begin, catalog, pipeline_of, run};
use crate::simulator::envelopes::package_event;
use crate::simulator::registry::{OriginRow, StatusRow};
use crate::simulator::text::TextForm as _;
use crate::simulator::{Registry, Simulator};

fn package(purl: &str) -> PackageId {
    purl.parse().unwrap()
}

fn repository(name: &str) -> RepositoryId {
    RepositoryId::from_text(&format!("111122223333/acme/{name}")).unwrap()
}

fn held(simulator: &Simulator, repository_name: &str, purl: &str) -> Vec<String> {
    let state = simulator.registry.package(&package(purl));
    let held = state.into_iter().flat_map(|state| {
        state
            .held_by(&repository(repository_name))
            .map(|(version, _)| version.clone())
            .collect::<Vec<_>>()
    });
    held.collect()
}

/// What a registry that holds one version publishes next.
fn next_after(purl: &str, version: &str) -> Vec<String> {
    let mut registry = Registry::default();
    let (package, home) = (package(purl), repository("shared"));
    registry.publish(&package, version, &home, FIRST);
    let emissions = registry
        .publish_next(&package, &home, false, FIRST.plus_secs(60))
        .unwrap();
    let said = |emission: &crate::simulator::registry::Emission| {
        let operation = match emission.operation {
            Operation::Created => "created",
            Operation::Updated => "updated",
            Operation::Deleted => "deleted",
        };
        format!(
            "{operation} {} {}",
            emission.version,
            emission.status.as_str()
        )
    };
    emissions.iter().map(said).collect()
}

#[test]
fn the_next_version_follows_the_habits_of_its_ecosystem() {
    let cases = [
        ("pkg:npm/%40acme/lib", "1.2.3", "1.2.4"),
        ("pkg:npm/%40acme/lib", "2.0.0-rc.1", "2.0.0"),
        ("pkg:pypi/acme-lib", "1.4", "1.4.1"),
        ("pkg:nuget/acme.lib", "1.2.3.4", "1.2.3.5"),
        ("pkg:cargo/acme-lib", "0.3.9", "0.3.10"),
        ("pkg:gem/acme-lib", "1.0", "1.0.1"),
        ("pkg:generic/acme/model", "7", "7.0.1"),
    ];
    for (purl, version, next) in cases {
        assert_eq!(
            next_after(purl, version),
            [format!("created {next} Published")]
        );
    }
}

#[test]
fn a_maven_release_is_unfinished_before_it_is_published() {
    assert_eq!(
        next_after("pkg:maven/com.acme/lib", "33.0.0-jre"),
        [
            "created 33.0.1-jre Unfinished",
            "updated 33.0.1-jre Published"
        ]
    );
}

#[test]
fn a_snapshot_is_revised_and_its_build_ends_unlisted() {
    assert_eq!(
        next_after("pkg:maven/com.acme/lib", "1.0-SNAPSHOT"),
        [
            "created 1.0-20260101.000100-1 Unfinished",
            "updated 1.0-SNAPSHOT Published",
            "updated 1.0-20260101.000100-1 Unlisted",
        ]
    );
}

#[test]
fn the_start_holds_every_built_version_where_it_first_appeared() {
    let simulator = begin(CATALOG, "");
    assert_eq!(held(&simulator, "shared", "pkg:npm/%40acme/lib"), ["1.2.3"]);
    assert_eq!(held(&simulator, "store", "pkg:npm/react"), ["18.2.0"]);
    assert_eq!(
        held(&simulator, "team", "pkg:npm/react"),
        Vec::<String>::new()
    );
    let state = simulator
        .registry
        .package(&package("pkg:npm/react"))
        .unwrap();
    let (_, react) = state.held_by(&repository("store")).next().unwrap();
    assert_eq!(
        (react.origin, react.status),
        (OriginRow::External, StatusRow::Published)
    );
}

#[test]
fn a_producers_execution_publishes_and_its_dependent_retains_what_it_pulls() {
    let story = "[[push]]\napplication = \"lib\"\nat = \"+0s\"\n[[push]]\napplication = \"web\"\nat = \"+300s\"\n";
    let mut simulator = begin(CATALOG, story);
    let trace = run(&mut simulator, &catalog(CATALOG), 1_000);
    let packages: Vec<&String> = trace.iter().filter(|line| line.contains('@')).collect();
    assert_eq!(
        packages,
        [
            "192 shared lib@1.2.4 Created Published",
            "312 team lib@1.2.4 Created Published",
            "312 team react@18.2.0 Created Published",
            "555 built lib@1.2.4 react@18.2.0",
        ]
    );
}

#[test]
fn a_public_version_is_ingested_three_minutes_after_a_build_asked_for_it() {
    let story = "[[public]]\npackage = \"pkg:npm/react\"\nversions = [\"18.3.1\", \"19.0.0\"]\n\
                 [[push]]\napplication = \"web\"\nat = \"+0s\"\n";
    let mut simulator = begin(CATALOG, story);
    let trace = run(&mut simulator, &catalog(CATALOG), 1_000);
    let react: Vec<&String> = trace.iter().filter(|line| line.contains("react")).collect();
    assert_eq!(
        react,
        [
            "190 store react@18.3.1 Created Published",
            "190 team react@18.3.1 Created Published",
            "255 built lib@1.2.3 react@18.3.1",
        ]
    );
}

#[test]
fn a_source_producer_fails_where_it_would_publish_the_same_again() {
    let text = CATALOG.replace(
        "publishes_to = \"shared\"",
        "publishes_to = \"shared\"\nversioning = \"source\"",
    );
    let story = "[[push]]\napplication = \"lib\"\nat = \"+0s\"\nby = \"rule\"\n\
                 [[push]]\napplication = \"lib\"\nat = \"+500s\"\n";
    let mut simulator = begin(&text, story);
    let trace = run(&mut simulator, &catalog(&text), 1_000);
    assert!(trace[1].ends_with("FAILED"), "{trace:?}");
    let key = crate::simulator::pipeline_key(&pipeline_of(&simulator, "lib"));
    let reason = simulator.pipelines[&key].executions[0].reason.clone();
    assert!(reason.unwrap().starts_with("409: "));
    assert!(
        trace.contains(&"692 shared lib@1.2.4 Created Published".to_owned()),
        "a person's push comes with the version changed: {trace:?}"
    );
}

#[test]
fn events_have_the_shape_that_the_engine_reads() {
    let mut registry = Registry::default();
    let emissions = registry.publish(
        &package("pkg:npm/%40acme/lib"),
        "1.0.0",
        &repository("shared"),
        FIRST,
    );
    let body = package_event(&emissions[0], "eu-west-1", 1);
    let event = parse(body.as_bytes(), &Sources::default()).unwrap();
    let WireEvent::PackageVersion(event) = event else {
        panic!("a package version's event");
    };
    assert_eq!(event.sighting.repository, repository("shared"));
    assert_eq!(
        event.sighting.package_version.to_string(),
        "pkg:npm/%40acme/lib@1.0.0"
    );
    assert_eq!(event.sighting.event_time, FIRST);
    assert_eq!(event.sighting.sequence, 1);
}
