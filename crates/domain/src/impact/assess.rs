//! One instance of a package in one application, held against what the application sees now: what it was built with,
//! what a plain rebuild would pick, and whether that asks for a rebuild.

use std::cmp::Ordering;

use downriver_version::{PackageId, PackageVersionId, Requirement, RequirementKind, Version};

use super::baseline::{effective_built, wanted, wanted_during};
use super::{Action, Direction, Stranding, Unaffected, Verdict};
use crate::Timestamp;
use crate::catalog::{Application, OnLocked, RepositoryId, Rollback, Topology, Versioning};
use crate::dependency::{Built, Edge};
use crate::inventory::{Cascade, Origin, VersionStatus, View, VisibleVersion};
use crate::slot::{Held, HeldReason, Slot};

/// The distribution tag that a plain install follows; events do not report tags, so it is taken to name the highest final.
pub(super) const LATEST: &str = "latest";

/// What one package asks of an application's next rebuild: the version it is to pick up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    pub version: String,
    /// Of a mutable version: the revision of the package.
    pub revision: Option<String>,
    pub from: Option<String>,
    pub needs_refresh: bool,
    pub repository: RepositoryId,
    pub cascade: Cascade,
    pub verdict: Verdict,
    pub reason: String,
    /// When that version appeared or was last revised, as far as is known.
    pub appeared_at: Timestamp,
    /// Published by others; the minimum age is for it.
    pub is_third_party: bool,
}

/// The state of one instance, before any particular change is looked at.
pub(super) struct Assessment<'a> {
    pub(super) edge: &'a Edge,
    /// `None`: the requirement cannot be read.
    pub(super) requirement: Option<Requirement>,
    pub(super) built: Built,
    pub(super) built_parsed: Option<Version>,
    /// What a plain rebuild resolves the package to.
    pub(super) wanted: Option<&'a VisibleVersion>,
    /// What the state asks for, and of which version; `None`: nothing.
    pub(super) need: Option<Need<'a>>,
}

pub(super) struct Need<'a> {
    pub(super) verdict: Verdict,
    pub(super) version: Option<&'a VisibleVersion>,
    /// What `version` is in itself, where a lock holds the withdrawn version: the newer one that a refresh brings.
    pub(super) instead: Option<Verdict>,
    /// Set where the need stands but nothing may come of it.
    pub(super) dropped: Option<Unaffected>,
}

/// Whose state is looked at.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) topology: &'a Topology,
    pub(super) application: &'a Application,
    pub(super) slot: &'a Slot,
    pub(super) view: &'a View,
}

/// What the package, over all its instances in the application, asks for now; `None`: a rebuild would change nothing
/// that its policy wants changed.
pub fn ask(
    topology: &Topology,
    application: &Application,
    slot: &Slot,
    edges: &[Edge],
    view: &View,
) -> Option<Ask> {
    let subject = Subject {
        topology,
        application,
        slot,
        view,
    };
    let mut asks = edges
        .iter()
        .map(|edge| assess(subject, edge))
        .filter_map(|assessment| asked(subject, &assessment));
    let mut strongest = asks.next()?;
    for ask in asks {
        let needs_refresh = strongest.needs_refresh || ask.needs_refresh;
        if is_stronger(&ask, &strongest, edges) {
            strongest = ask;
        }
        strongest.needs_refresh = needs_refresh;
    }
    Some(strongest)
}

/// Of equally strong asks the newest version counts, as it is the one that is still to come in the other's branch.
fn is_stronger(ask: &Ask, than: &Ask, edges: &[Edge]) -> bool {
    let parsed = |version: &str| {
        let format = edges.first()?.dependency.package.format();
        Version::parse(format, version).ok()
    };
    match ask.verdict.rank().cmp(&than.verdict.rank()) {
        Ordering::Less => true,
        Ordering::Greater => false,
        Ordering::Equal => {
            let order = compare(
                parsed(&ask.version).as_ref(),
                parsed(&than.version).as_ref(),
            );
            order == Some(Ordering::Greater)
        }
    }
}

pub(super) fn assess<'a>(subject: Subject<'a>, edge: &'a Edge) -> Assessment<'a> {
    let dependency = &edge.dependency;
    let requirement = Requirement::parse(dependency.package.format(), &dependency.requirement).ok();
    let built = effective_built(subject, edge, requirement.as_ref());
    let built_parsed = built
        .version()
        .and_then(|version| Version::parse(dependency.package.format(), version).ok());
    let wanted = requirement
        .as_ref()
        .and_then(|requirement| wanted(subject.view, requirement, built_parsed.as_ref()));
    let mut assessment = Assessment {
        edge,
        requirement,
        built,
        built_parsed,
        wanted,
        need: None,
    };
    assessment.need = need(subject, &assessment).map(|mut need| {
        need.dropped = need
            .dropped
            .or_else(|| dropped(subject, edge, &need.verdict, need.version));
        need.instead = need.instead.map(|verdict| {
            dropped(subject, edge, &verdict, need.version).map_or(verdict, Verdict::Unaffected)
        });
        need
    });
    assessment
}

/// What is done about a verdict under this application's policy (the table of DESIGN 3).
pub(super) fn action(application: &Application, edge: Option<&Edge>, verdict: &Verdict) -> Action {
    let is_direct = edge.is_some_and(|edge| edge.dependency.is_direct);
    let action = match verdict {
        Verdict::Picks | Verdict::MovesOff(Direction::Newer) => Action::Rebuild,
        Verdict::Locked => match application.policy.on_locked {
            OnLocked::Refresh => Action::Refresh,
            OnLocked::Rebuild => Action::Rebuild,
            OnLocked::Notify => Action::Notify,
            OnLocked::Ignore => Action::Nothing,
        },
        Verdict::Excluded if is_direct => Action::Notify,
        Verdict::Excluded | Verdict::Unaffected(_) => Action::Nothing,
        Verdict::MovesOff(Direction::Older) => match application.policy.rollback {
            Rollback::Auto => Action::Rebuild,
            Rollback::Notify => Action::Notify,
        },
        Verdict::Stranded(Stranding::Gone) => Action::NotifyUrgent,
        Verdict::Stranded(Stranding::Unlisted) => Action::Notify,
    };
    let is_source = application.versioning == Versioning::Source && application.is_producer();
    match action {
        Action::Rebuild | Action::Refresh if is_source && !application.policy.is_source_rebuilt => {
            Action::Notify
        }
        other => other,
    }
}

fn asked(subject: Subject<'_>, assessment: &Assessment<'_>) -> Option<Ask> {
    let need = assessment
        .need
        .as_ref()
        .filter(|need| need.dropped.is_none())?;
    let version = need.version?;
    let verdict = need.instead.as_ref().unwrap_or(&need.verdict);
    let action = action(subject.application, Some(assessment.edge), verdict);
    if !matches!(action, Action::Rebuild | Action::Refresh) {
        return None;
    }
    let mut cascade = version.cascade.clone();
    cascade.is_urgent |= subject
        .topology
        .is_urgent(&assessment.edge.dependency.package);
    Some(Ask {
        version: version.text.clone(),
        revision: version.revision.clone().filter(|_| {
            is_mutable(
                subject.topology,
                &assessment.edge.dependency.package,
                version,
            )
        }),
        from: assessment.built.version().map(str::to_owned),
        needs_refresh: action == Action::Refresh,
        repository: version.repository.clone(),
        cascade,
        is_third_party: is_third_party(subject, assessment.edge, version),
        verdict: verdict.clone(),
        reason: super::sentence::of_need(assessment, need, verdict),
        appeared_at: version
            .published_at
            .map_or(version.revised_at, |published| {
                published.max(version.revised_at)
            }),
    })
}

fn need<'a>(subject: Subject<'a>, assessment: &Assessment<'a>) -> Option<Need<'a>> {
    let requirement = assessment.requirement.as_ref()?;
    if matches!(requirement.kind(), RequirementKind::NotFromRegistry(_)) {
        return None;
    }
    let dependency = &assessment.edge.dependency;
    let is_locked =
        dependency.is_locked && subject.application.policy.on_locked != OnLocked::Rebuild;
    if let Some(withdrawn) = built_withdrawn(subject.view, assessment) {
        let is_unreported =
            matches!(requirement.kind(), RequirementKind::Tag(tag) if tag != LATEST);
        // Where a tag points to now, no event tells; a lock is held fast all the same.
        return (is_locked || !is_unreported)
            .then(|| off(withdrawn, is_locked, &requirement.kind(), assessment));
    }
    let wanted = assessment.wanted?;
    let verdict = if is_locked {
        Verdict::Locked
    } else {
        Verdict::Picks
    };
    let Some(built) = assessment.built.version() else {
        let registered_at = subject.application.registered_at;
        let is_revised = is_mutable(subject.topology, &dependency.package, wanted)
            && wanted.revised_at > registered_at;
        let is_later = wanted.offered_at > registered_at || is_revised;
        let dropped = (!is_later).then_some(Unaffected::PublishedBeforeRegistration);
        return Some(Need {
            verdict,
            version: Some(wanted),
            instead: None,
            dropped,
        });
    };
    let is_other = if built == wanted.text {
        is_mutable(subject.topology, &dependency.package, wanted)
            && is_revised(subject, assessment, wanted)
    } else {
        !is_equal(assessment.built_parsed.as_ref(), wanted)
    };
    is_other.then_some(Need {
        verdict,
        version: Some(wanted),
        instead: None,
        dropped: None,
    })
}

/// The built version, where no visible copy of it is `Published` any more. One that was deleted and is being published
/// again is not there either until that is finished.
fn built_withdrawn<'a>(view: &'a View, assessment: &Assessment<'_>) -> Option<&'a VisibleVersion> {
    built_in(view, assessment).filter(|version| version.is_withdrawn())
}

/// The built version as the application sees it.
pub(super) fn built_in<'a>(
    view: &'a View,
    assessment: &Assessment<'_>,
) -> Option<&'a VisibleVersion> {
    match &assessment.built_parsed {
        Some(built) => view.find(built),
        None => view.get(assessment.built.version()?),
    }
}

fn off<'a>(
    withdrawn: &VisibleVersion,
    is_locked: bool,
    kind: &RequirementKind,
    assessment: &Assessment<'a>,
) -> Need<'a> {
    let is_pinned = matches!(
        kind,
        RequirementKind::Exact | RequirementKind::SoftPin | RequirementKind::Mutable
    );
    let is_held = is_locked || is_pinned;
    let stranding = if withdrawn.status == VersionStatus::Unlisted && is_held {
        Stranding::Unlisted
    } else {
        Stranding::Gone
    };
    let is_newer = assessment.wanted.is_some_and(|wanted| {
        compare(wanted.parsed.as_ref(), assessment.built_parsed.as_ref()) == Some(Ordering::Greater)
    });
    let verdict = match assessment.wanted {
        Some(_) if !is_held => Verdict::MovesOff(if is_newer {
            Direction::Newer
        } else {
            Direction::Older
        }),
        _ => Verdict::Stranded(stranding),
    };
    Need {
        instead: (is_locked && is_newer).then_some(Verdict::Locked),
        verdict,
        version: assessment.wanted,
        dropped: None,
    }
}

/// Why a need is left alone, if it is.
fn dropped(
    subject: Subject<'_>,
    edge: &Edge,
    verdict: &Verdict,
    version: Option<&VisibleVersion>,
) -> Option<Unaffected> {
    let application = subject.application;
    if !application.policy.scopes.contains(&edge.dependency.scope) {
        return Some(Unaffected::ScopeLeftOut);
    }
    if !application.is_followed(&edge.dependency) {
        return Some(Unaffected::FollowLeftOut);
    }
    // That the next build breaks is said whoever published what is gone; it triggers nothing.
    let version = version.filter(|_| !matches!(verdict, Verdict::Stranded(_)))?;
    let is_third_party = is_third_party(subject, edge, version);
    if is_third_party && !application.policy.is_third_party_followed {
        return Some(Unaffected::ThirdParty);
    }
    if is_third_party && was_pulled_in_by_own_build(subject.slot, version) {
        return Some(Unaffected::BuiltAlready);
    }
    let is_appearance = matches!(verdict, Verdict::Picks | Verdict::Locked);
    if is_appearance && version.cascade.applications.contains(&application.id) {
        return Some(Unaffected::PassedInCascade);
    }
    let held = subject.slot.held.get(&edge.dependency.package)?;
    let is_shadow_over = held.reason == HeldReason::WouldStart && !is_shadow(subject);
    let is_attempted = held.version == version.text
        || (is_appearance && was_attempted_beside(subject.view, edge, held, version));
    (is_attempted && !is_shadow_over && version.revised_at <= held.since)
        .then_some(Unaffected::AlreadyAttempted)
}

/// What is held is one version of the package, and the execution built with a lower one as well: where an application has
/// several instances, each selects its own. A newer one goes, whatever was attempted.
fn was_attempted_beside(view: &View, edge: &Edge, held: &Held, version: &VisibleVersion) -> bool {
    let is_of_a_build = matches!(
        held.reason,
        HeldReason::Failed | HeldReason::NotPickedUp | HeldReason::WouldStart
    );
    let dependency = &edge.dependency;
    let requirement = Requirement::parse(dependency.package.format(), &dependency.requirement);
    let selected = requirement
        .ok()
        .and_then(|requirement| wanted_during(view, &requirement, &(held.since..=held.since)));
    let attempted = Version::parse(dependency.package.format(), &held.version).ok();
    is_of_a_build
        && selected.is_some_and(|selected| selected.text == version.text)
        && compare(version.parsed.as_ref(), attempted.as_ref()) == Some(Ordering::Less)
}

pub(super) fn is_third_party(subject: Subject<'_>, edge: &Edge, version: &VisibleVersion) -> bool {
    version.origin == Origin::External && !subject.topology.is_internal(&edge.dependency.package)
}

fn is_shadow(subject: Subject<'_>) -> bool {
    subject.topology.is_shadow || subject.application.policy.is_shadow
}

/// DESIGN 3: a version seen first in the application's own repositories between the start of its execution and 15
/// minutes after its end, with origin EXTERNAL, counts as built by it.
fn was_pulled_in_by_own_build(slot: &Slot, version: &VisibleVersion) -> bool {
    const INGESTION_SECS_MAX: u64 = 15 * 60;
    slot.executions.iter().any(|execution| {
        version.first_seen >= execution.started_at
            && execution
                .ended_at
                .is_none_or(|ended| version.first_seen <= ended.plus_secs(INGESTION_SECS_MAX))
    })
}

/// The version says so, not the requirement: a range may select a `-SNAPSHOT` as well.
fn is_mutable(topology: &Topology, package: &PackageId, wanted: &VisibleVersion) -> bool {
    PackageVersionId::new(package.clone(), &wanted.text)
        .is_ok_and(|package_version| topology.is_mutable(&package_version))
}

/// Mutable versions: the built revision is the latest seen when the execution started, in the repository of first
/// publication.
fn is_revised(subject: Subject<'_>, assessment: &Assessment<'_>, wanted: &VisibleVersion) -> bool {
    let dependency = &assessment.edge.dependency;
    let baseline = subject.slot.builds.first().map(|build| build.started_at);
    let built_as_of = dependency
        .built_as_of
        .max(baseline)
        .unwrap_or(subject.application.registered_at);
    let is_same_revision = dependency.built_as_of >= baseline
        && dependency.built_revision.is_some()
        && dependency.built_revision == wanted.revision;
    !is_same_revision && wanted.revised_at > built_as_of
}

fn is_equal(built: Option<&Version>, wanted: &VisibleVersion) -> bool {
    compare(built, wanted.parsed.as_ref()) == Some(Ordering::Equal)
}

pub(super) fn compare(a: Option<&Version>, b: Option<&Version>) -> Option<Ordering> {
    a?.compare(b?)
}
