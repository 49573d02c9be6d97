//! CodePipeline's events: bytes in, what happened to an execution out, or the reason why not.
//!
//! Owns the meaning of every field of `CodePipeline Pipeline Execution State Change`; the source of each rule is the page
//! "Monitoring CodePipeline events" of its user guide. Must not tell our executions from others: tracking does.

#[cfg(test)]
mod tests;

use downriver_domain::{Pipeline, Target};

use super::envelope::{self, Envelope, Sources};
use super::json::{self, Fields, Json};
use super::rejection::{Rejection, Shown};
use crate::ports::{REQUESTS_BUS, Trigger};
use crate::track::{ExecutionEvent, ExecutionState};

/// The `source` of CodePipeline's events.
pub const SOURCE: &str = "aws.codepipeline";

/// The `detail-type` that is followed.
pub const DETAIL_TYPE: &str = "CodePipeline Pipeline Execution State Change";

const DETAIL_TYPE_STAGE: &str = "CodePipeline Stage Execution State Change";
const DETAIL_TYPE_ACTION: &str = "CodePipeline Action Execution State Change";

/// `RoleSessionName` of the STS service model.
const SESSION_NAME_LEN: std::ops::RangeInclusive<usize> = 2..=64;

/// What a CodePipeline event is to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PipelineEvent {
    Execution(ExecutionEvent),
    Ignored(Ignored),
}

/// Why an event that is in order is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Ignored {
    #[error("a stage's state change: its execution's own event is followed")]
    Stage,
    #[error("an action's state change: its execution's own event is followed")]
    Action,
}

/// Reads one event, as EventBridge delivers it. What a notification rule sends has another shape and is refused.
pub fn parse(bytes: &[u8], sources: &Sources) -> Result<PipelineEvent, Rejection> {
    parse_event(&json::parse(bytes)?, sources)
}

pub(crate) fn parse_event(event: &Json, sources: &Sources) -> Result<PipelineEvent, Rejection> {
    let (source, detail_type) = envelope::parse_kind(event)?;
    envelope::check_source(source, SOURCE, sources)?;
    match detail_type {
        DETAIL_TYPE => {
            let envelope = envelope::parse_envelope(event)?;
            Ok(PipelineEvent::Execution(parse_execution(envelope)?))
        }
        DETAIL_TYPE_STAGE => Ok(PipelineEvent::Ignored(Ignored::Stage)),
        DETAIL_TYPE_ACTION => Ok(PipelineEvent::Ignored(Ignored::Action)),
        other => Err(Rejection::OtherDetailType {
            found: Shown::new(other),
            expected: DETAIL_TYPE,
        }),
    }
}

fn parse_execution(envelope: Envelope<'_>) -> Result<ExecutionEvent, Rejection> {
    let detail = envelope.detail;
    let event = ExecutionEvent {
        pipeline: Pipeline {
            target: Target {
                account: envelope.account,
                region: envelope.region,
            },
            name: detail.identifier("pipeline")?,
        },
        execution: detail.identifier("execution-id")?,
        state: parse_state(detail)?,
        started_at: detail.optional_time("start-time")?,
        event_time: envelope.time,
        trigger: parse_trigger(detail)?,
    };
    for arn in envelope.resources {
        check_agrees(arn, &event.pipeline)?;
    }
    Ok(event)
}

fn parse_state(detail: Fields<'_>) -> Result<ExecutionState, Rejection> {
    let text = detail.text("state", "a string")?;
    match text {
        "STARTED" => Ok(ExecutionState::Started),
        "SUCCEEDED" => Ok(ExecutionState::Succeeded),
        "FAILED" => Ok(ExecutionState::Failed),
        "CANCELED" => Ok(ExecutionState::Canceled),
        "SUPERSEDED" => Ok(ExecutionState::Superseded),
        "STOPPING" => Ok(ExecutionState::Stopping),
        "STOPPED" => Ok(ExecutionState::Stopped),
        "RESUMED" => Ok(ExecutionState::Resumed),
        other => Err(Rejection::UnknownState {
            field: detail.name("state"),
            text: Shown::new(other),
            expected: "one of STARTED, SUCCEEDED, FAILED, CANCELED, SUPERSEDED, STOPPING, STOPPED, RESUMED",
        }),
    }
}

/// Two shapes are documented: `trigger-type` with `trigger-detail`, and the metadata of a Git event without either. An object
/// of another shape is an [`Trigger::Other`]: what started an execution must not hide how it ended.
fn parse_trigger(detail: Fields<'_>) -> Result<Option<Trigger>, Rejection> {
    let Some(trigger) = detail.object("execution-trigger", "detail.execution-trigger.")? else {
        return Ok(None);
    };
    let kind = trigger.optional_text("trigger-type", "a string")?;
    let by = trigger.optional_text("trigger-detail", "a string")?;
    Ok(Some(match kind {
        Some(kind) => trigger_of(kind, by),
        None => other(
            trigger
                .optional_text("provider-type", "a string")?
                .unwrap_or("unknown"),
        ),
    }))
}

/// What a trigger's type and detail say, in an event as in an answer of the API.
pub fn trigger_of(kind: &str, by: Option<&str>) -> Trigger {
    match kind {
        "StartPipelineExecution" => by
            .and_then(session_name)
            .map_or_else(|| other(kind), Trigger::Session),
        "CloudWatchEvent" if by.is_some_and(is_of_requests) => Trigger::Request,
        "CloudWatchEvent" => Trigger::Rule,
        kind => other(kind),
    }
}

fn other(text: &str) -> Trigger {
    Trigger::Other(Shown::new(text).as_str().to_owned())
}

/// Whether an ARN is `arn:<partition>:events:<region>:<account>:rule/<bus>/<name>` with the bus of our requests.
fn is_of_requests(arn: &str) -> bool {
    let mut parts = arn.splitn(6, ':');
    if parts.next() != Some("arn") || parts.nth(1) != Some("events") {
        return false;
    }
    let segments: Option<Vec<&str>> = parts.nth(2).map(|rule| rule.split('/').collect());
    matches!(segments.as_deref(), Some(["rule", REQUESTS_BUS, name]) if !name.is_empty())
}

/// The last segment of `arn:<partition>:sts::<account>:assumed-role/<role>/<session>`. None for a user's ARN, and for a
/// session name that STS would not take.
fn session_name(arn: &str) -> Option<String> {
    let mut parts = arn.splitn(6, ':');
    if parts.next()? != "arn" || parts.nth(1)? != "sts" {
        return None;
    }
    let mut segments = parts.nth(2)?.split('/');
    if segments.next()? != "assumed-role" {
        return None;
    }
    let (role, session) = (segments.next()?, segments.next()?);
    let is_valid = !role.is_empty()
        && segments.next().is_none()
        && SESSION_NAME_LEN.contains(&session.len())
        && session
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte));
    is_valid.then(|| session.to_owned())
}

/// Refuses a pipeline ARN, `arn:<partition>:codepipeline:<region>:<account>:<name>`, that names another pipeline than the
/// detail does. Other resources say nothing here.
fn check_agrees(arn: &str, pipeline: &Pipeline) -> Result<(), Rejection> {
    let mut parts = arn.splitn(6, ':');
    if parts.next() != Some("arn") || parts.nth(1) != Some("codepipeline") {
        return Ok(());
    }
    let said = [
        ("region", pipeline.target.region.as_str()),
        ("account", pipeline.target.account.as_str()),
        ("detail.pipeline", pipeline.name.as_str()),
    ];
    for (field, detail) in said {
        if parts.next() != Some(detail) {
            return Err(Rejection::ContradictingResource {
                arn: Shown::arn(arn),
                field,
                detail: Shown::new(detail),
            });
        }
    }
    Ok(())
}
