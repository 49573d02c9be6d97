//! Generic packages: versions are opaque texts in natural order (`v9` before `v10`), requirements exact or a glob.
//!
//! No tool resolves these, so the rules are ours. In a glob, `*` stands for any text and `?` for any one character;
//! nothing is escaped.

#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use crate::RequirementKind;
use crate::ecosystem::Ecosystem;

/// Longest glob that is looked at, in bytes: matching takes up to this many steps for each byte of a version.
const GLOB_LEN_MAX: usize = 1024;

pub(crate) struct Generic;

/// Runs of digits compare as numbers, everything else byte by byte; leading zeros only part versions that are
/// otherwise equal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version(Box<str>);

#[derive(Debug, Clone)]
pub(crate) enum Requirement {
    Exact(Box<str>),
    Glob(Box<str>),
}

impl Ecosystem for Generic {
    type Version = Version;
    type Requirement = Requirement;

    fn parse_version(text: &str) -> Result<Version, String> {
        if text.is_empty() {
            return Err("it is empty".to_owned());
        }
        Ok(Version(text.into()))
    }

    fn is_prerelease(_: &Version) -> bool {
        false
    }

    fn parse_requirement(text: &str) -> Result<Requirement, String> {
        if text.is_empty() {
            return Err("it is empty; `*` admits every version".to_owned());
        }
        if !text.contains(['*', '?']) {
            return Ok(Requirement::Exact(text.into()));
        }
        if text.len() > GLOB_LEN_MAX {
            return Err(format!(
                "the glob has {} bytes, more than the {GLOB_LEN_MAX} that are read",
                text.len()
            ));
        }
        Ok(Requirement::Glob(text.into()))
    }

    fn kind(requirement: &Requirement) -> RequirementKind {
        match requirement {
            Requirement::Exact(_) => RequirementKind::Exact,
            Requirement::Glob(_) => RequirementKind::Range,
        }
    }

    fn admits(requirement: &Requirement, version: &Version, _: bool) -> bool {
        match requirement {
            Requirement::Exact(text) => *text == version.0,
            Requirement::Glob(glob) => glob_matches(glob, &version.0),
        }
    }
}

/// Whether the glob covers the whole text. On a mismatch the last `*` takes one character more; earlier ones never
/// have to, so the work is at most the product of both lengths.
fn glob_matches(glob: &str, text: &str) -> bool {
    let (mut pattern, mut rest) = (glob.chars(), text.chars());
    let mut retry = None;
    loop {
        let mut ahead = (pattern.clone(), rest.clone());
        match (ahead.0.next(), ahead.1.next()) {
            (Some('*'), _) => {
                retry = Some((ahead.0.clone(), rest.clone()));
                pattern = ahead.0;
            }
            (Some(wanted), Some(found)) if wanted == '?' || wanted == found => {
                (pattern, rest) = ahead;
            }
            (None, None) => return true,
            _ => {
                let Some((after_star, start)) = &mut retry else {
                    return false;
                };
                if start.next().is_none() {
                    return false;
                }
                (pattern, rest) = (after_star.clone(), start.clone());
            }
        }
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        compare_naturally(self.0.as_bytes(), other.0.as_bytes()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn compare_naturally(mut left: &[u8], mut right: &[u8]) -> Ordering {
    loop {
        let order = match (left, right) {
            ([b'0'..=b'9', ..], [b'0'..=b'9', ..]) => {
                let (left_number, left_rest) = split_number(left);
                let (right_number, right_rest) = split_number(right);
                (left, right) = (left_rest, right_rest);
                left_number
                    .len()
                    .cmp(&right_number.len())
                    .then_with(|| left_number.cmp(right_number))
            }
            ([left_byte, left_rest @ ..], [right_byte, right_rest @ ..]) => {
                (left, right) = (left_rest, right_rest);
                left_byte.cmp(right_byte)
            }
            _ => return left.len().cmp(&right.len()),
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// The digits at the start without leading zeros, and what follows them.
fn split_number(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text
        .iter()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(text.len());
    let start = text[..end]
        .iter()
        .position(|&byte| byte != b'0')
        .unwrap_or(end);
    (&text[start..end], &text[end..])
}
