//! One message of each kind and shape.

use downriver_domain::version::PackageId;
use downriver_domain::{
    Built, Dependency, Evidence, RepositoryId, Scope, Summary, Timestamp, WeeklySummary,
};

use super::super::{
    CatalogRequest, DependenciesReport, encode_built, encode_catalog, encode_dependencies,
    encode_page, encode_read, encode_repositories, encode_timer,
};
use crate::doctor::Check;
use crate::history::Outcome;
use crate::index::{BuiltPackage, BuiltReport};
use crate::ports::{EdgeCursor, Notice, NoticeKind, PageChange, ReadRequest, ResolvePage, Timer};

pub(super) fn at(secs: u64) -> Timestamp {
    Timestamp::from_unix_millis(1_767_225_600_000).plus_secs(secs)
}

pub(super) fn repository() -> RepositoryId {
    RepositoryId {
        domain_owner: "111122223333".parse().expect("an account"),
        domain: "acme".parse().expect("a domain"),
        name: "libraries".parse().expect("a repository"),
    }
}

fn package(url: &str) -> PackageId {
    url.parse().expect("a package URL")
}

pub(super) fn timers() -> Vec<Timer> {
    vec![
        Timer {
            application: "web-shop".parse().expect("an application id"),
            slot_revision: 7,
            at: at(60),
        },
        Timer {
            application: "web-shop".parse().expect("an application id"),
            slot_revision: u64::MAX,
            at: Timestamp::from_unix_millis(1_767_225_600_123),
        },
    ]
}

pub(super) fn pages() -> Vec<ResolvePage> {
    let change = |version: &str, is_news| PageChange {
        package_version: format!("pkg:npm/%40acme/tokens@{version}")
            .parse()
            .expect("a package URL"),
        repository: repository(),
        seen_at: at(1),
        is_news,
    };
    vec![
        ResolvePage {
            package: package("pkg:npm/%40acme/tokens"),
            changes: vec![change("2.4.0", true), change("2.4.1", false)],
            after: Some(EdgeCursor {
                is_consumer: true,
                application: "web-shop".parse().expect("an application id"),
                instance: 1,
            }),
        },
        ResolvePage {
            package: package("pkg:maven/com.acme/core"),
            changes: Vec::new(),
            after: None,
        },
    ]
}

pub(super) fn catalogs() -> Vec<CatalogRequest> {
    let request = CatalogRequest {
        bucket: None,
        key: "catalogs/2026-01-01/5f2a.json".to_owned(),
        sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
        requested_by: "arn:aws:sts::123456789012:assumed-role/Developer/ana".to_owned(),
    };
    vec![
        request.clone(),
        CatalogRequest {
            bucket: Some("acme-catalogs".to_owned()),
            ..request
        },
    ]
}

pub(super) fn dependencies() -> Vec<DependenciesReport> {
    let plain = Dependency {
        package: package("pkg:npm/%40acme/tokens"),
        requirement: "^2.2.0".to_owned(),
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
            line: None,
        },
        lock: None,
    };
    let mut all = vec![
        plain.clone(),
        Dependency {
            built: Built::Assumed("2.3.1".to_owned()),
            ..plain.clone()
        },
    ];
    all.extend(
        [
            Scope::Runtime,
            Scope::Dev,
            Scope::Test,
            Scope::Build,
            Scope::Optional,
            Scope::Peer,
        ]
        .map(|scope| Dependency {
            built: Built::Proven("2.3.1".to_owned()),
            built_as_of: Some(at(2)),
            built_revision: Some("0E5DE26A4CD79FDF".to_owned()),
            is_locked: true,
            is_direct: false,
            path: vec![package("pkg:npm/%40acme/ui"), package("pkg:npm/left-pad")],
            scope,
            evidence: Evidence {
                file: "web/pnpm-lock.yaml".into(),
                line: Some(19),
            },
            ..plain.clone()
        }),
    );
    vec![
        DependenciesReport {
            application: "web-shop".parse().expect("an application id"),
            dependencies: all,
        },
        DependenciesReport {
            application: "web-shop".parse().expect("an application id"),
            dependencies: Vec::new(),
        },
        DependenciesReport {
            application: "web-shop".parse().expect("an application id"),
            dependencies: told(&plain),
        },
    ]
}

/// With all that a reading tells.
fn told(plain: &Dependency) -> Vec<Dependency> {
    let lock = |line| Evidence {
        file: "package-lock.json".into(),
        line,
    };
    vec![
        Dependency {
            is_locked: true,
            lock: Some(lock(Some(120))),
            ..plain.clone()
        },
        Dependency {
            is_requirement_assumed: true,
            is_direct: false,
            lock: Some(lock(None)),
            ..plain.clone()
        },
        Dependency {
            is_direct: true,
            path: vec![package("pkg:npm/%40acme/ui")],
            ..plain.clone()
        },
    ]
}

pub(super) fn reads() -> Vec<ReadRequest> {
    vec![ReadRequest {
        application: "web-shop".parse().expect("an application id"),
        execution: "12345678-1234-5678-abcd-12345678abcd"
            .parse()
            .expect("an execution id"),
    }]
}

pub(super) fn built() -> Vec<BuiltReport> {
    let built = |url: &str, version: &str, revision: Option<&str>| BuiltPackage {
        package: package(url),
        version: version.to_owned(),
        revision: revision.map(str::to_owned),
    };
    vec![BuiltReport {
        application: "web-shop".parse().expect("an application id"),
        execution: "12345678-1234-5678-abcd-12345678abcd"
            .parse()
            .expect("an execution id"),
        packages: vec![
            built("pkg:npm/%40acme/tokens", "2.4.0", None),
            built("pkg:maven/com.acme/core", "1.0-SNAPSHOT", Some("r17")),
        ],
    }]
}

fn week() -> WeeklySummary {
    WeeklySummary {
        since: at(1),
        until: at(2),
        summary: Summary {
            applications: 1,
            changes: 2,
            rebuilds: 1,
            coalesced: 1,
            ..Summary::default()
        },
    }
}

/// One of each kind, most of them with all that its kind carries.
pub(super) fn notices() -> Vec<Notice> {
    let kinds = [
        (NoticeKind::RebuildRequested, true, true),
        (NoticeKind::RebuildStarted, true, false),
        (NoticeKind::RebuildEnded(Outcome::Succeeded), true, false),
        (NoticeKind::RebuildEnded(Outcome::Failed), true, false),
        (NoticeKind::RebuildEnded(Outcome::NotPickedUp), true, false),
        (NoticeKind::RebuildStuck, true, false),
        (NoticeKind::RebuildParked, true, false),
        (NoticeKind::ManifestChangeNeeded, false, true),
        (NoticeKind::VersionWithdrawn, false, true),
        (NoticeKind::Regressed, false, false),
        (NoticeKind::CascadeStopped, false, true),
        (NoticeKind::RebuildProof(Outcome::Delivered), true, false),
        (NoticeKind::RebuildProof(Outcome::NotPickedUp), true, false),
        (NoticeKind::RebuildProof(Outcome::Unproven), true, false),
        (NoticeKind::WeeklySummary(week()), false, false),
        (
            NoticeKind::DoctorFinding(Check::PipelineMissing),
            false,
            false,
        ),
        (
            NoticeKind::DoctorFinding(Check::RoleNotAssumable),
            false,
            false,
        ),
        (NoticeKind::ChangeHalted, false, true),
        (NoticeKind::ApprovalNeeded, false, true),
        (NoticeKind::LimitReached, true, false),
    ];
    let notice = |(kind, has_rebuild, has_version): (NoticeKind, bool, bool)| Notice {
        kind,
        at: at(3),
        owner: (kind != NoticeKind::DoctorFinding(Check::RoleNotAssumable))
            .then(|| "team-a".parse().expect("an owner")),
        application: (!matches!(
            kind,
            NoticeKind::WeeklySummary(_)
                | NoticeKind::DoctorFinding(Check::RoleNotAssumable)
                | NoticeKind::ChangeHalted
                | NoticeKind::ApprovalNeeded
        ))
        .then(|| "web-shop".parse().expect("an application id")),
        rebuild: has_rebuild.then(|| "web-shop.7".parse().expect("a rebuild id")),
        package_version: has_version.then(|| {
            "pkg:npm/%40acme/tokens@2.4.0"
                .parse()
                .expect("a package URL")
        }),
        is_urgent: matches!(kind, NoticeKind::RebuildStuck | NoticeKind::ChangeHalted),
        text: "one plain sentence".to_owned(),
    };
    with_others_of_a_kind(kinds.map(notice).to_vec())
}

fn with_others_of_a_kind(mut notices: Vec<Notice>) -> Vec<Notice> {
    let place = |notices: &[Notice], kind: NoticeKind| {
        let place = notices.iter().position(|notice| notice.kind == kind);
        place.expect("there is one of every kind")
    };
    let stuck = place(&notices, NoticeKind::RebuildStuck);
    // What targets of rules must get through: see infra/checks/notices.py.
    let hostile = Notice {
        text: "say \"no\",\n{\"text\": \"\\u0022 <!channel> <message> \\\" }\u{7f}".to_owned(),
        ..notices[stuck].clone()
    };
    notices.insert(stuck, hostile);
    let halted = place(&notices, NoticeKind::ChangeHalted);
    // Of a package that no application here publishes.
    let of_others = Notice {
        owner: None,
        ..notices[halted].clone()
    };
    notices.insert(halted + 1, of_others);
    notices
}

/// One message of each kind as text.
pub(super) fn lines() -> Vec<String> {
    vec![
        encode_timer(&timers()[0]),
        encode_page(&pages()[0]),
        encode_catalog(&catalogs()[1]),
        encode_dependencies(&dependencies()[0]),
        encode_built(&built()[0]),
        encode_read(&reads()[0]),
        encode_repositories(),
    ]
}
