//! The stored form of a dependency. There are millions: names are single letters, defaults are absent.

use downriver_domain::{Built, Dependency, Evidence, Scope};
use serde::{Deserialize, Serialize};

use super::fields::{
    FieldError, is_default, keys, millis, named, read_all, stored_names, timestamp,
};
use super::key;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct DependencyV1 {
    #[serde(rename = "p")]
    package: String,
    #[serde(rename = "r")]
    requirement: String,
    /// `=` and a proven version, `~` and an assumed one.
    #[serde(rename = "q", default, skip_serializing_if = "is_default")]
    is_requirement_assumed: bool,
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    built: Option<String>,
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    built_as_of: Option<i64>,
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    built_revision: Option<String>,
    #[serde(rename = "k", default, skip_serializing_if = "is_default")]
    is_locked: bool,
    /// Only where the path does not tell: a direct dependency has none, a transitive one has, unless nothing told it.
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    is_direct: Option<bool>,
    #[serde(rename = "t", default, skip_serializing_if = "Vec::is_empty")]
    path: Vec<String>,
    #[serde(rename = "s", default, skip_serializing_if = "is_default")]
    scope: ScopeV1,
    #[serde(rename = "f", default, skip_serializing_if = "String::is_empty")]
    file: String,
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(rename = "lf", default, skip_serializing_if = "Option::is_none")]
    lock_file: Option<String>,
    #[serde(rename = "ll", default, skip_serializing_if = "Option::is_none")]
    lock_line: Option<u32>,
}

stored_names!(ScopeV1 = Scope {
    Runtime = "runtime",
    Dev = "dev",
    Test = "test",
    Build = "build",
    Optional = "optional",
    Peer = "peer",
});

/// The scope that is left out.
impl Default for ScopeV1 {
    fn default() -> Self {
        Self::Runtime
    }
}

impl From<&Dependency> for DependencyV1 {
    fn from(dependency: &Dependency) -> Self {
        Self {
            package: key::package_key(&dependency.package),
            requirement: dependency.requirement.clone(),
            is_requirement_assumed: dependency.is_requirement_assumed,
            built: built_text(&dependency.built),
            built_as_of: millis(dependency.built_as_of),
            built_revision: dependency.built_revision.clone(),
            is_locked: dependency.is_locked,
            is_direct: (dependency.is_direct != dependency.path.is_empty())
                .then_some(dependency.is_direct),
            path: keys(&dependency.path, key::package_key),
            scope: dependency.scope.into(),
            file: dependency.evidence.file.to_string(),
            line: dependency.evidence.line,
            lock_file: dependency.lock.as_ref().map(|lock| lock.file.to_string()),
            lock_line: dependency.lock.as_ref().and_then(|lock| lock.line),
        }
    }
}

impl TryFrom<DependencyV1> for Dependency {
    type Error = FieldError;

    fn try_from(stored: DependencyV1) -> Result<Self, FieldError> {
        Ok(Self {
            package: named("p", key::parse_package_key(&stored.package))?,
            requirement: stored.requirement,
            is_requirement_assumed: stored.is_requirement_assumed,
            built: parse_built("b", stored.built.as_deref())?,
            built_as_of: timestamp(stored.built_as_of),
            built_revision: stored.built_revision,
            is_locked: stored.is_locked,
            is_direct: stored.is_direct.unwrap_or(stored.path.is_empty()),
            path: read_all("t", &stored.path, key::parse_package_key)?,
            scope: stored.scope.into(),
            evidence: Evidence {
                file: stored.file.into(),
                line: stored.line,
            },
            lock: stored.lock_file.map(|file| Evidence {
                file: file.into(),
                line: stored.lock_line,
            }),
        })
    }
}

/// `=1.2.3` for proven, `~1.2.3` for assumed, nothing for unknown.
pub(super) fn built_text(built: &Built) -> Option<String> {
    match built {
        Built::Proven(version) => Some(format!("={version}")),
        Built::Assumed(version) => Some(format!("~{version}")),
        Built::Unknown => None,
    }
}

pub(super) fn parse_built(field: &str, text: Option<&str>) -> Result<Built, FieldError> {
    let Some(text) = text else {
        return Ok(Built::Unknown);
    };
    if let Some(version) = text.strip_prefix('=') {
        Ok(Built::Proven(version.to_owned()))
    } else if let Some(version) = text.strip_prefix('~') {
        Ok(Built::Assumed(version.to_owned()))
    } else {
        Err(FieldError::new(
            field,
            "expected `=` or `~` before a version",
        ))
    }
}
