use std::path::Path;

use downriver_engine::ports::{Commit, HistoryOf, Store};
use downriver_local::sqlite::{OpenError, SqliteStore};
use downriver_testkit::builders::{
    application, dependency, id, inventory, note, package, pending, registration,
};
use downriver_testkit::run_at_once;

use super::{fresh_path, open};

#[test]
fn what_was_written_is_there_after_opening_again() {
    let path = fresh_path();
    fill(&open(&path));
    check(&open(&path));
}

#[test]
fn a_store_of_version_1_opens() {
    let path = fresh_path();
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection
        .execute_batch(include_str!("version-1.sql"))
        .unwrap();
    drop(connection);
    check(&open(&path));
    // And once more, now that it is of this version.
    check(&open(&path));
}

#[test]
fn a_store_of_a_newer_version_is_refused_and_left_alone() {
    let path = fresh_path();
    fill(&open(&path));
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let before = std::fs::read(&path).unwrap();
    let error = refused(&path);
    assert!(matches!(
        error,
        OpenError::Newer {
            found: 99,
            known: 4,
            ..
        }
    ));
    assert!(
        error.to_string().ends_with(
            "was written by a newer version of downriver (store version 99, this one knows 4): upgrade downriver, or \
             name another file"
        ),
        "{error}"
    );
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    for garbage in ["x", "not a database", &"0123456789abcdef".repeat(1000)] {
        let path = fresh_path();
        std::fs::write(&path, garbage).unwrap();
        let error = refused(&path);
        assert!(matches!(error, OpenError::NotAStore { .. }), "{error:?}");
        assert!(
            error
                .to_string()
                .ends_with("is no Downriver store: name another file, or move this one away")
        );
        assert_eq!(std::fs::read(&path).unwrap(), garbage.as_bytes());
    }
}

#[test]
fn the_database_of_another_program_is_refused_and_left_alone() {
    let path = fresh_path();
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection
        .execute_batch("CREATE TABLE applications (id INTEGER); PRAGMA user_version = 1;")
        .unwrap();
    drop(connection);
    let before = std::fs::read(&path).unwrap();
    assert!(matches!(refused(&path), OpenError::NotAStore { .. }));
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn an_empty_file_becomes_a_store() {
    let path = fresh_path();
    std::fs::write(&path, "").unwrap();
    fill(&open(&path));
    check(&open(&path));
}

#[test]
fn a_folder_that_is_missing_is_told_with_the_path() {
    let error = refused(Path::new("/nonexistent/folder/store"));
    assert_eq!(
        error.to_string(),
        "failed to open the store /nonexistent/folder/store"
    );
}

fn refused(path: &Path) -> OpenError {
    SqliteStore::open(path).expect_err("it is refused")
}

/// What `version-1.sql` was made of.
fn fill(store: &SqliteStore) {
    let dependencies = vec![dependency("pkg:npm/%40acme/tokens", "^1.0.0")];
    run_at_once(async {
        let registration = registration(application("web"), dependencies);
        store.record_registration(&registration).await.unwrap();
        let commit = Commit {
            slot: Some(pending("web", 0, Vec::new())),
            inventory: Some(inventory("pkg:npm/%40acme/tokens", "shared", &["1.0.0"])),
            history: vec![note("web", 0, "requested")],
            ..Commit::default()
        };
        store.commit(&commit).await.unwrap();
    });
}

fn check(store: &SqliteStore) {
    run_at_once(async {
        let states = store.load_applications(&[id("web")]).await.unwrap();
        assert_eq!(states[0].application, application("web"));
        assert_eq!(states[0].slot, pending("web", 0, Vec::new()));
        let dependents = store
            .load_dependents(&package("pkg:npm/%40acme/tokens"), None, 10)
            .await;
        let edges = dependents.unwrap().edges;
        assert_eq!(
            edges[0].dependency,
            dependency("pkg:npm/%40acme/tokens", "^1.0.0")
        );
        let inventory = store
            .load_inventory(&package("pkg:npm/%40acme/tokens"))
            .await;
        assert_eq!(inventory.unwrap().repositories.len(), 1);
        let history = store
            .load_history(&HistoryOf::Application(id("web")), 10)
            .await;
        assert_eq!(history.unwrap(), [note("web", 0, "requested")]);
    });
}
