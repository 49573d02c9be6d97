//! The use cases of Downriver over ports, and the formats on the wire and at rest.
//!
//! Each use case reads: parse → load the few records concerned → decide (pure, in the domain) → conditional commit →
//! effects. No decision is made in an adapter, and no adapter is named here.

pub mod history;
pub mod ports;

pub use downriver_domain as domain;
