//! The packages of an npm lockfile as a graph: one node for each name, version and source, whatever else tells entries
//! apart (peers, places, descriptors).

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use downriver_version::{Format, Requirement, Version};

use super::package_json::package;
use super::spec::source_of;
use crate::graph::{Graph, Node};
use crate::reading::{Problem, Source};

#[derive(Debug)]
pub(super) struct Instances<'a> {
    pub(super) graph: Graph<'a>,
    pub(super) known: Known<'a>,
}

/// The nodes by name, source and version.
#[derive(Debug, Default)]
pub(super) struct Known<'a>(BTreeMap<Key<'a>, usize>);

type Key<'a> = (Cow<'a, str>, Source, Option<Cow<'a, str>>);

/// Versions of one package that a guess looks at.
const GUESSED_MAX: usize = 50;

impl<'a> Instances<'a> {
    pub(super) fn new(file: &'a str) -> Self {
        Self {
            graph: Graph::new(file),
            known: Known::default(),
        }
    }

    /// The node of this package; the first entry tells the line.
    pub(super) fn add(
        &mut self,
        name: Cow<'a, str>,
        version: Option<Cow<'a, str>>,
        source: Source,
        line: Option<u32>,
    ) -> Result<usize, Problem> {
        let key = (name.clone(), source, version.clone());
        if let Some(at) = self.known.0.get(&key) {
            return Ok(*at);
        }
        let package = package(&name);
        let at = self.graph.add(Node {
            name,
            package,
            version,
            source,
            line,
        })?;
        self.known.0.insert(key, at);
        Ok(at)
    }

    /// Keeps each edge once, as the first says it.
    pub(super) fn unite_edges(&mut self) {
        let edges = &mut self.graph.edges;
        edges.sort_by(|one, other| {
            (one.from, one.to, one.scope, &one.requirement, one.line).cmp(&(
                other.from,
                other.to,
                other.scope,
                &other.requirement,
                other.line,
            ))
        });
        edges.dedup_by(|later, first| {
            (later.from, later.to, later.scope, &later.requirement)
                == (first.from, first.to, first.scope, &first.requirement)
        });
    }
}

impl Known<'_> {
    /// What a requirement means that no entry of the lockfile is for, as an override has changed it or a peer is asked for:
    /// the only version of the package, else the highest that the requirement admits.
    pub(super) fn guess(&self, name: &str, requirement: &str) -> Option<usize> {
        let wanted = source_of(requirement);
        let first = (Cow::Borrowed(name), wanted, None);
        let versions: Vec<(usize, &str)> = self
            .0
            .range::<Key<'_>, _>(first..)
            .take_while(|((known, source, _), _)| known == name && *source == wanted)
            .take(GUESSED_MAX)
            .map(|((_, _, version), at)| (*at, version.as_deref().unwrap_or_default()))
            .collect();
        if let [(only, _)] = versions.as_slice() {
            return Some(*only);
        }
        let requirement = Requirement::parse(Format::Npm, requirement).ok()?;
        let admitted = versions
            .iter()
            .filter_map(|(at, text)| Some((*at, Version::parse(Format::Npm, text).ok()?)))
            .filter(|(_, version)| requirement.admits(version));
        let highest = admitted
            .max_by(|(_, one), (_, other)| one.compare(other).unwrap_or(std::cmp::Ordering::Equal));
        highest.map(|(at, _)| at)
    }
}

/// `name@rest`, where the name may begin with `@`.
pub(super) fn split_name(text: &str) -> Option<(&str, &str)> {
    let at = name_end(text)?;
    Some((&text[..at], &text[at + 1..]))
}

/// Where the `@` stands that ends the name.
pub(super) fn name_end(text: &str) -> Option<usize> {
    Some(text.get(1..)?.find('@')? + 1)
}

/// A part of a text, borrowed if the whole is.
pub(super) fn slice<'a>(whole: &Cow<'a, str>, range: Range<usize>) -> Cow<'a, str> {
    match whole {
        Cow::Borrowed(whole) => Cow::Borrowed(&whole[range]),
        Cow::Owned(whole) => Cow::Owned(whole[range].to_owned()),
    }
}
