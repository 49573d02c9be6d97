//! Processes at one file, one of which is killed: one order explains all that they were told.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use downriver_testkit::linearizable::{check, prepare, read_recorded, work};
use downriver_testkit::run_at_once;

use super::processes::{child, given_path};
use super::{fresh_path, open};

/// Which of the workers a process is.
const WORKER: &str = "DOWNRIVER_TEST_WORKER";
const CALLS: u64 = 300;
/// Works until it is killed.
const KILLED: u64 = 0;
const WORKERS: u64 = 4;
/// What it has written down when it is killed.
const KILLED_AFTER_LINES: usize = 200;
const COMES_WITHIN: Duration = Duration::from_mins(1);

#[test]
fn processes_at_one_file_see_one_store() {
    if let Some(path) = given_path() {
        let worker = std::env::var(WORKER).unwrap().parse().unwrap();
        let calls = if worker == KILLED { u64::MAX } else { CALLS };
        let mut file = File::create(recorded(&path, worker)).unwrap();
        return run_at_once(work(&open(&path), worker, calls, &mut file));
    }
    let path = fresh_path();
    run_at_once(prepare(&open(&path)));
    let _ = std::fs::remove_file(recorded(&path, KILLED));
    let start = |worker: u64| {
        child(&path)
            .env(WORKER, worker.to_string())
            .spawn()
            .unwrap()
    };
    let mut children: Vec<_> = (0..WORKERS).map(start).collect();
    let deadline = Instant::now() + COMES_WITHIN;
    while lines(&path, KILLED).lines().count() < KILLED_AFTER_LINES {
        assert!(Instant::now() < deadline, "the worker writes nothing down");
        std::thread::sleep(Duration::from_millis(1));
    }
    children[0].kill().unwrap();
    let ends: Vec<bool> = children
        .into_iter()
        .map(|child| child.wait_with_output().unwrap().status.success())
        .collect();
    assert_eq!(
        ends,
        [false, true, true, true],
        "all but the killed one end well"
    );
    let workers: Vec<_> = (0..WORKERS)
        .map(|worker| read_recorded(&lines(&path, worker)))
        .collect();
    if let Err(violation) = check(&workers) {
        panic!("{violation}");
    }
}

fn lines(path: &Path, worker: u64) -> String {
    std::fs::read_to_string(recorded(path, worker)).unwrap_or_default()
}

fn recorded(path: &Path, worker: u64) -> PathBuf {
    path.with_extension(format!("worker{worker}"))
}
