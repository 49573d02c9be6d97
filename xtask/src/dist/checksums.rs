//! `SHA256SUMS`, as `sha256sum --check` reads it.

#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use sha2::{Digest as _, Sha256};

pub(crate) const FILE: &str = "SHA256SUMS";

/// A line for each file below the folder, in the order of their paths.
pub(crate) fn of_folder(folder: &Path) -> Result<String> {
    let mut paths = Vec::new();
    collect(folder, "", &mut paths)?;
    paths.sort();
    let mut text = String::new();
    for path in paths.iter().filter(|path| *path != FILE) {
        let bytes =
            fs::read(folder.join(path)).with_context(|| format!("failed to read {path}"))?;
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}  {path}", hex_digest(&bytes));
    }
    Ok(text)
}

pub(crate) fn hex_digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

fn collect(folder: &Path, prefix: &str, paths: &mut Vec<String>) -> Result<()> {
    let failed = || format!("failed to list {}", folder.display());
    for entry in fs::read_dir(folder).with_context(failed)? {
        let entry = entry.with_context(failed)?;
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{path}/"), paths)?;
        } else {
            paths.push(path);
        }
    }
    Ok(())
}
