//! One affected application: its verdicts on the changes of a batch, and one conditional write.

use std::collections::BTreeMap;

use downriver_domain::impact::{Ask, Judgement};
use downriver_domain::slot::{Merged, Slot, SlotState, merge_asks, merge_joined, settle};
use downriver_domain::version::PackageId;
use downriver_domain::{Application, Edge};

use crate::carry_out::{carry_out, marker_write, next_version, note, rebuild_entry};
use crate::cascade::cascade_of;
use crate::error::EngineError;
use crate::history::{NoteKind, Outcome};
use crate::judging::Views;
use crate::ports::{
    ApplicationState, Commit, CommitOutcome, Notice, NoticeKind, PageChange, Ports,
};
use crate::session::{CONTENTION_MAX, Session, contended};

/// What a batch brings for one application.
#[derive(Default)]
pub(super) struct Work<'a> {
    pub(super) edges: BTreeMap<PackageId, Vec<Edge>>,
    pub(super) changes: Vec<&'a PageChange>,
}

/// Judges and writes; the verdicts are returned to be recorded with those of the whole page.
pub(super) async fn judge_application<P: Ports>(
    session: &Session<'_, P>,
    views: &mut Views,
    mut state: ApplicationState,
    work: &Work<'_>,
) -> Result<Vec<Judgement>, EngineError> {
    if !state.is_registered {
        return Ok(Vec::new());
    }
    for _ in 0..CONTENTION_MAX {
        let decision = decide(session, views, &state, work);
        let Some(commit) = decision.commit else {
            return Ok(decision.verdicts);
        };
        if carry_out(session, &commit, &decision.notices).await? == CommitOutcome::Done {
            return Ok(decision.verdicts);
        }
        let Some(reloaded) = session.load(&state.application.id).await? else {
            return Ok(Vec::new());
        };
        state = reloaded;
    }
    Err(contended(&state.application.id))
}

struct Decision {
    verdicts: Vec<Judgement>,
    commit: Option<Commit>,
    notices: Vec<Notice>,
}

fn decide<P: Ports>(
    session: &Session<'_, P>,
    views: &mut Views,
    state: &ApplicationState,
    work: &Work<'_>,
) -> Decision {
    // A copy of what it sees already changes nothing for it; its package is judged all the same.
    let changes: Vec<PageChange> = work
        .changes
        .iter()
        .map(|change| {
            let is_repeat = views.is_repeat(session, &state.application, change);
            PageChange {
                is_news: change.is_news && !is_repeat,
                ..(*change).clone()
            }
        })
        .collect();
    let judged: Vec<(&PageChange, Judgement)> = changes
        .iter()
        .map(|change| {
            let edges = work
                .edges
                .get(change.package_version.package())
                .map_or(&[][..], Vec::as_slice);
            (change, views.judge(session, state, edges, change))
        })
        .collect();
    if is_kept_unjudged(session, &state.slot) {
        return keep(session, state, judged);
    }
    let asks = views.asks(session, state, &work.edges);
    let mut slot = next_version(&state.slot);
    let merged = merge_asks(&mut slot, &asks, session.now);
    let is_merged = merged != Merged::Unchanged;
    let verdicts = judged
        .into_iter()
        .filter(|(change, _)| change.is_news || is_merged)
        .map(|(_, judgement)| judgement)
        .collect();
    if !is_merged {
        return Decision {
            verdicts,
            commit: None,
            notices: Vec::new(),
        };
    }
    let notices = requested_notice(session, &state.application, merged, &slot);
    Decision {
        verdicts,
        commit: Some(pending_commit(session, state, slot, merged, &asks)),
        notices,
    }
}

/// While an execution runs, and until its index result is there, what was built is not known.
fn is_kept_unjudged<P: Ports>(session: &Session<'_, P>, slot: &Slot) -> bool {
    match slot.state {
        SlotState::Starting(_)
        | SlotState::Running(_)
        | SlotState::Parked(_)
        | SlotState::Stuck(_) => true,
        SlotState::Idle => slot.is_index_awaited(session.now) || !slot.joined.is_empty(),
        SlotState::Pending(_) => false,
    }
}

/// What does not rest on the built version is said at once; the rest joins the slot unjudged.
fn keep<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    judged: Vec<(&PageChange, Judgement)>,
) -> Decision {
    let mut slot = next_version(&state.slot);
    let mut is_changed = false;
    let mut verdicts = Vec::new();
    for (change, judgement) in judged {
        if judgement.verdict.rests_on_built() {
            is_changed |= merge_joined(
                &mut slot,
                change.package_version.package(),
                super::joined(change),
            );
        } else if change.is_news {
            verdicts.push(judgement);
        }
    }
    if matches!(slot.state, SlotState::Idle) {
        slot.wake_at = slot.idle_wake(session.now);
    }
    let commit = is_changed.then(|| Commit {
        slot: Some(slot),
        ..Commit::default()
    });
    Decision {
        verdicts,
        commit,
        notices: Vec::new(),
    }
}

/// The write for a slot that became pending, or has more to pick up.
pub(crate) fn pending_commit<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    mut slot: Slot,
    merged: Merged,
    asks: &BTreeMap<PackageId, Ask>,
) -> Commit {
    let application = &state.application;
    let SlotState::Pending(pending) = &mut slot.state else {
        return Commit {
            slot: Some(slot),
            ..Commit::default()
        };
    };
    let opens_at = settle(pending, application, session.now).unwrap_or(session.now);
    let look_at = pending
        .not_before
        .map_or(opens_at, |not_before| not_before.max(opens_at));
    let rebuild = pending.rebuild.clone();
    slot.wake_at = Some(look_at.max(session.now));
    slot.last_cascade = Some(cascade_of(&application.id, &rebuild));
    let is_shadow = session.is_shadow || application.policy.is_shadow;
    let marker = (merged == Merged::Requested && !is_shadow)
        .then(|| marker_write(&slot, application.is_producer(), false))
        .flatten();
    let (kind, verb) = match merged {
        Merged::Requested => (NoteKind::Requested, "requested for"),
        _ => (NoteKind::Joined, "now also for"),
    };
    let packages: Vec<String> = asks
        .iter()
        .map(|(package, ask)| format!("{package}@{} ({})", ask.version, ask.reason))
        .collect();
    let text = format!("rebuild {} {verb} {}", rebuild.id, packages.join("; "));
    let mut history = vec![note(
        &application.id,
        kind,
        Some(&rebuild.id),
        None,
        text,
        session.now,
    )];
    history.push(rebuild_entry(
        &application.id,
        &rebuild,
        Outcome::Pending,
        "waits for its gates",
        &[],
        session.now,
    ));
    Commit {
        slot: Some(slot),
        marker,
        history,
        ..Commit::default()
    }
}

pub(crate) fn requested_notice<P: Ports>(
    session: &Session<'_, P>,
    application: &Application,
    merged: Merged,
    slot: &Slot,
) -> Vec<Notice> {
    let Some(rebuild) = slot.rebuild().filter(|_| merged == Merged::Requested) else {
        return Vec::new();
    };
    let changes: Vec<String> = rebuild.changes().iter().map(ToString::to_string).collect();
    vec![Notice {
        kind: NoticeKind::RebuildRequested,
        at: session.now,
        owner: Some(application.owner.clone()),
        application: Some(application.id.clone()),
        rebuild: Some(rebuild.id.clone()),
        package_version: rebuild.changes().into_iter().next(),
        is_urgent: rebuild.is_expedited,
        text: format!(
            "rebuild {} requested for {}",
            rebuild.id,
            changes.join(", ")
        ),
    }]
}
