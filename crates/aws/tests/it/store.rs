//! The store on DynamoDB, as an emulator at `DOWNRIVER_EMULATOR_ENDPOINT` has it: the suite of every store, what happens
//! between several writers, what a lost answer does, and how many requests each access costs. Without an emulator these
//! tests pass and say that they did nothing.

mod connection;
mod linearizable;
mod lost;
mod proxy;
mod races;
mod registrations;
mod requests;
mod samples;
mod sizes;
mod table;
mod template;

mod conformance {
    downriver_testkit::store_conformance!(super::fresh, super::run);
}

use std::sync::LazyLock;

use aws_sdk_dynamodb::Client;
use downriver_aws::store::DynamoStore;
use downriver_domain::Topology;
use downriver_engine::ports::{Commit, HistoryOf, Store};
use downriver_testkit::builders::{application, at, id, package, registration};
use tokio::runtime::{Builder, Runtime};

/// One for all tests: a client's connections live in the runtime that opened them.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime starts")
});

/// So long that no test sees the history expire, whenever it runs.
const RETENTION_DAYS: u32 = 36_500;

fn endpoint() -> Option<String> {
    std::env::var("DOWNRIVER_EMULATOR_ENDPOINT")
        .ok()
        .filter(|endpoint| !endpoint.is_empty())
}

/// Runs a test to its end, or says that it was skipped.
fn run(test: impl Future<Output = ()>) {
    if endpoint().is_some() {
        RUNTIME.block_on(test);
    } else {
        println!("skipped: DOWNRIVER_EMULATOR_ENDPOINT names no emulator");
    }
}

/// A store on a new table.
fn fresh() -> DynamoStore {
    let (client, table) = fresh_table();
    DynamoStore::new(client, table, RETENTION_DAYS)
}

/// A new table, and a client of the emulator.
fn fresh_table() -> (Client, String) {
    let endpoint = endpoint();
    let client = connection::client(endpoint.as_deref().unwrap_or("http://localhost:1"));
    let table = table::fresh_name();
    if endpoint.is_some() {
        RUNTIME.block_on(table::create(&client, &table));
    }
    (client, table)
}

/// As Lambda's runtime wants it.
#[test]
fn every_call_may_move_between_threads() {
    fn movable(_: impl Send) {}
    let store = DynamoStore::new(connection::client("http://localhost:1"), String::new(), 1);
    let (web, tokens) = (id("web"), package("pkg:npm/tokens"));
    let wanted = registration(application("web"), Vec::new());
    let history = HistoryOf::Application(web);
    movable(store.commit(&Commit::default()));
    movable(store.record_registration(&wanted));
    movable(store.remove_registration(&wanted.application.id));
    movable(store.record_topology(&Topology::default()));
    movable(store.load_topology());
    movable(store.load_applications(&[]));
    movable(store.load_dependencies(&wanted.application.id));
    movable(store.load_edges(&wanted.application.id, &[tokens.clone()].into()));
    movable(store.load_dependents(&tokens, None, 1));
    movable(store.count_dependents(&tokens));
    movable(store.load_inventory(&tokens));
    movable(store.load_history(&history, 1));
    movable(store.list_due(at(0), 1));
    movable(store.list_busy(None, 1));
    movable(store.load_rollouts(&[]));
    movable(store.list_rollouts(None, 1));
    movable(store.is_restored());
    movable(store.record_compared());
}
