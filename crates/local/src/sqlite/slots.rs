//! Slots and the indexes over them.

use downriver_domain::slot::{Slot, SlotState, WaitingFor};
use downriver_domain::{ApplicationId, Timestamp};
use downriver_engine::wire::stored::encode_slot;
use downriver_engine::wire::stored::key::target_key;
use rusqlite::{Connection, Params};

use super::error::Failure;
use super::records::replaced_revision;
use super::registrations::limit_column;

/// False if another revision stands.
pub(super) fn record(connection: &Connection, slot: &Slot) -> Result<bool, Failure> {
    let replaced = replaced_revision(slot.revision)?;
    let rebuild = slot.rebuild();
    let columns = (
        slot.application.as_str(),
        replaced,
        state_column(&slot.state),
        slot.wake_at.map(Timestamp::unix_millis),
        slot.waiting_for().as_ref().map(waiting_column),
        rebuild.map(|rebuild| rebuild.requested_at.unix_millis()),
        encode_slot(slot),
    );
    let rows = if replaced == 0 {
        connection
            .prepare_cached(
                "INSERT INTO slots (application, revision, state, wake_at, waiting, requested_at, body)
                 VALUES (?1, ?2 + 1, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
            )?
            .execute(columns)?
    } else {
        connection
            .prepare_cached(
                "UPDATE slots SET revision = ?2 + 1, state = ?3, wake_at = ?4, waiting = ?5, requested_at = ?6,
                     body = ?7
                 WHERE application = ?1 AND revision = ?2",
            )?
            .execute(columns)?
    };
    Ok(rows == 1)
}

pub(super) fn list_due(
    connection: &Connection,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<ApplicationId>, Failure> {
    list(
        connection,
        "SELECT application FROM slots WHERE wake_at <= ?1 ORDER BY wake_at, application LIMIT ?2",
        (now.unix_millis(), limit_column(limit)),
    )
}

pub(super) fn list_busy(
    connection: &Connection,
    after: Option<&ApplicationId>,
    limit: usize,
) -> Result<Vec<ApplicationId>, Failure> {
    list(
        connection,
        "SELECT application FROM slots WHERE state <> 'idle' AND application > ?1 ORDER BY application LIMIT ?2",
        (after.map_or("", ApplicationId::as_str), limit_column(limit)),
    )
}

pub(super) fn list_waiting(
    connection: &Connection,
    waiting_for: &WaitingFor,
    after: Option<&(Timestamp, ApplicationId)>,
    limit: usize,
) -> Result<Vec<(Timestamp, ApplicationId)>, Failure> {
    let (after_at, after_id) = after.map_or((i64::MIN, ""), |(at, application)| {
        (at.unix_millis(), application.as_str())
    });
    let mut statement = connection.prepare_cached(
        "SELECT requested_at, application FROM slots
         WHERE waiting = ?1 AND (requested_at, application) > (?2, ?3)
         ORDER BY requested_at, application LIMIT ?4",
    )?;
    let mut rows = statement.query((
        waiting_column(waiting_for),
        after_at,
        after_id,
        limit_column(limit),
    ))?;
    let mut waiting = Vec::new();
    while let Some(row) = rows.next()? {
        let requested_at = Timestamp::from_unix_millis(row.get(0)?);
        waiting.push((requested_at, row.get::<_, String>(1)?.parse()?));
    }
    Ok(waiting)
}

/// Reads ids from the first column.
pub(super) fn list(
    connection: &Connection,
    statement: &str,
    params: impl Params,
) -> Result<Vec<ApplicationId>, Failure> {
    let mut statement = connection.prepare_cached(statement)?;
    let mut rows = statement.query(params)?;
    let mut ids = Vec::new();
    while let Some(row) = rows.next()? {
        ids.push(row.get::<_, String>(0)?.parse()?);
    }
    Ok(ids)
}

const fn state_column(state: &SlotState) -> &'static str {
    match state {
        SlotState::Idle => "idle",
        SlotState::Pending(_) => "pending",
        SlotState::Starting(_) => "starting",
        SlotState::Running(_) => "running",
        SlotState::Parked(_) => "parked",
        SlotState::Stuck(_) => "stuck",
    }
}

fn waiting_column(waiting_for: &WaitingFor) -> String {
    match waiting_for {
        WaitingFor::Producer(application) => format!("producer {application}"),
        WaitingFor::Target(target) => format!("target {}", target_key(target)),
        WaitingFor::Pause => "pause".to_owned(),
        WaitingFor::Rollout => "rollout".to_owned(),
    }
}
