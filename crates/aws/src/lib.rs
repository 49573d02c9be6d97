//! The engine's ports on AWS: the only crate that names an AWS SDK.

mod error;
pub mod store;
