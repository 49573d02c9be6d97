//! The sentences that people read: one of each kind. None of them needs another record to be understood.

use downriver_version::Format;

use super::{Case, case, pulled_in};
use crate::slot::HeldReason;
use crate::{Follow, OnLocked, Origin, Scope};

#[track_caller]
fn lines(cases: Vec<(Case, &str)>) -> String {
    let lines: Vec<String> = cases
        .into_iter()
        .map(|(case, version)| {
            let judgement = case.judge(version);
            format!("{:?}: {}", judgement.verdict, judgement.reason)
        })
        .collect();
    lines.join("\n")
}

fn of(requirement: &str, built: &str, versions: &str) -> Case {
    case(Format::Npm, requirement, built, versions)
}

#[test]
fn reasons_to_rebuild() {
    let refresh = |case: &mut Case| case.application.policy.on_locked = OnLocked::Refresh;
    insta::assert_snapshot!(lines(vec![
        (of("^1.2", "1.2.0", "1.2.0 +1.2.3"), "1.2.3"),
        (of("^1.2", "~1.2.0", "1.2.0 +1.2.3"), "1.2.3"),
        (of("^1.2", "?", "1.2.0 +1.2.3"), "1.2.3"),
        (of("^1.2", "1.2.0!", "1.2.0 +1.2.3").with(refresh), "1.2.3"),
        (of("^1.2", "?!", "1.2.0 +1.2.3").with(refresh), "1.2.3"),
        (of("^1.2", "1.2.3", "1.2.3=deleted 1.2.4"), "1.2.3"),
        (of("^1.2", "1.2.3", "1.2.3=deleted +1.2.4"), "1.2.4"),
    ]), @"
    Picks: `^1.2` selects 1.2.3; built with 1.2.0
    Picks: `^1.2` selects 1.2.3; built with 1.2.0 (assumed)
    Picks: `^1.2` selects 1.2.3; what it was built with is not known
    Locked: `^1.2` admits 1.2.3, the committed lockfile holds 1.2.0
    Locked: `^1.2` admits 1.2.3, the committed lockfile holds another version
    MovesOff(Newer): built with 1.2.3, which was withdrawn; `^1.2` now selects the newer 1.2.4
    Picks: built with 1.2.3, which was withdrawn; `^1.2` now selects the newer 1.2.4
    ");
}

#[test]
fn reasons_to_tell_somebody() {
    let excluded = of("^1.2", "1.2.0", "1.2.0 +2.0.0");
    let transitive = excluded.clone().with(pulled_in);
    insta::assert_snapshot!(lines(vec![
        (excluded, "2.0.0"),
        (transitive, "2.0.0"),
        (of("^1.2", "1.2.3", "1.2.0 1.2.3=unlisted"), "1.2.3"),
        (of("^1.2", "1.2.3!", "1.2.3=unlisted"), "1.2.3"),
        (of("1.2.3", "1.2.3", "1.2.3=unlisted"), "1.2.3"),
        (of("^1.2", "1.2.3!", "1.2.3=deleted 1.2.4"), "1.2.3"),
        (of("^1.2", "1.2.3!", "1.2.3=deleted"), "1.2.3"),
        (of("^1.2", "1.2.3", "1.2.3=deleted"), "1.2.3"),
        (of("next", "1.2.3!", "1.2.3=deleted"), "1.2.3"),
    ]), @"
    Excluded: `^1.2` does not admit 2.0.0; the manifest must change first
    Excluded: `^1.2` does not admit 2.0.0; whoever pulls it in must change first
    MovesOff(Older): built with 1.2.3, which was withdrawn; `^1.2` now selects the older 1.2.0
    Stranded(Unlisted): built with 1.2.3, which is unlisted now; it still installs, but only because the committed lockfile holds it
    Stranded(Unlisted): built with 1.2.3, which is unlisted now; it still installs, but only because the requirement `1.2.3` holds it
    Stranded(Gone): built with 1.2.3, which was withdrawn; the committed lockfile holds it, so the next build fails until it moves to 1.2.4
    Stranded(Gone): built with 1.2.3, which was withdrawn; the committed lockfile holds it, so the next build fails
    Stranded(Gone): built with 1.2.3, which was withdrawn, and `^1.2` admits nothing else that is visible
    Stranded(Gone): built with 1.2.3, which was withdrawn; the committed lockfile holds it, so the next build fails
    ");
}

#[test]
fn reasons_why_nothing_is_selected() {
    insta::assert_snapshot!(lines(vec![
        (of("^1.2", "1.2.3", "1.2.3"), "1.2.3"),
        (of("^1.2", "1.2.3", "1.2.3 +1.2.1"), "1.2.1"),
        (of("^1.2", "1.2.0", "1.2.0").with(|case| case.seen_in = "staging"), "1.2.3"),
        (of("^1.2", "1.2.0", "1.2.0"), "1.2.3"),
        (of("^1.2", "1.2.0", "1.2.0 +1.3.0-rc.1"), "1.3.0-rc.1"),
        (of("~1.2.0 || ^2.0.0", "1.2.0", "1.2.0 2.1.0 +1.2.9"), "1.2.9"),
        (case(Format::Maven, "1.2", "1.2", "1.2 +1.3"), "1.3"),
        (of("^1.2", "?", "1.2.3"), "1.2.3"),
        (of("git+https://git.example/tokens.git", "1.2.0", "+1.2.3"), "1.2.3"),
        (of("next", "1.2.0", "+1.2.3"), "1.2.3"),
        (case(Format::Pypi, "=>1", "1.0", "+1.1"), "1.1"),
        (of("^1.2", "1.2.0", "1.2.0 +1.2.3=unfinished"), "1.2.3"),
        (of("^1.2", "1.2.0", "1.2.0 1.2.3=deleted"), "1.2.3"),
    ]), @"
    Unaffected(BuiltAlready): built with 1.2.3
    Unaffected(NewerBuiltAlready): built with 1.2.3
    Unaffected(NotVisible): repository staging is not one it resolves from, nor upstream of one
    Unaffected(NotVisible): 1.2.3 is not in any repository that it sees
    Unaffected(PrereleaseNotSelected): 1.3.0-rc.1 is a pre-release, which `^1.2` does not select
    Unaffected(SelectsAnother): `~1.2.0 || ^2.0.0` admits 1.2.9, but a plain build selects 2.1.0
    Unaffected(SoftPinned): `1.2` is a soft pin: a plain build keeps 1.2; 1.3 would be a manifest change
    Unaffected(PublishedBeforeRegistration): what it was built with is not known, and 1.2.3 was there before it was registered
    Unaffected(NotFromRegistry): `git+https://git.example/tokens.git` is resolved from git, not from a registry
    Unaffected(NotFromRegistry): follows the tag `next`, whose moves no event reports
    Unaffected(NotFromRegistry): its requirement `=>1` cannot be read
    Unaffected(NotPublished): 1.2.3 is not published
    Unaffected(WithdrawnNotBuilt): 1.2.3 was withdrawn; built with 1.2.0
    ");
}

#[test]
fn reasons_why_nothing_is_done() {
    let newer = || of("^1.2", "1.2.0", "1.2.0 +1.2.3");
    let held = |reason| (newer().held("1.2.3", reason, 150), "1.2.3");
    insta::assert_snapshot!(lines(vec![
        (newer().with(|case| case.last_dependency().scope = Scope::Dev), "1.2.3"),
        (newer().with(|case| case.application.policy.follow = Follow::None), "1.2.3"),
        (newer().with(|case| case.record("1.2.3").origin = Origin::External), "1.2.3"),
        (newer().with(|case| case.edges.clear()), "1.2.3"),
        held(HeldReason::Failed),
        held(HeldReason::NotPickedUp),
        held(HeldReason::RolledBack),
        held(HeldReason::Stopped),
        (
            newer()
                .held("1.2.3", HeldReason::WouldStart, 150)
                .with(|case| case.topology.is_shadow = true),
            "1.2.3",
        ),
    ]), @"
    Unaffected(ScopeLeftOut): only a dev dependency, which its policy leaves out
    Unaffected(FollowLeftOut): its policy does not follow this dependency
    Unaffected(ThirdParty): 1.2.3 comes from a public registry, which its policy does not follow
    Unaffected(NotADependency): does not depend on pkg:npm/%40acme/tokens
    Unaffected(AlreadyAttempted): the rebuild for 1.2.3 failed; held until `retry`, a newer version, or a success
    Unaffected(AlreadyAttempted): a rebuild for 1.2.3 did not pick it up; it is not attempted again
    Unaffected(AlreadyAttempted): 1.2.3 was rolled back; held until `retry` or a newer version
    Unaffected(AlreadyAttempted): a person stopped the rebuild for 1.2.3; held until `retry` or a newer version
    Unaffected(AlreadyAttempted): shadow mode: a rebuild for 1.2.3 was recorded already
    ");
}
