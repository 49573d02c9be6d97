//! The history: append only, newest first.

use downriver_domain::impact::{Action, Instance, Judgement, Unaffected, Verdict};
use downriver_domain::slot::{Gate, WaitOn, Waited};
use downriver_domain::{Built, Cascade, Evidence, Scope};
use downriver_engine::history::{
    HistoryBody, HistoryEntry, Outcome, RebuildChange, RebuildRecord, Seen, SeenEffect,
};
use downriver_engine::ports::{Commit, HistoryOf, Store};

use super::{done, read};
use crate::builders::{at, id, note, package, package_version, repository, target};

const TOKENS: &str = "pkg:npm/%40acme/tokens";

pub async fn newest_comes_first(store: &impl Store) {
    for (secs, text) in [(1, "one"), (3, "three"), (2, "two")] {
        write(store, vec![note("web", secs, text)]).await;
    }
    write(store, vec![note("api", 4, "of another application")]).await;
    let web = HistoryOf::Application(id("web"));
    assert_eq!(
        read(store.load_history(&web, 10).await),
        [
            note("web", 3, "three"),
            note("web", 2, "two"),
            note("web", 1, "one")
        ]
    );
    assert_eq!(
        read(store.load_history(&web, 1).await),
        [note("web", 3, "three")]
    );
    assert_eq!(read(store.load_history(&web, 0).await), []);
}

pub async fn entries_of_one_commit_keep_their_order(store: &impl Store) {
    write(store, vec![note("web", 1, "first"), note("web", 1, "then")]).await;
    let web = HistoryOf::Application(id("web"));
    assert_eq!(
        read(store.load_history(&web, 10).await),
        [note("web", 1, "then"), note("web", 1, "first")]
    );
}

pub async fn an_entry_is_found_by_both_of_its_keys(store: &impl Store) {
    let change = package_version(TOKENS, "2.0.0");
    let both = HistoryEntry {
        package_version: Some(change.clone()),
        ..note("web", 1, "both")
    };
    let change_only = HistoryEntry {
        application: None,
        ..both.clone()
    };
    write(store, vec![both.clone(), change_only.clone()]).await;
    assert_eq!(
        read(
            store
                .load_history(&HistoryOf::Application(id("web")), 10)
                .await
        ),
        std::slice::from_ref(&both)
    );
    let of_change = HistoryOf::PackageVersion(change);
    assert_eq!(
        read(store.load_history(&of_change, 10).await),
        [change_only, both]
    );
    let other = HistoryOf::PackageVersion(package_version(TOKENS, "2.0"));
    assert_eq!(read(store.load_history(&other, 10).await), []);
}

pub async fn every_kind_of_entry_reads_back(store: &impl Store) {
    let bodies = [
        HistoryBody::Seen(Seen {
            repository: repository("shared"),
            effect: SeenEffect::Appeared,
            cascade: cascade(),
            text: "2.0.0 appeared".to_owned(),
        }),
        HistoryBody::Verdicts(vec![judgement()]),
        HistoryBody::Rebuild(record()),
        note("web", 0, "plain").body,
    ];
    for (body, secs) in bodies.into_iter().zip(0..) {
        let entry = HistoryEntry {
            body,
            ..note("web", secs, "")
        };
        write(store, vec![entry.clone()]).await;
        let newest = store
            .load_history(&HistoryOf::Application(id("web")), 1)
            .await;
        assert_eq!(read(newest), [entry]);
    }
}

async fn write(store: &impl Store, history: Vec<HistoryEntry>) {
    let commit = Commit {
        history,
        ..Commit::default()
    };
    done(store, commit).await;
}

fn cascade() -> Cascade {
    Cascade {
        roots: [package_version("pkg:npm/root", "1.0.0")].into(),
        applications: [id("lib")].into(),
        is_overlapped: true,
        is_urgent: true,
        depth: 2,
    }
}

fn judgement() -> Judgement {
    Judgement {
        application: id("web"),
        package_version: package_version(TOKENS, "2.0.0"),
        repository: repository("shared"),
        verdict: Verdict::Unaffected(Unaffected::SelectsAnother),
        action: Action::Nothing,
        reason: "selects 1.9.0".to_owned(),
        wanted: Some("1.9.0".to_owned()),
        is_assumed: true,
        instances: vec![Instance {
            verdict: Verdict::Excluded,
            requirement: "^1.0.0".to_owned(),
            built: Built::Assumed("1.8.0".to_owned()),
            is_locked: true,
            path: vec![package("pkg:npm/left-pad")],
            scope: Scope::Build,
            evidence: Evidence {
                file: "package-lock.json".into(),
                line: Some(3),
            },
            lock: Some(Evidence {
                file: "package-lock.json".into(),
                line: None,
            }),
            is_requirement_assumed: true,
        }],
    }
}

fn record() -> RebuildRecord {
    RebuildRecord {
        id: id("web.3"),
        application: id("web"),
        changes: vec![RebuildChange {
            package_version: package_version(TOKENS, "2.0.0"),
            from: Some("1.8.0".to_owned()),
            reason: "picks it".to_owned(),
            cascade: cascade(),
            needs_refresh: true,
        }],
        requested_at: at(1),
        started_at: Some(at(2)),
        finished_at: Some(at(3)),
        attempts: 2,
        executions: vec![id("e-1"), id("e-2")],
        outcome: Outcome::NotPickedUp,
        reason: "the lock was kept".to_owned(),
        waited: vec![Waited {
            gate: Gate::Budget,
            on: WaitOn::Target(target("eu-west-1")),
            since: at(1),
            until: at(2),
        }],
    }
}
