//! Building the Lambda functions with cargo-lambda: one binary named `bootstrap` in a folder for each.

#[cfg(test)]
mod tests;

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::cargo::output_of;
use crate::tools::Tools;

/// The folders of `functions`, which are also the names of their binaries.
pub(crate) const FUNCTIONS: [&str; 5] = ["resolve", "start", "track", "index", "sweep"];
/// Where the template expects what is built, below the repository.
pub(crate) const TEMPLATE_FOLDER: &str = "target/lambda";
/// The profile in the workspace's manifest: small, and quick to compile.
const PROFILE: &str = "lambda";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Architecture {
    Arm64,
    X86_64,
}

impl Architecture {
    pub(crate) const ALL: [Self; 2] = [Self::Arm64, Self::X86_64];

    /// The name that Lambda, the template's parameter and cargo-lambda's option have for it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::X86_64 => "x86_64",
        }
    }

    pub(crate) fn target(self) -> &'static str {
        match self {
            Self::Arm64 => "aarch64-unknown-linux-gnu",
            Self::X86_64 => "x86_64-unknown-linux-gnu",
        }
    }

    /// What keeps it from being built here, with what to do about it.
    pub(crate) fn obstacle(self) -> Result<Option<String>> {
        let target = self.target();
        let shown = output_of(Command::new("rustc").args([
            "--print",
            "target-libdir",
            "--target",
            target,
        ]))?;
        let is_installed = Path::new(shown.trim()).is_dir();
        Ok((!is_installed).then(|| {
            format!("Rust's standard library for {target} is not installed; run `rustup target add {target}`")
        }))
    }
}

/// Builds all functions; afterwards `<folder>/<function>/bootstrap` is there for each.
pub(crate) fn build(
    root: &Path,
    tools: &Tools,
    architecture: Architecture,
    folder: &Path,
) -> Result<()> {
    if let Some(obstacle) = architecture.obstacle()? {
        bail!(
            "failed to build the functions for {}: {obstacle}",
            architecture.name()
        );
    }
    let mut command = tools.command("cargo-lambda");
    command
        .current_dir(root)
        .args(build_arguments(architecture))
        .arg("--lambda-dir")
        .arg(folder);
    let status = command.status().context("failed to start cargo-lambda")?;
    if !status.success() {
        bail!("failed to build the functions: cargo-lambda ended with {status}");
    }
    for function in FUNCTIONS {
        let bootstrap = folder.join(function).join("bootstrap");
        if !bootstrap.is_file() {
            bail!(
                "failed to find {}, which cargo-lambda should have made",
                bootstrap.display()
            );
        }
    }
    Ok(())
}

/// cargo-lambda's own optimizations are off: they abort on panic, which would end a batch for one bad message.
fn build_arguments(architecture: Architecture) -> Vec<String> {
    let mut arguments = vec![
        "lambda".to_owned(),
        "build".to_owned(),
        format!("--profile={PROFILE}"),
        "--locked".to_owned(),
        "--disable-optimizations".to_owned(),
        "--skip-target-check".to_owned(),
        format!("--target={}", architecture.target()),
    ];
    for function in FUNCTIONS {
        arguments.push(format!("--package=downriver-{function}"));
    }
    arguments
}
