//! `Package.resolved`, versions 1 to 3: what each dependency was resolved to, and nothing of who asked for it.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::DeserializeSeed;

use crate::limits::NODES_MAX;
use crate::lines::Lines;
use crate::npm::json;
use crate::reading::{Problem, Source};
use crate::sbom::json::{Each, Text};

/// A dependency that was resolved.
#[derive(Debug)]
pub(super) struct Pin {
    /// In lower case, as the package manager compares it: `acme.kit` from a registry, else the last part of the address.
    pub(super) identity: String,
    /// `None` for a branch or commit.
    pub(super) version: Option<String>,
    pub(super) source: Source,
    pub(super) line: Option<u32>,
}

#[derive(Deserialize)]
struct File<'a> {
    version: u32,
    #[serde(borrow, default)]
    pins: Pins<'a>,
    /// Version 1 has the pins in here.
    #[serde(borrow, default)]
    object: Option<Object<'a>>,
}

#[derive(Deserialize)]
struct Object<'a> {
    #[serde(borrow, default)]
    pins: Pins<'a>,
}

#[derive(Default)]
struct Pins<'a>(Vec<Written<'a>>);

#[derive(Deserialize)]
struct Written<'a> {
    #[serde(borrow, default)]
    identity: Option<Text<'a>>,
    /// Version 1: the name by which the package calls itself.
    #[serde(borrow, default)]
    package: Option<Text<'a>>,
    #[serde(borrow, default)]
    kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    state: Option<State<'a>>,
}

#[derive(Deserialize)]
struct State<'a> {
    #[serde(borrow, default)]
    version: Option<Text<'a>>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Pins<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut pins = Vec::new();
        let take = |pin: Written<'de>| {
            if pins.len() >= NODES_MAX {
                return Err(format!("more than {NODES_MAX} pins"));
            }
            pins.push(pin);
            Ok(())
        };
        Each::new(take).deserialize(deserializer)?;
        Ok(Self(pins))
    }
}

/// The pins, and the file's version.
pub(super) fn parse(path: &str, text: &str) -> Result<(u32, Vec<Pin>), Problem> {
    let lines = Lines::new(text);
    let file: File<'_> = json::parse(path, text)?;
    if !(1..=3).contains(&file.version) {
        let text = format!("is of version {}: 1 to 3 are read", file.version);
        return Err(Problem::new(path, None, text));
    }
    let written = file.object.map_or(file.pins, |object| object.pins);
    let pins = written
        .0
        .into_iter()
        .filter_map(|pin| resolve(pin, &lines))
        .collect();
    Ok((file.version, pins))
}

fn resolve(pin: Written<'_>, lines: &Lines<'_>) -> Option<Pin> {
    let name = pin.identity.or(pin.package)?;
    let line = match &name.0 {
        Cow::Borrowed(name) => lines.of(name),
        Cow::Owned(_) => None,
    };
    Some(Pin {
        identity: name.to_lowercase(),
        version: pin
            .state
            .and_then(|state| state.version)
            .map(|version| version.0.into_owned()),
        source: match pin.kind.as_deref() {
            Some("registry") => Source::Registry,
            Some("localSourceControl" | "fileSystem") => Source::Path,
            // Version 1 knows no other.
            _ => Source::Git,
        },
        line,
    })
}
