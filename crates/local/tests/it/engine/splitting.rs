//! What a held change means for other changes, for those that follow from it, and when messages are lost.

use downriver_domain::rollout::Hold;
use downriver_domain::slot::{Gate, PauseScope, SlotState, WaitOn};
use downriver_domain::{Dependency, OnLocked, RolloutPolicy};
use downriver_engine::operate::Command;
use downriver_engine::ports::ExecutionStatus;
use downriver_testkit::builders::{application, id, package, package_version, pipeline, producer};

use super::desk::catalog;
use super::rolling::{
    KIT, TOKENS, built, closed, desk, fail, four, policy, rollout, running, succeed, user,
};

#[test]
fn where_refresh_selects_the_versions_another_change_is_not_held_up() {
    let locked = |name: &str, tags: &[&str]| {
        let (mut application, _) = user(name, tags);
        application.policy.on_locked = OnLocked::Refresh;
        let lock = |purl: &str| Dependency {
            is_locked: true,
            ..built(purl)
        };
        (application, vec![lock(TOKENS), lock(KIT)])
    };
    let (bird, _) = user("bird", &["canary"]);
    let desk = desk(
        &policy(),
        vec![(bird, vec![built(TOKENS)]), locked("web", &[])],
    );
    desk.publish(TOKENS, "1.1.0");
    desk.publish(KIT, "1.1.0");
    desk.wait_until(1_200);
    assert_eq!(desk.started(), ["bird.1.1", "web.1.1"]);
    let SlotState::Running(now) = desk.slot("web").state else {
        panic!("it goes for the kit");
    };
    let changes: Vec<String> = now
        .rebuild
        .changes()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(changes, ["pkg:npm/kit@1.1.0"]);
    assert!(desk.slot("web").joined.contains_key(&package(TOKENS)));
    // And once the canary has delivered, the rest.
    succeed(&desk, "bird", "1.1.0");
    let execution = running(&desk, "web");
    desk.end(&execution, ExecutionStatus::Succeeded);
    desk.tell_end(&pipeline("web"), &execution);
    desk.wait_until(2_500);
    assert_eq!(desk.started()[2..], ["web.2.1"]);
}

#[test]
fn a_paused_canary_is_passed_over_and_a_stuck_rollout_goes_on_by_the_sweep() {
    let desk = four();
    desk.operate(&Command::Pause {
        scope: PauseScope::Application(id("bird")),
        by: "ann".to_owned(),
        reason: "holiday".to_owned(),
    });
    desk.publish(TOKENS, "1.1.0");
    desk.wait_until(1_200);
    let passed = rollout(&desk, "1.1.0").passed;
    insta::assert_snapshot!(passed[0].reason, @"nobody in this ring is able to go (bird: paused)");
    assert_eq!(desk.started(), ["web-1.1.1"]);
    // The messages that were to wake the others are lost.
    succeed(&desk, "web-1", "1.1.0");
    desk.lose_timers();
    desk.wait_until(1_300);
    assert_eq!(desk.started().len(), 1);
    desk.sweep();
    desk.wait_until(1_301);
    assert_eq!(desk.started().len(), 3);
}

#[test]
fn who_is_paused_while_it_waits_for_a_ring_is_told_so_once_the_ring_goes() {
    let desk = four();
    desk.publish(TOKENS, "1.1.0");
    desk.wait_until(1_100);
    assert_eq!(closed(&desk, "web-1"), [Gate::Ring]);
    desk.operate(&Command::Pause {
        scope: PauseScope::Application(id("web-1")),
        by: "ann".to_owned(),
        reason: "holiday".to_owned(),
    });
    succeed(&desk, "bird", "1.1.0");
    desk.wait_until(1_200);
    desk.sweep();
    desk.wait_until(1_201);
    assert_eq!(closed(&desk, "web-1"), [Gate::NotPaused]);
    let revision = desk.slot("web-1").revision;
    desk.sweep();
    desk.wait_until(1_202);
    assert_eq!(desk.slot("web-1").revision, revision, "it is said once");
}

#[test]
fn a_derived_change_is_held_while_its_root_is_halted() {
    // The kit is rebuilt for the tokens, and the shop uses both of them.
    let mut kit = producer("kit", &[KIT]);
    kit.policy.retries_max = 0;
    kit.policy.publish_grace_secs = 60;
    let desk = desk(
        &RolloutPolicy {
            rings: Vec::new(),
            is_ramped: false,
            ..policy()
        },
        vec![
            (kit, vec![built(TOKENS)]),
            user("web", &[]),
            (application("shop"), vec![built(KIT)]),
        ],
    );
    desk.publish(TOKENS, "1.1.0");
    desk.wait_until(1_100);
    assert_eq!(desk.started(), ["kit.1.1", "web.1.1"]);
    desk.wait_until(1_110);
    desk.publish(KIT, "1.1.0");
    fail(&desk, "web");
    succeed(&desk, "kit", "1.1.0");
    desk.wait_until(2_000);
    assert!(rollout(&desk, "1.1.0").is_halted());
    let SlotState::Pending(pending) = desk.slot("shop").state else {
        panic!("held: {:?}", desk.slot("shop").state);
    };
    assert_eq!(
        pending.waits[0].on,
        WaitOn::Halt(package_version(TOKENS, "1.1.0"))
    );
    assert_eq!(desk.started().len(), 2);
}

#[test]
fn nothing_that_descends_from_a_halted_change_goes_in_the_place_of_something_newer() {
    let mut kit = producer("kit", &[KIT]);
    kit.policy.publish_grace_secs = 60;
    let mut shop = application("shop");
    shop.policy.on_locked = OnLocked::Refresh;
    let lock = Dependency {
        is_locked: true,
        ..built(KIT)
    };
    let at_once = RolloutPolicy {
        rings: Vec::new(),
        is_ramped: false,
        ..policy()
    };
    let desk = desk(
        &at_once,
        vec![
            (kit, vec![built(TOKENS)]),
            user("web-1", &[]),
            user("web-2", &[]),
            (shop, vec![lock]),
        ],
    );
    // Twice the kit is built from tokens that are halted meanwhile.
    let rounds = [
        ("1.1.0", 1_100, "web-1", "web-2"),
        ("1.2.0", 3_100, "web-2", "web-1"),
    ];
    for (version, secs, fails, succeeds) in rounds {
        desk.publish(TOKENS, version);
        desk.wait_until(secs);
        desk.publish(KIT, version);
        succeed(&desk, "kit", version);
        succeed(&desk, succeeds, version);
        fail(&desk, fails);
        desk.wait_until(secs + 1_900);
        assert!(rollout(&desk, version).is_halted());
    }
    desk.sweep();
    desk.wait_until(6_000);
    let slot = desk.slot("shop");
    let SlotState::Pending(pending) = &slot.state else {
        panic!("held: {slot:?}");
    };
    assert_eq!(
        pending.waits[0].on,
        WaitOn::Halt(package_version(TOKENS, "1.2.0"))
    );
    let started = desk.started();
    assert!(
        started.iter().all(|session| !session.starts_with("shop")),
        "{started:?}"
    );
}

#[test]
fn a_catalog_without_rollouts_lets_go_what_they_held() {
    let desk = four();
    desk.publish(TOKENS, "1.1.0");
    desk.wait_until(1_100);
    let Some(Hold::Halted { .. }) = ({
        fail(&desk, "bird");
        rollout(&desk, "1.1.0").hold
    }) else {
        panic!("halted");
    };
    let applications = vec![user("bird", &[]), user("web-1", &[])];
    desk.apply(&catalog(applications));
    desk.sweep();
    desk.wait_until(1_500);
    assert!(
        desk.started().contains(&"web-1.1.1".to_owned()),
        "{:?}",
        desk.started()
    );
}
