//! Writes messages in the newest version. The same value always gives the same bytes.

use downriver_domain::{Built, Dependency, Scope, Timestamp};
use serde::Serialize;

use super::parse::{
    KIND_BUILT, KIND_CATALOG, KIND_DEPENDENCIES, KIND_PAGE, KIND_READ, KIND_REPOSITORIES,
    KIND_TIMER, SCOPES, VERSION,
};
use super::{CatalogRequest, DependenciesReport, within_rfc3339};
use crate::index::BuiltReport;
use crate::ports::{ReadRequest, ResolvePage, Timer};
use crate::wire::stored::key::repository_key;

#[derive(Serialize)]
struct TimerV1<'a> {
    v: &'static str,
    kind: &'static str,
    application: &'a str,
    slot_revision: u64,
    at: String,
}

#[derive(Serialize)]
struct PageV1 {
    v: &'static str,
    kind: &'static str,
    package: String,
    changes: Vec<ChangeV1>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<CursorV1>,
}

#[derive(Serialize)]
struct ChangeV1 {
    version: String,
    repository: String,
    seen_at: String,
    is_news: bool,
}

#[derive(Serialize)]
struct CursorV1 {
    is_consumer: bool,
    application: String,
    instance: u32,
}

#[derive(Serialize)]
struct CatalogV1<'a> {
    v: &'static str,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    bucket: Option<&'a str>,
    key: &'a str,
    sha256: &'a str,
    requested_by: &'a str,
}

#[derive(Serialize)]
struct DependenciesV1<'a> {
    v: &'static str,
    kind: &'static str,
    application: &'a str,
    dependencies: Vec<DependencyV1<'a>>,
}

/// The keys are those of the catalog.
#[derive(Serialize)]
struct DependencyV1<'a> {
    package: String,
    requirement: &'a str,
    #[serde(skip_serializing_if = "is_false")]
    assumed_requirement: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    built: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assumed: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    built_as_of: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    built_revision: Option<&'a str>,
    #[serde(skip_serializing_if = "is_false")]
    locked: bool,
    /// Only where `via` does not tell: a direct dependency has none, a transitive one has.
    #[serde(skip_serializing_if = "Option::is_none")]
    direct: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    via: Vec<String>,
    scope: &'static str,
    file: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lock_file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lock_line: Option<u32>,
}

#[derive(Serialize)]
struct ReadV1<'a> {
    v: &'static str,
    kind: &'static str,
    application: &'a str,
    execution: &'a str,
}

#[derive(Serialize)]
struct RepositoriesV1 {
    v: &'static str,
    kind: &'static str,
}

#[derive(Serialize)]
struct BuiltV1<'a> {
    v: &'static str,
    kind: &'static str,
    application: &'a str,
    execution: &'a str,
    packages: Vec<BuiltPackageV1<'a>>,
}

#[derive(Serialize)]
struct BuiltPackageV1<'a> {
    package: String,
    version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<&'a str>,
}

pub fn encode_timer(timer: &Timer) -> String {
    encode(&TimerV1 {
        v: VERSION,
        kind: KIND_TIMER,
        application: timer.application.as_str(),
        slot_revision: timer.slot_revision,
        at: format_time(timer.at),
    })
}

pub fn encode_page(page: &ResolvePage) -> String {
    let changes = page.changes.iter().map(|change| ChangeV1 {
        version: change.package_version.version().to_owned(),
        repository: repository_key(&change.repository),
        seen_at: format_time(change.seen_at),
        is_news: change.is_news,
    });
    encode(&PageV1 {
        v: VERSION,
        kind: KIND_PAGE,
        package: page.package.to_string(),
        changes: changes.collect(),
        after: page.after.as_ref().map(|cursor| CursorV1 {
            is_consumer: cursor.is_consumer,
            application: cursor.application.to_string(),
            instance: cursor.instance,
        }),
    })
}

pub fn encode_catalog(request: &CatalogRequest) -> String {
    encode(&CatalogV1 {
        v: VERSION,
        kind: KIND_CATALOG,
        bucket: request.bucket.as_deref(),
        key: &request.key,
        sha256: &request.sha256,
        requested_by: &request.requested_by,
    })
}

pub fn encode_dependencies(report: &DependenciesReport) -> String {
    encode(&DependenciesV1 {
        v: VERSION,
        kind: KIND_DEPENDENCIES,
        application: report.application.as_str(),
        dependencies: report.dependencies.iter().map(dependency).collect(),
    })
}

pub fn encode_built(report: &BuiltReport) -> String {
    let packages = report.packages.iter().map(|built| BuiltPackageV1 {
        package: built.package.to_string(),
        version: &built.version,
        revision: built.revision.as_deref(),
    });
    encode(&BuiltV1 {
        v: VERSION,
        kind: KIND_BUILT,
        application: report.application.as_str(),
        execution: report.execution.as_str(),
        packages: packages.collect(),
    })
}

pub fn encode_read(request: &ReadRequest) -> String {
    encode(&ReadV1 {
        v: VERSION,
        kind: KIND_READ,
        application: request.application.as_str(),
        execution: request.execution.as_str(),
    })
}

pub fn encode_repositories() -> String {
    encode(&RepositoriesV1 {
        v: VERSION,
        kind: KIND_REPOSITORIES,
    })
}

/// RFC 3339 in UTC, to the millisecond where it has any.
pub fn format_time(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(within_rfc3339(at).unix_millis())
        .unwrap_or(jiff::Timestamp::MAX)
        .to_string()
}

fn dependency(dependency: &Dependency) -> DependencyV1<'_> {
    let (built, assumed) = match &dependency.built {
        Built::Proven(version) => (Some(version.as_str()), None),
        Built::Assumed(version) => (None, Some(version.as_str())),
        Built::Unknown => (None, None),
    };
    DependencyV1 {
        package: dependency.package.to_string(),
        requirement: &dependency.requirement,
        assumed_requirement: dependency.is_requirement_assumed,
        built,
        assumed,
        built_as_of: dependency.built_as_of.map(format_time),
        built_revision: dependency.built_revision.as_deref(),
        locked: dependency.is_locked,
        direct: (dependency.is_direct != dependency.path.is_empty())
            .then_some(dependency.is_direct),
        via: dependency.path.iter().map(ToString::to_string).collect(),
        scope: scope(dependency.scope),
        file: &dependency.evidence.file,
        line: dependency.evidence.line,
        lock_file: dependency.lock.as_ref().map(|lock| &*lock.file),
        lock_line: dependency.lock.as_ref().and_then(|lock| lock.line),
    }
}

fn scope(scope: Scope) -> &'static str {
    SCOPES
        .iter()
        .find(|(_, known)| *known == scope)
        .map_or("", |(name, _)| *name)
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes fields by reference"
)]
const fn is_false(value: &bool) -> bool {
    !*value
}

pub(super) fn encode(message: &impl Serialize) -> String {
    serde_json::to_string(message).expect("strings, integers, booleans and lists always serialise")
}
