//! What a week brought, told by `sweep` when the week is over.

use downriver_domain::summary::{SummaryProgress, week_end};
use downriver_domain::{
    Application, Built, Dependency, OwnerId, Summary, Timestamp, WeeklySummary,
};
use downriver_engine::ports::{ExecutionStatus, Notice, NoticeKind, Store};
use downriver_engine::query::summaries;
use downriver_engine::summary::Period;
use downriver_testkit::builders::{application, at, dependency, id};
use downriver_testkit::run_at_once;

use super::desk::Desk;

const TOKENS: &str = "pkg:npm/tokens";
const DAY: i64 = 24 * 3600;

fn of(owner: &str, name: &str, requirement: &str) -> (Application, Vec<Dependency>) {
    using(TOKENS, owner, name, requirement)
}

fn using(
    package: &str,
    owner: &str,
    name: &str,
    requirement: &str,
) -> (Application, Vec<Dependency>) {
    let mut application = application(name);
    application.owner = id(owner);
    let edge = Dependency {
        built: Built::Proven("1.0.0".to_owned()),
        ..dependency(package, requirement)
    };
    (application, vec![edge])
}

/// The seconds of this desk's clock at which the first week ends.
fn first_end(desk: &Desk) -> i64 {
    let week = at(7 * DAY).unix_millis() - at(0).unix_millis();
    let end = week_end(at(desk.now.get())).unix_millis() + week;
    (end - at(0).unix_millis()) / 1000
}

fn owner_of(notice: &Notice) -> &OwnerId {
    notice.owner.as_ref().expect("a summary is an owner's")
}

fn told(desk: &Desk) -> Vec<Notice> {
    let notices = desk.notices.borrow();
    let weekly = notices
        .iter()
        .filter(|notice| matches!(notice.kind, NoticeKind::WeeklySummary(_)));
    weekly.cloned().collect()
}

fn numbers(notice: &Notice) -> WeeklySummary {
    match notice.kind {
        NoticeKind::WeeklySummary(weekly) => weekly,
        _ => unreachable!("only those are asked"),
    }
}

fn progress(desk: &Desk) -> SummaryProgress {
    let controls = run_at_once(desk.store.load_controls()).expect("the store works");
    controls.summaries.expect("a sweep wrote it")
}

/// Two teams; one version that both follow, in two pieces, and one that a requirement excludes.
fn a_week() -> Desk {
    let desk = Desk::with(vec![
        of("team-a", "api", "^1.0.0"),
        of("team-a", "old", "~1.0.0"),
        of("team-b", "web", "^1.0.0"),
    ]);
    desk.wait_until(1_000);
    desk.sweep();
    desk.publish(TOKENS, "1.1.0");
    desk.wait_until(1_010);
    desk.publish(TOKENS, "1.2.0");
    desk.wait_until(1_200);
    for execution in desk.started().iter().enumerate().map(|(n, _)| n + 1) {
        desk.end(&format!("e-{execution}"), ExecutionStatus::Succeeded);
    }
    desk.sweep();
    desk
}

#[test]
fn every_owner_is_told_once_what_the_week_brought() {
    let desk = a_week();
    assert_eq!(told(&desk), [], "the week is not over");
    let end = first_end(&desk);
    desk.wait_until(end - 1);
    desk.sweep();
    assert_eq!(told(&desk), []);
    desk.wait_until(end + 60);
    let report = desk.sweep();
    assert_eq!(report.summaries, 2);
    let weekly = told(&desk);
    let owners: Vec<String> = weekly
        .iter()
        .map(|notice| owner_of(notice).to_string())
        .collect();
    assert_eq!(owners, ["team-a", "team-b"]);
    let of_a = numbers(&weekly[0]);
    assert_eq!((of_a.since, of_a.until), (at(end - 7 * DAY), at(end)));
    let rebuilt = Summary {
        applications: 1,
        changes: 2,
        rebuilds: 1,
        coalesced: 1,
        started: 1,
        succeeded: 1,
        ..Summary::default()
    };
    let excluded = Summary {
        applications: 1,
        changes: 2,
        excluded: 2,
        ..Summary::default()
    };
    let mut both = rebuilt;
    both.add(&excluded);
    assert_eq!(of_a.summary, both);
    assert_eq!(numbers(&weekly[1]).summary, rebuilt);
    assert_eq!(
        weekly[1].text,
        "2 changes for 1 application led to 1 rebuild; 1 rebuild avoided (1 taken along by another rebuild); \
         1 execution started, 1 succeeded, 0 proven to be delivered, 0 failed"
    );
    assert!(weekly[0].application.is_none());
    desk.sweep();
    assert_eq!(told(&desk).len(), 2, "once");
    assert_eq!(
        progress(&desk),
        SummaryProgress {
            is_told: true,
            ..SummaryProgress::begin(at(end))
        }
    );
}

#[test]
fn a_week_without_anything_is_not_told() {
    let desk = a_week();
    let end = first_end(&desk);
    desk.wait_until(end + 60);
    desk.sweep();
    desk.notices.borrow_mut().clear();
    desk.wait_until(end + 7 * DAY + 60);
    assert_eq!(desk.sweep().summaries, 2);
    assert_eq!(told(&desk), []);
    assert_eq!(progress(&desk).until, at(end + 7 * DAY));
}

#[test]
fn many_applications_are_summed_up_over_several_passes() {
    let applications = (0..1_030).map(|number| {
        let owner = if number % 2 == 0 { "even" } else { "odd" };
        let package = if number < 400 {
            TOKENS
        } else {
            "pkg:npm/theme"
        };
        using(package, owner, &format!("app-{number:04}"), "~1.0.0")
    });
    let desk = Desk::with(applications.collect());
    desk.wait_until(1_000);
    desk.sweep();
    desk.publish(TOKENS, "1.1.0");
    let end = first_end(&desk);
    desk.wait_until(end + 60);
    desk.notices.borrow_mut().clear();
    assert_eq!(desk.sweep().summaries, 0);
    let first = progress(&desk);
    assert_eq!(first.up_to, Some(id("app-0499")));
    assert_eq!(first.owners[&id("even")].applications, 250);
    assert_eq!(desk.sweep().summaries, 0);
    assert_eq!(told(&desk), []);
    assert_eq!(desk.sweep().summaries, 2);
    for notice in told(&desk) {
        let summary = numbers(&notice).summary;
        let expected = Summary {
            applications: 515,
            changes: 200,
            excluded: 200,
            ..Summary::default()
        };
        assert_eq!(summary, expected, "{}", owner_of(&notice));
    }
    assert_eq!(told(&desk).len(), 2);
}

#[test]
fn a_week_that_no_pass_ended_is_left_for_the_next() {
    let applications = (0..510).map(|number| of("team", &format!("app-{number:04}"), "^1.0.0"));
    let desk = Desk::with(applications.collect());
    desk.wait_until(1_000);
    desk.sweep();
    assert!(progress(&desk).is_told, "there is no week behind it");
    let first = first_end(&desk);
    for end in [first, first + 7 * DAY] {
        desk.wait_until(end + 60);
        desk.sweep();
        let begun = progress(&desk);
        assert_eq!((begun.until, begun.up_to), (at(end), Some(id("app-0499"))));
        assert_eq!(begun.owners[&id("team")].applications, 500);
    }
}

#[test]
fn the_same_numbers_are_given_when_they_are_asked_for() {
    let desk = a_week();
    let period = Period {
        since: at(0),
        until: at(desk.now.get() + 1),
    };
    let asked = run_at_once(summaries(&desk, None, period)).expect("the store works");
    let end = first_end(&desk);
    desk.wait_until(end + 60);
    desk.sweep();
    for notice in told(&desk) {
        assert_eq!(asked.owners[owner_of(&notice)], numbers(&notice).summary);
    }
    let of_b = run_at_once(summaries(&desk, Some(&id("team-b")), period)).expect("the store works");
    assert_eq!(of_b.owners.len(), 1);
    assert_eq!(of_b.known.len(), 2);
    // Nothing was published before the applications were registered, nor in an empty period.
    let empty = Period {
        since: Timestamp::MIN,
        until: at(500),
    };
    let before = run_at_once(summaries(&desk, None, empty)).expect("the store works");
    assert!(before.owners.values().all(Summary::is_nothing));
}
