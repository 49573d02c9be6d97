//! What the samples hold: every kind of value, and every name of every list of names.

mod entries;
mod slots;

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use crate::doctor::{Check, Checkup, Finding, Missed, Severity, StoredFinding, Subject};
use downriver_domain::slot::{ActiveProducer, Comparison, Controls, Gate, Pause, PauseScope};
use downriver_domain::summary::SummaryProgress;
use downriver_domain::version::{Format, PackageId, PackageVersionId};
use downriver_domain::{
    Application, Built, Cascade, Dependency, Evidence, Follow, ObservedRepository, OnLocked,
    Origin, PackagePattern, Pipeline, Policy, Repository, RepositoryId, RepositoryInventory,
    Rollback, Scope, Summary, Target, Timestamp, Topology, VersionRecord, VersionStatus,
    Versioning,
};

pub(super) use self::entries::history;
pub(super) use self::slots::slots;

pub(super) const GATES: [Gate; 8] = [
    Gate::Compared,
    Gate::BackOff,
    Gate::Indexed,
    Gate::Settled,
    Gate::Free,
    Gate::UpriverQuiet,
    Gate::Budget,
    Gate::NotPaused,
];

pub(super) fn inventories() -> Vec<RepositoryInventory> {
    let statuses = [
        VersionStatus::Published,
        VersionStatus::Unfinished,
        VersionStatus::Unlisted,
        VersionStatus::Archived,
        VersionStatus::Disposed,
        VersionStatus::Deleted,
    ];
    let origins = [Origin::Internal, Origin::External, Origin::Unknown];
    let versions = statuses.into_iter().zip(origins.into_iter().cycle());
    let full = VersionRecord {
        revision: Some("r/1=+".to_owned()),
        sequence: u64::MAX,
        published_at: Some(at(2)),
        withdrawn_at: Some(at(3)),
        is_seeded: true,
        cascade: cascade(),
        ..version_record(VersionStatus::Unlisted, Origin::External)
    };
    vec![
        RepositoryInventory {
            repository: repository("shared"),
            package: tokens(),
            record_revision: 1,
            seeded_at: None,
            versions: BTreeMap::new(),
        },
        RepositoryInventory {
            repository: repository("staging"),
            package: PackageId::new(Format::Generic, Some("ns"), "名前").unwrap(),
            record_revision: 12,
            seeded_at: Some(at(1)),
            versions: versions
                .zip(0..)
                .map(|((status, origin), minor)| {
                    (format!("1.{minor}.0"), version_record(status, origin))
                })
                .chain([("2.0.0-rc.1+build".to_owned(), full)])
                .collect(),
        },
    ]
}

pub(super) fn topologies() -> Vec<Topology> {
    let pattern = |namespace: Option<&str>, name: &str| PackagePattern {
        format: Format::Npm,
        namespace: namespace.map(str::to_owned),
        name: name.to_owned(),
    };
    let shared = Repository {
        upstreams: vec![repository("public")],
        external_connections: vec!["public:npmjs".to_owned()],
    };
    vec![
        Topology::default(),
        Topology {
            revision: 3,
            domain_owners: BTreeSet::from([id("111122223333")]),
            receivers: BTreeSet::from([id("444455556666")]),
            repositories: BTreeMap::from([
                (repository("shared"), shared),
                (repository("public"), Repository::default()),
            ]),
            observed: BTreeMap::new(),
            budgets: BTreeMap::from([(target(), 5)]),
            event_started: BTreeSet::new(),
            internal: vec![pattern(Some("acme"), "*")],
            mutable: vec![pattern(None, "*-snapshot")],
            producers: BTreeMap::from([(tokens(), BTreeSet::from([id("lib")]))]),
            upriver: BTreeMap::from([
                (id("core"), BTreeSet::new()),
                (id("lib"), BTreeSet::from([id("core")])),
            ]),
            is_shadow: true,
            ..Topology::default()
        },
        Topology {
            revision: 4,
            observed: BTreeMap::from([
                (
                    repository("shared"),
                    observed(vec![repository("public")], &["public:npmjs"]),
                ),
                (repository("public"), observed(Vec::new(), &[])),
            ]),
            ..Topology::default()
        },
        Topology {
            revision: 5,
            event_started: [target()].into(),
            ..Topology::default()
        },
    ]
}

fn observed(upstreams: Vec<RepositoryId>, connections: &[&str]) -> ObservedRepository {
    ObservedRepository {
        upstreams,
        external_connections: connections.iter().map(ToString::to_string).collect(),
        at: at(5),
    }
}

pub(super) fn applications() -> Vec<Application> {
    let web = Application {
        id: id("web"),
        owner: id("team-a"),
        pipeline: pipeline("web"),
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
    };
    let policy = |follow, on_locked, rollback| Policy {
        follow,
        on_locked,
        rollback,
        is_third_party_followed: true,
        is_source_rebuilt: true,
        is_shadow: true,
        retries_max: 0,
        ..Policy::default()
    };
    vec![
        web.clone(),
        Application {
            repositories: vec![repository("shared"), repository("public")],
            products: BTreeSet::from([tokens()]),
            publishes_to: Some(repository("staging")),
            versioning: Versioning::Source,
            policy: policy(Follow::Direct, OnLocked::Refresh, Rollback::Auto),
            upriver: BTreeSet::from([id("core"), id("lib")]),
            ..web.clone()
        },
        Application {
            policy: policy(Follow::None, OnLocked::Rebuild, Rollback::Notify),
            ..web.clone()
        },
        Application {
            policy: policy(Follow::All, OnLocked::Ignore, Rollback::Notify),
            ..web.clone()
        },
        Application {
            source_folder: "services/web".to_owned(),
            is_declared: true,
            ..web.clone()
        },
        Application {
            build_role: Some(id("arn:aws:iam::123456789012:role/builds/web")),
            ..web
        },
    ]
}

pub(super) fn dependencies() -> Vec<Dependency> {
    let least = Dependency {
        package: tokens(),
        requirement: "^1.0.0".to_owned(),
        is_requirement_assumed: false,
        built: Built::Unknown,
        built_as_of: None,
        built_revision: None,
        is_locked: false,
        is_direct: true,
        path: Vec::new(),
        scope: Scope::Runtime,
        evidence: Evidence {
            file: "".into(),
            line: None,
        },
        lock: None,
    };
    let scopes = [
        Scope::Runtime,
        Scope::Dev,
        Scope::Test,
        Scope::Build,
        Scope::Optional,
        Scope::Peer,
    ];
    let full = scopes.map(|scope| Dependency {
        built: Built::Proven("1.2.3".to_owned()),
        built_as_of: Some(at(1)),
        built_revision: Some("r1".to_owned()),
        is_locked: true,
        is_direct: false,
        path: vec![
            PackageId::new(Format::Npm, None, "left-pad").unwrap(),
            tokens(),
        ],
        scope,
        evidence: Evidence {
            file: "web/package-lock.json".into(),
            line: Some(7),
        },
        ..least.clone()
    });
    let assumed = Dependency {
        built: Built::Assumed("~1".to_owned()),
        ..least.clone()
    };
    let told = Dependency {
        is_requirement_assumed: true,
        is_locked: true,
        is_direct: false,
        lock: Some(Evidence {
            file: "poetry.lock".into(),
            line: Some(12),
        }),
        ..least.clone()
    };
    let peer = Dependency {
        is_direct: true,
        path: vec![tokens()],
        lock: Some(Evidence {
            file: "".into(),
            line: None,
        }),
        ..least.clone()
    };
    let first = [least, assumed].into_iter().chain(full);
    first.chain([told, peer]).collect()
}

fn found(severity: Severity, check: Check, subject: Subject) -> StoredFinding {
    StoredFinding {
        finding: Finding {
            severity,
            check,
            application: None,
            subject,
            evidence: "There is none.".to_owned(),
            mend: "create it".to_owned(),
        },
        found_at: at(1),
        is_told: false,
    }
}

pub(super) fn checkups() -> Vec<Checkup> {
    let mut missing = found(
        Severity::Error,
        Check::PipelineMissing,
        Subject::Pipeline(pipeline("web")),
    );
    missing.finding.application = Some(id("web"));
    missing.is_told = true;
    let role = Subject::Role("111122223333".to_owned());
    let warning = |check, subject| found(Severity::Warning, check, subject);
    vec![
        Checkup::default(),
        Checkup {
            revision: 3,
            at: Some(at(3)),
            up_to: Some(id("web")),
            missed: Some(Missed {
                at: at(2),
                versions: 4,
            }),
            findings: vec![
                missing,
                found(Severity::Error, Check::RoleNotAssumable, role),
            ],
            left_out: 2,
        },
        Checkup {
            revision: 4,
            findings: vec![
                warning(Check::NeverIndexed, Subject::Application(id("web"))),
                warning(
                    Check::RepositoryMissing,
                    Subject::Repository(repository("shared")),
                ),
                warning(
                    Check::EventsSilent,
                    Subject::Domain(id("111122223333"), id("acme")),
                ),
                warning(
                    Check::QueueMissing,
                    Subject::Queue("ChangesQueue".to_owned()),
                ),
                warning(
                    Check::RuleMissing,
                    Subject::Rule("PackageVersionRule".to_owned()),
                ),
                warning(Check::SweepSilent, Subject::Deployment),
            ],
            ..Checkup::default()
        },
    ]
}

pub(super) fn controls() -> Vec<Controls> {
    let pause = |scope| {
        let pause = Pause {
            by: "ana".to_owned(),
            reason: "“release” freeze".to_owned(),
            at: at(1),
        };
        (scope, pause)
    };
    let scopes = [
        PauseScope::System,
        PauseScope::Application(id("web")),
        PauseScope::Package(tokens()),
    ];
    vec![
        Controls::default(),
        Controls {
            revision: 2,
            pauses: scopes.map(pause).into(),
            comparison: Some(Comparison {
                up_to: id("web"),
                at: at(3),
            }),
            ..Controls::default()
        },
        Controls {
            revision: 3,
            reconciliation: Some(Comparison {
                up_to: id("web"),
                at: at(4),
            }),
            repositories_read_at: Some(at(5)),
            ..Controls::default()
        },
        Controls {
            revision: 4,
            summaries: Some(SummaryProgress {
                up_to: Some(id("web")),
                owners: [(id("team-a"), summary())].into(),
                ..SummaryProgress::begin(at(6))
            }),
            ..Controls::default()
        },
        Controls {
            revision: 5,
            summaries: Some(SummaryProgress {
                is_told: true,
                ..SummaryProgress::begin(at(7))
            }),
            ..Controls::default()
        },
    ]
}

fn summary() -> Summary {
    Summary {
        applications: 2,
        changes: 9,
        rebuilds: 2,
        coalesced: 6,
        excluded: 1,
        started: 2,
        ..Summary::default()
    }
}

pub(super) fn active_producers() -> Vec<ActiveProducer> {
    vec![ActiveProducer {
        application: id("lib"),
        rebuild: id("lib.1"),
        since: at(0),
        active_from: None,
    }]
}

fn version_record(status: VersionStatus, origin: Origin) -> VersionRecord {
    VersionRecord {
        status,
        revision: None,
        sequence: 1,
        event_time: at(0),
        origin,
        first_seen: at(0),
        published_at: None,
        withdrawn_at: None,
        revised_at: at(0),
        incarnation: 1,
        is_seeded: false,
        cascade: Cascade::default(),
    }
}

fn cascade() -> Cascade {
    Cascade {
        roots: BTreeSet::from([tokens_version("1.9.0")]),
        applications: BTreeSet::from([id("core"), id("lib")]),
        is_overlapped: true,
        is_urgent: true,
        depth: 0,
    }
}

pub(super) fn id<T: FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

pub(super) fn at(secs: i64) -> Timestamp {
    Timestamp::from_unix_millis(1_767_225_600_000 + secs * 1000)
}

fn tokens() -> PackageId {
    PackageId::new(Format::Npm, Some("acme"), "tokens").unwrap()
}

fn tokens_version(version: &str) -> PackageVersionId {
    PackageVersionId::new(tokens(), version).unwrap()
}

fn repository(name: &str) -> RepositoryId {
    RepositoryId {
        domain_owner: id("111122223333"),
        domain: id("acme"),
        name: id(name),
    }
}

pub(super) fn target() -> Target {
    Target {
        account: id("111122223333"),
        region: id("eu-west-1"),
    }
}

fn pipeline(name: &str) -> Pipeline {
    Pipeline {
        target: target(),
        name: id(name),
    }
}
