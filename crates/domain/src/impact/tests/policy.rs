//! What the policy, the slot and the cascade leave of a verdict (DESIGN 3, 3.2 to 3.4).

use downriver_version::{Format, PackageVersionId};

use super::{Case, case, kit, pulled_in};
use crate::slot::HeldReason;
use crate::testing::{at, id, tokens};
use crate::{Cascade, Follow, OnLocked, Origin, PackagePattern, Scope, Timestamp, Versioning};

fn newer() -> Case {
    case(Format::Npm, "^1.2", "1.2.0", "1.2.0 +1.2.3")
}

fn locked(on_locked: OnLocked) -> Case {
    case(Format::Npm, "^1.2", "1.2.0!", "1.2.0 +1.2.3")
        .with(|case| case.application.policy.on_locked = on_locked)
}

#[test]
fn a_locked_application_says_what_its_build_does_about_the_lock() {
    locked(OnLocked::Notify).is("1.2.3", "Locked Notify");
    locked(OnLocked::Ignore).is("1.2.3", "Locked Nothing");
    locked(OnLocked::Rebuild).is("1.2.3", "Picks Rebuild");
    let refreshed = locked(OnLocked::Refresh);
    refreshed.is("1.2.3", "Locked Refresh");
    assert_eq!(refreshed.asked().as_deref(), Some("1.2.3 refreshed"));
    case(Format::Npm, "^1.2", "?!", "1.2.0 +1.2.3").is("1.2.3", "Locked Notify (assumed)");
    case(Format::Npm, "^1.2", "1.2.0!", "1.2.0 +2.0.0").is("2.0.0", "Excluded Notify");
}

#[test]
fn only_a_direct_dependency_is_told_of_what_its_requirement_excludes() {
    let transitive = case(Format::Npm, "^1.2", "1.2.0", "1.2.0 +2.0.0").with(pulled_in);
    transitive.is("2.0.0", "Excluded Nothing");
    // Whichever instance comes first.
    transitive
        .needs("^1.1", "1.2.0")
        .is("2.0.0", "Excluded Notify");
}

#[test]
fn of_several_instances_the_strongest_verdict_counts_and_all_are_shown() {
    let case = case(Format::Npm, "^2.0", "2.0.0", "1.2.0 2.0.0 +1.2.3")
        .needs_through(&kit(), "^1.2", "1.2.0")
        .needs_through(&kit(), "1.2.0", "1.2.0");
    case.is("1.2.3", "Picks Rebuild");
    let instances = case.judge("1.2.3").instances;
    let shown: Vec<String> = instances
        .iter()
        .map(|instance| format!("{} {:?}", instance.requirement, instance.verdict))
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @"
    ^1.2 Picks
    1.2.0 Excluded
    ^2.0 Unaffected(NewerBuiltAlready)
    ");
}

#[test]
fn of_several_instances_that_ask_the_newest_version_is_wanted() {
    let case = locked(OnLocked::Refresh)
        .needs("^2.0", "2.0.0!")
        .sees("2.0.0 +2.1.0");
    case.is("1.2.3", "Locked Refresh");
    case.is("2.1.0", "Locked Refresh");
    assert_eq!(case.asked().as_deref(), Some("2.1.0 refreshed"));
    // One that floats does not take the variables from one that is held.
    let mixed = locked(OnLocked::Refresh).needs("^1.2", "1.2.0");
    assert_eq!(mixed.asked().as_deref(), Some("1.2.3 refreshed"));
}

#[test]
fn scope_and_follow_leave_dependencies_out() {
    let dev = newer().with(|case| case.last_dependency().scope = Scope::Dev);
    dev.is("1.2.3", "Unaffected(ScopeLeftOut) Nothing");
    dev.clone()
        .with(|case| {
            case.application.policy.scopes.insert(Scope::Dev);
        })
        .is("1.2.3", "Picks Rebuild");
    let test = newer().with(|case| case.last_dependency().scope = Scope::Test);
    test.is("1.2.3", "Unaffected(ScopeLeftOut) Nothing");
    let transitive = newer().with(pulled_in);
    transitive.is("1.2.3", "Picks Rebuild");
    transitive
        .with(|case| case.application.policy.follow = Follow::Direct)
        .is("1.2.3", "Unaffected(FollowLeftOut) Nothing");
    newer()
        .with(|case| case.application.policy.follow = Follow::Direct)
        .is("1.2.3", "Picks Rebuild");
    newer()
        .with(|case| case.application.policy.follow = Follow::None)
        .is("1.2.3", "Unaffected(FollowLeftOut) Nothing");
    // Nor is anybody told of what is excluded, or gone.
    let excluded = case(Format::Npm, "^1.2", "1.2.0", "1.2.0 +2.0.0");
    excluded
        .with(|case| case.last_dependency().scope = Scope::Dev)
        .is("2.0.0", "Unaffected(ScopeLeftOut) Nothing");
    case(Format::Npm, "^1.2", "1.2.0!", "1.2.0=deleted")
        .with(|case| case.last_dependency().scope = Scope::Dev)
        .is("1.2.0", "Unaffected(ScopeLeftOut) Nothing");
}

#[test]
fn a_source_producer_is_told_and_not_rebuilt() {
    let source = newer().with(|case| {
        case.application.versioning = Versioning::Source;
        case.application.products.insert(kit());
    });
    source.is("1.2.3", "Picks Notify");
    assert_eq!(source.asked(), None);
    source
        .clone()
        .with(|case| case.application.policy.is_source_rebuilt = true)
        .is("1.2.3", "Picks Rebuild");
    source
        .clone()
        .with(|case| case.application.versioning = Versioning::Build)
        .is("1.2.3", "Picks Rebuild");
    // Who publishes nothing has nothing to publish again.
    source
        .with(|case| case.application.products.clear())
        .is("1.2.3", "Picks Rebuild");
}

fn public(version: &'static str) -> Case {
    case(Format::Npm, "^1.2", "1.2.0", "1.2.0 +1.2.3 +2.0.0")
        .with(|case| case.record(version).origin = Origin::External)
}

#[test]
fn public_packages_trigger_only_who_follows_them() {
    public("1.2.3").is("1.2.3", "Unaffected(ThirdParty) Nothing");
    public("2.0.0").is("2.0.0", "Unaffected(ThirdParty) Nothing");
    let follow = |case: &mut Case| case.application.policy.is_third_party_followed = true;
    public("1.2.3").with(follow).is("1.2.3", "Picks Rebuild");
    public("2.0.0").with(follow).is("2.0.0", "Excluded Notify");
    let internal = PackagePattern {
        format: Format::Npm,
        namespace: Some("acme".to_owned()),
        name: "tok*".to_owned(),
    };
    public("1.2.3")
        .with(|case| case.topology.internal = vec![internal])
        .is("1.2.3", "Picks Rebuild");
    public("1.2.3")
        .with(|case| case.record("1.2.3").origin = Origin::Unknown)
        .is("1.2.3", "Picks Rebuild");
}

#[test]
fn what_its_own_build_pulled_in_counts_as_built() {
    let followed =
        public("1.2.3").with(|case| case.application.policy.is_third_party_followed = true);
    let built = "Unaffected(BuiltAlready) Nothing";
    // First seen at 100: from the start of an execution until 15 minutes after its end.
    followed.clone().executed(100, None).is("1.2.3", built);
    followed.clone().executed(50, Some(99)).is("1.2.3", built);
    followed
        .clone()
        .executed(-2_000, Some(100 - 900))
        .is("1.2.3", built);
    followed
        .clone()
        .executed(-2_000, Some(100 - 901))
        .is("1.2.3", "Picks Rebuild");
    followed
        .clone()
        .executed(101, None)
        .is("1.2.3", "Picks Rebuild");
    // Ours are published by others, whoever was building then.
    newer().executed(50, None).is("1.2.3", "Picks Rebuild");
}

#[test]
fn an_unknown_built_version_picks_only_what_came_after_registration() {
    let case = case(Format::Npm, "^1.2", "?", "1.2.0 +1.2.3");
    case.is("1.2.3", "Picks Rebuild (assumed)");
    let late = case
        .clone()
        .with(|case| case.application.registered_at = at(100));
    late.is(
        "1.2.3",
        "Unaffected(PublishedBeforeRegistration) Nothing (assumed)",
    );
    let seeded = |case: &mut Case| {
        let record = case.record("1.2.3");
        record.first_seen = Timestamp::MIN;
        record.published_at = Some(Timestamp::MIN);
        record.is_seeded = true;
    };
    case.clone().with(seeded).is(
        "1.2.3",
        "Unaffected(PublishedBeforeRegistration) Nothing (assumed)",
    );
    // Offered again after registration: it was there before.
    let relisted = |case: &mut Case| {
        let record = case.record("1.2.3");
        record.first_seen = at(-50);
        record.withdrawn_at = Some(at(-20));
    };
    case.clone().with(relisted).is(
        "1.2.3",
        "Unaffected(PublishedBeforeRegistration) Nothing (assumed)",
    );
    // Copied after registration: the first copy was there before.
    let copied = self::case(Format::Npm, "^1.2", "?", "1.2.3 +1.2.3@apps");
    copied.is(
        "1.2.3",
        "Unaffected(PublishedBeforeRegistration) Nothing (assumed)",
    );
    // Begun before registration, finished after it.
    case.clone()
        .with(|case| case.record("1.2.3").first_seen = at(-1))
        .is("1.2.3", "Picks Rebuild (assumed)");
}

#[test]
fn a_held_version_is_not_attempted_again() {
    let held = "Unaffected(AlreadyAttempted) Nothing";
    for reason in [
        HeldReason::Failed,
        HeldReason::NotPickedUp,
        HeldReason::RolledBack,
        HeldReason::Stopped,
    ] {
        let case = newer().held("1.2.3", reason, 150);
        case.is("1.2.3", held);
        assert_eq!(case.asked(), None);
        case.sees("+1.2.4").is("1.2.4", "Picks Rebuild");
    }
    let shadow = newer().held("1.2.3", HeldReason::WouldStart, 150);
    shadow.is("1.2.3", "Picks Rebuild");
    shadow
        .clone()
        .with(|case| case.topology.is_shadow = true)
        .is("1.2.3", held);
    shadow
        .with(|case| case.application.policy.is_shadow = true)
        .is("1.2.3", held);
}

#[test]
fn what_another_instance_selected_in_the_failed_build_is_held_with_it() {
    let two = case(Format::Npm, "1.x", "1.0.0", "1.0.0 +1.1.0 +2.0.0").needs("*", "1.0.0");
    let held = |reason, since| two.clone().held("2.0.0", reason, since);
    let wanted = |case: Case| case.asked();
    for reason in [
        HeldReason::Failed,
        HeldReason::NotPickedUp,
        HeldReason::WouldStart,
    ] {
        let case = held(reason, 150).with(|case| {
            case.application.policy.is_shadow = reason == HeldReason::WouldStart;
        });
        assert_eq!(wanted(case), None, "{reason:?}");
    }
    // Who stopped a rebuild meant the one version.
    let stopped = held(HeldReason::Stopped, 150);
    assert_eq!(wanted(stopped), Some("1.1.0".to_owned()));
    // What came after that build began was not in it.
    let later = held(HeldReason::Failed, 150).with(|case| {
        case.record("1.1.0").first_seen = at(160);
        case.record("1.1.0").published_at = Some(at(160));
    });
    assert_eq!(wanted(later), Some("1.1.0".to_owned()));
    // The one that is held is withdrawn: what takes its place was not in that build.
    case(Format::Npm, "*", "1.0.0", "1.0.0 +1.1.0 +2.0.0=deleted")
        .held("2.0.0", HeldReason::Failed, 150)
        .is("1.1.0", "Picks Rebuild");
}

#[test]
fn contents_that_came_after_a_failed_start_are_not_held() {
    let snapshot = "1.0-SNAPSHOT";
    let case = case(Format::Maven, snapshot, snapshot, snapshot)
        .with(|case| case.record(snapshot).revised_at = at(500));
    case.clone()
        .held(snapshot, HeldReason::Failed, 500)
        .is(snapshot, "Unaffected(AlreadyAttempted) Nothing");
    case.held(snapshot, HeldReason::Failed, 499)
        .is(snapshot, "Picks Rebuild");
}

#[test]
fn a_cascade_does_not_come_back_to_who_it_went_through() {
    let passed = |applications: &[&str], is_overlapped| {
        newer().with(|case| {
            let root = PackageVersionId::new(tokens(Format::Cargo), "1.0.0").expect("valid");
            case.record("1.2.3").cascade = Cascade {
                roots: [root].into(),
                applications: applications.iter().map(|name| id(name)).collect(),
                is_overlapped,
                is_urgent: false,
                depth: 1,
            };
        })
    };
    let own = passed(&["web", "kit"], false);
    own.is("1.2.3", "Unaffected(PassedInCascade) Nothing");
    passed(&["web"], true).is("1.2.3", "Unaffected(PassedInCascade) Notify");
    passed(&["kit"], false).is("1.2.3", "Picks Rebuild");
    insta::assert_snapshot!(own.reason("1.2.3"), @"this change descends from its own rebuild: it passed here already in this cascade");
    insta::assert_snapshot!(passed(&["web"], true).reason("1.2.3"), @"this change descends from its own rebuild: it passed here already in this cascade; a person's execution overlapped ours, so look whether it brought more than that");
}

#[test]
fn a_change_concerns_who_sees_its_repository() {
    let staged = newer()
        .sees("+1.2.4@staging")
        .with(|case| case.seen_in = "staging");
    staged.is("1.2.4", "Unaffected(NotVisible) Nothing");
    // Promoted: a new sighting.
    let promoted = staged
        .sees("+1.2.4@public")
        .with(|case| case.seen_in = "public");
    promoted.is("1.2.4", "Picks Rebuild");
    newer().is("1.2.9", "Unaffected(NotVisible) Nothing");
    newer()
        .with(|case| case.edges.clear())
        .is("1.2.3", "Unaffected(NotADependency) Nothing");
}

#[test]
fn a_verdict_on_an_inventory_that_was_never_read_says_so() {
    let unread = |case: &mut Case| {
        for records in case.inventory.repositories.values_mut() {
            records.seeded_at = None;
        }
    };
    newer().with(unread).is("1.2.3", "Picks Rebuild (assumed)");
}

#[test]
fn what_is_not_finished_or_was_never_offered_is_not_selected() {
    let published = |versions| case(Format::Npm, "^1.2", "1.2.0", versions);
    published("1.2.0 +1.2.3=unfinished").is("1.2.3", "Unaffected(NotPublished) Nothing");
    published("1.2.0 +1.2.3=unlisted").is("1.2.3", "Unaffected(WithdrawnNotBuilt) Nothing");
    // Built with what is only now being published: nothing rolls it back.
    let own = case(Format::Npm, "^1.2", "1.2.3", "1.2.0 +1.2.3=unfinished");
    own.is("1.2.3", "Unaffected(NotPublished) Nothing");
    assert_eq!(own.asked(), None);
}
