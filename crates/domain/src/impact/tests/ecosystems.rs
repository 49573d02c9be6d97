//! What each ecosystem's requirement admits and selects, as verdicts (DESIGN 3.1).

use downriver_version::Format;

use super::{case, table};
use crate::testing::at;

#[test]
fn npm_ranges_pick_the_highest_they_admit() {
    table(
        Format::Npm,
        &[
            "^1.2 | 1.2.0 | 1.2.0 +1.2.3 | 1.2.3 | Picks Rebuild",
            "^1.2 | ~1.2.0 | 1.2.0 +1.2.3 | 1.2.3 | Picks Rebuild (assumed)",
            "* | 1.0.0 | 1.0.0 +2.0.0 | 2.0.0 | Picks Rebuild",
            "npm:@acme/tokens@^1.2 | 1.2.0 | 1.2.0 +1.2.3 | 1.2.3 | Picks Rebuild",
            "^1.2 | 1.2.0 | 1.2.0 +2.0.0 | 2.0.0 | Excluded Notify",
            "1.2.0 | 1.2.0 | 1.2.0 +1.2.1 | 1.2.1 | Excluded Notify",
            "^1.2 | 1.2.3 | 1.2.3 | 1.2.3 | Unaffected(BuiltAlready) Nothing",
            "^1.2 | 1.2.3 | 1.2.3 +1.2.1 | 1.2.1 | Unaffected(NewerBuiltAlready) Nothing",
            "^1.2 | 1.2.3 | 1.2.3 +1.0.1 | 1.0.1 | Unaffected(NewerBuiltAlready) Nothing",
            // A built version that the inventory never saw is taken as still there.
            "^1.2 | 1.9.9 | 1.2.0 +1.2.3 | 1.2.3 | Unaffected(NewerBuiltAlready) Nothing",
            "~1.2.0 || ^2.0.0 | 2.1.0 | 2.1.0 +2.0.5 | 2.0.5 | Unaffected(NewerBuiltAlready) Nothing",
            "~1.2.0 || ^2.0.0 | 1.2.0 | 1.2.0 2.1.0 +1.2.9 | 1.2.9 | Unaffected(SelectsAnother) Nothing",
        ],
    );
}

#[test]
fn npm_pre_releases_follow_the_tuple_rule() {
    table(
        Format::Npm,
        &[
            "^1.2 | 1.2.0 | 1.2.0 +1.3.0-rc.1 | 1.3.0-rc.1 | Unaffected(PrereleaseNotSelected) Nothing",
            "^1.3.0-rc.1 | 1.3.0-rc.1 | 1.3.0-rc.1 +1.3.0-rc.2 | 1.3.0-rc.2 | Picks Rebuild",
            "^1.3.0-rc.1 | 1.3.0-rc.1 | 1.3.0-rc.1 +1.4.0-rc.1 | 1.4.0-rc.1 | Unaffected(PrereleaseNotSelected) Nothing",
            "^1.2 | 1.2.0 | 1.2.0 +2.0.0-rc.1 | 2.0.0-rc.1 | Excluded Notify",
        ],
    );
}

#[test]
fn npm_tags_other_than_latest_and_what_is_no_registry_are_left_alone() {
    table(
        Format::Npm,
        &[
            "latest | 1.0.0 | 1.0.0 +2.0.0 | 2.0.0 | Picks Rebuild",
            "latest | 1.0.0 | 1.0.0 +2.0.0-rc.1 | 2.0.0-rc.1 | Unaffected(PrereleaseNotSelected) Nothing",
            "next | 1.0.0 | 1.0.0 +2.0.0-rc.1 | 2.0.0-rc.1 | Unaffected(NotFromRegistry) Nothing",
            "next | 1.0.0 | 1.0.0=deleted +2.0.0 | 1.0.0 | Unaffected(NotFromRegistry) Nothing",
            "git+https://git.example/tokens.git | 1.0.0 | 1.0.0 +2.0.0 | 2.0.0 | Unaffected(NotFromRegistry) Nothing",
            "workspace:^ | 1.0.0 | 1.0.0 +1.0.1 | 1.0.1 | Unaffected(NotFromRegistry) Nothing",
            "file:../tokens | ? | +1.0.1 | 1.0.1 | Unaffected(NotFromRegistry) Nothing",
        ],
    );
}

#[test]
fn maven_keeps_soft_pins_and_picks_from_ranges() {
    table(
        Format::Maven,
        &[
            "1.2 | 1.2 | 1.2 +1.3 | 1.3 | Unaffected(SoftPinned) Nothing",
            "1.2 | ? | 1.1 +1.2 | 1.2 | Picks Rebuild (assumed)",
            "1.3 | 1.2 | 1.2 +1.3 | 1.3 | Picks Rebuild",
            "[1.2,2.0) | 1.2 | 1.2 +1.9 | 1.9 | Picks Rebuild",
            "[1.2,2.0) | 1.2 | 1.2 +2.0 | 2.0 | Excluded Notify",
            "[1.2] | 1.2 | 1.2 +1.3 | 1.3 | Excluded Notify",
            "1.2.+ | 1.2.0 | 1.2.0 +1.2.1 | 1.2.1 | Picks Rebuild",
            "LATEST | 1.2 | 1.2 +1.3-SNAPSHOT | 1.3-SNAPSHOT | Picks Rebuild",
            "RELEASE | 1.2 | 1.2 +1.3 | 1.3 | Picks Rebuild",
        ],
    );
}

#[test]
fn a_snapshot_is_judged_by_when_its_contents_changed() {
    let snapshot = "1.0-SNAPSHOT";
    let deployed_again = |case: &mut super::Case| {
        case.record(snapshot).revision = Some("r2".to_owned());
        case.record(snapshot).revised_at = at(500);
    };
    let case = case(Format::Maven, snapshot, snapshot, snapshot);
    case.is(snapshot, "Unaffected(BuiltAlready) Nothing");
    let again = case.clone().with(deployed_again);
    again.is(snapshot, "Picks Rebuild");
    let built_before = again.clone().succeeded(400, true);
    built_before.is(snapshot, "Picks Rebuild");
    again
        .clone()
        .succeeded(600, true)
        .is(snapshot, "Unaffected(BuiltAlready) Nothing");
    again
        .clone()
        .succeeded(600, false)
        .is(snapshot, "Unaffected(BuiltAlready) Nothing");
    // Proof names the revision.
    again
        .clone()
        .with(|case| case.last_dependency().built_revision = Some("r2".to_owned()))
        .is(snapshot, "Unaffected(BuiltAlready) Nothing");
    insta::assert_snapshot!(again.reason(snapshot), @"`1.0-SNAPSHOT` names a mutable version; 1.0-SNAPSHOT has new contents since the last build");
}

#[test]
fn what_a_deployed_snapshot_leaves_behind_is_nothing_to_build_for() {
    let stamped = "1.0-20260131.101500-3";
    table(
        Format::Maven,
        &[
            "1.0-SNAPSHOT | 1.0-SNAPSHOT | 1.0-SNAPSHOT +1.0-20260131.101500-3 | 1.0-20260131.101500-3 | Unaffected(SoftPinned) Nothing",
            "1.0-SNAPSHOT | 1.0-SNAPSHOT | 1.0-SNAPSHOT +1.0 | 1.0 | Unaffected(SoftPinned) Nothing",
            // A lock or SBOM names the time-stamped one that the build got.
            "1.0-SNAPSHOT | 1.0-20260131.101500-3 | 1.0-SNAPSHOT | 1.0-SNAPSHOT | Unaffected(BuiltAlready) Nothing",
            "1.0-SNAPSHOT | 1.1-20260131.101500-3 | 1.0-SNAPSHOT 1.1-SNAPSHOT | 1.0-SNAPSHOT | Picks Rebuild",
        ],
    );
    // CodeArtifact creates them unlisted.
    case(
        Format::Maven,
        "1.0-SNAPSHOT",
        "1.0-SNAPSHOT",
        "1.0-SNAPSHOT +1.0-20260131.101500-3=unlisted",
    )
    .with(|case| case.record(stamped).published_at = None)
    .with(|case| case.record(stamped).withdrawn_at = None)
    .is(stamped, "Unaffected(NotPublished) Nothing");
}

#[test]
fn a_retained_copy_of_a_snapshot_is_ignored() {
    let snapshot = "1.0-SNAPSHOT";
    let case = case(
        Format::Maven,
        snapshot,
        snapshot,
        "1.0-SNAPSHOT +1.0-SNAPSHOT@apps",
    );
    case.is(snapshot, "Unaffected(BuiltAlready) Nothing");
    // Both were there before anybody looked: the one whose edits show is the original.
    let seeded = case
        .with(|case| case.record(snapshot).first_seen = at(100))
        .with(|case| case.record(snapshot).revised_at = at(500));
    seeded.is(snapshot, "Picks Rebuild");
}

#[test]
fn a_snapshot_from_before_registration_counts_once_it_is_deployed_again() {
    let snapshot = "1.0-SNAPSHOT";
    let case = case(Format::Maven, snapshot, "?", snapshot);
    case.is(
        snapshot,
        "Unaffected(PublishedBeforeRegistration) Nothing (assumed)",
    );
    case.with(|case| case.record(snapshot).revised_at = at(500))
        .is(snapshot, "Picks Rebuild (assumed)");
}

#[test]
fn a_package_declared_mutable_is_judged_as_a_snapshot_is() {
    let case = case(Format::Npm, "^1.0", "1.0.0", "1.0.0")
        .with(|case| case.record("1.0.0").revised_at = at(500));
    case.is("1.0.0", "Unaffected(BuiltAlready) Nothing");
    let pattern = crate::PackagePattern {
        format: Format::Npm,
        namespace: Some("acme".to_owned()),
        name: "*".to_owned(),
    };
    case.with(|case| case.topology.mutable = vec![pattern])
        .is("1.0.0", "Picks Rebuild");
}

#[test]
fn nuget_takes_the_lowest_unless_the_version_floats() {
    table(
        Format::Nuget,
        &[
            "1.2.0 | 1.2.0 | 1.2.0 +1.3.0 | 1.3.0 | Unaffected(SelectsAnother) Nothing",
            "[1.0,2.0) | 1.5.0 | 1.5.0 +1.9.0 | 1.9.0 | Unaffected(SelectsAnother) Nothing",
            "[1.0,2.0) | 1.0.0 | 1.0.0 +2.0.0 | 2.0.0 | Excluded Notify",
            // The lower one that was missing until now: a plain restore goes down to it.
            "1.2.0 | 1.3.0 | 1.3.0 +1.2.0 | 1.2.0 | Picks Rebuild",
            "1.* | 1.2.0 | 1.2.0 +1.3.0 | 1.3.0 | Picks Rebuild",
            "1.* | 1.2.0 | 1.2.0 +1.3.0-beta | 1.3.0-beta | Unaffected(PrereleaseNotSelected) Nothing",
            // As it stands in a project file.
            "1.2 | 1.2 | 1.2.0 | 1.2.0 | Unaffected(BuiltAlready) Nothing",
        ],
    );
}

#[test]
fn pypi_takes_a_pre_release_only_where_nothing_else_is_admitted() {
    table(
        Format::Pypi,
        &[
            ">=1,<2 | 1.0 | 1.0 +1.5 | 1.5 | Picks Rebuild",
            "~=1.4 | 1.4.2 | 1.4.2 +1.4.3 | 1.4.3 | Picks Rebuild",
            "~=1.4 | 1.4.2 | 1.4.2 +2.0 | 2.0 | Excluded Notify",
            "==1.0 | 1.0 | 1.0 +1.1 | 1.1 | Excluded Notify",
            "==1.* | 1.0 | 1.0 +1.1 | 1.1 | Picks Rebuild",
            ">=1 | 1.0 | 1.0 +2.0rc1 | 2.0rc1 | Unaffected(PrereleaseNotSelected) Nothing",
            ">=2 | 1.0 | 1.0 +2.1rc1 | 2.1rc1 | Picks Rebuild",
            ">=2.0rc1 | 2.0rc1 | 2.0rc1 +2.0rc2 | 2.0rc2 | Picks Rebuild",
            "tokens @ https://files.example/tokens.whl | 1.0 | 1.0 +1.1 | 1.1 | Unaffected(NotFromRegistry) Nothing",
            "=>1 | 1.0 | 1.0 +1.1 | 1.1 | Unaffected(NotFromRegistry) Nothing",
            // The same version in another spelling.
            "==1.0 | 1.0 | +1.0.0 | 1.0.0 | Unaffected(BuiltAlready) Nothing",
        ],
    );
}

#[test]
fn cargo_ruby_swift_and_generic_pick_the_highest_they_admit() {
    table(
        Format::Cargo,
        &[
            "1.2 | 1.2.0 | 1.2.0 +1.3.0 | 1.3.0 | Picks Rebuild",
            "0.3.1 | 0.3.1 | 0.3.1 +0.4.0 | 0.4.0 | Excluded Notify",
            "=1.2.0 | 1.2.0 | 1.2.0 +1.2.1 | 1.2.1 | Excluded Notify",
        ],
    );
    table(
        Format::Ruby,
        &[
            "~> 1.4 | 1.4.0 | 1.4.0 +1.9.0 | 1.9.0 | Picks Rebuild",
            "~> 1.4 | 1.4.0 | 1.4.0 +2.0.0 | 2.0.0 | Excluded Notify",
            ">= 1.0 | 1.0 | 1.0 +2.0.pre1 | 2.0.pre1 | Unaffected(PrereleaseNotSelected) Nothing",
        ],
    );
    table(
        Format::Swift,
        &["1.2.0..<2.0.0 | 1.2.0 | 1.2.0 +1.3.0 | 1.3.0 | Picks Rebuild"],
    );
    table(
        Format::Generic,
        &[
            "v1.* | v1.9 | v1.9 +v1.10 | v1.10 | Picks Rebuild",
            "v1.9 | v1.9 | v1.9 +v1.10 | v1.10 | Excluded Notify",
        ],
    );
}
