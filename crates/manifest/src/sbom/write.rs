//! Writes what was read as `CycloneDX` 1.6.
//!
//! The same reading gives the same bytes: there is no time in it, and the serial number is made of the content.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::{Evidence, Scope};
use downriver_version::{Format, PackageId, PackageVersionId};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::own;
use crate::reading::{FoundDependency, Reading};
use crate::scopes::Scopes;

/// How the graph names the application itself.
const APPLICATION: &str = "application";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bom<'a> {
    #[serde(rename = "bomFormat")]
    format: &'static str,
    spec_version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    serial_number: Option<String>,
    version: u32,
    metadata: Metadata<'a>,
    components: Vec<Component<'a>>,
    dependencies: Vec<Dependency<'a>>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    component: Application<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    properties: Vec<Property<'a>>,
}

#[derive(Serialize)]
struct Application<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "bom-ref")]
    reference: &'static str,
    name: &'a str,
}

#[derive(Serialize)]
struct Component<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "bom-ref")]
    reference: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<Cow<'a, str>>,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    scope: &'static str,
    purl: String,
    properties: Vec<Property<'a>>,
}

#[derive(Serialize)]
struct Property<'a> {
    name: &'static str,
    value: Cow<'a, str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Dependency<'a> {
    #[serde(rename = "ref")]
    reference: &'a str,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    depends_on: BTreeSet<&'a str>,
}

/// The dependencies of a reading as `CycloneDX` 1.6 JSON, which [`crate::read_sbom`] reads to the same dependencies.
///
/// `execution` is the pipeline execution that built the application, where it is known.
pub fn write_cyclonedx(reading: &Reading, application: &str, execution: Option<&str>) -> String {
    let references = references(&reading.dependencies);
    let mut bom = Bom {
        format: "CycloneDX",
        spec_version: "1.6",
        serial_number: None,
        version: 1,
        metadata: Metadata {
            component: Application {
                kind: "application",
                reference: APPLICATION,
                name: application,
            },
            properties: execution
                .map(|execution| property(own::EXECUTION, execution))
                .into_iter()
                .collect(),
        },
        components: reading
            .dependencies
            .iter()
            .zip(&references)
            .map(|(found, reference)| component(found, reference))
            .collect(),
        dependencies: graph(&reading.dependencies, &references),
    };
    bom.serial_number = Some(serial_number(&print(&bom)));
    print(&bom)
}

fn print(bom: &Bom<'_>) -> String {
    serde_json::to_string_pretty(bom).expect("texts, numbers and lists are always JSON")
}

/// A UUID of version 8 (RFC 9562: made as its maker likes), of the content's hash.
fn serial_number(content: &str) -> String {
    let mut bytes: [u8; 16] = [0; 16];
    bytes.copy_from_slice(&Sha256::digest(content)[..16]);
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let mut text = String::from("urn:uuid:");
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for digit in [byte >> 4, byte & 0x0f] {
            text.extend(char::from_digit(u32::from(digit), 16));
        }
    }
    text
}

/// One for each dependency: its package URL, and where several have the same, their number behind it.
fn references(dependencies: &[FoundDependency]) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    dependencies
        .iter()
        .map(|found| {
            let purl = package_url(found);
            let count = counts.entry(purl.clone()).or_default();
            *count += 1;
            match *count {
                1 => purl,
                // `#` begins a subpath: no package URL of a package alone has one.
                count => format!("{purl}#{count}"),
            }
        })
        .collect()
}

fn package_url(found: &FoundDependency) -> String {
    let version = found
        .locked
        .as_deref()
        .and_then(|version| PackageVersionId::new(found.package.clone(), version).ok());
    version.map_or_else(|| found.package.to_string(), |version| version.to_string())
}

fn component<'a>(found: &'a FoundDependency, reference: &str) -> Component<'a> {
    Component {
        kind: "library",
        reference: reference.to_owned(),
        group: group(&found.package),
        name: found.package.name(),
        version: found.locked.as_deref(),
        scope: scope(found.scopes),
        purl: package_url(found),
        properties: properties(found),
    }
}

/// As the ecosystem writes it: npm's scope with its `@`.
fn group(package: &PackageId) -> Option<Cow<'_, str>> {
    let namespace = package.namespace()?;
    Some(match package.format() {
        Format::Npm => Cow::Owned(format!("@{namespace}")),
        _ => Cow::Borrowed(namespace),
    })
}

/// The strongest word that `CycloneDX` has for it.
fn scope(scopes: Scopes) -> &'static str {
    if scopes.is_empty() || scopes.contains(Scope::Runtime) {
        "required"
    } else if scopes.contains(Scope::Optional) || scopes.contains(Scope::Peer) {
        "optional"
    } else {
        "excluded"
    }
}

fn properties(found: &FoundDependency) -> Vec<Property<'_>> {
    let direct = if found.is_direct { "true" } else { "false" };
    let mut properties = vec![property(own::DIRECT, direct)];
    if let Some(requirement) = &found.requirement {
        properties.push(property(own::REQUIREMENT, requirement));
    }
    for scope in found.scopes.iter() {
        properties.push(property(own::SCOPE, own::scope_name(scope)));
    }
    properties.extend(evidence(own::FILE, own::LINE, &found.evidence));
    if let Some(lock) = &found.lock {
        properties.extend(evidence(own::LOCK_FILE, own::LOCK_LINE, lock));
    }
    for package in found.via.iter() {
        properties.push(property(own::VIA, package.to_string()));
    }
    if let Some(version) = &found.via_version {
        properties.push(property(own::VIA_VERSION, &**version));
    }
    properties
}

fn evidence<'a>(
    file: &'static str,
    line: &'static str,
    evidence: &'a Evidence,
) -> impl Iterator<Item = Property<'a>> {
    let number = evidence
        .line
        .map(|number| property(line, number.to_string()));
    std::iter::once(property(file, &*evidence.file)).chain(number)
}

fn property<'a>(name: &'static str, value: impl Into<Cow<'a, str>>) -> Property<'a> {
    Property {
        name,
        value: value.into(),
    }
}

/// Who pulls in whom, as far as the ways tell: each dependency by the last on its way. One of which no way is told hangs on
/// nothing.
fn graph<'a>(dependencies: &'a [FoundDependency], references: &'a [String]) -> Vec<Dependency<'a>> {
    let mut by_version: BTreeMap<(&PackageId, Option<&str>), &str> = BTreeMap::new();
    for (found, reference) in dependencies.iter().zip(references) {
        let key = (&found.package, found.locked.as_deref());
        by_version.entry(key).or_insert(reference);
    }
    let mut depends_on: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (found, reference) in dependencies.iter().zip(references) {
        let from = match found.via.last() {
            None if found.is_direct => Some(APPLICATION),
            None => None,
            Some(last) => by_version
                .get(&(last, found.via_version.as_deref()))
                .copied(),
        };
        if let Some(from) = from {
            depends_on.entry(from).or_default().insert(reference);
        }
    }
    std::iter::once(APPLICATION)
        .chain(references.iter().map(String::as_str))
        .map(|reference| Dependency {
            reference,
            depends_on: depends_on.remove(reference).unwrap_or_default(),
        })
        .collect()
}
