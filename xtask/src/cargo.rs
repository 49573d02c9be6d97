//! Where the repository is, and how `cargo` is called in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

/// The repository's root: the folder above this package's.
pub(crate) fn repository_root() -> Result<PathBuf> {
    // The variable of the running command comes first, so that a binary kept from another checkout does not check that one.
    let package = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    let root = package
        .parent()
        .context("failed to find the repository above the xtask package")?;
    Ok(root.to_path_buf())
}

/// The same `cargo` that started this program, in the repository's root.
pub(crate) fn cargo(root: &Path) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.current_dir(root);
    command
}

/// What a command wrote to its standard output; its standard error goes to the terminal.
pub(crate) fn output_of(command: &mut Command) -> Result<String> {
    let shown = format!("{command:?}");
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("failed to start {shown}"))?;
    ensure!(
        output.status.success(),
        "failed to run {shown}: {}",
        output.status
    );
    String::from_utf8(output.stdout)
        .with_context(|| format!("failed to read the output of {shown}"))
}
