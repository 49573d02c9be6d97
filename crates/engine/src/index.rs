//! What was built: proof after an execution.

pub mod reading;

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::slot::{Build, Delivered, Held, HeldReason, Slot, SlotState};
use downriver_domain::version::{PackageId, Version};
use downriver_domain::{ApplicationId, Built, Dependency, PipelineExecutionId};

use crate::built::admits;
use crate::carry_out::{carry_out, next_version, note};
use crate::error::EngineError;
use crate::history::{HistoryBody, HistoryEntry, NoteKind, Outcome, RebuildRecord};
use crate::ports::{
    ApplicationState, BuiltWrite, Commit, CommitOutcome, HistoryOf, Notice, NoticeKind, Ports,
    Store,
};
use crate::session::{CONTENTION_MAX, Session, contended};

/// Entries of an application's history read to find the rebuild that a proof is about.
const HISTORY_READ_MAX: usize = 200;

/// What an execution built, as read from an SBOM or lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuiltReport {
    pub application: ApplicationId,
    pub execution: PipelineExecutionId,
    /// One for each instance.
    pub packages: Vec<BuiltPackage>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BuiltPackage {
    pub package: PackageId,
    pub version: String,
    /// For a mutable version: the package revision.
    pub revision: Option<String>,
}

/// Sets the built versions of an execution as proven, and says whether it delivered what it was for. A report on an
/// execution that is not the last successful one changes nothing.
pub async fn record_built<P: Ports>(ports: &P, report: &BuiltReport) -> Result<(), EngineError> {
    let session = Session::open(ports).await?;
    let mut by_package: BTreeMap<&PackageId, Vec<&BuiltPackage>> = BTreeMap::new();
    for built in &report.packages {
        by_package.entry(&built.package).or_default().push(built);
    }
    for _ in 0..CONTENTION_MAX {
        let Some(state) = session.load(&report.application).await? else {
            return Ok(());
        };
        let is_baseline = state
            .slot
            .builds
            .first()
            .is_some_and(|build| build.execution == report.execution);
        if !is_baseline {
            return Ok(());
        }
        let (commit, notices) = proven(&session, &state, &by_package).await?;
        if carry_out(&session, &commit, &notices).await? == CommitOutcome::Done {
            return Ok(());
        }
    }
    Err(contended(&report.application))
}

type ByPackage<'a> = BTreeMap<&'a PackageId, Vec<&'a BuiltPackage>>;

async fn proven<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    reported: &ByPackage<'_>,
) -> Result<(Commit, Vec<Notice>), EngineError> {
    let id = &state.application.id;
    let mut slot = next_version(&state.slot);
    let Some(build) = slot.builds.first_mut() else {
        return Ok((Commit::default(), Vec::new()));
    };
    build.is_proven = true;
    let build = build.clone();
    slot.index_awaited_until = None;
    if matches!(slot.state, SlotState::Idle) {
        slot.wake_at = slot.idle_wake(session.now);
    } else if matches!(slot.state, SlotState::Pending(_)) {
        slot.wake_at = Some(session.now);
    }
    let dependencies = session.ports.store().load_dependencies(id).await?;
    let built = changed(id, &dependencies, reported, &build);
    let mut history = Vec::new();
    let regressed = regressions(state, reported);
    // Told once, and left alone: without it, the next event of any kind would start it again.
    for delivered in &regressed {
        hold(&mut slot, delivered, &build);
    }
    let mut notices = regressed_notice(session, &build, id, &regressed);
    if let Some(rebuild) = &build.rebuild {
        let proof = prove(&mut slot, &build, reported);
        if !build.delivered.is_empty() {
            history.push(note(
                id,
                NoteKind::Proof,
                Some(rebuild),
                Some(&build.execution),
                &proof.text,
                session.now,
            ));
        }
        // What an execution that overtook ours did not settle is still to come.
        let is_over = state
            .slot
            .rebuild()
            .is_none_or(|known| known.id != *rebuild);
        if is_over && let Some(record) = last_record(session, id, rebuild.as_str()).await? {
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
        if proof.outcome == Outcome::NotPickedUp {
            notices.push(Notice {
                rebuild: Some(rebuild.clone()),
                ..told(NoticeKind::RebuildEnded, id, proof.text, session)
            });
        }
    }
    Ok((
        Commit {
            slot: Some(slot),
            built,
            history,
            ..Commit::default()
        },
        notices,
    ))
}

struct Proof {
    outcome: Outcome,
    text: String,
}

/// Holds what was built against what the rebuild was for.
fn prove(slot: &mut Slot, build: &Build, reported: &ByPackage<'_>) -> Proof {
    let mut missed = Vec::new();
    let mut unread = Vec::new();
    for delivered in &build.delivered {
        match reported.get(&delivered.package) {
            None => unread.push(delivered.package.to_string()),
            Some(built)
                if !built
                    .iter()
                    .any(|built| contains(delivered, &built.version)) =>
            {
                hold(slot, delivered, build);
                let versions: Vec<&str> =
                    built.iter().map(|built| built.version.as_str()).collect();
                missed.push(format!(
                    "{}: wanted {}, built {}",
                    delivered.package,
                    delivered.to,
                    versions.join(" and ")
                ));
            }
            Some(_) => {}
        }
    }
    let execution = &build.execution;
    if !missed.is_empty() {
        let text = format!(
            "execution {execution} did not pick up {}; update the lockfile or the requirement that holds it; \
             this version is not attempted again",
            missed.join(", ")
        );
        Proof {
            outcome: Outcome::NotPickedUp,
            text,
        }
    } else if unread.is_empty() {
        Proof {
            outcome: Outcome::Delivered,
            text: format!("execution {execution} built what it was for"),
        }
    } else {
        let text = format!(
            "execution {execution} succeeded; nothing tells what it built of {}",
            unread.join(", ")
        );
        Proof {
            outcome: Outcome::Unproven,
            text,
        }
    }
}

/// The wanted version, or a newer one that appeared meanwhile.
fn contains(delivered: &Delivered, built: &str) -> bool {
    if delivered.to == built {
        return true;
    }
    let format = delivered.package.format();
    match (
        Version::parse(format, built),
        Version::parse(format, &delivered.to),
    ) {
        (Ok(built), Ok(wanted)) => built
            .compare(&wanted)
            .is_some_and(std::cmp::Ordering::is_ge),
        _ => false,
    }
}

/// The edges whose built version is not what was reported.
fn changed(
    application: &ApplicationId,
    dependencies: &[Dependency],
    reported: &ByPackage<'_>,
    build: &Build,
) -> Vec<BuiltWrite> {
    let mut instances: BTreeMap<&PackageId, u32> = BTreeMap::new();
    let mut writes = Vec::new();
    for dependency in dependencies {
        let counter = instances.entry(&dependency.package).or_default();
        let instance = *counter;
        *counter += 1;
        let Some(built) = reported
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

/// Of several instances that were built, the one that this requirement admits.
fn of_instance<'a>(
    dependency: &Dependency,
    built: &[&'a BuiltPackage],
) -> Option<&'a BuiltPackage> {
    built
        .iter()
        .find(|built| admits(dependency, &built.version))
        .or_else(|| built.first())
        .copied()
}

/// A person's execution built less than we had delivered: the refreshed lockfile was never committed.
fn regressions<'a>(state: &'a ApplicationState, reported: &ByPackage<'_>) -> Vec<&'a Delivered> {
    let [build, before, ..] = state.slot.builds.as_slice() else {
        return Vec::new();
    };
    if build.rebuild.is_some() {
        return Vec::new();
    }
    let is_regressed = |delivered: &&Delivered| {
        reported.get(&delivered.package).is_some_and(|built| {
            !built
                .iter()
                .any(|built| contains(delivered, &built.version))
        })
    };
    before.delivered.iter().filter(is_regressed).collect()
}

fn regressed_notice<P>(
    session: &Session<'_, P>,
    build: &Build,
    application: &ApplicationId,
    regressed: &[&Delivered],
) -> Vec<Notice> {
    if regressed.is_empty() {
        return Vec::new();
    }
    let regressed: BTreeSet<String> = regressed
        .iter()
        .map(|delivered| format!("{}@{}", delivered.package, delivered.to))
        .collect();
    let regressed: Vec<String> = regressed.into_iter().collect();
    let text = format!(
        "execution {} built less than {} that Downriver delivered before; is the refreshed lockfile committed?",
        build.execution,
        regressed.join(", ")
    );
    vec![told(NoticeKind::Regressed, application, text, session)]
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
    application: &ApplicationId,
    text: String,
    session: &Session<'_, P>,
) -> Notice {
    Notice {
        kind,
        at: session.now,
        application: Some(application.clone()),
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
