use downriver_domain::impact::{Direction, Stranding};
use downriver_domain::slot::{Failure, Held, Joined, Pending, Rebuild, Running, Stuck};
use downriver_domain::{ApplicationId, Cascade};

use super::*;
use crate::history::{Note, RebuildChange};

const WEEK: Period = Period {
    since: Timestamp::from_unix_millis(100_000),
    until: Timestamp::from_unix_millis(200_000),
};

fn at(secs: i64) -> Timestamp {
    Timestamp::from_unix_millis(secs * 1000)
}

fn web() -> ApplicationId {
    "web".parse().expect("an application id")
}

fn version(text: &str) -> PackageVersionId {
    format!("pkg:npm/{text}").parse().expect("a package URL")
}

fn change(text: &str, secs: i64, verdict: Option<(Verdict, Action)>) -> SeenChange {
    SeenChange {
        package_version: version(text),
        seen_at: at(secs),
        verdict,
    }
}

fn picked(text: &str, secs: i64) -> SeenChange {
    change(text, secs, Some((Verdict::Picks, Action::Rebuild)))
}

fn unseen(text: &str, secs: i64) -> SeenChange {
    change(text, secs, None)
}

fn entry(secs: i64, body: HistoryBody) -> HistoryEntry {
    HistoryEntry {
        at: at(secs),
        application: Some(web()),
        package_version: None,
        body,
    }
}

/// A rebuild for these versions that started and ended then.
fn rebuild(
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

fn started(secs: i64, execution: &str) -> HistoryEntry {
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

fn idle() -> Slot {
    Slot::new(web())
}

fn wanting(package: &str) -> Rebuild {
    let wanted = downriver_domain::slot::Wanted {
        version: "2.0.0".to_owned(),
        revision: None,
        from: None,
        needs_refresh: false,
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

fn counted(slot: &Slot, changes: &[SeenChange], history: &[HistoryEntry]) -> Summary {
    let summary = summarise(slot, changes, history, WEEK);
    assert_eq!(
        summary.changes,
        summary.rebuilds + summary.waiting + summary.unknown + summary.avoided(),
        "each change is counted once: {summary:?}"
    );
    summary
}

const NOTHING: Summary = Summary {
    applications: 1,
    changes: 0,
    rebuilds: 0,
    waiting: 0,
    unknown: 0,
    coalesced: 0,
    built_already: 0,
    not_selected: 0,
    excluded: 0,
    locked: 0,
    left_to_people: 0,
    attempted: 0,
    not_needed: 0,
    started: 0,
    succeeded: 0,
    delivered: 0,
    failed: 0,
    needing_a_person: 0,
};

#[test]
fn an_application_that_nothing_happened_to_counts_as_one() {
    assert_eq!(counted(&idle(), &[], &[]), NOTHING);
}

#[test]
fn what_one_rebuild_takes_along_is_avoided_but_for_one() {
    let history = [rebuild(
        1,
        Outcome::Delivered,
        (Some(140), Some(150)),
        &["tokens@1.0.2", "theme@3.0.0"],
    )];
    let changes = [
        picked("tokens@1.0.0", 110),
        // Never judged: a newer one came before.
        unseen("tokens@1.0.1", 120),
        picked("tokens@1.0.2", 130),
        picked("theme@3.0.0", 135),
    ];
    let expected = Summary {
        changes: 4,
        rebuilds: 1,
        coalesced: 3,
        succeeded: 1,
        delivered: 1,
        ..NOTHING
    };
    assert_eq!(counted(&idle(), &changes, &history), expected);
}

#[test]
fn two_rebuilds_of_one_package_take_each_what_came_before() {
    let history = [
        rebuild(
            2,
            Outcome::Succeeded,
            (Some(160), Some(170)),
            &["tokens@1.2.0"],
        ),
        rebuild(
            1,
            Outcome::Failed,
            (Some(120), Some(130)),
            &["tokens@1.0.0"],
        ),
    ];
    let changes = [
        picked("tokens@1.0.0", 110),
        picked("tokens@1.1.0", 125),
        picked("tokens@1.2.0", 126),
    ];
    let expected = Summary {
        changes: 3,
        rebuilds: 2,
        coalesced: 1,
        succeeded: 1,
        failed: 1,
        ..NOTHING
    };
    assert_eq!(counted(&idle(), &changes, &history), expected);
}

#[test]
fn a_change_that_a_retry_was_for_counts_though_the_rebuild_began_before_it() {
    let history = [rebuild(
        1,
        Outcome::Succeeded,
        (Some(110), Some(170)),
        &["tokens@1.1.0"],
    )];
    let expected = Summary {
        changes: 1,
        rebuilds: 1,
        succeeded: 1,
        ..NOTHING
    };
    let changes = [picked("tokens@1.1.0", 120)];
    assert_eq!(counted(&idle(), &changes, &history), expected);
}

#[test]
fn the_last_record_of_a_rebuild_is_the_truth() {
    let versions = &["tokens@1.0.0"];
    let history = [
        rebuild(1, Outcome::Delivered, (Some(120), Some(130)), versions),
        rebuild(1, Outcome::Succeeded, (Some(120), Some(130)), versions),
        rebuild(1, Outcome::Running, (Some(120), None), versions),
    ];
    let expected = Summary {
        changes: 1,
        rebuilds: 1,
        succeeded: 1,
        delivered: 1,
        ..NOTHING
    };
    let changes = [picked("tokens@1.0.0", 110)];
    assert_eq!(counted(&idle(), &changes, &history), expected);
}

#[test]
fn what_shadow_mode_would_have_started_counts_as_a_rebuild_that_was_not_started() {
    let history = [rebuild(
        1,
        Outcome::WouldStart,
        (None, Some(130)),
        &["tokens@1.0.1"],
    )];
    let expected = Summary {
        changes: 2,
        rebuilds: 1,
        coalesced: 1,
        ..NOTHING
    };
    let changes = [picked("tokens@1.0.0", 110), picked("tokens@1.0.1", 120)];
    assert_eq!(counted(&idle(), &changes, &history), expected);
}

#[test]
fn a_verdict_that_asks_for_nothing_says_why() {
    let unaffected = |why| (Verdict::Unaffected(why), Action::Nothing);
    let is = |set: fn(&mut Summary)| {
        let mut summary = Summary {
            changes: 1,
            ..NOTHING
        };
        set(&mut summary);
        summary
    };
    let uncounted = NOTHING;
    let cases = [
        (
            (Verdict::Excluded, Action::Notify),
            is(|it| it.excluded = 1),
        ),
        (
            (Verdict::Excluded, Action::Nothing),
            is(|it| it.excluded = 1),
        ),
        ((Verdict::Locked, Action::Notify), is(|it| it.locked = 1)),
        (
            (Verdict::Picks, Action::Notify),
            is(|it| it.left_to_people = 1),
        ),
        (
            (Verdict::MovesOff(Direction::Older), Action::Notify),
            is(|it| it.left_to_people = 1),
        ),
        (
            (Verdict::Stranded(Stranding::Gone), Action::NotifyUrgent),
            is(|it| it.left_to_people = 1),
        ),
        (
            unaffected(Unaffected::BuiltAlready),
            is(|it| it.built_already = 1),
        ),
        (
            unaffected(Unaffected::NewerBuiltAlready),
            is(|it| it.built_already = 1),
        ),
        (
            unaffected(Unaffected::PrereleaseNotSelected),
            is(|it| it.not_selected = 1),
        ),
        (
            unaffected(Unaffected::SelectsAnother),
            is(|it| it.not_selected = 1),
        ),
        (
            unaffected(Unaffected::SoftPinned),
            is(|it| it.not_selected = 1),
        ),
        (
            unaffected(Unaffected::AlreadyAttempted),
            is(|it| it.attempted = 1),
        ),
        (
            unaffected(Unaffected::PassedInCascade),
            is(|it| it.attempted = 1),
        ),
        (unaffected(Unaffected::NotVisible), uncounted),
        (unaffected(Unaffected::ScopeLeftOut), uncounted),
        (unaffected(Unaffected::FollowLeftOut), uncounted),
        (unaffected(Unaffected::ThirdParty), uncounted),
        (
            unaffected(Unaffected::PublishedBeforeRegistration),
            uncounted,
        ),
        (unaffected(Unaffected::NotADependency), uncounted),
        (unaffected(Unaffected::NotFromRegistry), uncounted),
    ];
    for (verdict, expected) in cases {
        let changes = [change("tokens@1.0.0", 110, Some(verdict.clone()))];
        assert_eq!(counted(&idle(), &changes, &[]), expected, "{verdict:?}");
    }
}

#[test]
fn what_a_slot_still_holds_is_not_avoided() {
    let pending = |package| {
        let pending = Pending {
            rebuild: wanting(package),
            not_before: None,
            backoffs: 0,
            waits: Vec::new(),
        };
        Slot {
            state: SlotState::Pending(pending),
            ..idle()
        }
    };
    let joined = Slot {
        joined: [(
            version("tokens@1.0.0").package().clone(),
            Joined {
                version: "1.0.0".to_owned(),
                repository: wanting("tokens@1").packages[&version("tokens@1").package().clone()]
                    .repository
                    .clone(),
                seen_at: at(110),
                is_news: true,
            },
        )]
        .into(),
        ..idle()
    };
    let waiting = Summary {
        changes: 1,
        waiting: 1,
        ..NOTHING
    };
    let unknown = Summary {
        changes: 1,
        unknown: 1,
        ..NOTHING
    };
    for (slot, expected) in [
        (pending("tokens@2.0.0"), waiting),
        (joined, waiting),
        (pending("theme@1.0.0"), unknown),
        (idle(), unknown),
    ] {
        let changes = [picked("tokens@1.0.0", 110)];
        assert_eq!(counted(&slot, &changes, &[]), expected, "{slot:?}");
        let changes = [unseen("tokens@1.0.0", 110)];
        assert_eq!(counted(&slot, &changes, &[]), expected, "{slot:?}");
    }
}

#[test]
fn a_rebuild_that_nothing_asked_for_any_more_was_avoided() {
    for outcome in [Outcome::NotNeeded, Outcome::Stopped, Outcome::Removed] {
        let history = [rebuild(1, outcome, (None, Some(130)), &["tokens@1.0.0"])];
        let expected = Summary {
            changes: 1,
            not_needed: 1,
            ..NOTHING
        };
        let changes = [picked("tokens@1.0.0", 110)];
        assert_eq!(counted(&idle(), &changes, &history), expected);
        // It ended before the change came.
        let unknown = Summary {
            changes: 1,
            unknown: 1,
            ..NOTHING
        };
        let changes = [picked("tokens@1.0.0", 140)];
        assert_eq!(counted(&idle(), &changes, &history), unknown);
    }
}

#[test]
fn executions_and_ends_count_within_the_period_only() {
    let history = [
        started(200, "e-4"),
        started(199, "e-3"),
        started(150, "e-2"),
        started(149, "e-2"),
        started(99, "e-1"),
        rebuild(
            3,
            Outcome::Delivered,
            (Some(190), Some(200)),
            &["tokens@3.0.0"],
        ),
        rebuild(
            2,
            Outcome::NotPickedUp,
            (Some(110), Some(199)),
            &["tokens@2.0.0"],
        ),
        rebuild(1, Outcome::Failed, (Some(90), Some(99)), &["tokens@1.0.0"]),
    ];
    let expected = Summary {
        started: 2,
        succeeded: 1,
        ..NOTHING
    };
    assert_eq!(counted(&idle(), &[], &history), expected);
}

#[test]
fn an_application_needs_a_person_when_only_one_can_go_on() {
    let running = Running {
        rebuild: wanting("tokens@2.0.0"),
        attempt: "web.9.1".parse().expect("an attempt id"),
        pipeline: downriver_domain::Pipeline {
            target: downriver_domain::Target {
                account: "111122223333".parse().expect("an account"),
                region: "eu-central-1".parse().expect("a Region"),
            },
            name: "web".parse().expect("a pipeline"),
        },
        execution: "e-1".parse().expect("an execution id"),
        started_at: at(120),
        following: None,
        holds_budget: true,
        published: BTreeSet::new(),
    };
    let stuck = Stuck {
        rebuild: wanting("tokens@2.0.0"),
        reason: String::new(),
        since: at(120),
    };
    let failure = Failure {
        rebuild: wanting("tokens@2.0.0"),
        execution: None,
        reason: String::new(),
        at: at(120),
    };
    let held = |reason| {
        let held = Held {
            version: "1.0.0".to_owned(),
            reason,
            since: at(120),
        };
        let package = version("tokens@1.0.0").package().clone();
        Slot {
            held: [(package, held)].into(),
            ..idle()
        }
    };
    let in_state = |state| Slot { state, ..idle() };
    let failed = Slot {
        failure: Some(failure),
        ..idle()
    };
    for (slot, needed) in [
        (idle(), 0),
        (in_state(SlotState::Running(running.clone())), 0),
        (in_state(SlotState::Parked(running)), 1),
        (in_state(SlotState::Stuck(stuck)), 1),
        (failed, 1),
        (held(HeldReason::NotPickedUp), 1),
        (held(HeldReason::WouldStart), 0),
        (held(HeldReason::Stopped), 0),
    ] {
        let summary = counted(&slot, &[], &[]);
        assert_eq!(summary.needing_a_person, needed, "{slot:?}");
    }
}
