//! A rebuild that may not start yet: what holds it is written down, and told once.

use downriver_domain::slot::{
    ActiveProducer, Gate, GateReport, Pending, Slot, SlotState, Wait, WaitOn,
};

use super::{Looked, finish, is_shadow};
use crate::carry_out::{marker_write, note};
use crate::error::EngineError;
use crate::history::NoteKind;
use crate::ports::{ApplicationState, Commit, MarkerWrite, Notice, NoticeKind, Ports};
use crate::session::Session;

/// Writes down which gates are closed. A rebuild that a person holds does not hold up others.
pub(super) async fn hold<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    slot: Slot,
    report: &GateReport,
    marker: Option<&ActiveProducer>,
) -> Result<Looked, EngineError> {
    let SlotState::Pending(before) = &state.slot.state else {
        return Ok(Looked::Done);
    };
    let is_told = before
        .waits
        .iter()
        .map(|wait| (wait.gate, &wait.on))
        .eq(report.waits.iter().map(|wait| (wait.gate, &wait.on)));
    let id = &state.application.id;
    let history = if is_told {
        Vec::new()
    } else {
        vec![note(
            id,
            NoteKind::Waiting,
            Some(&before.rebuild.id),
            None,
            waits_text(report),
            session.now,
        )]
    };
    let notices: Vec<Notice> = limit_reached(session, state, before, report)
        .into_iter()
        .collect();
    let marker = marker_of_held(session, state, &slot, report, marker);
    finish(
        session,
        &Commit {
            slot: Some(slot),
            marker,
            history,
            ..Commit::default()
        },
        &notices,
    )
    .await
}

/// The marker of a producer that waits: none while it is held, or one that counts from when time ends that.
fn marker_of_held<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    slot: &Slot,
    report: &GateReport,
    standing: Option<&ActiveProducer>,
) -> Option<MarkerWrite> {
    let id = &state.application.id;
    let is_producer = state.application.is_producer() && !is_shadow(session, state);
    if slot.tail.is_some() {
        return None;
    }
    if report.is_held && report.active_from.is_none() {
        return standing.map(|_| MarkerWrite::Remove(id.clone()));
    }
    if standing.is_some_and(|marker| marker.active_from == report.active_from) || !is_producer {
        return None;
    }
    match marker_write(slot, true, false) {
        Some(MarkerWrite::Put(marker)) => Some(MarkerWrite::Put(ActiveProducer {
            active_from: report.active_from,
            ..marker
        })),
        other => other,
    }
}

/// Told once, when the limit for a day is reached.
fn limit_reached<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    before: &Pending,
    report: &GateReport,
) -> Option<Notice> {
    let is_limit = |wait: &&Wait| wait.gate == Gate::DailyLimit;
    report.waits.iter().find(is_limit)?;
    if before.waits.iter().any(|wait| is_limit(&wait)) {
        return None;
    }
    let max = state.application.policy.rebuilds_per_day_max?;
    Some(Notice {
        kind: NoticeKind::LimitReached,
        at: session.now,
        owner: Some(state.application.owner.clone()),
        application: Some(state.application.id.clone()),
        rebuild: Some(before.rebuild.id.clone()),
        package_version: None,
        is_urgent: false,
        text: format!(
            "{max} rebuilds started within a day, which is its limit; the next may start a day after the first of them"
        ),
    })
}

fn waits_text(report: &GateReport) -> String {
    let waits: Vec<String> = report
        .waits
        .iter()
        .map(|wait| match &wait.on {
            WaitOn::Time | WaitOn::Pause(_) => wait.gate.as_str().to_owned(),
            WaitOn::Freeze { reason, .. } => format!("{} (freeze: {reason})", wait.gate.as_str()),
            WaitOn::Ring { change, open, own } if own <= open => format!(
                "{} (others in ring {own} of {change} go first)",
                wait.gate.as_str()
            ),
            WaitOn::Ring { change, open, own } => format!(
                "{} (it is in ring {own} of {change}, and ring {open} goes)",
                wait.gate.as_str()
            ),
            WaitOn::Halt(change) => format!("{} ({change} is halted)", wait.gate.as_str()),
            WaitOn::Approval(change) => {
                format!("{} ({change} needs an approval)", wait.gate.as_str())
            }
            WaitOn::Execution(execution) => {
                format!("{} (execution {execution})", wait.gate.as_str())
            }
            WaitOn::Producers(producers) => {
                let names: Vec<&str> = producers
                    .iter()
                    .map(downriver_domain::ApplicationId::as_str)
                    .collect();
                format!("{} ({})", wait.gate.as_str(), names.join(", "))
            }
            WaitOn::Target(target) => format!("{} ({target})", wait.gate.as_str()),
        })
        .collect();
    format!("waits on {}", waits.join(", "))
}
