//! The gates of a pending rebuild (DESIGN 4.1): all are evaluated every time, so that a report names every closed one.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use super::{
    ActiveProducer, Controls, Gate, PauseScope, Pending, Rebuild, Slot, Wait, WaitOn, Waited,
};
use crate::catalog::{Application, Topology};
use crate::{ApplicationId, RebuildId, Timestamp};

/// How often a slot that waits for something else than time is looked at anyway: one sweep interval, in seconds.
const RECHECK_SECS: u64 = 300;

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
    /// A backup was put back, and what ran since is not known yet of everything.
    pub is_restored: bool,
}

/// Which gates are closed, and what follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateReport {
    /// Closed gates in the order in which they are explained; empty: it may start.
    pub waits: Vec<Wait>,
    /// *Upriver quiet* would be closed, and `max block` opens it.
    pub is_block_waived: bool,
    pub upriver_held_since: Option<Timestamp>,
    /// Held by a person's decision, so not active for those that depend on it.
    pub is_held: bool,
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
    let target = &context.application.pipeline.target;
    let others = context
        .budget
        .iter()
        .filter(|held| **held != pending.rebuild.id)
        .count();
    if others >= usize::try_from(context.topology.budget(target)).unwrap_or(usize::MAX) {
        waits.push(wait(
            pending,
            Gate::Budget,
            context.now,
            None,
            WaitOn::Target(target.clone()),
        ));
    }
    let pause = pause_on(&pending.rebuild, &context.application.id, context.controls);
    let is_held = pause.is_some();
    if let Some(scope) = pause {
        waits.push(wait(
            pending,
            Gate::NotPaused,
            context.now,
            None,
            WaitOn::Pause(scope),
        ));
    }
    let wake_at = if is_held {
        None
    } else {
        wake_at(&waits, context.now)
    };
    GateReport {
        waits,
        is_block_waived,
        upriver_held_since: held_since,
        is_held,
        wake_at,
    }
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
        .filter(|wait| wait.on == WaitOn::Time)
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
