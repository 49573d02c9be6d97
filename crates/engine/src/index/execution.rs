//! Reads what an execution built: from what its build uploaded, and from its source.
//!
//! In an order that a crash at any point can repeat: what changes is put before the slot to be judged, then the edges are
//! replaced, then the result is recorded, which ends the wait for it.

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::slot::Build;
use downriver_domain::version::PackageId;
use downriver_domain::{Application, Built, Dependency, Evidence};
use downriver_manifest::{Files, FoundDependency, Reading, read_application, wanted};

use super::findings::Findings;
use super::reading::dependencies_of;
use super::settle::{of_instance, settle};
use super::{BuiltPackage, is_baseline, requirements};
use crate::carry_out::{carry_out, judge_soon, next_version};
use crate::error::EngineError;
use crate::executions;
use crate::history::Outcome;
use crate::ports::{
    ApplicationState, Artifacts, Commit, CommitOutcome, Ports, ReadError, ReadRequest,
    Registration, SourceRead, Store,
};
use crate::register::{joined_of, record_edges};
use crate::session::{CONTENTION_MAX, Session, contended};

/// An SBOM may be uploaded a little after the execution's end is reported, in seconds.
const LATE_UPLOAD_SECS: u64 = 300;

/// What a reading came to, for logs and metrics.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReadReport {
    /// Of one of our rebuilds.
    pub outcome: Option<Outcome>,
    /// Files of the source and uploads that were read.
    pub files: u64,
    pub bytes: u64,
    /// Edges of the application afterwards.
    pub dependencies: u64,
    /// What could not be read, for people.
    pub unread: Vec<String>,
}

/// Reads what an execution built, if it is the last successful one: its edges follow its source and its SBOM, its built
/// versions are proven, and whether it delivered what it was for is told. Nothing to read is a result too.
pub async fn read_execution<P: Ports>(
    ports: &P,
    request: &ReadRequest,
) -> Result<ReadReport, EngineError> {
    let session = Session::open(ports).await?;
    let Some(state) = load_baseline(&session, request).await? else {
        return Ok(ReadReport::default());
    };
    let mut report = ReadReport::default();
    let findings = find(&session, &state, request, &mut report).await?;
    let mut dependencies = ports
        .store()
        .load_dependencies(&request.application)
        .await?;
    let is_told = findings.tells_dependencies() || (dependencies.is_empty() && findings.is_read());
    let mut changed = BTreeSet::new();
    if state.is_registered && !state.application.is_declared && is_told {
        let read = read_dependencies(&session, &state, &findings, &dependencies).await?;
        changed = changed_packages(&dependencies, &read);
        if read != dependencies {
            join(&session, request, &changed).await?;
            let entry = Registration {
                application: state.application.clone(),
                dependencies: read.clone(),
            };
            record_edges(ports, entry).await?;
            dependencies = read;
        }
    }
    report.dependencies = dependencies.len() as u64;
    report.unread.clone_from(&findings.unread);
    report.outcome = record(&session, request, &dependencies, &findings, &changed).await?;
    Ok(report)
}

async fn load_baseline<P: Ports>(
    session: &Session<'_, P>,
    request: &ReadRequest,
) -> Result<Option<ApplicationState>, EngineError> {
    let state = session.load(&request.application).await?;
    Ok(state.filter(|state| is_baseline(state, &request.execution)))
}

/// Uploads first, as they tell what was built; then the source, which tells what was asked for.
async fn find<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    request: &ReadRequest,
    report: &mut ReadReport,
) -> Result<Findings, EngineError> {
    let application = &state.application;
    let build = &state.slot.builds[0];
    let mut findings = Findings::default();
    let until = build.ended_at.plus_secs(LATE_UPLOAD_SECS);
    let artifacts = session.ports.artifacts();
    let uploads = artifacts
        .load_uploads(&application.id, &request.execution, build.started_at, until)
        .await;
    match uploads {
        Ok(uploads) => {
            for upload in &uploads {
                report.files += 1;
                report.bytes += upload.bytes.len() as u64;
                findings.take_upload(upload, (application, build));
            }
        }
        Err(ReadError::NotFound) => {}
        Err(ReadError::Denied(why)) => findings
            .unread
            .push(format!("uploads: access denied: {why}")),
        Err(error @ ReadError::Transient(_)) => return Err(error.into()),
    }
    find_in_source(session, application, request, &mut findings, report).await?;
    Ok(findings)
}

async fn find_in_source<P: Ports>(
    session: &Session<'_, P>,
    application: &Application,
    request: &ReadRequest,
    findings: &mut Findings,
    report: &mut ReadReport,
) -> Result<(), EngineError> {
    let target = &application.pipeline.target;
    if !executions::are_readable(session, target) {
        findings.unread.push(format!(
            "{target} is started by events, so no role reads its source (`downriver index --upload` in the build tells what it \
             built)"
        ));
        return Ok(());
    }
    let folder = &application.source_folder;
    let choose = |paths: &[String]| {
        let paths = paths.iter().map(String::as_str);
        wanted(paths, folder)
            .into_iter()
            .map(str::to_owned)
            .collect()
    };
    let artifacts = session.ports.artifacts();
    let source = artifacts
        .load_source(&application.pipeline, &request.execution, &choose)
        .await;
    match source {
        Ok(SourceRead::Files(source)) => {
            report.files += source.files.len() as u64;
            report.bytes += source.bytes_read;
            findings.take_source(read_files(folder, &source.files), &source.location);
        }
        Ok(SourceRead::CloneReference) => findings.unread.push(
            "its source action passes a full clone on, which holds no files (`downriver index --upload` in the build tells what \
             it built)"
                .to_owned(),
        ),
        Ok(SourceRead::Nothing(why)) => findings.unread.push(why),
        Err(ReadError::NotFound) => findings.unread.push("its source is not there any more".to_owned()),
        Err(ReadError::Denied(why)) => findings.unread.push(format!("its source: access denied: {why}")),
        Err(error @ ReadError::Transient(_)) => return Err(error.into()),
    }
    Ok(())
}

fn read_files(folder: &str, read: &[(String, Vec<u8>)]) -> Reading {
    let mut files = Files::default();
    for (path, bytes) in read {
        // A path that leads out of the source is no file of it.
        let _ = files.insert(path, bytes);
    }
    read_application(folder, &files)
}

/// The edges that follow from what was read, with what is known to be built.
async fn read_dependencies<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    findings: &Findings,
    known: &[Dependency],
) -> Result<Vec<Dependency>, EngineError> {
    let application = &state.application;
    let build = &state.slot.builds[0];
    let mut instances = findings.instances();
    for found in &mut instances {
        recall(found, known);
    }
    requirements::fill(session, application, &mut instances).await?;
    let built = findings.built(application, build);
    let reading = Reading {
        dependencies: instances,
        ..Reading::default()
    };
    let mut dependencies = dependencies_of(&reading, |_| Built::Unknown);
    let before = by_package(known);
    for (dependency, found) in dependencies.iter_mut().zip(&reading.dependencies) {
        set_built(dependency, found, build, &built);
        keep_known(dependency, found, before.get(&dependency.package));
    }
    // In the order in which the store gives them back, so that a second reading finds nothing changed.
    dependencies.sort_by(|one, other| one.package.cmp(&other.package));
    Ok(dependencies)
}

/// What an SBOM alone does not tell, an earlier reading may have told: the requirement and where it is written.
fn recall(found: &mut FoundDependency, known: &[Dependency]) {
    if found.requirement.is_some() {
        return;
    }
    let told = known
        .iter()
        .find(|known| known.package == found.package && !known.is_requirement_assumed);
    if let Some(told) = told {
        found.requirement = Some(told.requirement.clone());
        found.evidence = Evidence::clone(&told.evidence);
    }
}

fn set_built(
    dependency: &mut Dependency,
    found: &FoundDependency,
    build: &Build,
    built: &BTreeMap<PackageId, Vec<BuiltPackage>>,
) {
    let Some(built) = built.get(&dependency.package) else {
        return;
    };
    let as_found = built
        .iter()
        .find(|built| Some(built.version.as_str()) == found.locked.as_deref());
    if let Some(built) = as_found.or_else(|| of_instance(dependency, built)) {
        dependency.built = Built::Proven(built.version.clone());
        dependency.built_as_of = Some(build.started_at);
        dependency.built_revision.clone_from(&built.revision);
    }
}

/// What nothing read tells stays as it was known.
fn keep_known(
    dependency: &mut Dependency,
    found: &FoundDependency,
    known: Option<&Vec<&Dependency>>,
) {
    let Some(known) = known else { return };
    let same = known
        .iter()
        .find(|known| known.path == dependency.path)
        .or_else(|| known.first());
    let Some(same) = same else { return };
    if dependency.built == Built::Unknown {
        dependency.built = same.built.clone();
        dependency.built_as_of = same.built_as_of;
        dependency.built_revision.clone_from(&same.built_revision);
    }
    let is_from_lockfile = super::reading::is_locked(found);
    if !is_from_lockfile && found.lock.is_some() && same.is_locked {
        // An SBOM says nothing of lockfiles.
        dependency.is_locked = true;
        dependency.lock.clone_from(&same.lock);
    }
}

fn by_package(dependencies: &[Dependency]) -> BTreeMap<PackageId, Vec<&Dependency>> {
    let mut by_package: BTreeMap<PackageId, Vec<&Dependency>> = BTreeMap::new();
    for dependency in dependencies {
        by_package
            .entry(dependency.package.clone())
            .or_default()
            .push(dependency);
    }
    by_package
}

/// The packages whose edges are not what they were, what was built aside.
fn changed_packages(before: &[Dependency], after: &[Dependency]) -> BTreeSet<PackageId> {
    type Shape<'a> = (
        &'a str,
        bool,
        bool,
        &'a [PackageId],
        downriver_domain::Scope,
    );
    fn shapes(dependencies: &[Dependency]) -> BTreeMap<&PackageId, Vec<Shape<'_>>> {
        let mut shapes: BTreeMap<&PackageId, Vec<Shape<'_>>> = BTreeMap::new();
        for known in dependencies {
            let shape = (
                known.requirement.as_str(),
                known.is_locked,
                known.is_direct,
                known.path.as_slice(),
                known.scope,
            );
            shapes.entry(&known.package).or_default().push(shape);
        }
        for of_package in shapes.values_mut() {
            of_package.sort_unstable();
        }
        shapes
    }
    let (before, after) = (shapes(before), shapes(after));
    let packages = before.keys().chain(after.keys());
    packages
        .filter(|package| before.get(*package) != after.get(*package))
        .map(|package| (*package).clone())
        .collect()
}

/// What changes is judged anew once the result stands: put before the slot first, so that a crash in between loses nothing.
async fn join<P: Ports>(
    session: &Session<'_, P>,
    request: &ReadRequest,
    changed: &BTreeSet<PackageId>,
) -> Result<(), EngineError> {
    for _ in 0..CONTENTION_MAX {
        let Some(state) = load_baseline(session, request).await? else {
            return Ok(());
        };
        let joined = joined_of(session, &state.application, changed).await?;
        if joined
            .keys()
            .all(|package| state.slot.joined.contains_key(package))
        {
            return Ok(());
        }
        let mut slot = next_version(&state.slot);
        slot.joined.extend(joined);
        judge_soon(session, &mut slot);
        let commit = Commit {
            slot: Some(slot),
            ..Commit::default()
        };
        if carry_out(session, &commit, &[]).await? == CommitOutcome::Done {
            return Ok(());
        }
    }
    Err(contended(&request.application))
}

async fn record<P: Ports>(
    session: &Session<'_, P>,
    request: &ReadRequest,
    dependencies: &[Dependency],
    findings: &Findings,
    changed: &BTreeSet<PackageId>,
) -> Result<Option<Outcome>, EngineError> {
    for _ in 0..CONTENTION_MAX {
        let Some(mut state) = load_baseline(session, request).await? else {
            return Ok(None);
        };
        let joined = joined_of(session, &state.application, changed).await?;
        state.slot.joined.extend(joined);
        let Some(settled) = settle(session, &state, dependencies, findings, true).await? else {
            return Ok(None);
        };
        if carry_out(session, &settled.commit, &settled.notices).await? == CommitOutcome::Done {
            return Ok(settled.outcome);
        }
    }
    Err(contended(&request.application))
}
