//! How the built version follows from successful executions (DESIGN 3).

use downriver_version::Format;

use super::{Case, case};
use crate::testing::at;
use crate::{Built, OnLocked};

fn built(case: &Case, version: &str) -> Built {
    case.judge(version).instances[0].built.clone()
}

fn newer() -> Case {
    case(Format::Npm, "^1.2", "1.2.0", "1.2.0 +1.2.3")
}

#[test]
fn a_later_success_makes_what_was_visible_then_assumed() {
    let after = newer().succeeded(100, false);
    after.is("1.2.3", "Unaffected(BuiltAlready) Nothing (assumed)");
    assert_eq!(built(&after, "1.2.3"), Built::Assumed("1.2.3".to_owned()));
    let before = newer().succeeded(99, false);
    before.is("1.2.3", "Picks Rebuild");
    assert_eq!(built(&before, "1.2.3"), Built::Proven("1.2.0".to_owned()));
}

#[test]
fn an_unknown_version_becomes_assumed_by_a_success() {
    let case = case(Format::Npm, "^1.2", "?", "1.2.0 1.2.3 +1.2.4").succeeded(50, false);
    case.is("1.2.4", "Picks Rebuild (assumed)");
    assert_eq!(built(&case, "1.2.4"), Built::Assumed("1.2.3".to_owned()));
}

#[test]
fn a_proven_execution_built_what_the_proof_says() {
    newer().succeeded(150, true).is("1.2.3", "Picks Rebuild");
}

#[test]
fn what_was_written_for_an_execution_outlives_earlier_ones() {
    let case = newer()
        .with(|case| case.last_dependency().built_as_of = Some(at(150)))
        .succeeded(150, false);
    case.is("1.2.3", "Picks Rebuild");
}

#[test]
fn a_lock_stays_where_it_is_whoever_builds() {
    let locked = case(Format::Npm, "^1.2", "1.2.0!", "1.2.0 +1.2.3").succeeded(150, false);
    locked.is("1.2.3", "Locked Notify");
    locked
        .with(|case| case.application.policy.on_locked = OnLocked::Rebuild)
        .is("1.2.3", "Unaffected(BuiltAlready) Nothing (assumed)");
}

#[test]
fn the_tag_latest_pointed_to_what_was_highest_then() {
    let case = case(Format::Npm, "latest", "1.0.0", "1.0.0 +2.0.0");
    case.clone()
        .succeeded(150, false)
        .is("2.0.0", "Unaffected(BuiltAlready) Nothing (assumed)");
    case.succeeded(50, false).is("2.0.0", "Picks Rebuild");
}

#[test]
fn a_built_version_that_no_event_told_of_stays() {
    let case = case(Format::Npm, "^1.2", "1.9.9", "1.2.0 +1.2.3");
    case.is("1.2.3", "Unaffected(NewerBuiltAlready) Nothing");
    assert_eq!(case.asked(), None);
}

#[test]
fn what_was_withdrawn_later_was_there_to_be_built() {
    let case = case(Format::Npm, "^1.2", "~1.2.0", "1.2.0 +1.2.3=deleted");
    case.clone()
        .succeeded(150, false)
        .is("1.2.3", "MovesOff(Older) Notify (assumed)");
    case.succeeded(250, false)
        .is("1.2.3", "Unaffected(WithdrawnNotBuilt) Nothing (assumed)");
}

#[test]
fn what_came_while_it_ran_and_was_withdrawn_since_may_be_in_it() {
    let ran = |from: i64, until: i64, versions: &str| {
        case(Format::Npm, "^1.2", "1.2.0", versions)
            .succeeded(from, false)
            .with(|case| case.slot.builds[0].ended_at = at(until))
    };
    let gone = "1.2.0 +1.2.3=deleted";
    let during = ran(50, 150, gone);
    during.is("1.2.3", "MovesOff(Older) Notify (assumed)");
    assert_eq!(built(&during, "1.2.3"), Built::Assumed("1.2.3".to_owned()));
    ran(50, 99, gone).is("1.2.3", "Unaffected(WithdrawnNotBuilt) Nothing");
    ran(200, 300, gone).is("1.2.3", "Unaffected(WithdrawnNotBuilt) Nothing");
    // A rebuild that is due anyway is made: what it began with is certain.
    ran(50, 150, "1.2.0 +1.2.3=deleted +1.2.1").is("1.2.1", "Picks Rebuild");
    // One that is still there is picked up, whether it was or not.
    ran(50, 150, "1.2.0 +1.2.3").is("1.2.3", "Picks Rebuild");
}
