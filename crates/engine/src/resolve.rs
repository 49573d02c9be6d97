//! From package-version events to verdicts and pending rebuilds.

use downriver_domain::Sighting;

use crate::error::EngineError;
use crate::ports::{Ports, ResolvePage};

/// Takes a batch of accepted events into the inventory and judges every package it touches.
pub async fn resolve<P: Ports>(ports: &P, sightings: &[Sighting]) -> Result<(), EngineError> {
    let _ = (ports, sightings);
    Ok(())
}

/// Judges one further page of a package's dependents.
pub async fn resolve_page<P: Ports>(ports: &P, page: &ResolvePage) -> Result<(), EngineError> {
    let _ = (ports, page);
    Ok(())
}
