//! Every ending of an execution, and what is left in the slot (DESIGN 4).

mod excuses;

use std::collections::BTreeSet;

use super::{
    Ended, Ending, decide_cancelled, decide_end, decide_parked, decide_stuck, settle_followed,
};
use crate::Application;
use crate::slot::{Build, Delivered, FailedStage, HeldReason, Rebuild, Running, Slot, SlotState};
use crate::testing::{application, at, id, npm, rebuild, running, slot};

/// `web` runs its first rebuild, for `kit` and `tokens`, since 100.
fn world() -> (Slot, Application, Running) {
    let application = application("web");
    let rebuild = rebuild(&application, 0, &["kit", "tokens"]);
    let running = running(&application, rebuild, 100);
    let slot = slot(&application, SlotState::Running(running.clone()));
    (slot, application, running)
}

fn failed(is_before_deploy: bool) -> Ending {
    Ending::Failed(Some(FailedStage {
        name: "Build".to_owned(),
        is_before_deploy,
        ..FailedStage::default()
    }))
}

/// Takes the end at 500, which is heard of at 510.
fn end(slot: &mut Slot, application: &Application, running: &Running, ending: &Ending) -> Ended {
    decide_end(slot, application, running.clone(), ending, at(500), at(510))
}

#[track_caller]
fn pending(slot: &Slot) -> (&Rebuild, Option<crate::Timestamp>) {
    match &slot.state {
        SlotState::Pending(pending) => (&pending.rebuild, pending.not_before),
        other => panic!("not pending: {other:?}"),
    }
}

#[test]
fn a_success_is_the_new_baseline_and_clears_what_was_held() {
    let (mut slot, application, running) = world();
    let other = crate::slot::Held {
        version: "1.0.0".to_owned(),
        reason: HeldReason::NotPickedUp,
        since: at(0),
    };
    slot.held.insert(npm("tokens"), other.clone());
    slot.held.insert(npm("icons"), other);
    let ended = end(&mut slot, &application, &running, &Ending::Succeeded);
    assert_eq!(ended, Ended::Succeeded(running.rebuild.clone()));
    assert_eq!((&slot.state, &slot.failure), (&SlotState::Idle, &None));
    let build = &slot.builds[0];
    assert_eq!((build.started_at, build.ended_at), (at(100), at(500)));
    assert_eq!(build.rebuild, Some(running.rebuild.id));
    assert!(!build.is_proven);
    let delivered = |name| Delivered {
        package: npm(name),
        from: Some("1.0.0".to_owned()),
        to: "2.0.0".to_owned(),
        is_refreshed: false,
    };
    assert_eq!(build.delivered, [delivered("kit"), delivered("tokens")]);
    assert_eq!(slot.held.keys().collect::<Vec<_>>(), [&npm("icons")]);
    assert_eq!(slot.index_awaited_until, Some(at(510 + 600)));
    assert!(slot.is_index_awaited(at(1_109)) && !slot.is_index_awaited(at(1_110)));
    assert_eq!(slot.wake_at, slot.index_awaited_until);
}

#[test]
fn one_build_stands_for_an_execution_and_only_so_many_are_kept() {
    let (mut slot, application, running) = world();
    for _ in 0..2 {
        end(&mut slot, &application, &running, &Ending::Succeeded);
    }
    assert_eq!(slot.builds.len(), 1);
    for number in 0..20 {
        let running = Running {
            execution: id(&format!("e-{number}")),
            ..running.clone()
        };
        end(&mut slot, &application, &running, &Ending::Succeeded);
    }
    assert_eq!(slot.builds.len(), Slot::BUILDS_MAX);
    assert_eq!(slot.builds[0].execution, id("e-19"));
}

#[test]
fn who_started_last_is_the_baseline_also_if_another_one_ended_later() {
    let (mut slot, application, running) = world();
    let theirs = Build {
        execution: id("theirs"),
        rebuild: None,
        is_proven: true,
        started_at: running.started_at.plus_secs(10),
        ended_at: running.started_at.plus_secs(20),
        delivered: Vec::new(),
    };
    slot.note_build(theirs.clone());
    end(&mut slot, &application, &running, &Ending::Succeeded);
    assert_eq!(slot.builds[0], theirs);
    assert_eq!(slot.builds.len(), 2);
}

#[test]
fn what_joined_is_looked_at_when_the_index_result_is_due() {
    let (mut slot, application, running) = world();
    let joined = crate::slot::Joined {
        version: "2.0.1".to_owned(),
        repository: crate::testing::repository("shared"),
        seen_at: at(200),
        is_news: true,
    };
    slot.joined.insert(npm("tokens"), joined);
    end(&mut slot, &application, &running, &Ending::Succeeded);
    assert_eq!(slot.wake_at, Some(at(1_110)));
    slot.index_awaited_until = None;
    assert_eq!(slot.idle_wake(at(700)), Some(at(700)));
}

#[test]
fn what_a_person_cancels_is_held_until_it_is_retried() {
    let (mut slot, _, running) = world();
    decide_parked(&mut slot, running.clone());
    slot.note_execution(crate::slot::SeenExecution {
        execution: running.execution.clone(),
        started_by: crate::slot::StartedBy::Downriver(running.attempt.clone()),
        started_at: running.started_at,
        ended_at: None,
        is_superseded: false,
        is_failed: false,
        is_rollback: false,
        cascade: crate::Cascade::default(),
    });
    decide_cancelled(&mut slot, &running.rebuild, "kim cancelled it", at(700));
    assert_eq!(slot.state, SlotState::Idle);
    assert!(
        slot.held
            .values()
            .all(|held| (held.reason, held.since) == (HeldReason::Stopped, at(700)))
    );
    assert_eq!(
        slot.held.keys().collect::<Vec<_>>(),
        running.rebuild.packages.keys().collect::<Vec<_>>()
    );
    let failure = slot.failure.as_ref().expect("`retry` finds it");
    assert_eq!(
        (&failure.rebuild, &failure.execution),
        (&running.rebuild, &Some(running.execution))
    );
    // Its execution goes on as anybody's: if it succeeds, that is what was built.
    assert_eq!(
        slot.executions[0].started_by,
        crate::slot::StartedBy::Person
    );
}

#[test]
fn a_failure_before_the_deploy_stage_is_tried_again_once() {
    let (mut slot, application, running) = world();
    let ended = end(&mut slot, &application, &running, &failed(true));
    assert_eq!(ended, Ended::Retrying { at: at(500 + 600) });
    let (rebuild, not_before) = pending(&slot);
    assert_eq!((rebuild.failures, not_before), (1, Some(at(1_100))));
    assert_eq!((slot.wake_at, &slot.failure), (Some(at(1_100)), &None));
    assert!(slot.held.is_empty());
    let second = Running {
        rebuild: rebuild.clone(),
        ..running
    };
    let ended = end(&mut slot, &application, &second, &failed(true));
    assert!(matches!(ended, Ended::Failed(..)), "{ended:?}");
}

#[test]
fn how_often_a_failure_is_tried_again_is_policy() {
    for (retries_max, failures, is_retried) in [
        (0, 0, false),
        (1, 0, true),
        (1, 1, false),
        (3, 2, true),
        (3, 3, false),
    ] {
        let (mut slot, mut application, mut running) = world();
        application.policy.retries_max = retries_max;
        running.rebuild.failures = failures;
        let ended = end(&mut slot, &application, &running, &failed(true));
        let was_retried = matches!(ended, Ended::Retrying { .. });
        assert_eq!(was_retried, is_retried, "{failures} of {retries_max}");
    }
}

#[test]
fn a_failure_in_the_deploy_stage_is_held_from_the_start_of_its_execution() {
    let (mut slot, application, running) = world();
    let ended = end(&mut slot, &application, &running, &failed(false));
    let Ended::Failed(rebuild, reason) = ended else {
        panic!("not failed: {ended:?}");
    };
    insta::assert_snapshot!(reason, @"execution e-ours failed in stage Build");
    assert_eq!(slot.state, SlotState::Idle);
    let failure = slot.failure.clone().expect("it is recorded");
    assert_eq!((failure.rebuild, failure.at), (rebuild, at(510)));
    assert_eq!(failure.execution, Some(id("e-ours")));
    let held = &slot.held[&npm("tokens")];
    assert_eq!(
        (held.version.as_str(), held.reason),
        ("2.0.0", HeldReason::Failed)
    );
    assert_eq!(held.since, at(100), "what came since was not attempted");
    assert_eq!(slot.held.len(), 2);
    assert!(slot.builds.is_empty() && slot.index_awaited_until.is_none());
}

#[test]
fn what_a_person_stopped_is_not_tried_again() {
    let (mut slot, application, running) = world();
    let ended = end(&mut slot, &application, &running, &Ending::Stopped);
    assert_eq!(ended, Ended::Stopped(running.rebuild));
    assert_eq!(slot.state, SlotState::Idle);
    assert_eq!(slot.held[&npm("kit")].reason, HeldReason::Stopped);
}

#[test]
fn what_an_edit_of_the_pipeline_canceled_is_pending_once_more() {
    let (mut slot, application, running) = world();
    let ended = end(&mut slot, &application, &running, &Ending::Canceled);
    assert_eq!(ended, Ended::Retrying { at: at(510) });
    let (rebuild, _) = pending(&slot);
    assert!(rebuild.is_canceled_once);
    assert_eq!(rebuild.failures, 0, "nothing failed");
    let again = Running {
        rebuild: rebuild.clone(),
        ..running
    };
    let ended = end(&mut slot, &application, &again, &Ending::Canceled);
    assert!(matches!(ended, Ended::Failed(..)), "{ended:?}");
}

#[test]
fn a_producer_stays_active_until_its_products_are_committed_or_the_grace_ends() {
    for ending in [Ending::Succeeded, failed(false), Ending::Stopped] {
        let (mut slot, mut application, mut running) = world();
        application.products = [npm("a"), npm("b")].into();
        running.published = [npm("a")].into();
        end(&mut slot, &application, &running, &ending);
        let tail = slot.tail.clone().expect("b is still to come");
        assert_eq!(tail.awaited, [npm("b")].into(), "{ending:?}");
        assert_eq!((tail.until, slot.wake_at), (at(510 + 180), Some(at(690))));
        assert!(slot.is_active());
        running.published.insert(npm("b"));
        slot.state = SlotState::Running(running.clone());
        end(&mut slot, &application, &running, &ending);
        assert!(slot.tail.is_none() && !slot.is_active(), "{ending:?}");
    }
    let (mut slot, application, running) = world();
    end(&mut slot, &application, &running, &Ending::Succeeded);
    assert_eq!(slot.tail, None, "it publishes nothing");
}

fn follow(
    slot: &mut Slot,
    application: &Application,
    running: &Running,
) -> BTreeSet<downriver_version::PackageId> {
    settle_followed(
        slot,
        application,
        running.clone(),
        &id("e-theirs"),
        at(150),
        at(510),
    )
}

#[test]
fn the_execution_that_overtook_ours_settles_what_a_plain_build_picks_up() {
    let (mut slot, application, running) = world();
    assert_eq!(follow(&mut slot, &application, &running).len(), 2);
    assert_eq!(slot.state, SlotState::Idle);
    let build = &slot.builds[0];
    assert_eq!(
        (&build.execution, build.started_at),
        (&id("e-theirs"), at(150))
    );
    assert_eq!(build.delivered.len(), 2);
}

#[test]
fn what_needed_our_variables_goes_back_to_pending() {
    let (mut slot, application, mut running) = world();
    let locked = running
        .rebuild
        .packages
        .get_mut(&npm("kit"))
        .expect("asked for");
    locked.needs_refresh = true;
    let settled = follow(&mut slot, &application, &running);
    assert_eq!(settled, [npm("tokens")].into());
    let (rebuild, _) = pending(&slot);
    assert_eq!(rebuild.packages.keys().collect::<Vec<_>>(), [&npm("kit")]);
    assert_eq!(rebuild.failures, 0);
    assert_eq!(slot.builds[0].delivered.len(), 1);
    // Its start waits until it is known what was built.
    assert_eq!(slot.index_awaited_until, Some(at(1_110)));
}

#[test]
fn the_tail_of_a_followed_execution_is_that_execution_s() {
    let (mut slot, mut application, running) = world();
    application.products = [npm("a")].into();
    follow(&mut slot, &application, &running);
    let tail = slot.tail.expect("a is still to come");
    assert_eq!(tail.execution, id("e-theirs"));
}

#[test]
fn a_parked_execution_gives_its_budget_back_and_holds_nobody_up() {
    let (mut slot, _, running) = world();
    assert!(slot.is_active());
    decide_parked(&mut slot, running);
    let SlotState::Parked(parked) = &slot.state else {
        panic!("not parked: {:?}", slot.state);
    };
    assert!(!parked.holds_budget);
    assert!(!slot.is_active());
    assert_eq!(slot.wake_at, None);
    assert_eq!(
        slot.rebuild().map(|rebuild| rebuild.packages.len()),
        Some(2)
    );
}

#[test]
fn a_stuck_rebuild_keeps_its_changes() {
    let (mut slot, _, running) = world();
    decide_stuck(&mut slot, running.rebuild.clone(), "access denied", at(510));
    let SlotState::Stuck(stuck) = &slot.state else {
        panic!("not stuck: {:?}", slot.state);
    };
    assert_eq!((&stuck.rebuild, stuck.since), (&running.rebuild, at(510)));
    assert_eq!(stuck.reason, "access denied");
    assert!(!slot.is_active() && slot.wake_at.is_none());
}
