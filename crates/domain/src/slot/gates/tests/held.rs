//! The gates that hold for hours or days: rings, age, windows, freezes, limits.

use super::{World, marker, world};
use crate::Window;
use crate::catalog::Freeze;
use crate::slot::{
    ActiveProducer, ControlScope, Gate, Offer, PauseScope, Timed, WaitOn, WaitingFor,
};
use crate::testing::{at, id, npm, target};
use crate::version::PackageVersionId;

/// Seconds after the beginning of the test's day, 2027-01-15T08:00:00Z.
const HOUR: i64 = 3600;

fn timed(until: i64) -> Timed {
    Timed {
        by: "somebody".to_owned(),
        reason: "a release of the others".to_owned(),
        at: at(0),
        until: at(until),
    }
}

fn change() -> PackageVersionId {
    PackageVersionId::new(npm("tokens"), "2.0.0").expect("valid")
}

/// Settled, and open from 10:00 to 12:00 UTC.
fn windowed() -> World {
    let window = Window::parse("0 10 * * *", "UTC", 2 * 3600).expect("valid");
    world().with(|world| world.application.policy.windows = vec![window])
}

#[test]
fn a_window_opens_and_closes() {
    let world = windowed();
    world.opens_at(Gate::Window, 2 * HOUR);
    assert_eq!(world.closed(4 * HOUR - 1), []);
    assert_eq!(world.closed(4 * HOUR), [Gate::Window]);
    assert_eq!(world.report(4 * HOUR).wake_at, Some(at(26 * HOUR)));
}

#[test]
fn an_operator_opens_a_window_for_everybody_an_owner_or_an_application() {
    for scope in [
        ControlScope::System,
        ControlScope::Owner(id("team-a")),
        ControlScope::Application(id("web")),
    ] {
        let opened = windowed().with(|world| {
            world.controls.openings.insert(scope, timed(HOUR));
        });
        assert_eq!(opened.closed(100), []);
        assert_eq!(opened.closed(HOUR), [Gate::Window]);
    }
    let others = windowed().with(|world| {
        let scope = ControlScope::Owner(id("team-b"));
        world.controls.openings.insert(scope, timed(HOUR));
    });
    assert_eq!(others.closed(100), [Gate::Window]);
}

#[test]
fn a_freeze_of_the_catalog_or_of_an_operator_holds_and_says_why() {
    let freeze = Freeze {
        from: at(100),
        until: at(500),
        reason: "year end".to_owned(),
    };
    let frozen = world().with(|world| world.topology.freezes.push(freeze));
    assert_eq!(frozen.closed(99), []);
    assert_eq!(frozen.closed(100), [Gate::Window]);
    let report = frozen.report(100);
    let on = WaitOn::Freeze {
        scope: None,
        reason: "year end".to_owned(),
    };
    assert_eq!(report.waits[0].on, on);
    frozen.opens_at(Gate::Window, 500);
    let both = frozen.with(|world| {
        let scope = ControlScope::Owner(id("team-a"));
        world.controls.freezes.insert(scope, timed(900));
    });
    // The one that ends last is named.
    both.opens_at(Gate::Window, 900);
    assert!(matches!(
        &both.report(100).waits[0].on,
        WaitOn::Freeze { scope: Some(ControlScope::Owner(owner)), .. } if *owner == id("team-a")
    ));
    // It holds in an open window too, and an opened window does not lift it.
    let inside = windowed().with(|world| {
        let scope = ControlScope::System;
        world
            .controls
            .freezes
            .insert(scope.clone(), timed(3 * HOUR));
        world.controls.openings.insert(scope, timed(9 * HOUR));
    });
    assert_eq!(inside.closed(2 * HOUR), [Gate::Window]);
    assert_eq!(inside.closed(3 * HOUR), []);
}

#[test]
fn an_urgent_rebuild_waits_for_neither_window_nor_freeze_nor_age() {
    let urgent = windowed().with(|world| {
        world.pending.rebuild.is_expedited = true;
        world
            .controls
            .freezes
            .insert(ControlScope::System, timed(HOUR));
        world.offer.closed = vec![(Gate::Age, WaitOn::Time, Some(at(9 * HOUR)))];
    });
    assert_eq!(urgent.closed(0), []);
    let calm = urgent.with(|world| world.pending.rebuild.is_expedited = false);
    assert_eq!(calm.closed(60), [Gate::Age, Gate::Window]);
}

#[test]
fn a_limit_for_a_day_opens_a_day_after_the_first_of_those_that_fill_it() {
    let limited = world().with(|world| {
        world.application.policy.rebuilds_per_day_max = Some(2);
        world.slot.starts = vec![at(-90_000), at(-80_000), at(-70_000)];
    });
    limited.opens_at(Gate::DailyLimit, 86_400 - 80_000);
    let below = limited
        .clone()
        .with(|world| world.application.policy.rebuilds_per_day_max = Some(4));
    assert_eq!(below.closed(60), []);
    // A retry of what started already goes on.
    let retried = limited.with(|world| world.pending.rebuild.first_started_at = Some(at(-70_000)));
    assert_eq!(retried.closed(60), []);
}

#[test]
fn what_is_held_is_not_active_and_tells_from_when_it_is() {
    let held = |world: World| {
        let report = world.report(100);
        (report.is_held, report.active_from)
    };
    assert_eq!(held(world()), (false, None));
    assert_eq!(held(world().blocked()), (false, None));
    assert_eq!(held(windowed()), (true, Some(at(2 * HOUR))));
    // A person may take for ever: nobody can tell from when.
    let paused = windowed().paused(PauseScope::System);
    assert_eq!(held(paused), (true, None));
    let ring = WaitOn::Ring {
        change: change(),
        open: 0,
        own: 1,
    };
    let ringed = world().with(|world| world.offer.closed = vec![(Gate::Ring, ring, None)]);
    assert_eq!(held(ringed.clone()), (true, None));
    assert_eq!(ringed.report(100).wake_at, None);
}

#[test]
fn who_cannot_go_anyway_waits_for_no_turn_in_its_ring() {
    let ring = |open| WaitOn::Ring {
        change: change(),
        open,
        own: 1,
    };
    let closed =
        |open| move |world: &mut World| world.offer.closed = vec![(Gate::Ring, ring(open), None)];
    let turn = windowed().with(closed(1));
    assert_eq!(turn.closed(100), [Gate::Window]);
    assert_eq!(turn.report(100).wake_at, Some(at(2 * HOUR)));
    assert_eq!(turn.closed(2 * HOUR), [Gate::Ring]);
    // An earlier ring is another matter.
    let earlier = windowed().with(closed(0));
    assert_eq!(earlier.closed(100), [Gate::Ring, Gate::Window]);
    assert_eq!(
        world().blocked().with(closed(1)).closed(100),
        [Gate::UpriverQuiet, Gate::Ring]
    );
}

#[test]
fn a_producer_that_is_held_until_an_instant_holds_others_up_from_then_on() {
    let blocked = world().blocked().with(|world| {
        world.active = vec![ActiveProducer {
            active_from: Some(at(500)),
            ..marker("core")
        }];
    });
    assert_eq!(blocked.closed(499), []);
    assert_eq!(blocked.closed(500), [Gate::UpriverQuiet]);
}

#[test]
fn places_are_kept_for_urgent_rebuilds_and_shared_among_owners() {
    let filled = |budget: u32, taken: usize| {
        world().with(|world| {
            world.topology.budgets.insert(target(), budget);
            world.budget = (0..taken).map(|n| id(&format!("app-{n}.1"))).collect();
        })
    };
    // A tenth of 20 is kept.
    assert_eq!(filled(20, 17).closed(60), []);
    assert_eq!(filled(20, 18).closed(60), [Gate::Budget]);
    let urgent = |world: World| world.with(|world| world.pending.rebuild.is_expedited = true);
    assert_eq!(urgent(filled(20, 19)).closed(60), []);
    assert_eq!(urgent(filled(20, 20)).closed(60), [Gate::Budget]);
    // As many as the catalog says, but never all.
    let kept = |budget, kept, taken| {
        filled(budget, taken).with(|world| {
            world.topology.urgent_budgets.insert(target(), kept);
        })
    };
    assert_eq!(kept(5, 3, 1).closed(60), []);
    assert_eq!(kept(5, 3, 2).closed(60), [Gate::Budget]);
    assert_eq!(kept(2, 9, 0).closed(60), []);
    // Others wait, and this owner has its share: not even a free place is for it, unless it is urgent.
    let shared = filled(20, 1).with(|world| world.has_fair_share = true);
    assert_eq!(shared.closed(60), [Gate::Budget]);
    assert_eq!(urgent(shared).closed(60), []);
}

#[test]
fn what_a_rollout_holds_is_woken_by_it() {
    let mut world = world().with(|world| {
        world.offer = Offer {
            closed: vec![(Gate::Ring, WaitOn::Halt(change()), None)],
            ..Offer::default()
        };
        world.topology.budgets.insert(target(), 0);
    });
    world.look(100);
    world.slot.state = crate::slot::SlotState::Pending(world.pending.clone());
    assert_eq!(world.slot.waiting_for(), Some(WaitingFor::Rollout));
}
