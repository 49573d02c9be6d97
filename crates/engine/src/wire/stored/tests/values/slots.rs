use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::slot::{
    Build, Delivered, Failure, Gate, Held, HeldReason, Joined, PauseScope, Pending, Rebuild,
    Running, SeenExecution, Slot, SlotState, StartedBy, Starting, Stuck, Tail, Wait, WaitOn,
    Waited, Wanted,
};
use downriver_domain::version::{Format, PackageId};
use downriver_domain::{Cascade, ClientRequestToken};

use super::{GATES, at, cascade, id, pipeline, repository, target, tokens};

/// One in each state.
pub(in super::super) fn slots() -> Vec<Slot> {
    let states = [
        SlotState::Pending(pending()),
        SlotState::Starting(starting(true, false)),
        SlotState::Starting(starting(false, false)),
        SlotState::Running(running(None)),
        SlotState::Running(running(Some(None))),
        SlotState::Parked(running(Some(Some(id("e-9"))))),
        SlotState::Stuck(Stuck {
            rebuild: rebuild(),
            reason: "the pipeline does not exist".to_owned(),
            since: at(7),
        }),
    ];
    let mut slots = vec![Slot::new(id("web")), full()];
    slots.extend(states.into_iter().map(|state| Slot {
        revision: 2,
        state,
        ..Slot::new(id("web"))
    }));
    slots.push(refreshed());
    slots.push(Slot {
        revision: 2,
        state: SlotState::Starting(starting(false, true)),
        ..Slot::new(id("web"))
    });
    slots
}

fn refreshed() -> Slot {
    let mut build = build();
    for delivered in &mut build.delivered {
        delivered.is_refreshed = true;
    }
    Slot {
        revision: 3,
        builds: vec![build],
        ..Slot::new(id("web"))
    }
}

fn full() -> Slot {
    Slot {
        revision: 41,
        rebuilds_requested: 3,
        joined: BTreeMap::from([(tokens(), joined())]),
        builds: vec![build()],
        held: held(),
        failure: Some(Failure {
            rebuild: rebuild(),
            execution: Some(id("e-0")),
            reason: "stage Build failed".to_owned(),
            url: None,
            excuse: None,
            at: at(5),
        }),
        executions: executions(),
        tail: Some(Tail {
            execution: id("e-1"),
            ended_at: at(1),
            until: at(9),
            awaited: BTreeSet::from([tokens()]),
        }),
        index_awaited_until: Some(at(10)),
        last_cascade: Some(cascade()),
        is_uncompared: true,
        wake_at: Some(at(11)),
        ..Slot::new(id("web"))
    }
}

fn rebuild() -> Rebuild {
    let least = Wanted {
        version: "2.0.0".to_owned(),
        revision: None,
        from: None,
        needs_refresh: false,
        is_third_party: false,
        repository: repository("shared"),
        seen_at: at(1),
        cascade: Cascade::default(),
        reason: "a plain rebuild resolves to it".to_owned(),
    };
    let full = Wanted {
        revision: Some("r2".to_owned()),
        from: Some("1.0.0".to_owned()),
        needs_refresh: true,
        cascade: cascade(),
        ..least.clone()
    };
    let left_pad = PackageId::new(Format::Npm, None, "left-pad").unwrap();
    Rebuild {
        id: id("web.3"),
        packages: BTreeMap::from([(left_pad, least), (tokens(), full)]),
        requested_at: at(1),
        last_change_at: at(2),
        attempts: 2,
        failures: 1,
        is_canceled_once: true,
        upriver_held_since: Some(at(3)),
        waited: GATES
            .map(|gate| Waited {
                gate,
                on: WaitOn::Time,
                since: at(1),
                until: at(2),
            })
            .to_vec(),
        first_started_at: Some(at(4)),
        is_expedited: true,
    }
}

fn pending() -> Pending {
    let waits = [
        WaitOn::Time,
        WaitOn::Execution(id("e-2")),
        WaitOn::Producers(vec![id("lib"), id("core")]),
        WaitOn::Target(target()),
        WaitOn::Pause(PauseScope::System),
        WaitOn::Pause(PauseScope::Application(id("web"))),
        WaitOn::Pause(PauseScope::Package(tokens())),
    ];
    Pending {
        rebuild: rebuild(),
        not_before: Some(at(6)),
        backoffs: 2,
        waits: waits
            .into_iter()
            .zip([None, Some(at(8))].into_iter().cycle())
            .map(|(on, until)| Wait {
                gate: Gate::Settled,
                since: at(5),
                until,
                on,
            })
            .collect(),
    }
}

fn starting(is_block_waived: bool, is_by_event: bool) -> Starting {
    Starting {
        rebuild: rebuild(),
        attempt: id("web.3.2"),
        token: ClientRequestToken::of(&id("web.3.2")),
        pipeline: pipeline("web"),
        started_at: at(6),
        deadline: at(7),
        is_block_waived,
        is_by_event,
    }
}

#[expect(
    clippy::option_option,
    reason = "as the domain has it: not followed, followed without a name, followed"
)]
fn running(following: Option<Option<downriver_domain::PipelineExecutionId>>) -> Running {
    Running {
        rebuild: rebuild(),
        attempt: id("web.3.2"),
        pipeline: pipeline("web"),
        execution: id("e-2"),
        started_at: at(6),
        holds_budget: following.is_none(),
        following,
        published: BTreeSet::from([tokens()]),
    }
}

fn joined() -> Joined {
    Joined {
        version: "3.0.0".to_owned(),
        repository: repository("shared"),
        seen_at: at(4),
        is_news: true,
    }
}

fn build() -> Build {
    let delivered = |from: Option<&str>| Delivered {
        package: tokens(),
        from: from.map(str::to_owned),
        to: "1.0.0".to_owned(),
        is_refreshed: false,
    };
    Build {
        execution: id("e-1"),
        rebuild: Some(id("web.2")),
        is_proven: true,
        started_at: at(1),
        ended_at: at(2),
        delivered: vec![delivered(None), delivered(Some("0.9.0"))],
    }
}

fn held() -> BTreeMap<PackageId, Held> {
    let reasons = [
        HeldReason::Failed,
        HeldReason::NotPickedUp,
        HeldReason::RolledBack,
        HeldReason::Stopped,
        HeldReason::WouldStart,
    ];
    let names = ["a", "b", "c", "d", "e"];
    reasons
        .into_iter()
        .zip(names)
        .map(|(reason, name)| {
            let held = Held {
                version: "2.0.0".to_owned(),
                reason,
                since: at(3),
            };
            (PackageId::new(Format::Npm, None, name).unwrap(), held)
        })
        .collect()
}

fn executions() -> Vec<SeenExecution> {
    let least = SeenExecution {
        execution: id("e-1"),
        started_by: StartedBy::Person,
        started_at: at(1),
        ended_at: None,
        is_superseded: false,
        is_failed: false,
        is_rollback: false,
        cascade: Cascade::default(),
    };
    vec![
        SeenExecution {
            started_by: StartedBy::Downriver(id("web.1.1")),
            ended_at: Some(at(2)),
            is_superseded: true,
            is_failed: false,
            is_rollback: true,
            cascade: cascade(),
            ..least.clone()
        },
        SeenExecution {
            started_by: StartedBy::Rule,
            ..least.clone()
        },
        least,
    ]
}
