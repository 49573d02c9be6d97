//! What a Lambda function needs around the ports: settings, the batch loop with its quarantine, logs and metrics.
//!
//! Must not decide anything about applications: that is the engine's.

pub mod batch;
mod deployed;
pub mod metrics;
pub mod queue;
pub mod settings;
pub mod telemetry;

pub use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
/// An event of which nothing matters but that it came.
pub use serde::de::IgnoredAny as AnyEvent;

pub use deployed::{Deployed, DeployedError};
pub use settings::{Function, Settings, SettingsError};
