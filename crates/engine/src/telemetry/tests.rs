use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::str::FromStr;

use downriver_domain::impact::{Action, Judgement, Unaffected, Verdict};
use downriver_domain::rollout::{Broken, Hold, Passed};
use downriver_domain::slot::{
    Gate, Pending, Rebuild, Running, Slot, SlotState, Wait, WaitOn, Wanted,
};
use downriver_domain::version::{PackageId, PackageVersionId};
use downriver_domain::{
    AttemptId, Cascade, Pipeline, RebuildId, RepositoryId, Rollout, Target, Timestamp,
};

use super::{Decision, Figures, LATENCIES_MAX, decisions, figures};
use crate::history::{
    HistoryBody, HistoryEntry, Note, NoteKind, Outcome, RebuildRecord, Seen, SeenEffect,
};
use crate::ports::Commit;

#[test]
fn only_an_event_that_changed_something_counts_as_a_change() {
    let table = [
        (SeenEffect::Appeared, 1),
        (SeenEffect::Revised, 1),
        (SeenEffect::Withdrawn, 1),
        (SeenEffect::Noted, 0),
        (SeenEffect::Unchanged, 0),
        (SeenEffect::Stale, 0),
    ];
    for (effect, changes) in table {
        let commit = told([seen(effect)]);
        assert_eq!(figures(&commit).changes, changes, "{effect:?}");
        assert_eq!(decisions(&commit)[0].is_routine, changes == 0, "{effect:?}");
    }
}

#[test]
fn verdicts_are_counted_by_name() {
    let entry = verdicts(vec![
        judgement("shop", Verdict::Picks),
        judgement("site", Verdict::Picks),
        judgement("till", Verdict::Unaffected(Unaffected::BuiltAlready)),
    ]);
    let counted = figures(&told([entry])).verdicts;
    assert_eq!(counted, BTreeMap::from([("Picks", 2), ("Unaffected", 1)]));
}

#[test]
fn notes_and_outcomes_are_counted_each_in_its_own_figure() {
    let one = |set: fn(&mut Figures)| {
        let mut figures = Figures::default();
        set(&mut figures);
        figures
    };
    let table = [
        (
            note(NoteKind::Requested),
            one(|it| it.rebuilds_requested = 1),
        ),
        (note(NoteKind::Joined), Figures::default()),
        (note(NoteKind::Started), one(|it| it.starts = 1)),
        (note(NoteKind::StartRefused), Figures::default()),
        (note(NoteKind::Retrying), one(|it| it.failures = 1)),
        (note(NoteKind::Stuck), one(|it| it.stuck = 1)),
        (note(NoteKind::Parked), one(|it| it.parked = 1)),
        (note(NoteKind::Ended), Figures::default()),
        (record(Outcome::Failed), one(|it| it.failures = 1)),
        (record(Outcome::Stopped), Figures::default()),
        (record(Outcome::Succeeded), Figures::default()),
    ];
    for (entry, expected) in table {
        let shown = format!("{:?}", entry.body);
        assert_eq!(figures(&told([entry])), expected, "{shown}");
    }
}

#[test]
fn a_wait_counts_once_for_each_gate_that_holds_it() {
    let wait = |gate| Wait {
        gate,
        since: at(0),
        until: None,
        on: WaitOn::Time,
    };
    let pending = Pending {
        rebuild: rebuild(1),
        not_before: None,
        backoffs: 0,
        waits: vec![wait(Gate::Settled), wait(Gate::Budget)],
    };
    let mut commit = told([note(NoteKind::Waiting)]);
    commit.slot = Some(slot(SlotState::Pending(pending)));
    let expected = BTreeMap::from([("settled", 1), ("budget", 1)]);
    assert_eq!(figures(&commit).waits, expected);
    // Looked at again, and held by the same: nothing is noted, and nothing counts.
    commit.history.clear();
    assert_eq!(figures(&commit), Figures::default());
}

#[test]
fn the_latency_is_from_the_first_change_to_the_first_start() {
    let started = |attempts| {
        let mut commit = told([note(NoteKind::Started)]);
        commit.slot = Some(slot(SlotState::Running(running(attempts))));
        figures(&commit).publish_to_start_millis
    };
    assert_eq!(started(1), [90_000]);
    assert!(started(2).is_empty(), "a retry waited for something else");
}

#[test]
fn figures_add_up_and_latencies_are_bounded() {
    let mut sum = figures(&told([
        note(NoteKind::Started),
        verdicts(vec![judgement("shop", Verdict::Picks)]),
    ]));
    sum.add(figures(&told([
        note(NoteKind::Started),
        note(NoteKind::Stuck),
        verdicts(vec![judgement("site", Verdict::Picks)]),
    ])));
    sum.add(Figures {
        publish_to_start_millis: vec![1; 2 * LATENCIES_MAX],
        ..Figures::default()
    });
    let expected = Figures {
        starts: 2,
        stuck: 1,
        verdicts: BTreeMap::from([("Picks", 2)]),
        publish_to_start_millis: vec![1; LATENCIES_MAX],
        ..Figures::default()
    };
    assert_eq!(sum, expected);
}

#[test]
fn a_note_and_the_record_beside_it_are_one_line() {
    let commit = told([note(NoteKind::Ended), record(Outcome::Failed)]);
    let rebuild = rebuild_id();
    let application = id("shop");
    let expected = Decision {
        what: "Ended",
        application: Some(&application),
        rebuild: Some(&rebuild),
        outcome: Some("Failed"),
        ..Decision::new("it is so")
    };
    assert_eq!(decisions(&commit), [expected]);
    let alone = told([record(Outcome::Delivered)]);
    let lines = decisions(&alone);
    assert_eq!(
        (lines[0].what, lines[0].outcome),
        ("rebuild", Some("Delivered"))
    );
}

#[test]
fn an_application_that_is_not_affected_is_routine() {
    let commit = told([verdicts(vec![
        judgement("shop", Verdict::Excluded),
        judgement("till", Verdict::Unaffected(Unaffected::NotVisible)),
    ])]);
    let lines = decisions(&commit);
    let told: Vec<_> = lines
        .iter()
        .map(|line| (line.verdict, line.is_routine))
        .collect();
    assert_eq!(
        told,
        [(Some("Excluded"), false), (Some("Unaffected"), true)]
    );
}

fn told(history: impl IntoIterator<Item = HistoryEntry>) -> Commit {
    Commit {
        history: history.into_iter().collect(),
        ..Commit::default()
    }
}

fn entry(body: HistoryBody) -> HistoryEntry {
    HistoryEntry {
        at: at(0),
        application: Some(id("shop")),
        package_version: None,
        body,
    }
}

fn note(kind: NoteKind) -> HistoryEntry {
    entry(HistoryBody::Note(Note {
        kind,
        rebuild: Some(rebuild_id()),
        execution: None,
        text: "it is so".to_owned(),
    }))
}

fn seen(effect: SeenEffect) -> HistoryEntry {
    entry(HistoryBody::Seen(Seen {
        repository: repository(),
        effect,
        cascade: Cascade::default(),
        text: "it is so".to_owned(),
    }))
}

fn verdicts(judgements: Vec<Judgement>) -> HistoryEntry {
    entry(HistoryBody::Verdicts(judgements))
}

fn record(outcome: Outcome) -> HistoryEntry {
    entry(HistoryBody::Rebuild(RebuildRecord {
        id: rebuild_id(),
        application: id("shop"),
        changes: Vec::new(),
        requested_at: at(0),
        started_at: None,
        finished_at: None,
        attempts: 1,
        executions: Vec::new(),
        outcome,
        reason: "it is so".to_owned(),
        waited: Vec::new(),
    }))
}

fn judgement(application: &str, verdict: Verdict) -> Judgement {
    Judgement {
        application: id(application),
        package_version: PackageVersionId::new(package(), "2.0.0").expect("a valid version"),
        repository: repository(),
        verdict,
        action: Action::Nothing,
        reason: "it is so".to_owned(),
        wanted: None,
        is_assumed: false,
        instances: Vec::new(),
    }
}

fn rebuild(attempts: u32) -> Rebuild {
    let wanted = |secs| Wanted {
        version: "2.0.0".to_owned(),
        revision: None,
        from: None,
        needs_refresh: false,
        is_third_party: false,
        repository: repository(),
        seen_at: at(secs),
        cascade: Cascade::default(),
        reason: "a plain rebuild resolves to it".to_owned(),
    };
    Rebuild {
        id: rebuild_id(),
        packages: BTreeMap::from([(package(), wanted(40)), (id("pkg:npm/icons"), wanted(10))]),
        requested_at: at(10),
        last_change_at: at(40),
        attempts,
        failures: 0,
        is_canceled_once: false,
        upriver_held_since: None,
        waited: Vec::new(),
        first_started_at: None,
        is_expedited: false,
    }
}

fn running(attempts: u32) -> Running {
    Running {
        attempt: AttemptId::numbered(&rebuild_id(), attempts),
        rebuild: rebuild(attempts),
        pipeline: Pipeline {
            target: Target {
                account: id("111122223333"),
                region: id("eu-west-1"),
            },
            name: id("shop"),
        },
        execution: id("0f6a1c1e-0001"),
        started_at: at(100),
        following: None,
        holds_budget: true,
        published: BTreeSet::new(),
    }
}

fn slot(state: SlotState) -> Slot {
    Slot {
        state,
        ..Slot::new(id("shop"))
    }
}

fn rebuild_id() -> RebuildId {
    RebuildId::numbered(&id("shop"), 1)
}

fn package() -> PackageId {
    id("pkg:npm/tokens")
}

fn repository() -> RepositoryId {
    RepositoryId {
        domain_owner: id("111122223333"),
        domain: id("acme"),
        name: id("shared"),
    }
}

fn at(secs: i64) -> Timestamp {
    Timestamp::from_unix_millis(secs * 1_000)
}

fn id<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().expect("a test writes valid identifiers")
}

/// A commit of a rollout that passed one ring, or two, and was halted in the next.
fn rolled(passed: u32, is_halted: bool) -> Commit {
    let change: PackageVersionId = "pkg:npm/tokens@2.0.0".parse().unwrap();
    let mut rollout = Rollout::new(change.clone(), 0, at(0));
    rollout.passed = (0..passed)
        .map(|ring| Passed {
            ring,
            at: at(1),
            reason: "2 of 2 applications delivered".to_owned(),
        })
        .collect();
    rollout.ring = passed;
    rollout.hold = is_halted.then(|| Hold::Halted {
        since: at(1),
        ring: passed,
        broken: vec![Broken {
            application: "shop".parse().unwrap(),
            execution: None,
            reason: "it failed in stage “Test”".to_owned(),
            url: None,
            at: at(1),
        }],
        reason: "1 of 1 applications failed".to_owned(),
    });
    let texts = { rollout.passed.iter() }
        .map(crate::rollouts::text_of_passed)
        .chain(is_halted.then(|| crate::rollouts::text_of_halt(&rollout)))
        .chain(["ann approved it".to_owned()]);
    let history = texts
        .map(|text| HistoryEntry {
            at: at(1),
            application: None,
            package_version: Some(change.clone()),
            body: HistoryBody::Note(Note {
                kind: NoteKind::Rollout,
                rebuild: None,
                execution: None,
                text,
            }),
        })
        .collect();
    Commit {
        rollout: Some(rollout),
        history,
        ..Commit::default()
    }
}

#[test]
fn each_ring_and_each_halt_is_a_line_with_its_package_and_ring() {
    let commit = rolled(2, true);
    let lines: Vec<_> = decisions(&commit)
        .into_iter()
        .map(|line| (line.what, line.package.map(ToString::to_string), line.ring))
        .collect();
    let change = Some("pkg:npm/tokens@2.0.0".to_owned());
    assert_eq!(
        lines,
        [
            ("RingPassed", change.clone(), Some(0)),
            ("RingPassed", change.clone(), Some(1)),
            ("Halted", change.clone(), Some(2)),
            ("Rollout", change, None),
        ]
    );
    assert!(decisions(&commit).iter().all(|line| !line.is_routine));
}

#[test]
fn a_halt_counts_once_and_a_passed_ring_does_not() {
    assert_eq!(figures(&rolled(1, true)).changes_halted, 1);
    assert_eq!(figures(&rolled(2, false)), Figures::default());
    // What is written down later of a halted change is no second halt.
    let mut later = rolled(0, true);
    later.history.remove(0);
    assert_eq!(figures(&later), Figures::default());
}
