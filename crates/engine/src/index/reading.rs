//! From what files tell to an application's dependencies.
//!
//! Owns what is supposed where files tell too little. What was built is the caller's knowledge, not the files'.

#[cfg(test)]
mod tests;

use downriver_domain::version::{Format, Requirement};
use downriver_domain::{Built, Dependency, Scope};
use downriver_manifest::{FileKind, FoundDependency, Reading, assumed_requirement, recognise};

/// The strongest first: what is needed at run time needs no other reason to be there.
const SCOPES: [Scope; 6] = [
    Scope::Runtime,
    Scope::Build,
    Scope::Optional,
    Scope::Peer,
    Scope::Dev,
    Scope::Test,
];

/// The dependencies of an application, one for each instance that was found and in that order; `built` says what is known
/// of each to be built.
pub fn dependencies_of(
    reading: &Reading,
    built: impl Fn(&FoundDependency) -> Built,
) -> Vec<Dependency> {
    let found = reading.dependencies.iter();
    found.map(|found| dependency(found, built(found))).collect()
}

fn dependency(found: &FoundDependency, built: Built) -> Dependency {
    let (requirement, is_requirement_assumed) = requirement(found);
    let scope = SCOPES
        .into_iter()
        .find(|scope| found.scopes.contains(*scope));
    Dependency {
        package: found.package.clone(),
        requirement,
        is_requirement_assumed,
        built,
        built_as_of: None,
        built_revision: None,
        is_locked: is_locked(found),
        is_direct: found.is_direct,
        path: found.via.to_vec(),
        scope: scope.unwrap_or(Scope::Runtime),
        evidence: found.evidence.clone(),
        lock: found.lock.clone(),
    }
}

/// What is written, if a requirement can be made of it; else what the tools would write for the version that was found,
/// or any version.
fn requirement(found: &FoundDependency) -> (String, bool) {
    let format = found.package.format();
    let written = found.requirement.as_deref();
    if let Some(Ok(written)) = written.map(|text| Requirement::parse(format, text)) {
        return (written.as_str().to_owned(), false);
    }
    let assumed = match &found.locked {
        Some(locked) => assumed_requirement(format, locked),
        None => any_version(format).to_owned(),
    };
    (assumed, true)
}

const fn any_version(format: Format) -> &'static str {
    match format {
        Format::Npm | Format::Cargo | Format::Nuget | Format::Generic => "*",
        Format::Pypi | Format::Ruby => ">=0",
        Format::Maven => "[0,)",
        Format::Swift => "0.0.0..<99999.0.0",
    }
}

/// A committed lockfile holds the version: an SBOM, or what a build left behind, tells a version but holds none.
pub(super) fn is_locked(found: &FoundDependency) -> bool {
    let Some(lock) = found.lock.as_ref().filter(|_| found.locked.is_some()) else {
        return false;
    };
    matches!(
        recognise(&lock.file),
        Some(
            FileKind::NpmLock
                | FileKind::YarnLock
                | FileKind::PnpmLock
                | FileKind::BunLock
                | FileKind::Requirements
                | FileKind::MaybeRequirements
                | FileKind::PoetryLock
                | FileKind::PipfileLock
                | FileKind::UvLock
                | FileKind::PdmLock
                | FileKind::Pylock
                | FileKind::GradleLock
                | FileKind::NugetLock
                | FileKind::CargoLock
                | FileKind::RubyLock
                | FileKind::SwiftLock
        )
    )
}
