//! What is known of the versions that one execution built, and from where.

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::slot::Build;
use downriver_domain::version::PackageId;
use downriver_domain::{Application, Evidence, OnLocked};
use downriver_manifest::{FoundDependency, Problem, Reading, read_sbom};

use super::proof::contains;
use super::reading::is_locked;
use super::{BuiltPackage, BuiltReport};
use crate::ports::Upload;
use crate::wire::Sources;
use crate::wire::messages::{self, Message};

/// Versions of the packages that an execution built.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// What the build itself told: an SBOM, or a report.
    pub(super) told: BTreeMap<PackageId, Vec<BuiltPackage>>,
    /// What the lockfiles in its source hold, and where.
    pub(super) locked: BTreeMap<PackageId, Vec<Locked>>,
    /// What its SBOMs say beside the versions.
    pub(super) sboms: Vec<Reading>,
    /// What its source says.
    pub(super) source: Reading,
    /// What was read, for people; empty: nothing.
    pub(super) read: Vec<String>,
    /// Why something was not read, for people.
    pub(super) unread: Vec<String>,
}

#[derive(Debug)]
pub(super) struct Locked {
    pub(super) version: String,
    pub(super) at: Option<Evidence>,
}

impl Findings {
    pub(super) fn take_report(&mut self, report: &BuiltReport) {
        let mut told: BTreeMap<PackageId, Vec<BuiltPackage>> = BTreeMap::new();
        for built in &report.packages {
            told.entry(built.package.clone())
                .or_default()
                .push(built.clone());
        }
        self.tell(told);
    }

    /// An SBOM, or a report of this execution; anything else is a problem that is told.
    pub(super) fn take_upload(&mut self, upload: &Upload, of: (&Application, &Build)) {
        let (application, build) = of;
        let name = &upload.name;
        if let Ok(Message::Built(report)) = messages::parse(&upload.bytes, &Sources::default()) {
            if report.application == application.id && report.execution == build.execution {
                self.take_report(&report);
                self.read.push(format!("the report {name}"));
            } else {
                let whose = format!(
                    "{name} is about execution {} of {}",
                    report.execution, report.application
                );
                self.unread.push(whose);
            }
            return;
        }
        match read_sbom(name, &upload.bytes) {
            Ok(sbom) => {
                self.tell(versions(&sbom));
                self.read.push(format!("the SBOM {name}"));
                self.note_problems(&sbom);
                self.sboms.push(sbom);
            }
            Err(problem) => self.unread.push(problem.to_string()),
        }
    }

    pub(super) fn take_source(&mut self, source: Reading, location: &str) {
        if source.files.is_empty() {
            self.unread
                .push(format!("{location} holds no manifest or lockfile of it"));
        } else {
            let files: Vec<&str> = source.files.iter().map(|file| file.path.as_str()).collect();
            self.read.push(format!("{} in {location}", named(&files)));
        }
        self.note_problems(&source);
        for found in source.dependencies.iter().filter(|found| is_locked(found)) {
            let Some(version) = &found.locked else {
                continue;
            };
            let locked = Locked {
                version: version.to_string(),
                at: found.lock.clone(),
            };
            self.locked
                .entry(found.package.clone())
                .or_default()
                .push(locked);
        }
        self.source = source;
    }

    /// The versions that count as built: what the build told, else what its source's lockfile holds, unless the build itself
    /// rewrites that.
    pub(super) fn built(
        &self,
        application: &Application,
        build: &Build,
    ) -> BTreeMap<PackageId, Vec<BuiltPackage>> {
        let mut built = self.told.clone();
        for (package, locked) in &self.locked {
            if built.contains_key(package) || self.is_rewritten(application, build, package) {
                continue;
            }
            let of_lock = locked.iter().map(|locked| BuiltPackage {
                package: package.clone(),
                version: locked.version.clone(),
                revision: None,
            });
            built.insert(package.clone(), of_lock.collect());
        }
        built
    }

    /// Its lockfile in the source does not tell what was built: the build updates it, always or for this package.
    pub(super) fn is_rewritten(
        &self,
        application: &Application,
        build: &Build,
        package: &PackageId,
    ) -> bool {
        let Some(locked) = self.locked.get(package) else {
            return false;
        };
        if application.policy.on_locked == OnLocked::Rebuild {
            return true;
        }
        let mut refreshed = build
            .delivered
            .iter()
            .filter(|delivered| delivered.package == *package && delivered.is_refreshed);
        refreshed.any(|delivered| {
            !locked
                .iter()
                .any(|locked| contains(delivered, &locked.version))
        })
    }

    /// The instances to register: those of the source, and what the SBOMs hold beside them.
    pub(super) fn instances(&self) -> Vec<FoundDependency> {
        let mut instances = self.source.dependencies.clone();
        for sbom in &self.sboms {
            let known: BTreeSet<PackageId> = instances
                .iter()
                .map(|found| found.package.clone())
                .collect();
            let news = sbom.dependencies.iter();
            instances.extend(
                news.filter(|found| !known.contains(&found.package))
                    .cloned(),
            );
        }
        instances
    }

    pub(super) fn is_read(&self) -> bool {
        !self.source.files.is_empty() || !self.sboms.is_empty()
    }

    /// Whether what was read says what the application depends on, wholly.
    pub(super) fn tells_dependencies(&self) -> bool {
        self.is_read() && self.source.problems.is_empty()
    }

    fn tell(&mut self, told: BTreeMap<PackageId, Vec<BuiltPackage>>) {
        for (package, built) in told {
            self.told.entry(package).or_insert(built);
        }
    }

    fn note_problems(&mut self, reading: &Reading) {
        let shown = reading.problems.iter().take(PROBLEMS_SHOWN_MAX);
        self.unread.extend(shown.map(Problem::to_string));
        let more = reading.problems.len().saturating_sub(PROBLEMS_SHOWN_MAX);
        if more > 0 {
            self.unread.push(format!("{more} more problems"));
        }
    }
}

/// Problems of one reading that the history names.
const PROBLEMS_SHOWN_MAX: usize = 5;
/// Files that it names.
const FILES_SHOWN_MAX: usize = 3;

fn versions(reading: &Reading) -> BTreeMap<PackageId, Vec<BuiltPackage>> {
    let mut versions: BTreeMap<PackageId, Vec<BuiltPackage>> = BTreeMap::new();
    for found in &reading.dependencies {
        let Some(version) = &found.locked else {
            continue;
        };
        let built = BuiltPackage {
            package: found.package.clone(),
            version: version.to_string(),
            revision: None,
        };
        let of_package = versions.entry(found.package.clone()).or_default();
        if !of_package.contains(&built) {
            of_package.push(built);
        }
    }
    versions
}

fn named(files: &[&str]) -> String {
    let shown = files[..files.len().min(FILES_SHOWN_MAX)].join(", ");
    match files.len().saturating_sub(FILES_SHOWN_MAX) {
        0 => shown,
        more => format!("{shown} and {more} more files"),
    }
}
