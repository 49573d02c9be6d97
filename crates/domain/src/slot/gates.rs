//! The gates of a pending rebuild (DESIGN 4.1): all are evaluated every time, so that a report names every closed one.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use super::{
    ActiveProducer, ControlScope, Controls, Gate, Offer, PauseScope, Pending, Rebuild, Slot,
    SlotState, Wait, WaitOn, Waited,
};
use crate::catalog::{Application, Topology};
use crate::window::{Opening, opening_at};
use crate::{ApplicationId, RebuildId, Timestamp};

/// How often a slot that waits for something else than time is looked at anyway: one sweep interval, in seconds.
const RECHECK_SECS: u64 = 300;
/// What the limit of rebuilds for a day counts, in seconds.
const DAY_SECS: u64 = 24 * 3600;

/// What the gates are held against.
#[derive(Debug, Clone, Copy)]
pub struct GateContext<'a> {
    pub now: Timestamp,
    pub topology: &'a Topology,
    pub application: &'a Application,
    pub controls: &'a Controls,
    pub active: &'a [ActiveProducer],
    /// The rebuilds that hold a place in the target's budget.
    pub budget: &'a BTreeSet<RebuildId>,
    /// Other owners wait for a place in it, and this one has its share already.
    pub has_fair_share: bool,
    /// What its rollouts and the age of its versions let it start with.
    pub offer: &'a Offer,
    /// A backup was put back, and what ran since is not known yet of everything.
    pub is_restored: bool,
}

/// What freezes, windows and limits are held against.
#[derive(Debug, Clone, Copy)]
pub struct Calendar<'a> {
    pub now: Timestamp,
    pub topology: &'a Topology,
    pub application: &'a Application,
    pub controls: &'a Controls,
}

impl<'a> Calendar<'a> {
    const fn of(context: GateContext<'a>) -> Self {
        Self {
            now: context.now,
            topology: context.topology,
            application: context.application,
            controls: context.controls,
        }
    }
}

/// Which gates are closed, and what follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateReport {
    /// Closed gates in the order in which they are explained; empty: it may start.
    pub waits: Vec<Wait>,
    /// *Upriver quiet* would be closed, and `max block` opens it.
    pub is_block_waived: bool,
    pub upriver_held_since: Option<Timestamp>,
    /// Held for hours or until a person decides, so not active for those that depend on it.
    pub is_held: bool,
    /// Held, and time ends it: from then on it is active again.
    pub active_from: Option<Timestamp>,
    /// When to look again; `None`: something else wakes it.
    pub wake_at: Option<Timestamp>,
}

pub fn evaluate_gates(slot: &Slot, pending: &Pending, context: GateContext<'_>) -> GateReport {
    let mut waits = time_waits(slot, pending, context);
    let blockers = blockers(context);
    let held_since = pending
        .rebuild
        .upriver_held_since
        .or_else(|| (!blockers.is_empty()).then_some(context.now));
    let blocked_until =
        held_since.map(|since| since.plus_secs(context.application.policy.max_block_secs));
    let is_block_waived =
        !blockers.is_empty() && blocked_until.is_some_and(|until| context.now >= until);
    if !blockers.is_empty() && !is_block_waived {
        waits.push(wait(
            pending,
            Gate::UpriverQuiet,
            context.now,
            blocked_until,
            WaitOn::Producers(blockers),
        ));
    }
    for (gate, on, until) in &context.offer.closed {
        // An urgent change does not wait for its age.
        if *gate != Gate::Age || !pending.rebuild.is_expedited {
            waits.push(wait(pending, *gate, context.now, *until, on.clone()));
        }
    }
    waits.extend(calendar_waits(slot, pending, Calendar::of(context)));
    if !has_room(pending, context) {
        let target = context.application.pipeline.target.clone();
        waits.push(wait(
            pending,
            Gate::Budget,
            context.now,
            None,
            WaitOn::Target(target),
        ));
    }
    if let Some(scope) = pause_on(&pending.rebuild, &context.application.id, context.controls) {
        let on = WaitOn::Pause(scope);
        waits.push(wait(pending, Gate::NotPaused, context.now, None, on));
    }
    drop_turn_of_another_time(&mut waits);
    waits.sort_by_key(|wait| wait.gate);
    let is_held = waits.iter().any(|wait| holds(wait.gate));
    let is_held_by_people = waits
        .iter()
        .any(|wait| holds(wait.gate) && !wait.on.is_timed());
    let active_from = waits
        .iter()
        .filter(|wait| holds(wait.gate))
        .filter_map(|wait| wait.until)
        .max()
        .filter(|_| is_held && !is_held_by_people);
    let wake_at = if is_held_by_people {
        None
    } else {
        wake_at(&waits, context.now)
    };
    GateReport {
        waits,
        is_block_waived,
        upriver_held_since: held_since,
        is_held,
        active_from,
        wake_at,
    }
}

/// Who could not go anyway is given no turn in its ring until it can: then no turn of others is what it waits for.
fn drop_turn_of_another_time(waits: &mut Vec<Wait>) {
    let is_for_later = |wait: &Wait| {
        matches!(
            wait.gate,
            Gate::Age | Gate::Window | Gate::DailyLimit | Gate::NotPaused
        )
    };
    if waits.iter().any(is_for_later) {
        waits.retain(|wait| !matches!(&wait.on, WaitOn::Ring { open, own, .. } if own <= open));
    }
}

/// What is held by these is not active: it may be so for days.
const fn holds(gate: Gate) -> bool {
    matches!(
        gate,
        Gate::Ring | Gate::Age | Gate::Window | Gate::DailyLimit | Gate::NotPaused | Gate::Approved
    )
}

/// Whether the target has a place for it: one of those that are kept for urgent rebuilds only if it is urgent.
fn has_room(pending: &Pending, context: GateContext<'_>) -> bool {
    let target = &context.application.pipeline.target;
    let is_urgent = pending.rebuild.is_expedited;
    let others = context
        .budget
        .iter()
        .filter(|held| **held != pending.rebuild.id)
        .count();
    let max = context.topology.budget_for(target, is_urgent);
    others < usize::try_from(max).unwrap_or(usize::MAX) && (is_urgent || !context.has_fair_share)
}

/// Whether a freeze, a closed change window or the limit for a day keeps a rebuild from starting now.
pub fn is_off_calendar(slot: &Slot, pending: &Pending, calendar: Calendar<'_>) -> bool {
    !calendar_waits(slot, pending, calendar).is_empty()
}

/// Freezes, change windows and the limit for a day. An urgent rebuild waits for the limit only.
fn calendar_waits(slot: &Slot, pending: &Pending, calendar: Calendar<'_>) -> Vec<Wait> {
    let mut waits = Vec::new();
    let now = calendar.now;
    if !pending.rebuild.is_expedited {
        if let Some((until, on)) = freeze_on(calendar) {
            waits.push(wait(pending, Gate::Window, now, Some(until), on));
        } else if let Some(until) = window_closed_until(calendar) {
            waits.push(wait(pending, Gate::Window, now, Some(until), WaitOn::Time));
        }
    }
    if let Some(until) = limit_reached_until(slot, pending, calendar) {
        waits.push(wait(
            pending,
            Gate::DailyLimit,
            now,
            Some(until),
            WaitOn::Time,
        ));
    }
    waits
}

/// The freeze that ends last, of those that concern the application now.
fn freeze_on(calendar: Calendar<'_>) -> Option<(Timestamp, WaitOn)> {
    let now = calendar.now;
    let of_catalog = calendar
        .topology
        .freezes
        .iter()
        .filter(|freeze| freeze.from <= now)
        .map(|freeze| (freeze.until, None, &freeze.reason));
    let of_operators = scopes_of(calendar.application)
        .into_iter()
        .filter_map(|scope| {
            let freeze = calendar.controls.freezes.get(&scope)?;
            Some((freeze.until, Some(scope), &freeze.reason))
        });
    let (until, scope, reason) = of_catalog
        .chain(of_operators)
        .filter(|(until, ..)| now < *until)
        .max_by_key(|(until, ..)| *until)?;
    let reason = reason.clone();
    Some((until, WaitOn::Freeze { scope, reason }))
}

/// When the application's change window opens, if it is closed and no operator opened it.
fn window_closed_until(calendar: Calendar<'_>) -> Option<Timestamp> {
    let windows = &calendar.application.policy.windows;
    let is_opened = scopes_of(calendar.application).iter().any(|scope| {
        let opened = calendar.controls.openings.get(scope);
        opened.is_some_and(|opened| calendar.now < opened.until)
    });
    if windows.is_empty() || is_opened {
        return None;
    }
    match opening_at(windows, calendar.now) {
        Opening::Open { .. } => None,
        Opening::Closed { until } => Some(until),
    }
}

fn scopes_of(application: &Application) -> [ControlScope; 3] {
    [
        ControlScope::System,
        ControlScope::Owner(application.owner.clone()),
        ControlScope::Application(application.id.clone()),
    ]
}

/// When another rebuild may start, if as many as its limit allows started within a day. One that started already goes on.
fn limit_reached_until(
    slot: &Slot,
    pending: &Pending,
    calendar: Calendar<'_>,
) -> Option<Timestamp> {
    let max = calendar.application.policy.rebuilds_per_day_max?;
    if pending.rebuild.first_started_at.is_some() {
        return None;
    }
    let max = usize::try_from(max).unwrap_or(usize::MAX);
    let oldest = slot.starts.len().checked_sub(max)?;
    let until = slot.starts.get(oldest)?.plus_secs(DAY_SECS);
    (calendar.now < until).then_some(until)
}

/// Whether a pending rebuild has come to the point where everything else decides: settled, and neither backed off nor
/// waiting for an index result.
pub fn is_due(slot: &Slot, application: &Application, now: Timestamp) -> bool {
    let SlotState::Pending(pending) = &slot.state else {
        return false;
    };
    let opens_at = [
        pending.not_before,
        slot.index_awaited_until,
        settled_at(&pending.rebuild, application),
    ];
    opens_at
        .into_iter()
        .flatten()
        .all(|opens_at| opens_at <= now)
}

/// The closed gates that time opens.
fn time_waits(slot: &Slot, pending: &Pending, context: GateContext<'_>) -> Vec<Wait> {
    let is_uncompared = context.is_restored || slot.is_uncompared;
    let compared_at = is_uncompared.then(|| context.now.plus_secs(RECHECK_SECS));
    let settled_at = settled_at(&pending.rebuild, context.application);
    [
        (Gate::Compared, compared_at),
        (Gate::BackOff, pending.not_before),
        (Gate::Indexed, slot.index_awaited_until),
        (Gate::Settled, settled_at),
    ]
    .into_iter()
    .filter_map(|(gate, opens_at)| {
        let until = opens_at.filter(|until| context.now < *until)?;
        Some(wait(pending, gate, context.now, Some(until), WaitOn::Time))
    })
    .collect()
}

/// Writes the report into the rebuild: spans of gates that opened since the last look are kept as `waited`.
pub fn open_gates(pending: &mut Pending, report: &GateReport, now: Timestamp) {
    let closed: BTreeSet<Gate> = report.waits.iter().map(|wait| wait.gate).collect();
    for wait in pending
        .waits
        .iter()
        .filter(|wait| !closed.contains(&wait.gate))
    {
        let waited = Waited {
            gate: wait.gate,
            on: wait.on.clone(),
            since: wait.since,
            until: now,
        };
        if pending.rebuild.waited.len() < Rebuild::WAITED_MAX {
            pending.rebuild.waited.push(waited);
        }
    }
    pending.waits.clone_from(&report.waits);
    pending.rebuild.upriver_held_since = report.upriver_held_since;
}

/// Closes the gate *settled* for a rebuild that has something new to pick up, and says when it opens.
pub fn settle(
    pending: &mut Pending,
    application: &Application,
    now: Timestamp,
) -> Option<Timestamp> {
    let opens_at = settled_at(&pending.rebuild, application)?;
    let since = pending
        .waits
        .iter()
        .find(|wait| wait.gate == Gate::Settled)
        .map_or(now, |wait| wait.since);
    pending.waits.retain(|wait| wait.gate != Gate::Settled);
    if now < opens_at {
        pending.waits.push(Wait {
            gate: Gate::Settled,
            since,
            until: Some(opens_at),
            on: WaitOn::Time,
        });
        pending.waits.sort_by_key(|wait| wait.gate);
    }
    Some(opens_at)
}

/// `min(last change + quiet period, first change + max wait)`; an urgent rebuild does not wait.
fn settled_at(rebuild: &Rebuild, application: &Application) -> Option<Timestamp> {
    let policy = &application.policy;
    let quiet = rebuild.last_change_at.plus_secs(policy.quiet_period_secs);
    let latest = rebuild.requested_at.plus_secs(policy.max_wait_secs);
    (!rebuild.is_expedited).then_some(quiet.min(latest))
}

/// Active producers that reach the application, without those in one cycle with it.
fn blockers(context: GateContext<'_>) -> Vec<ApplicationId> {
    let application = context.application;
    if context.active.is_empty() {
        return Vec::new();
    }
    let reaching = context.topology.reaching(&application.upriver);
    context
        .active
        .iter()
        .filter(|marker| marker.active_from.is_none_or(|from| from <= context.now))
        .map(|marker| &marker.application)
        .filter(|producer| **producer != application.id && reaching.contains(*producer))
        .filter(|producer| !is_reached_by(context, producer))
        .cloned()
        .collect()
}

/// Members of one cycle do not wait for each other.
fn is_reached_by(context: GateContext<'_>, producer: &ApplicationId) -> bool {
    context
        .topology
        .upriver
        .get(producer)
        .is_some_and(|upriver| {
            context
                .topology
                .reaching(upriver)
                .contains(&context.application.id)
        })
}

/// The pause that holds a rebuild, if one does: the widest.
pub fn pause_on(
    rebuild: &Rebuild,
    application: &ApplicationId,
    controls: &Controls,
) -> Option<PauseScope> {
    let scopes = [
        PauseScope::System,
        PauseScope::Application(application.clone()),
    ];
    let packages = rebuild.packages.keys().cloned().map(PauseScope::Package);
    scopes
        .into_iter()
        .chain(packages)
        .find(|scope| controls.pauses.contains_key(scope))
}

/// The gate closed since the last look stays closed since then.
fn wait(
    pending: &Pending,
    gate: Gate,
    now: Timestamp,
    until: Option<Timestamp>,
    on: WaitOn,
) -> Wait {
    let known = pending.waits.iter().find(|wait| wait.gate == gate);
    let since = match (known, gate) {
        (Some(known), _) => known.since,
        (None, Gate::Settled) => pending.rebuild.requested_at.min(now),
        (None, _) => now,
    };
    Wait {
        gate,
        since,
        until,
        on,
    }
}

fn wake_at(waits: &[Wait], now: Timestamp) -> Option<Timestamp> {
    let by_time = waits
        .iter()
        .filter(|wait| wait.on.is_timed())
        .filter_map(|wait| wait.until)
        .max();
    by_time.or_else(|| {
        let recheck = now.plus_secs(RECHECK_SECS);
        waits
            .iter()
            .map(|wait| wait.until.map_or(recheck, |until| until.min(recheck)))
            .min()
    })
}
