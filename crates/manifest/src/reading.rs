//! What is read of an application: its dependencies, and what each file told.

use std::collections::BTreeSet;

use downriver_domain::{Evidence, Scope};
use downriver_version::{Format, PackageId};

use crate::files::Files;
use crate::limits::PROBLEMS_MAX;
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
    pub locked: Option<String>,
    /// The application itself asks for it.
    pub is_direct: bool,
    /// The packages that pull it in, outermost first; empty for a direct one, or where no file tells.
    pub via: Vec<PackageId>,
    /// The version of the last of `via`.
    pub via_version: Option<String>,
    /// Not empty.
    pub scopes: BTreeSet<Scope>,
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
    pub locked: BTreeSet<String>,
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
    reading.dependencies.sort_by(|one, other| {
        (
            &one.package,
            &one.locked,
            &one.via,
            &one.evidence.file,
            one.evidence.line,
        )
            .cmp(&(
                &other.package,
                &other.locked,
                &other.via,
                &other.evidence.file,
                other.evidence.line,
            ))
    });
    reading
        .files
        .sort_by(|one, other| one.path.cmp(&other.path));
}
