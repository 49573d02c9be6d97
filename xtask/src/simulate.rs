//! `cargo xtask simulate`: the simulator, optimised.

use anyhow::{Context, Result};

use crate::cargo::{cargo, repository_root};

/// Passes the options on; true when no invariant was violated.
pub(crate) fn run(options: &[String]) -> Result<bool> {
    let root = repository_root()?;
    let built = [
        "run",
        "--release",
        "--locked",
        "-p",
        "downriver-testkit",
        "--features",
        "simulator",
        "--bin",
        "simulate",
        "--",
    ];
    let status = cargo(&root)
        .args(built)
        .args(options)
        .status()
        .context("failed to start cargo")?;
    Ok(status.success())
}
