//! What became of a change in one application, read from its slot and its edges.

use downriver_version::PackageVersionId;

use super::{Broken, Rollout};
use crate::catalog::Application;
use crate::dependency::{Built, Edge};
use crate::slot::{
    Calendar, Gate, Held, HeldReason, Pending, Slot, SlotState, WaitOn, is_off_calendar, pause_on,
};
use crate::{ApplicationId, Timestamp};

/// An application that a change concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub application: ApplicationId,
    pub ring: u32,
    pub standing: Standing,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is to go, and has not started.
    Waiting,
    /// It is to go later: its window is closed, the version too young for it, its limit for the day reached, or its turn in
    /// another change has not come.
    Later,
    /// Starting, running, tried again, or what it built is still to be read.
    InFlight,
    /// Delivered, or succeeded without anything to tell what was built; also by somebody else's execution.
    Succeeded,
    Failed(Broken),
    /// It failed, and that says nothing about the change: it failed before too, the infrastructure did, an operator
    /// looked at it; or it did not pick the change up.
    Uncounted,
    /// It cannot go without a person; why.
    Unable(String),
}

/// `None` where the change asks for nothing. `edges` are those of the application to the package.
pub fn stand(
    rollout: &Rollout,
    slot: &Slot,
    edges: &[Edge],
    is_shadow: bool,
    calendar: Calendar<'_>,
) -> Option<Standing> {
    let application = calendar.application;
    let change = &rollout.package_version;
    let asks = |slot: &Slot| {
        slot.rebuild()
            .and_then(|rebuild| rebuild.packages.get(change.package()))
            .is_some_and(|wanted| wanted.version == change.version())
    };
    if asks(slot) {
        return Some(of_state(slot, rollout, is_shadow, calendar));
    }
    let held = slot.held.get(change.package());
    if let Some(held) = held.filter(|held| held.version == change.version()) {
        return Some(of_held(rollout, application, slot, held));
    }
    // What joined may be a copy of the same: what became of it says more.
    if let Some(standing) = of_builds(change, slot, edges, calendar.now) {
        return Some(standing);
    }
    slot.joined
        .contains_key(change.package())
        .then(|| of_joined(slot, calendar.now))
}

/// What joined is judged when what the slot is about now is over.
fn of_joined(slot: &Slot, now: Timestamp) -> Standing {
    match &slot.state {
        SlotState::Stuck(stuck) => Standing::Unable(format!("stuck: {}", stuck.reason)),
        SlotState::Parked(_) => Standing::Unable("parked".to_owned()),
        SlotState::Starting(_) | SlotState::Running(_) => Standing::Later,
        SlotState::Idle | SlotState::Pending(_) if slot.is_index_awaited(now) => Standing::Later,
        SlotState::Idle | SlotState::Pending(_) => Standing::Waiting,
    }
}

fn of_state(slot: &Slot, rollout: &Rollout, is_shadow: bool, calendar: Calendar<'_>) -> Standing {
    let change = &rollout.package_version;
    let had_its_turn = calendar.application.ring <= rollout.ring
        && (rollout.is_ring_released || rollout.released.contains(&calendar.application.id));
    let is_paused = |pending: &Pending| {
        let id = &calendar.application.id;
        pause_on(&pending.rebuild, id, calendar.controls).is_some()
    };
    match &slot.state {
        SlotState::Stuck(stuck) => Standing::Unable(format!("stuck: {}", stuck.reason)),
        SlotState::Parked(_) => Standing::Unable("parked".to_owned()),
        SlotState::Starting(_) | SlotState::Running(_) => Standing::InFlight,
        SlotState::Pending(pending) if had_its_turn && is_retried(pending) => {
            match of_others(pending, change) {
                Standing::Waiting => Standing::InFlight,
                held => held,
            }
        }
        SlotState::Pending(_) if is_shadow => Standing::Unable("in shadow mode".to_owned()),
        SlotState::Pending(pending) if is_paused(pending) => Standing::Unable("paused".to_owned()),
        SlotState::Pending(pending)
            if is_too_young(pending, calendar.now) || is_off_calendar(slot, pending, calendar) =>
        {
            Standing::Later
        }
        SlotState::Pending(pending) => of_others(pending, change),
        SlotState::Idle => Standing::Waiting,
    }
}

/// What another change that it is for makes it wait on: two rollouts must not wait for one another's turns.
fn of_others(pending: &Pending, change: &PackageVersionId) -> Standing {
    let packages = &pending.rebuild.packages;
    let descends = |from: &PackageVersionId| {
        let mut wanted = packages.values();
        wanted.any(|wanted| wanted.cascade.roots.contains(from))
    };
    // A newer version took over since it was looked at: what held the older one holds nothing, but for what descends from it.
    let is_another = |other: &PackageVersionId| {
        let wanted = packages.get(other.package());
        let is_wanted = wanted.is_none_or(|wanted| wanted.version == other.version());
        other != change && (is_wanted || descends(other))
    };
    for wait in &pending.waits {
        match &wait.on {
            WaitOn::Ring { change: other, .. } if is_another(other) => return Standing::Later,
            WaitOn::Halt(other) | WaitOn::Approval(other) if is_another(other) => {
                return Standing::Unable(format!("held by {other}"));
            }
            _ => {}
        }
    }
    Standing::Waiting
}

/// A failed attempt is tried again: its outcome is still to come.
fn is_retried(pending: &Pending) -> bool {
    pending.rebuild.failures > 0
}

/// The gate *age* was closed when it was last looked at, and time has not opened it.
fn is_too_young(pending: &Pending, now: Timestamp) -> bool {
    pending
        .waits
        .iter()
        .any(|wait| wait.gate == Gate::Age && wait.until.is_none_or(|until| now < until))
}

fn of_held(rollout: &Rollout, application: &Application, slot: &Slot, held: &Held) -> Standing {
    match held.reason {
        HeldReason::Failed => of_failure(rollout, application, slot, held),
        HeldReason::NotPickedUp => Standing::Uncounted,
        HeldReason::RolledBack => Standing::Failed(Broken {
            application: application.id.clone(),
            execution: None,
            reason: "its deployment was rolled back".to_owned(),
            url: None,
            at: held.since,
        }),
        HeldReason::Stopped => Standing::Unable("a person stopped it".to_owned()),
        HeldReason::WouldStart => Standing::Unable("in shadow mode".to_owned()),
    }
}

fn of_failure(rollout: &Rollout, application: &Application, slot: &Slot, held: &Held) -> Standing {
    let change = &rollout.package_version;
    let failure = slot.failure.as_ref().filter(|failure| {
        let wanted = failure.rebuild.packages.get(change.package());
        wanted.is_some_and(|wanted| wanted.version == change.version())
    });
    let at = failure.map_or(held.since, |failure| failure.at);
    if rollout.forgiven_until.is_some_and(|until| at <= until) {
        return Standing::Uncounted;
    }
    match failure {
        Some(failure) if failure.excuse.is_some() => Standing::Uncounted,
        Some(failure) => Standing::Failed(Broken {
            application: application.id.clone(),
            execution: failure.execution.clone(),
            reason: failure.reason.clone(),
            url: failure.url.clone(),
            at: failure.at,
        }),
        None => Standing::Failed(Broken {
            application: application.id.clone(),
            execution: None,
            reason: "it failed".to_owned(),
            url: None,
            at: held.since,
        }),
    }
}

fn of_builds(
    change: &PackageVersionId,
    slot: &Slot,
    edges: &[Edge],
    now: Timestamp,
) -> Option<Standing> {
    let delivering = slot.builds.iter().find(|build| {
        build.delivered.iter().any(|delivered| {
            delivered.package == *change.package() && delivered.to == change.version()
        })
    });
    if let Some(build) = delivering {
        let is_read = build.is_proven || !slot.is_index_awaited(now);
        return Some(if is_read {
            Standing::Succeeded
        } else {
            Standing::InFlight
        });
    }
    let is_built = edges.iter().any(|edge| match &edge.dependency.built {
        Built::Proven(version) | Built::Assumed(version) => version == change.version(),
        Built::Unknown => false,
    });
    is_built.then_some(Standing::Succeeded)
}
