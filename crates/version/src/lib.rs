//! Versions, requirements and selection as each ecosystem's own tool has them, and the names of packages.
//!
//! Two questions are kept apart: *admits* (does the requirement contain the version) and *selects* (what a plain
//! build would choose among the visible versions). One module per format answers both; this module only dispatches.
//! Pure: no IO, no clock, no environment.

mod cargo;
mod ecosystem;
mod format;
mod generic;
mod maven;
mod next_release;
mod npm;
mod nuget;
mod package;
pub mod purl;
mod pypi;
mod ruby;
mod swift;

pub use ecosystem::{InvalidRequirement, InvalidVersion, Requirement, RequirementKind, Version};
pub use format::{Format, UnknownFormat};
pub use next_release::{highest_of, next_release_after};
pub use package::{InvalidName, PackageId, PackageVersionId};
pub use purl::{InvalidPurl, Purl, parse_purl};
pub use pypi::{DependencySpecifier, InvalidDependencySpecifier, Marker, MarkerEnvironment};
