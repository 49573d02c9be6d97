use downriver_domain::impact::{
    Action, Direction, Instance, Judgement, Stranding, Unaffected, Verdict,
};
use downriver_domain::slot::{Gate, WaitOn, Waited};
use downriver_domain::{Built, Cascade, Evidence, Scope};

use super::{at, cascade, id, repository, target, tokens, tokens_version};
use crate::history::{
    HistoryBody, HistoryEntry, Note, NoteKind, Outcome, RebuildChange, RebuildRecord, Seen,
    SeenEffect,
};

/// One of each kind, with every name.
pub(in super::super) fn history() -> Vec<HistoryEntry> {
    let effects = [
        SeenEffect::Appeared,
        SeenEffect::Revised,
        SeenEffect::Withdrawn,
        SeenEffect::Noted,
        SeenEffect::Unchanged,
        SeenEffect::Stale,
    ];
    let seen = effects.map(|effect| {
        HistoryBody::Seen(Seen {
            repository: repository("shared"),
            effect,
            cascade: cascade(),
            text: "2.0.0 appeared in shared".to_owned(),
        })
    });
    let bodies = seen
        .into_iter()
        .chain([HistoryBody::Verdicts(judgements())])
        .chain(rebuilds())
        .chain(notes());
    let mut entries: Vec<_> = bodies
        .map(|body| HistoryEntry {
            at: at(1),
            application: Some(id("web")),
            package_version: None,
            body,
        })
        .collect();
    for entry in &mut entries[..7] {
        entry.application = None;
        entry.package_version = Some(tokens_version("2.0.0"));
    }
    entries
}

fn judgements() -> Vec<Judgement> {
    let unaffected = [
        Unaffected::BuiltAlready,
        Unaffected::NewerBuiltAlready,
        Unaffected::NotVisible,
        Unaffected::PrereleaseNotSelected,
        Unaffected::SelectsAnother,
        Unaffected::SoftPinned,
        Unaffected::ScopeLeftOut,
        Unaffected::FollowLeftOut,
        Unaffected::ThirdParty,
        Unaffected::PublishedBeforeRegistration,
        Unaffected::NotADependency,
        Unaffected::AlreadyAttempted,
        Unaffected::PassedInCascade,
        Unaffected::NotFromRegistry,
        Unaffected::NotPublished,
        Unaffected::WithdrawnNotBuilt,
    ];
    let verdicts = [
        Verdict::Picks,
        Verdict::Locked,
        Verdict::Excluded,
        Verdict::MovesOff(Direction::Newer),
        Verdict::MovesOff(Direction::Older),
        Verdict::Stranded(Stranding::Gone),
        Verdict::Stranded(Stranding::Unlisted),
    ];
    let actions = [
        Action::Nothing,
        Action::Notify,
        Action::NotifyUrgent,
        Action::Rebuild,
        Action::Refresh,
    ];
    let verdicts = verdicts
        .into_iter()
        .chain(unaffected.map(Verdict::Unaffected));
    verdicts
        .zip(actions.into_iter().cycle())
        .map(|(verdict, action)| judgement(verdict, action))
        .collect()
}

fn judgement(verdict: Verdict, action: Action) -> Judgement {
    let is_rich = verdict == Verdict::Locked;
    let instance = Instance {
        verdict: verdict.clone(),
        requirement: "^1.0.0".to_owned(),
        built: Built::Proven("1.8.0".to_owned()),
        is_locked: true,
        path: vec![tokens()],
        scope: Scope::Dev,
        evidence: Evidence {
            file: "package-lock.json".into(),
            line: Some(3),
        },
        lock: None,
        is_requirement_assumed: false,
    };
    let least = Instance {
        built: Built::Unknown,
        is_locked: false,
        path: Vec::new(),
        scope: Scope::Runtime,
        evidence: Evidence {
            file: "".into(),
            line: None,
        },
        ..instance.clone()
    };
    Judgement {
        application: id("web"),
        package_version: tokens_version("2.0.0"),
        repository: repository("shared"),
        verdict,
        action,
        reason: "the lock holds 1.8.0".to_owned(),
        wanted: is_rich.then(|| "1.9.0".to_owned()),
        is_assumed: is_rich,
        instances: if is_rich {
            vec![instance, least]
        } else {
            Vec::new()
        },
    }
}

fn rebuilds() -> Vec<HistoryBody> {
    let outcomes = [
        Outcome::Pending,
        Outcome::Starting,
        Outcome::Running,
        Outcome::Parked,
        Outcome::Stuck,
        Outcome::Succeeded,
        Outcome::Delivered,
        Outcome::NotPickedUp,
        Outcome::Unproven,
        Outcome::Failed,
        Outcome::Stopped,
        Outcome::NotNeeded,
        Outcome::WouldStart,
        Outcome::Removed,
    ];
    let least = |outcome| RebuildRecord {
        id: id("web.3"),
        application: id("web"),
        changes: Vec::new(),
        requested_at: at(1),
        started_at: None,
        finished_at: None,
        attempts: 0,
        executions: Vec::new(),
        outcome,
        reason: "a change of tokens".to_owned(),
        waited: Vec::new(),
    };
    let change = |from: Option<&str>, cascade, needs_refresh| RebuildChange {
        package_version: tokens_version("2.0.0"),
        from: from.map(str::to_owned),
        reason: "a plain rebuild resolves to it".to_owned(),
        cascade,
        needs_refresh,
    };
    let full = RebuildRecord {
        changes: vec![
            change(Some("1.8.0"), cascade(), true),
            change(None, Cascade::default(), false),
        ],
        started_at: Some(at(2)),
        finished_at: Some(at(3)),
        attempts: 2,
        executions: vec![id("e-1"), id("e-2")],
        waited: vec![Waited {
            gate: Gate::Budget,
            on: WaitOn::Target(target()),
            since: at(1),
            until: at(2),
        }],
        ..least(Outcome::Delivered)
    };
    outcomes
        .map(least)
        .into_iter()
        .chain([full])
        .map(HistoryBody::Rebuild)
        .collect()
}

fn notes() -> Vec<HistoryBody> {
    let kinds = [
        NoteKind::Requested,
        NoteKind::Joined,
        NoteKind::Waiting,
        NoteKind::BlockWaived,
        NoteKind::Starting,
        NoteKind::Started,
        NoteKind::StartRefused,
        NoteKind::Recovered,
        NoteKind::Retrying,
        NoteKind::Superseded,
        NoteKind::Resumed,
        NoteKind::Parked,
        NoteKind::Stuck,
        NoteKind::Released,
        NoteKind::Ended,
        NoteKind::Proof,
        NoteKind::Tracked,
        NoteKind::Notified,
        NoteKind::Operator,
        NoteKind::Swept,
        NoteKind::CatalogChanged,
    ];
    kinds
        .into_iter()
        .map(|kind| {
            let is_rich = kind == NoteKind::Started;
            HistoryBody::Note(Note {
                kind,
                rebuild: is_rich.then(|| id("web.3")),
                execution: is_rich.then(|| id("e-2")),
                text: "a plain sentence".to_owned(),
            })
        })
        .collect()
}
