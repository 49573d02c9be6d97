//! Each gate just before and at its instant, and that time only opens gates (DESIGN 4.1).

mod held;

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{GateContext, GateReport, evaluate_gates, open_gates, settle};
use crate::slot::{
    ActiveProducer, Controls, Gate, Offer, Pause, PauseScope, Pending, Rebuild, Slot, SlotState,
    WaitOn, WaitingFor,
};
use crate::testing::{application, at, id, npm, pending, rebuild, slot, target, topology};
use crate::{Application, ApplicationId, RebuildId, Topology};

/// A pending rebuild of `web`, requested at 0, with everything that its gates are held against.
#[derive(Clone)]
struct World {
    topology: Topology,
    application: Application,
    slot: Slot,
    pending: Pending,
    controls: Controls,
    active: Vec<ActiveProducer>,
    budget: BTreeSet<RebuildId>,
    has_fair_share: bool,
    offer: Offer,
    is_restored: bool,
}

fn world() -> World {
    let application = application("web");
    let pending = pending(rebuild(&application, 0, &["tokens"]));
    World {
        topology: topology(),
        slot: slot(&application, SlotState::Pending(pending.clone())),
        application,
        pending,
        controls: Controls::default(),
        active: Vec::new(),
        budget: BTreeSet::new(),
        has_fair_share: false,
        offer: Offer::default(),
        is_restored: false,
    }
}

impl World {
    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// `web` depends on `core` through `kit`, and `core` is active.
    fn blocked(self) -> Self {
        self.with(|world| {
            world.application.upriver = [id("kit")].into();
            world
                .topology
                .upriver
                .insert(id("kit"), [id("core")].into());
            world.active = vec![marker("core")];
        })
    }

    fn paused(self, scope: PauseScope) -> Self {
        let pause = Pause {
            by: "somebody".to_owned(),
            reason: "a reason".to_owned(),
            at: at(0),
        };
        self.with(|world| {
            world.controls.pauses.insert(scope, pause);
        })
    }

    fn report(&self, secs: i64) -> GateReport {
        let context = GateContext {
            now: at(secs),
            topology: &self.topology,
            application: &self.application,
            controls: &self.controls,
            active: &self.active,
            budget: &self.budget,
            has_fair_share: self.has_fair_share,
            offer: &self.offer,
            is_restored: self.is_restored,
        };
        evaluate_gates(&self.slot, &self.pending, context)
    }

    /// Looks at the slot and writes down what was seen, as the engine does.
    fn look(&mut self, secs: i64) -> GateReport {
        let report = self.report(secs);
        open_gates(&mut self.pending, &report, at(secs));
        report
    }

    fn closed(&self, secs: i64) -> Vec<Gate> {
        self.report(secs)
            .waits
            .iter()
            .map(|wait| wait.gate)
            .collect()
    }

    /// The gate alone is closed until `secs`, and open then.
    #[track_caller]
    fn opens_at(&self, gate: Gate, secs: i64) {
        assert_eq!(self.closed(secs - 1), [gate], "just before {secs}");
        assert_eq!(self.closed(secs), [], "at {secs}");
        assert_eq!(self.report(secs - 1).wake_at, Some(at(secs)));
    }
}

fn marker(name: &str) -> ActiveProducer {
    ActiveProducer {
        application: id(name),
        rebuild: RebuildId::numbered(&id(name), 1),
        since: at(0),
        active_from: None,
    }
}

#[test]
fn a_burst_settles_a_quiet_period_after_its_last_change_and_after_max_wait_at_the_latest() {
    world().opens_at(Gate::Settled, 60);
    let last = |secs| world().with(|world| world.pending.rebuild.last_change_at = at(secs));
    last(100).opens_at(Gate::Settled, 160);
    last(839).opens_at(Gate::Settled, 899);
    last(841).opens_at(Gate::Settled, 900);
    last(5_000).opens_at(Gate::Settled, 900);
    let own = last(10).with(|world| {
        world.application.policy.quiet_period_secs = 5;
        world.application.policy.max_wait_secs = 12;
    });
    own.opens_at(Gate::Settled, 12);
    let at_once = world().with(|world| world.application.policy.quiet_period_secs = 0);
    assert_eq!(at_once.closed(0), []);
}

#[test]
fn back_off_and_the_index_result_are_waited_for() {
    world()
        .with(|world| world.pending.not_before = Some(at(600)))
        .opens_at(Gate::BackOff, 600);
    world()
        .with(|world| world.slot.index_awaited_until = Some(at(600)))
        .opens_at(Gate::Indexed, 600);
}

#[test]
fn an_expedited_rebuild_does_not_wait_to_settle_but_waits_for_everything_else() {
    let expedited = world().with(|world| world.pending.rebuild.is_expedited = true);
    assert_eq!(expedited.closed(0), []);
    let blocked = expedited.blocked().with(|world| {
        world.pending.not_before = Some(at(10));
        world.slot.index_awaited_until = Some(at(20));
        world.topology.budgets.insert(target(), 0);
    });
    let expected = [
        Gate::BackOff,
        Gate::Indexed,
        Gate::UpriverQuiet,
        Gate::Budget,
    ];
    assert_eq!(blocked.closed(5), expected);
}

#[test]
fn every_closed_gate_is_named_in_order() {
    let all = world().blocked().paused(PauseScope::System).with(|world| {
        world.pending.not_before = Some(at(600));
        world.slot.index_awaited_until = Some(at(600));
        world.topology.budgets.insert(target(), 0);
    });
    let names: Vec<&str> = all.closed(30).into_iter().map(Gate::as_str).collect();
    insta::assert_snapshot!(names.join(", "), @"back-off, indexed, settled, upriver quiet, budget, not paused");
}

#[test]
fn an_active_producer_that_reaches_it_holds_it() {
    let blocked = world().blocked();
    let report = blocked.report(100);
    assert_eq!(blocked.closed(100), [Gate::UpriverQuiet]);
    assert_eq!(report.waits[0].on, WaitOn::Producers(vec![id("core")]));
    let elsewhere = |name: &str| {
        world()
            .blocked()
            .with(|world| world.active = vec![marker(name)])
    };
    // Downriver of it, apart from it, itself, and directly upriver.
    assert_eq!(elsewhere("shop").closed(100), []);
    assert_eq!(elsewhere("web").closed(100), []);
    assert_eq!(elsewhere("kit").closed(100), [Gate::UpriverQuiet]);
}

#[test]
fn members_of_one_cycle_do_not_wait_for_each_other() {
    let cycle = world().with(|world| {
        world.application.upriver = [id("kit"), id("core")].into();
        world
            .topology
            .upriver
            .insert(id("web"), [id("kit"), id("core")].into());
        world.topology.upriver.insert(id("kit"), [id("web")].into());
        world.active = vec![marker("kit")];
    });
    assert_eq!(cycle.closed(100), []);
    // One that reaches the cycle from outside holds it.
    let outside = cycle.with(|world| world.active.push(marker("core")));
    let expected = WaitOn::Producers(vec![id::<ApplicationId>("core")]);
    assert_eq!(outside.report(100).waits[0].on, expected);
}

#[test]
fn max_block_counts_from_the_first_hold_and_its_end_is_recorded() {
    let mut blocked = world().blocked();
    let first = blocked.look(100);
    assert_eq!(first.upriver_held_since, Some(at(100)));
    assert_eq!(first.waits[0].until, Some(at(100 + 7_200)));
    // The gate opens and closes again: the count goes on.
    let active = std::mem::take(&mut blocked.active);
    assert_eq!(blocked.look(200).waits, []);
    blocked.active = active;
    let again = blocked.look(7_299);
    assert_eq!(again.upriver_held_since, Some(at(100)));
    assert_eq!(again.wake_at, Some(at(7_300)));
    let report = blocked.look(7_300);
    assert!(report.waits.is_empty() && report.is_block_waived);
    blocked.active.clear();
    assert!(!blocked.look(7_301).is_block_waived, "nothing is waived");
}

#[test]
fn the_budget_counts_others_only() {
    let others = |count: u64| -> BTreeSet<RebuildId> {
        (0..count)
            .map(|number| RebuildId::numbered(&id("shop"), number))
            .collect()
    };
    let full = world().with(|world| world.budget = others(20));
    assert_eq!(full.closed(100), [Gate::Budget]);
    let report = full.report(100);
    assert_eq!(report.waits[0].on, WaitOn::Target(target()));
    assert_eq!(
        report.wake_at,
        Some(at(100 + 300)),
        "looked at again in any case"
    );
    // Two of the twenty places are kept for urgent rebuilds.
    let room = world().with(|world| world.budget = others(17));
    assert_eq!(room.closed(100), []);
    // Holding a place already counts as taken.
    let own = room.with(|world| {
        world.budget.insert(world.pending.rebuild.id.clone());
    });
    assert_eq!(own.closed(100), []);
    let small = own.with(|world| {
        world.topology.budgets.insert(target(), 18);
    });
    assert_eq!(small.closed(100), [Gate::Budget]);
}

#[test]
fn a_pause_of_the_system_the_application_or_a_package_holds_it() {
    for (scope, is_held) in [
        (PauseScope::System, true),
        (PauseScope::Application(id("web")), true),
        (PauseScope::Application(id("shop")), false),
        (PauseScope::Package(npm("tokens")), true),
        (PauseScope::Package(npm("kit")), false),
    ] {
        let report = world().paused(scope.clone()).report(100);
        assert_eq!(report.is_held, is_held, "{scope:?}");
        let waits: Vec<&WaitOn> = report.waits.iter().map(|wait| &wait.on).collect();
        let expected = WaitOn::Pause(scope);
        assert_eq!(waits, if is_held { vec![&expected] } else { Vec::new() });
        assert_eq!(report.wake_at, None, "resuming wakes it");
    }
}

#[test]
fn a_paused_slot_is_woken_by_resuming_whatever_else_is_closed() {
    let waiting_for = |mut world: World| {
        world.look(100);
        world.slot.state = SlotState::Pending(world.pending);
        world.slot.waiting_for()
    };
    let full = || {
        world().with(|world| {
            world.topology.budgets.insert(target(), 0);
        })
    };
    assert_eq!(waiting_for(world()), None);
    assert_eq!(
        waiting_for(world().blocked()),
        Some(WaitingFor::Producer(id("core")))
    );
    assert_eq!(waiting_for(full()), Some(WaitingFor::Target(target())));
    assert_eq!(
        waiting_for(full().blocked()),
        Some(WaitingFor::Producer(id("core")))
    );
    let paused = full().blocked().paused(PauseScope::System);
    assert_eq!(waiting_for(paused), Some(WaitingFor::Pause));
}

#[test]
fn it_is_looked_at_when_the_last_time_gate_opens() {
    let later = world().with(|world| world.pending.not_before = Some(at(600)));
    assert_eq!(later.report(10).wake_at, Some(at(600)));
    // A producer's end is of no use before that.
    assert_eq!(later.blocked().report(10).wake_at, Some(at(600)));
    assert_eq!(world().blocked().report(100).wake_at, Some(at(400)));
    assert_eq!(world().report(100).wake_at, None);
}

#[test]
fn a_gate_is_closed_since_it_was_first_seen_closed_and_its_span_is_kept() {
    let mut blocked = world().blocked();
    let since = |report: &GateReport| -> Vec<(Gate, i64)> {
        let secs = |wait: &crate::slot::Wait| wait.since.secs_since(at(0)).cast_signed();
        report
            .waits
            .iter()
            .map(|wait| (wait.gate, secs(wait)))
            .collect()
    };
    let both = [(Gate::Settled, 0), (Gate::UpriverQuiet, 20)];
    assert_eq!(since(&blocked.look(20)), both);
    assert_eq!(since(&blocked.look(40)), both);
    assert_eq!(since(&blocked.look(70)), both[1..]);
    blocked.active.clear();
    blocked.look(90);
    let waited: Vec<(Gate, i64, i64)> = blocked
        .pending
        .rebuild
        .waited
        .iter()
        .map(|span| {
            let secs = |at_: crate::Timestamp| at_.secs_since(at(0)).cast_signed();
            (span.gate, secs(span.since), secs(span.until))
        })
        .collect();
    let expected = [(Gate::Settled, 0, 70), (Gate::UpriverQuiet, 20, 90)];
    assert_eq!(waited, expected);
}

#[test]
fn the_record_of_spans_is_bounded() {
    let mut world = world().blocked();
    for secs in 0..200 {
        world.active = if secs % 2 == 0 {
            vec![marker("core")]
        } else {
            Vec::new()
        };
        world.look(1_000 + secs);
    }
    assert_eq!(world.pending.rebuild.waited.len(), Rebuild::WAITED_MAX);
}

#[test]
fn something_new_closes_the_gate_until_it_settles_again() {
    let mut world = world();
    world.look(70);
    world.pending.rebuild.last_change_at = at(80);
    let opens_at = settle(&mut world.pending, &world.application, at(80));
    assert_eq!(opens_at, Some(at(140)));
    assert_eq!(world.pending.waits[0].gate, Gate::Settled);
    world.pending.rebuild.is_expedited = true;
    assert_eq!(settle(&mut world.pending, &world.application, at(80)), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// While nothing else changes, a gate that time opens stays open, and it opens when the report says.
    #[test]
    fn time_only_opens_gates(
        not_before in prop::option::of(0_i64..2_000),
        indexed in prop::option::of(0_i64..2_000),
        last_change in 0_i64..2_000,
        is_blocked: bool,
        looks in prop::collection::vec(0_i64..12_000, 1..12),
    ) {
        let mut world = world().with(|world| {
            world.pending.not_before = not_before.map(at);
            world.slot.index_awaited_until = indexed.map(at);
            world.pending.rebuild.last_change_at = at(last_change);
        });
        if is_blocked {
            world = world.blocked();
        }
        let mut looks = looks;
        looks.sort_unstable();
        let mut before: Option<BTreeSet<Gate>> = None;
        for secs in looks {
            let report = world.look(secs);
            let closed: BTreeSet<Gate> = report.waits.iter().map(|wait| wait.gate).collect();
            if let Some(before) = before {
                prop_assert!(closed.is_subset(&before), "{closed:?} after {before:?}");
            }
            for wait in report.waits.iter().filter(|wait| wait.on == WaitOn::Time) {
                let until = wait.until.expect("a time gate says when it opens");
                prop_assert!(until > at(secs));
            }
            prop_assert_eq!(report.wake_at.is_none(), closed.is_empty());
            prop_assert!(report.wake_at.is_none_or(|wake_at| wake_at > at(secs)));
            before = Some(closed);
        }
        prop_assert!(world.look(100_000).waits.is_empty(), "max block opens the last one");
    }
}

#[test]
fn a_restored_backup_holds_everything_and_each_slot_that_was_not_compared() {
    let restored = world().with(|world| world.is_restored = true);
    assert_eq!(restored.closed(2_000), [Gate::Compared]);
    assert_eq!(restored.report(2_000).wake_at, Some(at(2_300)));
    let uncompared = world().with(|world| world.slot.is_uncompared = true);
    assert_eq!(uncompared.closed(2_000), [Gate::Compared]);
    assert_eq!(world().closed(2_000), []);
}
