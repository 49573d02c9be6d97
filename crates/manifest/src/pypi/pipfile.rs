//! `Pipfile` and `Pipfile.lock`. The lock is flat: only the Pipfile says what the project itself asks for, and nobody who
//! needs whom.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use toml::de::{DeTable, DeValue};

use downriver_domain::{Evidence, Scope};

use crate::lines::Lines;
use crate::pypi::constraint::translate;
use crate::pypi::declared::{Declared, parse_specifier, pinned, source_of_url};
use crate::pypi::lock::{Lock, Locked};
use crate::pypi::name::{normalise, scope_of_group};
use crate::pypi::toml::{Text, TextOr, parse, text_at};
use crate::reading::{Problem, Source};

#[derive(Deserialize, Default)]
#[serde(expecting = "the table of a package")]
struct Package<'a> {
    #[serde(borrow)]
    version: Option<Text<'a>>,
    git: Option<IgnoredAny>,
    hg: Option<IgnoredAny>,
    svn: Option<IgnoredAny>,
    bzr: Option<IgnoredAny>,
    path: Option<IgnoredAny>,
    file: Option<IgnoredAny>,
    #[serde(default)]
    editable: bool,
}

#[derive(Deserialize)]
#[serde(expecting = "a table")]
struct Meta {
    #[serde(rename = "pipfile-spec")]
    pipfile_spec: Option<u32>,
}

/// The categories of a lockfile, and its version.
#[derive(Default)]
struct Document<'a> {
    spec: Option<u32>,
    categories: Vec<(Text<'a>, BTreeMap<Text<'a>, TextOr<'a, Package<'a>>>)>,
}

struct DocumentVisitor;

impl<'de> Visitor<'de> for DocumentVisitor {
    type Value = Document<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the categories of a Pipfile.lock")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut document = Document::default();
        while let Some(key) = map.next_key::<Text<'de>>()? {
            if &*key.0 == "_meta" {
                document.spec = map.next_value::<Meta>()?.pipfile_spec;
            } else {
                document.categories.push((key, map.next_value()?));
            }
        }
        Ok(document)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Document<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(DocumentVisitor)
    }
}

pub(super) fn read_lock<'a>(path: &'a str, text: &'a str) -> Result<Lock<'a>, Problem> {
    let document: Document<'a> = serde_json::from_str(text).map_err(|error| {
        let line = u32::try_from(error.line()).ok();
        Problem::new(path, line, format!("is not valid here: {error}"))
    })?;
    let lines = Lines::new(text);
    let version = document.spec;
    let mut packages = Vec::new();
    for (category, of_category) in document.categories {
        let scope = scope_of_category(&category.0);
        packages.extend(
            of_category
                .into_iter()
                .map(|(name, package)| locked(name, package, scope, &lines)),
        );
    }
    Ok(Lock {
        path,
        format: match version {
            Some(version) => format!("Pipfile.lock {version}"),
            None => "Pipfile.lock".to_owned(),
        },
        packages,
        is_flat: true,
        counts_every_source: false,
    })
}

fn locked<'a>(
    name: Text<'a>,
    package: TextOr<'a, Package<'a>>,
    scope: Scope,
    lines: &Lines<'_>,
) -> Locked<'a> {
    let package = match package {
        TextOr::Table(table) => table,
        // Written by hand: Pipenv itself reads it so.
        TextOr::Text(version) => Package {
            version: Some(Text(version)),
            ..Package::default()
        },
    };
    let is_versioned = package.git.is_some()
        || package.hg.is_some()
        || package.svn.is_some()
        || package.bzr.is_some();
    let source = if is_versioned {
        Source::Git
    } else if package.path.is_some() || package.editable {
        Source::Path
    } else if package.file.is_some() {
        Source::Url
    } else {
        Source::Registry
    };
    let version = package.version.and_then(|version| match version.0 {
        Cow::Borrowed(text) => pinned(text).map(Cow::Borrowed),
        Cow::Owned(text) => pinned(&text).map(|version| Cow::Owned(version.to_owned())),
    });
    Locked {
        line: lines.of(&name.0),
        name: normalise(name.0),
        version,
        source,
        scope: Some(scope),
        needs: Vec::new(),
    }
}

fn scope_of_category(name: &str) -> Scope {
    match name {
        "packages" => Scope::Runtime,
        "dev-packages" | "develop" => Scope::Dev,
        name => scope_of_group(name),
    }
}

/// What a `Pipfile` declares, and what of it could not be read.
pub(super) fn read_manifest(
    path: &str,
    text: &str,
) -> Result<(Vec<Declared>, Vec<Problem>), Problem> {
    const OTHER_TABLES: [&str; 4] = ["requires", "scripts", "pipenv", "pipfile"];
    let document = parse(path, text)?;
    let lines = Lines::new(text);
    let mut declared = Vec::new();
    let mut problems = Vec::new();
    for (category, table) in &document {
        let Some(table) = table.get_ref().as_table() else {
            continue;
        };
        let category = &**category.get_ref();
        if OTHER_TABLES.contains(&category) {
            continue;
        }
        for (name, value) in table {
            let line = Some(lines.at(name.span().start));
            let evidence = Evidence {
                file: path.into(),
                line,
            };
            match declare(name.get_ref(), value.get_ref()) {
                Ok((requirement, extras, source)) => declared.push(Declared {
                    name: normalise(&**name.get_ref()).into_owned(),
                    requirement,
                    extras,
                    source,
                    scope: scope_of_category(category),
                    evidence,
                }),
                Err(text) => problems.push(Problem::new(path, line, text)),
            }
        }
    }
    Ok((declared, problems))
}

type Wanted = (Option<String>, BTreeSet<String>, Source);

fn declare(name: &str, value: &DeValue<'_>) -> Result<Wanted, String> {
    match value {
        DeValue::String(text) => Ok((
            Some(requirement(name, text)?),
            BTreeSet::new(),
            Source::Registry,
        )),
        DeValue::Table(table) => {
            let extras = extras(table);
            let source = source_of_table(table);
            if source != Source::Registry {
                return Ok((None, extras, source));
            }
            let version = text_at(table, &["version"]).unwrap_or("*");
            Ok((Some(requirement(name, version)?), extras, source))
        }
        _ => Err(format!("has `{name}` with neither a text nor a table")),
    }
}

/// Pipenv hands the text to pip behind the name: `*` is any version, a bare version that one.
fn requirement(name: &str, text: &str) -> Result<String, String> {
    if matches!(text.trim(), "*" | "") {
        return Ok(String::new());
    }
    if let Ok(specifier) = parse_specifier(&format!("{name}{text}"))
        && let Some(requirement) = specifier.requirement
        && text.trim_start().starts_with(['=', '<', '>', '!', '~'])
    {
        return Ok(requirement);
    }
    translate(text)
        .ok_or_else(|| format!("has `{name} = \"{text}\"`, which is no version requirement"))
}

pub(super) fn extras(table: &DeTable<'_>) -> BTreeSet<String> {
    let list = table
        .get("extras")
        .and_then(|value| value.get_ref().as_array());
    list.into_iter()
        .flat_map(|list| list.iter())
        .filter_map(|extra| Some(normalise(extra.get_ref().as_str()?).into_owned()))
        .collect()
}

/// Where a dependency's table says that it comes from: Pipenv, Poetry and uv write the same keys.
pub(super) fn source_of_table(table: &DeTable<'_>) -> Source {
    if ["git", "hg", "svn", "bzr"]
        .iter()
        .any(|key| table.contains_key(*key))
    {
        Source::Git
    } else if table
        .get("workspace")
        .and_then(|value| value.get_ref().as_bool())
        == Some(true)
    {
        Source::Workspace
    } else if table.contains_key("path") {
        Source::Path
    } else if let Some(address) = text_at(table, &["url"]).or_else(|| text_at(table, &["file"])) {
        source_of_url(address)
    } else {
        Source::Registry
    }
}
