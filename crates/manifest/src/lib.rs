//! Lockfiles, manifests and SBOMs to dependencies. Bytes in, values out: no IO, no clock, no environment, no logging.
//!
//! [`recognise`] says from a path what a file is, [`wanted`] which files of a source an application's folder needs, and
//! [`read_application`] reads those and joins them: the requirement from the manifest, the version from the lockfile. One
//! module for each ecosystem; each turns its lockfiles into the same graph (`graph`), from which the way to each
//! package and its scopes follow. Whatever cannot be read is a [`Problem`] with file and line, and keeps nothing else from
//! being read. Every size, depth and count has a limit ([`limits`]).

mod begin;
mod cargo;
mod digest;
mod files;
mod graph;
mod kind;
pub mod limits;
mod lines;
mod maven;
mod npm;
mod nuget;
mod pypi;
mod reading;
mod refresh;
mod ruby;
mod sbom;
mod scopes;
mod settings;
mod swift;
mod text;
mod texts;

pub use files::{Files, InvalidPath, folder_of, join_path};
pub use kind::{FileKind, is_skipped_folder, recognise, wanted};
pub use reading::{
    FileSummary, FoundDependency, LeftOut, Problem, Product, Reading, Source, assumed_requirement,
    read_application, read_sbom,
};
pub use refresh::{LeftChange, RefreshPlan, RefreshStep, SettledChange, plan_refresh};
pub use sbom::write_cyclonedx;
pub use scopes::Scopes;
pub use settings::{RegistryUse, count_other_registries, registries};
pub use texts::Texts;
