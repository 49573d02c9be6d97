//! The periodic pass that re-reads the truth; an event only makes things sooner.

use crate::error::EngineError;
use crate::ports::Ports;

/// How often `sweep` runs, in seconds.
pub const SWEEP_INTERVAL_SECS: u64 = 300;

/// Looks at every overdue slot, finds executions whose end was missed, repairs what a crash left.
pub async fn sweep<P: Ports>(ports: &P) -> Result<(), EngineError> {
    let _ = ports;
    Ok(())
}
