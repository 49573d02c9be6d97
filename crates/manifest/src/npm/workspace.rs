//! The manifests around a lockfile: those of a workspace's root and of its members.
//!
//! A parser of a lockfile gets a [`Workspace`] and makes a [`Lockfile`]. It
//! 1. adds a node for each package that the file locks;
//! 2. calls [`Workspace::add_members`], which gives the node of each importer, in the order of [`Workspace::importers`] (a
//!    lockfile's entry for a member, a link to it, stands for that node);
//! 3. connects the nodes as the file says;
//! 4. calls [`Workspace::connect_members`] with a function that finds the node that an importer's declared dependency is
//!    locked to. That adds the roots, with the requirement and the line of the manifest, and what members pull in.
//!
//! Without any manifest ([`Workspace::has_manifests`]) the lockfile's own word counts for what importers declare, or if it
//! has none, [`Graph::suppose_roots`]. Requirements in force by `overrides` are put in afterwards, by [`super::read`].

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use downriver_domain::{Evidence, Scope};

use super::overrides::{Override, admits};
use super::package_json::{Cataloged, Declared, Manifest, package};
use super::spec::Spec;
use crate::graph::{Edge, Graph, Node, Root};
use crate::reading::{Problem, Source};
use crate::texts::Texts;

/// The manifests that share a lockfile.
#[derive(Debug, Clone, Default)]
pub(super) struct Workspace<'a> {
    /// The folder of the root, where the lockfile stands, from the root of the source.
    pub(super) folder: &'a str,
    /// The root first, if it has a manifest.
    pub(super) importers: Vec<Importer<'a>>,
    /// The folder, from that of the workspace, of the only importer whose dependencies are asked for; `None`: all of them.
    pub(super) only: Option<String>,
    /// In force for the whole workspace, the first that fits.
    pub(super) overrides: Vec<Override<'a>>,
    pub(super) catalogs: Vec<Cataloged<'a>>,
}

/// A package of the source itself.
#[derive(Debug, Clone)]
pub(super) struct Importer<'a> {
    /// From the folder of the workspace; `""` for its root.
    pub(super) folder: String,
    pub(super) manifest: Manifest<'a>,
}

/// What a lockfile says.
#[derive(Debug)]
pub(super) struct Lockfile<'a> {
    /// As people name it: `package-lock.json v3`.
    pub(super) format: String,
    /// `name@version` of what it locks, as the package manager itself lists it: without the members of the workspace, with
    /// what comes from git, an address or a folder wherever the file gives that a version. Aliases by their real names.
    pub(super) locked: Texts,
    pub(super) graph: Graph<'a>,
    /// Where no manifest of a root is there to say it.
    pub(super) overrides: Vec<Override<'a>>,
}

impl<'a> Workspace<'a> {
    /// Whether a manifest stands beside the lockfile, or in a member's folder.
    pub(super) fn has_manifests(&self) -> bool {
        !self.importers.is_empty()
    }

    /// Whether the application asks for what the importer in this folder declares.
    pub(super) fn is_asked(&self, folder: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == folder)
    }

    /// Importers by their folders.
    pub(super) fn importer_folders(&self) -> BTreeMap<String, usize> {
        let importers = self.importers.iter().enumerate();
        importers
            .map(|(at, importer)| (importer.folder.clone(), at))
            .collect()
    }

    /// The same with more importers: those that only the lockfile tells of.
    pub(super) fn with(&self, told: Vec<Importer<'a>>) -> Self {
        let mut with = self.clone();
        with.importers.extend(told);
        with
    }

    /// Importers by the names of their packages.
    pub(super) fn member_names(&self) -> BTreeMap<&str, usize> {
        let named = self.importers.iter().enumerate();
        named
            .filter_map(|(at, importer)| Some((importer.manifest.name.as_deref()?, at)))
            .collect()
    }

    /// The member of the workspace that a declared dependency is linked to: one of that name and of a version that is
    /// admitted, or any with `workspace:`.
    pub(super) fn linked(
        &self,
        names: &BTreeMap<&str, usize>,
        declared: &Declared<'_>,
    ) -> Option<usize> {
        let spec = declared.spec();
        let member = *names.get(spec.name)?;
        let version = self.importers[member].manifest.version.as_deref();
        let is_linked = match (spec.source, version) {
            (Source::Workspace, _) | (Source::Registry, None) => true,
            (Source::Registry, Some(version)) => admits(&declared.requirement, version),
            _ => false,
        };
        is_linked.then_some(member)
    }

    /// Adds a node for each importer, in their order.
    pub(super) fn add_members(&self, graph: &mut Graph<'a>) -> Result<Vec<usize>, Problem> {
        let members = self.importers.iter().map(|importer| {
            let manifest = &importer.manifest;
            let name = manifest
                .name
                .clone()
                .unwrap_or_else(|| Cow::Owned(importer.folder.clone()));
            graph.add(Node {
                package: package(&name),
                name,
                version: manifest.version.clone(),
                source: Source::Workspace,
                line: None,
            })
        });
        members.collect()
    }

    /// Adds what importers declare: as roots where the application asks for it, else as edges from the member's node.
    ///
    /// `resolve` finds the node that a declared dependency is locked to; for what is not locked a node without a version is
    /// added, but for a peer that may be missing.
    pub(super) fn connect_members(
        &self,
        graph: &mut Graph<'a>,
        members: &[usize],
        mut resolve: impl FnMut(&Importer<'a>, &Declared<'a>) -> Option<usize>,
    ) -> Result<(), Problem> {
        for (importer, member) in self.importers.iter().zip(members) {
            let is_asked = self.is_asked(&importer.folder);
            let file: Arc<str> = importer.manifest.path.into();
            for declared in &importer.manifest.declared {
                if !is_asked && declared.scope == Scope::Dev {
                    continue;
                }
                let to = match resolve(importer, declared) {
                    Some(to) => to,
                    None if declared.is_optional_peer => continue,
                    None => add_unlocked(graph, declared)?,
                };
                let (requirement, evidence) = self.in_force(&file, declared);
                if is_asked {
                    let scope = declared.scope;
                    let root = Root {
                        to,
                        requirement,
                        scope,
                        evidence,
                        is_direct: true,
                    };
                    graph.roots.push(root);
                    continue;
                }
                graph.told_elsewhere.insert(graph.edges.len(), evidence);
                graph.connect(Edge {
                    from: *member,
                    to,
                    requirement,
                    scope: declared.scope,
                    line: None,
                })?;
            }
        }
        Ok(())
    }

    /// The requirement, for `catalog:` what stands in the catalog if that is known.
    pub(super) fn cataloged<'d>(&'d self, declared: &'d Declared<'_>) -> &'d str {
        let line = self.catalog_line(declared);
        line.map_or(&*declared.requirement, |line| &*line.requirement)
    }

    fn catalog_line(&self, declared: &Declared<'_>) -> Option<&Cataloged<'a>> {
        let catalog = declared.requirement.strip_prefix("catalog:")?.trim();
        let catalog = if catalog.is_empty() {
            "default"
        } else {
            catalog
        };
        let mut lines = self.catalogs.iter();
        lines.find(|line| line.catalog == catalog && line.name == declared.name)
    }

    /// The requirement and where it is written: for `catalog:` what stands in the catalog.
    fn in_force(
        &self,
        file: &Arc<str>,
        declared: &Declared<'a>,
    ) -> (Option<Cow<'a, str>>, Evidence) {
        let evidence = Evidence {
            file: file.clone(),
            line: declared.line,
        };
        match self.catalog_line(declared) {
            Some(line) => (Some(line.requirement.clone()), line.evidence.clone()),
            None if declared.requirement.starts_with("catalog:") => (None, evidence),
            None => (Some(declared.requirement.clone()), evidence),
        }
    }
}

/// A node for what is declared and not locked.
pub(super) fn add_unlocked<'a>(
    graph: &mut Graph<'a>,
    declared: &Declared<'a>,
) -> Result<usize, Problem> {
    let Spec { name, source } = declared.spec();
    let node = Node {
        name: Cow::Owned(name.to_owned()),
        package: package(name),
        version: None,
        source,
        line: None,
    };
    graph.add(node)
}
