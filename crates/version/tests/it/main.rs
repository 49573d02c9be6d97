#![cfg(test)]
//! The crate against facts that the ecosystems' own tools state, where such a corpus lies beside the workspace.

mod corpus;
mod known_differences;
mod package_urls;
mod properties;
