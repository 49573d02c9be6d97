//! What is read of an application: its dependencies, and what each file told.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use downriver_domain::Evidence;
use downriver_version::{Format, PackageId};

use crate::begin::begin;
use crate::files::Files;
use crate::limits::PROBLEMS_MAX;
use crate::scopes::Scopes;
use crate::texts::Texts;
use crate::{cargo, maven, npm, nuget, pypi, ruby, sbom, swift};

/// Everything that the files of one application tell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reading {
    /// One for each instance, in order of package, version and path.
    pub dependencies: Vec<FoundDependency>,
    /// Declared or locked, but from no registry.
    pub left_out: Vec<LeftOut>,
    /// In order of path.
    pub files: Vec<FileSummary>,
    /// What the application's own manifests publish.
    pub products: Vec<Product>,
    /// What could not be read, at most [`PROBLEMS_MAX`].
    pub problems: Vec<Problem>,
}

/// A dependency as files tell it: one for each instance of a package in the graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundDependency {
    pub package: PackageId,
    /// In the native syntax of whoever pulls it in; `None` where no file tells it.
    pub requirement: Option<String>,
    /// The version that a lockfile or SBOM holds.
    pub locked: Option<Arc<str>>,
    /// The application itself asks for it.
    pub is_direct: bool,
    /// The packages that pull it in, outermost first; empty for a direct one, or where no file tells.
    pub via: Arc<[PackageId]>,
    /// The version of the last of `via`.
    pub via_version: Option<Arc<str>>,
    /// Not empty.
    pub scopes: Scopes,
    /// Where the requirement is written; where none is, the lock.
    pub evidence: Evidence,
    /// Where the lockfile or SBOM holds the version.
    pub lock: Option<Evidence>,
}

/// Where a package comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    Registry,
    Git,
    /// An archive or file at an address.
    Url,
    /// A folder or file of the source itself.
    Path,
    /// A member of the same workspace.
    Workspace,
    /// Part of the platform or the package manager (`system` scope, `file:` in a toolchain, …).
    Platform,
}

/// A dependency that no registry delivers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// As the file has it.
    pub name: String,
    pub version: Option<String>,
    pub source: Source,
    /// Why, as people would say it: "comes from git", "no package of this name can stand in CodeArtifact".
    pub reason: String,
    pub evidence: Evidence,
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSummary {
    pub path: String,
    /// As people name the format: `package-lock.json v3`.
    pub format: String,
    /// Packages from a registry that it locks, as `name@version` in the ecosystem's own names, normalised as the
    /// ecosystem does; of an SBOM the package URLs. Empty for a manifest.
    pub locked: Texts,
    /// Dependencies that it declares, for a manifest.
    pub declared: usize,
}

/// What the application's own manifest publishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    pub package: PackageId,
    /// As it stands in the manifest, if it does.
    pub version: Option<String>,
    /// The manifest says that it is not published (`"private": true`, `publish = false`).
    pub is_private: bool,
    pub evidence: Evidence,
}

/// Something that could not be read, or not be taken for what it says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}: {text}", line.map(|line| format!(":{line}")).unwrap_or_default())]
pub struct Problem {
    pub file: String,
    pub line: Option<u32>,
    /// A sentence's end: what is wrong, and where it can be told what to do.
    pub text: String,
    /// The file was read whole: what it refers to is not in the source, or only a build can tell it.
    pub is_gap: bool,
}

impl Problem {
    pub(crate) fn new(file: &str, line: Option<u32>, text: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            line,
            text: text.into(),
            is_gap: false,
        }
    }

    pub(crate) fn gap(file: &str, line: Option<u32>, text: impl Into<String>) -> Self {
        Self {
            is_gap: true,
            ..Self::new(file, line, text)
        }
    }
}

impl Reading {
    pub(crate) fn problem(&mut self, problem: Problem) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(problem);
        }
    }
}

/// Reads the application in `folder` (`""`: the root) from the files of its source: those of the folder, and those above
/// it that it shares (workspace manifests and locks). [`crate::wanted`] says which are needed.
///
/// Each ecosystem that the folder holds files of is read by itself. An SBOM in the folder counts only for the formats that
/// nothing else told of.
pub fn read_application(folder: &str, files: &Files<'_>) -> Reading {
    let mut reading = Reading::default();
    for read in [
        npm::read,
        pypi::read,
        maven::read,
        nuget::read,
        cargo::read,
        ruby::read,
        swift::read,
    ] {
        read(folder, files, &mut reading);
    }
    sbom::read(folder, files, &mut reading);
    order(&mut reading);
    reading
}

/// Reads one SBOM, CycloneDX or SPDX JSON, by whatever name it has.
pub fn read_sbom(path: &str, bytes: &[u8]) -> Result<Reading, Problem> {
    let mut reading = Reading::default();
    sbom::read_file(path, bytes, &mut reading)?;
    order(&mut reading);
    Ok(reading)
}

/// The requirement to suppose where no file tells it: what this ecosystem's tools would write for the locked version.
/// Soft pins and minimum versions (Maven, NuGet) stay where they are, as their tools do.
pub fn assumed_requirement(format: Format, locked: &str) -> String {
    match format {
        Format::Npm => format!("^{locked}"),
        Format::Pypi | Format::Ruby => format!(">={locked}"),
        Format::Swift => format!("from: \"{locked}\""),
        Format::Cargo | Format::Maven | Format::Nuget | Format::Generic => locked.to_owned(),
    }
}

pub(crate) fn order(reading: &mut Reading) {
    sort_dependencies(&mut reading.dependencies);
    reading
        .files
        .sort_by(|one, other| one.path.cmp(&other.path));
}

/// Sorts numbers in place of the dependencies, which are large, and then moves each of those to where it belongs.
fn sort_dependencies(dependencies: &mut [FoundDependency]) {
    let begins = dependencies.iter().map(|found| begin_of(&found.package));
    let mut order: Vec<(u128, usize)> = begins.zip(0..).collect();
    order.sort_by(|(one_begin, one), (other_begin, other)| {
        let by_begin = one_begin.cmp(other_begin);
        by_begin.then_with(|| key(&dependencies[*one]).cmp(&key(&dependencies[*other])))
    });
    let mut order: Vec<usize> = order.into_iter().map(|(_, from)| from).collect();
    for place in 0..order.len() {
        let mut from = order[place];
        // What stood in a place before this one was swapped away, to where that place's own came from.
        while from < place {
            from = order[from];
        }
        order[place] = from;
        dependencies.swap(place, from);
    }
}

/// How a package begins, in order as packages are.
fn begin_of(package: &PackageId) -> u128 {
    let format = [package.format() as u8];
    match package.namespace() {
        None => begin([&format, &[0], package.name().as_bytes()]),
        // No name has a zero byte in it: the namespace comes before any that goes on.
        Some(namespace) => begin([
            &format,
            &[1],
            namespace.as_bytes(),
            &[0],
            package.name().as_bytes(),
        ]),
    }
}

fn key(found: &FoundDependency) -> impl Ord {
    (
        &found.package,
        &found.locked,
        &found.via,
        &found.evidence.file,
        found.evidence.line,
    )
}
