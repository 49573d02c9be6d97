use downriver_engine::ports::{Commit, CommitOutcome, HistoryOf, Store, StoreError};
use downriver_local::sqlite::SqliteStore;
use downriver_testkit::builders::{
    application, dependency, id, note, package, pending, registration,
};
use downriver_testkit::run_at_once;

use super::{fresh_path, open};

#[test]
fn a_step_that_was_not_ended_is_gone() {
    let path = fresh_path();
    let store = open(&path);
    store.begin_step().unwrap();
    write(&store, "kept");
    store.record_simulation_rows(&[row("now", "1")]).unwrap();
    store.end_step().unwrap();
    store.begin_step().unwrap();
    write(&store, "lost");
    store.record_simulation_rows(&[row("now", "2")]).unwrap();
    assert_eq!(texts(&store), ["lost", "kept"]);
    drop(store);
    let store = open(&path);
    assert_eq!(texts(&store), ["kept"]);
    assert_eq!(store.load_simulation_rows().unwrap(), [pair("now", "1")]);
}

#[test]
fn a_conflict_within_a_step_undoes_only_its_commit() {
    let store = SqliteStore::in_memory().unwrap();
    store.begin_step().unwrap();
    write(&store, "before");
    let late = Commit {
        slot: Some(downriver_domain::slot::Slot {
            revision: 5,
            ..pending("web", 0, Vec::new())
        }),
        history: vec![note("web", 0, "never")],
        ..Commit::default()
    };
    let outcome = run_at_once(store.commit(&late)).unwrap();
    assert_eq!(outcome, CommitOutcome::Conflict);
    write(&store, "after");
    store.end_step().unwrap();
    assert_eq!(texts(&store), ["after", "before"]);
}

#[test]
fn what_is_remembered_of_an_abandoned_step_is_forgotten() {
    let store = SqliteStore::in_memory().unwrap();
    let tokens = || vec![dependency("pkg:npm/tokens", "^1.0.0")];
    let buttons = || vec![dependency("pkg:npm/buttons", "^2.0.0")];
    store.begin_step().unwrap();
    run_at_once(store.record_registration(&registration(application("web"), tokens()))).unwrap();
    store.abandon_step().unwrap();
    // The numbers of the packages and shapes are given anew, the other way round.
    for (name, dependencies) in [("api", buttons()), ("web", tokens())] {
        run_at_once(store.record_registration(&registration(application(name), dependencies)))
            .unwrap();
    }
    let web = run_at_once(store.load_dependencies(&id("web"))).unwrap();
    assert_eq!(web, tokens());
    let count = run_at_once(store.count_dependents(&package("pkg:npm/tokens"))).unwrap();
    assert_eq!(count, 1);
}

#[test]
fn steps_begin_and_end_in_turn() {
    let store = SqliteStore::in_memory().unwrap();
    assert!(matches!(store.end_step(), Err(StoreError::Permanent(_))));
    store.begin_step().unwrap();
    assert!(matches!(store.begin_step(), Err(StoreError::Permanent(_))));
    store.end_step().unwrap();
    assert!(matches!(
        store.abandon_step(),
        Err(StoreError::Permanent(_))
    ));
}

#[test]
fn simulation_rows_are_set_replaced_and_deleted_in_order_of_key() {
    let store = SqliteStore::in_memory().unwrap();
    store
        .record_simulation_rows(&[row("b", "1"), row("a", "2"), row("c", "3")])
        .unwrap();
    store
        .record_simulation_rows(&[
            row("a", "4"),
            ("c".to_owned(), None),
            ("d".to_owned(), None),
        ])
        .unwrap();
    assert_eq!(
        store.load_simulation_rows().unwrap(),
        [pair("a", "4"), pair("b", "1")]
    );
}

#[test]
fn the_whole_history_is_read_in_order_of_writing() {
    let store = SqliteStore::in_memory().unwrap();
    for text in ["one", "two", "three"] {
        write(&store, text);
    }
    let first = store.load_whole_history(0, 2).unwrap();
    let rest = store.load_whole_history(first[1].id, 10).unwrap();
    let entries: Vec<_> = first
        .into_iter()
        .chain(rest)
        .map(|numbered| numbered.entry)
        .collect();
    let expected = ["one", "two", "three"].map(|text| note("web", 0, text));
    assert_eq!(entries, expected);
}

fn write(store: &SqliteStore, text: &str) {
    let commit = Commit {
        history: vec![note("web", 0, text)],
        ..Commit::default()
    };
    let outcome = run_at_once(store.commit(&commit)).unwrap();
    assert_eq!(outcome, CommitOutcome::Done);
}

fn texts(store: &SqliteStore) -> Vec<String> {
    let history = run_at_once(store.load_history(&HistoryOf::Application(id("web")), 100));
    let entries = history.unwrap();
    entries
        .into_iter()
        .filter_map(|entry| match entry.body {
            downriver_engine::history::HistoryBody::Note(note) => Some(note.text),
            _ => None,
        })
        .collect()
}

fn row(key: &str, value: &str) -> (String, Option<String>) {
    (key.to_owned(), Some(value.to_owned()))
}

fn pair(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}
