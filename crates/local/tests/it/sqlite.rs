//! The store on SQLite: the suite of every store, and what only a file can show.

mod bulk;
mod files;
mod linearizable;
mod processes;
mod steps;

use std::path::PathBuf;

use downriver_local::sqlite::SqliteStore;

mod in_memory {
    use downriver_local::sqlite::SqliteStore;

    fn fresh() -> SqliteStore {
        SqliteStore::in_memory().expect("a store in memory opens")
    }

    downriver_testkit::store_conformance!(fresh, downriver_testkit::run_at_once);
}

mod on_a_file {
    use downriver_local::sqlite::SqliteStore;

    fn fresh() -> SqliteStore {
        super::open(&super::fresh_path())
    }

    downriver_testkit::store_conformance!(fresh, downriver_testkit::run_at_once);
}

fn open(path: &std::path::Path) -> SqliteStore {
    SqliteStore::open(path).expect("the store opens")
}

/// A path for the test that asks, where no file is yet.
fn fresh_path() -> PathBuf {
    let thread = std::thread::current();
    let test = thread.name().expect("tests run in named threads");
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(test.replace("::", "."));
    for suffix in ["", "-wal", "-shm"] {
        let mut file = path.clone().into_os_string();
        file.push(suffix);
        match std::fs::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                panic!("{}: {error}", PathBuf::from(file).display())
            }
            _ => {}
        }
    }
    path
}
