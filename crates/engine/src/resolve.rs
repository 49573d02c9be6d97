//! From package-version events to verdicts and pending rebuilds.

mod application;
mod dating;
mod inventory;

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::impact::{Action, Judgement};
use downriver_domain::slot::SlotState;
use downriver_domain::version::PackageId;
use downriver_domain::{ApplicationId, Edge, OwnerId, Sighting};

use crate::carry_out::{carry_out, judge_soon, marker_write, next_version};
use crate::error::EngineError;
use crate::history::{HistoryBody, HistoryEntry};
use crate::judging::Views;
use crate::ports::{
    Bus, Clock, Commit, CommitOutcome, DEPENDENTS_PAGE_MAX, Heard, LOAD_APPLICATIONS_MAX, Notice,
    NoticeKind, PageChange, Ports, Queue, ResolvePage, Store,
};
use crate::session::{CONTENTION_MAX, Session, contended};
use application::Work;
pub(crate) use application::{pending_commit, requested_notice};

/// Whose the applications of a page are.
type Owners = BTreeMap<ApplicationId, OwnerId>;

/// Takes a batch of accepted events into the inventory and judges every package it touches: one read and at most one
/// conditional write for each application, whatever the number of events.
pub async fn resolve<P: Ports>(ports: &P, sightings: &[Sighting]) -> Result<(), EngineError> {
    let session = Session::open(ports).await?;
    let mut by_package: BTreeMap<&PackageId, Vec<&Sighting>> = BTreeMap::new();
    for sighting in sightings {
        by_package
            .entry(sighting.package_version.package())
            .or_default()
            .push(sighting);
    }
    let mut pages = Vec::new();
    for (package, mut sightings) in by_package {
        sightings.sort_by_key(|sighting| (sighting.event_time, sighting.sequence));
        let changes = inventory::take_in(&session, package, &sightings).await?;
        pages.push(ResolvePage {
            package: package.clone(),
            changes,
            after: None,
        });
    }
    judge_pages(&session, &pages).await
}

/// Writes down that events of these domains were accepted: [`resolve`] is also told what no event told.
pub async fn hear<P: Ports>(ports: &P, sightings: &[Sighting]) -> Result<(), EngineError> {
    let at = ports.clock().now();
    let domains: BTreeSet<_> = { sightings.iter() }
        .map(|sighting| {
            let repository = &sighting.repository;
            (repository.domain_owner.clone(), repository.domain.clone())
        })
        .collect();
    let heard: Vec<Heard> = { domains.into_iter() }
        .map(|(domain_owner, domain)| Heard {
            domain_owner,
            domain,
            at,
        })
        .collect();
    Ok(ports.store().record_heard(&heard).await?)
}

/// Judges one further page of a package's dependents.
pub async fn resolve_page<P: Ports>(ports: &P, page: &ResolvePage) -> Result<(), EngineError> {
    let session = Session::open(ports).await?;
    judge_pages(&session, std::slice::from_ref(page)).await
}

async fn judge_pages<P: Ports>(
    session: &Session<'_, P>,
    pages: &[ResolvePage],
) -> Result<(), EngineError> {
    let store = session.ports.store();
    let mut views = Views::default();
    let mut work: BTreeMap<(bool, ApplicationId), Work<'_>> = BTreeMap::new();
    let mut next = Vec::new();
    for page in pages {
        views.insert(store.load_inventory(&page.package).await?);
        let dependents = store
            .load_dependents(&page.package, page.after.as_ref(), DEPENDENTS_PAGE_MAX)
            .await?;
        for edge in dependents.edges {
            let key = (!edge.is_producer, edge.application.clone());
            work.entry(key).or_default().add(page, edge);
        }
        next.push(dependents.next);
    }
    let (verdicts, owners) = judge_applications(session, &mut views, &work).await?;
    record_verdicts(session, verdicts, &owners).await?;
    for (page, next) in pages.iter().zip(next) {
        if let Some(cursor) = next {
            let page = ResolvePage {
                after: Some(cursor),
                ..page.clone()
            };
            session.ports.queue().send_page(&page).await?;
        } else {
            note_published(session, &views, page).await?;
        }
    }
    Ok(())
}

/// Producers come first, so that their markers stand before what they reach becomes pending.
async fn judge_applications<P: Ports>(
    session: &Session<'_, P>,
    views: &mut Views,
    work: &BTreeMap<(bool, ApplicationId), Work<'_>>,
) -> Result<(Vec<Judgement>, Owners), EngineError> {
    let mut verdicts = Vec::new();
    let mut owners = Owners::new();
    let all: Vec<(&ApplicationId, &Work<'_>)> =
        work.iter().map(|((_, id), work)| (id, work)).collect();
    for chunk in all.chunks(LOAD_APPLICATIONS_MAX) {
        let ids: Vec<ApplicationId> = chunk.iter().map(|(id, _)| (*id).clone()).collect();
        let works: BTreeMap<&ApplicationId, &Work<'_>> = chunk.iter().copied().collect();
        for state in session.ports.store().load_applications(&ids).await? {
            if let Some(work) = works.get(&state.application.id) {
                let application = &state.application;
                owners.insert(application.id.clone(), application.owner.clone());
                verdicts.extend(application::judge_application(session, views, state, work).await?);
            }
        }
    }
    Ok((verdicts, owners))
}

/// One history entry for each change of the page, with every verdict, and a notice for each that a person should know.
async fn record_verdicts<P: Ports>(
    session: &Session<'_, P>,
    verdicts: Vec<Judgement>,
    owners: &Owners,
) -> Result<(), EngineError> {
    let notices: Vec<Notice> = verdicts
        .iter()
        .filter_map(|verdict| notice(session, owners.get(&verdict.application)?, verdict))
        .collect();
    let mut by_change: BTreeMap<_, Vec<Judgement>> = BTreeMap::new();
    for verdict in verdicts {
        by_change
            .entry(verdict.package_version.clone())
            .or_default()
            .push(verdict);
    }
    let entries = by_change
        .into_iter()
        .map(|(package_version, verdicts)| HistoryEntry {
            at: session.now,
            application: None,
            package_version: Some(package_version),
            body: HistoryBody::Verdicts(verdicts),
        });
    let commit = Commit {
        history: entries.collect(),
        ..Commit::default()
    };
    // Told before it is written down that it was: a death in between tells twice. A bus that is down is not waited for: what it
    // should have told stands in the history.
    if !notices.is_empty() {
        session.ports.bus().publish(&notices).await?;
    }
    if !commit.history.is_empty() {
        carry_out(session, &commit, &[]).await?;
    }
    Ok(())
}

pub(crate) fn notice<P: Ports>(
    session: &Session<'_, P>,
    owner: &OwnerId,
    judgement: &Judgement,
) -> Option<Notice> {
    use downriver_domain::impact::Verdict;
    let kind = match (&judgement.verdict, judgement.action) {
        (_, Action::Rebuild | Action::Refresh | Action::Nothing) => return None,
        (Verdict::Unaffected(_), _) => NoticeKind::CascadeStopped,
        (Verdict::MovesOff(_) | Verdict::Stranded(_), _) => NoticeKind::VersionWithdrawn,
        _ => NoticeKind::ManifestChangeNeeded,
    };
    Some(Notice {
        kind,
        at: session.now,
        owner: Some(owner.clone()),
        application: Some(judgement.application.clone()),
        rebuild: None,
        package_version: Some(judgement.package_version.clone()),
        is_urgent: judgement.action == Action::NotifyUrgent,
        text: judgement.reason.clone(),
    })
}

/// The last page of a package is committed: its producers' executions have nothing more to say about it.
async fn note_published<P: Ports>(
    session: &Session<'_, P>,
    views: &Views,
    page: &ResolvePage,
) -> Result<(), EngineError> {
    let Some(producers) = session.topology.producers.get(&page.package) else {
        return Ok(());
    };
    let published_at = page
        .changes
        .iter()
        .filter_map(|change| {
            views
                .inventory(&page.package)?
                .first_record(change.package_version.version())
        })
        .filter_map(|(_, record)| {
            record
                .published_at
                .map(|published| published.max(record.revised_at))
        })
        .max();
    let Some(published_at) = published_at else {
        return Ok(());
    };
    for producer in producers {
        note_published_by(session, producer, page, published_at).await?;
    }
    Ok(())
}

async fn note_published_by<P: Ports>(
    session: &Session<'_, P>,
    producer: &ApplicationId,
    page: &ResolvePage,
    published_at: downriver_domain::Timestamp,
) -> Result<(), EngineError> {
    for _ in 0..CONTENTION_MAX {
        let Some(state) = session.load(producer).await? else {
            return Ok(());
        };
        let mut slot = next_version(&state.slot);
        let started_at = slot
            .executions
            .first()
            .map(|execution| execution.started_at);
        if started_at.is_none_or(|started| published_at < started) {
            return Ok(());
        }
        let mut is_changed = false;
        if let SlotState::Running(running) | SlotState::Parked(running) = &mut slot.state {
            is_changed |= running.published.insert(page.package.clone());
        }
        if let Some(tail) = &mut slot.tail {
            is_changed |= tail.awaited.remove(&page.package);
            if tail.awaited.is_empty() {
                slot.tail = None;
            }
        }
        if !is_changed {
            return Ok(());
        }
        judge_soon(session, &mut slot);
        let is_over = !slot.is_active();
        let marker = is_over.then(|| marker_write(&slot, true, false)).flatten();
        let commit = Commit {
            slot: Some(slot),
            marker,
            ..Commit::default()
        };
        if carry_out(session, &commit, &[]).await? == CommitOutcome::Done {
            return Ok(());
        }
    }
    Err(contended(producer))
}

impl<'a> Work<'a> {
    fn add(&mut self, page: &'a ResolvePage, edge: Edge) {
        let edges = self.edges.entry(page.package.clone()).or_default();
        if edges.is_empty() {
            self.changes.extend(page.changes.iter());
        }
        edges.push(edge);
    }
}

/// The change that joins a slot unjudged.
pub(crate) fn joined(change: &PageChange) -> downriver_domain::slot::Joined {
    downriver_domain::slot::Joined {
        version: change.package_version.version().to_owned(),
        repository: change.repository.clone(),
        seen_at: change.seen_at,
        is_news: change.is_news,
    }
}
