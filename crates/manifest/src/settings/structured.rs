//! Settings in TOML, YAML, XML and JSON.

use std::borrow::Cow;
use std::collections::BTreeMap;

use roxmltree::{Document, Node};
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Named;
use crate::limits::DEPTH_MAX;
use crate::lines::Lines;
use crate::npm::{json, yaml};

/// Keys that hold an address of packages, in the TOML files that are read here.
const ADDRESS_KEYS: [&str; 6] = [
    "url",
    "index",
    "registry",
    "index-url",
    "extra-index-url",
    "default-index",
];
/// Where such keys count, by file: the beginning of their way.
const TOML_WAYS: [(&str, &[&str]); 9] = [
    ("bunfig.toml", &["install", "registry"]),
    ("bunfig.toml", &["install", "scopes"]),
    ("config.toml", &["registries"]),
    ("config.toml", &["source"]),
    ("config", &["registries"]),
    ("pyproject.toml", &["tool", "poetry", "source"]),
    ("pyproject.toml", &["tool", "pdm", "source"]),
    ("pyproject.toml", &["tool", "uv"]),
    ("Pipfile", &["source"]),
];

/// A file of Cargo, Bun or a Python tool; `name` says which.
pub(super) fn toml(name: &str, text: &str) -> Option<Vec<Named>> {
    let table = DeTable::parse(text).ok()?.into_inner();
    let lines = Lines::new(text);
    let mut named = Vec::new();
    let mut way = Vec::new();
    walk_table(
        &table,
        &mut way,
        &mut |way: &[&str], value: &Spanned<Cow<'_, str>>| {
            if counts(name, way) {
                named.push(Named {
                    address: value.get_ref().to_string(),
                    scope: scope_of(way),
                    line: Some(lines.at(value.span().start)),
                });
            }
        },
    );
    Some(named)
}

fn counts(name: &str, way: &[&str]) -> bool {
    let is_here = TOML_WAYS
        .iter()
        .any(|(file, start)| *file == name && way.starts_with(start));
    let last = way.last().copied().unwrap_or_default();
    let is_address = ADDRESS_KEYS.contains(&last) || way.starts_with(&["install", "scopes"]);
    // `tool.uv.sources` says where single packages come from; `tool.uv.index` is a list of tables.
    let is_source_of_one = way.starts_with(&["tool", "uv", "sources"]);
    is_here && is_address && !is_source_of_one && !matches!(last, "token" | "username" | "password")
}

/// Bun: `[install.scopes]`, with or without the `@`.
fn scope_of(way: &[&str]) -> Option<String> {
    match way {
        ["install", "scopes", scope, ..] => {
            Some(format!("@{}", scope.strip_prefix('@').unwrap_or(scope)))
        }
        _ => None,
    }
}

type See<'s> = dyn FnMut(&[&str], &Spanned<Cow<'_, str>>) + 's;

fn walk_table<'t>(table: &'t DeTable<'_>, way: &mut Vec<&'t str>, see: &mut See<'_>) {
    for (key, value) in table {
        way.push(key.get_ref());
        walk_value(value, way, see);
        way.pop();
    }
}

fn walk_value<'t>(value: &'t Spanned<DeValue<'_>>, way: &mut Vec<&'t str>, see: &mut See<'_>) {
    // The parser bounds how deep a text nests; this is for the stack of this function.
    if way.len() > DEPTH_MAX {
        return;
    }
    match value.get_ref() {
        DeValue::String(text) => see(way, &Spanned::new(value.span(), text.clone())),
        DeValue::Array(values) => {
            for value in values {
                walk_value(value, way, see);
            }
        }
        DeValue::Table(table) => walk_table(table, way, see),
        _ => {}
    }
}

#[derive(Deserialize)]
struct Yarn<'a> {
    #[serde(borrow, rename = "npmRegistryServer", default)]
    server: Option<yaml::Text<'a>>,
    #[serde(borrow, rename = "npmScopes", default)]
    scopes: Option<BTreeMap<String, YarnScope<'a>>>,
}

#[derive(Deserialize)]
struct YarnScope<'a> {
    #[serde(borrow, rename = "npmRegistryServer", default)]
    server: Option<yaml::Text<'a>>,
}

/// Yarn 2 and later.
pub(super) fn yarnrc_yml(path: &str, text: &str) -> Option<Vec<Named>> {
    let yarn: Yarn<'_> = yaml::read(path, text).ok()?;
    let lines = Lines::new(text);
    let one = |server: &yaml::Text<'_>, scope: Option<String>| Named {
        address: server.to_string(),
        scope,
        line: lines.of(server),
    };
    let mut named: Vec<Named> = yarn.server.iter().map(|server| one(server, None)).collect();
    for (scope, settings) in yarn.scopes.unwrap_or_default() {
        let server = settings.server.iter();
        named.extend(server.map(|server| one(server, Some(format!("@{scope}")))));
    }
    Some(named)
}

#[derive(Deserialize)]
struct SwiftRegistries<'a> {
    #[serde(borrow, default)]
    registries: json::Members<'a, SwiftRegistry<'a>>,
}

#[derive(Deserialize)]
struct SwiftRegistry<'a> {
    #[serde(borrow, default)]
    url: Option<json::Text<'a>>,
}

/// What `swift package-registry set` writes: by scope, `[default]` for all others.
pub(super) fn swift(path: &str, text: &str) -> Option<Vec<Named>> {
    let settings: SwiftRegistries<'_> = json::parse(path, text).ok()?;
    let lines = Lines::new(text);
    let named = settings.registries.0.into_iter().filter_map(|(scope, it)| {
        let url = it.url?.0;
        Some(Named {
            line: lines.of(&url),
            address: url.into_owned(),
            scope: (scope != "[default]").then(|| scope.into_owned()),
        })
    });
    Some(named.collect())
}

/// `settings.xml` and POMs: repositories, plugin repositories and mirrors; not where releases go.
pub(super) fn maven(text: &str) -> Option<Vec<Named>> {
    let document = Document::parse(text).ok()?;
    let is_source = |node: &Node<'_, '_>| {
        let parent = node.parent_element().map(|parent| parent.tag_name().name());
        let is_inside = matches!(parent, Some("repository" | "pluginRepository" | "mirror"));
        let mut around = node.ancestors().take(DEPTH_MAX);
        is_inside && !around.any(|node| node.tag_name().name() == "distributionManagement")
    };
    let named = document
        .descendants()
        .filter(|node| node.tag_name().name() == "url" && is_source(node))
        .filter_map(|node| Some(at(node.text()?, &node)));
    Some(named.collect())
}

/// `packageSources` of `nuget.config`.
pub(super) fn nuget(text: &str) -> Option<Vec<Named>> {
    let document = Document::parse(text).ok()?;
    let is_source = |node: &Node<'_, '_>| {
        let parent = node.parent_element().map(|parent| parent.tag_name().name());
        node.tag_name().name().eq_ignore_ascii_case("add")
            && parent.is_some_and(|name| name.eq_ignore_ascii_case("packageSources"))
    };
    let named = document
        .descendants()
        .filter(is_source)
        .filter_map(|node| Some(at(node.attribute("value")?, &node)));
    Some(named.collect())
}

fn at(address: &str, node: &Node<'_, '_>) -> Named {
    Named {
        address: address.trim().to_owned(),
        scope: None,
        line: Some(node.document().text_pos_at(node.range().start).row),
    }
}
