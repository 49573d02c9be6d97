//! What a manifest asks for.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use downriver_domain::{Evidence, Scope};
use downriver_version::{DependencySpecifier, Format, Requirement};

use crate::pypi::name::normalise;
use crate::reading::Source;

/// A dependency as a manifest declares it.
#[derive(Debug, Clone)]
pub(super) struct Declared {
    /// Normalised.
    pub(super) name: String,
    /// Specifiers of PEP 440, the empty text for any version; `None` where what is written can be none.
    pub(super) requirement: Option<String>,
    /// Normalised.
    pub(super) extras: BTreeSet<String>,
    pub(super) source: Source,
    pub(super) scope: Scope,
    pub(super) evidence: Evidence,
}

/// A dependency specifier taken apart, with the specifiers as they are written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Specifier {
    /// Normalised.
    pub(super) name: String,
    pub(super) requirement: Option<String>,
    /// Normalised.
    pub(super) extras: BTreeSet<String>,
    pub(super) source: Source,
}

impl Specifier {
    pub(super) fn declare(self, scope: Scope, evidence: Evidence) -> Declared {
        Declared {
            name: self.name,
            requirement: self.requirement,
            extras: self.extras,
            source: self.source,
            scope,
            evidence,
        }
    }
}

/// Reads a PEP 508 dependency specifier: `name[extra] >=1,<2; marker`, `name @ url`. The error is a sentence's end.
pub(super) fn parse_specifier(text: &str) -> Result<Specifier, String> {
    let parsed = DependencySpecifier::parse(text).map_err(|error| {
        let shown: String = text.chars().take(80).collect();
        format!("has `{shown}`, which is {error}")
    })?;
    let (requirement, source) = if let Some(url) = parsed.url() {
        (None, source_of_url(url))
    } else {
        let written = written_specifiers(text, parsed.name());
        // What the tool takes as one, though it is written in a way that is not found here, is told in normal form.
        let is_same = Requirement::parse(Format::Pypi, written).is_ok();
        let requirement = if is_same {
            written.to_owned()
        } else {
            parsed.specifiers()
        };
        (Some(requirement), Source::Registry)
    };
    Ok(Specifier {
        name: normalise(parsed.name()).into_owned(),
        requirement,
        extras: parsed
            .extras()
            .map(|extra| normalise(extra).into_owned())
            .collect(),
        source,
    })
}

/// What stands between the name with its extras and the marker.
fn written_specifiers<'a>(text: &'a str, name: &str) -> &'a str {
    let text = text.trim_start();
    let rest = text.get(name.len()..).unwrap_or_default().trim_start();
    let rest = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((_, rest)) => rest,
        None => rest,
    };
    let rest = rest
        .split_once(';')
        .map_or(rest, |(specifiers, _)| specifiers)
        .trim();
    rest.strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'))
        .unwrap_or(rest)
        .trim()
}

/// Where pip goes for this address or path.
pub(super) fn source_of_url(url: &str) -> Source {
    const SYSTEMS: [&str; 6] = ["git+", "hg+", "svn+", "bzr+", "git:", "ssh:"];
    if SYSTEMS.iter().any(|system| url.starts_with(system)) {
        Source::Git
    } else if url.starts_with("file:") || !url.contains("://") {
        Source::Path
    } else {
        Source::Url
    }
}

/// The version that these specifiers pin, if they are `==1.2.3` alone.
pub(super) fn pinned(requirement: &str) -> Option<&str> {
    let version = requirement
        .strip_prefix("===")
        .or_else(|| requirement.strip_prefix("=="))?
        .trim();
    let is_one = !version.is_empty() && !version.contains(['*', ',', ' ', '\t']);
    is_one.then_some(version)
}
