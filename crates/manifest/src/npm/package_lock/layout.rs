//! Which package a package gets when it asks for one by name: Node looks into the `node_modules` beside it, and then into
//! those of the folders above.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::reading::Problem;

/// Folders between the root and an installed package.
const STEPS_MAX: usize = 512;
const INSTALLED: &str = "node_modules/";

/// The folders that hold a `node_modules`, and what lies in each.
#[derive(Debug, Default)]
pub(super) struct Layout<'e> {
    /// The next such folder above, for each.
    above: Vec<Option<u32>>,
    /// What lies in which, by place. Found by `sorted`, since names are long and alike and there are many.
    places: Vec<Option<(u32, &'e str)>>,
    /// Digest of folder and name, and place; in this order.
    sorted: Vec<(u64, u32)>,
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
        self.sorted = places
            .filter_map(|(place, installed)| Some((digest(&installed.as_ref()?), place)))
            .collect();
        self.sorted.sort_unstable();
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
        let digest = digest(&(folder, name));
        let end = self.sorted.partition_point(|(known, _)| *known <= digest);
        self.sorted[..end]
            .iter()
            .rev()
            .take_while(|(known, _)| *known == digest)
            .map(|(_, place)| *place as usize)
            .find(|place| self.places[*place] == Some((folder, name)))
    }
}

/// The same in every process: the hasher's keys are fixed, and two texts with the same digest are still told apart.
pub(super) fn digest(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
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
        paths: impl Iterator<Item = &'e str> + Clone,
    ) -> Result<Self, Problem> {
        let mut names: BTreeSet<&str> = BTreeSet::new();
        let mut last = None;
        for path in paths.clone() {
            if memchr::memchr_iter(b'/', path.as_bytes()).count() > STEPS_MAX {
                let text = format!("has a package below more than {STEPS_MAX} folders");
                return Err(Problem::new(file, None, text));
            }
            // Most lie in the same folder as the one before.
            if let Some((folder, _)) = split(path).filter(|(folder, _)| last != Some(*folder)) {
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
        for path in paths.clone() {
            let installed = split(path);
            layout.put(installed.and_then(|(folder, name)| Some((get(&folders, folder)?, name))));
        }
        layout.sort();
        let inside = paths
            .zip(&layout.places)
            .map(|(path, installed)| match installed {
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
