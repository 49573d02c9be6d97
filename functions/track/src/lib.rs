//! Pipeline executions' state changes, from the runs queue to the engine.

use downriver_aws::lambda::batch::{Consumer, Failure};
use downriver_aws::lambda::{Deployed, SqsBatchResponse, SqsEvent};
use downriver_engine::ports::Ports;
use downriver_engine::track::{self, ExecutionEvent};
use downriver_engine::wire::Sources;
use downriver_engine::wire::event::WireEvent;
use downriver_engine::wire::messages::{self, Message};
use lambda_runtime::{Error, LambdaEvent};

/// One batch of the runs queue.
pub async fn handle(
    deployed: &Deployed,
    event: LambdaEvent<SqsEvent>,
) -> Result<SqsBatchResponse, Error> {
    let executions = Executions::new(&deployed.ports, &deployed.settings.sources);
    deployed
        .invoke(&event.context, async |deadline| {
            Ok(deployed.consume(&executions, deadline, event.payload).await)
        })
        .await
}

/// Follows the execution of each event.
pub struct Executions<'a, P> {
    ports: &'a P,
    sources: &'a Sources,
}

impl<'a, P> Executions<'a, P> {
    pub const fn new(ports: &'a P, sources: &'a Sources) -> Self {
        Self { ports, sources }
    }
}

impl<P: Ports> Consumer for Executions<'_, P> {
    type Work = ExecutionEvent;

    fn read(&self, body: &str) -> Result<Option<ExecutionEvent>, String> {
        let message = messages::parse(body.as_bytes(), self.sources);
        match message.map_err(|rejection| rejection.to_string())? {
            Message::Event(event) => match *event {
                WireEvent::Execution(event) => Ok(Some(event)),
                // Of a stage or an action: of no concern, and no mistake.
                WireEvent::Ignored(_) => Ok(None),
                WireEvent::PackageVersion(_) => Err(misplaced("an event of CodeArtifact")),
            },
            other => Err(misplaced(other.kind())),
        }
    }

    async fn handle(&self, works: &[&ExecutionEvent]) -> Result<(), Failure> {
        for event in works {
            track::track(self.ports, event).await?;
        }
        Ok(())
    }
}

fn misplaced(what: &str) -> String {
    format!("the runs queue takes events of CodePipeline: this is {what}")
}
