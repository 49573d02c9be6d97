//! Small records with plain contents; a test sets the fields that it is about.

mod slots;

pub use slots::{pending, rebuild, running, starting, wanted};

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::str::FromStr;

use downriver_domain::version::{PackageId, PackageVersionId};
use downriver_domain::{
    Application, Built, Cascade, Dependency, Evidence, Origin, Pipeline, Policy, Repository,
    RepositoryId, RepositoryInventory, Scope, Target, Timestamp, Topology, VersionRecord,
    VersionStatus, Versioning,
};
use downriver_engine::history::{HistoryBody, HistoryEntry, Note, NoteKind};
use downriver_engine::ports::Registration;

/// The account that everything is in.
pub const ACCOUNT: &str = "111122223333";

/// Any identifier from its text.
pub fn id<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().expect("a test writes valid identifiers")
}

/// `secs` seconds after the beginning of 2026 (UTC).
pub fn at(secs: i64) -> Timestamp {
    Timestamp::from_unix_millis(1_767_225_600_000 + secs * 1000)
}

/// A package from its package URL.
pub fn package(purl: &str) -> PackageId {
    id(purl)
}

/// A package version from a package URL and a version.
pub fn package_version(purl: &str, version: &str) -> PackageVersionId {
    PackageVersionId::new(package(purl), version).expect("a test writes valid versions")
}

pub fn target(region: &str) -> Target {
    Target {
        account: id(ACCOUNT),
        region: id(region),
    }
}

pub fn pipeline(name: &str) -> Pipeline {
    Pipeline {
        target: target("eu-west-1"),
        name: id(name),
    }
}

pub fn repository(name: &str) -> RepositoryId {
    RepositoryId {
        domain_owner: id(ACCOUNT),
        domain: id("acme"),
        name: id(name),
    }
}

/// A consumer that resolves from the repository `shared`, with a pipeline of its own name.
pub fn application(name: &str) -> Application {
    Application {
        id: id(name),
        owner: id("team-a"),
        pipeline: pipeline(name),
        repositories: vec![repository("shared")],
        products: BTreeSet::new(),
        publishes_to: None,
        versioning: Versioning::Build,
        policy: Policy::default(),
        source_folder: String::new(),
        build_role: None,
        is_declared: false,
        registered_at: at(0),
        upriver: BTreeSet::new(),
        ring: 0,
    }
}

/// An application that publishes packages, given by their package URLs.
pub fn producer(name: &str, products: &[&str]) -> Application {
    Application {
        products: products.iter().copied().map(package).collect(),
        ..application(name)
    }
}

/// A direct runtime dependency, its built version unknown.
pub fn dependency(purl: &str, requirement: &str) -> Dependency {
    Dependency {
        package: package(purl),
        requirement: requirement.to_owned(),
        is_requirement_assumed: false,
        built: Built::Unknown,
        built_as_of: None,
        built_revision: None,
        is_locked: false,
        is_direct: true,
        path: Vec::new(),
        scope: Scope::Runtime,
        evidence: Evidence {
            file: "package.json".into(),
            line: Some(7),
        },
        lock: None,
    }
}

pub fn registration(application: Application, dependencies: Vec<Dependency>) -> Registration {
    Registration {
        application,
        dependencies,
    }
}

/// The repository `shared`, and nothing else.
pub fn topology() -> Topology {
    Topology {
        revision: 1,
        domain_owners: BTreeSet::from([id(ACCOUNT)]),
        repositories: BTreeMap::from([(repository("shared"), Repository::default())]),
        ..Topology::default()
    }
}

/// A version that was published at `at(secs)`.
pub fn version_record(secs: i64) -> VersionRecord {
    VersionRecord {
        status: VersionStatus::Published,
        revision: None,
        sequence: 1,
        event_time: at(secs),
        origin: Origin::Internal,
        first_seen: at(secs),
        published_at: Some(at(secs)),
        withdrawn_at: None,
        revised_at: at(secs),
        incarnation: 1,
        is_seeded: false,
        cascade: Cascade::default(),
    }
}

/// The first record of a package in a repository, with these versions published one second apart.
pub fn inventory(purl: &str, repository_name: &str, versions: &[&str]) -> RepositoryInventory {
    let versions = versions.iter().zip(0_i64..);
    RepositoryInventory {
        repository: repository(repository_name),
        package: package(purl),
        record_revision: 1,
        seeded_at: None,
        versions: versions
            .map(|(version, secs)| ((*version).to_owned(), version_record(secs)))
            .collect(),
    }
}

/// A history entry of an application.
pub fn note(application: &str, secs: i64, text: &str) -> HistoryEntry {
    HistoryEntry {
        at: at(secs),
        application: Some(id(application)),
        package_version: None,
        body: HistoryBody::Note(Note {
            kind: NoteKind::Requested,
            rebuild: None,
            execution: None,
            text: text.to_owned(),
        }),
    }
}
