//! What every use case reads first.

use std::sync::Arc;

use downriver_domain::{ApplicationId, Timestamp, Topology};

use crate::error::EngineError;
use crate::ports::{ApplicationState, Clock, Ports, Store, StoreError};

/// How often a decision is taken anew because somebody else wrote in between.
pub(crate) const CONTENTION_MAX: u32 = 10;

/// Applications, as far as their records can be read.
#[derive(Debug, Default)]
pub(crate) struct Readable {
    pub(crate) states: Vec<ApplicationState>,
    pub(crate) unreadable: Vec<(ApplicationId, StoreError)>,
}

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

    /// The same as of now. Whoever decides on a record that was just read takes the time after that: what is written then is
    /// not to look older in the history than what was read.
    pub(crate) fn later(&self) -> Self {
        Self {
            ports: self.ports,
            topology: Arc::clone(&self.topology),
            is_shadow: self.is_shadow,
            now: self.ports.clock().now(),
        }
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

    /// A record that cannot be read keeps nobody else waiting; if none of several can, the store itself is broken.
    pub(crate) async fn load_readable(
        &self,
        ids: &[ApplicationId],
    ) -> Result<Readable, EngineError> {
        let store = self.ports.store();
        let broken = match store.load_applications(ids).await {
            Err(error @ StoreError::Permanent(_)) => error,
            loaded => {
                return Ok(Readable {
                    states: loaded?,
                    unreadable: Vec::new(),
                });
            }
        };
        let mut readable = Readable::default();
        for id in ids {
            match store.load_applications(std::slice::from_ref(id)).await {
                Ok(loaded) => readable.states.extend(loaded),
                Err(error @ StoreError::Permanent(_)) => {
                    readable.unreadable.push((id.clone(), error));
                }
                Err(error) => return Err(error.into()),
            }
        }
        if readable.states.is_empty() && ids.len() > 1 {
            return Err(broken.into());
        }
        Ok(readable)
    }
}

/// The message is to be delivered again: other writers won every time.
pub(crate) fn contended(what: &(impl ToString + ?Sized)) -> EngineError {
    EngineError::Contended(what.to_string(), CONTENTION_MAX)
}
