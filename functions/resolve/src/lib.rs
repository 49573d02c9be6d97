//! Package-version events and pages of dependents, from the changes queue to the engine.

use std::cell::OnceCell;
use std::sync::Arc;

use downriver_aws::lambda::batch::{Consumer, Failure};
use downriver_aws::lambda::{Deployed, SqsBatchResponse, SqsEvent};
use downriver_engine::domain::{Sighting, Topology};
use downriver_engine::ports::{Ports, ResolvePage, Store as _};
use downriver_engine::wire::event::WireEvent;
use downriver_engine::wire::messages::{self, Message};
use downriver_engine::wire::{Sources, codeartifact};
use downriver_engine::{EngineError, resolve};
use lambda_runtime::{Error, LambdaEvent};

/// One batch of the changes queue.
pub async fn handle(
    deployed: &Deployed,
    event: LambdaEvent<SqsEvent>,
) -> Result<SqsBatchResponse, Error> {
    let changes = Changes::new(&deployed.ports, &deployed.settings.sources);
    deployed
        .invoke(&event.context, async |deadline| {
            Ok(deployed.consume(&changes, deadline, event.payload).await)
        })
        .await
}

/// What one message asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Sighting(Sighting),
    Page(ResolvePage),
}

/// Resolves all events of a batch in one call, so that an application is read and written once for them, and each page
/// alone.
pub struct Changes<'a, P> {
    ports: &'a P,
    sources: &'a Sources,
    topology: OnceCell<Arc<Topology>>,
}

impl<'a, P> Changes<'a, P> {
    pub const fn new(ports: &'a P, sources: &'a Sources) -> Self {
        Self {
            ports,
            sources,
            topology: OnceCell::new(),
        }
    }
}

impl<P: Ports> Consumer for Changes<'_, P> {
    type Work = Change;

    /// Which events are accepted stands in the topology.
    async fn begin(&self) -> Result<(), Failure> {
        let topology = self.ports.store().load_topology().await;
        let topology = topology.map_err(EngineError::from)?;
        self.topology.get_or_init(|| topology);
        Ok(())
    }

    fn read(&self, body: &str) -> Result<Option<Change>, String> {
        let message = messages::parse(body.as_bytes(), self.sources);
        match message.map_err(|rejection| rejection.to_string())? {
            Message::Event(event) => match *event {
                WireEvent::PackageVersion(event) => {
                    let topology = self.topology.get().ok_or("the topology is not known")?;
                    codeartifact::accept(event, topology)
                        .map(|sighting| Some(Change::Sighting(sighting)))
                        .map_err(|rejection| rejection.to_string())
                }
                WireEvent::Execution(_) | WireEvent::Ignored(_) => {
                    Err(misplaced("an event of CodePipeline"))
                }
            },
            Message::Page(page) => Ok(Some(Change::Page(page))),
            other => Err(misplaced(other.kind())),
        }
    }

    fn is_joined(&self, work: &Change) -> bool {
        matches!(work, Change::Sighting(_))
    }

    async fn handle(&self, works: &[&Change]) -> Result<(), Failure> {
        let mut sightings = Vec::new();
        for work in works {
            match work {
                Change::Sighting(sighting) => sightings.push(sighting.clone()),
                Change::Page(page) => resolve::resolve_page(self.ports, page).await?,
            }
        }
        if !sightings.is_empty() {
            resolve::resolve(self.ports, &sightings).await?;
            resolve::hear(self.ports, &sightings).await?;
        }
        Ok(())
    }
}

fn misplaced(what: &str) -> String {
    format!("the changes queue takes events of CodeArtifact, and pages: this is {what}")
}
