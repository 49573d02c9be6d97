//! Joining a lockfile with what is declared.

use std::borrow::Cow;
use std::collections::BTreeSet;

use downriver_domain::{Evidence, Scope};

use super::{Declared, Lock, Locked, Need, Rest};
use crate::reading::{Reading, Source};

fn locked(name: &'static str, version: &'static str, needs: Vec<Need<'static>>) -> Locked<'static> {
    Locked {
        name: Cow::Borrowed(name),
        version: Some(Cow::Borrowed(version)),
        source: Source::Registry,
        line: Some(1),
        scope: None,
        needs,
    }
}

fn need(name: &'static str, requirement: Option<&'static str>) -> Need<'static> {
    Need {
        requirement: requirement.map(Cow::Borrowed),
        ..Need::new(Cow::Borrowed(name))
    }
}

fn declared(name: &str, requirement: &str, scope: Scope) -> Declared {
    Declared {
        name: name.to_owned(),
        requirement: Some(requirement.to_owned()),
        extras: BTreeSet::new(),
        source: Source::Registry,
        scope,
        evidence: Evidence {
            file: "pyproject.toml".into(),
            line: Some(9),
        },
    }
}

fn read(packages: Vec<Locked<'static>>, declared: &[Declared], rest: Rest) -> Vec<String> {
    let lock = Lock {
        path: "lock",
        format: String::new(),
        packages,
        is_flat: false,
        counts_every_source: false,
    };
    let mut reading = Reading::default();
    lock.join(declared, rest)
        .unwrap()
        .into_reading(&mut reading);
    reading
        .dependencies
        .iter()
        .map(|found| {
            let via: Vec<&str> = found
                .via
                .iter()
                .map(downriver_version::PackageId::name)
                .collect();
            let mark = if found.is_direct { "direct" } else { "" };
            format!(
                "{} {} {} {mark} {via:?} {:?}",
                found.package.name(),
                found.locked.as_deref().unwrap_or("-"),
                found.requirement.as_deref().unwrap_or("?"),
                found.scopes
            )
        })
        .collect()
}

#[test]
fn of_two_versions_each_is_for_whom_its_requirement_admits_it() {
    let packages = vec![
        locked("numpy", "1.19.5", vec![]),
        locked("numpy", "1.21.1", vec![]),
        locked("scipy", "1.6.1", vec![need("numpy", Some(">=1.20"))]),
    ];
    let asked = [
        declared("numpy", "<1.20", Scope::Dev),
        declared("scipy", "", Scope::Runtime),
    ];
    assert_eq!(
        read(packages, &asked, Rest::Own),
        [
            "numpy 1.19.5 <1.20 direct [] {Dev}",
            r#"numpy 1.21.1 >=1.20  ["scipy"] {Runtime}"#,
            "scipy 1.6.1  direct [] {Runtime}",
        ]
    );
}

#[test]
fn what_an_extra_brings_is_there_for_who_asks_for_the_extra() {
    let optional = |name| Need {
        only_with: vec![Cow::Borrowed("socks")],
        ..need(name, None)
    };
    let packages = || {
        vec![
            locked("requests", "2.0", vec![optional("pysocks")]),
            locked("pysocks", "1.7", vec![]),
        ]
    };
    let mut asked = [declared("requests", ">=2", Scope::Runtime)];
    assert_eq!(
        read(packages(), &asked, Rest::Others),
        ["requests 2.0 >=2 direct [] {Runtime}"]
    );
    asked[0].extras.insert("socks".to_owned());
    assert_eq!(
        read(packages(), &asked, Rest::Others),
        [
            "requests 2.0 >=2 direct [] {Runtime}",
            r#"pysocks 1.7 ?  ["requests"] {Runtime}"#
        ]
    );
}

#[test]
fn what_nothing_reaches_is_kept_without_a_way() {
    let packages = vec![
        locked("a", "1", vec![]),
        locked("b", "1", vec![need("c", None)]),
        locked("c", "1", vec![need("d", None)]),
        locked("d", "1", vec![need("c", None)]),
        locked("e", "1", vec![need("f", None)]),
        locked("f", "1", vec![need("e", None)]),
    ];
    let asked = [declared("a", "", Scope::Runtime)];
    let told = read(packages, &asked, Rest::Own);
    assert_eq!(
        told,
        [
            "a 1  direct [] {Runtime}",
            "b 1 ?  [] {Runtime}",
            r#"c 1 ?  ["b"] {Runtime}"#,
            r#"d 1 ?  ["b", "c"] {Runtime}"#,
            "e 1 ?  [] {Runtime}",
            r#"f 1 ?  ["e"] {Runtime}"#,
        ]
    );
}

#[test]
fn a_lockfile_alone_supposes_that_what_nobody_needs_is_asked_for() {
    let packages = vec![
        locked("a", "1", vec![need("b", Some("<2"))]),
        locked("b", "1", vec![]),
    ];
    assert_eq!(
        read(packages, &[], Rest::Supposed),
        ["a 1 ? direct [] {Runtime}", r#"b 1 <2  ["a"] {Runtime}"#]
    );
}

#[test]
fn what_is_declared_and_not_locked_is_told_without_a_version() {
    let asked = [
        declared("a", ">=1", Scope::Runtime),
        declared("setuptools", ">=61", Scope::Build),
    ];
    let packages = vec![locked("setuptools", "80.0", vec![])];
    assert_eq!(
        read(packages, &asked, Rest::Others),
        [
            "a - >=1 direct [] {Runtime}",
            "setuptools - >=61 direct [] {Build}"
        ]
    );
}

#[test]
fn thousands_of_versions_of_one_package_cost_no_more_than_that() {
    let names: Vec<String> = (0..5_000).map(|number| format!("1.{number}")).collect();
    let names: &'static [String] = names.leak();
    let packages: Vec<Locked<'static>> = names
        .iter()
        .map(|version| {
            let exact = Need {
                version: Some(Cow::Borrowed(version)),
                ..need("a", None)
            };
            locked("a", version, vec![exact])
        })
        .collect();
    assert_eq!(read(packages, &[], Rest::Supposed).len(), 5_000);
}
