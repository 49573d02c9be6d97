use std::collections::BTreeMap;

use super::{Offer, PackageHold, offer};
use crate::slot::Rebuild;
use crate::testing::{application, at, npm, rebuild};
use crate::version::PackageVersionId;

fn change(name: &str) -> PackageVersionId {
    PackageVersionId::new(npm(name), "2.0.0").expect("valid")
}

fn ring(name: &str) -> PackageHold {
    PackageHold::Ring {
        change: change(name),
        open: 0,
        own: 2,
    }
}

/// For `kit` and `tokens`; those of `refreshed` are locked.
fn two(refreshed: &[&str]) -> Rebuild {
    let mut rebuild = rebuild(&application("web"), 0, &["kit", "tokens"]);
    for name in refreshed {
        if let Some(wanted) = rebuild.packages.get_mut(&npm(name)) {
            wanted.needs_refresh = true;
        }
    }
    rebuild
}

fn offered(refreshed: &[&str], holds: &[(&str, PackageHold)]) -> String {
    let holds: BTreeMap<_, _> = holds
        .iter()
        .map(|(name, hold)| (npm(name), hold.clone()))
        .collect();
    let Offer { closed, later } = offer(&two(refreshed), &holds);
    let closed: Vec<String> = closed
        .iter()
        .map(|(gate, on, until)| format!("{} {on:?} {until:?}", gate.as_str()))
        .collect();
    let later: Vec<&str> = later
        .iter()
        .map(downriver_version::PackageId::name)
        .collect();
    format!("closed [{}] later {later:?}", closed.join("; "))
}

#[test]
fn nothing_held_goes_whole() {
    assert_eq!(offered(&[], &[]), "closed [] later []");
}

#[test]
fn a_plain_rebuild_is_held_as_a_whole_since_it_would_pick_up_what_is_held() {
    let shown = offered(&[], &[("tokens", ring("tokens"))]);
    assert!(
        shown.starts_with("closed [ring Ring") && shown.ends_with("later []"),
        "{shown}"
    );
    // Also where the held one could be left out, and another held one could not.
    let both = [
        ("kit", PackageHold::Halt(change("kit"))),
        ("tokens", ring("tokens")),
    ];
    let shown = offered(&["tokens"], &both);
    assert!(shown.starts_with("closed [ring Halt"), "{shown}");
}

#[test]
fn where_refresh_selects_the_versions_the_held_one_is_left_for_later() {
    assert_eq!(
        offered(&["tokens"], &[("tokens", ring("tokens"))]),
        "closed [] later [\"tokens\"]"
    );
    // Nothing to go with: it is held.
    let all = [("kit", ring("kit")), ("tokens", ring("tokens"))];
    let shown = offered(&["kit", "tokens"], &all);
    assert!(shown.starts_with("closed [ring Ring"), "{shown}");
}

#[test]
fn a_young_version_holds_only_itself_and_the_first_to_be_old_enough_opens_the_gate() {
    let young = |secs| PackageHold::Age(at(secs));
    assert_eq!(
        offered(&[], &[("tokens", young(100))]),
        "closed [] later [\"tokens\"]"
    );
    let shown = offered(&[], &[("kit", young(900)), ("tokens", young(100))]);
    assert_eq!(
        shown,
        format!("closed [age Time {:?}] later []", Some(at(100)))
    );
}

#[test]
fn an_approval_is_a_gate_of_its_own() {
    let holds = [
        ("kit", PackageHold::Approval(change("kit"))),
        ("tokens", ring("tokens")),
    ];
    let shown = offered(&[], &holds);
    assert!(
        shown.contains("ring Ring") && shown.contains("; approved Approval"),
        "{shown}"
    );
}
