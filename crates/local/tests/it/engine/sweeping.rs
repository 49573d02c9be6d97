//! What a pass reports, and whose turn it is when time or an account fails.

use std::collections::BTreeSet;

use downriver_domain::{Application, ApplicationId, Built, Dependency, Target};
use downriver_engine::ports::{ExecutionStatus, ReadError};
use downriver_testkit::builders::{application, dependency, id, target};

use super::desk::Desk;

const TOKENS: &str = "pkg:npm/tokens";

/// As many applications in a Region, all of them running since 1,060.
fn running(number: usize, in_region: impl Fn(usize) -> Target) -> Desk {
    let applications = (0..number).map(|number| -> (Application, Vec<Dependency>) {
        let mut application = application(&format!("app-{number:03}"));
        application.pipeline.target = in_region(number);
        let tokens = Dependency {
            built: Built::Proven("1.0.0".to_owned()),
            ..dependency(TOKENS, "^1.0.0")
        };
        (application, vec![tokens])
    });
    let desk = Desk::with(applications.collect());
    desk.wait_until(1_000);
    desk.publish(TOKENS, "1.1.0");
    desk.wait_until(1_100);
    desk
}

#[test]
fn a_pass_reports_the_ends_that_no_event_told() {
    let desk = running(3, |_| target("eu-west-1"));
    assert_eq!(desk.started().len(), 3);
    desk.end("e-2", ExecutionStatus::Succeeded);
    let report = desk.sweep();
    assert_eq!(
        (report.ended.count, report.ended.first),
        (1, vec![id("app-001")])
    );
    assert!(!report.is_more_left);
    assert_eq!(report.failures, []);
    assert_eq!(desk.sweep().ended.count, 0);
}

#[test]
fn an_account_that_does_not_answer_costs_a_few_reads_and_nobody_else_waits_for_it() {
    let desk = running(20, |number| {
        target(if number % 2 == 0 {
            "eu-west-1"
        } else {
            "us-east-1"
        })
    });
    for number in 1..=20 {
        desk.end(&format!("e-{number}"), ExecutionStatus::Succeeded);
    }
    for number in (0..20).step_by(2) {
        let mut pipeline = downriver_testkit::builders::pipeline(&format!("app-{number:03}"));
        pipeline.target = target("eu-west-1");
        let error = ReadError::Transient("throttled".to_owned());
        desk.unreadable.borrow_mut().insert(pipeline, error);
    }
    let report = desk.sweep();
    assert_eq!(report.ended.count, 10);
    assert_eq!(report.failures_count, 3);
    assert!(report.is_more_left);
    assert!(
        report.failures[0].reason.contains("throttled"),
        "{report:?}"
    );
}

#[test]
fn what_time_does_not_suffice_for_has_its_turn_in_a_later_pass() {
    let desk = running(18, |_| target("eu-west-1"));
    for number in 1..=18 {
        desk.end(&format!("e-{number}"), ExecutionStatus::InProgress);
    }
    // Five reads fit into the half of a pass that is for them.
    desk.read_secs.set(24);
    let mut passes = 0;
    let mut read = BTreeSet::new();
    while read.len() < 18 {
        passes += 1;
        assert!(passes <= 60, "some are never read: {read:?}");
        let before = desk.now.get();
        desk.reads_of.borrow_mut().clear();
        let report = desk.sweep();
        assert!(report.is_more_left);
        let now: BTreeSet<ApplicationId> = desk.reads_of.borrow().iter().cloned().collect();
        assert!((1..=6).contains(&now.len()), "{now:?}");
        read.extend(now);
        desk.now.set(before + 300);
    }
}
