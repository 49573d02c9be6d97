//! How a change spreads: rings, ramps, halts, approvals, and what operators decide.

use std::collections::BTreeSet;

use downriver_domain::rollout::RingRule;
use downriver_domain::slot::{FailedStage, Gate, SlotState, WaitOn};
use downriver_domain::{
    Application, Built, Dependency, OwnerId, Rollback, Rollout, RolloutPolicy, VersionStatus,
};
use downriver_engine::index::{BuiltPackage, BuiltReport, record_built};
use downriver_engine::operate::{Command, Operated};
use downriver_engine::ports::{ExecutionStatus, HistoryOf, NoticeKind, Store};
use downriver_engine::register::Catalog;
use downriver_testkit::builders::{
    application, dependency, id, package, package_version, pipeline, producer,
};
use downriver_testkit::run_at_once;

use super::desk::{Desk, catalog};

pub(super) const TOKENS: &str = "pkg:npm/tokens";
pub(super) const KIT: &str = "pkg:npm/kit";

/// Depends on the tokens, which it was built with in 1.0.0.
pub(super) fn user(name: &str, tags: &[&str]) -> (Application, Vec<Dependency>) {
    let mut application = application(name);
    application.policy.tags = tags.iter().map(ToString::to_string).collect();
    application.policy.retries_max = 0;
    (application, vec![built(TOKENS)])
}

pub(super) fn built(purl: &str) -> Dependency {
    Dependency {
        built: Built::Proven("1.0.0".to_owned()),
        ..dependency(purl, "*")
    }
}

pub(super) fn policy() -> RolloutPolicy {
    RolloutPolicy {
        rings: vec![RingRule::Tags(BTreeSet::from(["canary".to_owned()]))],
        ..RolloutPolicy::default()
    }
}

/// The tokens' own producer, of the team `team-tokens`.
fn author() -> (Application, Vec<Dependency>) {
    let mut application = producer("tokens", &[TOKENS]);
    application.owner = OwnerId::clone(&id("team-tokens"));
    (application, Vec::new())
}

/// These applications under a policy.
pub(super) fn catalog_of(
    policy: &RolloutPolicy,
    applications: Vec<(Application, Vec<Dependency>)>,
) -> Catalog {
    let mut catalog = catalog(applications);
    catalog.topology.rollout = Some(policy.clone());
    catalog
}

/// These applications under a policy; the clock is at 1,000.
pub(super) fn desk(
    policy: &RolloutPolicy,
    applications: Vec<(Application, Vec<Dependency>)>,
) -> Desk {
    let desk = Desk::with(Vec::new());
    desk.apply(&catalog_of(policy, applications));
    desk.wait_until(1_000);
    desk
}

/// The author, one canary and three others.
pub(super) fn applications() -> Vec<(Application, Vec<Dependency>)> {
    vec![
        author(),
        user("bird", &["canary"]),
        user("web-1", &[]),
        user("web-2", &[]),
        user("web-3", &[]),
    ]
}

/// The author, one canary and three others under [`policy`].
pub(super) fn four() -> Desk {
    desk(&policy(), applications())
}

/// The execution that runs for an application.
pub(super) fn running(desk: &Desk, application: &str) -> String {
    match desk.slot(application).state {
        SlotState::Running(running) => running.execution.to_string(),
        other => panic!("{application} does not run: {other:?}"),
    }
}

/// Its execution succeeds, and what it built is read: this version of the tokens.
pub(super) fn succeed(desk: &Desk, application: &str, version: &str) {
    let execution = running(desk, application);
    desk.end(&execution, ExecutionStatus::Succeeded);
    desk.tell_end(&pipeline(application), &execution);
    let report = BuiltReport {
        application: id(application),
        execution: id(&execution),
        packages: vec![BuiltPackage {
            package: package(TOKENS),
            version: version.to_owned(),
            revision: None,
        }],
    };
    run_at_once(record_built(desk, &report)).expect("the store works");
}

fn stage() -> FailedStage {
    FailedStage {
        name: "Test".to_owned(),
        action: Some("Unit".to_owned()),
        code: Some("JobFailed".to_owned()),
        message: Some("exit 1".to_owned()),
        url: Some("https://console.example/build/7".to_owned()),
        ..FailedStage::default()
    }
}

pub(super) fn fail(desk: &Desk, application: &str) {
    let execution = running(desk, application);
    desk.fail(&pipeline(application), &execution, &stage());
}

pub(super) fn rollout(desk: &Desk, version: &str) -> Rollout {
    let change = package_version(TOKENS, version);
    let mut found = run_at_once(desk.store.load_rollouts(&[change])).expect("the store works");
    found.pop().expect("it has a rollout")
}

/// The sessions that started so far.
fn started(desk: &Desk) -> Vec<String> {
    desk.started()
}

pub(super) fn closed(desk: &Desk, application: &str) -> Vec<Gate> {
    match desk.slot(application).state {
        SlotState::Pending(pending) => pending.waits.iter().map(|wait| wait.gate).collect(),
        other => panic!("{application} is not pending: {other:?}"),
    }
}

fn halted(desk: &Desk) -> Vec<String> {
    let notices = desk.notices.borrow();
    let halted = notices
        .iter()
        .filter(|notice| notice.kind == NoticeKind::ChangeHalted);
    halted.map(|notice| notice.text.clone()).collect()
}

#[test]
fn the_canary_goes_first_and_the_others_follow_in_growing_steps() {
    let desk = four();
    desk.publish(TOKENS, "1.1.0");
    desk.wait_until(1_100);
    assert_eq!(started(&desk), ["bird.1.1"]);
    assert_eq!(closed(&desk, "web-1"), [Gate::Ring]);
    succeed(&desk, "bird", "1.1.0");
    desk.wait_until(1_101);
    assert_eq!(started(&desk), ["bird.1.1", "web-1.1.1"]);
    succeed(&desk, "web-1", "1.1.0");
    desk.wait_until(1_102);
    assert_eq!(started(&desk)[2..], ["web-2.1.1", "web-3.1.1"]);
    succeed(&desk, "web-2", "1.1.0");
    succeed(&desk, "web-3", "1.1.0");
    let rollout = rollout(&desk, "1.1.0");
    assert!(rollout.is_over, "{rollout:?}");
    assert_eq!(rollout.passed[0].reason, "1 of 1 delivered");
    assert_eq!(halted(&desk), Vec::<String>::new());
}

#[test]
fn a_failing_canary_halts_the_change_and_its_author_is_told_where() {
    let desk = four();
    desk.publish(TOKENS, "1.1.0");
    desk.wait_until(1_100);
    fail(&desk, "bird");
    desk.wait_until(2_000);
    assert_eq!(started(&desk), ["bird.1.1"], "nothing more starts");
    let SlotState::Pending(pending) = desk.slot("web-1").state else {
        panic!("it keeps its change");
    };
    assert_eq!(
        pending.waits[0].on,
        WaitOn::Halt(package_version(TOKENS, "1.1.0"))
    );
    let told = halted(&desk);
    assert_eq!(told.len(), 1, "once");
    insta::assert_snapshot!(told[0], @"pkg:npm/tokens@1.1.0 is halted: 1 of 1 that ended in ring 0 failed, and 20 % halts a change; 1 of the 4 applications that it reaches had started; bird: execution e-1 failed in stage Test, action Unit: exit 1 (https://console.example/build/7); a newer version takes over, `downriver resume 'pkg:npm/tokens@1.1.0'` lets it go on, `downriver abandon 'pkg:npm/tokens@1.1.0'` gives it up");
    let notices = desk.notices.borrow();
    let notice = notices
        .iter()
        .find(|notice| notice.kind == NoticeKind::ChangeHalted)
        .expect("told");
    assert_eq!(notice.owner, Some(id("team-tokens")));
    assert!(notice.is_urgent);
    drop(notices);
    for _ in 0..3 {
        desk.sweep();
    }
    assert_eq!(halted(&desk).len(), 1);
    assert_eq!(started(&desk).len(), 1);
}

#[test]
fn a_newer_version_takes_over_what_the_halted_one_held() {
    let desk = four();
    desk.publish(TOKENS, "1.1.0");
    desk.wait_until(1_100);
    fail(&desk, "bird");
    desk.wait_until(2_000);
    desk.publish(TOKENS, "1.1.1");
    desk.wait_until(2_100);
    assert_eq!(started(&desk), ["bird.1.1", "bird.2.1"]);
    assert_eq!(closed(&desk, "web-1"), [Gate::Ring]);
    succeed(&desk, "bird", "1.1.1");
    desk.wait_until(2_101);
    succeed(&desk, "web-1", "1.1.1");
    desk.wait_until(2_102);
    succeed(&desk, "web-2", "1.1.1");
    succeed(&desk, "web-3", "1.1.1");
    assert_eq!(started(&desk).len(), 5);
    assert!(rollout(&desk, "1.1.1").is_over);
    desk.sweep();
    let old = rollout(&desk, "1.1.0");
    assert!(
        old.is_over && old.is_halted(),
        "nobody waits for it any more: {old:?}"
    );
}

#[test]
fn an_operator_lets_a_halted_change_go_on() {
    let desk = four();
    desk.publish(TOKENS, "1.1.0");
    desk.wait_until(1_100);
    fail(&desk, "bird");
    let resume = Command::ResumeChange {
        change: package_version(TOKENS, "1.1.0"),
        by: "ann".to_owned(),
    };
    desk.wait_until(1_200);
    assert_eq!(desk.operate(&resume), Operated::Done);
    assert_eq!(desk.operate(&resume), Operated::Unchanged);
    desk.wait_until(1_300);
    assert_eq!(started(&desk), ["bird.1.1", "web-1.1.1"]);
    // What fails now counts.
    fail(&desk, "web-1");
    desk.wait_until(1_400);
    assert!(rollout(&desk, "1.1.0").is_halted());
    assert_eq!(halted(&desk).len(), 2);
}

#[test]
fn what_is_abandoned_ends_and_holds_up_nothing_else() {
    let both = |name: &str, tags: &[&str]| {
        let (application, mut dependencies) = user(name, tags);
        dependencies.push(built(KIT));
        (application, dependencies)
    };
    let desk = desk(&policy(), vec![both("bird", &["canary"]), both("web", &[])]);
    desk.publish(TOKENS, "1.1.0");
    desk.wait_until(1_100);
    fail(&desk, "bird");
    desk.publish(KIT, "1.1.0");
    desk.wait_until(1_300);
    // A plain rebuild for the kit would pick the halted tokens up as well.
    let SlotState::Pending(pending) = desk.slot("web").state else {
        panic!("held");
    };
    assert_eq!(pending.rebuild.packages.len(), 2);
    assert_eq!(started(&desk), ["bird.1.1", "bird.2.1"]);
    let abandon = Command::Abandon {
        change: package_version(TOKENS, "1.1.0"),
        by: "ann".to_owned(),
        reason: "1.2 comes next week".to_owned(),
    };
    assert_eq!(desk.operate(&abandon), Operated::Done);
    assert_eq!(desk.operate(&abandon), Operated::Unchanged);
    succeed(&desk, "bird", "1.1.0");
    desk.wait_until(2_000);
    let SlotState::Running(running) = desk.slot("web").state else {
        panic!("it goes for the kit");
    };
    let packages: Vec<String> = running
        .rebuild
        .packages
        .keys()
        .map(ToString::to_string)
        .collect();
    assert_eq!(packages, [KIT]);
}

#[test]
fn an_abandoned_change_alone_ends_the_rebuild_with_that_reason() {
    let desk = four();
    desk.publish(TOKENS, "1.1.0");
    desk.wait_until(1_100);
    fail(&desk, "bird");
    let abandon = Command::Abandon {
        change: package_version(TOKENS, "1.1.0"),
        by: "ann".to_owned(),
        reason: "never mind".to_owned(),
    };
    desk.wait_until(1_200);
    desk.operate(&abandon);
    desk.wait_until(1_300);
    assert_eq!(desk.slot("web-1").state, SlotState::Idle);
    assert_eq!(started(&desk), ["bird.1.1"]);
    // Told again, it stays given up.
    desk.replay(TOKENS, "1.1.0", 1_000);
    desk.wait_until(1_500);
    assert_eq!(desk.slot("web-1").state, SlotState::Idle);
}

fn approve() -> Command {
    Command::Approve {
        change: package_version(TOKENS, "1.1.0"),
        by: "ann".to_owned(),
    }
}

#[test]
fn beyond_the_limit_of_applications_a_person_approves_first() {
    let limited = RolloutPolicy {
        applications_max: Some(2),
        ..policy()
    };
    let applications = vec![
        author(),
        user("bird", &["canary"]),
        user("web-1", &[]),
        user("web-2", &[]),
    ];
    let desk = desk(&limited, applications);
    desk.publish(TOKENS, "1.1.0");
    desk.wait_until(1_200);
    assert_eq!(started(&desk), Vec::<String>::new());
    assert_eq!(closed(&desk, "bird"), [Gate::Approved]);
    let told: Vec<String> = desk
        .notices
        .borrow()
        .iter()
        .filter(|notice| notice.kind == NoticeKind::ApprovalNeeded)
        .map(|notice| notice.text.clone())
        .collect();
    insta::assert_snapshot!(told.join("\n"), @"pkg:npm/tokens@1.1.0: it reaches 3 applications, and more than 2 need an approval: `downriver approve 'pkg:npm/tokens@1.1.0'` lets it go");
    let approve = approve();
    assert_eq!(desk.operate(&approve), Operated::Done);
    assert_eq!(desk.operate(&approve), Operated::Unchanged);
    desk.wait_until(1_300);
    assert_eq!(started(&desk), ["bird.1.1"]);
}

#[test]
fn an_approval_may_come_before_the_change_and_leaves_its_rings() {
    let limited = RolloutPolicy {
        applications_max: Some(1),
        ..policy()
    };
    let desk = desk(&limited, vec![user("bird", &["canary"]), user("web", &[])]);
    let approve = approve();
    assert_eq!(desk.operate(&approve), Operated::Done);
    desk.publish(TOKENS, "1.1.0");
    desk.wait_until(1_200);
    assert_eq!(started(&desk), ["bird.1.1"]);
    assert_eq!(rollout(&desk, "1.1.0").ring, 0);
    succeed(&desk, "bird", "1.1.0");
    desk.wait_until(1_201);
    assert_eq!(rollout(&desk, "1.1.0").ring, 1);
}

#[test]
fn more_files_of_a_version_do_not_begin_its_rollout_anew() {
    let desk = four();
    desk.publish(TOKENS, "1.1.0");
    desk.wait_until(1_100);
    fail(&desk, "bird");
    desk.wait_until(1_200);
    assert!(rollout(&desk, "1.1.0").is_halted());
    // Another wheel is uploaded: the version's revision changes, and it is the same version.
    desk.publish(TOKENS, "1.1.0");
    desk.wait_until(2_000);
    assert!(rollout(&desk, "1.1.0").is_halted());
    assert_eq!(started(&desk), ["bird.1.1"]);
}

#[test]
fn without_rollouts_there_is_nothing_to_decide() {
    let desk = Desk::with(vec![user("web", &[])]);
    let approve = approve();
    assert_eq!(desk.operate(&approve), Operated::NoRollout);
}

#[test]
fn a_halted_version_is_set_unlisted_and_that_does_not_roll_back() {
    let unlisting = RolloutPolicy {
        is_unlisted: true,
        rings: Vec::new(),
        halt_percent: Some(50),
        ..policy()
    };
    let back = |name: &str| {
        let (mut application, dependencies) = user(name, &[]);
        application.policy.rollback = Rollback::Auto;
        (application, dependencies)
    };
    let desk = desk(
        &unlisting,
        vec![back("web-1"), back("web-2"), back("web-3")],
    );
    desk.publish(TOKENS, "1.1.0");
    desk.wait_until(1_100);
    succeed(&desk, "web-1", "1.1.0");
    desk.wait_until(1_200);
    // CodeArtifact does not let us at first: the next pass tries again.
    *desk.unlisting.borrow_mut() = Err(downriver_engine::ports::ReadError::Denied(
        "not allowed".to_owned(),
    ));
    fail(&desk, "web-2");
    assert_eq!(desk.unlisted.borrow().len(), 1);
    // `web-3` is still on its way, so the rollout is not over.
    desk.sweep();
    assert_eq!(desk.unlisted.borrow().len(), 2);
    *desk.unlisting.borrow_mut() = Ok(());
    desk.sweep();
    desk.sweep();
    assert_eq!(desk.unlisted.borrow().len(), 4, "no event told of it yet");
    // Each is written down once.
    let change = HistoryOf::PackageVersion(package_version(TOKENS, "1.1.0"));
    let told = desk.told_of(&change);
    let about: Vec<_> = told
        .iter()
        .filter(|text| text.contains("set Unlisted"))
        .collect();
    assert_eq!(about.len(), 2, "{about:?}");
    assert!(about[0].contains("could not be set Unlisted"), "{about:?}");
    assert!(about[1].contains("since it is halted"), "{about:?}");
    let expected = (
        downriver_testkit::builders::repository("shared"),
        package_version(TOKENS, "1.1.0"),
    );
    assert_eq!(desk.unlisted.borrow()[1], expected);
    desk.sight(TOKENS, "1.1.0", VersionStatus::Unlisted, 1_300);
    desk.publish(TOKENS, "1.0.0");
    desk.wait_until(3_000);
    // `web-1` has it, and a plain rebuild would now pick 1.0.0: that is told, not done.
    assert_eq!(desk.slot("web-1").state, SlotState::Idle);
    let of_web: Vec<String> = started(&desk)
        .into_iter()
        .filter(|session| session.starts_with("web-1"))
        .collect();
    assert_eq!(of_web, ["web-1.1.1"]);
}

#[test]
fn failures_that_say_nothing_about_the_change_do_not_halt_it() {
    // The canary's last execution without the change had failed too.
    let desk = four();
    let execution = desk.start(
        &pipeline("bird"),
        downriver_engine::ports::Trigger::Other("Webhook".to_owned()),
    );
    desk.wait_until(1_010);
    desk.fail(&pipeline("bird"), &execution, &stage());
    desk.wait_until(1_020);
    desk.publish(TOKENS, "1.1.0");
    desk.wait_until(1_200);
    fail(&desk, "bird");
    desk.wait_until(1_300);
    assert!(!rollout(&desk, "1.1.0").is_halted());
    assert_eq!(started(&desk)[2..], ["web-1.1.1"]);
    // The infrastructure failed, and the next one goes.
    let execution = running(&desk, "web-1");
    let transient = FailedStage {
        message: Some("Phase: PROVISIONING, Code: INTERNAL_SERVICE_ERROR".to_owned()),
        ..stage()
    };
    desk.fail(&pipeline("web-1"), &execution, &transient);
    desk.wait_until(1_400);
    assert_eq!(started(&desk)[3..], ["web-2.1.1"]);
    // This one counts.
    fail(&desk, "web-2");
    assert!(rollout(&desk, "1.1.0").is_halted());
}
