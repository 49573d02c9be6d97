//! What an application was built with, and what a plain build selects, now or then (DESIGN 3).

use std::ops::RangeInclusive;

use downriver_version::{Requirement, RequirementKind, Version};

use super::assess::{LATEST, Subject};
use crate::Timestamp;
use crate::catalog::OnLocked;
use crate::dependency::{Built, Edge};
use crate::inventory::{View, VisibleVersion};

/// DESIGN 3: what the edge says, unless a later successful execution of an unlocked application makes it derivable.
pub(super) fn effective_built(
    subject: Subject<'_>,
    edge: &Edge,
    requirement: Option<&Requirement>,
) -> Built {
    let dependency = &edge.dependency;
    let known = unstamped(&dependency.built, requirement);
    let Some(baseline) = subject.slot.builds.first() else {
        return known;
    };
    let is_current = baseline.is_proven
        || dependency
            .built_as_of
            .is_some_and(|as_of| as_of >= baseline.started_at);
    let is_held_by_lock =
        dependency.is_locked && subject.application.policy.on_locked != OnLocked::Rebuild;
    if is_current || is_held_by_lock {
        return known;
    }
    let during = |end| {
        requirement.and_then(|requirement| {
            wanted_during(subject.view, requirement, &(baseline.started_at..=end))
        })
    };
    let began_with = during(baseline.started_at);
    // What came while it ran may be in it: where that is withdrawn by now, and no rebuild is due anyway, it counts as built,
    // so that it is moved off.
    let is_due = began_with.is_some_and(|version| {
        let wanted = requirement
            .and_then(|requirement| wanted(subject.view, requirement, version.parsed.as_ref()));
        wanted.is_none_or(|wanted| wanted.text != version.text)
    });
    let withdrawn = during(baseline.ended_at).filter(|version| version.is_withdrawn() && !is_due);
    match withdrawn.or(began_with) {
        Some(version) if known.version() == Some(version.text.as_str()) => known,
        Some(version) => Built::Assumed(version.text.clone()),
        None => known,
    }
}

/// A build that asks for `1.0-SNAPSHOT` reports the time-stamped version it got (`1.0-20260131.101500-3`): which of its
/// contents that is, the execution's time tells, as every other copy of the snapshot.
fn unstamped(built: &Built, requirement: Option<&Requirement>) -> Built {
    let snapshot = requirement
        .filter(|requirement| requirement.kind() == RequirementKind::Mutable)
        .map(|requirement| requirement.as_str().trim());
    let is_stamped = |version: &str| {
        let mut parts = version.rsplitn(3, '-');
        let base = parts.nth(2)?;
        (snapshot?.strip_suffix("-SNAPSHOT")? == base).then_some(())
    };
    match (built, snapshot) {
        (Built::Proven(version), Some(snapshot)) if is_stamped(version).is_some() => {
            Built::Proven(snapshot.to_owned())
        }
        (Built::Assumed(version), Some(snapshot)) if is_stamped(version).is_some() => {
            Built::Assumed(snapshot.to_owned())
        }
        _ => built.clone(),
    }
}

/// What a plain rebuild resolves to. A built version that the inventory does not know (it was not seeded) is taken as
/// still there: nothing told that it was withdrawn.
pub(super) fn wanted<'a>(
    view: &'a View,
    requirement: &Requirement,
    built: Option<&Version>,
) -> Option<&'a VisibleVersion> {
    match requirement.kind() {
        RequirementKind::Tag(tag) if tag == LATEST => view.select_latest(None),
        RequirementKind::Tag(_) | RequirementKind::NotFromRegistry(_) => None,
        RequirementKind::Range
        | RequirementKind::Exact
        | RequirementKind::SoftPin
        | RequirementKind::Mutable => view.select_beside(requirement, built),
    }
}

/// What a plain build could resolve to at any moment of this time.
pub(super) fn wanted_during<'a>(
    view: &'a View,
    requirement: &Requirement,
    time: &RangeInclusive<Timestamp>,
) -> Option<&'a VisibleVersion> {
    match requirement.kind() {
        RequirementKind::Tag(tag) if tag == LATEST => view.select_latest(Some(time)),
        _ => view.select_during(requirement, time),
    }
}
