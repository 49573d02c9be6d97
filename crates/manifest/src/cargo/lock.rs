//! `Cargo.lock`, versions 1 to 4: its packages, and whom a reference means.
//!
//! A reference is abbreviated as far as it stays unique: `name`, `name version`, `name version (source)`. What Cargo
//! writes has one regular shape, which [`scan`] reads without copying; a file that people changed goes to [`document`],
//! the TOML parser proper, which takes several times as long.

mod document;
mod scan;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::begin::begin;
use crate::reading::{Problem, Source};
use crate::texts::{Texts, TextsBuilder};

#[derive(Debug)]
pub(super) struct Lock<'a> {
    /// 1 to 4; 2 where nothing tells 1 from 2.
    pub(super) version: u32,
    pub(super) packages: Vec<LockPackage<'a>>,
    /// References of all packages together.
    pub(super) references: usize,
}

#[derive(Debug, Default)]
pub(super) struct LockPackage<'a> {
    pub(super) name: Cow<'a, str>,
    pub(super) version: Cow<'a, str>,
    /// None for a folder of the source: a member of the workspace, or what a path leads to.
    pub(super) source: Option<Cow<'a, str>>,
    /// By `[replace]`: the package that is built instead.
    pub(super) replace: Option<Cow<'a, str>>,
    /// Of its name.
    pub(super) line: u32,
    pub(super) references: References<'a>,
}

/// Whom a package pulls in.
#[derive(Debug)]
pub(super) enum References<'a> {
    /// As it stands in the file, one a line.
    Block {
        text: &'a str,
        first_line: u32,
    },
    List(Vec<Cow<'a, str>>),
}

/// Finds packages by reference.
///
/// A lock holds several references for each package, and most of the time goes into following them: hence a hash map.
#[derive(Debug)]
#[expect(
    clippy::disallowed_types,
    reason = "it is only asked, never iterated: the seed decides nothing"
)]
pub(super) struct Index<'p> {
    /// Packages by name, version text and source.
    order: Vec<u32>,
    /// Where in `order` those of a name stand: from, and how many.
    by_name: std::collections::HashMap<&'p str, (u32, u32)>,
}

pub(super) fn parse<'a>(path: &str, text: &'a str) -> Result<Lock<'a>, Problem> {
    match scan::scan(text) {
        Some(lock) => Ok(lock),
        None => document::parse(path, text),
    }
}

impl Lock<'_> {
    /// `name@version` of what comes from a registry.
    pub(super) fn locked(&self) -> Texts {
        let packages = self.packages.iter();
        let of_registry = packages.filter(|package| package.comes_from() == Source::Registry);
        let named = of_registry.map(|package| [&*package.name, "@", &package.version]);
        named.collect::<TextsBuilder>().finish()
    }
}

impl LockPackage<'_> {
    pub(super) fn comes_from(&self) -> Source {
        let Some(source) = &self.source else {
            return Source::Workspace;
        };
        let begins = |kinds: &[&str]| kinds.iter().any(|kind| source.starts_with(kind));
        if begins(&["registry+", "sparse+"]) {
            Source::Registry
        } else if begins(&["git+"]) {
            Source::Git
        } else if begins(&["path+", "directory+", "local-registry+"]) {
            Source::Path
        } else {
            Source::Url
        }
    }

    /// In order of name, version text and source. The source is looked at only where the rest is the same.
    fn compare(&self, name: &str, version: &str, source: Option<&str>) -> Ordering {
        let by_name = self.name.as_ref().cmp(name);
        by_name
            .then_with(|| self.version.as_ref().cmp(version))
            .then_with(|| without_revision(self.source.as_deref()).cmp(without_revision(source)))
    }
}

impl Default for References<'_> {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

impl References<'_> {
    /// Each with its line, where that is known.
    pub(super) fn for_each(&self, mut visit: impl FnMut(&str, Option<u32>)) {
        match self {
            Self::Block { text, first_line } => {
                let mut lines = scan::Cursor::new(text, first_line.saturating_sub(1));
                while let Some(line) = lines.next_line() {
                    if let Some(reference) = scan::reference(line) {
                        visit(reference, Some(lines.line));
                    }
                }
            }
            Self::List(list) => list.iter().for_each(|reference| visit(reference, None)),
        }
    }
}

impl<'p> Index<'p> {
    #[expect(clippy::disallowed_types, reason = "see the field")]
    pub(super) fn new(packages: &'p [LockPackage<'_>]) -> Self {
        let begins = packages
            .iter()
            .map(|package| begin([package.name.as_bytes()]));
        let mut order: Vec<(u128, u32)> = begins.zip(0..).collect();
        // Cargo writes them in this order already, and a stable sort of what is sorted is one pass.
        order.sort_by(|(one_begin, one), (other_begin, other)| {
            let other = &packages[*other as usize];
            one_begin.cmp(other_begin).then_with(|| {
                packages[*one as usize].compare(
                    &other.name,
                    &other.version,
                    other.source.as_deref(),
                )
            })
        });
        let order: Vec<u32> = order.into_iter().map(|(_, index)| index).collect();
        let mut by_name = std::collections::HashMap::with_capacity(packages.len());
        for (at, index) in (0..).zip(&order) {
            let run = by_name.entry(packages[*index as usize].name.as_ref());
            run.or_insert((at, 0)).1 += 1;
        }
        Self { order, by_name }
    }

    /// The package that a reference means; the first, in order of version, if it means several.
    pub(super) fn find(&self, packages: &[LockPackage<'_>], reference: &str) -> Option<usize> {
        let (name, rest) = split_at_space(reference);
        let (version, source) = rest.map_or((None, None), |rest| {
            let (version, source) = split_at_space(rest);
            (Some(version), source)
        });
        let source = source.map(|source| source.trim_start_matches('(').trim_end_matches(')'));
        // What is left out sorts first: the place found is the first that has what is told.
        let (from, count) = self.by_name.get(name).copied()?;
        let alike = &self.order[from as usize..][..count as usize];
        let Some(version) = version else {
            return alike.first().map(|index| *index as usize);
        };
        let at = alike.partition_point(|index| {
            let package = &packages[*index as usize];
            package.compare(name, version, source).is_lt()
        });
        let found = *alike.get(at)? as usize;
        let package = &packages[found];
        let is_meant = package.version == version
            && source.is_none_or(|source| {
                without_revision(package.source.as_deref()) == without_revision(Some(source))
            });
        is_meant.then_some(found)
    }
}

/// What stands before the first space, and behind it.
pub(super) fn split_at_space(text: &str) -> (&str, Option<&str>) {
    // These are short: a plain walk beats the search that `split_once` sets up.
    match text.bytes().position(|byte| byte == b' ') {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    }
}

/// References leave the commit of a git source out, but for those of version 1.
fn without_revision(source: Option<&str>) -> &str {
    let source = source.unwrap_or("");
    let end = memchr::memchr(b'#', source.as_bytes()).unwrap_or(source.len());
    &source[..end]
}
