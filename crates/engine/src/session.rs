//! What every use case reads first.

use std::sync::Arc;

use downriver_domain::{ApplicationId, Timestamp, Topology};

use crate::error::EngineError;
use crate::ports::{ApplicationState, Clock, Ports, Store};

/// How often a decision is taken anew because somebody else wrote in between.
pub(crate) const CONTENTION_MAX: u32 = 10;

/// One use case at work: the ports, the topology it decides on, and the instant it counts as happening at.
pub(crate) struct Session<'a, P> {
    pub(crate) ports: &'a P,
    pub(crate) topology: Arc<Topology>,
    /// Nothing starts: the deployment or the catalog says so.
    pub(crate) is_shadow: bool,
    pub(crate) now: Timestamp,
}

impl<'a, P: Ports> Session<'a, P> {
    pub(crate) async fn open(ports: &'a P) -> Result<Self, EngineError> {
        let topology = ports.store().load_topology().await?;
        Ok(Self {
            ports,
            is_shadow: ports.is_shadow() || topology.is_shadow,
            topology,
            now: ports.clock().now(),
        })
    }

    pub(crate) async fn load(
        &self,
        application: &ApplicationId,
    ) -> Result<Option<ApplicationState>, EngineError> {
        let states = self
            .ports
            .store()
            .load_applications(std::slice::from_ref(application))
            .await?;
        Ok(states.into_iter().next())
    }
}

/// The message is to be delivered again: other writers won every time.
pub(crate) fn contended(what: &(impl ToString + ?Sized)) -> EngineError {
    EngineError::Contended(what.to_string(), CONTENTION_MAX)
}
