//! A backup that is put back starts nothing that ran since (DESIGN 7).

use downriver_domain::slot::SlotState;
use downriver_domain::{Application, Built, Dependency};
use downriver_engine::operate::{self, Command};
use downriver_engine::ports::{ExecutionStatus, ReadError, Trigger};
use downriver_testkit::builders::{application, dependency, id, pipeline, producer};
use downriver_testkit::run_at_once;

use super::desk::Desk;

const TOKENS: &str = "pkg:npm/tokens";

fn web() -> (Application, Vec<Dependency>) {
    let tokens = Dependency {
        built: Built::Proven("1.0.0".to_owned()),
        ..dependency(TOKENS, "^1.0.0")
    };
    (application("web"), vec![tokens])
}

/// `web` uses tokens 1.0.0, and 1.1.0 was published at 1,000: its rebuild is pending.
fn pending() -> Desk {
    let desk = Desk::with(vec![web()]);
    desk.wait_until(1_000);
    desk.publish(TOKENS, "1.1.0");
    assert!(matches!(desk.slot("web").state, SlotState::Pending(_)));
    desk
}

/// Publishes a version at `secs`, lets it be rebuilt by `execution`, and ends that.
fn rebuild(desk: &Desk, secs: i64, version: &str, execution: &str) {
    desk.wait_until(secs);
    desk.publish(TOKENS, version);
    desk.wait_until(secs + 100);
    desk.end(execution, ExecutionStatus::Succeeded);
    desk.sweep();
}

/// Lets the clock go on for a day, with every sweep and timer.
fn a_day_passes(desk: &Desk) {
    let now = desk.now.get();
    for secs in (now..now + 86_400).step_by(3_600) {
        desk.wait_until(secs);
        desk.sweep();
    }
}

fn is_idle(desk: &Desk) -> bool {
    desk.slot("web").state == SlotState::Idle
}

#[test]
fn a_pending_rebuild_that_ran_since_the_backup_is_not_started_again() {
    let desk = pending();
    desk.store.back_up();
    desk.wait_until(1_100);
    assert_eq!(desk.started(), ["web.1.1"]);
    desk.wait_until(1_200);
    desk.end("e-1", ExecutionStatus::Succeeded);
    desk.sweep();
    desk.store.put_back();
    a_day_passes(&desk);
    assert_eq!(desk.started(), ["web.1.1"]);
    assert!(is_idle(&desk));
    assert_eq!(desk.slot("web").builds[0].rebuild, Some(id("web.1")));
}

#[test]
fn nothing_starts_before_the_comparison_and_the_status_says_why() {
    let desk = pending();
    desk.store.back_up();
    desk.store.put_back();
    desk.wait_until(1_900);
    assert_eq!(desk.started(), [""; 0]);
    let SlotState::Pending(pending) = desk.slot("web").state else {
        panic!("it waits");
    };
    let gates: Vec<&str> = pending
        .waits
        .iter()
        .map(|wait| wait.gate.as_str())
        .collect();
    assert_eq!(gates, ["restored and not yet compared with CodePipeline"]);
    let restored = desk.sweep().restored.expect("a backup was put back");
    assert!(restored.is_complete);
    assert_eq!((restored.compared, restored.caught_up.count), (1, 0));
    desk.wait_until(2_300);
    assert_eq!(desk.started(), ["web.1.1"]);
}

#[test]
fn a_pending_rebuild_whose_attempt_runs_is_followed_to_its_end() {
    let desk = pending();
    desk.store.back_up();
    desk.wait_until(1_100);
    desk.store.put_back();
    let report = desk.sweep();
    let caught_up = report.restored.expect("a backup was put back").caught_up;
    assert_eq!(caught_up.first, [id("web")]);
    let SlotState::Running(running) = desk.slot("web").state else {
        panic!("it runs");
    };
    assert_eq!(running.execution, id("e-1"));
    assert!(running.holds_budget);
    desk.end("e-1", ExecutionStatus::Succeeded);
    a_day_passes(&desk);
    assert_eq!(desk.started(), ["web.1.1"]);
    assert!(is_idle(&desk));
}

#[test]
fn a_start_whose_intent_alone_is_in_the_backup_is_found() {
    for is_over in [false, true] {
        let desk = pending();
        desk.is_backed_up_at_start.set(true);
        desk.wait_until(1_100);
        if is_over {
            desk.end("e-1", ExecutionStatus::Succeeded);
            desk.sweep();
        }
        desk.store.put_back();
        assert!(matches!(desk.slot("web").state, SlotState::Starting(_)));
        // Its deadline has passed, and nobody but the comparison may look for it.
        desk.wait_until(9_000);
        assert!(matches!(desk.slot("web").state, SlotState::Starting(_)));
        desk.sweep();
        desk.end("e-1", ExecutionStatus::Succeeded);
        a_day_passes(&desk);
        assert_eq!(desk.started(), ["web.1.1"]);
        assert!(is_idle(&desk));
    }
}

#[test]
fn a_start_that_came_to_nothing_is_judged_anew_if_something_ran_since() {
    let desk = pending();
    desk.is_backed_up_at_start.set(true);
    desk.wait_until(1_100);
    // As if that call had been refused, and a person had rebuilt it then.
    desk.forget("e-1");
    desk.wait_until(2_000);
    let person = desk.start(&pipeline("web"), Trigger::Other("Webhook".to_owned()));
    desk.end(&person, ExecutionStatus::Succeeded);
    desk.store.put_back();
    a_day_passes(&desk);
    assert_eq!(desk.started(), ["-"]);
    assert!(is_idle(&desk));
}

#[test]
fn a_start_that_came_to_nothing_is_made_if_nothing_ran_since() {
    let desk = pending();
    desk.is_backed_up_at_start.set(true);
    desk.wait_until(1_100);
    desk.forget("e-1");
    desk.store.put_back();
    desk.tokens.borrow_mut().clear();
    desk.wait_until(9_000);
    desk.sweep();
    assert_eq!(desk.started(), ["web.1.1"], "the same call, by its token");
}

#[test]
fn a_rebuild_that_failed_and_was_retried_since_is_not_started_again() {
    let desk = pending();
    desk.wait_until(1_059);
    desk.store.back_up();
    desk.wait_until(1_100);
    desk.end("e-1", ExecutionStatus::Failed);
    desk.sweep();
    // It failed somewhere that is not tried again; a person asked for it once more.
    let retry = Command::Retry {
        application: id("web"),
    };
    run_at_once(operate::operate(&desk, &retry)).expect("it is retried");
    desk.wait_until(1_200);
    assert_eq!(desk.started(), ["web.1.1", "web.2.1"]);
    desk.wait_until(1_300);
    desk.end("e-2", ExecutionStatus::Succeeded);
    desk.store.put_back();
    a_day_passes(&desk);
    assert_eq!(desk.started(), ["web.1.1", "web.2.1"]);
    assert!(is_idle(&desk));
    assert_eq!(desk.slot("web").rebuilds_requested, 2);
}

#[test]
fn an_archive_replayed_over_a_restored_store_starts_nothing_that_was_built() {
    let desk = Desk::with(vec![web()]);
    desk.store.back_up();
    rebuild(&desk, 1_000, "1.1.0", "e-1");
    rebuild(&desk, 5_000, "1.2.0", "e-2");
    assert_eq!(desk.started(), ["web.1.1", "web.2.1"]);
    desk.store.put_back();
    desk.wait_until(9_000);
    assert!(
        desk.sweep()
            .restored
            .is_some_and(|restored| restored.is_complete)
    );
    desk.replay(TOKENS, "1.1.0", 1_000);
    desk.replay(TOKENS, "1.2.0", 5_000);
    a_day_passes(&desk);
    assert_eq!(desk.started(), ["web.1.1", "web.2.1"]);
    // What is new is rebuilt, under a number that was never used.
    desk.publish(TOKENS, "1.3.0");
    desk.wait_until(desk.now.get() + 1_000);
    assert_eq!(desk.started(), ["web.1.1", "web.2.1", "web.3.1"]);
}

#[test]
fn what_comes_in_before_the_comparison_takes_no_number_that_was_used() {
    let desk = Desk::with(vec![web()]);
    desk.store.back_up();
    rebuild(&desk, 1_000, "1.1.0", "e-1");
    desk.store.put_back();
    desk.wait_until(9_000);
    desk.publish(TOKENS, "1.2.0");
    assert_eq!(
        desk.slot("web").rebuild().map(|rebuild| rebuild.id.clone()),
        Some(id("web.1"))
    );
    a_day_passes(&desk);
    assert_eq!(desk.started(), ["web.1.1", "web.2.1"]);
}

#[test]
fn an_execution_of_ours_that_still_runs_is_not_started_beside() {
    let desk = Desk::with(vec![web()]);
    desk.store.back_up();
    rebuild(&desk, 1_000, "1.1.0", "e-1");
    desk.wait_until(5_000);
    desk.publish(TOKENS, "1.2.0");
    desk.wait_until(5_100);
    desk.store.put_back();
    desk.replay(TOKENS, "1.2.0", 5_000);
    desk.sweep();
    assert!(matches!(desk.slot("web").state, SlotState::Running(_)));
    desk.wait_until(7_000);
    desk.sweep();
    assert_eq!(desk.started(), ["web.1.1", "web.2.1"]);
    desk.end("e-2", ExecutionStatus::Succeeded);
    a_day_passes(&desk);
    assert_eq!(desk.started(), ["web.1.1", "web.2.1"]);
    assert!(is_idle(&desk));
}

#[test]
fn a_running_rebuild_that_was_tried_again_since_is_followed_at_its_last_attempt() {
    let desk = pending();
    desk.wait_until(1_100);
    desk.store.back_up();
    let session = |name: &str| Trigger::Session(name.to_owned());
    desk.end("e-1", ExecutionStatus::Failed);
    desk.wait_until(1_800);
    let second = desk.start(&pipeline("web"), session("web.1.2"));
    desk.end(&second, ExecutionStatus::Succeeded);
    desk.store.put_back();
    a_day_passes(&desk);
    assert_eq!(desk.started(), ["web.1.1", "web.1.2"]);
    assert_eq!(desk.slot("web").builds[0].execution, id("e-2"));
}

#[test]
fn a_pipeline_that_cannot_be_read_is_held_alone_until_it_can() {
    let desk = Desk::with(vec![
        web(),
        (application("shop"), web().1),
        (producer("lib", &["pkg:npm/lib"]), Vec::new()),
    ]);
    desk.wait_until(1_000);
    desk.publish(TOKENS, "1.1.0");
    desk.store.back_up();
    desk.wait_until(1_100);
    assert_eq!(desk.started().len(), 2);
    desk.end("e-1", ExecutionStatus::Succeeded);
    desk.end("e-2", ExecutionStatus::Succeeded);
    desk.store.put_back();
    let denied = ReadError::Denied("no such role".to_owned());
    desk.unreadable.borrow_mut().insert(pipeline("web"), denied);
    let report = desk.sweep();
    let restored = report.restored.expect("a backup was put back");
    assert!(
        restored.is_complete,
        "one does not stop all others for ever"
    );
    assert_eq!(restored.held.first, [id("web")]);
    assert_eq!(report.failures[0].application, Some(id("web")));
    a_day_passes(&desk);
    assert_eq!(desk.started().len(), 2);
    assert!(matches!(desk.slot("web").state, SlotState::Pending(_)));
    let held: Vec<String> = desk
        .told("web")
        .into_iter()
        .filter(|text| text.contains("no such role"))
        .collect();
    assert_eq!(held.len(), 1, "it is told once: {held:?}");
    assert!(desk.slot("shop").builds[0].rebuild.is_some());
    desk.unreadable.borrow_mut().clear();
    a_day_passes(&desk);
    assert_eq!(desk.started().len(), 2);
    assert!(is_idle(&desk));
}

#[test]
fn a_comparison_goes_on_where_the_pass_before_ran_out_of_time() {
    let applications = (0..40).map(|number| {
        let name = format!("app-{number:02}");
        (application(&name), web().1)
    });
    let desk = Desk::with(applications.collect());
    desk.store.back_up();
    desk.store.put_back();
    desk.read_secs.set(20);
    let mut passes = 0;
    let mut compared = 0;
    loop {
        let report = desk.sweep();
        passes += 1;
        let restored = report.restored.expect("it is not complete yet");
        compared += restored.compared;
        if restored.is_complete {
            break;
        }
        assert!(report.is_more_left);
        assert!(passes < 10, "it comes to an end");
        desk.now.set(desk.now.get() + 60);
    }
    assert_eq!((passes, compared), (4, 40));
    assert_eq!(desk.reads.get(), 40);
    assert_eq!(desk.sweep().restored, None);
}
