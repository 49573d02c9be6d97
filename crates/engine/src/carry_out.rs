//! Commits a decision and performs what follows from it. Every effect can be repeated; one that is lost costs at most a
//! sweep interval.

mod fairness;

use std::collections::BTreeSet;

use downriver_domain::slot::{Rebuild, Slot, SlotState, WaitingFor, pause_on};
use downriver_domain::version::PackageVersionId;
use downriver_domain::{ApplicationId, PipelineExecutionId, RebuildId, Target, Timestamp};

use crate::error::EngineError;
use crate::history::{
    HistoryBody, HistoryEntry, Note, NoteKind, Outcome, RebuildChange, RebuildRecord,
};
use crate::ports::{
    ApplicationState, BudgetWrite, Bus, Commit, CommitOutcome, LOAD_APPLICATIONS_MAX, MarkerWrite,
    Notice, Ports, Queue, Store, StoreError, Timer,
};
use crate::rollouts;
use crate::session::Session;

/// Slots woken at once when a gate opens; those beyond are found by `sweep`.
const WAKE_MAX: usize = 1_000;

pub(crate) use fairness::has_fair_share;

/// Commits; if that is done, arms the slot's timer, wakes what the commit may have freed, and tells people.
pub(crate) async fn carry_out<P: Ports>(
    session: &Session<'_, P>,
    commit: &Commit,
    notices: &[Notice],
) -> Result<CommitOutcome, EngineError> {
    let outcome = session.ports.store().commit(commit).await?;
    if outcome != CommitOutcome::Done {
        return Ok(outcome);
    }
    session.ports.observe(commit);
    if let Some(slot) = &commit.slot {
        arm(session, slot).await?;
    }
    if let Some(MarkerWrite::Remove(producer)) = &commit.marker {
        wake(session, &WaitingFor::Producer(producer.clone()), WAKE_MAX).await?;
    }
    if let Some(BudgetWrite::Return { target, .. }) = &commit.budget {
        wake_for_budget(session, target).await?;
    }
    if !notices.is_empty() {
        session.ports.bus().publish(notices).await?;
    }
    // Boxed: what a rollout lets go is carried out as well.
    Box::pin(rollouts::follow(session, commit)).await?;
    Ok(outcome)
}

/// Sends timers at once to slots that wait for this, the longest waiting first.
pub(crate) async fn wake<P: Ports>(
    session: &Session<'_, P>,
    waiting_for: &WaitingFor,
    slots_max: usize,
) -> Result<(), EngineError> {
    let waiting = session
        .ports
        .store()
        .list_waiting(waiting_for, None, slots_max)
        .await?;
    let ids: Vec<ApplicationId> = waiting.into_iter().map(|(_, id)| id).collect();
    look_soon(session, &ids).await
}

/// What a lifted pause held.
pub(crate) struct Woken {
    /// What is free now.
    pub(crate) freed: Vec<ApplicationId>,
    /// What stays as it is, as its record cannot be read.
    pub(crate) unreadable: Vec<(ApplicationId, StoreError)>,
}

/// A pause was lifted: looks at what it held. Held producers become active again before anything is looked at, or what
/// they reach would start beside them, without their news.
pub(crate) async fn wake_paused<P: Ports>(
    session: &Session<'_, P>,
    slots_max: usize,
) -> Result<Woken, EngineError> {
    let store = session.ports.store();
    let waiting = store
        .list_waiting(&WaitingFor::Pause, None, slots_max)
        .await?;
    let controls = store.load_controls().await?;
    let ids: Vec<ApplicationId> = waiting.into_iter().map(|(_, id)| id).collect();
    let mut freed = Vec::new();
    let mut unreadable = Vec::new();
    for ids in ids.chunks(LOAD_APPLICATIONS_MAX) {
        let readable = session.load_readable(ids).await?;
        unreadable.extend(readable.unreadable);
        for state in readable.states {
            let id = &state.application.id;
            let pause = state
                .slot
                .rebuild()
                .and_then(|rebuild| pause_on(rebuild, id, &controls));
            if pause.is_some() {
                continue;
            }
            freed.push(id.clone());
            activate(session, &state).await?;
        }
    }
    look_soon(session, &freed).await?;
    Ok(Woken { freed, unreadable })
}

/// What a rollout lets go: active again, all of it, before any of it is looked at.
pub(crate) async fn put_back<P: Ports>(
    session: &Session<'_, P>,
    applications: &[ApplicationId],
) -> Result<(), EngineError> {
    for ids in applications.chunks(LOAD_APPLICATIONS_MAX) {
        for state in session.load_readable(ids).await?.states {
            activate(session, &state).await?;
        }
    }
    look_soon(session, applications).await
}

/// A producer that was held becomes active again.
async fn activate<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
) -> Result<(), EngineError> {
    let is_shadow = session.is_shadow || state.application.policy.is_shadow;
    let is_pending = matches!(state.slot.state, SlotState::Pending(_));
    if !is_pending || !state.application.is_producer() || is_shadow {
        return Ok(());
    }
    let mut slot = next_version(&state.slot);
    slot.wake_at = Some(session.now);
    let commit = Commit {
        marker: marker_write(&slot, true, false),
        slot: Some(slot),
        ..Commit::default()
    };
    // Losing this race means that somebody looks at it already.
    carry_out(session, &commit, &[]).await?;
    Ok(())
}

/// Sends a timer at once to each of these slots.
pub(crate) async fn look_soon<P: Ports>(
    session: &Session<'_, P>,
    applications: &[ApplicationId],
) -> Result<(), EngineError> {
    for ids in applications.chunks(LOAD_APPLICATIONS_MAX) {
        for state in session.ports.store().load_applications(ids).await? {
            let timer = Timer {
                application: state.application.id,
                slot_revision: state.slot.revision,
                at: session.now,
            };
            session.ports.queue().send_timer(&timer).await?;
        }
    }
    Ok(())
}

/// A place came free: the next in turn are looked at, as many as fit.
async fn wake_for_budget<P: Ports>(
    session: &Session<'_, P>,
    target: &Target,
) -> Result<(), EngineError> {
    let taken: BTreeSet<RebuildId> = session.ports.store().load_budget(target).await?;
    let max = usize::try_from(session.topology.budget(target)).unwrap_or(usize::MAX);
    let free = max.saturating_sub(taken.len()).min(WAKE_MAX);
    if free == 0 {
        return Ok(());
    }
    let next = fairness::next_in_turn(session, target, &taken, free).await?;
    look_soon(session, &next).await
}

/// A wait of up to 15 minutes for an instant is a delayed message. A longer one, and one that something else ends and wakes,
/// is the due record in the slot, which `sweep` reads.
async fn arm<P: Ports>(session: &Session<'_, P>, slot: &Slot) -> Result<(), EngineError> {
    let Some(at) = slot.wake_at else {
        return Ok(());
    };
    let is_long = at.secs_since(session.now) > <P::Queue as Queue>::DELAY_SECS_MAX;
    // What it waited for when it was last looked at does not matter to one who is to be looked at now.
    let is_woken = at > session.now && is_woken(slot);
    if is_long || is_woken || is_only_indexed(slot) {
        return Ok(());
    }
    let timer = Timer {
        application: slot.application.clone(),
        slot_revision: slot.revision,
        at: at.max(session.now),
    };
    Ok(session.ports.queue().send_timer(&timer).await?)
}

/// Every gate that is closed is opened by a commit that wakes the slot.
fn is_woken(slot: &Slot) -> bool {
    let SlotState::Pending(pending) = &slot.state else {
        return false;
    };
    !pending.waits.is_empty() && pending.waits.iter().all(|wait| !wait.on.is_timed())
}

/// Nothing waits for the index result: if none comes, only `sweep` needs to know.
fn is_only_indexed(slot: &Slot) -> bool {
    matches!(slot.state, SlotState::Idle)
        && slot.joined.is_empty()
        && slot.tail.is_none()
        && slot.wake_at == slot.index_awaited_until
}

/// Something else than its own rebuild changed: a slot in which nothing is under way is looked at in that light.
pub(crate) fn judge_soon<P>(session: &Session<'_, P>, slot: &mut Slot) {
    match slot.state {
        SlotState::Idle => slot.wake_at = slot.idle_wake(session.now),
        SlotState::Pending(_) => slot.wake_at = Some(session.now),
        _ => {}
    }
}

/// The slot as its next version, to be changed and committed.
pub(crate) fn next_version(slot: &Slot) -> Slot {
    Slot {
        revision: slot.revision + 1,
        ..slot.clone()
    }
}

/// The rebuild as it now stands, for the history.
pub(crate) fn rebuild_entry(
    application: &ApplicationId,
    rebuild: &Rebuild,
    outcome: Outcome,
    reason: impl Into<String>,
    executions: &[PipelineExecutionId],
    now: Timestamp,
) -> HistoryEntry {
    let is_over = !matches!(
        outcome,
        Outcome::Pending | Outcome::Starting | Outcome::Running | Outcome::Parked | Outcome::Stuck
    );
    let changes = rebuild.packages.iter().filter_map(|(package, wanted)| {
        let package_version = PackageVersionId::new(package.clone(), &wanted.version).ok()?;
        Some(RebuildChange {
            package_version,
            from: wanted.from.clone(),
            reason: wanted.reason.clone(),
            cascade: wanted.cascade.clone(),
            needs_refresh: wanted.needs_refresh,
        })
    });
    let record = RebuildRecord {
        id: rebuild.id.clone(),
        application: application.clone(),
        changes: changes.collect(),
        requested_at: rebuild.requested_at,
        started_at: rebuild.first_started_at,
        finished_at: is_over.then_some(now),
        attempts: rebuild.attempts,
        executions: executions.to_vec(),
        outcome,
        reason: reason.into(),
        waited: rebuild.waited.clone(),
    };
    HistoryEntry {
        at: now,
        application: Some(application.clone()),
        package_version: None,
        body: HistoryBody::Rebuild(record),
    }
}

pub(crate) fn note(
    application: &ApplicationId,
    kind: NoteKind,
    rebuild: Option<&RebuildId>,
    execution: Option<&PipelineExecutionId>,
    text: impl Into<String>,
    now: Timestamp,
) -> HistoryEntry {
    let note = Note {
        kind,
        rebuild: rebuild.cloned(),
        execution: execution.cloned(),
        text: text.into(),
    };
    HistoryEntry {
        at: now,
        application: Some(application.clone()),
        package_version: None,
        body: HistoryBody::Note(note),
    }
}

/// Whether this slot's marker is to stand: it is active for those that depend on it.
pub(crate) fn marker_write(slot: &Slot, is_producer: bool, is_shadow: bool) -> Option<MarkerWrite> {
    if !is_producer {
        return None;
    }
    match slot.rebuild() {
        _ if is_shadow || !slot.is_active() => Some(MarkerWrite::Remove(slot.application.clone())),
        Some(rebuild) if !matches!(slot.state, SlotState::Parked(_) | SlotState::Stuck(_)) => {
            Some(MarkerWrite::Put(downriver_domain::slot::ActiveProducer {
                application: slot.application.clone(),
                rebuild: rebuild.id.clone(),
                since: rebuild.requested_at,
                active_from: None,
            }))
        }
        // An ended execution whose products' changes are still to come: the marker stays as it was written.
        _ => None,
    }
}
