//! What a slot and its edges say of a change.

use std::sync::LazyLock;

use downriver_version::PackageVersionId;

use super::super::{Rollout, Standing, stand};
use super::{change, fresh};
use crate::slot::{
    Build, Calendar, Controls, Delivered, Failure, Gate, Held, HeldReason, Joined, Pause,
    PauseScope, Rebuild, Slot, SlotState, Stuck, Wait, WaitOn,
};
use crate::testing::{
    application, at, id, npm, pending, rebuild, repository, running, slot, topology,
};
use crate::{Application, Topology, Window};

/// Nothing is frozen, nothing is paused; it is 1,000.
fn calendar(application: &Application) -> Calendar<'_> {
    static TOPOLOGY: LazyLock<Topology> = LazyLock::new(topology);
    static CONTROLS: LazyLock<Controls> = LazyLock::new(Controls::default);
    Calendar {
        now: at(1_000),
        topology: &TOPOLOGY,
        application,
        controls: &CONTROLS,
    }
}

/// What the slot of `web` says.
fn standing(rollout: &Rollout, change: impl FnOnce(&mut Slot)) -> Option<Standing> {
    let application = application("web");
    let mut slot = slot(&application, SlotState::Idle);
    change(&mut slot);
    stand(rollout, &slot, &[], false, calendar(&application))
}

fn held(reason: HeldReason) -> impl Fn(&mut Slot) {
    move |slot: &mut Slot| {
        let held = Held {
            version: "2.0.0".to_owned(),
            reason,
            since: at(300),
        };
        slot.held.insert(npm("tokens"), held);
    }
}

fn failed(excuse: Option<&str>) -> impl Fn(&mut Slot) {
    move |slot: &mut Slot| {
        held(HeldReason::Failed)(slot);
        slot.failure = Some(Failure {
            rebuild: rebuild(&application("web"), 0, &["tokens"]),
            execution: Some(id("e-1")),
            reason: "execution e-1 failed in stage Test".to_owned(),
            url: Some("https://console.example/1".to_owned()),
            excuse: excuse.map(str::to_owned),
            at: at(400),
        });
    }
}

#[test]
fn a_rebuild_for_it_waits_or_is_in_flight() {
    let web = application("web");
    let for_it = || rebuild(&web, 0, &["tokens"]);
    let closed = |gate: Gate| {
        let mut pending = pending(rebuild(&application("web"), 0, &["tokens"]));
        pending.waits.push(Wait {
            gate,
            since: at(0),
            until: None,
            on: WaitOn::Time,
        });
        move |slot: &mut Slot| slot.state = SlotState::Pending(pending.clone())
    };
    let of = |change: &dyn Fn(&mut Slot)| standing(&fresh(), change);
    assert_eq!(of(&closed(Gate::Settled)), Some(Standing::Waiting));
    assert_eq!(of(&closed(Gate::Ring)), Some(Standing::Waiting));
    assert_eq!(of(&closed(Gate::Age)), Some(Standing::Later));
    let runs = |slot: &mut Slot| slot.state = SlotState::Running(running(&web, for_it(), 0));
    assert_eq!(of(&runs), Some(Standing::InFlight));
    let parked = |slot: &mut Slot| slot.state = SlotState::Parked(running(&web, for_it(), 0));
    assert_eq!(of(&parked), Some(Standing::Unable("parked".to_owned())));
    let stuck = |slot: &mut Slot| {
        slot.state = SlotState::Stuck(Stuck {
            rebuild: for_it(),
            reason: "access denied".to_owned(),
            since: at(0),
        });
    };
    assert_eq!(
        of(&stuck),
        Some(Standing::Unable("stuck: access denied".to_owned()))
    );
    // An attempt that failed and is tried again is still on its way.
    let retried = |slot: &mut Slot| {
        let mut pending = pending(for_it());
        pending.rebuild.failures = 1;
        slot.state = SlotState::Pending(pending);
    };
    let released = Rollout {
        released: [web.id.clone()].into(),
        ..fresh()
    };
    assert_eq!(standing(&released, retried), Some(Standing::InFlight));
    // One that is tried again with a change that came meanwhile has not had its turn for that.
    assert_eq!(of(&retried), Some(Standing::Waiting));
    let open_to_all = Rollout {
        is_ring_released: true,
        ..fresh()
    };
    assert_eq!(standing(&open_to_all, retried), Some(Standing::InFlight));
    let of_later_ring = Application {
        ring: 1,
        ..application("web")
    };
    let mut waiting = slot(&of_later_ring, SlotState::Idle);
    retried(&mut waiting);
    assert_eq!(
        stand(&open_to_all, &waiting, &[], false, calendar(&of_later_ring)),
        Some(Standing::Waiting)
    );
    // One for other packages says nothing.
    let other = |slot: &mut Slot| {
        slot.state = SlotState::Running(running(&web, rebuild(&web, 0, &["kit"]), 0));
    };
    assert_eq!(of(&other), None);
}

#[test]
fn one_whose_version_has_become_old_enough_waits_for_its_turn_whatever_else_it_waits_for() {
    let young_until = |secs: i64| {
        let mut pending = pending(rebuild(&application("web"), 0, &["tokens"]));
        pending.waits.push(Wait {
            gate: Gate::Age,
            since: at(0),
            until: Some(at(secs)),
            on: WaitOn::Time,
        });
        standing(&fresh(), |slot| slot.state = SlotState::Pending(pending))
    };
    assert_eq!(young_until(1_001), Some(Standing::Later));
    assert_eq!(young_until(1_000), Some(Standing::Waiting));
}

#[test]
fn what_another_change_holds_is_not_to_go_until_that_one_goes_or_is_overtaken() {
    let web = application("web");
    let kit = |version: &str| PackageVersionId::new(npm("kit"), version).expect("valid");
    let released = Rollout {
        released: [web.id.clone()].into(),
        ..fresh()
    };
    // For the tokens and the kit, both wanted in 2.0.0; what it waited on when it was last looked at.
    let waiting = |on: &WaitOn, change: &dyn Fn(&mut Rebuild)| {
        let mut pending = pending(rebuild(&web, 0, &["tokens", "kit"]));
        change(&mut pending.rebuild);
        pending.waits.push(Wait {
            gate: Gate::Ring,
            since: at(0),
            until: None,
            on: on.clone(),
        });
        standing(&released, |slot| slot.state = SlotState::Pending(pending))
    };
    let same = |_: &mut Rebuild| {};
    let held = Some(Standing::Unable(format!("held by {}", kit("2.0.0"))));
    assert_eq!(waiting(&WaitOn::Halt(kit("2.0.0")), &same), held);
    assert_eq!(waiting(&WaitOn::Approval(kit("2.0.0")), &same), held);
    let turn = WaitOn::Ring {
        change: kit("2.0.0"),
        open: 0,
        own: 1,
    };
    assert_eq!(waiting(&turn, &same), Some(Standing::Later));
    // It wants a newer one by now.
    let old = WaitOn::Halt(kit("1.9.0"));
    assert_eq!(waiting(&old, &same), Some(Standing::Waiting));
    // But the tokens were built from the one that is halted.
    let descends = |rebuild: &mut Rebuild| {
        let tokens = rebuild.packages.get_mut(&npm("tokens")).expect("wanted");
        tokens.cascade.roots.insert(kit("1.9.0"));
    };
    let held = Some(Standing::Unable(format!("held by {}", kit("1.9.0"))));
    assert_eq!(waiting(&old, &descends), held);
    // One that is tried again is held as well.
    let retried = |rebuild: &mut Rebuild| {
        descends(rebuild);
        rebuild.failures = 1;
    };
    assert_eq!(waiting(&old, &retried), held);
}

#[test]
fn who_is_paused_is_unable_and_whose_window_is_closed_goes_later() {
    let mut application = application("web");
    let state = SlotState::Pending(pending(rebuild(&application, 0, &["tokens"])));
    let slot = slot(&application, state);
    let mut controls = Controls::default();
    let pause = Pause {
        by: "ann".to_owned(),
        reason: String::new(),
        at: at(0),
    };
    controls
        .pauses
        .insert(PauseScope::Package(npm("tokens")), pause);
    let paused = Calendar {
        controls: &controls,
        ..calendar(&application)
    };
    assert_eq!(
        stand(&fresh(), &slot, &[], false, paused),
        Some(Standing::Unable("paused".to_owned()))
    );
    // The test's day begins at 08:00.
    application.policy.windows = vec![Window::parse("0 12 * * *", "UTC", 3600).expect("valid")];
    assert_eq!(
        stand(&fresh(), &slot, &[], false, calendar(&application)),
        Some(Standing::Later)
    );
}

#[test]
fn shadow_is_unable() {
    let application = application("web");
    let state = SlotState::Pending(pending(rebuild(&application, 0, &["tokens"])));
    let slot = slot(&application, state);
    assert_eq!(
        stand(&fresh(), &slot, &[], true, calendar(&application)),
        Some(Standing::Unable("in shadow mode".to_owned()))
    );
}

#[test]
fn what_joined_is_still_to_be_judged() {
    let joined = |slot: &mut Slot| {
        let joined = Joined {
            version: "2.0.0".to_owned(),
            repository: repository("shared"),
            seen_at: at(0),
            is_news: true,
        };
        slot.joined.insert(npm("tokens"), joined);
    };
    assert_eq!(standing(&fresh(), joined), Some(Standing::Waiting));
    assert_eq!(standing(&fresh(), |_| {}), None);
}

#[test]
fn a_failure_counts_unless_it_is_excused_or_a_person_has_looked_at_it() {
    let Some(Standing::Failed(broken)) = standing(&fresh(), failed(None)) else {
        panic!("it failed");
    };
    assert_eq!(broken.reason, "execution e-1 failed in stage Test");
    assert_eq!(broken.url.as_deref(), Some("https://console.example/1"));
    assert_eq!(
        standing(&fresh(), failed(Some("it had failed before"))),
        Some(Standing::Uncounted)
    );
    let forgiven = |until| Rollout {
        forgiven_until: Some(at(until)),
        ..fresh()
    };
    assert_eq!(
        standing(&forgiven(400), failed(None)),
        Some(Standing::Uncounted)
    );
    assert!(matches!(
        standing(&forgiven(399), failed(None)),
        Some(Standing::Failed(_))
    ));
    assert_eq!(
        standing(&fresh(), held(HeldReason::NotPickedUp)),
        Some(Standing::Uncounted)
    );
    assert!(matches!(
        standing(&fresh(), held(HeldReason::RolledBack)),
        Some(Standing::Failed(_))
    ));
    assert!(matches!(
        standing(&fresh(), held(HeldReason::Stopped)),
        Some(Standing::Unable(_))
    ));
}

#[test]
fn a_success_counts_once_it_is_read() {
    let built = |is_proven: bool, awaited_until: Option<i64>| {
        move |slot: &mut Slot| {
            slot.builds.push(Build {
                execution: id("e-1"),
                rebuild: None,
                is_proven,
                started_at: at(0),
                ended_at: at(100),
                delivered: vec![Delivered {
                    package: change().package().clone(),
                    from: None,
                    to: "2.0.0".to_owned(),
                    is_refreshed: false,
                }],
            });
            slot.index_awaited_until = awaited_until.map(at);
        }
    };
    assert_eq!(
        standing(&fresh(), built(false, Some(2_000))),
        Some(Standing::InFlight)
    );
    assert_eq!(
        standing(&fresh(), built(false, Some(900))),
        Some(Standing::Succeeded),
        "no result came"
    );
    assert_eq!(
        standing(&fresh(), built(true, None)),
        Some(Standing::Succeeded)
    );
}
