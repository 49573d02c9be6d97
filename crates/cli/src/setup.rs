//! Finds and reads the catalog.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use downriver_domain::{Built, Timestamp};
use downriver_engine::index::reading::dependencies_of;
use downriver_engine::register::Catalog;
use downriver_engine::wire::catalog::{FILE_BYTES_MAX, parse_catalog};
use downriver_local::sqlite::SqliteStore;
use downriver_manifest::FoundDependency;

use crate::arguments::GlobalOptions;
use crate::exit::refuse;
use crate::source::{Place, read_place};

const CATALOG_NAME: &str = "downriver.toml";

/// A catalog, and all that it was read from.
#[derive(Debug, Clone)]
pub(crate) struct LoadedCatalog {
    pub(crate) catalog: Catalog,
    /// Names as the catalog writes them, and texts; the catalog itself first.
    pub(crate) files: Vec<(String, String)>,
    /// What its folders told, where they were read: a part of what it says.
    read: String,
    /// What could not be read in its folders.
    pub(crate) remarks: Vec<String>,
}

impl LoadedCatalog {
    /// Every byte that it was read from.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let texts = self.files.iter().map(|(_, text)| text.as_bytes());
        texts
            .chain([self.read.as_bytes()])
            .collect::<Vec<_>>()
            .concat()
    }
}

/// The catalog file: as given, or the nearest one above the current folder.
pub(crate) fn find_catalog(options: &GlobalOptions) -> anyhow::Result<PathBuf> {
    if let Some(path) = &options.catalog {
        return Ok(path.clone());
    }
    let here = std::env::current_dir()?;
    let found = here
        .ancestors()
        .enumerate()
        .find(|(_, folder)| folder.join(CATALOG_NAME).is_file());
    match found {
        // As short as people would write it, since every message about the catalog names it.
        Some((0, _)) => Ok(PathBuf::from(CATALOG_NAME)),
        Some((_, folder)) => Ok(folder.join(CATALOG_NAME)),
        None => Err(refuse(format!(
            "no catalog: there is no `{CATALOG_NAME}` in {} or a folder above it; name one with --catalog FILE",
            here.display()
        ))),
    }
}

/// Reads a catalog with the files that it names; fails with all its problems, one a line.
pub(crate) fn load_catalog(path: &Path) -> anyhow::Result<LoadedCatalog> {
    load_catalog_at(path, None)
}

/// Where `now` is given, what is over by then is a problem too.
fn load_catalog_at(path: &Path, now: Option<Timestamp>) -> anyhow::Result<LoadedCatalog> {
    let text = read_text(path).map_err(|reason| {
        refuse(format!(
            "failed to read the catalog {}: {reason}",
            path.display()
        ))
    })?;
    let name = path
        .file_name()
        .map_or_else(|| CATALOG_NAME.into(), |name| name.to_string_lossy());
    let files = RefCell::new(vec![(name.into_owned(), text.clone())]);
    let folder = path.parent().unwrap_or(Path::new(""));
    let read_file = |name: &str| {
        let text = read_text(&folder.join(name))?;
        files.borrow_mut().push((name.to_owned(), text.clone()));
        Ok(text)
    };
    let parsed = parse_catalog(&path.display().to_string(), &text, now, &read_file);
    let catalog = parsed.map_err(|problems| {
        let count = problems.len();
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        let what = if count == 1 { "a problem" } else { "problems" };
        refuse(format!(
            "{} has {what}:\n{}",
            path.display(),
            lines.join("\n")
        ))
    })?;
    Ok(LoadedCatalog {
        catalog,
        files: files.into_inner(),
        read: String::new(),
        remarks: Vec::new(),
    })
}

/// The folder that a catalog stands in.
pub(crate) fn folder_of(catalog: &Path) -> &Path {
    match catalog.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// Reads a catalog as [`load_catalog`] does, and the folders that it names: what their files tell are the dependencies of
/// those applications. Problems of single files are remarks, and keep nothing else from being read. Where `now` is given, what is
/// over by then is a problem too.
pub(crate) fn load_catalog_with_folders(
    path: &Path,
    now: Option<Timestamp>,
) -> anyhow::Result<LoadedCatalog> {
    let mut loaded = load_catalog_at(path, now)?;
    let root = folder_of(path);
    for (id, folder) in std::mem::take(&mut loaded.catalog.folders) {
        let place = Place::find(&root.join(&folder), Some(root)).map_err(|error| {
            refuse(format!(
                "{}: applications.{id}.folder: {error}",
                path.display()
            ))
        })?;
        let reading = read_place(&place)?.reading;
        if reading.files.is_empty() && reading.problems.is_empty() {
            return Err(refuse(format!(
                "{}: applications.{id}.folder: {} holds no manifest, lockfile or SBOM that downriver knows",
                path.display(),
                place.root.join(&place.folder).display()
            )));
        }
        for problem in &reading.problems {
            loaded.remarks.push(format!("{id}: {problem}"));
        }
        let dependencies = dependencies_of(&reading, as_locked);
        let _ = write!(loaded.read, "\n{id} {dependencies:?}");
        loaded.catalog.undeclared.remove(&id);
        let entries = &mut loaded.catalog.applications;
        if let Some(entry) = entries.iter_mut().find(|entry| entry.application.id == id) {
            entry.dependencies = dependencies;
        }
        loaded.catalog.folders.insert(id, folder);
    }
    Ok(loaded)
}

/// A folder says what the next build would use: that the last one used it too is an assumption.
pub(crate) fn as_locked(found: &FoundDependency) -> Built {
    let locked = found.locked.as_deref().map(str::to_owned);
    locked.map_or(Built::Unknown, Built::Assumed)
}

/// A text file of bounded size, or why it cannot be read.
pub(crate) fn read_text(path: &Path) -> Result<String, String> {
    let size = std::fs::metadata(path)
        .map_err(|error| error.to_string())?
        .len();
    if size > FILE_BYTES_MAX as u64 {
        return Err(format!("it has {size} bytes: at most {FILE_BYTES_MAX}"));
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}

/// Opens or creates a store file.
pub(crate) fn open_store(path: &Path) -> anyhow::Result<SqliteStore> {
    SqliteStore::open(path).map_err(|error| {
        let reason = anyhow::Error::new(error);
        refuse(format!("{reason:#}"))
    })
}
