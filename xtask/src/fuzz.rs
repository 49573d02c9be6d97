//! `cargo xtask fuzz`: the fuzzer of the parsers, optimised but with every check of the debug build.

use anyhow::{Context, Result};

use crate::cargo::{cargo, repository_root};

/// Passes the options on; true when no parser failed.
pub(crate) fn run(options: &[String]) -> Result<bool> {
    let root = repository_root()?;
    let built = [
        "run",
        "--profile",
        "fuzz",
        "--locked",
        "-p",
        "downriver-tests",
        "--bin",
        "fuzz",
        "--",
    ];
    let status = cargo(&root)
        .args(built)
        .args(options)
        .status()
        .context("failed to start cargo")?;
    Ok(status.success())
}
