//! What findings make of an execution's slot and edges: built versions, proof, what is told.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::slot::{Build, Delivered, Held, HeldReason, Slot};
use downriver_domain::version::{PackageId, Version};
use downriver_domain::{Application, ApplicationId, Built, Dependency, RebuildId};
use downriver_manifest::Files;

use super::BuiltPackage;
use super::advice;
use super::findings::Findings;
use super::proof::{Proof, contains, prove};
use crate::built::{admits, selected};
use crate::carry_out::{judge_soon, next_version, note};
use crate::error::EngineError;
use crate::history::{HistoryBody, HistoryEntry, NoteKind, Outcome, RebuildRecord};
use crate::ports::{
    ApplicationState, BuiltWrite, Commit, HistoryOf, Notice, NoticeKind, Ports, Store,
};
use crate::register::joined_of;
use crate::session::Session;

/// Entries of an application's history read to find the rebuild that a proof is about.
const HISTORY_READ_MAX: usize = 200;

/// What is to be written and told.
pub(super) struct Settled {
    pub(super) commit: Commit,
    pub(super) notices: Vec<Notice>,
    /// Of one of our rebuilds that was for something.
    pub(super) outcome: Option<Outcome>,
}

type ByPackage = BTreeMap<PackageId, Vec<BuiltPackage>>;

/// The commit for the last successful execution; `None` if all of it is recorded already. Of an execution that was read
/// (`is_read`), also nothing that was found is a result.
pub(super) async fn settle<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    dependencies: &[Dependency],
    findings: &Findings,
    is_read: bool,
) -> Result<Option<Settled>, EngineError> {
    let mut slot = next_version(&state.slot);
    let Some(build) = slot.builds.first_mut() else {
        return Ok(None);
    };
    let known = build.clone();
    let built = findings.built(&state.application, build);
    build.is_proven |= !is_read || !built.is_empty();
    let build = build.clone();
    slot.index_awaited_until = None;
    let mut settled = Settled {
        commit: Commit {
            built: changed(&state.application.id, dependencies, &built, &build),
            ..Commit::default()
        },
        notices: Vec::new(),
        outcome: None,
    };
    take_regressions(session, state, &mut slot, &built, &mut settled);
    let less = built_less(dependencies, &settled.commit.built);
    for (package, joined) in joined_of(session, &state.application, &less).await? {
        slot.joined.entry(package).or_insert(joined);
    }
    let is_news = match &build.rebuild {
        Some(rebuild) => {
            let proof = proof_of(state, dependencies, findings, &build, &built);
            for missed in &proof.missed {
                hold(&mut slot, missed, &build);
            }
            take_proof(session, state, rebuild, &build, proof, &mut settled).await?
        }
        None => is_read && tell_reading(session, state, &build, findings, &mut settled),
    };
    let is_same = build == known
        && state.slot.index_awaited_until.is_none()
        && slot.held == state.slot.held
        && settled.commit.built.is_empty()
        && slot.joined.is_empty();
    if is_same && !(is_news && build.rebuild.is_some()) {
        return Ok(None);
    }
    judge_soon(session, &mut slot);
    settled.commit.slot = Some(slot);
    Ok(Some(settled))
}

fn proof_of(
    state: &ApplicationState,
    dependencies: &[Dependency],
    findings: &Findings,
    build: &Build,
    built: &ByPackage,
) -> Proof {
    let is_in_source = |delivered: &Delivered| {
        let mut of_source = findings.source.dependencies.iter();
        of_source.any(|found| found.package == delivered.package)
    };
    prove(&state.application, build, findings, |delivered| {
        let no_files = Files::default();
        if is_in_source(delivered) {
            advice::advise(delivered, &findings.source, &no_files)
        } else {
            advice::advise(delivered, &advice::stored(dependencies, built), &no_files)
        }
    })
}

/// Writes the outcome of a rebuild down; whether it is another one than before.
async fn take_proof<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    rebuild: &RebuildId,
    build: &Build,
    proof: Proof,
    settled: &mut Settled,
) -> Result<bool, EngineError> {
    let id = &state.application.id;
    // What an execution that overtook ours did not settle is still to come.
    let is_over = state
        .slot
        .rebuild()
        .is_none_or(|known| known.id != *rebuild);
    let record = last_record(session, id, rebuild.as_str()).await?;
    let is_news = record
        .as_ref()
        .is_none_or(|record| (record.outcome, &record.reason) != (proof.outcome, &proof.text));
    if !is_news {
        return Ok(false);
    }
    let history = &mut settled.commit.history;
    if !build.delivered.is_empty() {
        history.push(note(
            id,
            NoteKind::Proof,
            Some(rebuild),
            Some(&build.execution),
            &proof.text,
            session.now,
        ));
        settled.outcome = Some(proof.outcome);
    }
    if let Some(record) = record.filter(|_| is_over) {
        let record = RebuildRecord {
            outcome: proof.outcome,
            reason: proof.text.clone(),
            ..record
        };
        history.push(HistoryEntry {
            at: session.now,
            application: Some(id.clone()),
            package_version: None,
            body: HistoryBody::Rebuild(record),
        });
    }
    if let Some(outcome) = settled.outcome {
        // That it was not picked up was always told as an end, too.
        let kinds = [
            NoticeKind::RebuildEnded(outcome),
            NoticeKind::RebuildProof(outcome),
        ];
        let first = usize::from(outcome != Outcome::NotPickedUp);
        let notices = kinds[first..].iter().map(|kind| Notice {
            rebuild: Some(rebuild.clone()),
            ..told(*kind, &state.application, proof.text.clone(), session)
        });
        settled.notices.extend(notices);
    }
    Ok(true)
}

/// What was read of an execution that Downriver did not start.
fn tell_reading<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    build: &Build,
    findings: &Findings,
    settled: &mut Settled,
) -> bool {
    let read = match findings.read.as_slice() {
        [] => "nothing tells what it built".to_owned(),
        read => format!("what it built was read from {}", read.join(" and ")),
    };
    let unread = match findings.unread.as_slice() {
        [] => String::new(),
        unread => format!("; not read: {}", unread.join("; ")),
    };
    settled.commit.history.push(note(
        &state.application.id,
        NoteKind::Proof,
        None,
        Some(&build.execution),
        format!("execution {}: {read}{unread}", build.execution),
        session.now,
    ));
    true
}

/// The edges whose built version is not what was found.
fn changed(
    application: &ApplicationId,
    dependencies: &[Dependency],
    built: &ByPackage,
    build: &Build,
) -> Vec<BuiltWrite> {
    let mut instances: BTreeMap<&PackageId, u32> = BTreeMap::new();
    let mut writes = Vec::new();
    for dependency in dependencies {
        let counter = instances.entry(&dependency.package).or_default();
        let instance = *counter;
        *counter += 1;
        let Some(built) = built
            .get(&dependency.package)
            .and_then(|built| of_instance(dependency, built))
        else {
            continue;
        };
        let proven = Built::Proven(built.version.clone());
        if dependency.built == proven && dependency.built_revision == built.revision {
            continue;
        }
        writes.push(BuiltWrite {
            application: application.clone(),
            package: dependency.package.clone(),
            instance,
            built: proven,
            built_as_of: build.started_at,
            built_revision: built.revision.clone(),
        });
    }
    writes
}

/// Packages of which less was built than was proven before: an execution that began earlier and ended later took back what
/// was judged to be built already, so that is judged anew.
fn built_less(dependencies: &[Dependency], writes: &[BuiltWrite]) -> BTreeSet<PackageId> {
    let is_less = |write: &&BuiltWrite| {
        let format = write.package.format();
        let version = |built: &Built| match built {
            Built::Proven(text) => Version::parse(format, text).ok(),
            Built::Assumed(_) | Built::Unknown => None,
        };
        let mut instances = dependencies
            .iter()
            .filter(|dependency| dependency.package == write.package);
        let before = instances
            .nth(usize::try_from(write.instance).unwrap_or(usize::MAX))
            .and_then(|dependency| version(&dependency.built));
        let order = before.zip(version(&write.built));
        order.is_some_and(|(before, now)| now.compare(&before) == Some(Ordering::Less))
    };
    let less = writes.iter().filter(is_less);
    less.map(|write| write.package.clone()).collect()
}

/// Of several instances that were built, the one that this requirement selects, or at least admits.
pub(super) fn of_instance<'a>(
    dependency: &Dependency,
    built: &'a [BuiltPackage],
) -> Option<&'a BuiltPackage> {
    let selected = selected(
        dependency,
        built.iter().map(|built| Some(built.version.as_str())),
    );
    let is_selected = |built: &&BuiltPackage| Some(&built.version) == selected.as_ref();
    { built.iter() }
        .find(is_selected)
        .or_else(|| { built.iter() }.find(|built| admits(dependency, &built.version)))
        .or_else(|| built.first())
}

/// A person's execution built less than we had delivered: the refreshed lockfile was never committed. Told once, and left
/// alone: without it, the next event of any kind would start it again.
fn take_regressions<P>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    slot: &mut Slot,
    built: &ByPackage,
    settled: &mut Settled,
) {
    let [build, before, ..] = state.slot.builds.as_slice() else {
        return;
    };
    if build.rebuild.is_some() {
        return;
    }
    let is_regressed = |delivered: &&Delivered| {
        built.get(&delivered.package).is_some_and(|built| {
            !built
                .iter()
                .any(|built| contains(delivered, &built.version))
        })
    };
    let regressed: Vec<&Delivered> = before.delivered.iter().filter(is_regressed).collect();
    for delivered in &regressed {
        hold(slot, delivered, build);
    }
    let mut names: Vec<String> = regressed
        .iter()
        .map(|delivered| format!("{}@{}", delivered.package, delivered.to))
        .collect();
    names.sort();
    names.dedup();
    // Told when it is found; a report that comes again finds it held already.
    if names.is_empty() || slot.held == state.slot.held {
        return;
    }
    let text = format!(
        "execution {} built less than {} that Downriver delivered before; is the refreshed lockfile committed?",
        build.execution,
        names.join(", ")
    );
    let notice = told(NoticeKind::Regressed, &state.application, text, session);
    settled.notices.push(notice);
}

/// What this execution attempted is not attempted again; what was published after its start is.
fn hold(slot: &mut Slot, delivered: &Delivered, build: &Build) {
    let held = Held {
        version: delivered.to.clone(),
        reason: HeldReason::NotPickedUp,
        since: build.started_at,
    };
    slot.held.insert(delivered.package.clone(), held);
}

fn told<P>(
    kind: NoticeKind,
    application: &Application,
    text: String,
    session: &Session<'_, P>,
) -> Notice {
    Notice {
        kind,
        at: session.now,
        owner: Some(application.owner.clone()),
        application: Some(application.id.clone()),
        rebuild: None,
        package_version: None,
        is_urgent: false,
        text,
    }
}

async fn last_record<P: Ports>(
    session: &Session<'_, P>,
    application: &ApplicationId,
    rebuild: &str,
) -> Result<Option<RebuildRecord>, EngineError> {
    let of = HistoryOf::Application(application.clone());
    let entries = session
        .ports
        .store()
        .load_history(&of, HISTORY_READ_MAX)
        .await?;
    Ok(entries.into_iter().find_map(|entry| match entry.body {
        HistoryBody::Rebuild(record) if record.id.as_str() == rebuild => Some(record),
        _ => None,
    }))
}
