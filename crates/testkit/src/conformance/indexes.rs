//! Slots found by what wakes them.

use downriver_domain::slot::{Gate, PauseScope, Slot, SlotState, Wait, WaitOn, WaitingFor};
use downriver_domain::{ApplicationId, Timestamp};
use downriver_engine::ports::Store;

use super::{done, ids, of_slot, read};
use crate::builders::{at, id, pending, running, starting, target};

pub async fn due_slots_come_earliest_first(store: &impl Store) {
    for (name, wake_at) in [("b", 3), ("a", 3), ("c", 1), ("d", 9), ("e", 2)] {
        due(store, pending(name, 0, Vec::new()), Some(wake_at)).await;
    }
    due(store, pending("never", 0, Vec::new()), None).await;
    assert_eq!(listed_due(store, 0, 10).await, ids(&[]));
    assert_eq!(listed_due(store, 3, 10).await, ids(&["c", "e", "a", "b"]));
    assert_eq!(listed_due(store, 3, 1).await, ids(&["c"]));
    assert_eq!(listed_due(store, 9, 10).await.len(), 5);
}

pub async fn a_slot_written_again_leaves_the_due_list(store: &impl Store) {
    let mut slot = pending("a", 0, Vec::new());
    due(store, slot.clone(), Some(1)).await;
    slot.revision = 2;
    due(store, slot.clone(), Some(5)).await;
    assert_eq!(listed_due(store, 4, 10).await, ids(&[]));
    assert_eq!(listed_due(store, 5, 10).await, ids(&["a"]));
    slot.revision = 3;
    due(store, slot, None).await;
    assert_eq!(listed_due(store, 5, 10).await, ids(&[]));
}

pub async fn waiting_slots_come_longest_waiting_first(store: &impl Store) {
    let on_lib = || WaitOn::Producers(vec![id("lib"), id("core")]);
    for (name, requested, on) in [
        ("young", 9, on_lib()),
        ("old", 1, on_lib()),
        ("mid", 5, on_lib()),
        ("budget", 2, WaitOn::Target(target("eu-west-1"))),
        ("paused", 3, WaitOn::Pause(PauseScope::System)),
        ("timed", 4, WaitOn::Time),
    ] {
        let slot = pending(name, requested, vec![wait(WaitOn::Time), wait(on)]);
        done(store, of_slot(slot)).await;
    }
    assert_eq!(
        waiting(store, &WaitingFor::Producer(id("lib"))).await,
        [(at(1), id("old")), (at(5), id("mid")), (at(9), id("young"))]
    );
    assert_eq!(waiting(store, &WaitingFor::Producer(id("core"))).await, []);
    assert_eq!(
        waiting(store, &WaitingFor::Target(target("eu-west-1"))).await,
        [(at(2), id("budget"))]
    );
    let elsewhere = WaitingFor::Target(target("us-east-1"));
    assert_eq!(waiting(store, &elsewhere).await, []);
    assert_eq!(
        waiting(store, &WaitingFor::Pause).await,
        [(at(3), id("paused"))]
    );
}

pub async fn waiting_slots_are_paged_past_equal_instants(store: &impl Store) {
    for (name, requested) in [("c", 1), ("a", 1), ("b", 1), ("d", 0)] {
        let paused = wait(WaitOn::Pause(PauseScope::System));
        done(store, of_slot(pending(name, requested, vec![paused]))).await;
    }
    let mut after = None;
    let mut seen = Vec::new();
    loop {
        let page = store
            .list_waiting(&WaitingFor::Pause, after.as_ref(), 1)
            .await;
        let Some(next) = read(page).pop() else {
            break;
        };
        seen.push(next.1.clone());
        after = Some(next);
    }
    assert_eq!(seen, ids(&["d", "a", "b", "c"]));
}

pub async fn a_slot_that_moves_on_waits_no_more(store: &impl Store) {
    let paused = wait(WaitOn::Pause(PauseScope::System));
    done(store, of_slot(pending("a", 0, vec![paused]))).await;
    let moved = Slot {
        revision: 2,
        ..starting("a", 1)
    };
    done(store, of_slot(moved)).await;
    assert_eq!(waiting(store, &WaitingFor::Pause).await, []);
}

pub async fn busy_slots_come_in_order_of_application(store: &impl Store) {
    for slot in [
        running("c", 0),
        pending("b", 0, Vec::new()),
        starting("a", 0),
        Slot {
            revision: 1,
            ..Slot::new(id("idle"))
        },
    ] {
        done(store, of_slot(slot)).await;
    }
    let busy = |after: Option<ApplicationId>, limit| async move {
        read(store.list_busy(after.as_ref(), limit).await)
    };
    assert_eq!(busy(None, 10).await, ids(&["a", "b", "c"]));
    assert_eq!(busy(None, 1).await, ids(&["a"]));
    assert_eq!(busy(Some(id("a")), 1).await, ids(&["b"]));
    assert_eq!(busy(Some(id("c")), 1).await, ids(&[]));
    let ended = Slot {
        revision: 2,
        state: SlotState::Idle,
        ..running("c", 0)
    };
    done(store, of_slot(ended)).await;
    assert_eq!(busy(None, 10).await, ids(&["a", "b"]));
}

async fn due(store: &impl Store, slot: Slot, wake_at: Option<i64>) {
    let slot = Slot {
        wake_at: wake_at.map(at),
        ..slot
    };
    done(store, of_slot(slot)).await;
}

async fn listed_due(store: &impl Store, now: i64, limit: usize) -> Vec<ApplicationId> {
    read(store.list_due(at(now), limit).await)
}

async fn waiting(store: &impl Store, waiting_for: &WaitingFor) -> Vec<(Timestamp, ApplicationId)> {
    read(store.list_waiting(waiting_for, None, 10).await)
}

fn wait(on: WaitOn) -> Wait {
    Wait {
        gate: Gate::UpriverQuiet,
        since: at(0),
        until: None,
        on,
    }
}
