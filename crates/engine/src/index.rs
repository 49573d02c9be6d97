//! What was built: proof after an execution.

mod advice;
mod execution;
mod findings;
mod proof;
pub mod reading;
mod requirements;
mod settle;

use downriver_domain::version::PackageId;
use downriver_domain::{ApplicationId, PipelineExecutionId};

use crate::carry_out::carry_out;
use crate::error::EngineError;
use crate::executions;
use crate::ports::{ApplicationState, Artifacts, CommitOutcome, Ports, ReadError, Store};
use crate::session::{CONTENTION_MAX, Session, contended};
use crate::wire::messages::encode_built;

use findings::Findings;

pub use execution::{ReadReport, read_execution};

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
/// execution that still runs is kept until its end; one on an execution before the last successful one changes nothing.
pub async fn record_built<P: Ports>(ports: &P, report: &BuiltReport) -> Result<(), EngineError> {
    let session = Session::open(ports).await?;
    let mut findings = Findings::default();
    findings.take_report(report);
    let mut is_kept = false;
    for _ in 0..CONTENTION_MAX {
        let Some(state) = session.load(&report.application).await? else {
            return Ok(());
        };
        if is_baseline(&state, &report.execution) {
            let session = session.later();
            let dependencies = ports.store().load_dependencies(&report.application).await?;
            let Some(settled) =
                settle::settle(&session, &state, &dependencies, &findings, false).await?
            else {
                return Ok(());
            };
            if carry_out(&session, &settled.commit, &settled.notices).await? == CommitOutcome::Done
            {
                return Ok(());
            }
        } else if is_kept || !is_ahead(&session, &state, &report.execution).await? {
            return Ok(());
        } else {
            keep(&session, report).await?;
            // Its end may have been read in between, without it: then it is taken in now.
            is_kept = true;
        }
    }
    Err(contended(&report.application))
}

fn is_baseline(state: &ApplicationState, execution: &PipelineExecutionId) -> bool {
    let newest = state.slot.builds.first();
    newest.is_some_and(|build| build.execution == *execution)
}

/// Whether this execution may still become the last successful one.
async fn is_ahead<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    execution: &PipelineExecutionId,
) -> Result<bool, EngineError> {
    let slot = &state.slot;
    if slot
        .builds
        .iter()
        .any(|build| build.execution == *execution)
    {
        return Ok(false);
    }
    let seen = slot
        .executions
        .iter()
        .find(|seen| seen.execution == *execution);
    if let Some(seen) = seen {
        return Ok(seen.ended_at.is_none());
    }
    let pipeline = &state.application.pipeline;
    match executions::load(session, pipeline, execution).await {
        Ok(found) => Ok(slot
            .builds
            .first()
            .is_none_or(|newest| found.started_at >= newest.started_at)),
        Err(ReadError::NotFound) => Ok(false),
        // It cannot be told: kept, it costs an object.
        Err(ReadError::Denied(_)) => Ok(true),
        Err(error @ ReadError::Transient(_)) => Err(error.into()),
    }
}

async fn keep<P: Ports>(session: &Session<'_, P>, report: &BuiltReport) -> Result<(), EngineError> {
    let body = encode_built(report);
    // The same report always has the same name, and two of one execution have two.
    let name = format!("built-{:016x}.json", fingerprint(body.as_bytes()));
    let artifacts = session.ports.artifacts();
    Ok(artifacts
        .store_upload(
            &report.application,
            &report.execution,
            &name,
            body.into_bytes(),
        )
        .await?)
}

/// FNV-1a.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
