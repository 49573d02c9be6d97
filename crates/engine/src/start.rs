//! Looks at a pending rebuild: judges it anew, evaluates its gates, starts it.

use crate::error::EngineError;
use crate::ports::{Ports, Timer};

/// Looks at a slot for which a timer fired; does nothing if the slot has moved on.
pub async fn look_at<P: Ports>(ports: &P, timer: &Timer) -> Result<(), EngineError> {
    let _ = (ports, timer);
    Ok(())
}
