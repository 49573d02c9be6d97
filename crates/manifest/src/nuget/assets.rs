//! `project.assets.json`: what a restore wrote for one project.

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
    /// By framework, or framework and runtime.
    #[serde(borrow, default)]
    targets: Members<'a, Members<'a, Target<'a>>>,
    #[serde(borrow, default)]
    libraries: Members<'a, Library<'a>>,
    #[serde(borrow, default)]
    project: Option<Specification<'a>>,
}

#[derive(Deserialize)]
struct Target<'a> {
    #[serde(borrow, default)]
    dependencies: Members<'a, Text<'a>>,
}

#[derive(Deserialize)]
struct Library<'a> {
    #[serde(borrow, rename = "type", default)]
    kind: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Specification<'a> {
    #[serde(borrow, default)]
    frameworks: Members<'a, Framework<'a>>,
}

#[derive(Deserialize)]
struct Framework<'a> {
    #[serde(borrow, default)]
    dependencies: Members<'a, Wanted<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wanted<'a> {
    #[serde(borrow, default)]
    version: Option<Text<'a>>,
    #[serde(borrow, default)]
    suppress_parent: Option<Text<'a>>,
}

pub(super) fn read<'a>(path: &'a str, text: &'a str) -> Result<Locked<'a>, Problem> {
    let file: File<'a> = json::parse(path, text)?;
    let lines = Lines::new(text);
    let version = file.version.unwrap_or(3);
    let mut locked = Locked::new(path, format!("project.assets.json v{version}"));
    let mut libraries: BTreeMap<&str, usize> = BTreeMap::new();
    for (key, library) in &file.libraries.0 {
        let kind = library.kind.as_ref().map_or("package", |kind| &kind.0);
        let source = if kind == "package" {
            Source::Registry
        } else {
            Source::Workspace
        };
        libraries.insert(
            key,
            add(&mut locked, key, source, json::line_of(&lines, key, None))?,
        );
    }
    for (_, entries) in &file.targets.0 {
        let mut by_name: BTreeMap<String, usize> = BTreeMap::new();
        for (key, _) in &entries.0 {
            if let Some(node) = libraries.get(key.as_ref()) {
                by_name.insert(normalise_name(split(key).0), *node);
            }
        }
        for (key, target) in &entries.0 {
            let Some(from) = libraries.get(key.as_ref()) else {
                continue;
            };
            for (dependency, requirement) in &target.dependencies.0 {
                let Some(to) = by_name.get(&normalise_name(dependency)) else {
                    continue;
                };
                let line = json::line_of(&lines, dependency, None);
                locked.connect(*from, *to, Some(requirement.0.clone()), line)?;
            }
        }
    }
    if let Some(project) = &file.project {
        add_direct(&mut locked, &lines, project);
    }
    Ok(locked)
}

fn add(
    locked: &mut Locked<'_>,
    key: &str,
    source: Source,
    line: Option<u32>,
) -> Result<usize, Problem> {
    let (name, version) = split(key);
    if source == Source::Workspace {
        return locked.node(name, None, source, line);
    }
    let Some(version) = version else {
        let text = format!("holds the library `{key}`, which is no `name/version`");
        return Err(Problem::new(locked.graph.file, line, text));
    };
    locked.node(name, Some(version), source, line)
}

fn add_direct<'a>(locked: &mut Locked<'a>, lines: &Lines<'a>, project: &Specification<'a>) {
    for (_, framework) in &project.frameworks.0 {
        for (name, wanted) in &framework.dependencies.0 {
            let nodes = locked
                .by_name
                .get(&normalise_name(name))
                .cloned()
                .unwrap_or_default();
            let is_private = wanted
                .suppress_parent
                .as_ref()
                .is_some_and(|text| text.0.eq_ignore_ascii_case("all"));
            for to in nodes {
                locked.direct.push(Direct {
                    to,
                    requirement: wanted.version.as_ref().map(|text| text.0.clone()),
                    line: json::line_of(lines, name, None),
                    scope: if is_private {
                        Scope::Build
                    } else {
                        Scope::Runtime
                    },
                });
            }
        }
    }
}

fn split(key: &str) -> (&str, Option<&str>) {
    match key.split_once('/') {
        Some((name, version)) => (name, Some(version)),
        None => (key, None),
    }
}
