//! Changes come in any order, repeatedly, and while an execution runs.

use std::collections::BTreeMap;

use downriver_version::PackageId;
use proptest::prelude::*;

use super::{Merged, merge_asks, merge_joined, rejudge};
use crate::impact::{Ask, Verdict};
use crate::slot::{Gate, Joined, Pending, Rebuild, Slot, SlotState, WaitOn, settle};
use crate::testing::{application, at, id, npm, pending, rebuild, repository, running, slot};
use crate::{Cascade, PipelineExecutionId};

fn ask(version: &str) -> Ask {
    Ask {
        version: version.to_owned(),
        revision: None,
        from: Some("1.0.0".to_owned()),
        needs_refresh: false,
        repository: repository("shared"),
        cascade: Cascade::default(),
        appeared_at: at(0),
        is_third_party: false,
        verdict: Verdict::Picks,
        reason: format!("selects {version}"),
    }
}

/// Asks from `name version` words.
fn asks(words: &[&str]) -> BTreeMap<PackageId, Ask> {
    let pairs = words.iter().filter_map(|word| word.split_once(' '));
    pairs
        .map(|(name, version)| (npm(name), ask(version)))
        .collect()
}

fn idle() -> Slot {
    Slot::new(id("web"))
}

fn joined(version: &str, secs: i64, is_news: bool) -> Joined {
    Joined {
        version: version.to_owned(),
        repository: repository("shared"),
        seen_at: at(secs),
        is_news,
    }
}

#[track_caller]
fn rebuild_of(slot: &Slot) -> &Rebuild {
    slot.rebuild().expect("a rebuild is pending")
}

/// `name version`, sorted.
fn wanted(slot: &Slot) -> Vec<String> {
    let packages = rebuild_of(slot).packages.iter();
    packages
        .map(|(package, wanted)| format!("{} {}", package.name(), wanted.version))
        .collect()
}

#[test]
fn the_first_ask_requests_a_rebuild_and_further_ones_join_it() {
    let mut slot = idle();
    assert_eq!(merge_asks(&mut slot, &asks(&[]), at(0)), Merged::Unchanged);
    assert_eq!(slot, idle());
    let first = merge_asks(&mut slot, &asks(&["tokens 2.0.0"]), at(0));
    assert_eq!(first, Merged::Requested);
    assert_eq!(rebuild_of(&slot).id.as_str(), "web.1");
    let more = merge_asks(&mut slot, &asks(&["kit 3.0.0"]), at(20));
    assert_eq!(more, Merged::Joined);
    let newer = merge_asks(&mut slot, &asks(&["tokens 2.0.1"]), at(30));
    assert_eq!(newer, Merged::Joined);
    assert_eq!(wanted(&slot), ["kit 3.0.0", "tokens 2.0.1"]);
    let rebuild = rebuild_of(&slot);
    assert_eq!(
        (rebuild.requested_at, rebuild.last_change_at),
        (at(0), at(30))
    );
    assert_eq!(slot.rebuilds_requested, 1);
}

#[test]
fn asking_again_for_the_same_changes_nothing_but_the_reason() {
    let mut slot = idle();
    merge_asks(&mut slot, &asks(&["tokens 2.0.0"]), at(0));
    let before = slot.clone();
    assert_eq!(
        merge_asks(&mut slot, &asks(&["tokens 2.0.0"]), at(50)),
        Merged::Unchanged
    );
    assert_eq!(slot, before);
    let other = Ask {
        needs_refresh: true,
        reason: "the lock holds it".to_owned(),
        ..ask("2.0.0")
    };
    let told = merge_asks(&mut slot, &[(npm("tokens"), other)].into(), at(60));
    assert_eq!(told, Merged::Unchanged);
    let wanted = &rebuild_of(&slot).packages[&npm("tokens")];
    assert!(wanted.needs_refresh && wanted.reason == "the lock holds it");
    assert_eq!(
        (wanted.seen_at, rebuild_of(&slot).last_change_at),
        (at(0), at(0))
    );
}

#[test]
fn another_revision_of_a_mutable_version_is_something_new() {
    let mut slot = idle();
    let revision = |revision: &str| Ask {
        revision: Some(revision.to_owned()),
        ..ask("1.0-SNAPSHOT")
    };
    merge_asks(&mut slot, &[(npm("tokens"), revision("r1"))].into(), at(0));
    let again = merge_asks(&mut slot, &[(npm("tokens"), revision("r2"))].into(), at(9));
    assert_eq!(again, Merged::Joined);
    assert_eq!(rebuild_of(&slot).last_change_at, at(9));
}

#[test]
fn an_urgent_change_expedites_the_whole_rebuild() {
    let mut slot = idle();
    merge_asks(&mut slot, &asks(&["tokens 2.0.0"]), at(0));
    assert!(!rebuild_of(&slot).is_expedited);
    let mut urgent = ask("3.0.0");
    urgent.cascade.is_urgent = true;
    merge_asks(&mut slot, &[(npm("kit"), urgent)].into(), at(1));
    assert!(rebuild_of(&slot).is_expedited);
}

#[test]
fn what_runs_or_is_stuck_is_not_merged_into() {
    let application = application("web");
    let rebuild = rebuild(&application, 0, &["tokens"]);
    let running = running(&application, rebuild, 10);
    for state in [
        SlotState::Running(running.clone()),
        SlotState::Parked(running),
    ] {
        let mut slot = slot(&application, state);
        let before = slot.clone();
        let merged = merge_asks(&mut slot, &asks(&["kit 2.0.0"]), at(20));
        assert_eq!((merged, &slot), (Merged::Unchanged, &before));
    }
}

#[test]
fn judging_anew_drops_what_is_not_asked_for_and_updates_the_rest() {
    let application = application("web");
    let names = ["kit", "tokens", "icons"];
    let rebuild = rebuild(&application, 0, &names);
    let mut slot = slot(&application, SlotState::Pending(pending(rebuild)));
    let now_asked = asks(&["kit 2.0.0", "tokens 2.1.0"]);
    assert_eq!(rejudge(&mut slot, &now_asked, None, at(40)), Merged::Joined);
    assert_eq!(wanted(&slot), ["kit 2.0.0", "tokens 2.1.0"]);
    assert_eq!(rebuild_of(&slot).last_change_at, at(40));
    let fewer = asks(&["kit 2.0.0"]);
    assert_eq!(rejudge(&mut slot, &fewer, None, at(50)), Merged::Unchanged);
    assert_eq!(wanted(&slot), ["kit 2.0.0"]);
    assert_eq!(rebuild_of(&slot).requested_at, at(0));
    // What it was for is told when it ends.
    rejudge(&mut slot, &asks(&[]), None, at(60));
    assert_eq!(wanted(&slot), ["kit 2.0.0"]);
}

#[test]
fn what_joined_counts_as_seen_when_it_joined_and_its_wait_is_written_down() {
    let mut slot = idle();
    merge_joined(&mut slot, &npm("tokens"), joined("2.0.0", 100, true));
    merge_joined(&mut slot, &npm("kit"), joined("3.0.0", 250, true));
    let execution: PipelineExecutionId = id("e-ours");
    let all = asks(&["tokens 2.0.0", "kit 3.0.0"]);
    let merged = rejudge(&mut slot, &all, Some(&execution), at(1_000));
    assert_eq!(merged, Merged::Requested);
    assert!(slot.joined.is_empty());
    let rebuild = rebuild_of(&slot);
    assert_eq!(
        (rebuild.requested_at, rebuild.last_change_at),
        (at(100), at(250))
    );
    let [waited] = rebuild.waited.as_slice() else {
        panic!("one span, not {:?}", rebuild.waited);
    };
    assert_eq!(waited.gate, Gate::Free);
    assert_eq!(waited.on, WaitOn::Execution(execution));
    assert_eq!((waited.since, waited.until), (at(100), at(1_000)));
}

#[test]
fn what_joined_and_is_not_asked_for_leaves_the_slot_idle() {
    let mut slot = idle();
    merge_joined(&mut slot, &npm("tokens"), joined("2.0.0", 100, true));
    let merged = rejudge(&mut slot, &asks(&[]), None, at(1_000));
    assert_eq!((merged, slot), (Merged::Unchanged, idle()));
}

#[test]
fn of_what_joins_the_last_news_is_kept_with_the_time_of_the_first() {
    let mut slot = idle();
    let tokens = npm("tokens");
    let news = |version, secs| joined(version, secs, true);
    let old = |version, secs| joined(version, secs, false);
    for (next, is_changed, version, secs, is_news) in [
        (old("1.0.0", 10), true, "1.0.0", 10, false),
        (old("1.0.0", 20), false, "1.0.0", 10, false),
        (news("2.0.0", 30), true, "2.0.0", 10, true),
        (news("2.0.0", 40), false, "2.0.0", 10, true),
        // A redelivery of something older does not hide the news.
        (old("1.0.0", 50), false, "2.0.0", 10, true),
        (news("2.1.0", 60), true, "2.1.0", 10, true),
    ] {
        assert_eq!(
            merge_joined(&mut slot, &tokens, next.clone()),
            is_changed,
            "{next:?}"
        );
        assert_eq!(
            slot.joined[&tokens],
            joined(version, secs, is_news),
            "{next:?}"
        );
    }
}

#[test]
fn news_of_the_same_version_makes_it_news() {
    let mut slot = idle();
    merge_joined(&mut slot, &npm("tokens"), joined("2.0.0", 10, false));
    assert!(merge_joined(
        &mut slot,
        &npm("tokens"),
        joined("2.0.0", 20, true)
    ));
    assert!(slot.joined[&npm("tokens")].is_news);
}

fn any_asks() -> impl Strategy<Value = Vec<BTreeMap<PackageId, Ask>>> {
    let name = prop::sample::select(vec!["a", "b", "c", "d"]);
    let one =
        (name, 1_u8..4).prop_map(|(name, version)| (npm(name), ask(&format!("{version}.0.0"))));
    prop::collection::vec(
        prop::collection::btree_map(
            one.clone().prop_map(|(package, _)| package),
            one.prop_map(|(_, ask)| ask),
            0..4,
        ),
        1..8,
    )
}

fn pending_of(slot: &mut Slot) -> Option<&mut Pending> {
    match &mut slot.state {
        SlotState::Pending(pending) => Some(pending),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn merging_twice_is_merging_once(batches in any_asks()) {
        let mut slot = idle();
        for (secs, batch) in (0..).zip(&batches) {
            merge_asks(&mut slot, batch, at(secs));
            let once = slot.clone();
            prop_assert_eq!(merge_asks(&mut slot, batch, at(secs + 100)), Merged::Unchanged);
            prop_assert_eq!(&slot, &once);
        }
    }

    /// The state, not the events, says what is wanted: in whatever order they come, judging anew ends in the same.
    #[test]
    fn the_order_of_changes_does_not_matter_for_what_is_wanted(
        batches in any_asks(),
        order in prop::collection::vec(any::<prop::sample::Index>(), 1..8),
        last in any_asks(),
    ) {
        let last = &last[0];
        let mut in_order = idle();
        let mut shuffled = idle();
        for batch in &batches {
            merge_asks(&mut in_order, batch, at(0));
        }
        for index in &order {
            merge_asks(&mut shuffled, index.get(&batches), at(0));
        }
        for slot in [&mut in_order, &mut shuffled] {
            merge_asks(slot, last, at(1));
            rejudge(slot, last, None, at(2));
        }
        if !last.is_empty() {
            prop_assert_eq!(wanted(&in_order), wanted(&shuffled));
        }
    }

    #[test]
    fn merging_never_delays_beyond_max_wait(batches in any_asks(), gaps in prop::collection::vec(0_i64..400, 8)) {
        let application = application("web");
        let mut slot = idle();
        let mut secs = 0;
        for (batch, gap) in batches.iter().zip(gaps) {
            secs += gap;
            merge_asks(&mut slot, batch, at(secs));
            if let Some(pending) = pending_of(&mut slot) {
                let requested_at = pending.rebuild.requested_at;
                let opens_at = settle(pending, &application, at(secs)).expect("it is not urgent");
                prop_assert!(opens_at <= requested_at.plus_secs(application.policy.max_wait_secs));
            }
        }
    }
}
