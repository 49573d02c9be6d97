//! Judges anew what waits in a slot, from the inventory as it now stands.

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::Edge;
use downriver_domain::impact::{Ask, Verdict};
use downriver_domain::slot::{Merged, Pending, SlotState, rejudge};
use downriver_domain::version::{PackageId, PackageVersionId};

use super::{Looked, finish};
use crate::carry_out::{carry_out, next_version};
use crate::error::EngineError;
use crate::history::{HistoryBody, HistoryEntry};
use crate::judging::{Views, load_edges};
use crate::ports::{ApplicationState, Commit, CommitOutcome, PageChange, Ports};
use crate::resolve::{notice, pending_commit, requested_notice};
use crate::session::Session;

/// What was seen while an execution ran is judged now that it is known what it built.
pub(super) async fn judge_joined<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
) -> Result<Looked, EngineError> {
    if state.slot.is_index_awaited(session.now) {
        return Ok(Looked::Done);
    }
    if state.slot.joined.is_empty() {
        return stop_waiting(session, state).await;
    }
    let (commit, merged, notices) = rejudged(session, state).await?;
    let outcome = carry_out(session, &commit, &notices).await?;
    // A new rebuild may be settled already: what joined was seen long ago.
    Ok(
        if outcome == CommitOutcome::Done && merged == Merged::Unchanged {
            Looked::Done
        } else {
            Looked::Again
        },
    )
}

/// No index result came in time, and nothing waits for one: nothing is to be looked at any more.
async fn stop_waiting<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
) -> Result<Looked, EngineError> {
    let wake_at = state.slot.idle_wake(session.now);
    if state.slot.wake_at == wake_at {
        return Ok(Looked::Done);
    }
    let mut slot = next_version(&state.slot);
    slot.wake_at = wake_at;
    let commit = Commit {
        slot: Some(slot),
        ..Commit::default()
    };
    finish(session, &commit, &[]).await
}

pub(super) type Anew = (
    BTreeMap<PackageId, Ask>,
    BTreeMap<PackageId, Vec<Edge>>,
    Views,
);

/// What each of these packages asks for now, from the inventory as it stands.
pub(super) async fn ask_anew<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    packages: &BTreeSet<PackageId>,
) -> Result<Anew, EngineError> {
    let edges = load_edges(session, &state.application, packages).await?;
    let mut views = Views::default();
    views.load(session, packages).await?;
    let asks = views.asks(session, state, &edges);
    Ok((asks, edges, views))
}

/// Judges everything pending and everything that joined, and writes the verdicts on what joined down.
pub(super) async fn rejudged<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
) -> Result<(Commit, Merged, Vec<crate::ports::Notice>), EngineError> {
    let pending = state
        .slot
        .rebuild()
        .map(|rebuild| rebuild.packages.keys().cloned().collect::<BTreeSet<_>>());
    let mut packages = pending.unwrap_or_default();
    packages.extend(state.slot.joined.keys().cloned());
    let (asks, edges, mut views) = ask_anew(session, state, &packages).await?;
    let mut slot = next_version(&state.slot);
    let execution = state
        .slot
        .builds
        .first()
        .map(|build| build.execution.clone());
    let merged = rejudge(&mut slot, &asks, execution.as_ref(), session.now);
    let mut notices = requested_notice(session, &state.application, merged, &slot);
    let mut verdicts = Vec::new();
    for (package, joined) in &state.slot.joined {
        let Ok(package_version) = PackageVersionId::new(package.clone(), &joined.version) else {
            continue;
        };
        let change = PageChange {
            package_version,
            repository: joined.repository.clone(),
            seen_at: joined.seen_at,
            is_news: joined.is_news,
        };
        let edges = edges.get(package).map_or(&[][..], Vec::as_slice);
        let verdict = views.judge(session, state, edges, &change);
        if change.is_news || !matches!(verdict.verdict, Verdict::Unaffected(_)) {
            verdicts.push(verdict);
        }
    }
    notices.extend(
        verdicts
            .iter()
            .filter_map(|verdict| notice(session, &state.application.owner, verdict)),
    );
    let history: Vec<HistoryEntry> = verdicts
        .into_iter()
        .map(|verdict| HistoryEntry {
            at: session.now,
            application: None,
            package_version: Some(verdict.package_version.clone()),
            body: HistoryBody::Verdicts(vec![verdict]),
        })
        .collect();
    let mut commit = match slot.state {
        SlotState::Pending(_) if merged != Merged::Unchanged => {
            pending_commit(session, state, slot, merged, &asks)
        }
        SlotState::Pending(_) => Commit {
            slot: Some(slot),
            ..Commit::default()
        },
        _ => {
            slot.wake_at = slot.idle_wake(session.now);
            Commit {
                slot: Some(slot),
                ..Commit::default()
            }
        }
    };
    commit.history.extend(history);
    Ok((commit, merged, notices))
}

/// The sentence of the first package's verdict: what makes the rebuild unnecessary.
pub(super) async fn why_not_needed<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    pending: &Pending,
) -> Result<String, EngineError> {
    let Some((package, wanted)) = pending.rebuild.packages.iter().next() else {
        return Ok("nothing asks for it any more".to_owned());
    };
    let packages = BTreeSet::from([package.clone()]);
    let (_, edges, mut views) = ask_anew(session, state, &packages).await?;
    let Ok(package_version) = PackageVersionId::new(package.clone(), &wanted.version) else {
        return Ok("nothing asks for it any more".to_owned());
    };
    let change = PageChange {
        package_version,
        repository: wanted.repository.clone(),
        seen_at: wanted.seen_at,
        is_news: false,
    };
    let edges = edges.get(package).map_or(&[][..], Vec::as_slice);
    let judgement = views.judge(session, state, edges, &change);
    Ok(format!(
        "nothing asks for it any more: {package}: {}",
        judgement.reason
    ))
}
