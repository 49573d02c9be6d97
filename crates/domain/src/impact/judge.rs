//! The verdict on one change for one application, with its evidence.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use downriver_version::{PackageVersionId, RequirementKind, Version};

use super::assess::{Assessment, LATEST, Subject, action, assess, compare};
use super::{Action, Instance, Judgement, Unaffected, Verdict, sentence};
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
    judged.sort_by_key(|(_, verdict)| verdict.rank());
    let (deciding, verdict) = judged
        .first()
        .expect("there is an edge, so there is an instance");
    let is_built_assumed =
        !matches!(deciding.built, Built::Proven(_)) && !matches!(verdict, Verdict::Excluded);
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

fn act(subject: Subject<'_>, deciding: &Assessment<'_>, verdict: &Verdict) -> Action {
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
    let is_elsewhere = match &kind {
        RequirementKind::NotFromRegistry(_) => true,
        RequirementKind::Tag(tag) => tag != LATEST,
        _ => false,
    };
    if is_elsewhere {
        return Verdict::Unaffected(Unaffected::NotFromRegistry);
    }
    let version = change.package_version.version();
    let Some(seen) = subject.view.get(version) else {
        return Verdict::Unaffected(Unaffected::NotVisible);
    };
    if let Some(need) = &assessment.need {
        let is_about_this = match need.verdict {
            Verdict::MovesOff(_) | Verdict::Stranded(_) => {
                assessment.built.version() == Some(version)
            }
            _ => need.version.is_some_and(|wanted| wanted.text == version),
        };
        if is_about_this {
            return need
                .dropped
                .map_or_else(|| need.verdict.clone(), Verdict::Unaffected);
        }
    }
    if let Some(left_out) = left_out(subject, assessment.edge) {
        return Verdict::Unaffected(left_out);
    }
    Verdict::Unaffected(match seen.status {
        VersionStatus::Published => return judge_published(assessment, seen, &kind),
        VersionStatus::Unfinished => Unaffected::NotPublished,
        _ if seen.published_at.is_some() || seen.withdrawn_at.is_some() => {
            Unaffected::WithdrawnNotBuilt
        }
        _ => Unaffected::NotPublished,
    })
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
    if *kind == RequirementKind::SoftPin {
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
    }
}
