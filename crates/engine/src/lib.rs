//! The use cases of Downriver over ports, and the formats on the wire and at rest.
//!
//! Each use case reads: parse → load the few records concerned → decide (pure, in the domain) → conditional commit →
//! effects. No decision is made in an adapter, and no adapter is named here.

pub mod access;
mod built;
mod carry_out;
mod cascade;
pub mod doctor;
mod error;
mod executions;
pub mod history;
pub mod index;
mod judging;
pub mod operate;
pub mod ports;
pub mod query;
pub mod register;
pub mod repositories;
pub mod resolve;
mod restored;
pub(crate) mod rollouts;
mod session;
pub mod start;
pub mod summary;
pub mod sweep;
pub mod telemetry;
pub mod track;
pub mod wire;

pub use error::EngineError;

pub use downriver_domain as domain;
