//! The answers to questions, as JSON.

use downriver_domain::rollout::Hold;
use downriver_domain::slot::{ControlScope, SlotState, Timed, Wait};
use downriver_domain::{Edge, RepositoryId, Rollout};
use downriver_engine::history::{HistoryBody, HistoryEntry};
use downriver_engine::ports::ApplicationState;
use downriver_engine::query::{Dependents, Explanation, Plan, Planned, Status};
use serde::Serialize;

use super::convert::{awaited, evidence_text, rebuild, scope_name, verdict};
use super::{RebuildDocument, VerdictDocument};
use crate::render::time::rfc3339;

#[derive(Serialize)]
pub(crate) struct PlanDocument {
    package_version: String,
    repository: Option<String>,
    /// Where the version is already.
    known_in: Option<String>,
    waves: Vec<Vec<PlannedDocument>>,
    verdicts: Vec<VerdictDocument>,
}

#[derive(Serialize)]
struct PlannedDocument {
    application: String,
    shadow: bool,
    publishes: Vec<String>,
    picks_up: Vec<AskDocument>,
}

#[derive(Serialize)]
struct AskDocument {
    package: String,
    from: Option<String>,
    to: String,
    lockfile_refresh: bool,
    reason: String,
}

#[derive(Serialize)]
pub(crate) struct ExplanationDocument {
    verdict: VerdictDocument,
    /// It was judged as if it happened now.
    supposed: bool,
    upriver: Vec<String>,
    cycle: Vec<String>,
    application: ApplicationDocument,
    decided: Vec<HistoryDocument>,
}

#[derive(Serialize)]
pub(crate) struct DependentsDocument {
    package: String,
    producers: Vec<String>,
    direct: Vec<DirectDocument>,
    transitive: Vec<TransitiveDocument>,
}

#[derive(Serialize)]
struct DirectDocument {
    application: String,
    producer: bool,
    instances: Vec<EdgeDocument>,
}

#[derive(Serialize)]
struct EdgeDocument {
    requirement: String,
    built: Option<String>,
    locked: bool,
    path: Vec<String>,
    scope: &'static str,
    evidence: String,
    requirement_assumed: bool,
    /// Where a lockfile holds the version.
    lock: Option<String>,
}

#[derive(Serialize)]
struct TransitiveDocument {
    application: String,
    through: String,
    distance: usize,
}

#[derive(Serialize)]
pub(crate) struct StatusDocument {
    applications: Vec<ApplicationDocument>,
    idle: usize,
    pauses: Vec<PauseDocument>,
    freezes: Vec<SwitchDocument>,
    openings: Vec<SwitchDocument>,
    rollouts: Vec<RolloutDocument>,
}

/// A freeze or an opened window of an operator.
#[derive(Serialize)]
struct SwitchDocument {
    /// `everything`, an owner or an application.
    scope: String,
    by: String,
    reason: String,
    at: String,
    until: String,
}

/// How far a change is.
#[derive(Serialize)]
struct RolloutDocument {
    package_version: String,
    ring: u32,
    passed: Vec<PassedDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hold: Option<HoldDocument>,
}

#[derive(Serialize)]
struct PassedDocument {
    ring: u32,
    at: String,
    reason: String,
}

#[derive(Serialize)]
struct HoldDocument {
    /// `halted`, `unapproved` or `abandoned`.
    kind: &'static str,
    since: String,
    reason: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    broken: Vec<BrokenDocument>,
}

#[derive(Serialize)]
struct BrokenDocument {
    application: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    execution: Option<String>,
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    at: String,
}

#[derive(Serialize)]
struct PauseDocument {
    scope: Vec<String>,
    by: String,
    reason: String,
    at: String,
}

#[derive(Serialize)]
struct ApplicationDocument {
    application: String,
    owner: String,
    registered: bool,
    state: &'static str,
    rebuild: Option<String>,
    changes: Vec<String>,
    waits: Vec<WaitDocument>,
    failure: Option<FailureDocument>,
    held: Vec<String>,
}

#[derive(Serialize)]
struct WaitDocument {
    gate: &'static str,
    since: String,
    until: Option<String>,
    on: Vec<String>,
}

#[derive(Serialize)]
struct FailureDocument {
    rebuild: String,
    reason: String,
    at: String,
}

/// One entry of the history; what it is not about is left out.
#[derive(Serialize)]
pub(crate) struct HistoryDocument {
    at: String,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    application: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    package_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    verdicts: Vec<VerdictDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rebuild: Option<RebuildDocument>,
}

fn texts<T: ToString>(values: impl IntoIterator<Item = T>) -> Vec<String> {
    values.into_iter().map(|value| value.to_string()).collect()
}

impl PlanDocument {
    pub(crate) fn of(plan: &Plan, known: Option<&RepositoryId>) -> Self {
        let verdicts = plan.verdicts.iter();
        Self {
            package_version: plan.package_version.to_string(),
            repository: plan.repository.as_ref().map(ToString::to_string),
            known_in: known.map(ToString::to_string),
            waves: plan
                .waves
                .iter()
                .map(|wave| wave.iter().map(planned).collect())
                .collect(),
            verdicts: verdicts
                .map(|judgement| verdict(None, None, judgement))
                .collect(),
        }
    }
}

fn planned(planned: &Planned) -> PlannedDocument {
    let asks = planned.asks.iter().map(|(package, ask)| AskDocument {
        package: package.to_string(),
        from: ask.from.clone(),
        to: ask.version.clone(),
        lockfile_refresh: ask.needs_refresh,
        reason: ask.reason.clone(),
    });
    PlannedDocument {
        application: planned.application.to_string(),
        shadow: planned.is_shadow,
        publishes: texts(&planned.products),
        picks_up: asks.collect(),
    }
}

impl ExplanationDocument {
    pub(crate) fn of(explanation: &Explanation) -> Self {
        Self {
            verdict: verdict(None, None, &explanation.judgement),
            supposed: explanation.is_supposed,
            upriver: texts(&explanation.upriver),
            cycle: texts(&explanation.cycle),
            application: application(&explanation.state),
            decided: explanation
                .decided
                .iter()
                .map(HistoryDocument::of)
                .collect(),
        }
    }
}

impl DependentsDocument {
    pub(crate) fn of(dependents: &Dependents) -> Self {
        let direct = dependents.direct.iter().map(|dependent| DirectDocument {
            application: dependent.application.to_string(),
            producer: dependent.is_producer,
            instances: dependent.edges.iter().map(edge).collect(),
        });
        let transitive = dependents
            .transitive
            .iter()
            .map(|dependent| TransitiveDocument {
                application: dependent.application.to_string(),
                through: dependent.through.to_string(),
                distance: dependent.distance,
            });
        Self {
            package: dependents.package.to_string(),
            producers: texts(&dependents.producers),
            direct: direct.collect(),
            transitive: transitive.collect(),
        }
    }
}

fn edge(edge: &Edge) -> EdgeDocument {
    let dependency = &edge.dependency;
    EdgeDocument {
        requirement: dependency.requirement.clone(),
        built: dependency.built.version().map(str::to_owned),
        locked: dependency.is_locked,
        path: texts(&dependency.path),
        scope: scope_name(dependency.scope),
        evidence: evidence_text(&dependency.evidence),
        requirement_assumed: dependency.is_requirement_assumed,
        lock: dependency.lock.as_ref().map(evidence_text),
    }
}

impl StatusDocument {
    pub(crate) fn of(status: &Status) -> Self {
        let pauses = status.controls.pauses.iter().map(|(scope, pause)| {
            let on = downriver_domain::slot::WaitOn::Pause(scope.clone());
            PauseDocument {
                scope: awaited(&on),
                by: pause.by.clone(),
                reason: pause.reason.clone(),
                at: rfc3339(pause.at),
            }
        });
        Self {
            applications: status.applications.iter().map(application).collect(),
            idle: status.idle,
            pauses: pauses.collect(),
            freezes: status.controls.freezes.iter().map(switch).collect(),
            openings: status.controls.openings.iter().map(switch).collect(),
            rollouts: status.rollouts.iter().map(rollout).collect(),
        }
    }
}

fn switch((scope, timed): (&ControlScope, &Timed)) -> SwitchDocument {
    SwitchDocument {
        scope: match scope {
            ControlScope::System => "everything".to_owned(),
            ControlScope::Owner(owner) => owner.to_string(),
            ControlScope::Application(application) => application.to_string(),
        },
        by: timed.by.clone(),
        reason: timed.reason.clone(),
        at: rfc3339(timed.at),
        until: rfc3339(timed.until),
    }
}

fn rollout(rollout: &Rollout) -> RolloutDocument {
    let passed = rollout.passed.iter().map(|passed| PassedDocument {
        ring: passed.ring,
        at: rfc3339(passed.at),
        reason: passed.reason.clone(),
    });
    RolloutDocument {
        package_version: rollout.package_version.to_string(),
        ring: rollout.ring,
        passed: passed.collect(),
        hold: rollout.hold.as_ref().map(hold),
    }
}

fn hold(hold: &Hold) -> HoldDocument {
    let (kind, since, reason, broken) = match hold {
        Hold::Halted {
            since,
            broken,
            reason,
            ..
        } => ("halted", since, reason, broken.as_slice()),
        Hold::Unapproved { since, reason } => ("unapproved", since, reason, &[][..]),
        Hold::Abandoned { since, reason, .. } => ("abandoned", since, reason, &[][..]),
    };
    let broken = broken.iter().map(|broken| BrokenDocument {
        application: broken.application.to_string(),
        execution: broken.execution.as_ref().map(ToString::to_string),
        reason: broken.reason.clone(),
        url: broken.url.clone(),
        at: rfc3339(broken.at),
    });
    HoldDocument {
        kind,
        since: rfc3339(*since),
        reason: reason.clone(),
        broken: broken.collect(),
    }
}

/// The name of a slot's state.
pub(crate) const fn state_name(state: &SlotState) -> &'static str {
    match state {
        SlotState::Idle => "idle",
        SlotState::Pending(_) => "pending",
        SlotState::Starting(_) => "starting",
        SlotState::Running(_) => "running",
        SlotState::Parked(_) => "parked",
        SlotState::Stuck(_) => "stuck",
    }
}

fn application(state: &ApplicationState) -> ApplicationDocument {
    let slot = &state.slot;
    let waits: &[Wait] = match &slot.state {
        SlotState::Pending(pending) => &pending.waits,
        _ => &[],
    };
    let waits = waits.iter().map(|wait| WaitDocument {
        gate: wait.gate.as_str(),
        since: rfc3339(wait.since),
        until: wait.until.map(rfc3339),
        on: awaited(&wait.on),
    });
    let held = slot.held.iter();
    ApplicationDocument {
        application: state.application.id.to_string(),
        owner: state.application.owner.to_string(),
        registered: state.is_registered,
        state: state_name(&slot.state),
        rebuild: slot.rebuild().map(|rebuild| rebuild.id.to_string()),
        changes: slot
            .rebuild()
            .map_or_else(Vec::new, |rebuild| texts(rebuild.changes())),
        waits: waits.collect(),
        failure: slot.failure.as_ref().map(|failure| FailureDocument {
            rebuild: failure.rebuild.id.to_string(),
            reason: failure.reason.clone(),
            at: rfc3339(failure.at),
        }),
        held: held
            .map(|(package, held)| format!("{package}@{}", held.version))
            .collect(),
    }
}

impl HistoryDocument {
    pub(crate) fn of(entry: &HistoryEntry) -> Self {
        let mut document = Self {
            at: rfc3339(entry.at),
            kind: "",
            application: entry.application.as_ref().map(ToString::to_string),
            package_version: entry.package_version.as_ref().map(ToString::to_string),
            text: None,
            verdicts: Vec::new(),
            rebuild: None,
        };
        match &entry.body {
            HistoryBody::Seen(seen) => {
                document.kind = "seen";
                document.text = Some(seen.text.clone());
            }
            HistoryBody::Verdicts(verdicts) => {
                document.kind = "verdicts";
                document.verdicts = verdicts
                    .iter()
                    .map(|judgement| verdict(None, Some(entry.at), judgement))
                    .collect();
            }
            HistoryBody::Rebuild(record) => {
                document.kind = "rebuild";
                document.text = Some(record.reason.clone());
                document.rebuild = Some(rebuild(None, record));
            }
            HistoryBody::Note(note) => {
                document.kind = "note";
                document.text = Some(note.text.clone());
            }
        }
        document
    }
}
