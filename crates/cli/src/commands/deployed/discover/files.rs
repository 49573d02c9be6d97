//! The catalog and what discovery wrote the last time: read, checked, and written whole or not at all.

use std::fs;
use std::path::{Path, PathBuf};

use downriver_engine::wire::catalog::parse_catalog;
use toml_edit::DocumentMut;

use crate::arguments::{DiscoverOptions, GlobalOptions};
use crate::exit::refuse;
use crate::setup::read_text;

const CATALOG: &str = "downriver.toml";
const DISCOVERED: &str = "downriver.discovered.toml";
const HEADER: &str = "\
# Written by `downriver catalog discover`: what it found the last time. Keep it beside the catalog, under version control:
# by it the next run tells what people changed in the catalog from what changed in the account. Edit the catalog, not this.

";

pub(super) struct Documents {
    path: PathBuf,
    /// None where there is no catalog yet.
    text: Option<String>,
    pub(super) catalog: DocumentMut,
    before_path: PathBuf,
    before_text: Option<String>,
    pub(super) before: DocumentMut,
}

/// Files that differ from what stands there.
pub(super) struct Written(Vec<(PathBuf, String)>);

impl Documents {
    pub(super) fn load(global: &GlobalOptions, options: &DiscoverOptions) -> anyhow::Result<Self> {
        let given = options.file.as_ref().or(global.catalog.as_ref());
        let path = given.cloned().unwrap_or_else(|| PathBuf::from(CATALOG));
        let before_path = path.with_file_name(DISCOVERED);
        let (text, catalog) = load(&path)?;
        let (before_text, before) = load(&before_path)?;
        Ok(Self {
            path,
            text,
            catalog,
            before_path,
            before_text,
            before,
        })
    }

    /// The catalog's name, as people would write it.
    pub(super) fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// What is to be written. Refuses what `catalog check` would not accept.
    pub(super) fn check(&self, is_changed: bool, found: &DocumentMut) -> anyhow::Result<Written> {
        let mut written = Vec::new();
        let catalog = self.catalog.to_string();
        let catalog = match &self.text {
            Some(_) => catalog,
            None => catalog.trim_start().to_owned(),
        };
        let folder = self.path.parent().unwrap_or(Path::new(""));
        let read_file = |name: &str| read_text(&folder.join(name));
        if let Err(problems) = parse_catalog(&self.name(), &catalog, None, &read_file) {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            return Err(refuse(format!(
                "nothing was written, since {} would have problems (lines are those of what would be written):\n{}",
                self.name(),
                lines.join("\n")
            )));
        }
        if is_changed || self.text.is_none() {
            written.push((self.path.clone(), catalog));
        }
        let found = format!("{HEADER}{}", found.to_string().trim_start());
        if self.before_text.as_ref() != Some(&found) {
            written.push((self.before_path.clone(), found));
        }
        Ok(Written(written))
    }
}

impl Written {
    /// Each file is there as it was or as it is to be, whenever this breaks off. The catalog comes first: what it has and the
    /// other file does not, a next run takes for what a person wrote, and leaves alone.
    pub(super) fn write(&self) -> anyhow::Result<()> {
        for (path, text) in &self.0 {
            replace(path, text)
                .map_err(|error| refuse(format!("failed to write {}: {error}", path.display())))?;
        }
        Ok(())
    }
}

fn load(path: &Path) -> anyhow::Result<(Option<String>, DocumentMut)> {
    let is_there = path.try_exists().unwrap_or(true);
    if !is_there {
        return Ok((None, DocumentMut::new()));
    }
    let text = read_text(path)
        .map_err(|reason| refuse(format!("failed to read {}: {reason}", path.display())))?;
    let document = text
        .parse()
        .map_err(|error| refuse(format!("{} is no TOML: {error}", path.display())))?;
    Ok((Some(text), document))
}

fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let done = fs::write(&beside, text).and_then(|()| {
        if let Ok(known) = fs::metadata(path) {
            fs::set_permissions(&beside, known.permissions())?;
        }
        fs::rename(&beside, path)
    });
    if done.is_err() {
        // What went wrong first is what counts.
        drop(fs::remove_file(&beside));
    }
    done
}
