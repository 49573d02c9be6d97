//! Which package a package gets when it asks for one by name: Node looks into the `node_modules` beside it, and then into
//! those of the folders above.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::reading::Problem;

/// Folders between the root and an installed package.
const STEPS_MAX: usize = 512;
const INSTALLED: &str = "node_modules/";

/// The folders that hold a `node_modules`, and what lies in each.
#[derive(Debug, Default)]
pub(super) struct Layout<'e> {
    /// The next such folder above, for each.
    above: Vec<Option<u32>>,
    /// Folder, name, place; in this order.
    inside: Vec<(u32, &'e str, u32)>,
}

impl<'e> Layout<'e> {
    /// Adds a folder that holds a `node_modules`.
    pub(super) fn add_folder(&mut self, above: Option<u32>) -> u32 {
        self.above.push(above);
        u32::try_from(self.above.len() - 1).unwrap_or(u32::MAX)
    }

    pub(super) fn put(&mut self, folder: u32, name: &'e str, place: usize) {
        self.inside
            .push((folder, name, u32::try_from(place).unwrap_or(u32::MAX)));
    }

    /// To be called when everything is in, before anything is looked up.
    pub(super) fn sort(&mut self) {
        self.inside.sort_unstable();
    }

    /// The place that `name` means in this folder.
    pub(super) fn find(&self, folder: Option<u32>, name: &str) -> Option<usize> {
        let mut folder = folder;
        while let Some(at) = folder {
            // The last of those with the same name.
            let end = self
                .inside
                .partition_point(|(folder, known, _)| (*folder, *known) <= (at, name));
            if let Some((found, known, place)) = end.checked_sub(1).map(|last| self.inside[last])
                && (found, known) == (at, name)
            {
                return Some(place as usize);
            }
            folder = self.above[at as usize];
        }
        None
    }
}

/// The layout that paths like `node_modules/a/node_modules/b` tell.
#[derive(Debug)]
pub(super) struct Paths<'e> {
    pub(super) layout: Layout<'e>,
    by_path: BTreeMap<&'e str, u32>,
}

impl<'e> Paths<'e> {
    pub(super) fn new(
        file: &str,
        paths: impl Iterator<Item = &'e str> + Clone,
    ) -> Result<Self, Problem> {
        let mut folders: BTreeMap<&str, u32> = BTreeMap::new();
        for path in paths.clone() {
            if path.matches('/').count() > STEPS_MAX {
                let text = format!("has a package below more than {STEPS_MAX} folders");
                return Err(Problem::new(file, None, text));
            }
            if let Some((folder, _)) = split(path) {
                folders.insert(folder, 0);
            }
        }
        let mut layout = Layout::default();
        let mut by_path = BTreeMap::new();
        // In order of path, so that a folder above comes before those in it.
        for folder in folders.into_keys() {
            let above = (!folder.is_empty())
                .then(|| nearest(&by_path, parent(folder)))
                .flatten();
            by_path.insert(folder, layout.add_folder(above));
        }
        for (place, path) in paths.enumerate() {
            if let Some((folder, name)) = split(path) {
                layout.put(by_path[folder], name, place);
            }
        }
        layout.sort();
        Ok(Self { layout, by_path })
    }

    /// The place that `name` means in the package at `path`.
    pub(super) fn find(&self, path: &str, name: &str) -> Option<usize> {
        self.layout.find(self.folder(path), name)
    }

    /// The folder where the package at `path` looks first.
    pub(super) fn folder(&self, path: &str) -> Option<u32> {
        nearest(&self.by_path, path)
    }
}

/// The folder that holds the `node_modules` that a package lies in, and the name by which it lies there; `None` for a
/// folder of the source.
pub(super) fn split(path: &str) -> Option<(&str, &str)> {
    let at = path
        .rfind(INSTALLED)
        .filter(|at| *at == 0 || path[..*at].ends_with('/'))?;
    Some((
        path[..at].trim_end_matches('/'),
        &path[at + INSTALLED.len()..],
    ))
}

/// The name that a folder gives to the package in it: its own, with its scope if it has one.
pub(super) fn last_name<'a>(path: &Cow<'a, str>) -> Option<Cow<'a, str>> {
    let start = path.rfind('/').map_or(0, |at| at + 1);
    let scope = path[..start]
        .trim_end_matches('/')
        .rfind('/')
        .map_or(0, |at| at + 1);
    let start = if path[scope..].starts_with('@') {
        scope
    } else {
        start
    };
    let name = &path[start..];
    (!name.is_empty()).then(|| match path {
        Cow::Borrowed(path) => Cow::Borrowed(&path[start..]),
        Cow::Owned(_) => Cow::Owned(name.to_owned()),
    })
}

fn nearest(folders: &BTreeMap<&str, u32>, path: &str) -> Option<u32> {
    let mut path = path;
    loop {
        if let Some(folder) = folders.get(path) {
            return Some(*folder);
        }
        if path.is_empty() {
            return None;
        }
        path = parent(path);
    }
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}
