#![cfg(test)]
//! The crate against facts that the ecosystems' own tools state, where such a corpus lies beside the workspace.

mod corpus;
mod hostile;
mod known_differences;
mod package_urls;
mod properties;
mod round_trips;
