//! The files of a source: paths relative to its root, and contents.

use std::collections::BTreeMap;

use crate::limits::FOLDERS_MAX;

/// Files of a source by path: relative to the root of the source, `/` between folders, nothing above the root.
#[derive(Debug, Clone, Default)]
pub struct Files<'a> {
    by_path: BTreeMap<String, &'a [u8]>,
}

/// A path that no file of a source can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a path inside the source: expected names with `/` between them, no `..`, no leading `/`"
)]
pub struct InvalidPath(pub String);

impl<'a> Files<'a> {
    /// Adds a file; one with the same path is replaced.
    pub fn insert(&mut self, path: &str, bytes: &'a [u8]) -> Result<(), InvalidPath> {
        let is_inside = !path.is_empty()
            && path.split('/').count() <= FOLDERS_MAX
            && !path.contains(['\\', '\0'])
            && path
                .split('/')
                .all(|part| !part.is_empty() && part != "." && part != "..");
        if !is_inside {
            return Err(InvalidPath(path.to_owned()));
        }
        self.by_path.insert(path.to_owned(), bytes);
        Ok(())
    }

    pub fn get(&self, path: &str) -> Option<&'a [u8]> {
        self.by_path.get(path).copied()
    }

    /// The file with its path as it is stored here, which lives as long as the files.
    pub fn get_entry(&self, path: &str) -> Option<(&str, &'a [u8])> {
        let (path, bytes) = self.by_path.get_key_value(path)?;
        Some((path, bytes))
    }

    /// Every file, in order of path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &'a [u8])> {
        self.by_path
            .iter()
            .map(|(path, bytes)| (path.as_str(), *bytes))
    }

    /// Files in this folder or below it, in order of path; all for the root, `""`.
    pub fn below(&self, folder: &str) -> impl Iterator<Item = (&str, &'a [u8])> {
        self.iter().filter(move |(path, _)| is_below(path, folder))
    }

    /// The first of `names` that stands in `folder`, else in the folder above it, and so on up to the root.
    pub fn nearest(&self, folder: &str, names: &[&str]) -> Option<(&str, &'a [u8])> {
        let mut folder = folder;
        loop {
            let found = names.iter().find_map(|name| {
                let path = join_path(folder, name)?;
                self.get_entry(&path)
            });
            if found.is_some() || folder.is_empty() {
                return found;
            }
            folder = folder_of(folder);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.by_path.is_empty()
    }
}

/// The folder a path stands in; `""` for the root.
pub fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// A path as it is written in a file of `folder`, from the root of the source: `.` and `..` are followed. None if it is
/// absolute or leaves the source.
pub fn join_path(folder: &str, relative: &str) -> Option<String> {
    if relative.starts_with(['/', '\\']) || relative.contains(['\0', ':']) {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    (parts.len() <= FOLDERS_MAX).then(|| parts.join("/"))
}

fn is_below(path: &str, folder: &str) -> bool {
    folder.is_empty()
        || path
            .strip_prefix(folder)
            .is_some_and(|rest| rest.starts_with('/'))
}
