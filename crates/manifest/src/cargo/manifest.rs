//! `Cargo.toml`: what a package asks for, what a workspace shares, and what both publish.

mod dependency;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;

use downriver_domain::Scope;
use toml::de::{DeTable, DeValue};

pub(super) use dependency::{Declared, Origin};

use crate::files::folder_of;
use crate::lines::Lines;
use crate::reading::{Problem, Reading};
use crate::text::decode;

#[derive(Debug)]
pub(super) struct Manifest {
    pub(super) path: String,
    /// None for the manifest of a workspace that is no package itself.
    pub(super) package: Option<Package>,
    pub(super) declared: Vec<Declared>,
    pub(super) workspace: Option<Workspace>,
    /// `[patch.…]` and `[replace]`, by name: delivered by something else than the registry.
    pub(super) patches: BTreeMap<String, Declared>,
}

#[derive(Debug)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) line: u32,
    pub(super) version: Field<String>,
    /// May it be published at all?
    pub(super) publish: Field<bool>,
    /// `package.workspace`: where the root of its workspace is.
    pub(super) workspace: Option<String>,
}

/// What stands here, or in the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Field<T> {
    Missing,
    Here(T),
    Inherited,
}

#[derive(Debug, Default)]
pub(super) struct Workspace {
    pub(super) members: Vec<String>,
    pub(super) exclude: Vec<String>,
    /// By key.
    pub(super) dependencies: BTreeMap<String, Declared>,
    pub(super) version: Option<String>,
    pub(super) publish: Option<bool>,
}

/// A table, with what it takes to say where something stands.
#[derive(Clone, Copy)]
struct Context<'t> {
    path: &'t str,
    lines: &'t Lines<'t>,
}

pub(super) fn parse(path: &str, bytes: &[u8], reading: &mut Reading) -> Result<Manifest, Problem> {
    let text = decode(path, bytes)?;
    let lines = Lines::new(&text);
    let document =
        DeTable::parse(&text).map_err(|error| super::toml_problem(path, &lines, &error))?;
    let document = document.get_ref();
    let context = Context {
        path,
        lines: &lines,
    };
    let workspace = table(document, "workspace");
    Ok(Manifest {
        path: path.to_owned(),
        package: package(context, document, reading),
        declared: declared(context, document, reading),
        workspace: workspace.map(|table| read_workspace(context, table, reading)),
        patches: patches(context, document, reading),
    })
}

impl Manifest {
    pub(super) fn folder(&self) -> &str {
        folder_of(&self.path)
    }
}

impl<T: Clone> Field<T> {
    pub(super) fn or_inherited(&self, inherited: Option<&T>) -> Option<T> {
        match self {
            Self::Missing => None,
            Self::Here(value) => Some(value.clone()),
            Self::Inherited => inherited.cloned(),
        }
    }
}

fn package(context: Context<'_>, document: &DeTable<'_>, reading: &mut Reading) -> Option<Package> {
    // `[project]` is what it was called before Cargo 1.0, and Cargo still takes it.
    let table = table(document, "package").or_else(|| table(document, "project"))?;
    let Some((at, name)) = table.get_key_value("name") else {
        let first = table
            .keys()
            .map(|key| context.lines.at(key.span().start))
            .min();
        reading.problem(Problem::new(
            context.path,
            first,
            "holds a package without a `name`",
        ));
        return None;
    };
    let line = context.lines.at(at.span().start);
    let Some(name) = name.get_ref().as_str() else {
        reading.problem(Problem::new(
            context.path,
            Some(line),
            "holds a `name` that is no text",
        ));
        return None;
    };
    let is_inherited = |value: &DeValue<'_>| {
        let table = value.as_table();
        table.is_some_and(|table| flag(table, "workspace"))
    };
    let version = match table.get("version").map(toml::Spanned::get_ref) {
        Some(DeValue::String(version)) => Field::Here(version.clone().into_owned()),
        Some(value) if is_inherited(value) => Field::Inherited,
        _ => Field::Missing,
    };
    let publish = match table.get("publish").map(toml::Spanned::get_ref) {
        Some(value) if is_inherited(value) => Field::Inherited,
        value => value
            .and_then(may_publish)
            .map_or(Field::Missing, Field::Here),
    };
    Some(Package {
        name: name.to_owned(),
        line,
        version,
        publish,
        workspace: text(table, "workspace").map(Cow::into_owned),
    })
}

/// `false`, or an empty list of registries, says that it may not.
fn may_publish(value: &DeValue<'_>) -> Option<bool> {
    match value {
        DeValue::Boolean(may) => Some(*may),
        DeValue::Array(registries) => Some(!registries.is_empty()),
        _ => None,
    }
}

fn declared(context: Context<'_>, document: &DeTable<'_>, reading: &mut Reading) -> Vec<Declared> {
    let mut found = sections(context, document, reading);
    let targets = table(document, "target").into_iter().flatten();
    for (_, target) in targets {
        if let Some(target) = target.get_ref().as_table() {
            found.extend(sections(context, target, reading));
        }
    }
    found.sort_by_key(|declared| declared.line);
    found
}

fn sections(context: Context<'_>, holder: &DeTable<'_>, reading: &mut Reading) -> Vec<Declared> {
    // With an underscore, as old manifests have it.
    let names = [
        ("dependencies", Scope::Runtime),
        ("dev-dependencies", Scope::Dev),
        ("dev_dependencies", Scope::Dev),
        ("build-dependencies", Scope::Build),
        ("build_dependencies", Scope::Build),
    ];
    let mut found = Vec::new();
    for (name, scope) in names {
        let Some(section) = table(holder, name) else {
            continue;
        };
        found.extend(dependency::read_section(context, section, scope, reading));
    }
    found
}

fn read_workspace(
    context: Context<'_>,
    table_of: &DeTable<'_>,
    reading: &mut Reading,
) -> Workspace {
    let dependencies = table(table_of, "dependencies")
        .map(|section| dependency::read_section(context, section, Scope::Runtime, reading));
    let shared = table(table_of, "package");
    Workspace {
        members: texts(table_of, "members"),
        exclude: texts(table_of, "exclude"),
        dependencies: dependencies
            .into_iter()
            .flatten()
            .map(|declared| (declared.key.clone(), declared))
            .collect(),
        version: shared
            .and_then(|shared| text(shared, "version"))
            .map(Cow::into_owned),
        publish: shared
            .and_then(|shared| shared.get("publish"))
            .and_then(|value| may_publish(value.get_ref())),
    }
}

fn patches(
    context: Context<'_>,
    document: &DeTable<'_>,
    reading: &mut Reading,
) -> BTreeMap<String, Declared> {
    let mut found = BTreeMap::new();
    let registries = table(document, "patch").into_iter().flatten();
    let tables = registries.filter_map(|(_, registry)| registry.get_ref().as_table());
    for section in tables.chain(table(document, "replace")) {
        for declared in dependency::read_section(context, section, Scope::Runtime, reading) {
            // `[replace]` names the version too: `foo:1.2.3`, or an address that ends so.
            let name = declared.name.rsplit(['/', '#']).next().unwrap_or("");
            let name = name.split([':', '@']).next().unwrap_or(name).to_owned();
            found.insert(name, declared);
        }
    }
    found
}

fn table<'t, 'a>(holder: &'t DeTable<'a>, key: &str) -> Option<&'t DeTable<'a>> {
    holder.get(key)?.get_ref().as_table()
}

fn text<'a>(holder: &DeTable<'a>, key: &str) -> Option<Cow<'a, str>> {
    match holder.get(key)?.get_ref() {
        DeValue::String(text) => Some(text.clone()),
        _ => None,
    }
}

fn texts(holder: &DeTable<'_>, key: &str) -> Vec<String> {
    let list = holder.get(key).and_then(|list| list.get_ref().as_array());
    list.into_iter()
        .flatten()
        .filter_map(|item| item.get_ref().as_str().map(str::to_owned))
        .collect()
}

fn flag(holder: &DeTable<'_>, key: &str) -> bool {
    holder.get(key).and_then(|value| value.get_ref().as_bool()) == Some(true)
}
