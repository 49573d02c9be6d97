//! The verdict on one change for one application, with its evidence.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeSet;

use downriver_version::{PackageVersionId, RequirementKind, Version};

use super::assess::{
    Assessment, LATEST, Need, Subject, action, assess, built_in, compare, is_third_party,
};
use super::{Action, Direction, Instance, Judgement, Unaffected, Verdict, sentence};
use crate::catalog::{Application, RepositoryId, Topology};
use crate::dependency::{Built, Edge};
use crate::inventory::{VersionStatus, View, VisibleVersion};
use crate::slot::Slot;

/// The change that is judged: a package version as seen by a repository.
#[derive(Debug, Clone, Copy)]
pub struct JudgedChange<'a> {
    pub package_version: &'a PackageVersionId,
    pub repository: &'a RepositoryId,
}

/// What the change means for the application, given the inventory as it now stands (`view`) and the instances of the
/// package in it (`edges`).
pub fn judge(
    topology: &Topology,
    application: &Application,
    slot: &Slot,
    edges: &[Edge],
    visible: &BTreeSet<RepositoryId>,
    view: &View,
    change: JudgedChange<'_>,
) -> Judgement {
    let subject = Subject {
        topology,
        application,
        slot,
        view,
    };
    if edges.is_empty() {
        return alone(application, change, Unaffected::NotADependency);
    }
    if !visible.contains(change.repository) {
        return Judgement {
            instances: unread(edges),
            ..alone(application, change, Unaffected::NotVisible)
        };
    }
    let mut judged: Vec<(Assessment<'_>, Verdict)> = edges
        .iter()
        .map(|edge| {
            let assessment = assess(subject, edge);
            let verdict = judge_instance(subject, &assessment, change);
            (assessment, verdict)
        })
        .collect();
    // Of equally strong verdicts the one that asks for more decides: a direct dependency is told of what excludes it.
    judged.sort_by_key(|(assessment, verdict)| {
        (verdict.rank(), Reverse(act(subject, assessment, verdict)))
    });
    let Some((deciding, verdict)) = judged.first() else {
        return alone(application, change, Unaffected::NotADependency);
    };
    let is_built_assumed = !matches!(deciding.built, Built::Proven(_)) && verdict.rests_on_built();
    Judgement {
        application: application.id.clone(),
        package_version: change.package_version.clone(),
        repository: change.repository.clone(),
        verdict: verdict.clone(),
        action: act(subject, deciding, verdict),
        reason: sentence::of_judgement(subject, deciding, verdict, change),
        wanted: deciding.wanted.map(|wanted| wanted.text.clone()),
        is_assumed: is_built_assumed || !view.is_seeded,
        instances: judged
            .iter()
            .map(|(assessment, verdict)| instance(assessment, verdict))
            .collect(),
    }
}

/// A cascade that is stopped although a person's execution may have brought more into it is told (DESIGN 5, I11).
fn act(subject: Subject<'_>, deciding: &Assessment<'_>, verdict: &Verdict) -> Action {
    let is_stopped = *verdict == Verdict::Unaffected(Unaffected::PassedInCascade);
    let is_doubtful = deciding
        .wanted
        .is_some_and(|wanted| wanted.cascade.is_overlapped);
    if is_stopped && is_doubtful {
        return Action::Notify;
    }
    action(subject.application, Some(deciding.edge), verdict)
}

fn judge_instance(
    subject: Subject<'_>,
    assessment: &Assessment<'_>,
    change: JudgedChange<'_>,
) -> Verdict {
    let Some(requirement) = &assessment.requirement else {
        return Verdict::Unaffected(Unaffected::NotFromRegistry);
    };
    let kind = requirement.kind();
    let version = change.package_version.version();
    let seen = subject.view.get(version);
    let about = assessment.need.as_ref().zip(seen);
    if let Some(verdict) = about.and_then(|(need, seen)| of_need(subject, assessment, need, seen)) {
        return verdict;
    }
    let is_elsewhere = match &kind {
        RequirementKind::NotFromRegistry(_) => true,
        RequirementKind::Tag(tag) => tag != LATEST,
        _ => false,
    };
    if is_elsewhere {
        return Verdict::Unaffected(Unaffected::NotFromRegistry);
    }
    let Some(seen) = seen else {
        return Verdict::Unaffected(Unaffected::NotVisible);
    };
    if let Some(left_out) = left_out(subject, assessment.edge) {
        return Verdict::Unaffected(left_out);
    }
    Verdict::Unaffected(match seen.status {
        VersionStatus::Published => match judge_published(assessment, seen, &kind) {
            Verdict::Excluded if is_third_party_left_out(subject, assessment, seen) => {
                Unaffected::ThirdParty
            }
            verdict => return verdict,
        },
        VersionStatus::Unfinished => Unaffected::NotPublished,
        _ if seen.published_at.is_some() || seen.withdrawn_at.is_some() => {
            Unaffected::WithdrawnNotBuilt
        }
        _ => Unaffected::NotPublished,
    })
}

/// The verdict that the state has on this version: it is asked for, or its withdrawal asks for something.
fn of_need(
    subject: Subject<'_>,
    assessment: &Assessment<'_>,
    need: &Need<'_>,
    seen: &VisibleVersion,
) -> Option<Verdict> {
    let is_wanted = need.version.is_some_and(|wanted| wanted.text == seen.text);
    let is_withdrawal = matches!(need.verdict, Verdict::MovesOff(_) | Verdict::Stranded(_));
    let is_built =
        || built_in(subject.view, assessment).is_some_and(|built| built.text == seen.text);
    let is_about_this = is_wanted || (is_withdrawal && is_built());
    if !is_about_this {
        return None;
    }
    let verdict = match &need.verdict {
        // What takes the withdrawn version's place is picked as any newer version is.
        Verdict::MovesOff(Direction::Newer) if is_wanted => Verdict::Picks,
        Verdict::Stranded(_) if is_wanted => return need.instead.clone(),
        verdict => verdict.clone(),
    };
    Some(need.dropped.map_or(verdict, Verdict::Unaffected))
}

/// A public package's next major version is nobody's to be told of, unless its policy follows public packages.
fn is_third_party_left_out(
    subject: Subject<'_>,
    assessment: &Assessment<'_>,
    seen: &VisibleVersion,
) -> bool {
    !subject.application.policy.is_third_party_followed
        && is_third_party(subject, assessment.edge, seen)
}

/// A visible `Published` version that the state does not ask for.
fn judge_published(
    assessment: &Assessment<'_>,
    seen: &VisibleVersion,
    kind: &RequirementKind,
) -> Verdict {
    let built = assessment.built_parsed.as_ref();
    match compare(seen.parsed.as_ref(), built) {
        Some(Ordering::Equal) => return Verdict::Unaffected(Unaffected::BuiltAlready),
        Some(Ordering::Less) => return Verdict::Unaffected(Unaffected::NewerBuiltAlready),
        _ if assessment.built.version() == Some(seen.text.as_str()) => {
            return Verdict::Unaffected(Unaffected::BuiltAlready);
        }
        _ => {}
    }
    if matches!(kind, RequirementKind::SoftPin | RequirementKind::Mutable) {
        return Verdict::Unaffected(Unaffected::SoftPinned);
    }
    match admission(assessment, seen.parsed.as_ref(), kind) {
        Admission::Admitted => Verdict::Unaffected(admitted_but_not_wanted(assessment, seen)),
        Admission::OnlyAsPrerelease => Verdict::Unaffected(Unaffected::PrereleaseNotSelected),
        Admission::Refused => Verdict::Excluded,
    }
}

enum Admission {
    Admitted,
    OnlyAsPrerelease,
    Refused,
}

fn admission(
    assessment: &Assessment<'_>,
    version: Option<&Version>,
    kind: &RequirementKind,
) -> Admission {
    let (Some(requirement), Some(version)) = (&assessment.requirement, version) else {
        return Admission::Refused;
    };
    if matches!(kind, RequirementKind::Tag(_)) {
        return if version.is_prerelease() {
            Admission::OnlyAsPrerelease
        } else {
            Admission::Admitted
        };
    }
    if requirement.admits(version) {
        return Admission::Admitted;
    }
    if version.is_prerelease() && requirement.admits_with_prereleases(version) {
        return Admission::OnlyAsPrerelease;
    }
    Admission::Refused
}

fn admitted_but_not_wanted(assessment: &Assessment<'_>, seen: &VisibleVersion) -> Unaffected {
    let is_prerelease = seen.parsed.as_ref().is_some_and(Version::is_prerelease);
    let is_wanted_final = assessment
        .wanted
        .and_then(|wanted| wanted.parsed.as_ref())
        .is_none_or(|wanted| !wanted.is_prerelease());
    if is_prerelease && is_wanted_final {
        Unaffected::PrereleaseNotSelected
    } else {
        Unaffected::SelectsAnother
    }
}

fn left_out(subject: Subject<'_>, edge: &Edge) -> Option<Unaffected> {
    if !subject
        .application
        .policy
        .scopes
        .contains(&edge.dependency.scope)
    {
        return Some(Unaffected::ScopeLeftOut);
    }
    (!subject.application.is_followed(&edge.dependency)).then_some(Unaffected::FollowLeftOut)
}

fn alone(application: &Application, change: JudgedChange<'_>, why: Unaffected) -> Judgement {
    Judgement {
        application: application.id.clone(),
        package_version: change.package_version.clone(),
        repository: change.repository.clone(),
        verdict: Verdict::Unaffected(why),
        action: Action::Nothing,
        reason: sentence::of_unaffected_alone(why, change),
        wanted: None,
        is_assumed: false,
        instances: Vec::new(),
    }
}

fn unread(edges: &[Edge]) -> Vec<Instance> {
    edges
        .iter()
        .map(|edge| {
            of_edge(
                edge,
                edge.dependency.built.clone(),
                &Verdict::Unaffected(Unaffected::NotVisible),
            )
        })
        .collect()
}

fn instance(assessment: &Assessment<'_>, verdict: &Verdict) -> Instance {
    of_edge(assessment.edge, assessment.built.clone(), verdict)
}

fn of_edge(edge: &Edge, built: Built, verdict: &Verdict) -> Instance {
    let dependency = &edge.dependency;
    Instance {
        verdict: verdict.clone(),
        requirement: dependency.requirement.clone(),
        built,
        is_locked: dependency.is_locked,
        path: dependency.path.clone(),
        scope: dependency.scope,
        evidence: dependency.evidence.clone(),
        lock: dependency.lock.clone(),
        is_requirement_assumed: dependency.is_requirement_assumed,
    }
}
