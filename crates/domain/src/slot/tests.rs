//! The records themselves: what is active, what is kept, and that nothing in a slot grows without bound.

use super::{SeenExecution, Slot, SlotState, StartedBy, Tail};
use crate::Cascade;
use crate::testing::{application, at, id, npm, pending, rebuild, running, slot};

fn seen(number: i64, secs: i64) -> SeenExecution {
    SeenExecution {
        execution: id(&format!("e-{number}")),
        started_by: StartedBy::Person,
        started_at: at(secs),
        ended_at: None,
        is_superseded: false,
        is_failed: false,
        is_rollback: false,
        cascade: Cascade::default(),
    }
}

#[test]
fn executions_are_kept_newest_first_once_each_and_only_so_many() {
    let mut slot = Slot::new(id("web"));
    for number in 0..30 {
        // Heard of out of order.
        let secs = (number * 7) % 30;
        slot.note_execution(seen(number, secs));
        slot.note_execution(seen(number, secs));
    }
    assert_eq!(slot.executions.len(), Slot::EXECUTIONS_MAX);
    assert!(
        slot.executions
            .is_sorted_by(|a, b| a.started_at > b.started_at)
    );
    assert_eq!(slot.executions[0].started_at, at(29));
    let newest = slot.executions[0].clone();
    let ended = SeenExecution {
        ended_at: Some(at(100)),
        ..newest
    };
    slot.note_execution(ended.clone());
    assert_eq!(slot.executions.len(), Slot::EXECUTIONS_MAX);
    assert_eq!(slot.executions[0], ended);
}

#[test]
fn pending_and_running_are_active_and_parked_is_not() {
    let application = application("web");
    let rebuild = rebuild(&application, 0, &["tokens"]);
    let running = running(&application, rebuild.clone(), 10);
    for (state, is_active) in [
        (SlotState::Idle, false),
        (SlotState::Pending(pending(rebuild)), true),
        (SlotState::Running(running.clone()), true),
        (SlotState::Parked(running), false),
    ] {
        let mut slot = slot(&application, state);
        assert_eq!(slot.is_active(), is_active, "{:?}", slot.state);
        slot.tail = Some(Tail {
            execution: id("e-1"),
            ended_at: at(0),
            until: at(180),
            awaited: [npm("kit")].into(),
        });
        assert!(slot.is_active(), "its changes are still to come");
    }
}

#[test]
fn a_rebuild_names_its_changes_in_order() {
    let rebuild = rebuild(&application("web"), 0, &["tokens", "kit"]);
    let changes: Vec<String> = rebuild.changes().iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(changes.join("\n"), @"
    pkg:npm/%40acme/kit@2.0.0
    pkg:npm/%40acme/tokens@2.0.0
    ");
}
