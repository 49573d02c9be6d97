//! Real files, and what their own tools say is in them.
#![cfg(test)]

mod cargo;
mod maven;
mod npm;
mod npm_locks;
mod nuget;
mod pypi;
mod ruby;
mod sbom;
mod shared;
mod swift;
