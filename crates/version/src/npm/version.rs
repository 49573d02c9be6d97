//! node-semver's `SemVer`: three numbers and a pre-release; a build suffix is read and forgotten.

use std::cmp::Ordering;

use super::pattern::{self, Partial, VERSION_LEN_MAX};

/// The largest number that JavaScript holds exactly; node-semver refuses larger ones.
pub(super) const NUMBER_MAX: u64 = (1 << 53) - 1;

/// A version of an npm package. Versions that differ in the build suffix alone are equal, as in node-semver.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    pub(super) major: u64,
    pub(super) minor: u64,
    pub(super) patch: u64,
    pub(super) prerelease: Box<[Identifier]>,
}

/// One part of a pre-release. Numbers are compared as JavaScript does, as doubles.
#[derive(Debug, Clone)]
pub(super) enum Identifier {
    Number(f64),
    Text(Box<str>),
}

impl Version {
    /// Reads a version; `loose` takes `=1.2.3`, `01.2.3` and `1.2.3beta` as well.
    pub(super) fn parse(text: &str, loose: bool) -> Result<Self, String> {
        if text.encode_utf16().count() > VERSION_LEN_MAX {
            return Err(format!("it is longer than {VERSION_LEN_MAX} characters"));
        }
        let found = pattern::version(text.trim_matches(super::is_space), loose).ok_or(
            "expected three numbers separated by dots, then optionally `-` and a pre-release",
        )?;
        Self::from_complete(found)
    }

    fn from_complete(found: Partial<'_>) -> Result<Self, String> {
        Ok(Self {
            major: number(found.major)?,
            minor: number(found.minor.unwrap_or("0"))?,
            patch: number(found.patch.unwrap_or("0"))?,
            prerelease: found
                .prerelease
                .map(|list| list.split('.').map(identifier).collect())
                .unwrap_or_default(),
        })
    }

    pub(super) fn has_prerelease(&self) -> bool {
        !self.prerelease.is_empty()
    }

    pub(super) fn is_of_same_release(&self, other: &Self) -> bool {
        (self.major, self.minor, self.patch) == (other.major, other.minor, other.patch)
    }
}

/// A number of a version, at most [`NUMBER_MAX`].
pub(super) fn number(digits: &str) -> Result<u64, String> {
    digits
        .parse()
        .ok()
        .filter(|number| *number <= NUMBER_MAX)
        .ok_or_else(|| format!("a number is larger than {NUMBER_MAX}"))
}

fn identifier(text: &str) -> Identifier {
    let is_numeric = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(number) if is_numeric => Identifier::Number(number),
        _ => Identifier::Text(text.into()),
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.major, self.minor, self.patch)
            .cmp(&(other.major, other.minor, other.patch))
            .then_with(|| {
                other
                    .prerelease
                    .is_empty()
                    .cmp(&self.prerelease.is_empty())
                    .reverse()
            })
            .then_with(|| self.prerelease.iter().cmp(other.prerelease.iter()))
    }
}

impl Ord for Identifier {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(number), Self::Number(other)) => number.total_cmp(other),
            (Self::Number(_), Self::Text(_)) => Ordering::Less,
            (Self::Text(_), Self::Number(_)) => Ordering::Greater,
            (Self::Text(text), Self::Text(other)) => text.cmp(other),
        }
    }
}

/// Equality and partial order that follow the total one.
macro_rules! ordered {
    ($($name:ty),+) => {
        $(
            impl PartialEq for $name {
                fn eq(&self, other: &Self) -> bool {
                    self.cmp(other).is_eq()
                }
            }

            impl Eq for $name {}

            impl PartialOrd for $name {
                fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                    Some(self.cmp(other))
                }
            }
        )+
    };
}

ordered!(Version, Identifier);
