//! `packages.lock.json`, versions 1 and 2.
//!
//! One list for each framework, and one for each runtime of a framework (`net8.0/win-x64`) with only what is different
//! there.

use std::collections::BTreeMap;

use downriver_domain::Scope;
use serde::Deserialize;

use super::locked::{Direct, Locked};
use super::msbuild::normalise_name;
use crate::lines::Lines;
use crate::npm::json::{self, Members, Text};
use crate::reading::{Problem, Source};

#[derive(Deserialize)]
struct File<'a> {
    #[serde(default)]
    version: Option<u32>,
    #[serde(borrow, default)]
    dependencies: Members<'a, Members<'a, Entry<'a>>>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow, rename = "type", default)]
    kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    requested: Option<Text<'a>>,
    #[serde(borrow, default)]
    resolved: Option<Text<'a>>,
    #[serde(borrow, default)]
    dependencies: Members<'a, Text<'a>>,
}

pub(super) fn read<'a>(path: &'a str, text: &'a str) -> Result<Locked<'a>, Problem> {
    let file: File<'a> = json::parse(path, text)?;
    let lines = Lines::new(text);
    let version = file.version.unwrap_or(1);
    let mut locked = Locked::new(path, format!("packages.lock.json v{version}"));
    // By framework: a runtime's own list is looked up first, then that of its framework.
    let mut nodes: BTreeMap<&str, BTreeMap<String, usize>> = BTreeMap::new();
    for (framework, entries) in &file.dependencies.0 {
        let known = nodes.entry(framework).or_default();
        for (name, entry) in &entries.0 {
            let node = add(&mut locked, &lines, name, entry)?;
            known.insert(normalise_name(name), node);
        }
    }
    for (framework, entries) in &file.dependencies.0 {
        let (base, _) = framework.split_once('/').unwrap_or((framework, ""));
        for (name, entry) in &entries.0 {
            let find = |name: &str| {
                let name = normalise_name(name);
                let of = |framework: &str| nodes.get(framework)?.get(&name).copied();
                of(framework).or_else(|| of(base))
            };
            let Some(from) = find(name) else { continue };
            for (dependency, requirement) in &entry.dependencies.0 {
                // What the lock leaves out is not restored: a part of the platform.
                let Some(to) = find(dependency) else { continue };
                let line = json::line_of(&lines, dependency, None);
                locked.connect(from, to, Some(requirement.0.clone()), line)?;
            }
        }
    }
    Ok(locked)
}

fn add<'a>(
    locked: &mut Locked<'a>,
    lines: &Lines<'a>,
    name: &str,
    entry: &Entry<'a>,
) -> Result<usize, Problem> {
    let line = json::line_of(lines, name, None);
    let kind = entry.kind.as_ref().map_or("", |kind| &kind.0);
    if kind.eq_ignore_ascii_case("Project") {
        return locked.node(name, None, Source::Workspace, line);
    }
    let Some(resolved) = &entry.resolved else {
        let text = format!("holds `{name}` without the version that it was resolved to");
        return Err(Problem::new(locked.graph.file, line, text));
    };
    let node = locked.node(name, Some(&resolved.0), Source::Registry, line)?;
    let requirement = entry.requested.as_ref().map(|text| text.0.clone());
    if kind.eq_ignore_ascii_case("Direct") {
        locked.direct.push(Direct {
            to: node,
            requirement,
            line,
            scope: Scope::Runtime,
        });
    } else if kind.eq_ignore_ascii_case("CentralTransitive") {
        locked.pinned.insert(node, requirement);
    }
    Ok(node)
}
