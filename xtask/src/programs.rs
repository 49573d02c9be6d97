//! The programs of this repository that the local stack runs, built by cargo.

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::cargo::cargo;

const COMMAND: &str = "downriver";
const SIMULATED: &str = "simulated-services";
/// Only what the local stack needs.
const BUILD_ARGUMENTS: &str = "build --locked --package=downriver --package=downriver-tests --features=downriver/aws \
                               --bin=downriver --bin=simulated-services";
/// All tests, and the programs that they start.
pub(crate) const TEST_ARGUMENTS: &str = "test --workspace --all-features --locked --no-run";
const MESSAGES: &str = "--message-format=json-render-diagnostics";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Programs {
    /// The command, able to talk to a deployment.
    pub(crate) downriver: PathBuf,
    /// CodePipeline, STS and CodeArtifact, simulated.
    pub(crate) simulated: PathBuf,
}

/// Builds them for a person's use.
pub(crate) fn build(root: &Path) -> Result<Programs> {
    compile(root, BUILD_ARGUMENTS)
}

/// Builds them together with all tests, with the same features, so that nothing is compiled twice.
pub(crate) fn build_with_tests(root: &Path) -> Result<Programs> {
    compile(root, TEST_ARGUMENTS)
}

/// They are where cargo says, whatever target folder it uses.
fn compile(root: &Path, arguments: &str) -> Result<Programs> {
    let output = cargo(root)
        .args(arguments.split_whitespace())
        .arg(MESSAGES)
        .stderr(Stdio::inherit())
        .output()
        .context("failed to start cargo")?;
    if !output.status.success() {
        bail!("failed to compile: cargo ended with {}", output.status);
    }
    parse_programs(&String::from_utf8_lossy(&output.stdout))
}

fn parse_programs(messages: &str) -> Result<Programs> {
    let find = |name: &str| {
        messages
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(|message| {
                message["target"]["name"] == name && message["profile"]["test"] == false
            })
            .find_map(|message| message["executable"].as_str().map(PathBuf::from))
            .with_context(|| format!("failed to find the program `{name}` in what cargo built"))
    };
    Ok(Programs {
        downriver: find(COMMAND)?,
        simulated: find(SIMULATED)?,
    })
}
