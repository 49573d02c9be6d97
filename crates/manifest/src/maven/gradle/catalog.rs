//! Version catalogs, `gradle/libs.versions.toml`: names for libraries and plugins, which build scripts use.

use std::collections::BTreeMap;

use downriver_domain::Evidence;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::lines::Lines;
use crate::reading::Problem;
use crate::text::decode;

/// A catalog; aliases as scripts write them, with dots.
#[derive(Debug, Default)]
pub(super) struct Catalog {
    pub(super) libraries: BTreeMap<String, CatalogEntry>,
    /// By plugin id in place of `group:artifact`.
    pub(super) plugins: BTreeMap<String, CatalogEntry>,
    /// Aliases of libraries.
    pub(super) bundles: BTreeMap<String, Vec<String>>,
    pub(super) versions: BTreeMap<String, String>,
}

#[derive(Debug, Clone)]
pub(super) struct CatalogEntry {
    /// `group:artifact`, or a plugin's id.
    pub(super) name: String,
    pub(super) version: Option<String>,
    pub(super) evidence: Evidence,
}

/// `kotlin-stdlib_common` is `kotlin.stdlib.common` in a script.
pub(super) fn accessor(alias: &str) -> String {
    alias.replace(['-', '_'], ".")
}

/// The catalog and what is wrong with single entries of it.
pub(super) fn read(path: &str, bytes: &[u8]) -> Result<(Catalog, Vec<Problem>), Problem> {
    let text = decode(path, bytes)?;
    let lines = Lines::new(&text);
    let table = DeTable::parse(&text).map_err(|error| {
        let line = error.span().map(|span| lines.at(span.start));
        Problem::new(
            path,
            line,
            format!("is not valid TOML: {}", error.message()),
        )
    })?;
    let reader = Reader {
        path,
        lines: &lines,
    };
    let mut problems = Vec::new();
    let catalog = reader.catalog(table.get_ref(), &mut problems);
    Ok((catalog, problems))
}

struct Reader<'r> {
    path: &'r str,
    lines: &'r Lines<'r>,
}

type Item<'t, 'i> = (&'t str, u32, &'t DeValue<'i>);

impl Reader<'_> {
    fn catalog(&self, table: &DeTable<'_>, problems: &mut Vec<Problem>) -> Catalog {
        let mut catalog = Catalog::default();
        for (alias, _, value) in self.items(table, "versions") {
            if let Some(version) = rich_version(value) {
                catalog.versions.insert(accessor(alias), version);
            }
        }
        for (alias, line, value) in self.items(table, "libraries") {
            match self.entry(line, value, false, &catalog.versions) {
                Ok(entry) => drop(catalog.libraries.insert(accessor(alias), entry)),
                Err(what) => problems.push(Problem::gap(
                    self.path,
                    Some(line),
                    format!("the library `{alias}` {what}"),
                )),
            }
        }
        for (alias, line, value) in self.items(table, "plugins") {
            match self.entry(line, value, true, &catalog.versions) {
                Ok(entry) => drop(catalog.plugins.insert(accessor(alias), entry)),
                Err(what) => problems.push(Problem::gap(
                    self.path,
                    Some(line),
                    format!("the plugin `{alias}` {what}"),
                )),
            }
        }
        for (alias, _, value) in self.items(table, "bundles") {
            let members = value.as_array().into_iter().flat_map(|array| array.iter());
            let members = members
                .filter_map(|member| member.get_ref().as_str())
                .map(accessor);
            catalog.bundles.insert(accessor(alias), members.collect());
        }
        catalog
    }

    fn items<'t, 'i>(&self, table: &'t DeTable<'i>, section: &str) -> Vec<Item<'t, 'i>> {
        let section = table
            .get(section)
            .and_then(|section| section.get_ref().as_table());
        section
            .into_iter()
            .flat_map(|section| section.iter())
            .map(|(alias, value): (&Spanned<_>, &Spanned<_>)| {
                let alias_text: &str = alias.get_ref();
                (
                    alias_text,
                    self.lines.at(alias.span().start),
                    value.get_ref(),
                )
            })
            .collect()
    }

    fn entry(
        &self,
        line: u32,
        value: &DeValue<'_>,
        is_plugin: bool,
        versions: &BTreeMap<String, String>,
    ) -> Result<CatalogEntry, String> {
        let evidence = Evidence {
            file: self.path.into(),
            line: Some(line),
        };
        let unnamed = || {
            let expected = if is_plugin {
                "an `id`"
            } else {
                "`group:artifact`, or `group` and `name`"
            };
            format!("has no name: expected {expected}")
        };
        if let Some(text) = value.as_str() {
            let (name, version) = split_version(text, is_plugin).ok_or_else(unnamed)?;
            return Ok(CatalogEntry {
                name,
                version,
                evidence,
            });
        }
        let table = value.as_table().ok_or_else(unnamed)?;
        let text = |key: &str| table.get(key).and_then(|value| value.get_ref().as_str());
        let name = if is_plugin {
            text("id").map(str::to_owned)
        } else {
            let parts = text("group").zip(text("name"));
            let module = text("module").filter(|module| module.split(':').count() == 2);
            module
                .map(str::to_owned)
                .or_else(|| parts.map(|(group, name)| format!("{group}:{name}")))
        };
        Ok(CatalogEntry {
            name: name.ok_or_else(unnamed)?,
            version: version_of(table, versions)?,
            evidence,
        })
    }
}

/// `version = "1"`, `version.ref = "x"`, or a rich version.
fn version_of(
    table: &DeTable<'_>,
    versions: &BTreeMap<String, String>,
) -> Result<Option<String>, String> {
    let Some(version) = table.get("version") else {
        return Ok(None);
    };
    let reference = version
        .get_ref()
        .as_table()
        .and_then(|table| table.get("ref"));
    let Some(reference) = reference.and_then(|reference| reference.get_ref().as_str()) else {
        return Ok(rich_version(version.get_ref()));
    };
    match versions.get(&accessor(reference)) {
        Some(version) => Ok(Some(version.clone())),
        None => Err(format!(
            "refers to the version `{reference}`, which [versions] does not have"
        )),
    }
}

/// Of a rich version what excludes most: `strictly`, then `require`, then `prefer`.
fn rich_version(value: &DeValue<'_>) -> Option<String> {
    if let Some(text) = value.as_str() {
        return Some(without_strictness(text).to_owned());
    }
    let table = value.as_table()?;
    let text = |key: &str| Some(table.get(key)?.get_ref().as_str()?.to_owned());
    text("strictly")
        .or_else(|| text("require"))
        .or_else(|| text("prefer"))
}

/// `1.0!!` is strictly 1.0; `[1,2[!!1.5` strictly the range, preferably 1.5.
pub(super) fn without_strictness(version: &str) -> &str {
    version
        .split_once("!!")
        .map_or(version, |(strict, _)| strict)
}

/// `group:artifact[:version]`, or `id:version`.
fn split_version(text: &str, is_plugin: bool) -> Option<(String, Option<String>)> {
    let parts: Vec<&str> = text.split(':').collect();
    let version = |text: &&str| Some(without_strictness(text).to_owned());
    match (is_plugin, parts.as_slice()) {
        (true, [id, rest]) => Some(((*id).to_owned(), version(rest))),
        (false, [group, artifact]) => Some((format!("{group}:{artifact}"), None)),
        (false, [group, artifact, rest, ..]) => {
            Some((format!("{group}:{artifact}"), version(rest)))
        }
        _ => None,
    }
}
