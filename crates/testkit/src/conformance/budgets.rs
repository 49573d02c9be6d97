//! A target's budget is a set of rebuild ids of bounded size.

use std::collections::BTreeSet;

use downriver_domain::{RebuildId, Target};
use downriver_engine::ports::{BudgetWrite, Commit, CommitOutcome, HistoryOf, Store};

use super::read;
use crate::builders::{id, note, pending, target};

pub async fn a_place_taken_twice_is_taken_once(store: &impl Store) {
    take(store, "a.1", 2, CommitOutcome::Done).await;
    take(store, "a.1", 2, CommitOutcome::Done).await;
    take(store, "b.1", 2, CommitOutcome::Done).await;
    assert_eq!(held(store, &ours()).await, rebuilds(&["a.1", "b.1"]));
}

pub async fn a_full_target_refuses_and_nothing_is_written(store: &impl Store) {
    take(store, "a.1", 1, CommitOutcome::Done).await;
    let commit = Commit {
        slot: Some(pending("b", 0, Vec::new())),
        history: vec![note("b", 0, "starting")],
        ..taking("b.1", 1)
    };
    assert_eq!(read(store.commit(&commit).await), CommitOutcome::BudgetFull);
    assert_eq!(held(store, &ours()).await, rebuilds(&["a.1"]));
    assert_eq!(read(store.list_busy(None, 10).await), []);
    let history = store
        .load_history(&HistoryOf::Application(id("b")), 10)
        .await;
    assert_eq!(read(history), []);
}

pub async fn a_place_returned_is_free_again(store: &impl Store) {
    take(store, "a.1", 1, CommitOutcome::Done).await;
    give_back(store, "a.1").await;
    take(store, "b.1", 1, CommitOutcome::Done).await;
    assert_eq!(held(store, &ours()).await, rebuilds(&["b.1"]));
}

pub async fn returning_what_is_not_held_does_nothing(store: &impl Store) {
    give_back(store, "a.1").await;
    take(store, "b.1", 1, CommitOutcome::Done).await;
    give_back(store, "a.1").await;
    assert_eq!(held(store, &ours()).await, rebuilds(&["b.1"]));
}

pub async fn who_holds_a_place_keeps_it_when_the_limit_shrinks(store: &impl Store) {
    take(store, "a.1", 2, CommitOutcome::Done).await;
    take(store, "b.1", 2, CommitOutcome::Done).await;
    take(store, "a.1", 1, CommitOutcome::Done).await;
    take(store, "c.1", 1, CommitOutcome::BudgetFull).await;
}

pub async fn a_limit_of_one_admits_one(store: &impl Store) {
    take(store, "a.1", 1, CommitOutcome::Done).await;
    take(store, "b.1", 1, CommitOutcome::BudgetFull).await;
}

pub async fn a_limit_of_zero_admits_nobody(store: &impl Store) {
    take(store, "a.1", 0, CommitOutcome::BudgetFull).await;
    assert_eq!(held(store, &ours()).await, rebuilds(&[]));
}

pub async fn targets_have_places_of_their_own(store: &impl Store) {
    take(store, "a.1", 1, CommitOutcome::Done).await;
    let elsewhere = Commit {
        budget: Some(BudgetWrite::Take {
            target: target("us-east-1"),
            rebuild: id("b.1"),
            executions_in_flight_max: 1,
        }),
        ..Commit::default()
    };
    assert_eq!(read(store.commit(&elsewhere).await), CommitOutcome::Done);
    assert_eq!(held(store, &ours()).await, rebuilds(&["a.1"]));
    assert_eq!(held(store, &target("us-east-1")).await, rebuilds(&["b.1"]));
}

async fn take(store: &impl Store, rebuild: &str, max: u32, outcome: CommitOutcome) {
    assert_eq!(read(store.commit(&taking(rebuild, max)).await), outcome);
}

async fn give_back(store: &impl Store, rebuild: &str) {
    let commit = Commit {
        budget: Some(BudgetWrite::Return {
            target: ours(),
            rebuild: id(rebuild),
        }),
        ..Commit::default()
    };
    assert_eq!(read(store.commit(&commit).await), CommitOutcome::Done);
}

async fn held(store: &impl Store, target: &Target) -> BTreeSet<RebuildId> {
    read(store.load_budget(target).await)
}

fn taking(rebuild: &str, executions_in_flight_max: u32) -> Commit {
    Commit {
        budget: Some(BudgetWrite::Take {
            target: ours(),
            rebuild: id(rebuild),
            executions_in_flight_max,
        }),
        ..Commit::default()
    }
}

fn rebuilds(names: &[&str]) -> BTreeSet<RebuildId> {
    names.iter().map(|name| id(name)).collect()
}

fn ours() -> Target {
    target("eu-west-1")
}
