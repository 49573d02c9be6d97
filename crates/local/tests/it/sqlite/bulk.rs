//! Registering many applications in one transaction.

use downriver_domain::Dependency;
use downriver_engine::history::{HistoryBody, HistoryEntry, Outcome, RebuildRecord};
use downriver_engine::ports::{Commit, Registration, Store};
use downriver_local::sqlite::SqliteStore;
use downriver_testkit::builders::{
    application, at, dependency, id, note, package, producer, registration,
};
use downriver_testkit::run_at_once;

#[test]
fn many_applications_are_registered_at_once() {
    let store = SqliteStore::in_memory().unwrap();
    let names: Vec<String> = (0..50).map(|number| format!("app{number:02}")).collect();
    let all = names.iter().map(|name| {
        let requirement = format!("^{}.0.0", name.len());
        let dependencies = vec![tokens(&requirement), tokens("*"), tokens("*")];
        registration(application(name), dependencies)
    });
    store.record_registrations(all).unwrap();
    let page = run_at_once(store.load_dependents(&package("pkg:npm/tokens"), None, 500)).unwrap();
    assert_eq!(page.edges.len(), 150);
    let count = run_at_once(store.count_dependents(&package("pkg:npm/tokens"))).unwrap();
    assert_eq!(count, 50);
}

#[test]
fn the_last_registration_of_an_application_counts() {
    let store = SqliteStore::in_memory().unwrap();
    let twice = [
        registration(application("web"), vec![tokens("^1.0.0"), tokens("^2.0.0")]),
        registration(application("api"), vec![tokens("^1.0.0")]),
        registration(
            producer("web", &["pkg:npm/web"]),
            vec![tokens("^1.0.0"), dependency("pkg:npm/buttons", "*")],
        ),
    ];
    store.record_registrations(&twice).unwrap();
    assert_eq!(dependencies(&store, "web"), twice[2].dependencies);
    assert_eq!(dependencies(&store, "api"), twice[1].dependencies);
    let page = run_at_once(store.load_dependents(&package("pkg:npm/tokens"), None, 10)).unwrap();
    let applications: Vec<_> = page.edges.iter().map(|edge| &edge.application).collect();
    assert_eq!(applications, [&id("web"), &id("api")]);
}

#[test]
fn registering_again_writes_every_difference() {
    let store = SqliteStore::in_memory().unwrap();
    let other_line = |mut dependency: Dependency| {
        dependency.evidence.line = Some(99);
        dependency
    };
    let locked = |mut dependency: Dependency| {
        dependency.is_locked = true;
        dependency
    };
    for dependencies_wanted in [
        vec![tokens("^1.0.0"), dependency("pkg:npm/buttons", "*")],
        vec![tokens("^1.0.0")],
        vec![other_line(tokens("^1.0.0"))],
        vec![locked(other_line(tokens("^1.0.0"))), tokens("^2.0.0")],
        vec![tokens("^2.0.0"), locked(tokens("^1.0.0"))],
        vec![],
    ] {
        let registration = registration(application("web"), dependencies_wanted.clone());
        run_at_once(store.record_registration(&registration)).unwrap();
        assert_eq!(dependencies(&store, "web"), dependencies_wanted);
    }
}

#[test]
fn registrations_that_fail_midway_leave_nothing() {
    let store = SqliteStore::in_memory().unwrap();
    let endless = std::iter::repeat_n(registration(application("web"), vec![tokens("*")]), 3)
        .chain(std::iter::once_with(|| -> Registration {
            panic!("the catalog breaks off")
        }));
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        store.record_registrations(endless)
    }));
    assert!(result.is_err());
    assert_eq!(run_at_once(store.list_applications(None, 10)).unwrap(), []);
    let api = registration(application("api"), vec![tokens("*")]);
    run_at_once(store.record_registration(&api)).unwrap();
    assert_eq!(dependencies(&store, "api"), [tokens("*")]);
    assert_eq!(dependencies(&store, "web"), []);
}

#[test]
fn the_last_record_of_each_rebuild_is_found() {
    let store = SqliteStore::in_memory().unwrap();
    for (rebuild, outcome) in [
        ("web.1", Outcome::Pending),
        ("api.1", Outcome::Pending),
        ("web.1", Outcome::Delivered),
        ("web.2", Outcome::Running),
    ] {
        let commit = Commit {
            history: vec![note("web", 0, "beside it"), record(rebuild, outcome)],
            ..Commit::default()
        };
        run_at_once(store.commit(&commit)).unwrap();
    }
    let first = store.load_rebuilds(0, 2).unwrap();
    let rest = store.load_rebuilds(first[1].id, 2).unwrap();
    let entries: Vec<_> = first
        .into_iter()
        .chain(rest)
        .map(|numbered| numbered.entry)
        .collect();
    assert_eq!(
        entries,
        [
            record("api.1", Outcome::Pending),
            record("web.1", Outcome::Delivered),
            record("web.2", Outcome::Running)
        ]
    );
}

fn record(rebuild: &str, outcome: Outcome) -> HistoryEntry {
    HistoryEntry {
        body: HistoryBody::Rebuild(RebuildRecord {
            id: id(rebuild),
            application: id("web"),
            changes: Vec::new(),
            requested_at: at(0),
            started_at: None,
            finished_at: None,
            attempts: 0,
            executions: Vec::new(),
            outcome,
            reason: "a change".to_owned(),
            waited: Vec::new(),
        }),
        ..note("web", 0, "")
    }
}

fn tokens(requirement: &str) -> Dependency {
    dependency("pkg:npm/tokens", requirement)
}

fn dependencies(store: &SqliteStore, application: &str) -> Vec<Dependency> {
    run_at_once(store.load_dependencies(&id(application))).unwrap()
}
