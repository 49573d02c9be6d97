//! Rollouts at work: reads how a change stands in every application, decides how it goes on, and wakes whom that lets go.
//!
//! The truth is in the slots; a rollout is only the record of what was decided from them. So it may be reviewed at any
//! time, by anybody: after an end, when an application asks for its turn, and by `sweep`.

mod halt;
mod members;
mod operate;
mod steps;

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::rollout::{Advanced, Clearance, Hold, advance};
use downriver_domain::slot::{Gate, PackageHold, Rebuild, Slot, SlotState};
use downriver_domain::version::{PackageId, PackageVersionId};
use downriver_domain::{ApplicationId, Cascade, Rollout, RolloutPolicy};

pub(crate) use halt::unlist;
pub(crate) use operate::{Decision, decide};
pub(crate) use steps::{Step, step_of};
#[cfg(test)]
pub(crate) use {halt::text as text_of_halt, steps::text as text_of_passed};

use crate::carry_out::{look_soon, put_back};
use crate::error::EngineError;
use crate::history::{HistoryBody, HistoryEntry, Note, NoteKind, Outcome};
use crate::ports::{
    ApplicationState, Bus, Commit, CommitOutcome, LOAD_ROLLOUTS_MAX, Notice, Ports, Store,
};
use crate::session::{CONTENTION_MAX, Session, contended};

/// What is known of a change whose rollout begins.
#[derive(Debug, Clone, Default)]
pub(crate) struct Beginning<'a> {
    pub(crate) depth: u32,
    pub(crate) package_revision: Option<String>,
    /// Who asks for its turn, with the slot as it asks: one who waits on nothing yet.
    pub(crate) asking: Option<&'a ApplicationState>,
}

/// What the rollouts of its changes, and of those that they descend from, hold of a rebuild.
pub(crate) async fn holds<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    slot: &Slot,
) -> Result<BTreeMap<PackageId, PackageHold>, EngineError> {
    let mut holds = BTreeMap::new();
    // What starts nothing needs no turn.
    let is_shadow = session.is_shadow || state.application.policy.is_shadow;
    let Some(policy) = session.topology.rollout.as_ref().filter(|_| !is_shadow) else {
        return Ok(holds);
    };
    let mut asking = ApplicationState {
        slot: slot.clone(),
        ..state.clone()
    };
    let SlotState::Pending(pending) = &mut asking.slot.state else {
        return Ok(holds);
    };
    pending.waits.clear();
    let rebuild = pending.rebuild.clone();
    let mut known = load_of(session, &rebuild).await?;
    for (package, wanted) in &rebuild.packages {
        let Ok(change) = PackageVersionId::new(package.clone(), &wanted.version) else {
            continue;
        };
        let beginning = Beginning {
            depth: wanted.cascade.depth,
            package_revision: wanted.revision.clone(),
            asking: Some(&asking),
        };
        let rollout = match known.remove(&change) {
            Some(rollout) if !is_of_other_contents(&rollout, &beginning) => rollout,
            _ => review(session, policy, &change, &beginning).await?,
        };
        let rollout = with_its_turn(session, policy, state, rollout, &beginning).await?;
        let hold = match clearance(policy, state, &rollout) {
            // Given up: dropped before it comes here.
            Clearance::Go | Clearance::Abandoned => {
                halted_root(&known, &wanted.cascade).map(|root| PackageHold::Halt(root.clone()))
            }
            Clearance::Ring(open) => Some(PackageHold::Ring {
                change: change.clone(),
                open,
                own: own_ring(policy, state),
            }),
            Clearance::Halted => Some(PackageHold::Halt(change.clone())),
            Clearance::Unapproved => Some(PackageHold::Approval(change.clone())),
        };
        known.insert(change, rollout);
        holds.extend(hold.map(|hold| (package.clone(), hold)));
    }
    Ok(holds)
}

/// Whether a rebuild that may have gone is held by now.
pub(crate) async fn is_held<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    rebuild: &Rebuild,
) -> Result<bool, EngineError> {
    let Some(policy) = &session.topology.rollout else {
        return Ok(false);
    };
    let known = load_of(session, rebuild).await?;
    Ok(rebuild.packages.iter().any(|(package, wanted)| {
        PackageVersionId::new(package.clone(), &wanted.version)
            .is_ok_and(|change| !may_go(policy, state, &known, &change, &wanted.cascade))
    }))
}

/// Whether one version of a package, with what it descends from, may go to this application now; a version that nobody
/// asked for yet begins its rollout when it is asked for.
pub(crate) async fn is_clear<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    change: &PackageVersionId,
    cascade: &Cascade,
) -> Result<bool, EngineError> {
    let Some(policy) = &session.topology.rollout else {
        return Ok(true);
    };
    let changes: BTreeSet<_> = cascade.roots.iter().chain([change]).cloned().collect();
    let known = load_all(session, changes).await?;
    Ok(known.contains_key(change) && may_go(policy, state, &known, change, cascade))
}

/// Nothing that is known holds the change or what it descends from.
fn may_go(
    policy: &RolloutPolicy,
    state: &ApplicationState,
    known: &BTreeMap<PackageVersionId, Rollout>,
    change: &PackageVersionId,
    cascade: &Cascade,
) -> bool {
    let is_clear = |rollout: &Rollout| clearance(policy, state, rollout) == Clearance::Go;
    known.get(change).is_none_or(is_clear) && halted_root(known, cascade).is_none()
}

/// The first halted change that something descends from.
fn halted_root<'c>(
    known: &BTreeMap<PackageVersionId, Rollout>,
    cascade: &'c Cascade,
) -> Option<&'c PackageVersionId> {
    let mut roots = cascade.roots.iter();
    roots.find(|root| known.get(*root).is_some_and(Rollout::is_halted))
}

/// Of these changes, those that a person gave up, each with the sentence that says so; and those that we set `Unlisted`.
pub(crate) async fn given_up<P: Ports>(
    session: &Session<'_, P>,
    changes: &[PackageVersionId],
) -> Result<
    (
        BTreeMap<PackageVersionId, String>,
        BTreeSet<PackageVersionId>,
    ),
    EngineError,
> {
    let mut abandoned = BTreeMap::new();
    let mut unlisted = BTreeSet::new();
    if session.topology.rollout.is_none() {
        return Ok((abandoned, unlisted));
    }
    for rollout in load(session, changes).await? {
        if rollout.is_unlisted {
            unlisted.insert(rollout.package_version.clone());
        }
        if let Some(Hold::Abandoned { by, reason, .. }) = rollout.hold {
            let text = format!("{by} abandoned {}: {reason}", rollout.package_version);
            abandoned.insert(rollout.package_version, text);
        }
    }
    Ok((abandoned, unlisted))
}

/// A rebuild came to an end, or to something like it: the rollouts of what it was for go on.
pub(crate) async fn follow<P: Ports>(
    session: &Session<'_, P>,
    commit: &Commit,
) -> Result<(), EngineError> {
    let Some(policy) = &session.topology.rollout else {
        return Ok(());
    };
    let changes: BTreeSet<PackageVersionId> = commit
        .history
        .iter()
        .filter_map(|entry| match &entry.body {
            HistoryBody::Rebuild(record) if moves_on(record.outcome) => Some(&record.changes),
            _ => None,
        })
        .flatten()
        .map(|change| change.package_version.clone())
        .collect();
    let changes: Vec<PackageVersionId> = changes.into_iter().collect();
    for rollout in load(session, &changes).await? {
        let beginning = Beginning {
            depth: rollout.depth,
            package_revision: rollout.package_revision.clone(),
            asking: None,
        };
        review(session, policy, &rollout.package_version, &beginning).await?;
    }
    Ok(())
}

/// Looks at one rollout in the light of its members, until nothing changes. One that does not exist yet begins.
pub(crate) async fn review<P: Ports>(
    session: &Session<'_, P>,
    policy: &RolloutPolicy,
    change: &PackageVersionId,
    beginning: &Beginning<'_>,
) -> Result<Rollout, EngineError> {
    for _ in 0..CONTENTION_MAX {
        let known = load(session, std::slice::from_ref(change)).await?.pop();
        let rollout = match known {
            Some(known) if is_of_other_contents(&known, beginning) => Rollout {
                revision: known.revision,
                ..begin(session, change, beginning)
            },
            Some(known) => known,
            None => begin(session, change, beginning),
        };
        let members = members::gather(session, policy, &rollout, beginning.asking).await?;
        let Some(Advanced {
            rollout: mut next,
            released,
        }) = advance(policy, &rollout, &members, session.now)
        else {
            return Ok(rollout);
        };
        let is_halted_now = next.is_halted() && !rollout.is_halted();
        next.is_unlisted |= is_halted_now && policy.is_unlisted;
        if record(session, &rollout, &next).await? {
            if is_halted_now && next.is_unlisted {
                unlist(session, &next).await?;
            }
            put_back(session, &released).await?;
            if next.hold != rollout.hold {
                let waiting = members::waiting(session, policy, &next).await?;
                look_soon(session, &waiting).await?;
            }
            return Ok(next);
        }
    }
    Err(contended(change))
}

/// Commits the next version and tells what is new in it; `false`: somebody else wrote.
pub(crate) async fn record<P: Ports>(
    session: &Session<'_, P>,
    before: &Rollout,
    next: &Rollout,
) -> Result<bool, EngineError> {
    let (texts, notices) = told(session, before, next).await?;
    let commit = Commit {
        rollout: Some(next.clone()),
        history: texts
            .into_iter()
            .map(|text| entry(session, &next.package_version, text))
            .collect(),
        ..Commit::default()
    };
    if session.ports.store().commit(&commit).await? != CommitOutcome::Done {
        return Ok(false);
    }
    session.ports.observe(&commit);
    if !notices.is_empty() {
        session.ports.bus().publish(&notices).await?;
    }
    Ok(true)
}

pub(crate) async fn load<P: Ports>(
    session: &Session<'_, P>,
    changes: &[PackageVersionId],
) -> Result<Vec<Rollout>, EngineError> {
    let mut loaded = Vec::new();
    for changes in changes.chunks(LOAD_ROLLOUTS_MAX) {
        loaded.extend(session.ports.store().load_rollouts(changes).await?);
    }
    Ok(loaded)
}

/// A line in the history of the version.
pub(crate) fn entry<P>(
    session: &Session<'_, P>,
    change: &PackageVersionId,
    text: String,
) -> HistoryEntry {
    HistoryEntry {
        at: session.now,
        application: None,
        package_version: Some(change.clone()),
        body: HistoryBody::Note(Note {
            kind: NoteKind::Rollout,
            rebuild: None,
            execution: None,
            text,
        }),
    }
}

fn begin<P>(session: &Session<'_, P>, change: &PackageVersionId, of: &Beginning<'_>) -> Rollout {
    Rollout {
        package_revision: of.package_revision.clone(),
        ..Rollout::new(change.clone(), of.depth, session.now)
    }
}

/// A mutable version was published again: what was found of its contents before says nothing about these.
fn is_of_other_contents(rollout: &Rollout, beginning: &Beginning<'_>) -> bool {
    beginning.package_revision.is_some() && rollout.package_revision != beginning.package_revision
}

/// The rollouts of what a rebuild is for, and of what that descends from.
async fn load_of<P: Ports>(
    session: &Session<'_, P>,
    rebuild: &Rebuild,
) -> Result<BTreeMap<PackageVersionId, Rollout>, EngineError> {
    let mut changes: BTreeSet<PackageVersionId> = rebuild.changes().into_iter().collect();
    for wanted in rebuild.packages.values() {
        changes.extend(wanted.cascade.roots.iter().cloned());
    }
    load_all(session, changes).await
}

async fn load_all<P: Ports>(
    session: &Session<'_, P>,
    changes: BTreeSet<PackageVersionId>,
) -> Result<BTreeMap<PackageVersionId, Rollout>, EngineError> {
    let changes: Vec<PackageVersionId> = changes.into_iter().collect();
    let loaded = load(session, &changes).await?;
    Ok(loaded
        .into_iter()
        .map(|rollout| (rollout.package_version.clone(), rollout))
        .collect())
}

/// One that asks for its turn while there is room gets it: it came later than the others, or could not go then. A rollout
/// that was over goes on with it.
async fn with_its_turn<P: Ports>(
    session: &Session<'_, P>,
    policy: &RolloutPolicy,
    state: &ApplicationState,
    rollout: Rollout,
    beginning: &Beginning<'_>,
) -> Result<Rollout, EngineError> {
    let has_turn = match clearance(policy, state, &rollout) {
        Clearance::Ring(open) => {
            !rollout.is_over && (own_ring(policy, state) > open || rollout.room == 0)
        }
        _ => true,
    };
    if has_turn {
        return Ok(rollout);
    }
    review(session, policy, &rollout.package_version, beginning).await
}

fn clearance(policy: &RolloutPolicy, state: &ApplicationState, rollout: &Rollout) -> Clearance {
    rollout.clear(&state.application.id, own_ring(policy, state))
}

/// A catalog with fewer rings may have come since it was assigned.
fn own_ring(policy: &RolloutPolicy, state: &ApplicationState) -> u32 {
    state.application.ring.min(policy.last_ring())
}

const fn moves_on(outcome: Outcome) -> bool {
    !matches!(
        outcome,
        Outcome::Pending | Outcome::Starting | Outcome::Running
    )
}

/// What the step from one version to the next says, and whom it is told to.
async fn told<P: Ports>(
    session: &Session<'_, P>,
    before: &Rollout,
    next: &Rollout,
) -> Result<(Vec<String>, Vec<Notice>), EngineError> {
    let mut texts: Vec<String> = next
        .passed
        .iter()
        .skip(before.passed.len())
        .map(steps::text)
        .collect();
    let mut notices = Vec::new();
    if next.hold != before.hold {
        match &next.hold {
            Some(Hold::Halted { .. }) => {
                let text = halt::text(next);
                let told = format!("{} is {text}", next.package_version);
                notices.push(halt::notice(session, next, told).await?);
                texts.push(text);
            }
            Some(Hold::Unapproved { reason, .. }) => {
                let change = &next.package_version;
                let text = format!("{reason}: `downriver approve '{change}'` lets it go");
                notices.push(halt::approval(session, next, format!("{change}: {text}")).await?);
                texts.push(format!("waits for an approval: {text}"));
            }
            Some(Hold::Abandoned { by, reason, .. }) => {
                texts.push(format!("abandoned by {by}: {reason}"));
            }
            None => {}
        }
    }
    Ok((texts, notices))
}

/// Whether a slot waits for its turn in a rollout and for nothing that a person has to do first.
pub(crate) fn waits_for_turn(state: &ApplicationState) -> bool {
    let SlotState::Pending(pending) = &state.slot.state else {
        return false;
    };
    let closed = |gate: Gate| pending.waits.iter().any(|wait| wait.gate == gate);
    (closed(Gate::Ring) || closed(Gate::Approved)) && !closed(Gate::NotPaused)
}

/// What `sweep` does for one rollout: reviews it, and wakes those whose message was lost.
pub(crate) async fn review_and_wake<P: Ports>(
    session: &Session<'_, P>,
    policy: &RolloutPolicy,
    rollout: &Rollout,
) -> Result<Vec<ApplicationId>, EngineError> {
    let change = &rollout.package_version;
    let beginning = Beginning {
        depth: rollout.depth,
        package_revision: rollout.package_revision.clone(),
        asking: None,
    };
    let reviewed = review(session, policy, change, &beginning).await?;
    if reviewed.is_halted() && reviewed.is_unlisted {
        unlist(session, &reviewed).await?;
    }
    let late = members::left_waiting(session, policy, &reviewed).await?;
    put_back(session, &late).await?;
    Ok(late)
}
