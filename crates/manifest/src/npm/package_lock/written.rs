//! The file as it is written, without what it has no use for here.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;

use downriver_domain::Scope;
use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::layout::{last_name, split};
use super::{legacy, scope_of};
use crate::npm::json::{Members, Text, Tree, pass_over};
use crate::npm::package_json::Declared;

/// The file's own parts, by whatever order they stand in.
#[derive(Debug, Default)]
pub(super) struct Written<'a> {
    pub(super) lockfile_version: Option<u64>,
    pub(super) packages: Option<Packages<'a>>,
    pub(super) dependencies: Option<Members<'a, legacy::Entry<'a>>>,
}

/// `packages`. There are tens of thousands of entries: each is made small as soon as it is read.
#[derive(Debug, Default)]
pub(super) struct Packages<'a> {
    pub(super) paths: Vec<Cow<'a, str>>,
    pub(super) entries: Vec<Entry<'a>>,
    /// What all of them ask for, in their order; not yet with lines.
    pub(super) declared: Vec<Declared<'a>>,
    /// Of the root.
    pub(super) workspaces: Option<Tree<'a>>,
}

/// What is installed in a folder, or stands there.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    /// That of its folder, unless it is an alias or the root.
    pub(super) name: Option<Cow<'a, str>>,
    /// Where in its path the folder ends whose `node_modules` it lies in, and where the name begins by which it lies there;
    /// `None` for a folder of the source.
    pub(super) lies: Option<(u32, u32)>,
    pub(super) version: Option<Cow<'a, str>>,
    pub(super) resolved: Option<Cow<'a, str>>,
    pub(super) is_link: bool,
    /// For what it is there, by npm's own marks.
    pub(super) scope: Scope,
    /// Which of all that is declared.
    pub(super) declared: Range<usize>,
}

/// What an entry is written as.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WrittenEntry<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    version: Option<Text<'a>>,
    #[serde(borrow)]
    resolved: Tree<'a>,
    link: Option<bool>,
    dev: Option<bool>,
    optional: Option<bool>,
    peer: Option<bool>,
    dev_optional: Option<bool>,
    #[serde(borrow)]
    dependencies: Members<'a, Text<'a>>,
    #[serde(borrow)]
    optional_dependencies: Members<'a, Text<'a>>,
    #[serde(borrow)]
    dev_dependencies: Members<'a, Text<'a>>,
    #[serde(borrow)]
    peer_dependencies: Members<'a, Text<'a>>,
    #[serde(borrow)]
    peer_dependencies_meta: Members<'a, PeerMeta>,
    #[serde(borrow)]
    workspaces: Tree<'a>,
}

#[derive(Debug, Deserialize)]
struct PeerMeta {
    #[serde(default)]
    optional: bool,
}

impl<'a> Packages<'a> {
    fn take(&mut self, path: Cow<'a, str>, mut written: WrittenEntry<'a>) {
        if path.is_empty() && self.workspaces.is_none() {
            self.workspaces = Some(std::mem::take(&mut written.workspaces));
        }
        let first = self.declared.len();
        let is_set = |mark: Option<bool>| mark == Some(true);
        self.entries.push(Entry {
            is_link: is_set(written.link),
            scope: scope_of(
                is_set(written.dev),
                is_set(written.optional) || is_set(written.dev_optional),
                is_set(written.peer),
            ),
            name: written
                .name
                .take()
                .map(|name| name.0)
                .or_else(|| last_name(&path)),
            lies: split(&path).and_then(|(folder, name)| {
                let name_start = path.len() - name.len();
                Some((folder.len().try_into().ok()?, name_start.try_into().ok()?))
            }),
            version: written.version.take().map(|version| version.0),
            resolved: std::mem::take(&mut written.resolved).text(),
            declared: first..first,
        });
        self.paths.push(path);
        written.declared(&mut self.declared);
        if let Some(entry) = self.entries.last_mut() {
            entry.declared.end = self.declared.len();
        }
    }
}

impl Entry<'_> {
    /// The folder whose `node_modules` it lies in, and the name by which it lies there.
    pub(super) fn lies_in<'p>(&self, path: &'p str) -> Option<(&'p str, &'p str)> {
        let (folder_end, name_start) = self.lies?;
        Some((&path[..folder_end as usize], &path[name_start as usize..]))
    }
}

impl<'a> WrittenEntry<'a> {
    /// Adds what it asks for.
    fn declared(self, all: &mut Vec<Declared<'a>>) {
        let optional: BTreeSet<Cow<'a, str>> = self
            .optional_dependencies
            .0
            .iter()
            .map(|(name, _)| name.clone())
            .collect();
        let optional_peers: BTreeSet<Cow<'a, str>> = self
            .peer_dependencies_meta
            .0
            .into_iter()
            .filter_map(|(name, meta)| meta.optional.then_some(name))
            .collect();
        let sections = [
            (Scope::Runtime, self.dependencies),
            (Scope::Optional, self.optional_dependencies),
            (Scope::Dev, self.dev_dependencies),
            (Scope::Peer, self.peer_dependencies),
        ];
        for (scope, members) in sections {
            let members = members.0.into_iter();
            let own =
                members.filter(|(name, _)| scope != Scope::Runtime || !optional.contains(name));
            all.extend(own.map(|(name, requirement)| Declared {
                line: None,
                is_optional_peer: scope == Scope::Peer && optional_peers.contains(&name),
                name,
                requirement: requirement.0,
                scope,
            }));
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Written<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object<'a>(PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for Object<'a> {
            type Value = Written<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut written = Written::default();
                while let Some(key) = map.next_key::<Text<'a>>()? {
                    match &*key.0 {
                        "lockfileVersion" => written.lockfile_version = map.next_value()?,
                        "packages" => written.packages = Some(map.next_value()?),
                        "dependencies" if written.packages.is_none() => {
                            written.dependencies = Some(map.next_value()?);
                        }
                        _ => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(written)
            }
        }
        deserializer.deserialize_map(Object(PhantomData))
    }
}

/// Anything but an object counts as an empty one, as for [`Members`].
impl<'de: 'a, 'a> Deserialize<'de> for Packages<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any<'a>(PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for Any<'a> {
            type Value = Packages<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut packages = Packages::default();
                while let Some((path, entry)) = map.next_entry::<Text<'a>, WrittenEntry<'a>>()? {
                    packages.take(path.0, entry);
                }
                Ok(packages)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Packages::default())
            }

            pass_over!(
                Packages::default();
                visit_bool(bool), visit_i64(i64), visit_u64(u64), visit_f64(f64), visit_str(&str)
            );
        }
        deserializer.deserialize_any(Any(PhantomData))
    }
}
