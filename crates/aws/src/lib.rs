//! The engine's ports on AWS: the only crate that names an AWS SDK.

pub mod artifacts;
pub mod bus;
pub mod clients;
pub mod clock;
#[cfg(feature = "deployment")]
pub mod deployment;
pub mod digest;
mod error;
#[cfg(feature = "lambda")]
pub mod lambda;
pub mod objects;
pub mod pipelines;
pub mod ports;
pub mod queue;
pub mod registry;
pub mod setup;
pub mod store;
#[cfg(test)]
mod testing;
pub mod trace;
