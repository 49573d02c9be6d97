//! The outermost object of an SBOM, in either format.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::cyclonedx::{Components, Dependencies, Metadata};
use super::json::{Each, Text};
use super::parts::Parts;
use super::spdx::{self, Package, Relationship};
use crate::reading::Problem;

/// What the document says it is.
#[derive(Debug, Default)]
struct Names<'a> {
    bom_format: Option<Text<'a>>,
    spec_version: Option<Text<'a>>,
    spdx_version: Option<Text<'a>>,
    /// SPDX 3 is JSON-LD.
    has_context: bool,
}

struct Document<'p, 'a> {
    names: &'p mut Names<'a>,
    parts: &'p mut Parts<'a>,
}

pub(super) fn parse<'a>(path: &str, text: &'a str) -> Result<Parts<'a>, Problem> {
    let mut names = Names::default();
    let mut parts = Parts::default();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let document = Document {
        names: &mut names,
        parts: &mut parts,
    };
    let read = document
        .deserialize(&mut deserializer)
        .and_then(|()| deserializer.end());
    read.map_err(|error| {
        let line = u32::try_from(error.line()).ok().filter(|line| *line > 0);
        let text = error.to_string();
        let (reason, _) = text.rsplit_once(" at line ").unwrap_or((&text, ""));
        Problem::new(path, line, format!("is no SBOM that can be read: {reason}"))
    })?;
    parts.format = format_of(&names).map_err(|reason| Problem::new(path, None, reason))?;
    Ok(parts)
}

fn format_of(names: &Names<'_>) -> Result<String, String> {
    if let Some(version) = &names.spdx_version {
        return match version.strip_prefix("SPDX-").unwrap_or(version) {
            number @ ("2.1" | "2.2" | "2.3") => Ok(format!("SPDX {number}")),
            other => Err(format!(
                "is SPDX `{}`: 2.1 to 2.3 are read; let the tool write SPDX 2.3 or CycloneDX",
                shown(other)
            )),
        };
    }
    let is_cyclonedx = names
        .bom_format
        .as_deref()
        .is_some_and(|name| name.eq_ignore_ascii_case("CycloneDX"));
    match names.spec_version.as_deref() {
        Some(version) if is_cyclonedx && version.starts_with("1.") => {
            Ok(format!("CycloneDX {}", shown(version)))
        }
        Some(version) if is_cyclonedx => Err(format!(
            "is CycloneDX `{}`: 1.2 to 1.7 are read; let the tool write one of these",
            shown(version)
        )),
        None if is_cyclonedx => {
            Err("is CycloneDX but has no `specVersion`: let the tool write 1.2 to 1.7".to_owned())
        }
        _ if names.has_context => {
            Err("is JSON-LD, perhaps SPDX 3: let the tool write SPDX 2.3 or CycloneDX".to_owned())
        }
        _ => Err(
            "is no SBOM: it has neither `bomFormat` (CycloneDX) nor `spdxVersion` (SPDX)"
                .to_owned(),
        ),
    }
}

fn shown(text: &str) -> String {
    text.chars()
        .take(20)
        .filter(|letter| !letter.is_control())
        .collect()
}

impl<'de> DeserializeSeed<'de> for Document<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Document<'_, 'de> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let Self { names, parts } = self;
        while let Some(key) = entries.next_key::<Text<'de>>()? {
            match &*key {
                "bomFormat" => names.bom_format = entries.next_value()?,
                "specVersion" => names.spec_version = entries.next_value()?,
                "spdxVersion" => names.spdx_version = entries.next_value()?,
                "metadata" => entries.next_value_seed(Metadata(parts))?,
                "components" => entries.next_value_seed(Components(&mut parts.components))?,
                "dependencies" => entries.next_value_seed(Dependencies(parts))?,
                "packages" => {
                    take_each(&mut entries, |it: Package<'de>| {
                        spdx::take_package(parts, it)
                    })?;
                }
                "documentDescribes" => {
                    take_each(&mut entries, |it: Text<'de>| {
                        spdx::take_described(parts, it)
                    })?;
                }
                "relationships" => take_each(&mut entries, |it: Relationship<'de>| {
                    spdx::take_relationship(parts, it)
                })?,
                other => {
                    names.has_context |= other == "@context";
                    entries.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

fn take_each<'de, A: MapAccess<'de>, T: Deserialize<'de>>(
    entries: &mut A,
    take: impl FnMut(T) -> Result<(), String>,
) -> Result<(), A::Error> {
    entries.next_value_seed(Each::new(take))
}
