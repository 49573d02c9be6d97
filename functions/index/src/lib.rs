//! Catalogs, dependencies and what was built, from the index queue to the engine.

mod upload;

use downriver_aws::lambda::batch::{Consumer, Failure};
use downriver_aws::lambda::telemetry::{Telemetry, log_repositories};
use downriver_aws::lambda::{Deployed, SqsBatchResponse, SqsEvent};
use downriver_aws::objects::Objects;
use downriver_engine::ports::Ports;
use downriver_engine::wire::Sources;
use downriver_engine::wire::messages::{self, Message};
use downriver_engine::{index, register, repositories};
use lambda_runtime::{Error, LambdaEvent};

/// One batch of the index queue.
pub async fn handle(
    deployed: &Deployed,
    event: LambdaEvent<SqsEvent>,
) -> Result<SqsBatchResponse, Error> {
    let objects = deployed.objects();
    let reports = Reports::new(&deployed.ports, objects.as_ref(), &deployed.telemetry);
    deployed
        .invoke(&event.context, async |deadline| {
            Ok(deployed.consume(&reports, deadline, event.payload).await)
        })
        .await
}

/// Takes what is told about applications into the store.
pub struct Reports<'a, P> {
    ports: &'a P,
    /// Where catalogs are uploaded.
    objects: Option<&'a Objects>,
    telemetry: &'a Telemetry,
}

impl<'a, P> Reports<'a, P> {
    pub const fn new(ports: &'a P, objects: Option<&'a Objects>, telemetry: &'a Telemetry) -> Self {
        Self {
            ports,
            objects,
            telemetry,
        }
    }
}

impl<P: Ports> Consumer for Reports<'_, P> {
    type Work = Message;

    fn read(&self, body: &str) -> Result<Option<Message>, String> {
        let message = messages::parse(body.as_bytes(), &Sources::default());
        match message.map_err(|rejection| rejection.to_string())? {
            Message::Event(_) => Err("the index queue takes no events".to_owned()),
            message @ (Message::Timer(_) | Message::Page(_)) => Err(format!(
                "the index queue takes catalogs, dependencies and what was built: this is {}",
                message.kind()
            )),
            message => Ok(Some(message)),
        }
    }

    async fn handle(&self, works: &[&Message]) -> Result<(), Failure> {
        for work in works {
            match work {
                Message::Catalog(request) => {
                    upload::apply(self.ports, self.objects, request).await?;
                }
                Message::Dependencies(report) => {
                    let dependencies = report.dependencies.clone();
                    register::refresh_dependencies(self.ports, &report.application, dependencies)
                        .await?;
                }
                Message::Built(report) => index::record_built(self.ports, report).await?,
                Message::Read(request) => {
                    let report = index::read_execution(self.ports, request).await?;
                    self.telemetry.count_read(&report);
                }
                Message::Repositories => {
                    let report = repositories::refresh(self.ports).await?;
                    log_repositories(&report);
                }
                Message::Event(_) | Message::Timer(_) | Message::Page(_) => {}
            }
        }
        Ok(())
    }
}
