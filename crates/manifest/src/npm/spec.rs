//! What a requirement in a manifest asks for: which package, and from where.

#[cfg(test)]
mod tests;

use downriver_version::{Format, Requirement, RequirementKind};

use crate::reading::Source;

/// What stands after a name in a manifest or lockfile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spec<'a> {
    /// The package's own name: that which an alias (`npm:real@^1`) points to.
    pub(super) name: &'a str,
    /// `Registry` also for `catalog:`, which stands for a requirement that is written elsewhere.
    pub(super) source: Source,
}

impl<'a> Spec<'a> {
    pub(super) fn parse(name: &'a str, requirement: &'a str) -> Self {
        let requirement = requirement.trim();
        match alias(requirement) {
            Some((real, _)) => Self {
                name: real,
                source: Source::Registry,
            },
            None => Self {
                name,
                source: source_of(requirement),
            },
        }
    }
}

/// The name and requirement of `npm:name@requirement`. `None` for anything else, also for `npm:^1` as Yarn writes it.
pub(super) fn alias(requirement: &str) -> Option<(&str, &str)> {
    let aliased = requirement.strip_prefix("npm:")?;
    let at = aliased.get(1..)?.find('@').map(|at| at + 1);
    let (name, range) = at.map_or((aliased, ""), |at| (&aliased[..at], &aliased[at + 1..]));
    let is_name = match name.strip_prefix('@') {
        Some(scoped) => scoped.contains('/'),
        None if at.is_some() => !name.starts_with(['^', '~', '>', '<', '=', '*', ' ']),
        None => name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_'),
    };
    // `npm:latest` is a tag to Yarn, but without a version npm takes it for a name.
    is_name.then_some((name, range))
}

/// Where a package of this requirement comes from.
pub(super) fn source_of(requirement: &str) -> Source {
    // Nearly all are ranges, and no range has one of these; archives in the same folder have a `t` after a dot.
    let bytes = requirement.as_bytes();
    let is_special = |byte: &u8| matches!(byte, b':' | b'/' | b'\\');
    if !bytes.iter().any(is_special) && !bytes.windows(2).any(|two| two == b".t") {
        return Source::Registry;
    }
    let parsed = Requirement::parse(Format::Npm, requirement);
    let Ok(RequirementKind::NotFromRegistry(kind)) = parsed.map(|parsed| parsed.kind()) else {
        return Source::Registry;
    };
    match kind.as_str() {
        "catalog" => Source::Registry,
        "workspace" => Source::Workspace,
        "file" | "link" | "portal" | "exec" => Source::Path,
        "http" | "https" | "url" => Source::Url,
        "patch" => patched(requirement),
        _ => Source::Git,
    }
}

/// Of `patch:name@npm%3A1.0.0#…` what is patched comes from the registry.
fn patched(requirement: &str) -> Source {
    let is_registry = requirement.contains("@npm:") || requirement.contains("@npm%3A");
    if is_registry {
        Source::Registry
    } else {
        Source::Path
    }
}
