mod made;

use downriver_domain::impact::{Direction, Stranding};
use downriver_domain::slot::{Failure, Held, Joined, Pending, Running, Stuck};

use self::made::{at, change, idle, picked, rebuild, started, unseen, version, wanting};
use super::*;

const WEEK: Period = Period {
    since: Timestamp::from_unix_millis(100_000),
    until: Timestamp::from_unix_millis(200_000),
};

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

/// One change that counts as `set` says.
fn one(set: fn(&mut Summary)) -> Summary {
    let mut summary = Summary {
        changes: 1,
        ..NOTHING
    };
    set(&mut summary);
    summary
}

fn assert_counted(verdict: Verdict, action: Action, expected: Summary) {
    let changes = [change("tokens@1.0.0", 110, Some((verdict, action)))];
    assert_eq!(counted(&idle(), &changes, &[]), expected, "{changes:?}");
}

#[test]
fn a_verdict_that_asks_people_says_why() {
    let to_people = one(|it| it.left_to_people = 1);
    assert_counted(Verdict::Excluded, Action::Notify, one(|it| it.excluded = 1));
    assert_counted(
        Verdict::Excluded,
        Action::Nothing,
        one(|it| it.excluded = 1),
    );
    assert_counted(Verdict::Locked, Action::Notify, one(|it| it.locked = 1));
    assert_counted(Verdict::Picks, Action::Notify, to_people);
    assert_counted(
        Verdict::MovesOff(Direction::Older),
        Action::Notify,
        to_people,
    );
    assert_counted(
        Verdict::Stranded(Stranding::Gone),
        Action::NotifyUrgent,
        to_people,
    );
}

#[test]
fn what_is_unaffected_says_why_or_does_not_count() {
    let (built, other) = (
        one(|it| it.built_already = 1),
        one(|it| it.not_selected = 1),
    );
    let attempted = one(|it| it.attempted = 1);
    for (why, expected) in [
        (Unaffected::BuiltAlready, built),
        (Unaffected::NewerBuiltAlready, built),
        (Unaffected::PrereleaseNotSelected, other),
        (Unaffected::SelectsAnother, other),
        (Unaffected::SoftPinned, other),
        (Unaffected::NotPublished, other),
        (Unaffected::WithdrawnNotBuilt, other),
        (Unaffected::AlreadyAttempted, attempted),
        (Unaffected::PassedInCascade, attempted),
        (Unaffected::NotVisible, NOTHING),
        (Unaffected::ScopeLeftOut, NOTHING),
        (Unaffected::FollowLeftOut, NOTHING),
        (Unaffected::ThirdParty, NOTHING),
        (Unaffected::PublishedBeforeRegistration, NOTHING),
        (Unaffected::NotADependency, NOTHING),
        (Unaffected::NotFromRegistry, NOTHING),
    ] {
        assert_counted(Verdict::Unaffected(why), Action::Nothing, expected);
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
        url: None,
        excuse: None,
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
