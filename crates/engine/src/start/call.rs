//! The call to CodePipeline: made after its intent stands, recorded after it answered, repeated only as the same call.

use downriver_domain::slot::{
    Pending, Running, SeenExecution, Slot, SlotState, StartedBy, Starting, decide_stuck,
};
use downriver_domain::{Pipeline, PipelineExecutionId, RebuildId, Timestamp};

use super::pending::{call_unless_blocked, start_deadline};
use super::{Looked, finish};
use crate::carry_out::{marker_write, next_version, note, rebuild_entry};
use crate::cascade::cascade_of;
use crate::error::EngineError;
use crate::history::{NoteKind, Outcome};
use crate::ports::{
    ApplicationState, BudgetWrite, Commit, Notice, NoticeKind, Pipelines, Ports, REQUESTS_BUS,
    ReadError, StartError, StartExecution, Store, Trigger,
};
use crate::session::{CONTENTION_MAX, Session, contended};

/// Executions read to find one by the name of its session.
const RECOVERY_EXECUTIONS_MAX: usize = 100;
/// The clocks of CodePipeline and ours may differ by this much, in seconds.
pub(crate) const CLOCK_SKEW_SECS: u64 = 60;
/// First and longest back-off, in seconds; doubles from one to the other.
const BACK_OFF_SECS: (u64, u64) = (30, 900);
/// CodePipeline's longest variable value.
const VARIABLE_CHARS_MAX: usize = 1_000;
pub(crate) const VARIABLE_REBUILD: &str = "DOWNRIVER_REBUILD";
pub(crate) const VARIABLE_CHANGES: &str = "DOWNRIVER_CHANGES";

/// Which call of an attempt it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    First,
    /// One before it had no answer, and may have started an execution that no listing shows yet.
    Again,
}

/// Calls StartPipelineExecution for a slot whose intent stands, or asks a rule there to do so, and records the answer.
pub(super) async fn call<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    starting: &Starting,
    call: Call,
) -> Result<Looked, EngineError> {
    let start = StartExecution {
        pipeline: starting.pipeline.clone(),
        attempt: starting.attempt.clone(),
        token: starting.token.clone(),
        variables: variables(starting),
    };
    let pipelines = session.ports.pipelines();
    let answer = if starting.is_by_event {
        pipelines.request_execution(&start).await.map(|()| None)
    } else {
        pipelines.start_execution(&start).await.map(Some)
    };
    let mut state = state.clone();
    // A change may join the slot meanwhile: the answer is recorded on the slot as it then stands.
    for _ in 0..CONTENTION_MAX {
        let looked = record_answer(session, &state, starting, call, &answer).await?;
        let Looked::Again = looked else {
            return Ok(Looked::Done);
        };
        let Some(reloaded) = session.load(&state.application.id).await? else {
            return Ok(Looked::Done);
        };
        match &reloaded.slot.state {
            SlotState::Starting(now) if now.attempt == starting.attempt => state = reloaded,
            _ => return Ok(Looked::Done),
        }
    }
    Err(contended(&state.application.id))
}

async fn record_answer<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    starting: &Starting,
    call: Call,
    answer: &Result<Option<PipelineExecutionId>, StartError>,
) -> Result<Looked, EngineError> {
    match answer {
        Ok(Some(execution)) => {
            record_started(session, state, starting, execution, session.now).await
        }
        Ok(None) => record_asked(session, state, starting).await,
        // That this call was refused does not tell that the first one was: another attempt might run beside it.
        Err(StartError::Throttled | StartError::Busy) if call == Call::Again => Ok(Looked::Done),
        Err(error @ (StartError::Throttled | StartError::Busy)) => {
            back_off(session, state, starting, error).await
        }
        // It may have started: stays Starting until its event comes, or the deadline.
        Err(StartError::Unknown(_)) => Ok(Looked::Done),
        Err(error @ (StartError::NotFound | StartError::Denied(_) | StartError::Invalid(_))) => {
            stick(
                session,
                state,
                starting,
                &format!("pipeline {}: {error}", starting.pipeline.name),
            )
            .await
        }
    }
}

/// The deadline of a start passed without its result being recorded.
pub(crate) async fn recover<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    starting: &Starting,
) -> Result<Looked, EngineError> {
    if starting.is_by_event {
        // A second event would start a second execution, if the first is only late.
        return stick(session, state, starting, &unanswered(starting)).await;
    }
    if state.slot.is_uncompared || session.ports.store().is_restored().await? {
        // It may have run, failed and been tried again since: `sweep` compares first.
        return Ok(Looked::Done);
    }
    let since = starting.started_at.minus_secs(CLOCK_SKEW_SECS);
    let listed = session
        .ports
        .pipelines()
        .list_executions(&starting.pipeline, since, RECOVERY_EXECUTIONS_MAX)
        .await;
    match listed {
        Ok(executions) => match executions
            .iter()
            .find(|execution| is_started_by(starting, &execution.trigger, execution.started_at))
        {
            Some(execution) => {
                record_started(
                    session,
                    state,
                    starting,
                    &execution.id,
                    execution.started_at,
                )
                .await
            }
            None if executions.len() >= RECOVERY_EXECUTIONS_MAX => {
                let reason = "too many executions since to tell whether ours started";
                stick(session, state, starting, reason).await
            }
            None => repeat(session, state, starting).await,
        },
        Err(ReadError::Transient(text)) => Err(ReadError::Transient(text).into()),
        Err(error @ (ReadError::Denied(_) | ReadError::NotFound)) => {
            let reason = format!(
                "whether attempt {} started cannot be told: listing executions: {error}",
                starting.attempt
            );
            stick(session, state, starting, &reason).await
        }
    }
}

/// None was found: the same call again, after a new intent, so that only this writer makes it. Its first writer may have
/// died before it read the markers again, and producers may have become active since (I4).
async fn repeat<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    starting: &Starting,
) -> Result<Looked, EngineError> {
    let starting = Starting {
        deadline: start_deadline(session, starting.is_by_event),
        ..starting.clone()
    };
    let mut slot = next_version(&state.slot);
    slot.wake_at = Some(starting.deadline);
    slot.state = SlotState::Starting(starting.clone());
    let id = &state.application.id;
    let text = format!(
        "no execution of attempt {} was found after its deadline; the same call is made again",
        starting.attempt
    );
    let history = vec![note(
        id,
        NoteKind::Recovered,
        Some(&starting.rebuild.id),
        None,
        text,
        session.now,
    )];
    let commit = Commit {
        slot: Some(slot.clone()),
        history,
        ..Commit::default()
    };
    match finish(session, &commit, &[]).await? {
        Looked::Again => Ok(Looked::Again),
        Looked::Done => {
            let intended = ApplicationState {
                slot,
                ..state.clone()
            };
            call_unless_blocked(session, &intended, &starting, Call::Again).await
        }
    }
}

/// The rule's answer is the execution's own event: the slot stays as it is.
async fn record_asked<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    starting: &Starting,
) -> Result<Looked, EngineError> {
    let text = format!(
        "attempt {} is asked for on event bus {REQUESTS_BUS} in {}; the event of its execution is awaited",
        starting.attempt, starting.pipeline.target
    );
    let history = vec![note(
        &state.application.id,
        NoteKind::Starting,
        Some(&starting.rebuild.id),
        None,
        text,
        session.now,
    )];
    let commit = Commit {
        history,
        ..Commit::default()
    };
    finish(session, &commit, &[]).await
}

fn unanswered(starting: &Starting) -> String {
    let Pipeline { target, name } = &starting.pipeline;
    format!(
        "no event told that attempt {} started: look in {target} whether pipeline {name} runs, whether a rule of bus \
         {REQUESTS_BUS} starts it (what it could not start lies in the stack's dead-letter queue), and whether its events \
         are forwarded",
        starting.attempt
    )
}

/// Records that an attempt runs as this execution.
pub(crate) async fn record_started<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    starting: &Starting,
    execution: &PipelineExecutionId,
    started_at: Timestamp,
) -> Result<Looked, EngineError> {
    let mut slot = next_version(&state.slot);
    let running = run(state, &mut slot, starting, execution, started_at);
    let rebuild = &running.rebuild;
    let id = &state.application.id;
    let text = format!("execution {execution} started for rebuild {}", rebuild.id);
    let history = vec![
        note(
            id,
            NoteKind::Started,
            Some(&rebuild.id),
            Some(execution),
            &text,
            session.now,
        ),
        rebuild_entry(
            id,
            rebuild,
            Outcome::Running,
            &text,
            std::slice::from_ref(execution),
            session.now,
        ),
    ];
    let notice = notice(
        NoticeKind::RebuildStarted,
        state,
        &rebuild.id,
        text,
        session.now,
    );
    finish(
        session,
        &Commit {
            slot: Some(slot),
            history,
            ..Commit::default()
        },
        &[notice],
    )
    .await
}

fn run(
    state: &ApplicationState,
    slot: &mut Slot,
    starting: &Starting,
    execution: &PipelineExecutionId,
    started_at: Timestamp,
) -> Running {
    let mut rebuild = starting.rebuild.clone();
    rebuild.first_started_at = rebuild.first_started_at.or(Some(started_at));
    let running = Running {
        attempt: starting.attempt.clone(),
        pipeline: starting.pipeline.clone(),
        execution: execution.clone(),
        started_at,
        following: None,
        holds_budget: true,
        published: std::collections::BTreeSet::new(),
        rebuild,
    };
    slot.note_execution(SeenExecution {
        execution: execution.clone(),
        started_by: StartedBy::Downriver(starting.attempt.clone()),
        started_at,
        ended_at: None,
        is_superseded: false,
        is_failed: false,
        is_rollback: false,
        cascade: cascade_of(&state.application.id, &running.rebuild),
    });
    slot.wake_at = Some(started_at.plus_secs(state.application.policy.max_run_secs));
    slot.state = SlotState::Running(running.clone());
    running
}

/// Throttled or over a limit: back to Pending; the attempt is not counted as failed.
async fn back_off<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    starting: &Starting,
    error: &StartError,
) -> Result<Looked, EngineError> {
    let mut slot = next_version(&state.slot);
    // Attempts in a row that were refused; those that ran and failed are counted apart.
    let refused = starting
        .rebuild
        .attempts
        .saturating_sub(starting.rebuild.failures);
    let secs = BACK_OFF_SECS
        .0
        .saturating_mul(1 << refused.saturating_sub(1).min(10))
        .min(BACK_OFF_SECS.1);
    let not_before = session.now.plus_secs(secs + jitter_secs(starting, secs));
    slot.wake_at = Some(not_before);
    let rebuild = starting.rebuild.clone();
    slot.state = SlotState::Pending(Pending::backed_off(
        rebuild,
        refused,
        session.now,
        not_before,
    ));
    let text = format!(
        "attempt {} was refused: {error}; next try in {secs} s or a little later",
        starting.attempt
    );
    let rebuild = &starting.rebuild;
    let id = &state.application.id;
    let history = vec![note(
        id,
        NoteKind::StartRefused,
        Some(&rebuild.id),
        None,
        text,
        session.now,
    )];
    let budget = Some(returned(starting));
    finish(
        session,
        &Commit {
            slot: Some(slot),
            budget,
            history,
            ..Commit::default()
        },
        &[],
    )
    .await
}

/// Needs a person: keeps its changes and goes on after `retry`.
async fn stick<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    starting: &Starting,
    reason: &str,
) -> Result<Looked, EngineError> {
    let mut slot = next_version(&state.slot);
    decide_stuck(&mut slot, starting.rebuild.clone(), reason, session.now);
    let id = &state.application.id;
    let rebuild = &starting.rebuild;
    let text = format!("{reason}; run `downriver retry {id}` once that is mended");
    let history = vec![
        note(
            id,
            NoteKind::Stuck,
            Some(&rebuild.id),
            None,
            &text,
            session.now,
        ),
        rebuild_entry(id, rebuild, Outcome::Stuck, &text, &[], session.now),
    ];
    let commit = Commit {
        marker: marker_write(&slot, state.application.is_producer(), false),
        slot: Some(slot),
        budget: Some(returned(starting)),
        history,
        ..Commit::default()
    };
    let mut notice = notice(
        NoticeKind::RebuildStuck,
        state,
        &rebuild.id,
        text,
        session.now,
    );
    notice.is_urgent = true;
    finish(session, &commit, &[notice]).await
}

fn returned(starting: &Starting) -> BudgetWrite {
    BudgetWrite::Return {
        target: starting.pipeline.target.clone(),
        rebuild: starting.rebuild.id.clone(),
    }
}

fn notice(
    kind: NoticeKind,
    state: &ApplicationState,
    rebuild: &RebuildId,
    text: String,
    now: Timestamp,
) -> Notice {
    Notice {
        kind,
        at: now,
        owner: Some(state.application.owner.clone()),
        application: Some(state.application.id.clone()),
        rebuild: Some(rebuild.clone()),
        package_version: None,
        is_urgent: false,
        text,
    }
}

/// Whether an execution that was started so is that of the attempt. A rule does not pass on which attempt asked: what its bus
/// started since then counts.
pub(crate) fn is_started_by(starting: &Starting, trigger: &Trigger, started_at: Timestamp) -> bool {
    match trigger {
        Trigger::Session(name) => name == starting.attempt.as_str(),
        Trigger::Request => {
            starting.is_by_event && started_at >= starting.started_at.minus_secs(CLOCK_SKEW_SECS)
        }
        Trigger::Rule | Trigger::Other(_) => false,
    }
}

/// The refresh variables, where the lockfile holds something back. The same attempt gives the same variables.
fn variables(starting: &Starting) -> Vec<(String, String)> {
    let rebuild = &starting.rebuild;
    if !rebuild.packages.values().any(|wanted| wanted.needs_refresh) {
        return Vec::new();
    }
    let mut variables = vec![(VARIABLE_REBUILD.to_owned(), rebuild.id.to_string())];
    let changes: Vec<String> = rebuild.changes().iter().map(ToString::to_string).collect();
    let changes = changes.join(" ");
    if changes.chars().count() <= VARIABLE_CHARS_MAX {
        variables.push((VARIABLE_CHANGES.to_owned(), changes));
    }
    variables
}

/// Spreads repeated calls; from the attempt's own token, so that the same input gives the same trace.
fn jitter_secs(starting: &Starting, secs: u64) -> u64 {
    let spread = starting
        .token
        .as_str()
        .bytes()
        .take(8)
        .fold(0_u64, |sum, byte| {
            sum.wrapping_mul(31).wrapping_add(u64::from(byte))
        });
    spread % (secs / 4).max(1)
}
