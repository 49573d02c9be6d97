//! Formats on the wire and at rest, each converted by hand to domain types.

pub mod bundle;
pub mod catalog;
pub mod codeartifact;
pub mod codepipeline;
mod envelope;
pub mod event;
pub mod inputs;
mod json;
pub mod messages;
mod rejection;
pub mod reports;
pub mod stored;
pub mod summary;

pub use envelope::Sources;
pub use json::{EVENT_BYTES_MAX, NESTING_MAX};
pub use rejection::{Rejection, Shown};
