//! SPDX 2.2 and 2.3: packages with their package URLs, and relationships.

use downriver_domain::Scope;
use serde::Deserialize;

use super::json::Text;
use super::parts::{Component, Link, Parts, add_component};

/// The identifier of the document itself.
pub(super) const DOCUMENT: &str = "SPDXRef-DOCUMENT";

#[derive(Debug, Deserialize)]
pub(super) struct Package<'a> {
    #[serde(borrow, rename = "SPDXID", default)]
    reference: Option<Text<'a>>,
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, rename = "versionInfo", default)]
    version: Option<Text<'a>>,
    #[serde(borrow, rename = "externalRefs", default)]
    references: Option<FirstPackageUrl<'a>>,
}

/// `externalRefs`, of which only the first package URL is kept.
#[derive(Debug, Default)]
struct FirstPackageUrl<'a>(Option<Text<'a>>);

#[derive(Debug, Deserialize)]
struct ExternalReference<'a> {
    #[serde(borrow, rename = "referenceType", default)]
    kind: Option<Text<'a>>,
    #[serde(borrow, rename = "referenceLocator", default)]
    locator: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Relationship<'a> {
    #[serde(borrow, rename = "spdxElementId", default)]
    from: Text<'a>,
    #[serde(borrow, rename = "relatedSpdxElement", default)]
    to: Text<'a>,
    #[serde(borrow, rename = "relationshipType", default)]
    kind: Text<'a>,
}

impl<'de: 'a, 'a> Deserialize<'de> for FirstPackageUrl<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::DeserializeSeed;
        let mut first = None;
        let take = |reference: ExternalReference<'de>| {
            let is_purl = reference
                .kind
                .as_deref()
                .is_some_and(|kind| kind.eq_ignore_ascii_case("purl"));
            if is_purl && first.is_none() {
                first = reference.locator;
            }
            Ok(())
        };
        super::json::Each::new(take).deserialize(deserializer)?;
        Ok(Self(first))
    }
}

/// What a relationship says, seen from the one that depends.
enum Meaning {
    DependsOn(Option<Scope>),
    DependencyOf(Option<Scope>),
    Describes,
    DescribedBy,
    Nothing,
}

pub(super) fn take_package<'a>(parts: &mut Parts<'a>, package: Package<'a>) -> Result<(), String> {
    let index = add_component(&mut parts.components)?;
    parts.components[index] = Component {
        reference: package.reference,
        purl: package.references.and_then(|references| references.0),
        name: package.name,
        version: package
            .version
            .filter(|version| &**version != "NOASSERTION"),
        ..Component::default()
    };
    Ok(())
}

/// `documentDescribes`, or a relationship that says the same.
pub(super) fn take_described<'a>(parts: &mut Parts<'a>, reference: Text<'a>) -> Result<(), String> {
    let index = add_component(&mut parts.subjects)?;
    parts.subjects[index].reference = Some(reference);
    Ok(())
}

pub(super) fn take_relationship<'a>(
    parts: &mut Parts<'a>,
    relationship: Relationship<'a>,
) -> Result<(), String> {
    let Relationship { from, to, kind } = relationship;
    let (from, to, scope) = match meaning(&kind) {
        Meaning::DependsOn(scope) => (from, to, scope),
        Meaning::DependencyOf(scope) => (to, from, scope),
        Meaning::Describes if &*from == DOCUMENT => return take_described(parts, to),
        Meaning::DescribedBy if &*to == DOCUMENT => return take_described(parts, from),
        Meaning::Describes | Meaning::DescribedBy | Meaning::Nothing => return Ok(()),
    };
    let is_same = parts.dependents.last().is_some_and(|last| **last == *from);
    let from = if is_same {
        u32::try_from(parts.dependents.len() - 1).map_err(|error| error.to_string())?
    } else {
        parts.dependent(from)?
    };
    parts.link(Link { from, to, scope })
}

/// SPDX 2.3, section 11.1. `CONTAINS` tells that something is there, not who asks for it.
fn meaning(kind: &str) -> Meaning {
    match kind {
        "DEPENDS_ON" | "DYNAMIC_LINK" | "STATIC_LINK" | "HAS_PREREQUISITE" => {
            Meaning::DependsOn(None)
        }
        "DEPENDENCY_OF" | "RUNTIME_DEPENDENCY_OF" | "PREREQUISITE_FOR" => {
            Meaning::DependencyOf(None)
        }
        "BUILD_DEPENDENCY_OF" | "BUILD_TOOL_OF" => Meaning::DependencyOf(Some(Scope::Build)),
        "DEV_DEPENDENCY_OF" | "DEV_TOOL_OF" => Meaning::DependencyOf(Some(Scope::Dev)),
        "TEST_DEPENDENCY_OF" | "TEST_TOOL_OF" => Meaning::DependencyOf(Some(Scope::Test)),
        "OPTIONAL_DEPENDENCY_OF" | "OPTIONAL_COMPONENT_OF" => {
            Meaning::DependencyOf(Some(Scope::Optional))
        }
        "PROVIDED_DEPENDENCY_OF" => Meaning::DependencyOf(Some(Scope::Peer)),
        "DESCRIBES" => Meaning::Describes,
        "DESCRIBED_BY" => Meaning::DescribedBy,
        _ => Meaning::Nothing,
    }
}
