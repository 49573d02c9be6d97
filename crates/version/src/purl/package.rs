//! Package URLs and CodeArtifact's packages, both ways.
//!
//! The type is CodeArtifact's format (`gem` for `ruby`), the namespace CodeArtifact's, npm's scope with `@` in front.
//! Qualifiers and a subpath point into a package and do not name another one, so they are left out when reading.

use super::{codec, parse_purl};
use crate::package::shown;
use crate::{Format, InvalidName, PackageId, PackageVersionId};

pub(crate) fn format_package(package: &PackageId) -> String {
    let scope = package.namespace().map(|namespace| match package.format() {
        Format::Npm => format!("%40{}/", codec::encode(namespace)),
        _ => format!("{}/", codec::encode(namespace)),
    });
    let package_type = type_of(package.format());
    format!(
        "pkg:{package_type}/{}{}",
        scope.unwrap_or_default(),
        codec::encode(package.name())
    )
}

pub(crate) fn format_package_version(package_version: &PackageVersionId) -> String {
    format!(
        "{}@{}",
        format_package(package_version.package()),
        codec::encode(package_version.version())
    )
}

pub(crate) fn parse_package(text: &str) -> Result<PackageId, InvalidName> {
    let (package, version) = parse(text)?;
    match version {
        None => Ok(package),
        Some(version) => Err(InvalidName(format!(
            "`{}` names the version `{}`, but a package without one is needed: write `{package}`",
            shown(text),
            shown(&version)
        ))),
    }
}

pub(crate) fn parse_package_version(text: &str) -> Result<PackageVersionId, InvalidName> {
    let (package, version) = parse(text)?;
    let version = version.ok_or_else(|| {
        InvalidName(format!(
            "`{}` names no version: append one, as in `{package}@1.2.3`",
            shown(text)
        ))
    })?;
    PackageVersionId::new(package, &version)
}

fn parse(text: &str) -> Result<(PackageId, Option<String>), InvalidName> {
    if !text
        .get(..4)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("pkg:"))
    {
        return Err(InvalidName(match proposal(text) {
            Some(proposal) => format!(
                "`{}` is not a package URL: did you mean `{proposal}`?",
                shown(text)
            ),
            None => format!(
                "`{}` is not a package URL: write one such as `pkg:npm/%40acme/tokens`",
                shown(text)
            ),
        }));
    }
    let purl = parse_purl(text).map_err(|invalid| InvalidName(invalid.to_string()))?;
    let format =
        format_of(purl.package_type()).ok_or_else(|| unknown_type(text, purl.package_type()))?;
    let package = PackageId::new(format, purl.namespace(), purl.name()).map_err(|invalid| {
        InvalidName(format!(
            "`{}` cannot be a package in CodeArtifact: {invalid}",
            shown(text)
        ))
    })?;
    Ok((package, purl.version().map(str::to_owned)))
}

fn unknown_type(text: &str, package_type: &str) -> InvalidName {
    let types: Vec<&str> = Format::ALL.into_iter().map(type_of).collect();
    let hint = match package_type {
        "ruby" | "rubygems" => "did you mean `gem`?".to_owned(),
        "python" | "pip" => "did you mean `pypi`?".to_owned(),
        "gradle" => "did you mean `maven`?".to_owned(),
        _ => format!("expected one of {}", types.join(", ")),
    };
    InvalidName(format!(
        "`{}` has the type `{package_type}`, which CodeArtifact has no format for: {hint}",
        shown(text)
    ))
}

/// The package URL that a text in an ecosystem's own spelling most likely stands for.
fn proposal(text: &str) -> Option<String> {
    let text = text.trim();
    let prefixed = text
        .split_once([':', '/'])
        .and_then(|(prefix, rest)| Some((native_format(prefix)?, rest)));
    let (format, rest) = match prefixed {
        Some((format, rest)) => (format, rest),
        None if text.starts_with('@') => (Format::Npm, text),
        None if text.contains(':') => (Format::Maven, text),
        None => return None,
    };
    let rest = rest.trim_matches('/');
    let (path, version) = match rest.rsplit_once('@') {
        Some((path, version)) if !path.is_empty() => (path, Some(version)),
        _ => (rest, None),
    };
    let mut parts: Vec<&str> = path.split(['/', ':']).collect();
    let version = version.or_else(|| {
        (format == Format::Maven && parts.len() == 3)
            .then(|| parts.pop())
            .flatten()
    });
    let (namespace, name) = match *parts.as_slice() {
        [name] => (None, name),
        [namespace, name] => (Some(namespace), name),
        _ => return None,
    };
    let package = PackageId::new(format, namespace, name).ok()?;
    match version {
        None => Some(package.to_string()),
        Some(version) => Some(PackageVersionId::new(package, version).ok()?.to_string()),
    }
}

/// A format by CodeArtifact's name or by the type of its package URLs.
fn native_format(name: &str) -> Option<Format> {
    format_of(name).or_else(|| name.parse().ok())
}

fn format_of(package_type: &str) -> Option<Format> {
    Format::ALL
        .into_iter()
        .find(|format| type_of(*format) == package_type)
}

const fn type_of(format: Format) -> &'static str {
    match format {
        Format::Ruby => "gem",
        _ => format.as_str(),
    }
}
