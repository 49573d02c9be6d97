//! The files of the repository as values.

#[cfg(test)]
mod tests;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Folders whose content is built, downloaded or local.
const SKIPPED_FOLDERS: &[&str] = &[
    ".git",
    ".downriver",
    ".venv",
    ".aws-sam",
    "__pycache__",
    "cdk.out",
    "node_modules",
];
/// Folders that hold other projects' files as test material: what stands there is not ours to shape.
const MATERIAL_FOLDERS: &[&str] = &["fixtures", "samples", "snapshots", "testdata", "vectors"];
const SOURCE_ENDINGS: &[&str] = &["rs", "ts", "tsx", "js", "mjs", "cjs", "py", "sh"];
/// Marks a folder of build output, such as cargo's target folder, whatever its name.
const CACHE_TAG: &str = "CACHEDIR.TAG";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct File {
    /// Relative to the repository, with forward slashes.
    pub(crate) path: String,
    /// Empty for files that are not text.
    pub(crate) text: String,
}

impl File {
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    pub(crate) fn ending(&self) -> &str {
        self.name()
            .rsplit_once('.')
            .map_or("", |(_, ending)| ending)
    }

    pub(crate) fn is_rust(&self) -> bool {
        self.ending() == "rs"
    }

    /// Whether a person wrote it as code of this repository.
    pub(crate) fn is_source(&self) -> bool {
        SOURCE_ENDINGS.contains(&self.ending()) && !self.is_material()
    }

    /// Whether it is test material taken from elsewhere. Rust code never is.
    pub(crate) fn is_material(&self) -> bool {
        !self.is_rust()
            && self
                .path
                .split('/')
                .any(|folder| MATERIAL_FOLDERS.contains(&folder))
    }

    pub(crate) fn is_manifest(&self) -> bool {
        self.name() == "Cargo.toml" && !self.is_material()
    }

    /// The number, from 1, of the first line that satisfies the predicate; else 1.
    pub(crate) fn line_where(&self, predicate: impl Fn(&str) -> bool) -> usize {
        self.text
            .lines()
            .position(predicate)
            .map_or(1, |index| index + 1)
    }
}

/// The file with this path.
pub(crate) fn find<'a>(files: &'a [File], path: &str) -> Option<&'a File> {
    files.iter().find(|file| file.path == path)
}

/// Every file below the root, in the order of the paths; links are not followed.
pub(crate) fn load(root: &Path) -> Result<Vec<File>> {
    let mut files = Vec::new();
    load_folder(root, "", &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn load_folder(folder: &Path, prefix: &str, files: &mut Vec<File>) -> Result<()> {
    for entry in
        fs::read_dir(folder).with_context(|| format!("failed to list {}", folder.display()))?
    {
        let entry = entry.with_context(|| format!("failed to list {}", folder.display()))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry
            .file_type()
            .with_context(|| format!("failed to examine {}", entry.path().display()))?;
        let path = format!("{prefix}{name}");
        if kind.is_dir() && !is_skipped(&entry.path(), &name) {
            load_folder(&entry.path(), &format!("{path}/"), files)?;
        } else if kind.is_file() {
            let bytes = fs::read(entry.path()).with_context(|| format!("failed to read {path}"))?;
            files.push(File {
                path,
                text: String::from_utf8(bytes).unwrap_or_default(),
            });
        }
    }
    Ok(())
}

fn is_skipped(folder: &Path, name: &str) -> bool {
    SKIPPED_FOLDERS.contains(&name) || folder.join(CACHE_TAG).exists()
}

/// A file made up for a test.
#[cfg(test)]
pub(crate) fn file(path: &str, text: &str) -> File {
    File {
        path: path.to_owned(),
        text: text.to_owned(),
    }
}
