//! What tests share: builders for records, and one conformance suite for every store. A dev-dependency only.
//!
//! Everything here panics where a test is to fail.
#![expect(
    clippy::missing_panics_doc,
    reason = "a panic is how a test fails; saying so at each function says nothing"
)]

pub mod builders;
pub mod conformance;
mod executor;
pub mod linearizable;
pub mod memory_store;
pub mod runner;
#[cfg(feature = "functions")]
pub mod runtime_api;
#[cfg(feature = "services")]
pub mod simulated_aws;
pub mod simulation;

pub use executor::run_at_once;
