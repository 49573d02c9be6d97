//! NuGet: MSBuild projects and solutions, `packages.lock.json`, `project.assets.json`, `packages.config`.
//!
//! An application is the projects in its folder and those that a solution there lists; the projects that these refer to
//! stand on the way. A project is evaluated as far as its packages need it ([`evaluate`]); each of its locks becomes a
//! graph of its own, and what several of them say of one version is put together at the end.

mod assets;
mod evaluate;
mod expand;
mod join;
mod locked;
mod msbuild;
mod packages_config;
mod packages_lock;
mod project;
mod solution;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use downriver_version::{Format, PackageId, PackageVersionId};

use crate::files::{Files, folder_of, join_path};
use crate::kind::{FileKind, recognise};
use crate::reading::{FoundDependency, Problem, Product, Reading};
use crate::texts::Texts;
use evaluate::Evaluator;
use project::Project;

const LOCK: &str = "packages.lock.json";
const ASSETS: &str = "project.assets.json";
const CONFIG: &str = "packages.config";

/// The files of the source. Their names are compared as Windows does where no other file has the name.
pub(super) struct Sources<'f> {
    files: &'f Files<'f>,
    by_lower: BTreeMap<String, &'f str>,
}

pub(crate) fn read(folder: &str, files: &Files<'_>, reading: &mut Reading) {
    let stands_here: Vec<&str> = files
        .below(folder)
        .map(|(path, _)| path)
        .filter(|path| folder_of(path) == folder && is_ours(path))
        .collect();
    let assets_in_obj =
        join_path(folder, "obj").and_then(|obj| files.get_entry(&join_path(&obj, ASSETS)?));
    if stands_here.is_empty() && assets_in_obj.is_none() {
        return;
    }
    let sources = Sources::new(files);
    let mut found = Reading::default();
    Application::find(&stands_here, &sources, &mut found).read(folder, &mut found);
    found.dependencies = merge(found.dependencies);
    reading.dependencies.append(&mut found.dependencies);
    reading.left_out.append(&mut found.left_out);
    reading.files.append(&mut found.files);
    reading.products.append(&mut found.products);
    for problem in found.problems {
        reading.problem(problem);
    }
}

struct Application<'f> {
    sources: &'f Sources<'f>,
    /// The application's own, by path.
    own: BTreeSet<&'f str>,
    /// Those and the ones they refer to.
    projects: BTreeMap<&'f str, Project>,
}

impl<'f> Application<'f> {
    fn find(stands_here: &[&'f str], sources: &'f Sources<'f>, reading: &mut Reading) -> Self {
        let mut own: BTreeSet<&str> = stands_here
            .iter()
            .copied()
            .filter(|path| is_project(path))
            .collect();
        for path in stands_here.iter().filter(|path| is_solution(path)) {
            own.extend(sources.listed(path, reading));
        }
        let mut evaluator = Evaluator::new(sources);
        let mut projects = BTreeMap::new();
        let mut open: VecDeque<&str> = own.iter().copied().collect();
        while let Some(path) = open.pop_front() {
            if projects.contains_key(path) {
                continue;
            }
            let Some(project) = evaluator.evaluate(path, reading) else {
                continue;
            };
            open.extend(
                project
                    .references
                    .iter()
                    .filter_map(|(path, _)| Some(sources.find(path)?.0)),
            );
            projects.insert(path, project);
        }
        // What is read with no project is counted at least.
        for path in stands_here.iter().filter(|path| is_shared(path)) {
            evaluator.load(path, reading);
        }
        Self {
            sources,
            own,
            projects,
        }
    }

    fn read(&self, folder: &str, reading: &mut Reading) {
        let mut done: BTreeSet<&str> = BTreeSet::new();
        let mut unlocked = Vec::new();
        for path in &self.own {
            let Some(project) = self.projects.get(path) else {
                continue;
            };
            reading.products.extend(product(project));
            if !self.read_locks(folder_of(path), Some(project), &mut done, reading) {
                unlocked.push(project);
            }
        }
        self.read_locks(folder, None, &mut done, reading);
        if let Err(problem) = join::without_lock(&unlocked, &self.projects, reading) {
            reading.problem(problem);
        }
    }

    /// Whether a lock told what the project restores. Of several the first does; the others are counted only.
    fn read_locks(
        &self,
        folder: &str,
        project: Option<&Project>,
        done: &mut BTreeSet<&'f str>,
        reading: &mut Reading,
    ) -> bool {
        let said = project.and_then(|project| project.lock.clone());
        let named = project.and_then(|project| {
            let name = project.stem().replace(' ', "_");
            join_path(folder, &format!("packages.{name}.lock.json"))
        });
        let in_obj = join_path(folder, "obj").and_then(|obj| join_path(&obj, ASSETS));
        let usual = [LOCK, ASSETS].map(|name| join_path(folder, name));
        let places = [said, named].into_iter().chain(usual).chain([in_obj]);
        let mut is_told = false;
        for (path, bytes) in places.flatten().filter_map(|path| self.sources.find(&path)) {
            if !done.insert(path) {
                continue;
            }
            match join::read_lock(path, bytes, project, &self.projects, is_told, reading) {
                Ok(()) => is_told = true,
                Err(problem) => reading.problem(problem),
            }
        }
        let config = join_path(folder, CONFIG).and_then(|path| self.sources.find(&path));
        if let Some((path, bytes)) = config.filter(|(path, _)| done.insert(path)) {
            let is_test = project.is_some_and(|project| project.is_test);
            if let Err(problem) = packages_config::read(path, bytes, is_test, reading) {
                reading.problem(problem);
            }
        }
        is_told
    }
}

impl<'f> Sources<'f> {
    fn new(files: &'f Files<'f>) -> Self {
        let by_lower = files
            .iter()
            .map(|(path, _)| (path.to_lowercase(), path))
            .collect();
        Self { files, by_lower }
    }

    pub(super) fn find(&self, path: &str) -> Option<(&'f str, &'f [u8])> {
        self.files.get_entry(path).or_else(|| {
            let path = self.by_lower.get(&path.to_lowercase())?;
            self.files.get_entry(path)
        })
    }

    /// The file of this name in the folder or the nearest above it.
    pub(super) fn above(&self, folder: &str, name: &str) -> Option<&'f str> {
        let mut folder = folder;
        loop {
            let found = join_path(folder, name).and_then(|path| self.find(&path));
            if let Some((path, _)) = found {
                return Some(path);
            }
            if folder.is_empty() {
                return None;
            }
            folder = folder_of(folder);
        }
    }

    /// The projects that a solution lists, as far as they can be read.
    fn listed(&self, path: &str, reading: &mut Reading) -> Vec<&'f str> {
        let Some((path, bytes)) = self.find(path) else {
            return Vec::new();
        };
        let listed = match solution::projects(path, bytes) {
            Ok(listed) => listed,
            Err(problem) => {
                reading.problem(problem);
                return Vec::new();
            }
        };
        let mut found = Vec::new();
        for project in listed.iter().filter(|project| is_project(project)) {
            let path_in_source = join_path(folder_of(path), project);
            match path_in_source.and_then(|path| self.find(&path)) {
                Some((path, _)) => found.push(path),
                None => reading.problem(Problem::gap(
                    path,
                    None,
                    format!("lists `{project}`, which the source does not hold"),
                )),
            }
        }
        reading.files.push(crate::reading::FileSummary {
            path: path.to_owned(),
            format: path
                .rsplit('.')
                .next()
                .unwrap_or("sln")
                .to_ascii_lowercase(),
            locked: Texts::default(),
            declared: 0,
        });
        found
    }
}

fn is_ours(path: &str) -> bool {
    matches!(
        recognise(path),
        Some(
            FileKind::Msbuild
                | FileKind::NugetLock
                | FileKind::NugetAssets
                | FileKind::NugetPackagesConfig
        )
    )
}

fn extension(path: &str) -> String {
    path.rsplit('.').next().unwrap_or("").to_ascii_lowercase()
}

fn is_solution(path: &str) -> bool {
    matches!(extension(path).as_str(), "sln" | "slnx")
}

fn is_project(path: &str) -> bool {
    let extension = extension(path);
    extension.ends_with("proj") && recognise(path) == Some(FileKind::Msbuild)
}

/// What projects share, by a name that MSBuild looks for.
fn is_shared(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    name.starts_with("directory.") && matches!(extension(path).as_str(), "props" | "targets")
}

fn product(project: &Project) -> Option<Product> {
    Some(Product {
        package: PackageId::new(Format::Nuget, None, &project.package).ok()?,
        version: project.version.clone(),
        is_private: project.is_private,
        evidence: downriver_domain::Evidence {
            file: project.path.as_str().into(),
            line: None,
        },
    })
}

/// The one form of a version: `1.0` is `1.0.0`.
fn normal_version(version: &str) -> Cow<'static, str> {
    // The name does not matter; without one there is no version identity.
    let normal = PackageId::new(Format::Nuget, None, "any")
        .and_then(|package| PackageVersionId::new(package, version));
    Cow::Owned(normal.map_or_else(|_| version.to_owned(), |normal| normal.version().to_owned()))
}

/// What several projects or locks say of one version becomes one dependency: a direct one before others, then the shortest
/// way.
fn merge(mut found: Vec<FoundDependency>) -> Vec<FoundDependency> {
    let identity = |found: &FoundDependency| {
        let asked = found.requirement.clone().filter(|_| found.locked.is_none());
        (found.package.clone(), found.locked.clone(), asked)
    };
    found.sort_by_cached_key(|found| (identity(found), !found.is_direct, found.via.len()));
    let mut merged: Vec<FoundDependency> = Vec::with_capacity(found.len());
    for next in found {
        match merged.last_mut() {
            Some(last) if identity(last) == identity(&next) => last.scopes |= next.scopes,
            _ => merged.push(next),
        }
    }
    merged
}
