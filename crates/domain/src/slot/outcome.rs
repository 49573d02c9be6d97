//! What becomes of a slot when the execution it runs ends, is parked, or cannot start.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use downriver_version::PackageId;

use super::{
    Build, Delivered, Failure, Held, HeldReason, Pending, Rebuild, Running, SeenExecution, Slot,
    SlotState, StartedBy, Stuck, Tail, merge_joined,
};
use crate::catalog::Application;
use crate::{PipelineExecutionId, Timestamp};

/// How long the first decision after a success waits for its index result, in seconds.
const INDEX_WAIT_SECS: u64 = 600;

/// How an execution ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    Succeeded,
    /// Where it failed, if that can be told.
    Failed(Option<FailedStage>),
    /// A person decided.
    Stopped,
    /// The pipeline was edited.
    Canceled,
}

/// Where an execution failed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FailedStage {
    pub name: String,
    /// The first stage with a Deploy action was not reached, or there is none.
    pub is_before_deploy: bool,
    pub action: Option<String>,
    /// What CodePipeline says of the action: its error code, `JobFailed` for example.
    pub code: Option<String>,
    pub message: Option<String>,
    /// Where to look at it.
    pub url: Option<String>,
}

/// What became of the rebuild.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    Succeeded(Rebuild),
    /// Pending again.
    Retrying {
        at: Timestamp,
    },
    Failed(Rebuild, String),
    Stopped(Rebuild),
}

/// Takes the end of the running execution into the slot. `ended_at` is when CodePipeline says it ended.
pub fn decide_end(
    slot: &mut Slot,
    application: &Application,
    running: Running,
    ending: &Ending,
    ended_at: Timestamp,
    now: Timestamp,
) -> Ended {
    match ending {
        Ending::Succeeded => {
            let rebuild = running.rebuild.clone();
            succeed(
                slot,
                &running,
                &rebuild.packages.keys().cloned().collect(),
                &running.execution,
                ended_at,
                now,
            );
            tail(slot, application, &running, now);
            slot.state = SlotState::Idle;
            slot.wake_at = slot.idle_wake(now);
            Ended::Succeeded(rebuild)
        }
        Ending::Failed(stage) => {
            let policy = &application.policy;
            let is_before_deploy = stage.as_ref().is_some_and(|stage| stage.is_before_deploy);
            if is_before_deploy && running.rebuild.failures < policy.retries_max {
                let mut rebuild = running.rebuild;
                rebuild.failures += 1;
                let at = ended_at.plus_secs(policy.retry_after_secs);
                return retry(slot, rebuild, now, at);
            }
            let at_stage = stage.as_ref().map_or_else(String::new, FailedStage::place);
            let reason = format!("execution {} failed{at_stage}", running.execution);
            let excuse = excuse(slot, &running, stage.as_ref());
            let ended = fail(slot, application, running, HeldReason::Failed, &reason, now);
            if let Some(failure) = &mut slot.failure {
                failure.url = stage.as_ref().and_then(|stage| stage.url.clone());
                failure.excuse = excuse;
            }
            ended
        }
        Ending::Stopped => {
            let reason = format!("a person stopped execution {}", running.execution);
            fail(
                slot,
                application,
                running,
                HeldReason::Stopped,
                &reason,
                now,
            )
        }
        Ending::Canceled => {
            if running.rebuild.is_canceled_once {
                let reason = format!(
                    "execution {} was canceled again by an edit of the pipeline",
                    running.execution
                );
                return fail(slot, application, running, HeldReason::Failed, &reason, now);
            }
            let mut rebuild = running.rebuild;
            rebuild.is_canceled_once = true;
            retry(slot, rebuild, now, now)
        }
    }
}

/// The execution that superseded ours succeeded: it settles what a plain build picks up. What needed our variables, if
/// anything, goes back to Pending with no attempt counted. Returns the packages that are settled.
pub fn settle_followed(
    slot: &mut Slot,
    application: &Application,
    running: Running,
    followed: &PipelineExecutionId,
    started_at: Timestamp,
    now: Timestamp,
) -> BTreeSet<PackageId> {
    let plain = |package: &&PackageId| {
        !running
            .rebuild
            .packages
            .get(*package)
            .is_some_and(|wanted| wanted.needs_refresh)
    };
    let settled: BTreeSet<PackageId> = running
        .rebuild
        .packages
        .keys()
        .filter(plain)
        .cloned()
        .collect();
    let as_followed = Running {
        started_at,
        ..running.clone()
    };
    succeed(slot, &as_followed, &settled, followed, now, now);
    let as_followed = Running {
        execution: followed.clone(),
        ..as_followed
    };
    tail(slot, application, &as_followed, now);
    let mut rebuild = running.rebuild;
    rebuild
        .packages
        .retain(|package, _| !settled.contains(package));
    if rebuild.packages.is_empty() {
        slot.state = SlotState::Idle;
        slot.wake_at = slot.idle_wake(now);
    } else {
        retry(slot, rebuild, now, now);
    }
    settled
}

/// Running for longer than `max run`: no longer active.
pub fn decide_parked(slot: &mut Slot, mut running: Running) {
    running.holds_budget = false;
    slot.state = SlotState::Parked(running);
    slot.wake_at = None;
}

/// Cannot start without a person: keeps its changes.
pub fn decide_stuck(slot: &mut Slot, rebuild: Rebuild, reason: &str, now: Timestamp) {
    slot.state = SlotState::Stuck(Stuck {
        rebuild,
        reason: reason.to_owned(),
        since: now,
    });
    slot.wake_at = None;
}

/// A person gives up a rebuild that runs no execution, or a parked one: what it was for is not attempted again, as if its
/// execution had been stopped.
pub fn decide_cancelled(slot: &mut Slot, rebuild: &Rebuild, reason: &str, now: Timestamp) {
    let execution = match &slot.state {
        SlotState::Parked(running) => Some(running.execution.clone()),
        _ => None,
    };
    // What a parked execution still does, it does for whoever lets it run on.
    if let Some(seen) = slot
        .executions
        .iter_mut()
        .find(|seen| execution.as_ref() == Some(&seen.execution))
    {
        seen.started_by = StartedBy::Person;
    }
    hold(slot, rebuild, HeldReason::Stopped, now);
    // It may have stood for an older version while a newer one waited for its ring: what is newer than what was cancelled is
    // still to come.
    for (package, wanted) in &rebuild.packages {
        merge_joined(slot, package, wanted.rejoined());
    }
    slot.failure = Some(Failure {
        rebuild: rebuild.clone(),
        execution,
        reason: reason.to_owned(),
        url: None,
        excuse: None,
        at: now,
    });
    slot.state = SlotState::Idle;
    slot.wake_at = slot.idle_wake(now);
}

/// Why a failure says nothing about the changes: the infrastructure failed, or the last execution before it failed too.
fn excuse(slot: &Slot, running: &Running, stage: Option<&FailedStage>) -> Option<String> {
    if let Some(stage) = stage.filter(|stage| stage.is_transient()) {
        return Some(format!(
            "the infrastructure failed, not what was built{}",
            stage.place()
        ));
    }
    let prefix = format!("{}.", running.rebuild.id);
    let is_of_rebuild = |seen: &&SeenExecution| matches!(&seen.started_by, StartedBy::Downriver(attempt) if attempt.as_str().starts_with(&prefix));
    let before = slot
        .executions
        .iter()
        .filter(|seen| seen.started_at < running.started_at && !is_of_rebuild(seen))
        .find(|seen| seen.ended_at.is_some() && !seen.is_superseded)?;
    before.is_failed.then(|| {
        format!(
            "execution {}, before the change, had failed too",
            before.execution
        )
    })
}

/// What says in an action's message that it never came to building anything. CodeBuild names the phase and a code.
const TRANSIENT_MESSAGES: [&str; 7] = [
    "Phase: QUEUED",
    "Phase: PROVISIONING",
    "INTERNAL_SERVICE_ERROR",
    "BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE",
    "Throttling",
    "Rate exceeded",
    "AccountLimitExceeded",
];
/// CodePipeline's own error codes of an action that say the same.
const TRANSIENT_CODES: [&str; 3] = ["SystemUnavailable", "InternalError", "RevisionOutOfSync"];

impl FailedStage {
    /// It failed before anything was built: throttled, no capacity, a service that does not answer.
    pub fn is_transient(&self) -> bool {
        let is_code = |code: &String| TRANSIENT_CODES.contains(&code.as_str());
        let is_message = |message: &String| {
            TRANSIENT_MESSAGES
                .iter()
                .any(|known| message.contains(known))
        };
        self.code.as_ref().is_some_and(is_code) || self.message.as_ref().is_some_and(is_message)
    }

    /// ` in stage Build, action Test: message`.
    fn place(&self) -> String {
        let action = self.action.as_ref();
        let action = action.map_or_else(String::new, |action| format!(", action {action}"));
        let message = self.message.as_ref();
        let message = message.map_or_else(String::new, |message| format!(": {message}"));
        format!(" in stage {}{action}{message}", self.name)
    }
}

fn hold(slot: &mut Slot, rebuild: &Rebuild, reason: HeldReason, since: Timestamp) {
    for (package, wanted) in &rebuild.packages {
        let held = Held {
            version: wanted.version.clone(),
            reason,
            since,
        };
        slot.held.insert(package.clone(), held);
    }
}

fn succeed(
    slot: &mut Slot,
    running: &Running,
    settled: &BTreeSet<PackageId>,
    execution: &PipelineExecutionId,
    ended_at: Timestamp,
    now: Timestamp,
) {
    let delivered = running
        .rebuild
        .packages
        .iter()
        .filter(|(package, _)| settled.contains(package))
        .map(|(package, wanted)| Delivered {
            package: package.clone(),
            from: wanted.from.clone(),
            to: wanted.version.clone(),
            is_refreshed: wanted.needs_refresh,
        })
        .collect();
    let build = Build {
        execution: execution.clone(),
        rebuild: Some(running.rebuild.id.clone()),
        is_proven: false,
        started_at: running.started_at,
        ended_at,
        delivered,
    };
    // A person's success on the same execution was noted as a build already: one build per execution.
    slot.note_build(build);
    slot.failure = None;
    slot.held.retain(|package, _| !settled.contains(package));
    slot.index_awaited_until = Some(now.plus_secs(INDEX_WAIT_SECS));
}

/// A producer stays active until the changes of all its products are committed, or the grace ends.
fn tail(slot: &mut Slot, application: &Application, running: &Running, now: Timestamp) {
    let awaited: BTreeSet<PackageId> = application
        .products
        .difference(&running.published)
        .cloned()
        .collect();
    slot.tail = (!awaited.is_empty()).then(|| Tail {
        execution: running.execution.clone(),
        ended_at: now,
        until: now.plus_secs(application.policy.publish_grace_secs),
        awaited,
    });
}

fn retry(slot: &mut Slot, rebuild: Rebuild, now: Timestamp, at: Timestamp) -> Ended {
    slot.state = SlotState::Pending(Pending::backed_off(rebuild, 0, now, at));
    slot.wake_at = Some(at);
    Ended::Retrying { at }
}

fn fail(
    slot: &mut Slot,
    application: &Application,
    running: Running,
    reason: HeldReason,
    text: &str,
    now: Timestamp,
) -> Ended {
    tail(slot, application, &running, now);
    let Running {
        rebuild,
        execution,
        started_at,
        ..
    } = running;
    // Contents that were published after the start were not attempted, so they are not held.
    hold(slot, &rebuild, reason, started_at);
    slot.failure = Some(Failure {
        rebuild: rebuild.clone(),
        execution: Some(execution),
        reason: text.to_owned(),
        url: None,
        excuse: None,
        at: now,
    });
    slot.state = SlotState::Idle;
    slot.wake_at = slot.idle_wake(now);
    if reason == HeldReason::Stopped {
        Ended::Stopped(rebuild)
    } else {
        Ended::Failed(rebuild, text.to_owned())
    }
}
