//! The built version is withdrawn: `MovesOff` and `Stranded`, copies, and publishing it again (DESIGN 3, 3.2).

use downriver_version::Format;

use super::{case, table};
use crate::slot::HeldReason;
use crate::testing::{at, record};
use crate::{OnLocked, Origin, Rollback, Timestamp, VersionStatus};

#[test]
fn a_floating_application_moves_off_a_withdrawn_version() {
    table(
        Format::Npm,
        &[
            "^1.2 | 1.2.3 | 1.2.0 1.2.3=deleted | 1.2.3 | MovesOff(Older) Notify",
            "^1.2 | 1.2.3 | 1.2.0 1.2.3=archived | 1.2.3 | MovesOff(Older) Notify",
            "^1.2 | 1.2.3 | 1.2.0 1.2.3=disposed | 1.2.3 | MovesOff(Older) Notify",
            "^1.2 | ~1.2.3 | 1.2.0 1.2.3=unlisted | 1.2.3 | MovesOff(Older) Notify (assumed)",
            "^1.2 | 1.2.3 | 1.2.3=deleted 1.2.4 | 1.2.3 | MovesOff(Newer) Rebuild",
            // Published after the withdrawal: picked as any newer version is.
            "^1.2 | 1.2.3 | 1.2.3=deleted +1.2.4 | 1.2.4 | Picks Rebuild",
            "^1.2 | 1.2.3 | 1.2.3=deleted +1.2.2 | 1.2.2 | MovesOff(Older) Notify",
            "^1.2 | 1.2.3 | 1.2.3=deleted +2.0.0 | 2.0.0 | Excluded Notify",
        ],
    );
    table(
        Format::Nuget,
        &["1.* | 1.3 | 1.2.0 1.3.0=deleted | 1.3.0 | MovesOff(Older) Notify"],
    );
}

#[test]
fn a_lock_or_pin_strands_an_application_on_a_withdrawn_version() {
    table(
        Format::Npm,
        &[
            "^1.2 | 1.2.3! | 1.2.0 1.2.3=deleted | 1.2.3 | Stranded(Gone) NotifyUrgent",
            "^1.2 | 1.2.3! | 1.2.3=archived | 1.2.3 | Stranded(Gone) NotifyUrgent",
            "^1.2 | 1.2.3! | 1.2.0 1.2.3=unlisted | 1.2.3 | Stranded(Unlisted) Notify",
            "1.2.3 | 1.2.3 | 1.2.0 1.2.3=unlisted | 1.2.3 | Stranded(Unlisted) Notify",
            "1.2.3 | 1.2.3 | 1.2.0 1.2.3=deleted | 1.2.3 | Stranded(Gone) NotifyUrgent",
            "next | 1.2.3! | 1.2.3=deleted | 1.2.3 | Stranded(Gone) NotifyUrgent",
            // A range holds nothing: what it cannot select does not install.
            "^1.2 | 1.2.3 | 1.2.3=unlisted | 1.2.3 | Stranded(Gone) NotifyUrgent",
        ],
    );
    table(
        Format::Maven,
        &[
            "1.2 | 1.2 | 1.1 1.2=deleted | 1.2 | Stranded(Gone) NotifyUrgent",
            "[1.2] | 1.2 | 1.1 1.2=unlisted | 1.2 | Stranded(Unlisted) Notify",
        ],
    );
}

#[test]
fn only_pypi_spells_one_release_in_two_ways() {
    table(
        Format::Pypi,
        &["~=1.0 | 1.1 | 1.0 1.1.0=deleted | 1.1.0 | MovesOff(Older) Notify"],
    );
    table(
        Format::Maven,
        &["[1.0,2) | 1.1 | 1.0 1.1.0=deleted | 1.1.0 | Unaffected(WithdrawnNotBuilt) Nothing"],
    );
}

#[test]
fn a_withdrawn_version_that_was_not_built_matters_to_nobody() {
    table(
        Format::Npm,
        &[
            "^1.2 | 1.2.0 | 1.2.0 1.2.3=deleted | 1.2.3 | Unaffected(WithdrawnNotBuilt) Nothing",
            "^1.2 | ? | 1.2.0 1.2.3=deleted | 1.2.3 | Unaffected(WithdrawnNotBuilt) Nothing (assumed)",
        ],
    );
}

#[test]
fn a_rollback_is_a_decision_of_the_policy() {
    let case = case(Format::Npm, "^1.2", "1.2.3", "1.2.0 1.2.3=deleted");
    assert_eq!(case.asked(), None);
    let auto = case.with(|case| case.application.policy.rollback = Rollback::Auto);
    auto.is("1.2.3", "MovesOff(Older) Rebuild");
    assert_eq!(auto.asked().as_deref(), Some("1.2.0"));
}

#[test]
fn a_copy_retained_downstream_outlives_deletion_upstream() {
    let case = case(Format::Npm, "^1.2", "1.2.3", "1.2.3=deleted 1.2.3@apps");
    case.is("1.2.3", "Unaffected(BuiltAlready) Nothing");
    insta::assert_snapshot!(case.reason("1.2.3"), @"built with 1.2.3; another repository that it sees still offers 1.2.3");
    let unlisted = case.sees("1.2.3=unlisted@apps");
    unlisted.is("1.2.3", "Stranded(Gone) NotifyUrgent");
}

#[test]
fn a_version_that_is_published_again_was_built_already() {
    let again = |secs| crate::VersionRecord {
        published_at: Some(at(secs)),
        first_seen: at(secs),
        incarnation: 2,
        ..record(VersionStatus::Published, secs)
    };
    let case = case(Format::Npm, "^1.2", "1.2.3", "1.2.0 1.2.3=deleted");
    // While it is being published again, nothing rolls the application back unasked.
    let unfinished = crate::VersionRecord {
        withdrawn_at: Some(at(200)),
        ..record(VersionStatus::Unfinished, 300)
    };
    let between = case.clone().holds("shared", "1.2.3", unfinished);
    between.is("1.2.3", "MovesOff(Older) Notify");
    assert_eq!(between.asked(), None);
    let finished = case.holds("shared", "1.2.3", again(300));
    finished.is("1.2.3", "Unaffected(BuiltAlready) Nothing");
    finished
        .held("1.2.3", HeldReason::Failed, 250)
        .with(|case| case.last_dependency().built = crate::Built::Proven("1.2.0".to_owned()))
        .is("1.2.3", "Picks Rebuild");
}

#[test]
fn a_version_that_is_offered_again_was_built_by_who_built_it_before() {
    let relisted = crate::VersionRecord {
        published_at: Some(at(900)),
        withdrawn_at: Some(at(500)),
        first_seen: at(100),
        revised_at: at(100),
        ..record(VersionStatus::Published, 100)
    };
    let case = case(Format::Npm, "^1.2", "~1.2.0", "1.2.0").holds("shared", "1.2.3", relisted);
    // A build of the time before it was unlisted, and one of the time between.
    case.clone()
        .succeeded(300, false)
        .is("1.2.3", "Unaffected(BuiltAlready) Nothing (assumed)");
    case.clone()
        .succeeded(600, false)
        .is("1.2.3", "Picks Rebuild (assumed)");
    case.held("1.2.3", HeldReason::Failed, 400)
        .is("1.2.3", "Unaffected(AlreadyAttempted) Nothing (assumed)");
}

#[test]
fn a_refresh_frees_a_locked_application_from_a_withdrawn_version() {
    let case = case(Format::Npm, "^1.2", "1.2.3!", "1.2.0 1.2.3=deleted +1.2.4")
        .with(|case| case.application.policy.on_locked = OnLocked::Refresh);
    case.is("1.2.3", "Stranded(Gone) NotifyUrgent");
    case.is("1.2.4", "Locked Refresh");
    assert_eq!(case.asked().as_deref(), Some("1.2.4 refreshed"));
    insta::assert_snapshot!(case.reason("1.2.4"), @"`^1.2` admits 1.2.4, the committed lockfile holds 1.2.3");
    // A held version does not silence the warning.
    let held = case.held("1.2.4", HeldReason::NotPickedUp, 300);
    held.is("1.2.3", "Stranded(Gone) NotifyUrgent");
    held.is("1.2.4", "Unaffected(AlreadyAttempted) Nothing");
    assert_eq!(held.asked(), None);
}

#[test]
fn who_updates_the_lock_by_himself_floats() {
    case(Format::Npm, "^1.2", "1.2.3!", "1.2.0 1.2.3=deleted 1.2.4")
        .with(|case| case.application.policy.on_locked = OnLocked::Rebuild)
        .is("1.2.3", "MovesOff(Newer) Rebuild");
}

#[test]
fn a_public_version_that_is_withdrawn_warns_but_triggers_nothing() {
    let case = case(Format::Npm, "^1.2", "1.2.3", "1.2.3=deleted 1.2.4");
    let public = case
        .with(|case| case.record("1.2.3").origin = Origin::External)
        .with(|case| case.record("1.2.4").origin = Origin::External);
    public.is("1.2.3", "Unaffected(ThirdParty) Nothing");
    public
        .with(|case| case.last_dependency().is_locked = true)
        .is("1.2.3", "Stranded(Gone) NotifyUrgent");
}

#[test]
fn what_was_archived_before_anybody_looked_is_withdrawn() {
    let case = case(Format::Npm, "^1.2", "1.2.3", "1.2.0");
    let seeded = crate::VersionRecord {
        first_seen: Timestamp::MIN,
        published_at: None,
        revised_at: Timestamp::MIN,
        is_seeded: true,
        ..record(VersionStatus::Archived, 0)
    };
    case.holds("shared", "1.2.3", seeded)
        .is("1.2.3", "MovesOff(Older) Notify");
}
