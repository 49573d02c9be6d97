//! A halted change: what its author is told, and taking the version out of what builds select.

use std::fmt::Write as _;

use downriver_domain::rollout::{Broken, Hold, Rollout};
use downriver_domain::version::PackageVersionId;
use downriver_domain::{OwnerId, RepositoryId, VersionStatus};

use super::entry;
use crate::error::EngineError;
use crate::history::HistoryBody;
use crate::ports::{
    Commit, HistoryOf, LOAD_APPLICATIONS_MAX, Notice, NoticeKind, Ports, ReadError, Registry, Store,
};
use crate::session::Session;

/// Entries of a change's history in which it is looked whether a line stands there already.
const WRITTEN_READ_MAX: usize = 50;
/// Broken applications that are told of in full.
const TOLD_MAX: usize = 20;

/// Which applications broke, where and since when, and what opens it.
pub(crate) fn text(rollout: &Rollout) -> String {
    let Some(Hold::Halted { broken, reason, .. }) = &rollout.hold else {
        return String::new();
    };
    let change = &rollout.package_version;
    let mut text = format!("halted: {reason}");
    for one in broken.iter().take(TOLD_MAX) {
        let _ = write!(text, "; {}", of_broken(one));
    }
    if broken.len() > TOLD_MAX {
        let _ = write!(text, "; and {} more", broken.len() - TOLD_MAX);
    }
    let _ = write!(
        text,
        "; a newer version takes over, `downriver resume '{change}'` lets it go on, `downriver abandon '{change}'` gives it up"
    );
    text
}

fn of_broken(broken: &Broken) -> String {
    let link = broken.url.as_ref();
    let link = link.map_or_else(String::new, |url| format!(" ({url})"));
    format!("{}: {}{link}", broken.application, broken.reason)
}

/// To the owner of the producer, who can mend it.
pub(super) async fn notice<P: Ports>(
    session: &Session<'_, P>,
    rollout: &Rollout,
    text: String,
) -> Result<Notice, EngineError> {
    told(session, rollout, NoticeKind::ChangeHalted, true, text).await
}

pub(super) async fn approval<P: Ports>(
    session: &Session<'_, P>,
    rollout: &Rollout,
    text: String,
) -> Result<Notice, EngineError> {
    told(session, rollout, NoticeKind::ApprovalNeeded, false, text).await
}

async fn told<P: Ports>(
    session: &Session<'_, P>,
    rollout: &Rollout,
    kind: NoticeKind,
    is_urgent: bool,
    text: String,
) -> Result<Notice, EngineError> {
    Ok(Notice {
        kind,
        at: session.now,
        owner: author(session, rollout).await?,
        application: None,
        rebuild: None,
        package_version: Some(rollout.package_version.clone()),
        is_urgent,
        text,
    })
}

/// The owner of what publishes the package; nobody for a third party's.
async fn author<P: Ports>(
    session: &Session<'_, P>,
    rollout: &Rollout,
) -> Result<Option<OwnerId>, EngineError> {
    let package = rollout.package_version.package();
    let Some(producers) = session.topology.producers.get(package) else {
        return Ok(None);
    };
    let ids: Vec<_> = producers
        .iter()
        .take(LOAD_APPLICATIONS_MAX)
        .cloned()
        .collect();
    let states = session.ports.store().load_applications(&ids).await?;
    Ok(states
        .into_iter()
        .map(|state| state.application.owner)
        .next())
}

/// Sets every `Published` copy that is known `Unlisted`. What cannot be done is written down, once, and tried again by `sweep`.
pub(crate) async fn unlist<P: Ports>(
    session: &Session<'_, P>,
    rollout: &Rollout,
) -> Result<(), EngineError> {
    let change = &rollout.package_version;
    let inventory = session
        .ports
        .store()
        .load_inventory(change.package())
        .await?;
    let published: Vec<&RepositoryId> = inventory
        .repositories
        .iter()
        .filter(|(_, records)| {
            let record = records.versions.get(change.version());
            record.is_some_and(|record| record.status == VersionStatus::Published)
        })
        .map(|(repository, _)| repository)
        .collect();
    for repository in published {
        let answer = session
            .ports
            .registry()
            .unlist_package_version(repository, change)
            .await;
        let text = match answer {
            Ok(()) => format!("set Unlisted in {repository}, since it is halted"),
            Err(error @ ReadError::Transient(_)) => return Err(error.into()),
            Err(error) => format!("could not be set Unlisted in {repository}: {error}"),
        };
        if is_written(session, change, &text).await? {
            continue;
        }
        let commit = Commit {
            history: vec![entry(session, change, text)],
            ..Commit::default()
        };
        session.ports.store().commit(&commit).await?;
        session.ports.observe(&commit);
    }
    Ok(())
}

/// Whether the history of a change has this line: a pass that finds the same again says nothing new.
async fn is_written<P: Ports>(
    session: &Session<'_, P>,
    change: &PackageVersionId,
    text: &str,
) -> Result<bool, EngineError> {
    let of = HistoryOf::PackageVersion(change.clone());
    let entries = session
        .ports
        .store()
        .load_history(&of, WRITTEN_READ_MAX)
        .await?;
    Ok(entries
        .iter()
        .any(|entry| matches!(&entry.body, HistoryBody::Note(note) if note.text == text)))
}
