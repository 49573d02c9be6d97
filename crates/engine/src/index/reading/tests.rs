use std::sync::Arc;

use downriver_domain::version::{Format, PackageId};
use downriver_domain::{Built, Evidence, Scope};
use downriver_manifest::{FoundDependency, Reading};

use super::*;

fn found(requirement: Option<&str>, locked: Option<&str>, lock: &str) -> FoundDependency {
    let place = |file: &str, line| Evidence {
        file: file.into(),
        line: Some(line),
    };
    FoundDependency {
        package: PackageId::new(Format::Npm, Some("acme"), "tokens").expect("a package"),
        requirement: requirement.map(str::to_owned),
        locked: locked.map(Arc::from),
        is_direct: true,
        via: Arc::default(),
        via_version: None,
        scopes: [Scope::Dev, Scope::Optional].into_iter().collect(),
        evidence: place("package.json", 7),
        lock: locked.map(|_| place(lock, 120)),
    }
}

fn read(found: FoundDependency) -> Dependency {
    let reading = Reading {
        dependencies: vec![found],
        ..Reading::default()
    };
    let built = |found: &FoundDependency| {
        let locked = found.locked.as_deref().map(str::to_owned);
        locked.map_or(Built::Unknown, Built::Assumed)
    };
    dependencies_of(&reading, built).remove(0)
}

#[test]
fn what_files_tell_becomes_a_dependency() {
    let read = read(found(Some("^1.2.0"), Some("1.2.3"), "package-lock.json"));
    assert_eq!(read.requirement, "^1.2.0");
    assert!(!read.is_requirement_assumed && read.is_locked && read.is_direct);
    assert_eq!(read.built, Built::Assumed("1.2.3".to_owned()));
    assert_eq!(read.scope, Scope::Optional);
    assert_eq!(&*read.evidence.file, "package.json");
    assert_eq!(read.lock.and_then(|lock| lock.line), Some(120));
}

#[test]
fn a_requirement_that_nothing_tells_is_supposed() {
    let of_locked = read(found(None, Some("1.2.3"), "yarn.lock"));
    assert_eq!(of_locked.requirement, "^1.2.3");
    assert!(of_locked.is_requirement_assumed);
    let of_nothing = read(found(None, None, ""));
    assert_eq!(of_nothing.requirement, "*");
    assert!(of_nothing.is_requirement_assumed && !of_nothing.is_locked);
}

#[test]
fn any_version_is_a_requirement_of_each_format() {
    for format in Format::ALL {
        let any = any_version(format);
        let requirement = Requirement::parse(format, any);
        assert!(requirement.is_ok(), "{format}: {any}: {requirement:?}");
    }
}

#[test]
fn an_sbom_tells_a_version_but_holds_none() {
    assert!(!read(found(None, Some("1.2.3"), "bom.json")).is_locked);
    assert!(!read(found(None, Some("1.2.3"), "project.assets.json")).is_locked);
    assert!(read(found(None, Some("1.2.3"), "web/pnpm-lock.yaml")).is_locked);
}
