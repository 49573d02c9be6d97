//! Small records with plain contents for this crate's tests; a test sets the fields that it is about.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::str::FromStr;

use downriver_version::{Format, PackageId};

use crate::slot::{Pending, Rebuild, Running, Slot, SlotState, Wanted};
use crate::{
    Application, AttemptId, Cascade, Origin, Pipeline, Policy, RebuildId, Repository, RepositoryId,
    Target, Timestamp, Topology, VersionRecord, VersionStatus, Versioning,
};

/// Any identifier from its text.
pub(crate) fn id<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().expect("a test writes valid identifiers")
}

/// `secs` seconds after the beginning of a day; applications are registered at 0.
pub(crate) fn at(secs: i64) -> Timestamp {
    Timestamp::from_unix_millis(1_800_000_000_000 + secs * 1000)
}

/// The package `tokens` of a format.
pub(crate) fn tokens(format: Format) -> PackageId {
    let namespace = match format {
        Format::Npm | Format::Swift => Some("acme"),
        Format::Maven => Some("com.acme"),
        _ => None,
    };
    PackageId::new(format, namespace, "tokens").expect("a valid name")
}

pub(crate) fn npm(name: &str) -> PackageId {
    PackageId::new(Format::Npm, Some("acme"), name).expect("a test writes valid names")
}

pub(crate) fn repository(name: &str) -> RepositoryId {
    RepositoryId {
        domain_owner: id("111122223333"),
        domain: id("acme"),
        name: id(name),
    }
}

pub(crate) fn target() -> Target {
    Target {
        account: id("123456789012"),
        region: id("eu-west-1"),
    }
}

/// Resolves from `apps`.
pub(crate) fn application(name: &str) -> Application {
    Application {
        id: id(name),
        owner: id("team-a"),
        pipeline: Pipeline {
            target: target(),
            name: id(name),
        },
        repositories: vec![repository("apps")],
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

/// `apps` has `shared` upstream, which has `public` upstream; nothing sees `staging`.
pub(crate) fn topology() -> Topology {
    let with = |upstreams: &[&str]| Repository {
        upstreams: upstreams.iter().map(|name| repository(name)).collect(),
        external_connections: Vec::new(),
    };
    Topology {
        repositories: BTreeMap::from([
            (repository("apps"), with(&["shared"])),
            (repository("shared"), with(&["public"])),
            (repository("public"), with(&[])),
            (repository("staging"), with(&[])),
        ]),
        ..Topology::default()
    }
}

/// Published at `secs`; what is not `Published` any more was withdrawn at 200.
pub(crate) fn record(status: VersionStatus, secs: i64) -> VersionRecord {
    let is_unfinished = status == VersionStatus::Unfinished;
    let is_withdrawn = status != VersionStatus::Published && !is_unfinished;
    VersionRecord {
        status,
        revision: Some("r1".to_owned()),
        sequence: 1,
        event_time: at(secs),
        origin: Origin::Internal,
        first_seen: at(secs),
        published_at: (!is_unfinished).then(|| at(secs)),
        withdrawn_at: is_withdrawn.then(|| at(200)),
        revised_at: at(secs),
        incarnation: 1,
        is_seeded: false,
        cascade: Cascade::default(),
    }
}

pub(crate) fn wanted(version: &str, secs: i64) -> Wanted {
    Wanted {
        version: version.to_owned(),
        revision: None,
        from: Some("1.0.0".to_owned()),
        needs_refresh: false,
        is_third_party: false,
        repository: repository("shared"),
        seen_at: at(secs),
        cascade: Cascade::default(),
        reason: "a plain rebuild resolves to it".to_owned(),
    }
}

/// The first rebuild of an application, requested at `secs`, that is to pick up 2.0.0 of these npm packages.
pub(crate) fn rebuild(application: &Application, secs: i64, packages: &[&str]) -> Rebuild {
    Rebuild {
        id: RebuildId::numbered(&application.id, 1),
        packages: packages
            .iter()
            .map(|name| (npm(name), wanted("2.0.0", secs)))
            .collect(),
        requested_at: at(secs),
        last_change_at: at(secs),
        attempts: 1,
        failures: 0,
        is_canceled_once: false,
        upriver_held_since: None,
        waited: Vec::new(),
        first_started_at: None,
        is_expedited: false,
    }
}

pub(crate) fn pending(rebuild: Rebuild) -> Pending {
    Pending::new(rebuild)
}

/// Started at `secs`.
pub(crate) fn running(application: &Application, rebuild: Rebuild, secs: i64) -> Running {
    Running {
        attempt: AttemptId::numbered(&rebuild.id, 1),
        rebuild,
        pipeline: application.pipeline.clone(),
        execution: id("e-ours"),
        started_at: at(secs),
        following: None,
        holds_budget: true,
        published: BTreeSet::new(),
    }
}

pub(crate) fn slot(application: &Application, state: SlotState) -> Slot {
    let mut slot = Slot::new(application.id.clone());
    slot.rebuilds_requested = 1;
    slot.state = state;
    slot
}
