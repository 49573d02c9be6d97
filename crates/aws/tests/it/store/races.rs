//! Several writers at once.

use downriver_domain::Dependency;
use downriver_domain::slot::{ActiveProducer, Slot};
use downriver_engine::ports::{BudgetWrite, Commit, CommitOutcome, MarkerWrite, Store};
use downriver_testkit::builders::{
    application, at, dependency, id, pending, producer, registration, starting, target,
};
use futures::future::{join, join_all};

use super::{fresh, run};

const WRITERS: u64 = 8;
const WRITES_EACH: u64 = 5;

#[test]
fn no_update_of_a_slot_is_lost() {
    let store = fresh();
    run(async {
        store
            .record_registration(&registration(application("web"), Vec::new()))
            .await
            .unwrap();
        let writer = |_| async {
            let mut written = 0;
            while written < WRITES_EACH {
                let states = store.load_applications(&[id("web")]).await.unwrap();
                let slot = states[0].slot.clone();
                let next = Slot {
                    revision: slot.revision + 1,
                    rebuilds_requested: slot.rebuilds_requested + 1,
                    ..pending("web", 0, Vec::new())
                };
                let commit = Commit {
                    slot: Some(next),
                    ..Commit::default()
                };
                written += u64::from(store.commit(&commit).await.unwrap() == CommitOutcome::Done);
            }
        };
        join_all((0..WRITERS).map(writer)).await;
        let states = store.load_applications(&[id("web")]).await.unwrap();
        assert_eq!(states[0].slot.revision, WRITERS * WRITES_EACH);
        assert_eq!(states[0].slot.rebuilds_requested, WRITERS * WRITES_EACH);
    });
}

#[test]
fn a_budget_is_never_exceeded() {
    let store = fresh();
    run(async {
        let taker = |number: u64| {
            let name = format!("app{number}");
            let store = &store;
            async move {
                let commit = Commit {
                    slot: Some(starting(&name, 0)),
                    budget: Some(BudgetWrite::Take {
                        target: target("eu-west-1"),
                        rebuild: id(&format!("{name}.1")),
                        executions_in_flight_max: 3,
                    }),
                    ..Commit::default()
                };
                store.commit(&commit).await.unwrap()
            }
        };
        let outcomes = join_all((0..12).map(taker)).await;
        let done = outcomes
            .iter()
            .filter(|outcome| **outcome == CommitOutcome::Done);
        assert_eq!(done.count(), 3, "{outcomes:?}");
        let full = outcomes
            .iter()
            .filter(|outcome| **outcome == CommitOutcome::BudgetFull);
        assert_eq!(full.count(), 9, "{outcomes:?}");
        assert_eq!(
            store.load_budget(&target("eu-west-1")).await.unwrap().len(),
            3
        );
        assert_eq!(store.list_busy(None, 20).await.unwrap().len(), 3);
    });
}

#[test]
fn the_marker_is_that_of_the_one_writer_who_won() {
    let store = fresh();
    run(async {
        store
            .record_registration(&registration(application("lib"), Vec::new()))
            .await
            .unwrap();
        let writer = |number: u64| {
            let store = &store;
            async move {
                let slot = Slot {
                    rebuilds_requested: number,
                    ..starting("lib", 0)
                };
                let marker = ActiveProducer {
                    application: id("lib"),
                    rebuild: id(&format!("lib.{number}")),
                    since: at(0),
                    active_from: None,
                };
                let commit = Commit {
                    slot: Some(slot),
                    marker: Some(MarkerWrite::Put(marker)),
                    ..Commit::default()
                };
                store.commit(&commit).await.unwrap()
            }
        };
        let outcomes = join_all((1..=WRITERS).map(writer)).await;
        let won = outcomes
            .iter()
            .filter(|outcome| **outcome == CommitOutcome::Done);
        assert_eq!(won.count(), 1, "{outcomes:?}");
        let states = store.load_applications(&[id("lib")]).await.unwrap();
        let markers = store.load_active_producers().await.unwrap();
        let winner = format!("lib.{}", states[0].slot.rebuilds_requested);
        assert_eq!(markers[0].rebuild, id(&winner));
    });
}

fn all(count: usize, requirement: &str) -> Vec<Dependency> {
    (0..count)
        .map(|number| dependency(&format!("pkg:npm/p{number}"), requirement))
        .collect()
}

/// Small ones are one transaction, large ones are steps.
#[test]
fn readers_see_one_registration_or_the_other() {
    for count in [20, 120] {
        let store = fresh();
        run(async {
            let register = |requirement: &str| {
                let application = if requirement == "^1" {
                    application("web")
                } else {
                    producer("web", &["pkg:npm/web"])
                };
                registration(application, all(count, requirement))
            };
            store.record_registration(&register("^1")).await.unwrap();
            let writer = async {
                for requirement in ["^2", "^1", "^3"] {
                    store
                        .record_registration(&register(requirement))
                        .await
                        .unwrap();
                }
            };
            let asked = ["pkg:npm/p0", "pkg:npm/p7", "pkg:npm/p19"].map(id).into();
            let reader = async {
                let mut seen = String::new();
                while seen != "^3" {
                    let dependencies = store.load_dependencies(&id("web")).await.unwrap();
                    assert_eq!(dependencies.len(), count);
                    seen.clone_from(&dependencies[0].requirement);
                    assert!(
                        dependencies
                            .iter()
                            .all(|dependency| dependency.requirement == seen)
                    );
                    let edges = store.load_edges(&id("web"), &asked).await.unwrap();
                    assert_eq!(edges.len(), 3);
                    let first = &edges[0];
                    assert!(edges.iter().all(|edge| {
                        edge.dependency.requirement == first.dependency.requirement
                            && edge.is_producer == first.is_producer
                    }));
                    let page = store
                        .load_dependents(&id("pkg:npm/p7"), None, 10)
                        .await
                        .unwrap();
                    assert_eq!(page.edges.len(), 1);
                    assert_eq!(store.count_dependents(&id("pkg:npm/p7")).await.unwrap(), 1);
                }
            };
            Box::pin(join(writer, reader)).await;
        });
    }
}

#[test]
fn of_registrations_at_once_one_is_left_whole() {
    let store = fresh();
    run(async {
        let writer = |number: usize| {
            let store = &store;
            async move {
                let wanted = registration(application("web"), all(110, &format!("^{number}")));
                // Who is overtaken too often is told to come again.
                store.record_registration(&wanted).await.is_ok()
            }
        };
        let won = join_all((1..=3).map(writer)).await;
        assert!(won.contains(&true));
        let dependencies = store.load_dependencies(&id("web")).await.unwrap();
        assert_eq!(dependencies.len(), 110);
        let requirement = &dependencies[0].requirement;
        assert!(
            dependencies
                .iter()
                .all(|dependency| dependency.requirement == *requirement)
        );
    });
}
