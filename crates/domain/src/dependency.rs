//! What an application depends on, and how well that is known.

use std::sync::Arc;

use downriver_version::PackageId;

use crate::{ApplicationId, Timestamp};

/// What a dependency is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    Runtime,
    Dev,
    Test,
    Build,
    Optional,
    Peer,
}

/// The version that the last successful execution was built with, and how that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Built {
    /// Read from an SBOM or lock of the last successful execution.
    Proven(String),
    /// Derived: what *selects* gives over what was visible when that execution started.
    Assumed(String),
    Unknown,
}

impl Built {
    pub fn version(&self) -> Option<&str> {
        match self {
            Self::Proven(version) | Self::Assumed(version) => Some(version),
            Self::Unknown => None,
        }
    }
}

/// The file and line that a fact was read from. A copy shares the file's name: one lockfile is the evidence of thousands of
/// facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    pub file: Arc<str>,
    pub line: Option<u32>,
}

/// An application's edge to a package: one per instance in its graph (npm and Cargo can hold several).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    pub package: PackageId,
    /// In the native syntax of whoever pulls it in.
    pub requirement: String,
    /// No file told the requirement: it is what this ecosystem's tools would write for the version that was found.
    pub is_requirement_assumed: bool,
    pub built: Built,
    /// When the execution started that `built` was read from or derived for; `None`: as registered.
    pub built_as_of: Option<Timestamp>,
    /// For a mutable version: the package revision that was built.
    pub built_revision: Option<String>,
    /// A committed lockfile holds the built version.
    pub is_locked: bool,
    /// The application itself asks for it.
    pub is_direct: bool,
    /// The packages that pull it in, outermost first; empty for a direct dependency, and where nothing tells the way.
    pub path: Vec<PackageId>,
    pub scope: Scope,
    /// Where the requirement is written; where none is, what told of the dependency.
    pub evidence: Evidence,
    /// Where a lockfile or SBOM holds the version.
    pub lock: Option<Evidence>,
}

/// A dependency as found from its package: whose it is and which instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    pub application: ApplicationId,
    /// Counts the instances of one package within one application, from 0.
    pub instance: u32,
    /// The application publishes packages itself; producers come first in a query for dependents.
    pub is_producer: bool,
    pub dependency: Dependency,
}
