//! Which packages of the source are the application's own, and which it reaches by path.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use downriver_domain::{Evidence, Scope};

use super::manifest::{self, Declared, Manifest, Origin, Workspace};
use super::{MANIFEST, glob};
use crate::files::{Files, folder_of, join_path};
use crate::reading::{FileSummary, Problem, Reading};
use crate::texts::Texts;

/// Patterns in the `members` of one workspace.
const PATTERNS_MAX: usize = 1_000;

/// The manifests that concern one application.
pub(super) struct Project<'f> {
    files: &'f Files<'f>,
    /// By folder; `None` for one that could not be read.
    manifests: BTreeMap<String, Option<Manifest>>,
    /// Where the root of a folder's workspace is, if it has one.
    roots: BTreeMap<String, Option<String>>,
    root: String,
    /// The application is a whole workspace.
    is_workspace: bool,
    own: BTreeSet<String>,
    /// Folders of packages, the application's own first, then those that they reach by path.
    reached: Vec<String>,
}

/// What a manifest asks for, after inheritance.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) name: String,
    pub(super) requirement: Option<String>,
    pub(super) scope: Scope,
    pub(super) target: Target,
    pub(super) evidence: Evidence,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    Registry,
    Git,
    /// The package in this folder.
    Folder(String),
    /// A path that leaves the source, or leads nowhere in it.
    Elsewhere,
}

impl<'f> Project<'f> {
    pub(super) const fn new(files: &'f Files<'f>) -> Self {
        Self {
            files,
            manifests: BTreeMap::new(),
            roots: BTreeMap::new(),
            root: String::new(),
            is_workspace: false,
            own: BTreeSet::new(),
            reached: Vec::new(),
        }
    }

    /// Reads what concerns the application in `folder`.
    pub(super) fn find(&mut self, folder: &str, reading: &mut Reading) {
        self.load(folder, reading);
        let root = self.find_root(folder, reading);
        self.is_workspace = root.as_deref() == Some(folder);
        self.root = root.unwrap_or_else(|| folder.to_owned());
        let mut open: VecDeque<String> = VecDeque::from([folder.to_owned()]);
        if self.is_workspace {
            open.extend(self.members(folder, reading));
        }
        self.own.extend(open.iter().cloned());
        let mut seen = self.own.clone();
        while let Some(at) = open.pop_front() {
            self.load(&at, reading);
            if self.manifest(&at).is_none() {
                self.own.remove(&at);
                continue;
            }
            self.find_root(&at, reading);
            for asked in self.asked(&at, reading) {
                let Target::Folder(target) = asked.target else {
                    continue;
                };
                if asked.scope == Scope::Dev && !self.own.contains(&at)
                    || !seen.insert(target.clone())
                {
                    continue;
                }
                // What a member reaches by path below the root is a member too, without being listed.
                if self.is_workspace && self.own.contains(&at) && self.holds(folder, &target) {
                    self.own.insert(target.clone());
                }
                open.push_back(target);
            }
            self.reached.push(at);
        }
        // Problems of inheritance were told once, above.
    }

    pub(super) fn root(&self) -> &str {
        &self.root
    }

    pub(super) const fn is_workspace(&self) -> bool {
        self.is_workspace
    }

    /// The application's own packages.
    pub(super) fn own(&self) -> impl Iterator<Item = &Manifest> {
        self.own.iter().filter_map(|folder| self.manifest(folder))
    }

    pub(super) fn is_own(&self, folder: &str) -> bool {
        self.own.contains(folder)
    }

    /// Every package that stands in the source and that the application consists of or reaches by path.
    pub(super) fn reached(&self) -> impl Iterator<Item = &Manifest> {
        self.reached
            .iter()
            .filter_map(|folder| self.manifest(folder))
    }

    pub(super) fn workspace_of(&self, manifest: &Manifest) -> Option<&Workspace> {
        self.root_of(manifest)?.workspace.as_ref()
    }

    /// What the root of the workspace puts in place of what a registry delivers.
    pub(super) fn patch(&self, name: &str) -> Option<&Declared> {
        self.manifest(&self.root)?.patches.get(name)
    }

    /// What the package in this folder asks for; problems are told to `reading`.
    pub(super) fn asked(&self, folder: &str, reading: &mut Reading) -> Vec<Asked> {
        let Some(manifest) = self.manifest(folder) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for declared in &manifest.declared {
            if declared.origin != Origin::Workspace {
                found.push(self.resolve(manifest, declared, declared.scope));
                continue;
            }
            let root = self.root_of(manifest);
            let shared = root.and_then(|root| {
                let workspace = root.workspace.as_ref()?;
                Some((root, workspace.dependencies.get(&declared.key)?))
            });
            if let Some((root, shared)) = shared {
                found.push(self.resolve(root, shared, declared.scope));
                continue;
            }
            let text = format!(
                "takes `{}` from its workspace, which does not share it: add it to `[workspace.dependencies]`",
                declared.key
            );
            reading.problem(Problem::gap(&manifest.path, Some(declared.line), text));
        }
        found
    }

    fn resolve(&self, holder: &Manifest, declared: &Declared, scope: Scope) -> Asked {
        let target = match &declared.origin {
            Origin::Registry | Origin::Workspace => Target::Registry,
            Origin::Git => Target::Git,
            Origin::Path(path) => join_path(holder.folder(), path)
                .filter(|folder| self.manifest_file(folder).is_some())
                .map_or(Target::Elsewhere, Target::Folder),
        };
        Asked {
            name: declared.name.clone(),
            requirement: declared.requirement.clone(),
            scope,
            target,
            evidence: Evidence {
                file: holder.path.as_str().into(),
                line: Some(declared.line),
            },
        }
    }

    fn manifest(&self, folder: &str) -> Option<&Manifest> {
        self.manifests.get(folder)?.as_ref()
    }

    fn manifest_file(&self, folder: &str) -> Option<(&'f str, &'f [u8])> {
        self.files.get_entry(&join_path(folder, MANIFEST)?)
    }

    fn root_of(&self, manifest: &Manifest) -> Option<&Manifest> {
        self.manifest(self.roots.get(manifest.folder())?.as_ref()?)
    }

    fn load(&mut self, folder: &str, reading: &mut Reading) {
        if self.manifests.contains_key(folder) {
            return;
        }
        let Some((path, bytes)) = self.manifest_file(folder) else {
            return;
        };
        let manifest = match manifest::parse(path, bytes, reading) {
            Ok(manifest) => {
                let shared = manifest
                    .workspace
                    .as_ref()
                    .map_or(0, |shared| shared.dependencies.len());
                reading.files.push(FileSummary {
                    path: path.to_owned(),
                    format: MANIFEST.to_owned(),
                    locked: Texts::default(),
                    declared: manifest.declared.len() + shared,
                });
                Some(manifest)
            }
            Err(problem) => {
                reading.problem(problem);
                None
            }
        };
        self.manifests.insert(folder.to_owned(), manifest);
    }

    /// As Cargo finds it: itself, where `package.workspace` says, else the next folder above whose workspace does not
    /// exclude it.
    fn find_root(&mut self, folder: &str, reading: &mut Reading) -> Option<String> {
        if let Some(root) = self.roots.get(folder) {
            return root.clone();
        }
        let manifest = self.manifest(folder);
        let said = manifest
            .and_then(|manifest| manifest.package.as_ref())
            .and_then(|package| package.workspace.as_ref())
            .and_then(|path| join_path(folder, path));
        let root = if manifest.is_some_and(|manifest| manifest.workspace.is_some()) {
            Some(folder.to_owned())
        } else if let Some(said) = said {
            self.load(&said, reading);
            Some(said)
        } else {
            self.find_root_above(folder, reading)
        };
        self.roots.insert(folder.to_owned(), root.clone());
        root
    }

    fn find_root_above(&mut self, folder: &str, reading: &mut Reading) -> Option<String> {
        let mut at = folder;
        while !at.is_empty() {
            at = folder_of(at);
            self.load(at, reading);
            let is_root = self
                .manifest(at)
                .is_some_and(|manifest| manifest.workspace.is_some());
            if is_root && self.holds(at, folder) {
                return Some(at.to_owned());
            }
        }
        None
    }

    /// Whether a folder lies below the root of a workspace and is not excluded. What is listed by name is never excluded.
    fn holds(&self, root: &str, folder: &str) -> bool {
        let Some(workspace) = self.manifest(root).and_then(|root| root.workspace.as_ref()) else {
            return false;
        };
        let Some(inside) = below(folder, root) else {
            return false;
        };
        let is_below = |listed: &String| {
            join_path("", listed).is_some_and(|listed| below(inside, &listed).is_some())
        };
        !workspace.exclude.iter().any(is_below) || workspace.members.iter().any(is_below)
    }

    /// The folders that the `members` of a workspace mean.
    fn members(&self, root: &str, reading: &mut Reading) -> Vec<String> {
        let Some(manifest) = self.manifest(root) else {
            return Vec::new();
        };
        let Some(workspace) = &manifest.workspace else {
            return Vec::new();
        };
        let (patterns, names): (Vec<&String>, Vec<&String>) = workspace
            .members
            .iter()
            .partition(|member| glob::is_pattern(member));
        if patterns.len() > PATTERNS_MAX {
            let text = format!(
                "has more than {PATTERNS_MAX} patterns in `members`: the rest is not followed"
            );
            reading.problem(Problem::new(&manifest.path, None, text));
        }
        let mut found: BTreeSet<String> = BTreeSet::new();
        for name in names {
            let folder = join_path(root, name);
            if let Some(folder) = folder.filter(|folder| self.manifest_file(folder).is_some()) {
                found.insert(folder);
                continue;
            }
            let text = format!("has the member `{name}`, of which the source holds no {MANIFEST}");
            reading.problem(Problem::gap(&manifest.path, None, text));
        }
        if patterns.is_empty() {
            return found.into_iter().collect();
        }
        let manifests = self.files.below(root).map(|(path, _)| path);
        for path in manifests.filter(|path| path.rsplit('/').next() == Some(MANIFEST)) {
            let folder = folder_of(path);
            let Some(inside) = below(folder, root) else {
                continue;
            };
            let is_meant = patterns
                .iter()
                .take(PATTERNS_MAX)
                .any(|pattern| glob::matches(pattern, inside));
            if is_meant && self.holds(root, folder) {
                found.insert(folder.to_owned());
            }
        }
        found.into_iter().collect()
    }
}

/// What remains of a folder below another, `""` for the same.
fn below<'p>(folder: &'p str, root: &str) -> Option<&'p str> {
    if root.is_empty() || folder == root {
        return Some(if root.is_empty() { folder } else { "" });
    }
    folder.strip_prefix(root)?.strip_prefix('/')
}
