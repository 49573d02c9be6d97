//! How changes spread.

use std::collections::BTreeSet;

use downriver_domain::Rollout;
use downriver_domain::rollout::{Approval, Broken, Hold, Passed};
use downriver_domain::version::PackageVersionId;
use downriver_engine::history::{HistoryBody, HistoryEntry, Note, NoteKind};
use downriver_engine::ports::{
    Commit, CommitOutcome, HistoryOf, LOAD_ROLLOUTS_MAX, Store, StoreError,
};

use super::{conflicts, done, read};
use crate::builders::{at, id};

fn change(purl: &str) -> PackageVersionId {
    purl.parse().expect("a test writes valid package URLs")
}

/// The first version of a rollout with everything in it.
fn full(change: PackageVersionId) -> Rollout {
    Rollout {
        revision: 1,
        package_revision: Some("r-1".to_owned()),
        depth: 2,
        ring: 1,
        released: [id("web"), id("api")].into(),
        is_ring_released: true,
        room: 7,
        passed: vec![Passed {
            ring: 0,
            at: at(10),
            reason: "1 of 1 applications delivered".to_owned(),
        }],
        hold: Some(Hold::Halted {
            since: at(20),
            ring: 1,
            broken: vec![Broken {
                application: id("web"),
                execution: Some(id("e-1")),
                reason: "execution e-1 failed in stage “Test”".to_owned(),
                url: Some("https://console.example/e-1".to_owned()),
                at: at(19),
            }],
            reason: "1 of the 1 applications of ring 1 that ended failed".to_owned(),
        }),
        approval: Some(Approval {
            by: "ann".to_owned(),
            at: at(5),
        }),
        forgiven_until: Some(at(3)),
        is_unlisted: true,
        ..Rollout::new(change, 2, at(1))
    }
}

fn of(rollout: &Rollout) -> Commit {
    Commit {
        rollout: Some(rollout.clone()),
        ..Commit::default()
    }
}

pub async fn a_change_nobody_asked_for_has_no_rollout(store: &impl Store) {
    let tokens = change("pkg:npm/%40acme/tokens@2.0.0");
    assert_eq!(read(store.load_rollouts(&[tokens]).await), []);
    assert_eq!(read(store.load_rollouts(&[]).await), []);
    assert_eq!(read(store.list_rollouts(None, 10).await), []);
}

pub async fn a_rollout_is_written_over_its_predecessor_only(store: &impl Store) {
    let tokens = change("pkg:npm/%40acme/tokens@2.0.0");
    let first = full(tokens.clone());
    let second = Rollout {
        revision: 2,
        hold: None,
        released: BTreeSet::new(),
        ..first.clone()
    };
    conflicts(store, of(&second)).await;
    done(store, of(&first)).await;
    conflicts(store, of(&first)).await;
    let load = async || read(store.load_rollouts(std::slice::from_ref(&tokens)).await);
    assert_eq!(load().await, [first]);
    done(store, of(&second)).await;
    assert_eq!(load().await, std::slice::from_ref(&second));
    // Those that are asked for and exist, and no others.
    let other = change("pkg:npm/%40acme/tokens@2.0.1");
    let found = read(store.load_rollouts(&[other, tokens.clone()]).await);
    assert_eq!(found, [second]);
}

pub async fn rollouts_that_are_not_over_are_listed_in_pages(store: &impl Store) {
    let long = format!("pkg:generic/models/{}@1.0", "m".repeat(255));
    let mut expected = BTreeSet::new();
    for purl in [
        "pkg:npm/%40acme/tokens@2.0.0",
        "pkg:npm/%40acme/tokens@2.0.0-rc.1",
        "pkg:maven/com.acme/money@1.0",
        "pkg:pypi/acme-auth@3",
        &long,
    ] {
        done(store, of(&full(change(purl)))).await;
        expected.insert(change(purl));
    }
    let over = change("pkg:npm/%40acme/over@1.0.0");
    let rollout = full(over.clone());
    done(store, of(&rollout)).await;
    done(
        store,
        of(&Rollout {
            revision: 2,
            is_over: true,
            ..rollout
        }),
    )
    .await;
    let mut listed: Vec<PackageVersionId> = Vec::new();
    loop {
        let page = read(store.list_rollouts(listed.last(), 2).await);
        assert!(page.len() <= 2);
        if page.is_empty() {
            break;
        }
        listed.extend(page);
    }
    assert_eq!(listed.len(), expected.len());
    assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), expected);
    let found = read(store.load_rollouts(std::slice::from_ref(&over)).await);
    assert!(found[0].is_over, "it is still there");
    // One that begins anew is listed again.
    done(
        store,
        of(&Rollout {
            revision: 3,
            is_over: false,
            ..found[0].clone()
        }),
    )
    .await;
    assert!(read(store.list_rollouts(None, 10).await).contains(&over));
}

pub async fn a_conflict_over_a_rollout_leaves_nothing_written(store: &impl Store) {
    let tokens = change("pkg:npm/%40acme/tokens@2.0.0");
    let entry = HistoryEntry {
        at: at(1),
        application: None,
        package_version: Some(tokens.clone()),
        body: HistoryBody::Note(Note {
            kind: NoteKind::Rollout,
            rebuild: None,
            execution: None,
            text: "ring 0 passed".to_owned(),
        }),
    };
    let commit = |revision| Commit {
        rollout: Some(Rollout {
            revision,
            ..full(tokens.clone())
        }),
        history: vec![entry.clone()],
        ..Commit::default()
    };
    conflicts(store, commit(2)).await;
    let of = HistoryOf::PackageVersion(tokens.clone());
    assert_eq!(read(store.load_history(&of, 10).await), []);
    assert_eq!(read(store.commit(&commit(1)).await), CommitOutcome::Done);
    assert_eq!(read(store.load_history(&of, 10).await), [entry]);
}

pub async fn more_rollouts_than_the_maximum_are_refused(store: &impl Store) {
    let changes: Vec<PackageVersionId> = (0..=LOAD_ROLLOUTS_MAX)
        .map(|number| change(&format!("pkg:npm/tokens@1.0.{number}")))
        .collect();
    let refused = store.load_rollouts(&changes).await;
    assert!(matches!(refused, Err(StoreError::Permanent(_))));
    let most = &changes[..LOAD_ROLLOUTS_MAX];
    assert_eq!(read(store.load_rollouts(most).await), []);
}
