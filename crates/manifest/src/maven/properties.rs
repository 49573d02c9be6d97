//! `${…}`: the properties of a project and its parents, and what Maven calls by `project.`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::limits::INCLUDES_MAX;
use crate::maven::pom::Pom;

/// Bytes of a text whose properties were replaced: a version has a few dozen.
const EXPANDED_BYTES_MAX: usize = 16 * 1024;
/// Properties replaced in one text.
const EXPANSIONS_MAX: usize = 1_000;

/// Whose values replace a `${…}`, the nearest first.
#[derive(Debug, Clone)]
pub(super) struct Properties<'p> {
    /// Those of Maven's command line, as far as the source holds it.
    pub(super) user: Option<&'p BTreeMap<String, String>>,
    /// Those of a profile, which come before all others.
    pub(super) profile: Option<&'p BTreeMap<String, String>>,
    /// The project, its parent, the parent's parent, …
    pub(super) lineage: Vec<&'p Pom>,
}

/// A placeholder that nothing here gives a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Unresolved {
    /// Without `${` and `}`.
    pub(super) name: String,
    pub(super) why: Why,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Why {
    Undefined,
    /// Its value names itself, perhaps by way of others.
    Cycle,
    /// More replacements, or a longer text, than any version has.
    TooLong,
}

impl<'p> Properties<'p> {
    /// Of a POM by itself.
    pub(super) fn of(pom: &'p Pom) -> Self {
        Self {
            user: None,
            profile: None,
            lineage: vec![pom],
        }
    }
    /// Replaces every placeholder, also those in the values.
    pub(super) fn resolve(&self, text: &str) -> Result<String, Unresolved> {
        let mut expansion = Expansion {
            properties: self,
            open: Vec::new(),
            count: 0,
            out: String::new(),
        };
        expansion.expand(text)?;
        Ok(expansion.out)
    }

    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        let prefixed = ["project.", "pom."]
            .iter()
            .find_map(|prefix| name.strip_prefix(prefix));
        if let Some(value) = prefixed.and_then(|field| self.field(field)) {
            return Some(value);
        }
        let inherited = self.lineage.iter().map(|pom| &pom.properties);
        self.user
            .into_iter()
            .chain(self.profile)
            .chain(inherited)
            .find_map(|properties| properties.get(name))
            .map(|value| Cow::Borrowed(value.as_str()))
            // Without a prefix, as POMs of Maven 2 write.
            .or_else(|| self.field(name))
    }

    fn field(&self, field: &str) -> Option<Cow<'_, str>> {
        let pom = self.lineage.first()?;
        let parent = pom.parent.as_ref();
        // What the project does not say itself, its parents do: the parent may stand in the source without being named.
        let mut lineage = self.lineage.iter();
        let value = match field {
            "artifactId" => Some(pom.artifact.as_str()),
            "packaging" => Some(pom.packaging.as_deref().unwrap_or("jar")),
            "groupId" => lineage.find_map(|pom| pom.raw_group()),
            "version" => lineage.find_map(|pom| pom.raw_version()),
            "parent.groupId" => parent.and_then(|parent| parent.group.as_deref()),
            "parent.artifactId" => parent.and_then(|parent| parent.artifact.as_deref()),
            "parent.version" => parent
                .and_then(|parent| parent.version.as_deref())
                .or_else(|| lineage.skip(1).find_map(|pom| pom.raw_version())),
            _ => None,
        };
        value.map(Cow::Borrowed)
    }
}

struct Expansion<'e> {
    properties: &'e Properties<'e>,
    /// The placeholders whose values are being replaced now.
    open: Vec<String>,
    count: usize,
    out: String,
}

impl Expansion<'_> {
    fn expand(&mut self, text: &str) -> Result<(), Unresolved> {
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, after)) = after.split_once('}') else {
                break;
            };
            self.push(before, name)?;
            self.replace(name)?;
            rest = after;
        }
        self.push(rest, "")
    }

    fn replace(&mut self, name: &str) -> Result<(), Unresolved> {
        let unresolved = |why| Unresolved {
            name: name.to_owned(),
            why,
        };
        if self.open.iter().any(|open| open == name) {
            return Err(unresolved(Why::Cycle));
        }
        self.count += 1;
        if self.count > EXPANSIONS_MAX || self.open.len() >= INCLUDES_MAX {
            return Err(unresolved(Why::TooLong));
        }
        let properties = self.properties;
        let value = properties
            .value(name)
            .ok_or_else(|| unresolved(Why::Undefined))?;
        self.open.push(name.to_owned());
        self.expand(&value)?;
        self.open.pop();
        Ok(())
    }

    fn push(&mut self, text: &str, name: &str) -> Result<(), Unresolved> {
        if self.out.len() + text.len() > EXPANDED_BYTES_MAX {
            return Err(Unresolved {
                name: name.to_owned(),
                why: Why::TooLong,
            });
        }
        self.out.push_str(text);
        Ok(())
    }
}
