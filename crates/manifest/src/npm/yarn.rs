//! `yarn.lock`, of Yarn 1 and of berry: packages, and which of them each descriptor (`name@requirement`) means.

use std::borrow::Cow;
use std::collections::BTreeMap;

use downriver_domain::Scope;

use super::instances::{Instances, Known, name_end, slice};
use super::package_json::{Declared, Manifest};
use super::spec::alias;
use super::workspace::{Importer, Lockfile, Workspace};
use super::{yarn_berry, yarn_v1};
use crate::files::join_path;
use crate::graph::{Edge, Graph, Node, Root};
use crate::reading::Problem;
use crate::texts::{Texts, TextsBuilder};

/// Descriptors without an entry for which a version is guessed.
const GUESSES_MAX: usize = 10_000;
/// The version of what is linked and not installed.
const LINKED: &str = "0.0.0-use.local";

/// What a lockfile says, before it is joined with the manifests.
#[derive(Debug)]
pub(super) struct YarnLock<'a> {
    /// As people name it.
    pub(super) format: String,
    pub(super) instances: Instances<'a>,
    /// The members of the workspace; only berry's lockfile has them.
    pub(super) members: Vec<Member<'a>>,
    /// Who wants what.
    pub(super) wants: Vec<Want<'a>>,
    pub(super) meanings: Meanings<'a>,
}

#[derive(Debug)]
pub(super) struct Member<'a> {
    /// From the lockfile's.
    pub(super) folder: String,
    pub(super) name: Cow<'a, str>,
    pub(super) line: Option<u32>,
    /// Runtime and dev dependencies are one for the lockfile.
    pub(super) declared: Vec<Declared<'a>>,
    pub(super) descriptors: Vec<Cow<'a, str>>,
}

/// A package wants another.
#[derive(Debug)]
pub(super) struct Want<'a> {
    pub(super) from: usize,
    pub(super) name: Cow<'a, str>,
    pub(super) requirement: Cow<'a, str>,
    pub(super) scope: Scope,
    pub(super) line: Option<u32>,
}

/// The nodes by descriptor.
#[derive(Debug, Default)]
pub(super) struct Meanings<'a> {
    exact: BTreeMap<Cow<'a, str>, Meaning>,
    /// What the workspace puts in place of the requirements for a package.
    overrides: BTreeMap<Cow<'a, str>, Vec<Cow<'a, str>>>,
    guesses: usize,
}

#[derive(Debug, Clone, Copy)]
struct Meaning {
    node: usize,
    /// Whether an entry asks for it with this very requirement.
    is_wanted: bool,
}

impl Meaning {
    fn of(node: usize) -> Self {
        let is_wanted = false;
        Self { node, is_wanted }
    }
}

pub(super) fn parse<'a>(
    path: &'a str,
    text: &'a str,
    workspace: &Workspace<'a>,
) -> Result<Lockfile<'a>, Problem> {
    let lock = if yarn_berry::is_berry(text) {
        yarn_berry::read(path, text)?
    } else {
        yarn_v1::read(path, text)?
    };
    join(lock, workspace)
}

fn join<'a>(lock: YarnLock<'a>, workspace: &Workspace<'a>) -> Result<Lockfile<'a>, Problem> {
    let YarnLock {
        format,
        mut instances,
        mut members,
        wants,
        mut meanings,
    } = lock;
    let locked = locked(&instances);
    let workspace = with_told(workspace, instances.graph.file, &mut members);
    let nodes = workspace.add_members(&mut instances.graph)?;
    let importers = workspace
        .importers
        .iter()
        .map(|importer| importer.folder.as_str());
    let by_folder: BTreeMap<&str, usize> = importers.zip(nodes.iter().copied()).collect();
    for member in members {
        let node = by_folder.get(member.folder.as_str()).copied();
        let Some(node) = node else { continue };
        let descriptors = member
            .descriptors
            .into_iter()
            .map(|descriptor| (descriptor, Meaning::of(node)));
        meanings.exact.extend(descriptors);
    }
    meanings.override_by(&workspace);
    connect(&mut instances, &mut meanings, wants)?;
    instances.unite_edges();
    let Instances { mut graph, known } = instances;
    let names = workspace.member_names();
    workspace.connect_members(&mut graph, &nodes, |_, declared| {
        let requirement = workspace.cataloged(declared);
        meanings
            .exact(&declared.name, requirement)
            .or_else(|| {
                workspace
                    .linked(&names, declared)
                    .map(|member| nodes[member])
            })
            .or_else(|| meanings.guess(&known, &declared.name, requirement))
    })?;
    if !workspace.has_manifests() {
        meanings.suppose_roots(&mut graph);
        graph.suppose_roots();
    }
    Ok(Lockfile {
        format,
        locked,
        graph,
        overrides: Vec::new(),
    })
}

/// What Yarn lists: everything but the workspace's own.
fn locked(instances: &Instances<'_>) -> Texts {
    let nodes = instances.graph.nodes.iter();
    nodes
        .filter(|node| node.version.as_deref() != Some(LINKED))
        .filter_map(Node::named)
        .collect::<TextsBuilder>()
        .finish()
}

/// The workspace with the members that no manifest tells of.
fn with_told<'a>(
    workspace: &Workspace<'a>,
    path: &'a str,
    members: &mut [Member<'a>],
) -> Workspace<'a> {
    let folders = workspace.importer_folders();
    let told = members
        .iter_mut()
        .filter(|member| !folders.contains_key(&member.folder))
        .map(|member| Importer {
            folder: member.folder.clone(),
            manifest: Manifest {
                path,
                name: Some(member.name.clone()),
                name_line: member.line,
                declared: std::mem::take(&mut member.declared),
                ..Manifest::default()
            },
        });
    workspace.with(told.collect())
}

/// Makes edges of what packages want. What no entry is for is left out, and said once.
fn connect<'a>(
    instances: &mut Instances<'a>,
    meanings: &mut Meanings<'a>,
    mut wants: Vec<Want<'a>>,
) -> Result<(), Problem> {
    let mut missing: Option<(usize, Problem)> = None;
    // What is certain first: no descriptor tells of peers, and guesses are counted.
    wants.sort_by_key(|want| want.scope == Scope::Peer);
    for want in wants {
        let Want {
            from,
            name,
            requirement,
            scope,
            line,
        } = want;
        let to = meanings
            .exact(&name, &requirement)
            .or_else(|| meanings.guess(&instances.known, &name, &requirement));
        if let Some(to) = to {
            let requirement = Some(without_protocol(requirement));
            instances.graph.connect(Edge {
                from,
                to,
                requirement,
                scope,
                line,
            })?;
        } else if scope == Scope::Runtime {
            let text = format!("has no entry for `{name}@{requirement}`");
            let problem = Problem::new(instances.graph.file, line, text);
            missing.get_or_insert((0, problem)).0 += 1;
        }
    }
    if let Some((count, mut problem)) = missing {
        if count > 1 {
            problem.text = format!("{}, and for {} more", problem.text, count - 1);
        }
        instances.graph.problems.push(problem);
    }
    Ok(())
}

/// Whether another entry had been for the same descriptor.
#[must_use]
pub(super) struct IsSecond(pub(super) bool);

impl<'a> YarnLock<'a> {
    pub(super) fn new(format: String, path: &'a str) -> Self {
        Self {
            format,
            instances: Instances::new(path),
            members: Vec::new(),
            wants: Vec::new(),
            meanings: Meanings::default(),
        }
    }
}

impl<'a> Meanings<'a> {
    /// Says what a descriptor means; of two entries for one the later counts, as it does for Yarn.
    pub(super) fn insert(&mut self, descriptor: Cow<'a, str>, node: usize) -> IsSecond {
        let before = self.exact.insert(descriptor, Meaning::of(node));
        IsSecond(before.is_some_and(|before| before.node != node))
    }

    fn override_by(&mut self, workspace: &Workspace<'a>) {
        for rule in &workspace.overrides {
            let requirements = self.overrides.entry(rule.target.name.clone()).or_default();
            requirements.push(rule.requirement.clone());
        }
    }

    /// The node that the lockfile gives for this requirement, or for what an override puts in its place.
    fn exact(&mut self, name: &str, requirement: &str) -> Option<usize> {
        let Self {
            exact, overrides, ..
        } = self;
        let overrides = overrides
            .get(name)
            .into_iter()
            .flatten()
            .map(|text| &**text);
        std::iter::once(requirement)
            .chain(overrides)
            .find_map(|requirement| {
                // Berry writes `npm:` before a range in keys always, in dependencies since version 8.
                ["", "npm:"].into_iter().find_map(|protocol| {
                    let meaning =
                        exact.get_mut(format!("{name}@{protocol}{requirement}").as_str())?;
                    meaning.is_wanted = true;
                    Some(meaning.node)
                })
            })
    }

    /// A requirement that no entry has is the application's.
    fn suppose_roots(self, graph: &mut Graph<'a>) {
        for (descriptor, meaning) in self.exact {
            let Some(end) = name_end(&descriptor).filter(|_| !meaning.is_wanted) else {
                continue;
            };
            let requirement = slice(&descriptor, end + 1..descriptor.len());
            let evidence = graph.evidence(graph.nodes[meaning.node].line);
            graph.roots.push(Root {
                to: meaning.node,
                requirement: Some(without_protocol(requirement)),
                scope: Scope::Runtime,
                evidence,
                is_direct: true,
            });
        }
    }

    fn guess(&mut self, known: &Known<'a>, name: &str, requirement: &str) -> Option<usize> {
        self.guesses += 1;
        if self.guesses > GUESSES_MAX {
            return None;
        }
        let (name, requirement) = alias(requirement).unwrap_or((name, requirement));
        known.guess(
            name,
            requirement.strip_prefix("npm:").unwrap_or(requirement),
        )
    }
}

/// A requirement as manifests have it: berry writes `npm:` before each range.
pub(super) fn without_protocol(requirement: Cow<'_, str>) -> Cow<'_, str> {
    let bare = requirement
        .strip_prefix("npm:")
        .filter(|_| alias(&requirement).is_none());
    let Some(length) = bare.map(str::len) else {
        return requirement;
    };
    let start = requirement.len() - length;
    slice(&requirement, start..requirement.len())
}

/// A member's folder as the workspace has it: `""` for the root. `None` if it stands outside.
pub(super) fn member_folder(folder: &str) -> Option<String> {
    join_path("", folder)
}
