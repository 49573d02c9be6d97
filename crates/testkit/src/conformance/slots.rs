//! The conditional write of a slot with all that belongs to the decision.

use downriver_domain::slot::{
    ActiveProducer, Build, Controls, Delivered, Failure, Held, HeldReason, Joined, SeenExecution,
    Slot, StartedBy, Tail,
};
use downriver_domain::{Built, Cascade};
use downriver_engine::ports::{
    BudgetWrite, BuiltWrite, Commit, CommitOutcome, HistoryOf, MarkerWrite, Store,
};

use super::{conflicts, done, of_slot, read, register, state};
use crate::builders::{
    application, at, dependency, id, inventory, note, package, pending, rebuild, repository,
    running, starting, target,
};

const TOKENS: &str = "pkg:npm/%40acme/tokens";

pub async fn an_application_without_a_slot_comes_with_a_new_one(store: &impl Store) {
    register(store, application("web"), Vec::new()).await;
    let state = state(store, "web").await;
    assert_eq!(state.slot, Slot::new(id("web")));
    assert!(state.is_registered);
}

pub async fn a_slot_reads_back_as_it_was_written(store: &impl Store) {
    register(store, application("web"), Vec::new()).await;
    let states = [
        full(pending("web", 1, Vec::new())),
        starting("web", 2),
        running("web", 3),
    ];
    for (slot, revision) in states.into_iter().zip(1..) {
        let slot = Slot { revision, ..slot };
        done(store, of_slot(slot.clone())).await;
        assert_eq!(state(store, "web").await.slot, slot);
    }
}

pub async fn a_slot_is_created_once(store: &impl Store) {
    register(store, application("web"), Vec::new()).await;
    done(store, of_slot(starting("web", 0))).await;
    conflicts(store, of_slot(pending("web", 1, Vec::new()))).await;
    assert_eq!(state(store, "web").await.slot, starting("web", 0));
}

pub async fn a_slot_is_written_over_its_predecessor_only(store: &impl Store) {
    register(store, application("web"), Vec::new()).await;
    let revision = |revision| Slot {
        revision,
        ..pending("web", 0, Vec::new())
    };
    conflicts(store, of_slot(revision(2))).await;
    done(store, of_slot(revision(1))).await;
    conflicts(store, of_slot(revision(3))).await;
    done(store, of_slot(revision(2))).await;
    conflicts(store, of_slot(revision(2))).await;
    conflicts(store, of_slot(revision(1))).await;
    assert_eq!(state(store, "web").await.slot, revision(2));
}

/// Each condition in turn is the one that fails.
pub async fn a_conflict_leaves_nothing_written(store: &impl Store) {
    register(store, application("web"), vec![dependency(TOKENS, "*")]).await;
    let late = |commit: &Commit| -> [Commit; 3] {
        let mut late = [commit.clone(), commit.clone(), commit.clone()];
        late[0].slot.as_mut().expect("it writes a slot").revision = 2;
        let inventory = late[1].inventory.as_mut();
        inventory.expect("it writes an inventory").record_revision = 2;
        late[2]
            .controls
            .as_mut()
            .expect("it writes controls")
            .revision = 2;
        late
    };
    for commit in late(&whole_commit()) {
        conflicts(store, commit).await;
        assert_eq!(state(store, "web").await.slot, Slot::new(id("web")));
        assert_eq!(read(store.load_active_producers().await), []);
        let budget = read(store.load_budget(&target("eu-west-1")).await);
        assert!(budget.is_empty());
        assert_eq!(
            read(store.load_dependencies(&id("web")).await),
            [dependency(TOKENS, "*")]
        );
        let inventory = read(store.load_inventory(&package(TOKENS)).await);
        assert!(inventory.repositories.is_empty());
        assert_eq!(read(store.load_controls().await), Controls::default());
        let history = store
            .load_history(&HistoryOf::Application(id("web")), 10)
            .await;
        assert_eq!(read(history), []);
        assert_eq!(read(store.list_busy(None, 10).await), []);
    }
}

pub async fn a_commit_writes_all_its_parts(store: &impl Store) {
    register(store, application("web"), vec![dependency(TOKENS, "*")]).await;
    let commit = whole_commit();
    done(store, commit.clone()).await;
    assert_eq!(Some(state(store, "web").await.slot), commit.slot);
    assert_eq!(read(store.load_active_producers().await).len(), 1);
    let budget = read(store.load_budget(&target("eu-west-1")).await);
    assert_eq!(budget, [id("web.1")].into());
    let dependencies = read(store.load_dependencies(&id("web")).await);
    assert_eq!(dependencies[0].built, Built::Proven("1.0.0".to_owned()));
    let inventory = read(store.load_inventory(&package(TOKENS)).await);
    assert_eq!(
        inventory.repositories.get(&repository("shared")),
        commit.inventory.as_ref()
    );
    assert_eq!(Some(read(store.load_controls().await)), commit.controls);
    let history = store
        .load_history(&HistoryOf::Application(id("web")), 10)
        .await;
    assert_eq!(read(history), commit.history);
}

pub async fn an_empty_commit_is_done(store: &impl Store) {
    assert_eq!(
        read(store.commit(&Commit::default()).await),
        CommitOutcome::Done
    );
}

fn whole_commit() -> Commit {
    Commit {
        slot: Some(starting("web", 0)),
        marker: Some(MarkerWrite::Put(ActiveProducer {
            application: id("web"),
            rebuild: id("web.1"),
            since: at(0),
            active_from: None,
        })),
        budget: Some(BudgetWrite::Take {
            target: target("eu-west-1"),
            rebuild: id("web.1"),
            executions_in_flight_max: 1,
        }),
        built: vec![BuiltWrite {
            application: id("web"),
            package: package(TOKENS),
            instance: 0,
            built: Built::Proven("1.0.0".to_owned()),
            built_as_of: at(0),
            built_revision: None,
        }],
        inventory: Some(inventory(TOKENS, "shared", &["1.0.0"])),
        rollout: None,
        controls: Some(Controls {
            revision: 1,
            ..Controls::default()
        }),
        history: vec![note("web", 0, "starting")],
    }
}

/// With something in each of its lists.
fn full(slot: Slot) -> Slot {
    Slot {
        joined: [(
            package(TOKENS),
            Joined {
                version: "3.0.0".to_owned(),
                repository: repository("shared"),
                seen_at: at(4),
                is_news: true,
            },
        )]
        .into(),
        builds: vec![Build {
            execution: id("e-1"),
            rebuild: Some(id("web.1")),
            is_proven: true,
            started_at: at(1),
            ended_at: at(2),
            delivered: vec![Delivered {
                package: package(TOKENS),
                from: None,
                to: "1.0.0".to_owned(),
                is_refreshed: true,
            }],
        }],
        held: [(
            package(TOKENS),
            Held {
                version: "2.0.0".to_owned(),
                reason: HeldReason::RolledBack,
                since: at(3),
            },
        )]
        .into(),
        failure: Some(Failure {
            rebuild: rebuild("web", 0, &[TOKENS]),
            execution: Some(id("e-0")),
            reason: "stage Build failed".to_owned(),
            url: None,
            excuse: None,
            at: at(5),
        }),
        executions: vec![SeenExecution {
            execution: id("e-1"),
            started_by: StartedBy::Downriver(id("web.1.1")),
            started_at: at(1),
            ended_at: None,
            is_superseded: true,
            is_failed: false,
            is_rollback: true,
            cascade: Cascade::default(),
        }],
        tail: Some(Tail {
            execution: id("e-1"),
            ended_at: at(1),
            until: at(9),
            awaited: [package(TOKENS)].into(),
        }),
        index_awaited_until: Some(at(10)),
        last_cascade: Some(Cascade::default()),
        is_uncompared: true,
        wake_at: Some(at(11)),
        ..slot
    }
}
