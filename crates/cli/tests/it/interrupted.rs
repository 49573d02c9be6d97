//! A replay that is killed goes on, on the same command, to the same end.

use std::fmt::Write as _;
use std::fs;
use std::thread;

use super::scene::{Scene, published};

/// Enough that a replay on a file is still at work when it is killed.
const EVENTS: u64 = 40;
/// The size of its log when it is killed: some transactions are in, and most are not.
const KILLED_AT_BYTES: u64 = 600_000;

fn many_events() -> String {
    let mut text = String::new();
    for number in 1..=EVENTS {
        write!(
            text,
            "{}",
            published(&format!("2.{number}.0"), 20 * number, number)
        )
        .unwrap();
    }
    text
}

#[test]
fn a_killed_replay_goes_on_and_ends_with_the_same_document() {
    let scene = Scene::new("killed");
    scene.write("events.jsonl", &many_events());
    let whole = scene.run(&["replay", "events.jsonl", "--format", "json"]);
    assert_eq!(whole.code, 0, "{}", whole.err);
    let arguments = [
        "replay",
        "events.jsonl",
        "--format",
        "json",
        "--store",
        "killed.db",
    ];
    let mut child = scene.start(&arguments);
    let log = scene.path("killed.db-wal");
    while fs::metadata(&log).map_or(0, |file| file.len()) < KILLED_AT_BYTES {
        assert!(
            child.try_wait().unwrap().is_none(),
            "it is killed before it ends"
        );
        thread::yield_now();
    }
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success());

    let resumed = scene.run(&arguments);
    assert_eq!(resumed.code, 0, "{}", resumed.err);
    assert!(
        resumed.err.contains("went on with an interrupted replay"),
        "{}",
        resumed.err
    );
    assert!(resumed.out == whole.out);

    let again = scene.run(&arguments);
    assert!(again.err.contains("had finished before"), "{}", again.err);
    assert!(again.out == whole.out);
}

#[test]
fn of_two_replays_at_once_on_one_store_none_prints_another_document() {
    let scene = Scene::new("at-once");
    scene.write("events.jsonl", &many_events());
    let whole = scene.run(&["replay", "events.jsonl", "--format", "json"]);
    let store = [
        "replay",
        "events.jsonl",
        "--format",
        "json",
        "--store",
        "at-once.db",
    ];
    let (one, other) = thread::scope(|scope| {
        let one = scope.spawn(|| scene.run(&store));
        let other = scene.run(&store);
        (one.join().unwrap(), other)
    });
    let ends = [&one, &other].map(|ran| (ran.code, ran.out == whole.out));
    assert!(ends.contains(&(0, true)), "{} {}", one.err, other.err);
    for ran in [&one, &other].into_iter().filter(|ran| ran.code != 0) {
        assert_eq!(ran.code, 2);
        assert!(ran.err.contains("another process"), "{}", ran.err);
    }
    assert!(scene.run(&store).out == whole.out);
}

#[test]
fn a_store_of_other_events_is_refused() {
    let scene = Scene::new("other-replay");
    scene.write("one.json", &published("2.1.0", 0, 1));
    scene.write("two.json", &published("2.2.0", 0, 2));
    assert_eq!(
        scene.run(&["replay", "one.json", "--store", "s.db"]).code,
        0
    );
    let ran = scene.run(&["replay", "two.json", "--store", "s.db"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains("another catalog, story or set of events"),
        "{}",
        ran.err
    );
}
