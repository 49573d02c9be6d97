//! Which package a package gets when it asks for one by name: Node looks into the `node_modules` beside it, and then into
//! those of the folders above.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::digest::{Digests, digest};
use crate::reading::Problem;

/// Folders between the root and an installed package.
const STEPS_MAX: usize = 512;
const INSTALLED: &str = "node_modules";

/// The folders that hold a `node_modules`, and what lies in each.
#[derive(Debug, Default)]
pub(super) struct Layout<'e> {
    /// The next such folder above, for each.
    above: Vec<Option<u32>>,
    /// What lies in which, by place.
    places: Vec<Option<(u32, &'e str)>>,
    /// The same places, by folder and name.
    by_name: Digests,
}

impl<'e> Layout<'e> {
    /// Adds a folder that holds a `node_modules`.
    pub(super) fn add_folder(&mut self, above: Option<u32>) -> u32 {
        self.above.push(above);
        u32::try_from(self.above.len() - 1).unwrap_or(u32::MAX)
    }

    /// Adds the next place: what lies in a folder by this name, or something that lies in none.
    pub(super) fn put(&mut self, installed: Option<(u32, &'e str)>) {
        self.places.push(installed);
    }

    /// To be called when everything is in, before anything is looked up.
    pub(super) fn sort(&mut self) {
        let places = (0..).zip(&self.places);
        let installed = places.filter_map(|(place, installed)| Some((installed.as_ref()?, place)));
        let digests = installed.map(|(installed, place)| (digest(installed), place));
        self.by_name = Digests::new(&digests.collect::<Vec<_>>());
    }

    /// The place that `name` means in this folder.
    pub(super) fn find(&self, folder: Option<u32>, name: &str) -> Option<usize> {
        let mut folder = folder;
        while let Some(at) = folder {
            if let Some(found) = self.find_in(at, name) {
                return Some(found);
            }
            folder = self.above[at as usize];
        }
        None
    }

    /// Of those with the same name the last.
    fn find_in(&self, folder: u32, name: &str) -> Option<usize> {
        let mut alike = self.by_name.get(digest(&(folder, name))).rev();
        let found = alike.find(|place| self.places[*place as usize] == Some((folder, name)));
        found.map(|place| place as usize)
    }
}

/// The layout that paths like `node_modules/a/node_modules/b` tell.
#[derive(Debug)]
pub(super) struct Paths<'e> {
    layout: Layout<'e>,
    /// Digest and path of each folder with a `node_modules`, in this order, and its number.
    folders: Vec<(u64, &'e str, u32)>,
    /// Where what lies at each place looks first.
    inside: Vec<Option<u32>>,
}

impl<'e> Paths<'e> {
    pub(super) fn new(
        file: &str,
        places: impl Iterator<Item = (&'e str, Option<(&'e str, &'e str)>)> + Clone,
    ) -> Result<Self, Problem> {
        let mut names: BTreeSet<&str> = BTreeSet::new();
        let mut last = None;
        for (path, installed) in places.clone() {
            if memchr::memchr_iter(b'/', path.as_bytes()).count() > STEPS_MAX {
                let text = format!("has a package below more than {STEPS_MAX} folders");
                return Err(Problem::new(file, None, text));
            }
            // Most lie in the same folder as the one before.
            if let Some((folder, _)) = installed.filter(|(folder, _)| last != Some(*folder)) {
                names.insert(folder);
                last = Some(folder);
            }
        }
        let mut layout = Layout::default();
        let numbers = (0..)
            .zip(&names)
            .map(|(number, folder)| (digest(folder), *folder, number));
        let mut folders: Vec<(u64, &str, u32)> = numbers.collect();
        folders.sort_unstable();
        for folder in names {
            let is_root = folder.is_empty();
            layout.add_folder(if is_root {
                None
            } else {
                nearest(&folders, parent(folder))
            });
        }
        for (_, installed) in places.clone() {
            layout.put(installed.and_then(|(folder, name)| Some((get(&folders, folder)?, name))));
        }
        layout.sort();
        let inside = places
            .zip(&layout.places)
            .map(|((path, _), installed)| match installed {
                Some((folder, _)) => get(&folders, path).or(Some(*folder)),
                None => nearest(&folders, path),
            });
        let inside = inside.collect();
        Ok(Self {
            layout,
            folders,
            inside,
        })
    }

    /// The place that `name` means at a place.
    pub(super) fn find_at(&self, place: usize, name: &str) -> Option<usize> {
        self.layout.find(self.inside[place], name)
    }

    /// The place that `name` means in a folder of the source.
    pub(super) fn find_in(&self, folder: &str, name: &str) -> Option<usize> {
        self.layout.find(nearest(&self.folders, folder), name)
    }
}

fn get(folders: &[(u64, &str, u32)], path: &str) -> Option<u32> {
    let digest = digest(&path);
    let at = folders.binary_search_by(|(known, folder, _)| (*known, *folder).cmp(&(digest, path)));
    at.ok().map(|at| folders[at].2)
}

fn nearest(folders: &[(u64, &str, u32)], path: &str) -> Option<u32> {
    let mut path = path;
    loop {
        let found = get(folders, path);
        if found.is_some() || path.is_empty() {
            return found;
        }
        path = parent(path);
    }
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// The folder that holds the `node_modules` that a package lies in, and the name by which it lies there; `None` for a
/// folder of the source.
pub(super) fn split(path: &str) -> Option<(&str, &str)> {
    // From the back: a name has one or two parts, and what lies before it may be long.
    let mut slashes = memchr::memrchr_iter(b'/', path.as_bytes());
    let (folder, name) = slashes.find_map(|at| {
        let folder = path[..at].strip_suffix(INSTALLED)?;
        Some((folder, &path[at + 1..]))
    })?;
    let is_whole = folder.is_empty() || folder.ends_with('/');
    is_whole.then(|| (folder.trim_end_matches('/'), name))
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
