//! A source on this machine: which files an application's folder needs, and their contents.
//!
//! Links are not followed, and nothing outside the root is read. Must not interpret what it reads.

#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Component, Path, PathBuf};

use downriver_manifest::limits::{FILE_BYTES_MAX, FILES_BYTES_MAX, FOLDERS_MAX};
use downriver_manifest::{
    Files, InvalidPath, Problem, Reading, is_skipped_folder, read_application, recognise, wanted,
};

use crate::exit::refuse;

/// Entries of folders that are looked at for one application.
const ENTRIES_MAX: usize = 500_000;

/// An application's folder inside a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// Where the source begins: a workspace's manifests and locks are looked for up to here.
    pub(crate) root: PathBuf,
    /// The application's folder from there, `/` between names; empty for the root itself.
    pub(crate) folder: String,
}

impl Place {
    /// The folder as given, in the source that begins at `root`; if that is not given, where the repository does (the
    /// folder that holds `.git`), else at the folder itself.
    pub(crate) fn find(folder: &Path, root: Option<&Path>) -> anyhow::Result<Self> {
        let folder = absolute(folder)?;
        if !folder.is_dir() {
            return Err(refuse(format!("{} is no folder", folder.display())));
        }
        let root = match root {
            Some(root) => absolute(root)?,
            None => folder
                .ancestors()
                .find(|above| above.join(".git").exists())
                .unwrap_or(&folder)
                .to_owned(),
        };
        let below = folder.strip_prefix(&root).map_err(|_| {
            refuse(format!(
                "{} does not lie in the source's root {}",
                folder.display(),
                root.display()
            ))
        })?;
        let folder = slashed(below);
        Ok(Self { root, folder })
    }
}

/// An application's files, and what they tell.
pub(crate) struct ReadPlace {
    contents: Vec<(String, Vec<u8>)>,
    pub(crate) reading: Reading,
}

impl ReadPlace {
    pub(crate) fn files(&self) -> Files<'_> {
        let mut files = Files::default();
        for (path, bytes) in &self.contents {
            files
                .insert(path, bytes)
                .expect("only paths that can stand in a source are read");
        }
        files
    }
}

/// Reads the application at this place: every file that it may need, as far as the limits go.
pub(crate) fn read_place(place: &Place) -> anyhow::Result<ReadPlace> {
    let mut paths = Vec::new();
    list(place, &mut paths)?;
    let (paths, odd): (Vec<String>, Vec<String>) = paths
        .into_iter()
        .partition(|path| Files::default().insert(path, b"").is_ok());
    let chosen = wanted(paths.iter().map(String::as_str), &place.folder);
    let mut problems: Vec<Problem> = odd
        .into_iter()
        .filter(|path| recognise(path).is_some())
        .map(|path| Problem {
            text: InvalidPath(path.clone()).to_string(),
            file: path,
            line: None,
            is_gap: false,
        })
        .collect();
    let mut contents = Vec::new();
    let mut room = FILES_BYTES_MAX as u64;
    for path in chosen {
        match read(&place.root.join(path), &mut room) {
            Ok(bytes) => contents.push((path.to_owned(), bytes)),
            Err(text) => problems.push(Problem {
                file: path.to_owned(),
                line: None,
                text,
                is_gap: false,
            }),
        }
    }
    let mut read = ReadPlace {
        contents,
        reading: Reading::default(),
    };
    read.reading = read_application(&place.folder, &read.files());
    read.reading.problems.extend(problems);
    Ok(read)
}

fn read(path: &Path, room: &mut u64) -> Result<Vec<u8>, String> {
    let size = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > FILE_BYTES_MAX as u64 {
        return Err(format!(
            "has {size} bytes: at most {FILE_BYTES_MAX} are read"
        ));
    }
    if size > *room {
        return Err(format!(
            "is left out: the files of one application have more than {FILES_BYTES_MAX} bytes"
        ));
    }
    *room -= size;
    fs::read(path).map_err(|error| error.to_string())
}

/// Every file of the source, folders of other people and of builds left out.
fn list(place: &Place, paths: &mut Vec<String>) -> anyhow::Result<()> {
    let mut open = vec![PathBuf::new()];
    let mut entries = 0;
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(place.root.join(&folder))
            .map_err(|error| refuse(format!("failed to read {}: {error}", folder.display())))?
        {
            let entry = entry?;
            entries += 1;
            if entries > ENTRIES_MAX {
                return Err(refuse(format!(
                    "{} holds more than {ENTRIES_MAX} files: name a smaller source with --root DIR",
                    place.root.display()
                )));
            }
            let kind = entry.file_type()?;
            let path = folder.join(entry.file_name());
            let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
                continue;
            };
            if kind.is_file() {
                paths.push(slashed(&path));
            } else if kind.is_dir() && is_entered(place, &path, &name) {
                open.push(path);
            }
        }
    }
    Ok(())
}

/// The way to the application's own folder is entered whatever it is called.
fn is_entered(place: &Place, path: &Path, name: &str) -> bool {
    let is_on_the_way = Path::new(&place.folder).starts_with(path);
    let is_deep = path.components().count() >= FOLDERS_MAX;
    (is_on_the_way || !is_skipped_folder(name)) && !is_deep
}

fn absolute(path: &Path) -> anyhow::Result<PathBuf> {
    fs::canonicalize(path)
        .map_err(|error| refuse(format!("failed to read {}: {error}", path.display())))
}

fn slashed(path: &Path) -> String {
    let names = path.components().filter_map(|part| match part {
        Component::Normal(name) => name.to_str(),
        _ => None,
    });
    names.collect::<Vec<_>>().join("/")
}
