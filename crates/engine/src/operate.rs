//! What operators do: pause, resume, retry, expedite, cancel; freeze and thaw, open and close windows; resume, abandon and
//! approve changes.

mod calendar;
mod cancel;

use downriver_domain::slot::{
    ControlScope, Controls, Joined, Pause, PauseScope, Pending, Rebuild, Slot, SlotState, Timed,
};
use downriver_domain::version::PackageVersionId;
use downriver_domain::{ApplicationId, Pipeline, PipelineExecutionId, RebuildId, Timestamp};

use crate::carry_out::{
    carry_out, look_soon, marker_write, next_version, note, rebuild_entry, wake_paused,
};
use crate::error::EngineError;
use crate::executions;
use crate::history::{NoteKind, Outcome};
use crate::ports::{ApplicationState, Commit, CommitOutcome, LOAD_APPLICATIONS_MAX, Ports, Store};
use crate::rollouts::{Decision, decide};
use crate::session::{CONTENTION_MAX, Session, contended};

/// Slots woken at once by a command; those beyond are found by `sweep`.
const WAKE_MAX: usize = 10_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    Pause {
        scope: PauseScope,
        by: String,
        reason: String,
    },
    Resume {
        scope: PauseScope,
    },
    Retry {
        application: ApplicationId,
    },
    Expedite {
        application: ApplicationId,
    },
    /// Nothing starts there until then, but what is urgent.
    Freeze {
        scope: ControlScope,
        until: Timestamp,
        by: String,
        reason: String,
    },
    Thaw {
        scope: ControlScope,
    },
    /// Its change windows count as open until then.
    OpenWindow {
        scope: ControlScope,
        until: Timestamp,
        by: String,
        reason: String,
    },
    CloseWindow {
        scope: ControlScope,
    },
    /// A halted change goes on; what failed so far does not count any more.
    ResumeChange {
        change: PackageVersionId,
        by: String,
    },
    /// A change is given up: nothing starts for it, and it holds nothing up.
    Abandon {
        change: PackageVersionId,
        by: String,
        reason: String,
    },
    /// A change may go beyond the limits.
    Approve {
        change: PackageVersionId,
        by: String,
    },
    /// Ends a pending, stuck or parked rebuild; its versions are held as those of a stopped execution are.
    Cancel {
        application: ApplicationId,
        by: String,
        reason: String,
    },
}

/// What a command did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operated {
    Done,
    /// It stood so already, or there was nothing to do it to.
    Unchanged,
    UnknownApplication,
    /// The catalog says nothing of rollouts, so there is nothing to decide.
    NoRollout,
    /// Not cancelled: it runs, or its start is under way (`execution` not known yet). `aws codepipeline
    /// stop-pipeline-execution` ends it there, and Downriver follows.
    InFlight {
        rebuild: RebuildId,
        pipeline: Pipeline,
        execution: Option<PipelineExecutionId>,
    },
}

/// Carries out a command of an operator; repeating it changes nothing further.
pub async fn operate<P: Ports>(ports: &P, command: &Command) -> Result<Operated, EngineError> {
    let session = Session::open(ports).await?;
    match command {
        Command::Pause { scope, by, reason } => {
            let pause = Pause {
                by: by.clone(),
                reason: reason.clone(),
                at: session.now,
            };
            let changed = change_pause(&session, scope, Some(pause)).await?;
            // What is pending is looked at, so that a held producer no longer holds up others.
            look_at_pending(&session, scope).await?;
            Ok(changed)
        }
        Command::Resume { scope } => {
            let changed = change_pause(&session, scope, None).await?;
            wake_paused(&session, WAKE_MAX).await?;
            Ok(changed)
        }
        Command::Freeze {
            scope,
            until,
            by,
            reason,
        } => calendar::freeze(&session, scope, &timed(&session, *until, by, reason)).await,
        Command::Thaw { scope } => calendar::thaw(&session, scope).await,
        Command::OpenWindow {
            scope,
            until,
            by,
            reason,
        } => calendar::open_window(&session, scope, &timed(&session, *until, by, reason)).await,
        Command::CloseWindow { scope } => calendar::close_window(&session, scope).await,
        Command::ResumeChange { change, by } => {
            decide(&session, change, Decision::Resume { by }).await
        }
        Command::Abandon { change, by, reason } => {
            decide(&session, change, Decision::Abandon { by, reason }).await
        }
        Command::Approve { change, by } => decide(&session, change, Decision::Approve { by }).await,
        Command::Retry { application } => on_slot(&session, application, retry).await,
        Command::Expedite { application } => on_slot(&session, application, expedite).await,
        Command::Cancel {
            application,
            by,
            reason,
        } => cancel::cancel(&session, application, by, reason).await,
    }
}

fn timed<P>(session: &Session<'_, P>, until: Timestamp, by: &str, reason: &str) -> Timed {
    Timed {
        by: by.to_owned(),
        reason: reason.to_owned(),
        at: session.now,
        until,
    }
}

async fn change_pause<P: Ports>(
    session: &Session<'_, P>,
    scope: &PauseScope,
    pause: Option<Pause>,
) -> Result<Operated, EngineError> {
    change_controls(session, |controls| {
        if controls.pauses.contains_key(scope) == pause.is_some() {
            return false;
        }
        match &pause {
            Some(pause) => controls.pauses.insert(scope.clone(), pause.clone()),
            None => controls.pauses.remove(scope),
        };
        true
    })
    .await
}

/// Writes the switches as `change` makes them; `false`: they stand so already.
async fn change_controls<P: Ports>(
    session: &Session<'_, P>,
    change: impl Fn(&mut Controls) -> bool,
) -> Result<Operated, EngineError> {
    for _ in 0..CONTENTION_MAX {
        let mut controls = session.ports.store().load_controls().await?;
        if !change(&mut controls) {
            return Ok(Operated::Unchanged);
        }
        controls.revision += 1;
        let commit = Commit {
            controls: Some(controls),
            ..Commit::default()
        };
        if carry_out(session, &commit, &[]).await? == CommitOutcome::Done {
            return Ok(Operated::Done);
        }
    }
    Err(contended("the controls"))
}

async fn look_at_pending<P: Ports>(
    session: &Session<'_, P>,
    scope: &PauseScope,
) -> Result<(), EngineError> {
    if let PauseScope::Application(application) = scope {
        return look_soon(session, std::slice::from_ref(application)).await;
    }
    let mut after: Option<ApplicationId> = None;
    loop {
        let ids = session
            .ports
            .store()
            .list_busy(after.as_ref(), LOAD_APPLICATIONS_MAX)
            .await?;
        let Some(last) = ids.last() else {
            return Ok(());
        };
        after = Some(last.clone());
        look_soon(session, &ids).await?;
    }
}

async fn on_slot<P: Ports>(
    session: &Session<'_, P>,
    application: &ApplicationId,
    change: fn(&Session<'_, P>, &ApplicationState) -> Option<Commit>,
) -> Result<Operated, EngineError> {
    for _ in 0..CONTENTION_MAX {
        let Some(state) = session.load(application).await? else {
            return Ok(Operated::UnknownApplication);
        };
        let session = &session.later();
        let Some(commit) = change(session, &state) else {
            return Ok(Operated::Unchanged);
        };
        if carry_out(session, &commit, &[]).await? == CommitOutcome::Done {
            return Ok(Operated::Done);
        }
    }
    Err(contended(&application))
}

/// Stuck: goes on. Idle after a failure or with held versions: they are attempted again. Backing off: does not wait. Not
/// compared with what ran since a backup, where nobody can read that: the operator has looked.
fn retry<P: Ports>(session: &Session<'_, P>, state: &ApplicationState) -> Option<Commit> {
    let mut slot = next_version(&state.slot);
    let target = &state.application.pipeline.target;
    let is_released = slot.is_uncompared && !executions::are_readable(session, target);
    slot.is_uncompared &= !is_released;
    let rebuild = match &state.slot.state {
        SlotState::Stuck(stuck) => stuck.rebuild.clone(),
        SlotState::Pending(pending) if pending.not_before.is_some_and(|at| at > session.now) => {
            pending.rebuild.clone()
        }
        SlotState::Idle if state.slot.failure.is_none() && !state.slot.held.is_empty() => {
            return release_held(session, state, slot);
        }
        SlotState::Idle => {
            let Some(failure) = &state.slot.failure else {
                return is_released.then(|| released(session, slot));
            };
            slot.rebuilds_requested += 1;
            Rebuild {
                id: RebuildId::numbered(&state.application.id, slot.rebuilds_requested),
                requested_at: session.now,
                last_change_at: session.now,
                attempts: 0,
                failures: 0,
                is_canceled_once: false,
                upriver_held_since: None,
                waited: Vec::new(),
                first_started_at: None,
                is_expedited: true,
                packages: failure.rebuild.packages.clone(),
            }
        }
        _ => return is_released.then(|| released(session, slot)),
    };
    slot.failure = None;
    slot.held
        .retain(|package, _| !rebuild.packages.contains_key(package));
    slot.wake_at = Some(session.now);
    let id = &state.application.id;
    let text = format!(
        "an operator retried: rebuild {} is pending again",
        rebuild.id
    );
    let history = vec![
        note(
            id,
            NoteKind::Operator,
            Some(&rebuild.id),
            None,
            &text,
            session.now,
        ),
        rebuild_entry(id, &rebuild, Outcome::Pending, &text, &[], session.now),
    ];
    slot.state = SlotState::Pending(Pending::new(rebuild));
    let is_shadow = session.topology.is_shadow || state.application.policy.is_shadow;
    let marker = marker_write(&slot, state.application.is_producer(), is_shadow);
    Some(Commit {
        slot: Some(slot),
        marker,
        history,
        ..Commit::default()
    })
}

/// Versions held without a failure (rolled back, not picked up): they are judged again.
fn release_held<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    mut slot: Slot,
) -> Option<Commit> {
    let repository = state.application.repositories.first()?;
    for (package, held) in std::mem::take(&mut slot.held) {
        let joined = Joined {
            version: held.version,
            repository: repository.clone(),
            seen_at: session.now,
            is_news: false,
        };
        slot.joined.insert(package, joined);
    }
    slot.wake_at = slot.idle_wake(session.now);
    let text = "an operator retried: what was held is judged again";
    let history = vec![note(
        &state.application.id,
        NoteKind::Operator,
        None,
        None,
        text,
        session.now,
    )];
    Some(Commit {
        slot: Some(slot),
        history,
        ..Commit::default()
    })
}

/// What waits starts without being compared.
fn released<P: Ports>(session: &Session<'_, P>, mut slot: Slot) -> Commit {
    if let SlotState::Pending(pending) = &slot.state {
        slot.wake_at = pending.not_before.or(Some(session.now));
    }
    let text = "an operator retried: nothing is held any more for what ran since the backup that was put back";
    let history = vec![note(
        &slot.application,
        NoteKind::Operator,
        slot.rebuild().map(|rebuild| &rebuild.id),
        None,
        text,
        session.now,
    )];
    Commit {
        slot: Some(slot),
        history,
        ..Commit::default()
    }
}

/// Urgent: does not wait to settle, for the age of a version, or for a window.
fn expedite<P: Ports>(session: &Session<'_, P>, state: &ApplicationState) -> Option<Commit> {
    let mut slot = next_version(&state.slot);
    let SlotState::Pending(pending) = &mut slot.state else {
        return None;
    };
    if pending.rebuild.is_expedited {
        return None;
    }
    pending.rebuild.is_expedited = true;
    let text = format!("an operator expedited rebuild {}", pending.rebuild.id);
    let rebuild = pending.rebuild.id.clone();
    slot.wake_at = Some(session.now);
    let history = vec![note(
        &state.application.id,
        NoteKind::Operator,
        Some(&rebuild),
        None,
        text,
        session.now,
    )];
    Some(Commit {
        slot: Some(slot),
        history,
        ..Commit::default()
    })
}
