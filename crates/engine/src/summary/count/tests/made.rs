//! Slots, changes and history entries as the tables need them.

use downriver_domain::impact::{Action, Verdict};
use downriver_domain::slot::{Rebuild, Slot};
use downriver_domain::version::PackageVersionId;
use downriver_domain::{ApplicationId, Cascade, Timestamp};

use super::super::SeenChange;
use crate::history::{
    HistoryBody, HistoryEntry, Note, NoteKind, Outcome, RebuildChange, RebuildRecord,
};

pub(super) fn at(secs: i64) -> Timestamp {
    Timestamp::from_unix_millis(secs * 1000)
}

pub(super) fn web() -> ApplicationId {
    "web".parse().expect("an application id")
}

pub(super) fn version(text: &str) -> PackageVersionId {
    format!("pkg:npm/{text}").parse().expect("a package URL")
}

pub(super) fn change(text: &str, secs: i64, verdict: Option<(Verdict, Action)>) -> SeenChange {
    SeenChange {
        package_version: version(text),
        seen_at: at(secs),
        verdict,
    }
}

pub(super) fn picked(text: &str, secs: i64) -> SeenChange {
    change(text, secs, Some((Verdict::Picks, Action::Rebuild)))
}

pub(super) fn unseen(text: &str, secs: i64) -> SeenChange {
    change(text, secs, None)
}

pub(super) fn entry(secs: i64, body: HistoryBody) -> HistoryEntry {
    HistoryEntry {
        at: at(secs),
        application: Some(web()),
        package_version: None,
        body,
    }
}

/// A rebuild for these versions that started and ended then.
pub(super) fn rebuild(
    number: u32,
    outcome: Outcome,
    (started, finished): (Option<i64>, Option<i64>),
    versions: &[&str],
) -> HistoryEntry {
    let changes = versions.iter().map(|text| RebuildChange {
        package_version: version(text),
        from: None,
        reason: String::new(),
        cascade: Cascade::default(),
        needs_refresh: false,
    });
    let record = RebuildRecord {
        id: format!("web.{number}").parse().expect("a rebuild id"),
        application: web(),
        changes: changes.collect(),
        requested_at: at(100),
        started_at: started.map(at),
        finished_at: finished.map(at),
        attempts: 1,
        executions: Vec::new(),
        outcome,
        reason: String::new(),
        waited: Vec::new(),
    };
    entry(
        finished.or(started).unwrap_or(100),
        HistoryBody::Rebuild(record),
    )
}

pub(super) fn started(secs: i64, execution: &str) -> HistoryEntry {
    entry(
        secs,
        HistoryBody::Note(Note {
            kind: NoteKind::Started,
            rebuild: None,
            execution: Some(execution.parse().expect("an execution id")),
            text: String::new(),
        }),
    )
}

pub(super) fn idle() -> Slot {
    Slot::new(web())
}

pub(super) fn wanting(package: &str) -> Rebuild {
    let wanted = downriver_domain::slot::Wanted {
        version: "2.0.0".to_owned(),
        revision: None,
        from: None,
        needs_refresh: false,
        is_third_party: false,
        repository: downriver_domain::RepositoryId {
            domain_owner: "111122223333".parse().expect("an account"),
            domain: "acme".parse().expect("a domain"),
            name: "release".parse().expect("a repository"),
        },
        seen_at: at(150),
        cascade: Cascade::default(),
        reason: String::new(),
    };
    Rebuild {
        id: "web.9".parse().expect("a rebuild id"),
        packages: [(version(package).package().clone(), wanted)].into(),
        requested_at: at(150),
        last_change_at: at(150),
        attempts: 0,
        failures: 0,
        is_canceled_once: false,
        upriver_held_since: None,
        waited: Vec::new(),
        first_started_at: None,
        is_expedited: false,
    }
}
