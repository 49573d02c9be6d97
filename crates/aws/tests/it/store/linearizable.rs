//! Workers at one table, all at once: one order explains all that they were told.

use downriver_testkit::linearizable::{Operation, check, prepare, work};
use futures::future::join_all;

use super::{fresh, run};

const CALLS: u64 = 80;
const WORKERS: u64 = 6;

#[test]
fn workers_at_one_table_see_one_store() {
    let store = fresh();
    run(async {
        prepare(&store).await;
        let worker = |worker: u64| {
            let store = &store;
            async move {
                let mut operations: Vec<Operation> = Vec::new();
                work(store, worker, CALLS, &mut operations).await;
                operations
            }
        };
        let workers = join_all((0..WORKERS).map(worker)).await;
        if let Err(violation) = check(&workers) {
            panic!("{violation}");
        }
    });
}
