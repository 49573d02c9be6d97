//! A function as it is deployed: everything built once, before the first event; nothing of it asks the network.

use std::io::Write as _;
use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use aws_sdk_sqs::Client;
use downriver_engine::ports::Clock as _;
use lambda_runtime::Context;

use super::batch::{self, Consumer, Countdown as _, Deadline};
use super::queue::MessageReturns;
use super::settings::{Function, Settings, SettingsError};
use super::telemetry::Telemetry;
use crate::clients::{Clients, ClientsError};
use crate::clock::SystemClock;
use crate::objects::Objects;
use crate::ports::AwsPorts;
use crate::setup::AwsSetup;

/// Why a function cannot work at all.
#[derive(Debug, thiserror::Error)]
pub enum DeployedError {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Clients(#[from] ClientsError),
}

#[derive(Debug)]
pub struct Deployed {
    pub settings: Settings,
    pub telemetry: Telemetry,
    pub ports: AwsPorts,
    clients: Clients,
    sqs: Client,
}

impl Deployed {
    /// Reads the environment, makes clients, and has everything that is logged from now on written as lines.
    pub fn from_environment(function: Function) -> Result<Self, DeployedError> {
        let built = Self::build(function);
        if let Err(error) = &built {
            // Where Lambda shows it, since there is nothing yet that writes lines.
            let _ = writeln!(std::io::stderr(), "{error}");
        }
        built
    }

    fn build(function: Function) -> Result<Self, DeployedError> {
        let settings = Settings::from_environment(function)?;
        let telemetry = Telemetry::new(&settings.resources.deployment, function);
        telemetry.install(settings.log_level);
        let clients = Clients::from_environment(Duration::from_secs(function.time_limit_secs()))?;
        let observed = telemetry.clone();
        let ports = AwsPorts::new(&clients, &settings.resources)
            .observed_by(move |commit| observed.observe(commit));
        Ok(Self {
            settings,
            telemetry,
            ports,
            sqs: clients.sqs(),
            clients,
        })
    }

    /// What the cheap checks of `sweep` read.
    pub fn setup(&self) -> AwsSetup {
        let resources = &self.settings.resources;
        AwsSetup::of_function(
            &self.clients,
            resources.account.clone(),
            resources.starter_role.clone(),
            resources.spokes.clone(),
        )
    }

    /// Where uploads are; only `index` has a bucket.
    pub fn objects(&self) -> Option<Objects> {
        let bucket = self.settings.resources.bucket_name.clone()?;
        Some(Objects::new(self.clients.s3(), bucket))
    }

    /// Does the work of one invocation: its lines carry the request id, what it sends the trace, and its figures are written
    /// at its end.
    pub async fn invoke<T>(&self, context: &Context, work: impl AsyncFnOnce(Deadline) -> T) -> T {
        let deadline = Deadline::at_unix_millis(context.deadline);
        self.telemetry.begin(&context.request_id);
        self.ports
            .begin(context.xray_trace_id.as_deref(), deadline.remaining());
        let result = Box::pin(work(deadline)).await;
        self.telemetry.end(SystemClock.now(), std::io::stdout());
        result
    }

    /// Takes a batch of the function's queue through its consumer.
    pub async fn consume<C: Consumer>(
        &self,
        consumer: &C,
        deadline: Deadline,
        event: SqsEvent,
    ) -> SqsBatchResponse {
        let returns = MessageReturns {
            client: &self.sqs,
            quarantine_queue_url: self.settings.quarantine_queue_url.as_deref(),
        };
        let (response, counts) = batch::run(consumer, &returns, &deadline, event).await;
        self.telemetry.count_quarantined(counts.quarantined);
        response
    }
}
