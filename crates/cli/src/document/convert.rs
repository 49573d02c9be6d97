//! From the engine's records to the document's.

use std::collections::BTreeSet;

use downriver_domain::impact::{
    Action, Direction, Instance, Judgement, Stranding, Unaffected, Verdict,
};
use downriver_domain::slot::{PauseScope, WaitOn, Waited};
use downriver_domain::{Built, Evidence, Scope, Timestamp};
use downriver_engine::history::{Outcome, RebuildRecord};

use super::{
    ActionName, BuiltHow, InstanceDocument, OutcomeName, RebuildDocument, VerdictDocument,
    VerdictName, WaitedDocument,
};
use crate::render::time::rfc3339;

pub(crate) fn verdict(
    story: Option<&str>,
    at: Option<Timestamp>,
    judgement: &Judgement,
) -> VerdictDocument {
    VerdictDocument {
        story: story.map(str::to_owned),
        at: at.map(rfc3339),
        application: judgement.application.to_string(),
        package_version: judgement.package_version.to_string(),
        repository: judgement.repository.to_string(),
        verdict: verdict_name(&judgement.verdict),
        why: why(&judgement.verdict).map(str::to_owned),
        reason: judgement.reason.clone(),
        action: action_name(judgement.action),
        wanted: judgement.wanted.clone(),
        assumed: judgement.is_assumed,
        instances: judgement.instances.iter().map(instance).collect(),
    }
}

pub(crate) fn rebuild(story: Option<&str>, record: &RebuildRecord) -> RebuildDocument {
    let mut roots = BTreeSet::new();
    for change in &record.changes {
        if change.cascade.roots.is_empty() {
            roots.insert(change.package_version.to_string());
        }
        roots.extend(change.cascade.roots.iter().map(ToString::to_string));
    }
    let changes = record.changes.iter();
    RebuildDocument {
        story: story.map(str::to_owned),
        id: record.id.to_string(),
        application: record.application.to_string(),
        changes: changes
            .map(|change| change.package_version.to_string())
            .collect(),
        cascade_roots: roots.into_iter().collect(),
        requested_at: rfc3339(record.requested_at),
        started_at: record.started_at.map(rfc3339),
        finished_at: record.finished_at.map(rfc3339),
        outcome: outcome_name(record.outcome),
        reason: record.reason.clone(),
        waited_on: record.waited.iter().map(waited).collect(),
        attempts: record.attempts,
        executions: record.executions.iter().map(ToString::to_string).collect(),
    }
}

fn instance(instance: &Instance) -> InstanceDocument {
    InstanceDocument {
        requirement: instance.requirement.clone(),
        verdict: verdict_name(&instance.verdict),
        built: instance.built.version().map(str::to_owned),
        built_how: match instance.built {
            Built::Proven(_) => BuiltHow::Proven,
            Built::Assumed(_) => BuiltHow::Assumed,
            Built::Unknown => BuiltHow::Unknown,
        },
        locked: instance.is_locked,
        path: instance.path.iter().map(ToString::to_string).collect(),
        scope: scope_name(instance.scope).to_owned(),
        evidence: evidence_text(&instance.evidence),
        requirement_assumed: instance.is_requirement_assumed,
        lock: instance.lock.as_ref().map(evidence_text),
    }
}

fn waited(waited: &Waited) -> WaitedDocument {
    WaitedDocument {
        gate: waited.gate.as_str().to_owned(),
        since: rfc3339(waited.since),
        until: rfc3339(waited.until),
        on: awaited(&waited.on),
    }
}

/// What a gate waits for, by name.
pub(crate) fn awaited(on: &WaitOn) -> Vec<String> {
    match on {
        WaitOn::Time => Vec::new(),
        WaitOn::Freeze { reason, .. } => vec![reason.clone()],
        WaitOn::Ring { change, .. } | WaitOn::Halt(change) | WaitOn::Approval(change) => {
            vec![change.to_string()]
        }
        WaitOn::Execution(execution) => vec![execution.to_string()],
        WaitOn::Producers(producers) => producers.iter().map(ToString::to_string).collect(),
        WaitOn::Target(target) => vec![target.to_string()],
        WaitOn::Pause(PauseScope::System) => vec!["everything".to_owned()],
        WaitOn::Pause(PauseScope::Application(application)) => vec![application.to_string()],
        WaitOn::Pause(PauseScope::Package(package)) => vec![package.to_string()],
    }
}

/// `package-lock.json:31`.
pub(crate) fn evidence_text(evidence: &Evidence) -> String {
    match evidence.line {
        Some(line) => format!("{}:{line}", evidence.file),
        None => evidence.file.to_string(),
    }
}

pub(crate) const fn scope_name(scope: Scope) -> &'static str {
    match scope {
        Scope::Runtime => "runtime",
        Scope::Dev => "dev",
        Scope::Test => "test",
        Scope::Build => "build",
        Scope::Optional => "optional",
        Scope::Peer => "peer",
    }
}

pub(crate) const fn verdict_name(verdict: &Verdict) -> VerdictName {
    match verdict {
        Verdict::Picks => VerdictName::Picks,
        Verdict::Locked => VerdictName::Locked,
        Verdict::Excluded => VerdictName::Excluded,
        Verdict::Unaffected(_) => VerdictName::Unaffected,
        Verdict::MovesOff(_) => VerdictName::MovesOff,
        Verdict::Stranded(_) => VerdictName::Stranded,
    }
}

/// The second word of a verdict.
pub(crate) const fn why(verdict: &Verdict) -> Option<&'static str> {
    Some(match verdict {
        Verdict::Picks | Verdict::Locked | Verdict::Excluded => return None,
        Verdict::MovesOff(Direction::Newer) => "newer",
        Verdict::MovesOff(Direction::Older) => "older",
        Verdict::Stranded(Stranding::Gone) => "gone",
        Verdict::Stranded(Stranding::Unlisted) => "unlisted",
        Verdict::Unaffected(why) => unaffected_name(*why),
    })
}

const fn unaffected_name(why: Unaffected) -> &'static str {
    match why {
        Unaffected::BuiltAlready => "built_already",
        Unaffected::NewerBuiltAlready => "newer_built_already",
        Unaffected::NotVisible => "not_visible",
        Unaffected::PrereleaseNotSelected => "prerelease_not_selected",
        Unaffected::SelectsAnother => "selects_another",
        Unaffected::SoftPinned => "soft_pinned",
        Unaffected::ScopeLeftOut => "scope_left_out",
        Unaffected::FollowLeftOut => "follow_left_out",
        Unaffected::ThirdParty => "third_party",
        Unaffected::PublishedBeforeRegistration => "published_before_registration",
        Unaffected::NotADependency => "not_a_dependency",
        Unaffected::AlreadyAttempted => "already_attempted",
        Unaffected::PassedInCascade => "passed_in_cascade",
        Unaffected::NotFromRegistry => "not_from_registry",
        Unaffected::NotPublished => "not_published",
        Unaffected::WithdrawnNotBuilt => "withdrawn_not_built",
    }
}

pub(crate) const fn action_name(action: Action) -> ActionName {
    match action {
        Action::Nothing => ActionName::Nothing,
        Action::Notify => ActionName::Notify,
        Action::NotifyUrgent => ActionName::NotifyUrgent,
        Action::Rebuild => ActionName::Rebuild,
        Action::Refresh => ActionName::Refresh,
    }
}

pub(crate) const fn outcome_name(outcome: Outcome) -> OutcomeName {
    match outcome {
        Outcome::Pending => OutcomeName::Pending,
        Outcome::Starting => OutcomeName::Starting,
        Outcome::Running => OutcomeName::Running,
        Outcome::Parked => OutcomeName::Parked,
        Outcome::Stuck => OutcomeName::Stuck,
        Outcome::Succeeded => OutcomeName::Succeeded,
        Outcome::Delivered => OutcomeName::Delivered,
        Outcome::NotPickedUp => OutcomeName::NotPickedUp,
        Outcome::Unproven => OutcomeName::Unproven,
        Outcome::Failed => OutcomeName::Failed,
        Outcome::Stopped => OutcomeName::Stopped,
        Outcome::NotNeeded => OutcomeName::NotNeeded,
        Outcome::WouldStart => OutcomeName::WouldStart,
        Outcome::Removed => OutcomeName::Removed,
    }
}
