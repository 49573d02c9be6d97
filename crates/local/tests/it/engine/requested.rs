//! Targets where no role is let in: an event asks, a rule starts, and only events tell what runs.

use downriver_domain::slot::{SlotState, StartedBy};
use downriver_domain::{Application, Built, Dependency, OnLocked};
use downriver_engine::operate::{self, Command, Operated};
use downriver_engine::ports::{ExecutionStatus, NoticeKind, ReadError, Trigger};
use downriver_engine::track::{ExecutionEvent, ExecutionState, track};
use downriver_testkit::builders::{application, at, dependency, id, pipeline, target};
use downriver_testkit::run_at_once;

use super::desk::{Desk, catalog};

const TOKENS: &str = "pkg:npm/tokens";
/// The limit of the desk's functions, two minutes, and fifteen for the rule and its answer.
const DEADLINE_SECS: i64 = 300 + 120 + 900;

fn web() -> (Application, Vec<Dependency>) {
    let tokens = Dependency {
        built: Built::Proven("1.0.0".to_owned()),
        ..dependency(TOKENS, "^1.0.0")
    };
    (application("web"), vec![tokens])
}

fn by_event(applications: Vec<(Application, Vec<Dependency>)>) -> Desk {
    let desk = Desk::with(applications.clone());
    let mut catalog = catalog(applications);
    catalog.topology.revision += 1;
    catalog.topology.event_started.insert(target("eu-west-1"));
    desk.apply(&catalog);
    desk
}

/// `web` uses tokens 1.0.0; 1.1.0 was published at 1,000 and an execution was asked for at 1,060.
fn asked() -> Desk {
    let desk = by_event(vec![web()]);
    desk.wait_until(1_000);
    desk.publish(TOKENS, "1.1.0");
    desk.wait_until(1_100);
    assert_eq!(attempts(&desk), ["web.1.1"]);
    desk
}

fn attempts(desk: &Desk) -> Vec<String> {
    let asked = desk.asked.borrow();
    asked
        .iter()
        .map(|start| start.attempt.to_string())
        .collect()
}

fn tell(desk: &Desk, execution: &str, state: ExecutionState, trigger: Option<Trigger>, secs: i64) {
    let event = ExecutionEvent {
        pipeline: pipeline("web"),
        execution: id(execution),
        state,
        started_at: Some(at(secs)),
        event_time: at(desk.now.get()),
        trigger,
    };
    run_at_once(track(desk, &event)).expect("the event is tracked");
}

/// Somebody starts `web` now, and its STARTED event arrives.
fn started(desk: &Desk, trigger: Trigger) -> String {
    let execution = desk.start(&pipeline("web"), trigger.clone());
    tell(
        desk,
        &execution,
        ExecutionState::Started,
        Some(trigger),
        desk.now.get(),
    );
    execution
}

fn ended(desk: &Desk, execution: &str, state: ExecutionState) {
    let slot = desk.slot("web");
    let known = { slot.executions.iter() }.find(|seen| seen.execution == id(execution));
    let millis = known.expect("it is known").started_at.unix_millis();
    let started_at = (millis - at(0).unix_millis()) / 1_000;
    tell(desk, execution, state, None, started_at);
}

fn running(desk: &Desk) -> Option<String> {
    match desk.slot("web").state {
        SlotState::Running(running) => Some(running.execution.to_string()),
        _ => None,
    }
}

fn stuck(desk: &Desk) -> Option<String> {
    match desk.slot("web").state {
        SlotState::Stuck(stuck) => Some(stuck.reason),
        _ => None,
    }
}

fn retry(desk: &Desk) -> Operated {
    let application = id("web");
    run_at_once(operate::operate(desk, &Command::Retry { application })).expect("the store works")
}

#[test]
fn the_execution_is_found_by_its_event_and_followed_to_its_end() {
    let desk = asked();
    let SlotState::Starting(starting) = desk.slot("web").state else {
        panic!("it starts");
    };
    assert!(starting.is_by_event);
    assert_eq!(
        starting.deadline,
        starting
            .started_at
            .plus_secs(u64::try_from(DEADLINE_SECS).unwrap())
    );
    assert!(
        desk.told("web")
            .contains(&"attempt web.1.1 is asked for on event bus downriver-requests in 111122223333/eu-west-1; the event of its execution is awaited".to_owned()),
        "{:?}",
        desk.told("web")
    );
    desk.wait_until(1_200);
    let execution = started(&desk, Trigger::Request);
    assert_eq!(running(&desk), Some(execution.clone()));
    let seen = &desk.slot("web").executions[0];
    assert_eq!(seen.started_by, StartedBy::Downriver(id("web.1.1")));
    desk.wait_until(1_500);
    ended(&desk, &execution, ExecutionState::Succeeded);
    assert_eq!(desk.slot("web").state, SlotState::Idle);
    assert_eq!(desk.slot("web").builds[0].rebuild, Some(id("web.1")));
    assert_eq!(attempts(&desk), ["web.1.1"]);
    assert_eq!(desk.reads.get(), 0);
}

#[test]
fn what_a_rule_or_a_person_started_is_not_the_answer() {
    let desk = asked();
    desk.wait_until(1_200);
    let session = Trigger::Session("ana@acme.example".to_owned());
    for trigger in [
        Trigger::Rule,
        session,
        Trigger::Other("WebhookV2".to_owned()),
    ] {
        started(&desk, trigger.clone());
        assert_eq!(running(&desk), None, "{trigger:?}");
    }
    // Asked for before this attempt: of an earlier one.
    tell(
        &desk,
        "e-old",
        ExecutionState::Started,
        Some(Trigger::Request),
        900,
    );
    assert_eq!(running(&desk), None);
    // Clocks differ.
    tell(
        &desk,
        "e-new",
        ExecutionState::Started,
        Some(Trigger::Request),
        1_010,
    );
    assert_eq!(running(&desk), Some("e-new".to_owned()));
}

#[test]
fn what_the_bus_starts_is_nobodys_answer_where_a_role_starts() {
    let desk = Desk::with(vec![web()]);
    desk.wait_until(1_000);
    desk.publish(TOKENS, "1.1.0");
    desk.is_backed_up_at_start.set(true);
    desk.wait_until(1_100);
    desk.store.put_back();
    assert!(matches!(desk.slot("web").state, SlotState::Starting(_)));
    started(&desk, Trigger::Request);
    assert!(matches!(desk.slot("web").state, SlotState::Starting(_)));
}

#[test]
fn without_an_event_it_is_stuck_and_asks_again_only_when_a_person_says_so() {
    let desk = asked();
    desk.wait_until(1_060 + DEADLINE_SECS - 1);
    desk.sweep();
    assert_eq!(stuck(&desk), None);
    desk.wait_until(1_060 + DEADLINE_SECS);
    let report = desk.sweep();
    assert_eq!(report.failures, []);
    let reason = stuck(&desk).expect("it is stuck");
    assert_eq!(
        reason,
        "no event told that attempt web.1.1 started: look in 111122223333/eu-west-1 whether pipeline web runs, whether a \
         rule of bus downriver-requests starts it (what it could not start lies in the stack's dead-letter queue), and \
         whether its events are forwarded"
    );
    let notices = desk.notices.borrow().clone();
    let last = notices.last().expect("people are told");
    assert_eq!(
        (last.kind, last.is_urgent),
        (NoticeKind::RebuildStuck, true)
    );
    for secs in (4_000..100_000).step_by(9_000) {
        desk.wait_until(secs);
        desk.sweep();
    }
    assert_eq!(attempts(&desk), ["web.1.1"]);
    assert_eq!(retry(&desk), Operated::Done);
    desk.wait_until(101_000);
    assert_eq!(attempts(&desk), ["web.1.1", "web.1.2"]);
    let execution = started(&desk, Trigger::Request);
    assert_eq!(running(&desk), Some(execution));
    assert_eq!(desk.reads.get(), 0);
}

#[test]
fn what_ran_although_no_event_told_of_its_start_is_not_built_again() {
    let desk = asked();
    desk.wait_until(1_060 + DEADLINE_SECS);
    desk.sweep();
    assert!(stuck(&desk).is_some());
    tell(&desk, "e-1", ExecutionState::Succeeded, None, 1_070);
    desk.wait_until(4_000);
    retry(&desk);
    desk.wait_until(5_000);
    assert_eq!(desk.slot("web").state, SlotState::Idle);
    assert_eq!(attempts(&desk), ["web.1.1"]);
}

#[test]
fn an_event_delivered_twice_starts_two_executions_and_one_is_ours() {
    let desk = asked();
    desk.wait_until(1_100);
    let first = started(&desk, Trigger::Request);
    let second = started(&desk, Trigger::Request);
    tell(
        &desk,
        &first,
        ExecutionState::Started,
        Some(Trigger::Request),
        1_100,
    );
    assert_eq!(running(&desk), Some(first.clone()));
    ended(&desk, &second, ExecutionState::Succeeded);
    assert_eq!(running(&desk), Some(first.clone()));
    ended(&desk, &first, ExecutionState::Succeeded);
    assert_eq!(desk.slot("web").state, SlotState::Idle);
    let slot = desk.slot("web");
    let rebuilds: Vec<_> = slot
        .builds
        .iter()
        .map(|build| build.rebuild.clone())
        .collect();
    assert_eq!(rebuilds.iter().flatten().count(), 1, "{rebuilds:?}");
    desk.wait_until(90_000);
    desk.sweep();
    assert_eq!(attempts(&desk), ["web.1.1"]);
}

#[test]
fn a_superseded_execution_is_followed_by_events_alone() {
    for (end, builds) in [(ExecutionState::Succeeded, 1), (ExecutionState::Failed, 0)] {
        let desk = asked();
        let ours = started(&desk, Trigger::Request);
        desk.wait_until(1_200);
        let theirs = started(&desk, Trigger::Other("WebhookV2".to_owned()));
        desk.end(&ours, ExecutionStatus::Superseded);
        ended(&desk, &ours, ExecutionState::Superseded);
        let SlotState::Running(followed) = desk.slot("web").state else {
            panic!("it follows");
        };
        assert_eq!(followed.following, Some(Some(id(&theirs))));
        assert!(!followed.holds_budget);
        desk.wait_until(1_500);
        ended(&desk, &theirs, end);
        assert_eq!(running(&desk), None, "{end:?}");
        assert_eq!(desk.slot("web").builds.len(), builds, "{end:?}");
        desk.wait_until(3_000);
        desk.sweep();
        let asked = if builds == 1 {
            vec!["web.1.1"]
        } else {
            vec!["web.1.1", "web.1.2"]
        };
        assert_eq!(attempts(&desk), asked);
        assert_eq!(desk.reads.get(), 0);
    }
}

#[test]
fn where_what_overtook_it_is_told_by_nobody_it_is_asked_for_again_after_max_run() {
    for is_start_told in [false, true] {
        let desk = asked();
        let ours = started(&desk, Trigger::Request);
        if is_start_told {
            started(&desk, Trigger::Other("WebhookV2".to_owned()));
        }
        ended(&desk, &ours, ExecutionState::Superseded);
        for secs in (1_500..29_700).step_by(300) {
            desk.wait_until(secs);
            assert_eq!(desk.sweep().failures, []);
        }
        assert_eq!(attempts(&desk), ["web.1.1"]);
        assert_eq!(running(&desk), Some(ours));
        for secs in (29_700..32_000).step_by(300) {
            desk.wait_until(secs);
            desk.sweep();
        }
        assert_eq!(attempts(&desk), ["web.1.1", "web.1.2"], "{is_start_told}");
        assert!(
            desk.told("web").contains(&"superseded, and no event told within max run (28800 s) how what overtook it ended; pending again".to_owned()),
            "{:?}",
            desk.told("web")
        );
        assert_eq!(desk.reads.get(), 0);
    }
}

#[test]
fn a_superseded_execution_is_followed_by_events_where_listing_is_denied() {
    let desk = Desk::with(vec![web()]);
    desk.wait_until(1_000);
    desk.publish(TOKENS, "1.1.0");
    desk.wait_until(1_100);
    assert_eq!(desk.started(), ["web.1.1"]);
    desk.unreadable.borrow_mut().insert(
        pipeline("web"),
        ReadError::Denied("not authorized".to_owned()),
    );
    let theirs = started(&desk, Trigger::Other("WebhookV2".to_owned()));
    ended(&desk, "e-1", ExecutionState::Superseded);
    ended(&desk, &theirs, ExecutionState::Succeeded);
    assert_eq!(desk.slot("web").state, SlotState::Idle);
    desk.wait_until(9_000);
    desk.sweep();
    assert_eq!(desk.started(), ["web.1.1", "-"]);
}

#[test]
fn a_failure_is_not_tried_again_since_where_it_failed_is_not_known() {
    let desk = asked();
    let execution = started(&desk, Trigger::Request);
    ended(&desk, &execution, ExecutionState::Failed);
    assert!(desk.slot("web").failure.is_some());
    desk.wait_until(90_000);
    desk.sweep();
    assert_eq!(attempts(&desk), ["web.1.1"]);
    assert_eq!(desk.reads.get(), 0);
}

#[test]
fn a_pass_reads_nothing_there_and_does_not_fail() {
    let desk = asked();
    let execution = started(&desk, Trigger::Request);
    // Its end is told to nobody.
    desk.end(&execution, ExecutionStatus::Succeeded);
    for secs in (1_200..27_000).step_by(300) {
        desk.wait_until(secs);
        let report = desk.sweep();
        assert_eq!((report.failures, report.ended.count), (Vec::new(), 0));
    }
    assert_eq!(running(&desk), Some(execution.clone()));
    desk.wait_until(40_000);
    desk.sweep();
    assert!(matches!(desk.slot("web").state, SlotState::Parked(_)));
    ended(&desk, &execution, ExecutionState::Succeeded);
    assert_eq!(desk.slot("web").state, SlotState::Idle);
    assert_eq!(desk.reads.get(), 0);
}

#[test]
fn the_variables_of_a_refresh_are_asked_for_too() {
    let (mut web, mut dependencies) = web();
    web.policy.on_locked = OnLocked::Refresh;
    dependencies[0].is_locked = true;
    let desk = by_event(vec![(web, dependencies)]);
    desk.wait_until(1_000);
    desk.publish(TOKENS, "1.1.0");
    desk.wait_until(1_100);
    let asked = desk.asked.borrow();
    assert_eq!(
        asked[0].variables,
        [
            ("DOWNRIVER_REBUILD".to_owned(), "web.1".to_owned()),
            (
                "DOWNRIVER_CHANGES".to_owned(),
                "pkg:npm/tokens@1.1.0".to_owned()
            ),
        ]
    );
}

#[test]
fn a_restored_backup_holds_it_until_a_person_has_looked() {
    let desk = by_event(vec![web()]);
    desk.wait_until(1_000);
    desk.publish(TOKENS, "1.1.0");
    desk.store.back_up();
    desk.store.put_back();
    for secs in (1_100..20_000).step_by(300) {
        desk.wait_until(secs);
        let report = desk.sweep();
        assert_eq!(report.failures, []);
        if let Some(restored) = report.restored {
            assert_eq!(
                (restored.is_complete, restored.held.first),
                (true, vec![id("web")])
            );
        }
    }
    assert_eq!(attempts(&desk), [""; 0]);
    let told = desk.told("web");
    let holds: Vec<_> = told
        .iter()
        .filter(|text| text.contains("a backup was put back"))
        .collect();
    assert_eq!(
        holds,
        [
            "a backup was put back, and what ran since cannot be told: listing the executions of pipeline web: access denied: \
             111122223333/eu-west-1 is started by events, so no role is assumed there; nothing starts until `downriver retry web`: \
             look in 111122223333/eu-west-1 first whether its last one has ended"
        ]
    );
    assert_eq!(retry(&desk), Operated::Done);
    desk.wait_until(21_000);
    assert_eq!(attempts(&desk), ["web.1.1"]);
    assert_eq!(desk.reads.get(), 0);
}

#[test]
fn a_request_that_a_restored_backup_holds_is_not_made_again() {
    let desk = asked();
    desk.store.back_up();
    started(&desk, Trigger::Request);
    desk.store.put_back();
    for secs in [9_000, 9_300] {
        desk.wait_until(secs);
        desk.sweep();
    }
    assert!(stuck(&desk).is_some());
    assert_eq!(attempts(&desk), ["web.1.1"]);
    assert_eq!(retry(&desk), Operated::Done);
    desk.wait_until(10_000);
    assert_eq!(attempts(&desk), ["web.1.1", "web.1.2"]);
}
