//! Two users of one file, and users that are killed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use downriver_domain::slot::Slot;
use downriver_domain::{ApplicationId, Dependency};
use downriver_engine::ports::{BudgetWrite, Commit, CommitOutcome, HistoryOf, Store};
use downriver_local::sqlite::SqliteStore;
use downriver_testkit::builders::{
    application, dependency, id, note, pending, registration, target,
};
use downriver_testkit::run_at_once;

use super::{fresh_path, open};

/// Names the file to a process that was started by a test here.
const STORE: &str = "DOWNRIVER_TEST_STORE";
const COMMITS: u64 = 200;

/// A revision is won by exactly one of two processes, so that together they count to the sum.
#[test]
fn two_processes_write_one_file_without_losing_a_commit() {
    if let Some(path) = given_path() {
        return count(&path);
    }
    let path = fresh_path();
    drop(open(&path));
    let child = child(&path).spawn().unwrap();
    count(&path);
    assert!(child.wait_with_output().unwrap().status.success());
    let store = open(&path);
    let registration = registration(application("counter"), Vec::new());
    run_at_once(store.record_registration(&registration)).unwrap();
    assert_eq!(slot_of(&store, &id("counter")).revision, 2 * COMMITS);
    let history = run_at_once(store.load_history(&HistoryOf::Application(id("counter")), 1000));
    assert_eq!(history.unwrap().len() as u64, 2 * COMMITS);
}

#[test]
fn four_processes_create_one_file_at_once() {
    if let Some(path) = given_path() {
        return count(&path);
    }
    let path = fresh_path();
    let children: Vec<_> = (0..4).map(|_| child(&path).spawn().unwrap()).collect();
    for child in children {
        assert!(child.wait_with_output().unwrap().status.success());
    }
}

#[test]
fn a_killed_process_leaves_its_last_commit() {
    if let Some(path) = given_path() {
        return die_within_a_step(&path);
    }
    let path = fresh_path();
    let status = child(&path).status().unwrap();
    assert!(
        !matches!(status.code(), Some(0 | 101)),
        "it ended before it was to die: {status}"
    );
    let store = open(&path);
    let history = run_at_once(store.load_history(&HistoryOf::Application(id("web")), 100));
    assert_eq!(
        history.unwrap(),
        [note("web", 2, "step"), note("web", 1, "commit")]
    );
    assert_eq!(run_at_once(store.list_busy(None, 10)).unwrap(), []);
    assert_eq!(
        run_at_once(store.load_dependencies(&id("web"))).unwrap(),
        []
    );
    let rows = store.load_simulation_rows().unwrap();
    assert_eq!(rows, [("now".to_owned(), "2".to_owned())]);
}

/// Commits, ends a step, and aborts within another.
fn die_within_a_step(path: &Path) {
    let store = open(path);
    let write = |secs, text| {
        let commit = Commit {
            history: vec![note("web", secs, text)],
            ..Commit::default()
        };
        run_at_once(store.commit(&commit)).unwrap();
    };
    let set_now = |now: &str| {
        let row = ("now".to_owned(), Some(now.to_owned()));
        store.record_simulation_rows(&[row]).unwrap();
    };
    write(1, "commit");
    store.begin_step().unwrap();
    write(2, "step");
    set_now("2");
    store.end_step().unwrap();
    store.begin_step().unwrap();
    write(3, "lost");
    set_now("3");
    let slot = Commit {
        slot: Some(pending("web", 3, Vec::new())),
        ..Commit::default()
    };
    run_at_once(store.commit(&slot)).unwrap();
    let registration = registration(application("web"), vec![dependency("pkg:npm/a", "*")]);
    run_at_once(store.record_registration(&registration)).unwrap();
    std::process::abort();
}

#[test]
fn readers_never_see_a_mix_of_old_and_new_dependencies() {
    let path = fresh_path();
    let store = open(&path);
    let versions = [dependencies(100, "^1.0.0"), dependencies(150, "^2.0.0")];
    let write = |number: usize| {
        let registration = registration(application("web"), versions[number % 2].clone());
        run_at_once(store.record_registration(&registration)).unwrap();
    };
    write(0);
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0..100 {
                write(number);
            }
            is_over.store(true, Ordering::Relaxed);
        });
        let reader = open(&path);
        while !is_over.load(Ordering::Relaxed) {
            let seen = run_at_once(reader.load_dependencies(&id("web"))).unwrap();
            assert!(versions.contains(&seen), "{} dependencies", seen.len());
        }
    });
}

#[test]
fn two_processes_never_take_more_places_than_there_are() {
    let path = fresh_path();
    drop(open(&path));
    let taken: usize = std::thread::scope(|scope| {
        let takers: Vec<_> = (0..4)
            .map(|taker| {
                let path = &path;
                scope.spawn(move || take_places(&open(path), taker))
            })
            .collect();
        takers.into_iter().map(|taker| taker.join().unwrap()).sum()
    });
    assert_eq!(taken, 7);
    let budget = run_at_once(open(&path).load_budget(&target("eu-west-1"))).unwrap();
    assert_eq!(budget.len(), 7);
}

/// How many of five places asked for were given.
fn take_places(store: &SqliteStore, taker: u32) -> usize {
    (0..5)
        .filter(|number| {
            let commit = Commit {
                budget: Some(BudgetWrite::Take {
                    target: target("eu-west-1"),
                    rebuild: id(&format!("taker{taker}.{number}")),
                    executions_in_flight_max: 7,
                }),
                ..Commit::default()
            };
            run_at_once(store.commit(&commit)).unwrap() == CommitOutcome::Done
        })
        .count()
}

/// Raises the revision of one slot until [`COMMITS`] of the raises were its own.
fn count(path: &Path) {
    let store = open(path);
    let registration = registration(application("counter"), Vec::new());
    run_at_once(store.record_registration(&registration)).unwrap();
    let mut won = 0;
    while won < COMMITS {
        let slot = slot_of(&store, &id("counter"));
        let commit = Commit {
            slot: Some(Slot {
                revision: slot.revision + 1,
                ..slot
            }),
            history: vec![note("counter", 0, "counted")],
            ..Commit::default()
        };
        if run_at_once(store.commit(&commit)).unwrap() == CommitOutcome::Done {
            won += 1;
        }
    }
}

fn slot_of(store: &SqliteStore, application: &ApplicationId) -> Slot {
    let states = run_at_once(store.load_applications(std::slice::from_ref(application))).unwrap();
    states.into_iter().next().expect("it is registered").slot
}

fn dependencies(count: usize, requirement: &str) -> Vec<Dependency> {
    (0..count)
        .map(|number| dependency(&format!("pkg:npm/package{number:03}"), requirement))
        .collect()
}

/// This test again, as a process of its own that plays the other part.
pub(super) fn child(path: &Path) -> Command {
    let thread = std::thread::current();
    let test = thread.name().expect("tests run in named threads");
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", test])
        .env(STORE, path)
        .stdout(std::process::Stdio::null());
    command
}

/// The file to work on, in a process that was started by a test.
pub(super) fn given_path() -> Option<PathBuf> {
    std::env::var_os(STORE).map(PathBuf::from)
}
