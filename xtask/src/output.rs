//! Where this program puts what it makes: below `target`, which no check reads and git ignores.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Marks a folder that can be made again, for tools that back up and for `cargo xtask tidy`.
const CACHE_TAG: &str = "CACHEDIR.TAG";
const CACHE_TAG_TEXT: &str = "Signature: 8a477f597d28d172789f06886806bc55\n";

/// The folder `target/<name>`, made if it is not there.
///
/// It is below the repository, whatever target folder cargo uses: the template names `target/lambda`.
pub(crate) fn output_folder(root: &Path, name: &str) -> Result<PathBuf> {
    let target = root.join("target");
    make_folder(&target)?;
    let tag = target.join(CACHE_TAG);
    if !tag.exists() {
        fs::write(&tag, CACHE_TAG_TEXT)
            .with_context(|| format!("failed to write {}", tag.display()))?;
    }
    let folder = target.join(name);
    make_folder(&folder)?;
    Ok(folder)
}

pub(crate) fn make_folder(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("failed to create {}", folder.display()))
}

/// Removes a folder with all that is in it; one that is not there is fine.
pub(crate) fn remove_folder(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("failed to remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}
