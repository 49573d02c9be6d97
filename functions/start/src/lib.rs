//! Timers, from the due queue to the engine.

use downriver_aws::lambda::batch::{Consumer, Failure};
use downriver_aws::lambda::{Deployed, SqsBatchResponse, SqsEvent};
use downriver_engine::ports::{Clock as _, Ports, Queue as _, Timer};
use downriver_engine::wire::Sources;
use downriver_engine::wire::messages::{self, Message};
use downriver_engine::{EngineError, start};
use lambda_runtime::{Error, LambdaEvent};

/// One batch of the due queue.
pub async fn handle(
    deployed: &Deployed,
    event: LambdaEvent<SqsEvent>,
) -> Result<SqsBatchResponse, Error> {
    let timers = Timers::new(&deployed.ports);
    deployed
        .invoke(&event.context, async |deadline| {
            Ok(deployed.consume(&timers, deadline, event.payload).await)
        })
        .await
}

/// Looks at the slot of each timer.
pub struct Timers<'a, P> {
    ports: &'a P,
}

impl<'a, P> Timers<'a, P> {
    pub const fn new(ports: &'a P) -> Self {
        Self { ports }
    }
}

impl<P: Ports> Consumer for Timers<'_, P> {
    type Work = Timer;

    fn read(&self, body: &str) -> Result<Option<Timer>, String> {
        let message = messages::parse(body.as_bytes(), &Sources::default());
        match message.map_err(|rejection| rejection.to_string())? {
            Message::Timer(timer) => Ok(Some(timer)),
            other => Err(format!(
                "the due queue takes timers: this is {}",
                other.kind()
            )),
        }
    }

    /// A wait of more than 15 minutes does not fit into one message: what comes before its time is sent again.
    async fn handle(&self, works: &[&Timer]) -> Result<(), Failure> {
        for timer in works {
            if self.ports.clock().now() < timer.at {
                let sent = self.ports.queue().send_timer(timer).await;
                sent.map_err(EngineError::from)?;
            } else {
                start::look_at(self.ports, timer).await?;
            }
        }
        Ok(())
    }
}
