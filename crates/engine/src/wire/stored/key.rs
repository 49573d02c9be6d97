//! Identifiers of several parts as one text: keys of stored maps and of the backends' tables.
//!
//! Parts are joined by `/`; in package namespaces and names `%` and `/` are escaped as `%25` and `%2F`, so that every
//! key reads back to exactly one value.

use downriver_domain::version::{Format, PackageId, PackageVersionId};
use downriver_domain::{Pipeline, RepositoryId, Target};

/// A text that is no key of the kind wanted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is no {kind} key: {reason}", .text.escape_debug())]
pub struct InvalidKey {
    pub kind: &'static str,
    pub text: String,
    pub reason: String,
}

/// `format/namespace/name`, the namespace empty where there is none.
pub fn package_key(package: &PackageId) -> String {
    let mut key = String::with_capacity(48);
    key.push_str(package.format().as_str());
    key.push('/');
    push_escaped(&mut key, package.namespace().unwrap_or(""));
    key.push('/');
    push_escaped(&mut key, package.name());
    key
}

/// `format/namespace/name/version`.
pub fn package_version_key(package_version: &PackageVersionId) -> String {
    let mut key = package_key(package_version.package());
    key.push('/');
    key.push_str(package_version.version());
    key
}

/// `account/region`.
pub fn target_key(target: &Target) -> String {
    target.to_string()
}

/// `account/region/name`.
pub fn pipeline_key(pipeline: &Pipeline) -> String {
    format!("{}/{}", pipeline.target, pipeline.name)
}

/// `owner/domain/name`.
pub fn repository_key(repository: &RepositoryId) -> String {
    repository.to_string()
}

pub fn parse_package_key(text: &str) -> Result<PackageId, InvalidKey> {
    let invalid = |reason: String| invalid("package", text, reason);
    let [format, namespace, name] = split(text).ok_or_else(|| invalid(parts(3)))?;
    let format: Format = format.parse().map_err(|error| invalid(shown(&error)))?;
    let namespace = unescaped(namespace);
    let namespace = Some(namespace.as_str()).filter(|namespace| !namespace.is_empty());
    PackageId::new(format, namespace, &unescaped(name)).map_err(|error| invalid(shown(&error)))
}

pub fn parse_package_version_key(text: &str) -> Result<PackageVersionId, InvalidKey> {
    let invalid = |reason: String| invalid("package version", text, reason);
    let [format, namespace, rest] = split(text).ok_or_else(|| invalid(parts(4)))?;
    let (name, version) = rest.split_once('/').ok_or_else(|| invalid(parts(4)))?;
    let package = parse_package_key(&format!("{format}/{namespace}/{name}"))?;
    PackageVersionId::new(package, version).map_err(|error| invalid(shown(&error)))
}

pub fn parse_target_key(text: &str) -> Result<Target, InvalidKey> {
    let invalid = |reason: String| invalid("target", text, reason);
    let (account, region) = text.split_once('/').ok_or_else(|| invalid(parts(2)))?;
    Ok(Target {
        account: account.parse().map_err(|error| invalid(shown(&error)))?,
        region: region.parse().map_err(|error| invalid(shown(&error)))?,
    })
}

pub fn parse_pipeline_key(text: &str) -> Result<Pipeline, InvalidKey> {
    let invalid = |reason: String| invalid("pipeline", text, reason);
    let (target, name) = text.rsplit_once('/').ok_or_else(|| invalid(parts(3)))?;
    Ok(Pipeline {
        target: parse_target_key(target)?,
        name: name.parse().map_err(|error| invalid(shown(&error)))?,
    })
}

pub fn parse_repository_key(text: &str) -> Result<RepositoryId, InvalidKey> {
    let invalid = |reason: String| invalid("repository", text, reason);
    let [domain_owner, domain, name] = split(text).ok_or_else(|| invalid(parts(3)))?;
    Ok(RepositoryId {
        domain_owner: domain_owner
            .parse()
            .map_err(|error| invalid(shown(&error)))?,
        domain: domain.parse().map_err(|error| invalid(shown(&error)))?,
        name: name.parse().map_err(|error| invalid(shown(&error)))?,
    })
}

/// Three parts; the last one keeps what follows.
fn split(text: &str) -> Option<[&str; 3]> {
    let mut parts = text.splitn(3, '/');
    Some([parts.next()?, parts.next()?, parts.next()?])
}

fn push_escaped(key: &mut String, part: &str) {
    for c in part.chars() {
        match c {
            '%' => key.push_str("%25"),
            '/' => key.push_str("%2F"),
            c => key.push(c),
        }
    }
}

fn unescaped(part: &str) -> String {
    if part.contains('%') {
        part.replace("%2F", "/").replace("%25", "%")
    } else {
        part.to_owned()
    }
}

fn parts(count: usize) -> String {
    format!("expected {count} parts joined by `/`")
}

fn shown(error: &impl ToString) -> String {
    error.to_string()
}

fn invalid(kind: &'static str, text: &str, reason: String) -> InvalidKey {
    InvalidKey {
        kind,
        text: text.to_owned(),
        reason,
    }
}
