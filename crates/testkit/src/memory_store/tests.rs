//! The suite of every store, and how far the indexes may be behind.

use downriver_domain::ApplicationId;
use downriver_engine::ports::{Commit, Store};

use super::MemoryStore;
use crate::builders::{at, id, pending};
use crate::run_at_once;

fn fresh() -> MemoryStore {
    MemoryStore::default()
}

crate::store_conformance!(fresh, run_at_once);

#[test]
fn an_index_shows_a_write_only_after_its_lag_and_a_read_of_the_slot_at_once() {
    let store = fresh();
    let lag = store.index_lag();
    let write = |name: &str| {
        let slot = pending(name, 0, Vec::new());
        let commit = Commit {
            slot: Some(slot),
            ..Commit::default()
        };
        run_at_once(store.commit(&commit)).unwrap();
    };
    let busy = || run_at_once(store.list_busy(None, 10)).unwrap();
    write("a");
    write("b");
    lag.set(1);
    assert_eq!(busy(), [id::<ApplicationId>("a")]);
    write("c");
    assert_eq!(busy(), ["a", "b"].map(id::<ApplicationId>));
    lag.set(0);
    assert_eq!(busy().len(), 3);
    let due = run_at_once(store.list_due(at(1_000), 10)).unwrap();
    assert_eq!(due.len(), 0, "none of them wakes by itself");
}
