//! The properties by which an SBOM of our own tells what `CycloneDX` has no field for, and those of other tools' that tell
//! what a component is for.

use std::sync::Arc;

use downriver_domain::{Evidence, Scope};
use downriver_version::PackageId;

use super::parts::Property;
use crate::limits::VIA_MAX;
use crate::reading::FoundDependency;
use crate::scopes::Scopes;

pub(super) const REQUIREMENT: &str = "downriver:requirement";
pub(super) const FILE: &str = "downriver:file";
pub(super) const LINE: &str = "downriver:line";
pub(super) const LOCK_FILE: &str = "downriver:lock-file";
pub(super) const LOCK_LINE: &str = "downriver:lock-line";
/// `true` or `false`; stands at every component of ours.
pub(super) const DIRECT: &str = "downriver:direct";
/// Once for each package on the way, outermost first.
pub(super) const VIA: &str = "downriver:via";
pub(super) const VIA_VERSION: &str = "downriver:via-version";
/// Once for each scope.
pub(super) const SCOPE: &str = "downriver:scope";
/// Of the whole SBOM.
pub(super) const EXECUTION: &str = "downriver:execution";

const OWN: [&str; 9] = [
    REQUIREMENT,
    FILE,
    LINE,
    LOCK_FILE,
    LOCK_LINE,
    DIRECT,
    VIA,
    VIA_VERSION,
    SCOPE,
];

/// By other tools, of the `CycloneDX` property taxonomy: name, value, and what the component is for then.
const OTHERS: [(&str, &str, Scope); 6] = [
    ("cdx:npm:package:development", "true", Scope::Dev),
    ("cdx:maven:package:test", "true", Scope::Test),
    ("cdx:pipenv:category", "develop", Scope::Dev),
    ("cdx:poetry:group", "dev", Scope::Dev),
    ("cdx:poetry:group", "test", Scope::Test),
    ("cdx:composer:package:isDevRequirement", "true", Scope::Dev),
];

const SCOPE_NAMES: [(Scope, &str); 6] = [
    (Scope::Runtime, "runtime"),
    (Scope::Dev, "dev"),
    (Scope::Test, "test"),
    (Scope::Build, "build"),
    (Scope::Optional, "optional"),
    (Scope::Peer, "peer"),
];

/// Longer texts of somebody else's making are not taken over.
const TEXT_BYTES_MAX: usize = 4096;

pub(super) fn scope_name(scope: Scope) -> &'static str {
    SCOPE_NAMES
        .into_iter()
        .find(|(known, _)| *known == scope)
        .map_or("runtime", |(_, name)| name)
}

pub(super) fn is_understood(name: &str) -> bool {
    OWN.contains(&name) || OTHERS.iter().any(|(known, _, _)| *known == name)
}

/// What another tool's properties say that the component is for.
pub(super) fn scope_of(properties: &[Property<'_>]) -> Option<Scope> {
    properties.iter().find_map(|property| {
        let value = property.value.as_deref()?;
        OTHERS
            .into_iter()
            .find(|(name, expected, _)| **name == *property.name && *expected == value)
            .map(|(_, _, scope)| scope)
    })
}

/// The dependency as it was written by [`super::write_cyclonedx`]; `None` for a component that is not ours. `here` is where
/// the SBOM itself has it, for what the properties leave out.
pub(super) fn dependency(
    properties: &[Property<'_>],
    package: &PackageId,
    version: Option<&str>,
    here: &Evidence,
) -> Option<FoundDependency> {
    let is_direct = match value_of(properties, DIRECT)? {
        "true" => true,
        "false" => false,
        _ => return None,
    };
    let mut scopes: Scopes = values_of(properties, SCOPE)
        .filter_map(|value| SCOPE_NAMES.into_iter().find(|(_, name)| *name == value))
        .map(|(scope, _)| scope)
        .collect();
    if scopes.is_empty() {
        scopes.insert(Scope::Runtime);
    }
    Some(FoundDependency {
        package: package.clone(),
        requirement: value_of(properties, REQUIREMENT).map(str::to_owned),
        locked: version.map(Arc::from),
        is_direct,
        via: values_of(properties, VIA)
            .take(VIA_MAX)
            .filter_map(|value| value.parse().ok())
            .collect(),
        via_version: value_of(properties, VIA_VERSION).map(Arc::from),
        scopes,
        evidence: evidence(properties, FILE, LINE).unwrap_or_else(|| here.clone()),
        lock: evidence(properties, LOCK_FILE, LOCK_LINE),
    })
}

fn evidence(properties: &[Property<'_>], file: &str, line: &str) -> Option<Evidence> {
    Some(Evidence {
        file: value_of(properties, file)?.into(),
        line: value_of(properties, line).and_then(|line| line.parse().ok()),
    })
}

fn value_of<'p>(properties: &'p [Property<'_>], name: &'p str) -> Option<&'p str> {
    values_of(properties, name).next()
}

fn values_of<'p>(properties: &'p [Property<'_>], name: &'p str) -> impl Iterator<Item = &'p str> {
    properties
        .iter()
        .filter(move |property| *property.name == *name)
        .filter_map(|property| property.value.as_deref())
        .filter(|value| value.len() <= TEXT_BYTES_MAX && !value.contains(char::is_control))
}
