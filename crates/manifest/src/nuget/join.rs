//! Requirements from projects, versions from locks.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use downriver_domain::{Evidence, Scope};
use downriver_version::{Format, PackageId, Requirement, Version};

use super::locked::Locked;
use super::msbuild::normalise_name;
use super::project::{Asked, Project};
use super::{ASSETS, assets, packages_lock};
use crate::graph::{Edge, Graph, Node, Root};
use crate::reading::{FileSummary, Problem, Reading, Source};
use crate::text::decode;

type Projects<'f> = BTreeMap<&'f str, Project>;

/// Reads a lock, with the project that it belongs to. `is_told`: another lock has told what is restored already.
pub(super) fn read_lock(
    path: &str,
    bytes: &[u8],
    project: Option<&Project>,
    projects: &Projects<'_>,
    is_told: bool,
    reading: &mut Reading,
) -> Result<(), Problem> {
    let text = decode(path, bytes)?;
    let is_assets = path.rsplit('/').next() == Some(ASSETS);
    let mut locked = if is_assets {
        assets::read(path, &text)?
    } else {
        packages_lock::read(path, &text)?
    };
    reading.files.push(FileSummary {
        path: path.to_owned(),
        format: std::mem::take(&mut locked.format),
        locked: locked.graph.locked(),
        declared: 0,
    });
    if is_told {
        return Ok(());
    }
    if let Some(project) = project {
        add_asked(&mut locked, project)?;
        add_rest(&mut locked, project.is_test);
        add_references(&mut locked, project, projects)?;
        add_projects_of_lock(&mut locked.graph, project.is_test);
        tell_where(&mut locked, project, projects);
    } else {
        add_rest(&mut locked, false);
        add_projects_of_lock(&mut locked.graph, false);
    }
    if locked.graph.roots.is_empty() {
        locked.graph.suppose_roots();
    }
    locked.graph.into_reading(reading);
    Ok(())
}

/// What the projects ask for, with nothing that says what it becomes.
pub(super) fn without_lock(
    own: &[&Project],
    projects: &Projects<'_>,
    reading: &mut Reading,
) -> Result<(), Problem> {
    let mut locked = Locked::new("", String::new());
    for project in own {
        add_asked(&mut locked, project)?;
        add_references(&mut locked, project, projects)?;
    }
    locked.graph.into_reading(reading);
    Ok(())
}

/// Roots for what the project asks for; of what no lock holds a node without a version.
fn add_asked(locked: &mut Locked<'_>, project: &Project) -> Result<(), Problem> {
    let mut by_name: BTreeMap<&str, Vec<&Asked>> = BTreeMap::new();
    for asked in &project.packages {
        by_name.entry(&asked.name).or_default().push(asked);
    }
    for (name, alternatives) in by_name {
        let nodes = locked.by_name.get(name).cloned().unwrap_or_default();
        let nodes: Vec<usize> = nodes
            .into_iter()
            .filter(|node| locked.graph.nodes[*node].version.is_some())
            .collect();
        if nodes.is_empty() {
            // A lock without it tells that the condition does not hold.
            let is_locked = !locked.graph.file.is_empty();
            for asked in alternatives
                .into_iter()
                .filter(|asked| !(is_locked && asked.is_conditional))
            {
                let to = add_unlocked(&mut locked.graph, &asked.name)?;
                add_root(&mut locked.graph, to, asked);
            }
            continue;
        }
        // Frameworks may hold different versions, and conditions ask for each.
        let direct: BTreeSet<usize> = locked.direct.iter().map(|direct| direct.to).collect();
        let is_any_direct = nodes.iter().any(|node| direct.contains(node));
        for to in nodes {
            if is_any_direct && !direct.contains(&to) {
                continue;
            }
            let version = locked.graph.nodes[to]
                .version
                .as_deref()
                .unwrap_or("")
                .to_owned();
            let meant = alternatives.iter().find(|asked| admits(asked, &version));
            if let Some(asked) = meant.or(alternatives.first()) {
                add_root(&mut locked.graph, to, asked);
            }
        }
    }
    Ok(())
}

fn add_root(graph: &mut Graph<'_>, to: usize, asked: &Asked) {
    graph.roots.push(Root {
        to,
        requirement: asked.requirement.clone().map(Cow::Owned),
        scope: asked.scope,
        evidence: asked.evidence.clone(),
        is_direct: true,
    });
}

/// What the lock says is asked for, and no project file does: an SDK asks for some by itself.
fn add_rest(locked: &mut Locked<'_>, is_test: bool) {
    let mut known: BTreeSet<usize> = locked.graph.roots.iter().map(|root| root.to).collect();
    for direct in std::mem::take(&mut locked.direct) {
        if !known.insert(direct.to) {
            continue;
        }
        locked.graph.roots.push(Root {
            to: direct.to,
            requirement: direct.requirement,
            scope: if is_test { Scope::Test } else { direct.scope },
            evidence: locked.graph.evidence(direct.line),
            is_direct: true,
        });
    }
}

/// The projects that this one refers to, and what they bring.
fn add_references(
    locked: &mut Locked<'_>,
    project: &Project,
    projects: &Projects<'_>,
) -> Result<(), Problem> {
    let scope = if project.is_test {
        Scope::Test
    } else {
        Scope::Runtime
    };
    let mut open: Vec<(&Project, usize)> = Vec::new();
    for (path, line) in &project.references {
        let Some(other) = projects.get(path.as_str()) else {
            continue;
        };
        let to = project_node(locked, other, &mut open)?;
        locked.graph.roots.push(Root {
            to,
            requirement: None,
            scope,
            evidence: Evidence {
                file: project.path.as_str().into(),
                line: Some(*line),
            },
            is_direct: true,
        });
    }
    while let Some((project, from)) = open.pop() {
        for (path, line) in &project.references {
            let Some(other) = projects.get(path.as_str()) else {
                continue;
            };
            let to = project_node(locked, other, &mut open)?;
            tell_edge(
                &mut locked.graph,
                from,
                to,
                None,
                project.path.as_str().into(),
                Some(*line),
            )?;
        }
        for asked in project.packages.iter().filter(|asked| !asked.is_private) {
            let to = add_unlocked(&mut locked.graph, &asked.name)?;
            let requirement = asked.requirement.clone();
            let Evidence { file, line } = asked.evidence.clone();
            tell_edge(&mut locked.graph, from, to, requirement, file, line)?;
        }
    }
    Ok(())
}

/// The lock's node of a project; where it has none, one of our own, whose packages are then still to be added.
fn project_node<'p>(
    locked: &mut Locked<'_>,
    project: &'p Project,
    open: &mut Vec<(&'p Project, usize)>,
) -> Result<usize, Problem> {
    if let Some(node) = locked.projects.get(&project.path) {
        return Ok(*node);
    }
    let known = project.names().into_iter().find_map(|name| {
        let nodes = locked.by_name.get(&normalise_name(&name))?;
        let is_project = |node: &&usize| locked.graph.nodes[**node].source == Source::Workspace;
        nodes.iter().find(is_project).copied()
    });
    let node = if let Some(node) = known {
        node
    } else {
        let node = locked.graph.add(Node {
            package: PackageId::new(Format::Nuget, None, &project.package).ok(),
            name: Cow::Owned(normalise_name(&project.package)),
            version: None,
            source: Source::Workspace,
            line: None,
        })?;
        open.push((project, node));
        node
    };
    locked.projects.insert(project.path.clone(), node);
    Ok(node)
}

fn tell_edge(
    graph: &mut Graph<'_>,
    from: usize,
    to: usize,
    requirement: Option<String>,
    file: Arc<str>,
    line: Option<u32>,
) -> Result<(), Problem> {
    graph
        .told_elsewhere
        .insert(graph.edges.len(), Evidence { file, line });
    graph.connect(Edge {
        from,
        to,
        requirement: requirement.map(Cow::Owned),
        scope: Scope::Runtime,
        line: None,
    })
}

fn add_unlocked(graph: &mut Graph<'_>, name: &str) -> Result<usize, Problem> {
    graph.add(Node {
        package: PackageId::new(Format::Nuget, None, name).ok(),
        name: Cow::Owned(name.to_owned()),
        version: None,
        source: Source::Registry,
        line: None,
    })
}

/// Where requirements are written that a lock only repeats: in the projects on the way, and where versions are pinned.
fn tell_where(locked: &mut Locked<'_>, project: &Project, projects: &Projects<'_>) {
    let mut asked_by: BTreeMap<usize, &Project> = BTreeMap::new();
    for other in projects.values() {
        for name in other.names() {
            let nodes = locked
                .by_name
                .get(&normalise_name(&name))
                .into_iter()
                .flatten();
            asked_by.extend(nodes.map(|node| (*node, other)));
        }
    }
    let mut written: BTreeMap<&str, BTreeMap<&str, &Asked>> = BTreeMap::new();
    for other in asked_by.values() {
        let packages = written.entry(&other.path).or_default();
        packages.extend(
            other
                .packages
                .iter()
                .map(|asked| (asked.name.as_str(), asked)),
        );
    }
    let graph = &mut locked.graph;
    for index in 0..graph.edges.len() {
        let (from, to) = (graph.edges[index].from, graph.edges[index].to);
        let name = graph.nodes[to].name.as_ref();
        let pin = locked.pinned.get(&to);
        let of_pin = pin.and_then(|_| project.central.get(name)?.first());
        let by_project = || {
            let other = asked_by
                .get(&from)
                .filter(|_| graph.nodes[from].source == Source::Workspace)?;
            let asked = written.get(other.path.as_str())?.get(name)?;
            Some((asked.requirement.clone()?, asked.evidence.clone()))
        };
        let told = of_pin
            .map(|pin| (pin.requirement.clone(), pin.evidence.clone()))
            .or_else(by_project);
        if let Some((requirement, evidence)) = told {
            graph.edges[index].requirement = Some(Cow::Owned(requirement));
            graph.told_elsewhere.insert(index, evidence);
        } else if let Some(Some(requirement)) = pin {
            graph.edges[index].requirement = Some(requirement.clone());
        }
    }
}

/// Projects that the lock holds and no file tells of: those that no other refers to are referred to here.
fn add_projects_of_lock(graph: &mut Graph<'_>, is_test: bool) {
    let told = graph.roots.iter().map(|root| root.to);
    let pulled_in: BTreeSet<usize> = graph.edges.iter().map(|edge| edge.to).chain(told).collect();
    for to in 0..graph.nodes.len() {
        if graph.nodes[to].source != Source::Workspace || pulled_in.contains(&to) {
            continue;
        }
        graph.roots.push(Root {
            to,
            requirement: None,
            scope: if is_test { Scope::Test } else { Scope::Runtime },
            evidence: graph.evidence(graph.nodes[to].line),
            is_direct: true,
        });
    }
}

fn admits(asked: &Asked, version: &str) -> bool {
    let requirement = asked.requirement.as_deref();
    let requirement = requirement.and_then(|text| Requirement::parse(Format::Nuget, text).ok());
    let version = Version::parse(Format::Nuget, version).ok();
    requirement
        .zip(version)
        .is_some_and(|(requirement, version)| requirement.admits(&version))
}
