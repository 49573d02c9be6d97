//! Values with the fields that came after the first records were written; those stand in samples of their own.

use std::collections::BTreeSet;

use downriver_domain::rollout::{Approval, Broken, Hold, Passed, RingRule};
use downriver_domain::slot::{
    ActiveProducer, ControlScope, Controls, Gate, Pending, Slot, SlotState, Timed, Wait, WaitOn,
};
use downriver_domain::version::{Format, PackageId, PackageVersionId};
use downriver_domain::{
    Application, Freeze, PackagePattern, Policy, Rollout, RolloutPolicy, Topology, Window,
};

use super::values;

fn change() -> PackageVersionId {
    let tokens = PackageId::new(Format::Npm, Some("acme"), "tokens").unwrap();
    PackageVersionId::new(tokens, "2.0.0").unwrap()
}

fn timed() -> Timed {
    Timed {
        by: "ann".to_owned(),
        reason: "year end".to_owned(),
        at: values::at(1),
        until: values::at(9),
    }
}

pub(super) fn rollouts() -> Vec<Rollout> {
    let least = Rollout {
        revision: 1,
        ..Rollout::new(change(), 0, values::at(0))
    };
    let with = |hold: Hold| Rollout {
        hold: Some(hold),
        ..least.clone()
    };
    let broken = Broken {
        application: values::id("web"),
        execution: Some(values::id("e-1")),
        reason: "execution e-1 failed in stage Test".to_owned(),
        url: Some("https://console.example/e-1".to_owned()),
        at: values::at(3),
    };
    vec![
        least.clone(),
        Rollout {
            package_revision: Some("r2".to_owned()),
            depth: 2,
            ring: 1,
            released: BTreeSet::from([values::id("api"), values::id("web")]),
            is_ring_released: true,
            room: 3,
            passed: vec![Passed {
                ring: 0,
                at: values::at(2),
                reason: "1 of 1 applications delivered".to_owned(),
            }],
            approval: Some(Approval {
                by: "ann".to_owned(),
                at: values::at(1),
            }),
            forgiven_until: Some(values::at(1)),
            is_over: true,
            is_unlisted: true,
            ..least.clone()
        },
        with(Hold::Halted {
            since: values::at(4),
            ring: 1,
            broken: vec![broken],
            reason: "1 of the 1 applications of ring 1 that ended failed".to_owned(),
        }),
        with(Hold::Unapproved {
            since: values::at(4),
            reason: "it reaches 300 applications".to_owned(),
        }),
        with(Hold::Abandoned {
            since: values::at(4),
            by: "ann".to_owned(),
            reason: "never mind".to_owned(),
        }),
    ]
}

pub(super) fn slots() -> Vec<Slot> {
    let wait = |gate, on| Wait {
        gate,
        since: values::at(1),
        until: None,
        on,
    };
    let ring = WaitOn::Ring {
        change: change(),
        open: 0,
        own: 2,
    };
    let freeze = |scope| WaitOn::Freeze {
        scope,
        reason: "year end".to_owned(),
    };
    let waits = vec![
        wait(Gate::Ring, ring),
        wait(Gate::Ring, WaitOn::Halt(change())),
        wait(Gate::Age, WaitOn::Time),
        wait(Gate::Window, freeze(None)),
        wait(Gate::Window, freeze(Some(ControlScope::System))),
        wait(
            Gate::Window,
            freeze(Some(ControlScope::Owner(values::id("team-a")))),
        ),
        wait(
            Gate::Window,
            freeze(Some(ControlScope::Application(values::id("web")))),
        ),
        wait(Gate::DailyLimit, WaitOn::Time),
        wait(Gate::Approved, WaitOn::Approval(change())),
    ];
    let slots = values::slots();
    let full = slots
        .iter()
        .find(|slot| slot.failure.is_some() && !slot.executions.is_empty())
        .expect("one has everything");
    let mut slot = Slot {
        starts: vec![values::at(1), values::at(2)],
        ..full.clone()
    };
    if let Some(failure) = &mut slot.failure {
        failure.url = Some("https://console.example/e-0".to_owned());
        failure.excuse = Some("execution e-9, before the change, had failed too".to_owned());
    }
    slot.executions[0].is_failed = true;
    slot.executions[0].cascade.depth = 3;
    let mut rebuild = full.failure.as_ref().expect("it failed").rebuild.clone();
    for wanted in rebuild.packages.values_mut() {
        wanted.is_third_party = true;
    }
    slot.state = SlotState::Pending(Pending {
        rebuild,
        not_before: None,
        backoffs: 0,
        waits,
    });
    vec![slot]
}

pub(super) fn topologies() -> Vec<Topology> {
    let openssl = PackagePattern {
        format: Format::Generic,
        namespace: None,
        name: "openssl*".to_owned(),
    };
    let policy = RolloutPolicy {
        rings: vec![
            RingRule::Tags(BTreeSet::from(["canary".to_owned(), "early".to_owned()])),
            RingRule::Share(10),
        ],
        pass_percent: 90,
        halt_percent: Some(15),
        is_ramped: false,
        is_unlisted: true,
        applications_max: Some(200),
        depth_max: Some(8),
    };
    let least = Topology {
        revision: 5,
        rollout: Some(RolloutPolicy::default()),
        ..Topology::default()
    };
    let full = Topology {
        revision: 6,
        urgent_budgets: [(values::target(), 2)].into(),
        urgent: vec![openssl],
        freezes: vec![Freeze {
            from: values::at(1),
            until: values::at(2),
            reason: "year end".to_owned(),
        }],
        rollout: Some(policy),
        ..Topology::default()
    };
    vec![least, full]
}

pub(super) fn applications() -> Vec<Application> {
    let plain = values::applications().remove(0);
    let window = |schedule: &str| Window::parse(schedule, "Europe/Berlin", 3_600).unwrap();
    vec![Application {
        policy: Policy {
            windows: vec![window("0 9 * * MON-FRI"), window("0 22 * * SAT")],
            minimum_age_secs: 60,
            rebuilds_per_day_max: Some(4),
            ring: Some(1),
            tags: BTreeSet::from(["canary".to_owned()]),
            ..Policy::default()
        },
        ring: 1,
        ..plain
    }]
}

pub(super) fn controls() -> Vec<Controls> {
    let scopes = [
        ControlScope::System,
        ControlScope::Owner(values::id("team-a")),
        ControlScope::Application(values::id("web")),
    ];
    vec![Controls {
        revision: 6,
        freezes: scopes.clone().map(|scope| (scope, timed())).into(),
        openings: scopes.map(|scope| (scope, timed())).into(),
        ..Controls::default()
    }]
}

pub(super) fn active_producers() -> Vec<ActiveProducer> {
    let held = |producer: ActiveProducer| ActiveProducer {
        active_from: Some(values::at(7)),
        ..producer
    };
    values::active_producers().into_iter().map(held).collect()
}
