//! A deployment as people reach it from their own machine: found by the name of its CloudFormation stack, used through
//! what the stack says of itself.
//!
//! Owns finding it, and the calls that only the command line makes: sending events, moving failed messages, catalogs in
//! the bucket. Every error says what was asked, where, and what to do. Must not decide, and must not print.

mod access;
mod discovery;
mod error;
mod events;
mod failed;
mod health;
mod objects;
mod outputs;
mod sending;
#[cfg(test)]
mod tests;
mod uploading;

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use aws_sdk_cloudformation::error::ProvideErrorMetadata as _;
use aws_sdk_cloudformation::types::Stack;

pub use access::Access;
pub use discovery::Account;
pub use error::DeploymentError;
pub use events::{BUS_BYTES_MAX, BUS_EVENTS_MAX, BusEvent};
pub use failed::{FailedMessage, FailedQueue, Moved};
pub use objects::StoredObject;
pub use outputs::{DeployedQueue, Outputs};
pub use sending::{BATCH_BYTES_MAX, BATCH_MESSAGES_MAX, Refusal};
pub use uploading::{upload, upload_key};

use crate::bus::EventBus;
use crate::clients::Clients;
use crate::queue::SqsQueue;
use crate::store::DynamoStore;
use crate::trace::TraceHeader;
use error::classify;

/// The parameter of the stack that names the sources, beside AWS's own, whose events its rules match.
const EXTRA_SOURCES_PARAMETER: &str = "ExtraEventSources";
const SHADOW_PARAMETER: &str = "ShadowMode";
const RETENTION_PARAMETER: &str = "HistoryRetentionDays";
/// The template's default.
const RETENTION_DAYS_DEFAULT: u32 = 400;

/// A stack of Downriver's, and what it takes to use it.
#[derive(Debug)]
pub struct Deployment {
    name: String,
    region: String,
    outputs: Outputs,
    parameters: BTreeMap<String, String>,
    clients: Clients,
    sqs: aws_sdk_sqs::Client,
    s3: aws_sdk_s3::Client,
    events: aws_sdk_eventbridge::Client,
}

impl Deployment {
    /// Finds the stack of this name. Needs `cloudformation:DescribeStacks`.
    pub async fn find(name: &str, access: &Access) -> Result<Self, DeploymentError> {
        let config = access::load(access).await?;
        let region = access::region_of(&config)?;
        let stack = describe(name, &region, &config).await?;
        let outputs = Outputs::parse(outputs_of(&stack)).map_err(|missing| {
            DeploymentError::NotADeployment {
                name: name.to_owned(),
                region: region.clone(),
                status: stack
                    .stack_status()
                    .map_or_else(String::new, |status| status.as_str().to_owned()),
                missing,
            }
        })?;
        let clients = Clients::from_config(config);
        Ok(Self {
            name: name.to_owned(),
            region,
            outputs,
            parameters: parameters_of(&stack),
            sqs: clients.sqs(),
            s3: clients.s3(),
            events: clients.eventbridge(),
            clients,
        })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn region(&self) -> &str {
        &self.region
    }

    pub const fn outputs(&self) -> &Outputs {
        &self.outputs
    }

    /// The sources, beside AWS's own, whose events the deployment's rules match; none if the stack does not say.
    pub fn extra_event_sources(&self) -> Option<Vec<&str>> {
        let value = self.parameters.get(EXTRA_SOURCES_PARAMETER)?;
        let names = value.split(',').map(str::trim);
        Some(names.filter(|name| !name.is_empty()).collect())
    }

    /// Everything is decided and recorded, and nothing starts.
    pub fn is_shadow(&self) -> bool {
        let value = self.parameters.get(SHADOW_PARAMETER);
        value.is_some_and(|value| value == "true")
    }

    pub fn store(&self) -> DynamoStore {
        let table = self.outputs.table.clone();
        let days = self.parameters.get(RETENTION_PARAMETER);
        let days = days.and_then(|days| days.parse().ok());
        DynamoStore::new(
            self.clients.dynamodb(),
            table,
            days.unwrap_or(RETENTION_DAYS_DEFAULT),
        )
    }

    /// Where timers go, by which what a command makes due is looked at soon, and what is to be read.
    pub fn queue(&self) -> SqsQueue {
        let due = self.outputs.queue_url(DeployedQueue::Due).to_owned();
        let index = self.outputs.queue_url(DeployedQueue::Index).to_owned();
        let trace = TraceHeader::default();
        SqsQueue::new(self.sqs.clone(), due, None, Some(index), trace)
    }

    /// Where people are told what a command did.
    pub fn bus(&self) -> EventBus {
        let (bus, name) = (self.outputs.bus.clone(), self.name.clone());
        EventBus::new(self.events.clone(), bus, name, TraceHeader::default())
    }
}

fn outputs_of(stack: &Stack) -> BTreeMap<String, String> {
    let values = stack.outputs().iter().filter_map(|output| {
        let key = output.output_key()?;
        Some((key.to_owned(), output.output_value()?.to_owned()))
    });
    values.collect()
}

/// What the stack was deployed with. One that CDK made has no parameters: outputs of the same names tell what they would.
fn parameters_of(stack: &Stack) -> BTreeMap<String, String> {
    let mut parameters = outputs_of(stack);
    parameters.extend(stack.parameters().iter().filter_map(|parameter| {
        let key = parameter.parameter_key()?;
        Some((key.to_owned(), parameter.parameter_value()?.to_owned()))
    }));
    parameters
}

async fn describe(name: &str, region: &str, config: &SdkConfig) -> Result<Stack, DeploymentError> {
    let described = aws_sdk_cloudformation::Client::new(config)
        .describe_stacks()
        .stack_name(name)
        .send()
        .await;
    match described {
        Ok(described) => {
            if let Some(stack) = described.stacks.unwrap_or_default().into_iter().next() {
                return Ok(stack);
            }
        }
        Err(error) => {
            let is_none = error.code() == Some("ValidationError")
                && error
                    .message()
                    .is_some_and(|text| text.contains("does not exist"));
            if !is_none {
                return Err(classify("cloudformation:DescribeStacks", error));
            }
        }
    }
    Err(DeploymentError::NoStack {
        name: name.to_owned(),
        region: region.to_owned(),
        account: access::account_of(config).await,
    })
}
