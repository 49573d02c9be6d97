//! Formats on the wire and at rest, each converted by hand to domain types.

pub mod stored;
