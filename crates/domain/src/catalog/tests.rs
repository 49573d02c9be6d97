//! What follows from the whole catalog, cycles included, and patterns.

use std::collections::BTreeSet;

use downriver_version::{Format, PackageId, PackageVersionId};
use proptest::prelude::*;

use super::{ObservedRepository, PackagePattern, Repository, Topology, matches_glob};
use crate::ApplicationId;
use crate::testing::{at, id, npm, repository, target, tokens, topology};

fn names(ids: &BTreeSet<ApplicationId>) -> Vec<&str> {
    ids.iter().map(ApplicationId::as_str).collect()
}

/// A producer graph from `producer: upriver upriver` lines.
fn graph(lines: &[&str]) -> Topology {
    let edges = lines.iter().filter_map(|line| line.split_once(": "));
    let upriver = edges.map(|(producer, upriver)| {
        (
            id(producer),
            upriver.split(' ').map(id).collect::<BTreeSet<_>>(),
        )
    });
    Topology {
        upriver: upriver.collect(),
        ..Topology::default()
    }
}

#[test]
fn an_application_sees_its_repositories_and_everything_upstream() {
    let topology = topology();
    let seen = topology.visible_from(&[repository("apps")]);
    let expected = ["apps", "shared", "public"].map(repository);
    assert_eq!(seen, expected.into());
    // One that the catalog does not describe has nothing upstream.
    let unknown = topology.visible_from(&[repository("other")]);
    assert_eq!(unknown, [repository("other")].into());
    assert!(topology.visible_from(&[]).is_empty());
}

#[test]
fn upstream_cycles_end() {
    let mut topology = topology();
    let back = Repository {
        upstreams: vec![repository("apps"), repository("public")],
        external_connections: Vec::new(),
    };
    topology.repositories.insert(repository("public"), back);
    assert_eq!(topology.visible_from(&[repository("shared")]).len(), 3);
}

#[test]
fn what_codeartifact_itself_says_stands_above_the_catalog() {
    let mut topology = topology();
    assert!(!topology.has_external_connection(&repository("shared")));
    let observed = ObservedRepository {
        upstreams: vec![repository("staging")],
        external_connections: vec!["public:npmjs".to_owned()],
        at: at(0),
    };
    topology.observed.insert(repository("shared"), observed);
    let seen = topology.visible_from(&[repository("apps")]);
    assert_eq!(seen, ["apps", "shared", "staging"].map(repository).into());
    assert!(topology.has_external_connection(&repository("shared")));
    // Of one that was not observed the catalog's word stands, also where it is not in the catalog.
    assert_eq!(
        topology.upstreams(&repository("apps")),
        [repository("shared")]
    );
    assert!(topology.upstreams(&repository("other")).is_empty());
}

#[test]
fn producers_reach_through_producers() {
    let diamond = graph(&["left: core", "right: core", "top: left right"]);
    let reaching = diamond.reaching(&[id("top")].into());
    assert_eq!(names(&reaching), ["core", "left", "right", "top"]);
    let of_left = diamond.reaching(&[id("left")].into());
    assert_eq!(names(&of_left), ["core", "left"]);
    assert!(diamond.reaching(&BTreeSet::new()).is_empty());
}

#[test]
fn producer_cycles_end() {
    let cycle = graph(&["a: b", "b: c", "c: a"]);
    assert_eq!(names(&cycle.reaching(&[id("a")].into())), ["a", "b", "c"]);
    let alone = graph(&["a: a"]);
    assert_eq!(names(&alone.reaching(&[id("a")].into())), ["a"]);
}

#[test]
fn targets_have_a_budget_of_their_own_or_the_default() {
    let mut topology = topology();
    assert_eq!(topology.budget(&target()), 20);
    topology.budgets.insert(target(), 3);
    assert_eq!(topology.budget(&target()), 3);
}

fn pattern(format: Format, namespace: Option<&str>, name: &str) -> PackagePattern {
    PackagePattern {
        format,
        namespace: namespace.map(str::to_owned),
        name: name.to_owned(),
    }
}

#[test]
fn a_pattern_matches_format_namespace_and_name() {
    let bare = PackageId::new(Format::Npm, None, "tokens").expect("valid");
    for (pattern, package, is_match) in [
        (pattern(Format::Npm, Some("acme"), "*"), npm("tokens"), true),
        (
            pattern(Format::Npm, Some("acme"), "tok*"),
            npm("tokens"),
            true,
        ),
        (
            pattern(Format::Npm, Some("acme"), "kit*"),
            npm("tokens"),
            false,
        ),
        (
            pattern(Format::Npm, Some("*"), "tokens"),
            npm("tokens"),
            true,
        ),
        (pattern(Format::Npm, None, "tokens"), npm("tokens"), false),
        (pattern(Format::Npm, None, "tokens"), bare.clone(), true),
        (
            pattern(Format::Npm, Some("acme"), "tokens"),
            bare.clone(),
            false,
        ),
        (pattern(Format::Npm, Some("*"), "tokens"), bare, true),
        (
            pattern(Format::Pypi, Some("acme"), "*"),
            npm("tokens"),
            false,
        ),
        (
            pattern(Format::Maven, Some("com.*"), "*"),
            tokens(Format::Maven),
            true,
        ),
        (
            pattern(Format::Maven, Some("org.*"), "*"),
            tokens(Format::Maven),
            false,
        ),
    ] {
        assert_eq!(
            pattern.matches(&package),
            is_match,
            "{pattern} and {package}"
        );
    }
}

#[test]
fn a_pattern_reads_as_a_package_url() {
    let shown = [
        pattern(Format::Npm, Some("acme"), "*").to_string(),
        pattern(Format::Maven, Some("com.acme"), "tok*").to_string(),
        pattern(Format::Pypi, None, "acme-*").to_string(),
    ];
    insta::assert_snapshot!(shown.join("\n"), @"
    pkg:npm/%40acme/*
    pkg:maven/com.acme/tok*
    pkg:pypi/acme-*
    ");
}

#[test]
fn a_star_stands_for_any_run_of_characters() {
    for (glob, text, is_match) in [
        ("", "", true),
        ("", "a", false),
        ("a", "a", true),
        ("a", "ab", false),
        ("*", "", true),
        ("*", "anything", true),
        ("a*", "abc", true),
        ("*c", "abc", true),
        ("a*c", "abc", true),
        ("a*a", "a", false),
        ("a*a", "aa", true),
        ("a*b*c", "a-b-b-c", true),
        ("a*b*c", "a-c-b", false),
        ("a**b", "ab", true),
        ("*é*", "café!", true),
        ("*ab", "aab", true),
        ("a*ab*b", "aabb", true),
        ("a*ab*b", "aab", false),
    ] {
        assert_eq!(matches_glob(glob, text), is_match, "`{glob}` and `{text}`");
    }
}

#[test]
fn a_hostile_pattern_takes_no_longer_than_a_plain_one() {
    let (glob, text) = ("*a".repeat(20_000) + "b", "a".repeat(200_000));
    // Of the order of 10^9 steps if every star were tried at every place.
    assert!(!matches_glob(&glob, &text));
}

#[test]
fn snapshots_and_declared_packages_are_mutable_and_ours_are_internal() {
    let mut topology = topology();
    let version = |format, version| PackageVersionId::new(tokens(format), version).expect("valid");
    assert!(topology.is_mutable(&version(Format::Maven, "1.0-SNAPSHOT")));
    assert!(!topology.is_mutable(&version(Format::Maven, "1.0")));
    assert!(!topology.is_mutable(&version(Format::Npm, "1.0-SNAPSHOT")));
    topology.mutable = vec![pattern(Format::Npm, Some("acme"), "*")];
    assert!(topology.is_mutable(&version(Format::Npm, "1.0.0")));
    assert!(!topology.is_internal(&npm("tokens")));
    topology
        .producers
        .insert(npm("tokens"), [id("core")].into());
    assert!(topology.is_internal(&npm("tokens")));
    assert!(!topology.is_internal(&npm("kit")));
    topology.internal = vec![pattern(Format::Npm, Some("acme"), "k*")];
    assert!(topology.is_internal(&npm("kit")));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_glob_matches_as_a_slow_matcher_does(glob in "[ab*é]{0,8}", text in "[abé]{0,10}") {
        prop_assert_eq!(matches_glob(&glob, &text), slow_match(&glob, &text));
    }

    #[test]
    fn what_reaches_is_closed_under_the_graph(edges in prop::collection::vec((0_u8..8, 0_u8..8), 0..20)) {
        let mut topology = Topology::default();
        for (producer, upriver) in edges {
            let producer = topology.upriver.entry(id(&format!("p{producer}"))).or_default();
            producer.insert(id(&format!("p{upriver}")));
        }
        let reaching = topology.reaching(&[id("p0")].into());
        for producer in &reaching {
            let next = topology.upriver.get(producer).cloned().unwrap_or_default();
            prop_assert!(next.is_subset(&reaching));
        }
    }
}

/// By the definition: exponential, for short texts only.
fn slow_match(glob: &str, text: &str) -> bool {
    let mut rest = glob.chars();
    match rest.next() {
        None => text.is_empty(),
        Some('*') => text
            .char_indices()
            .map(|(at, _)| at)
            .chain([text.len()])
            .any(|at| slow_match(rest.as_str(), &text[at..])),
        Some(first) => text
            .strip_prefix(first)
            .is_some_and(|text| slow_match(rest.as_str(), text)),
    }
}
