//! What the simulator found: moments in which two things happen at once, each made small.

use downriver_domain::slot::{FailedStage, HeldReason, PauseScope, SlotState, StartedBy};
use downriver_domain::version::PackageVersionId;
use downriver_domain::{
    Application, Built, Cascade, Dependency, Operation, Policy, Sighting, VersionStatus,
};
use downriver_engine::index::{BuiltPackage, BuiltReport, record_built};
use downriver_engine::operate::Command;
use downriver_engine::ports::{ExecutionStatus, ReadError, Store, Trigger};
use downriver_engine::resolve::resolve;
use downriver_engine::track::ExecutionState;
use downriver_testkit::builders::{
    application, at, dependency, id, pipeline, producer, repository,
};
use downriver_testkit::run_at_once;

use super::desk::{Desk, catalog};

const TOKENS: &str = "pkg:npm/tokens";
const ICONS: &str = "pkg:npm/icons";

fn person() -> Trigger {
    Trigger::Other("WebhookV2".to_owned())
}

fn built_with(purl: &str) -> Dependency {
    Dependency {
        built: Built::Proven("1.0.0".to_owned()),
        ..dependency(purl, "^1.0.0")
    }
}

/// `icons` is built with the tokens, and publishes.
fn icons(policy: Policy) -> (Application, Vec<Dependency>) {
    let icons = Application {
        policy,
        ..producer("icons", &[ICONS])
    };
    (icons, vec![built_with(TOKENS)])
}

/// `icons` runs for a new version of the tokens, as `e-1`.
fn running(policy: Policy) -> Desk {
    let desk = Desk::with(vec![icons(policy)]);
    desk.wait_until(1_000);
    desk.publish(TOKENS, "1.1.0");
    desk.wait_until(1_100);
    assert_eq!(desk.started(), ["icons.1.1"]);
    desk
}

/// What an execution built of the tokens.
fn report(desk: &Desk, execution: &str, version: &str) {
    let report = BuiltReport {
        application: id("icons"),
        execution: id(execution),
        packages: vec![BuiltPackage {
            package: TOKENS.parse().unwrap(),
            version: version.to_owned(),
            revision: None,
        }],
    };
    run_at_once(record_built(desk, &report)).unwrap();
}

fn marked(desk: &Desk) -> usize {
    run_at_once(desk.store.load_active_producers())
        .expect("the store works")
        .len()
}

#[test]
fn what_a_build_publishes_before_its_start_is_recorded_descends_from_it() {
    let icons = (
        producer("icons", &[ICONS]),
        vec![built_with(TOKENS), built_with(ICONS)],
    );
    let desk = Desk::with(vec![icons]);
    desk.wait_until(1_000);
    desk.publish(TOKENS, "1.1.0");
    desk.is_answer_lost.set(true);
    desk.wait_until(1_100);
    assert!(matches!(desk.slot("icons").state, SlotState::Starting(_)));
    desk.publish(ICONS, "1.1.0");
    let inventory = run_at_once(desk.store.load_inventory(&ICONS.parse().unwrap())).unwrap();
    let records = inventory.repositories.values().next().unwrap();
    let cascade = &records.versions["1.1.0"].cascade;
    assert!(cascade.applications.contains(&id("icons")), "{cascade:?}");
}

/// `apps` has a copy of a version of the icons since `secs`, says an event.
fn copied(desk: &Desk, version: &str, secs: i64) -> Cascade {
    let package_version: PackageVersionId = format!("{ICONS}@{version}").parse().unwrap();
    let sighting = Sighting {
        repository: repository("apps"),
        package_version,
        status: VersionStatus::Published,
        operation: Operation::Created,
        revision: None,
        sequence: u64::try_from(secs).unwrap(),
        event_time: at(secs),
    };
    run_at_once(resolve(desk, &[sighting])).unwrap();
    let inventory = run_at_once(desk.store.load_inventory(&ICONS.parse().unwrap())).unwrap();
    let records = &inventory.repositories[&repository("apps")];
    records.versions[version].cascade.clone()
}

#[test]
fn a_copy_whose_original_no_event_told_of_descends_from_what_that_descends_from() {
    let desk = Desk::with(vec![icons(Policy::default())]);
    desk.publish(ICONS, "1.0.0");
    copied(&desk, "1.0.0", 10);
    desk.wait_until(1_000);
    desk.publish(TOKENS, "1.1.0");
    desk.wait_until(1_100);
    // Published by the rebuild, and its event is lost; somebody's build retains a copy long after.
    desk.list(ICONS, "1.1.0", 1_150);
    desk.wait_until(1_200);
    desk.end("e-1", ExecutionStatus::Succeeded);
    desk.tell_end(&pipeline("icons"), "e-1");
    desk.wait_until(9_000);
    let cascade = copied(&desk, "1.1.0", 9_000);
    assert!(cascade.applications.contains(&id("icons")), "{cascade:?}");
}

#[test]
fn what_our_rebuild_published_descends_from_it_also_if_an_older_version_is_heard_of_first() {
    let desk = Desk::with(vec![icons(Policy::default())]);
    desk.list(ICONS, "1.0.0", -20);
    desk.wait_until(1_000);
    desk.publish(TOKENS, "1.1.0");
    desk.wait_until(1_100);
    desk.list(ICONS, "1.1.0", 1_150);
    // Nothing told of the package before: with this event it is read what there is.
    desk.sight(ICONS, "1.0.0", VersionStatus::Published, 1_160);
    let inventory = run_at_once(desk.store.load_inventory(&ICONS.parse().unwrap())).unwrap();
    let records = inventory.repositories.values().next().unwrap();
    let cascade = &records.versions["1.1.0"].cascade;
    assert!(cascade.applications.contains(&id("icons")), "{cascade:?}");
    assert_eq!(records.versions["1.1.0"].published_at, Some(at(1_150)));
}

#[test]
fn a_rebuild_that_ends_in_shadow_leaves_no_marker_of_the_time_before() {
    let wait = Policy {
        quiet_period_secs: 300,
        ..Policy::default()
    };
    let desk = Desk::with(vec![icons(wait.clone())]);
    desk.wait_until(1_000);
    desk.publish(TOKENS, "1.1.0");
    assert_eq!(marked(&desk), 1);
    let shadow = Policy {
        is_shadow: true,
        ..wait
    };
    desk.apply(&catalog(vec![icons(shadow)]));
    desk.wait_until(1_400);
    assert!(matches!(desk.slot("icons").state, SlotState::Idle));
    assert_eq!(desk.started(), Vec::<String>::new());
    assert_eq!(marked(&desk), 0);
}

#[test]
fn who_was_parked_and_is_superseded_is_active_again() {
    let desk = running(Policy {
        max_run_secs: 600,
        ..Policy::default()
    });
    desk.wait_until(1_700);
    desk.sweep();
    assert!(matches!(desk.slot("icons").state, SlotState::Parked(_)));
    assert_eq!(marked(&desk), 0);
    desk.start(&pipeline("icons"), person());
    desk.tell(&pipeline("icons"), "e-1", ExecutionState::Superseded);
    assert!(matches!(desk.slot("icons").state, SlotState::Running(_)));
    assert_eq!(marked(&desk), 1);
}

#[test]
fn who_is_superseded_where_nothing_may_be_listed_is_pending_again() {
    let desk = running(Policy::default());
    let denied = ReadError::Denied("no leave".to_owned());
    desk.unreadable
        .borrow_mut()
        .insert(pipeline("icons"), denied);
    desk.tell(&pipeline("icons"), "e-1", ExecutionState::Superseded);
    // What overtook it may be told by its events; if it is not, max run ends the wait.
    assert!(matches!(desk.slot("icons").state, SlotState::Running(_)));
    desk.wait_until(1_100 + 8 * 3_600);
    desk.sweep();
    assert!(
        !matches!(&desk.slot("icons").state, SlotState::Running(running) if running.following.is_some())
    );
    let told = desk.told("icons").join("\n");
    assert!(told.contains("no event told within max run"), "{told}");
}

#[test]
fn who_is_superseded_by_a_rollback_alone_is_pending_again_when_that_has_ended() {
    let desk = running(Policy::default());
    desk.wait_until(1_200);
    let rollback = desk.roll_back(&pipeline("icons"), "e-0");
    desk.tell(&pipeline("icons"), "e-1", ExecutionState::Superseded);
    assert!(matches!(desk.slot("icons").state, SlotState::Running(_)));
    desk.end(&rollback, ExecutionStatus::Succeeded);
    desk.wait_until(1_600);
    let slot = desk.slot("icons");
    let is_ours = |started_by: &StartedBy| matches!(started_by, StartedBy::Downriver(_));
    assert!(slot.executions.iter().any(|seen| is_ours(&seen.started_by)));
    assert_eq!(desk.started(), ["icons.1.1", "-", "icons.1.2"], "{slot:?}");
    assert!(slot.executions[0].started_at > at(1_200));
}

#[test]
fn what_an_execution_that_ends_later_takes_back_is_rebuilt() {
    let desk = running(Policy::default());
    desk.wait_until(1_110);
    let persons = desk.start(&pipeline("icons"), person());
    desk.wait_until(1_120);
    desk.publish(TOKENS, "1.2.0");
    desk.wait_until(1_200);
    desk.end("e-1", ExecutionStatus::Succeeded);
    desk.tell_end(&pipeline("icons"), "e-1");
    report(&desk, "e-1", "1.2.0");
    desk.wait_until(1_300);
    assert!(matches!(desk.slot("icons").state, SlotState::Idle));
    desk.end(&persons, ExecutionStatus::Succeeded);
    desk.tell_end(&pipeline("icons"), &persons);
    report(&desk, &persons, "1.1.0");
    desk.wait_until(1_500);
    assert_eq!(desk.started(), ["icons.1.1", "-", "icons.2.1"]);
}

#[test]
fn a_refused_call_does_not_tell_that_the_one_before_without_answer_started_nothing() {
    let desk = Desk::with(vec![icons(Policy::default())]);
    desk.wait_until(1_000);
    desk.publish(TOKENS, "1.1.0");
    desk.is_answer_lost.set(true);
    desk.wait_until(1_100);
    assert_eq!(desk.started(), ["icons.1.1"]);
    // No listing shows it, and the call that is made again is refused.
    desk.is_listing_behind.set(true);
    desk.is_busy.set(true);
    desk.wait_until(1_600);
    desk.sweep();
    let slot = desk.slot("icons");
    assert!(matches!(slot.state, SlotState::Starting(_)), "{slot:?}");
    desk.is_listing_behind.set(false);
    desk.wait_until(2_100);
    desk.sweep();
    assert!(matches!(desk.slot("icons").state, SlotState::Running(_)));
    assert_eq!(desk.started(), ["icons.1.1"]);
}

/// Fails at the first attempt.
fn strict() -> Policy {
    Policy {
        retries_max: 0,
        ..Policy::default()
    }
}

#[test]
fn a_failed_execution_that_a_person_retries_while_another_runs_counts_when_it_succeeds() {
    // The event of the retry may be lost.
    for is_told in [true, false] {
        let desk = running(strict());
        desk.fail(&pipeline("icons"), "e-1", &FailedStage::default());
        desk.wait_until(1_200);
        desk.publish(TOKENS, "1.2.0");
        desk.wait_until(1_300);
        assert_eq!(desk.started(), ["icons.1.1", "icons.2.1"]);
        if is_told {
            desk.tell(&pipeline("icons"), "e-1", ExecutionState::Resumed);
        }
        desk.wait_until(1_400);
        desk.end("e-1", ExecutionStatus::Succeeded);
        desk.tell_end(&pipeline("icons"), "e-1");
        desk.fail(&pipeline("icons"), "e-2", &FailedStage::default());
        desk.wait_until(1_500);
        report(&desk, "e-1", "1.1.0");
        let built = run_at_once(desk.store.load_dependencies(&id("icons"))).unwrap();
        assert_eq!(
            built[0].built,
            Built::Proven("1.1.0".to_owned()),
            "{is_told}"
        );
        let told = desk.told("icons").join("\n");
        assert!(
            told.contains("whose failed stage a person retried, succeeded"),
            "{told}"
        );
    }
}

#[test]
fn a_failure_that_is_told_again_after_its_execution_succeeded_changes_nothing() {
    let desk = running(strict());
    desk.fail(&pipeline("icons"), "e-1", &FailedStage::default());
    desk.wait_until(1_200);
    desk.tell(&pipeline("icons"), "e-1", ExecutionState::Failed);
    assert!(desk.slot("icons").builds.is_empty());
    // An event of before the failure.
    desk.now.set(1_050);
    desk.tell_end(&pipeline("icons"), "e-1");
    assert!(desk.slot("icons").builds.is_empty());
}

/// A person goes back to before everything; what is held of the tokens then, and why.
fn held_after_a_rollback(desk: &Desk) -> (String, HeldReason) {
    let rollback = desk.roll_back(&pipeline("icons"), "e-0");
    desk.end(&rollback, ExecutionStatus::Succeeded);
    desk.tell_end(&pipeline("icons"), &rollback);
    let held = &desk.slot("icons").held[&TOKENS.parse().unwrap()];
    (held.version.clone(), held.reason)
}

#[test]
fn what_is_rolled_back_is_what_was_built_whatever_was_asked_for() {
    let desk = running(Policy::default());
    desk.wait_until(1_120);
    desk.publish(TOKENS, "1.2.0");
    desk.wait_until(1_200);
    desk.end("e-1", ExecutionStatus::Succeeded);
    desk.tell_end(&pipeline("icons"), "e-1");
    report(&desk, "e-1", "1.2.0");
    desk.wait_until(1_300);
    let held = held_after_a_rollback(&desk);
    assert_eq!(held, ("1.2.0".to_owned(), HeldReason::RolledBack));
    desk.sweep();
    desk.wait_until(9_000);
    assert_eq!(desk.started(), ["icons.1.1", "-"]);
}

#[test]
fn a_rollback_leaves_what_failed_held() {
    let desk = running(strict());
    desk.end("e-1", ExecutionStatus::Succeeded);
    desk.tell_end(&pipeline("icons"), "e-1");
    report(&desk, "e-1", "1.1.0");
    desk.wait_until(1_200);
    desk.publish(TOKENS, "1.2.0");
    desk.wait_until(1_300);
    desk.fail(&pipeline("icons"), "e-2", &FailedStage::default());
    desk.wait_until(1_400);
    let held = held_after_a_rollback(&desk);
    assert_eq!(held, ("1.2.0".to_owned(), HeldReason::Failed));
}

#[test]
fn a_producer_that_is_held_is_not_active_once_it_has_published() {
    // By its publication, and by the end of the publish grace.
    for is_published in [true, false] {
        let desk = running(Policy {
            publish_grace_secs: 600,
            ..Policy::default()
        });
        desk.end("e-1", ExecutionStatus::Succeeded);
        desk.tell_end(&pipeline("icons"), "e-1");
        report(&desk, "e-1", "1.1.0");
        desk.operate(&Command::Pause {
            scope: PauseScope::Application(id("icons")),
            by: "ann".to_owned(),
            reason: String::new(),
        });
        desk.publish(TOKENS, "1.2.0");
        desk.wait_until(1_300);
        assert!(matches!(desk.slot("icons").state, SlotState::Pending(_)));
        assert_eq!(marked(&desk), 1, "it may publish still");
        if is_published {
            desk.publish(ICONS, "1.1.0");
        } else {
            desk.wait_until(1_800);
            desk.sweep();
        }
        desk.wait_until(desk.now.get() + 1);
        assert_eq!(marked(&desk), 0, "{is_published}");
    }
}

#[test]
fn each_instance_is_built_with_what_its_own_requirement_selects() {
    let kit = "pkg:nuget/kit";
    let needs = |requirement: &str| Dependency {
        built: Built::Proven("1.0.0".to_owned()),
        ..dependency(kit, requirement)
    };
    // A bare version of NuGet takes the lowest that it admits, whatever else there is.
    let desk = Desk::with(vec![(application("web"), vec![needs("*"), needs("1.0.0")])]);
    desk.list(kit, "1.0.0", 10);
    desk.wait_until(1_000);
    desk.publish(kit, "1.1.0");
    desk.wait_until(1_100);
    desk.end("e-1", ExecutionStatus::Succeeded);
    desk.tell_end(&pipeline("web"), "e-1");
    let built = || {
        let known = run_at_once(desk.store.load_dependencies(&id("web"))).unwrap();
        let built = known.iter().map(|known| known.built.clone());
        built.collect::<Vec<_>>()
    };
    let proven = |version: &str| Built::Proven(version.to_owned());
    assert_eq!(
        built(),
        [Built::Assumed("1.1.0".to_owned()), proven("1.0.0")]
    );
    let package = |version: &str| BuiltPackage {
        package: kit.parse().unwrap(),
        version: version.to_owned(),
        revision: None,
    };
    let report = BuiltReport {
        application: id("web"),
        execution: id("e-1"),
        packages: vec![package("1.1.0"), package("1.0.0")],
    };
    run_at_once(record_built(&desk, &report)).unwrap();
    assert_eq!(built(), [proven("1.1.0"), proven("1.0.0")]);
    desk.wait_until(9_000);
    desk.publish(kit, "1.1.0");
    desk.wait_until(9_900);
    assert_eq!(desk.started(), ["web.1.1"]);
}
