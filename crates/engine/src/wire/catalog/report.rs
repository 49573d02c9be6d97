//! Collects what is wrong, each problem with its place in the file and, where there is one, the nearest valid name.

use std::fmt;
use std::ops::Range;

use super::{CatalogProblem, PROBLEMS_MAX};

/// Everything found so far, over all files; at most [`PROBLEMS_MAX`] are kept.
#[derive(Debug, Default)]
pub(super) struct Problems {
    found: Vec<CatalogProblem>,
}

impl Problems {
    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.found.len() >= PROBLEMS_MAX
    }

    /// In the order of the files and of the places in them.
    pub(super) fn into_sorted(mut self) -> Vec<CatalogProblem> {
        self.found.sort_by(|a, b| {
            (&a.file, a.line, a.column, &a.field).cmp(&(&b.file, b.line, b.column, &b.field))
        });
        self.found.dedup();
        self.found
    }
}

/// A file and where its lines begin.
#[derive(Debug)]
pub(super) struct Source<'t> {
    pub(super) file: &'t str,
    text: &'t str,
    line_starts: Vec<usize>,
}

impl<'t> Source<'t> {
    pub(super) fn new(file: &'t str, text: &'t str) -> Self {
        let line_ends = text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            file,
            text,
            line_starts: std::iter::once(0).chain(line_ends).collect(),
        }
    }

    /// The line of a byte, counted from 1.
    pub(super) fn line(&self, offset: usize) -> u32 {
        saturated(self.line_starts.partition_point(|&start| start <= offset))
    }

    /// The column of a byte, counted from 1, in characters. Reads the line up to there: for problems, of which there are
    /// few, not for every entry.
    fn column(&self, offset: usize) -> u32 {
        let line = self.line_starts.partition_point(|&start| start <= offset);
        let start = line
            .checked_sub(1)
            .and_then(|index| self.line_starts.get(index));
        let before = self.text.get(start.copied().unwrap_or(0)..offset);
        saturated(before.map_or(0, |before| before.chars().count()) + 1)
    }
}

fn saturated(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Where problems of one file go.
pub(super) struct Report<'r> {
    pub(super) source: &'r Source<'r>,
    pub(super) problems: &'r mut Problems,
}

impl Report<'_> {
    pub(super) fn problem(
        &mut self,
        span: Range<usize>,
        path: &Path<'_>,
        message: impl fmt::Display,
    ) {
        self.proposing(span, path, message, None);
    }

    /// A problem with a name that is none of `valid`; proposes the nearest of them.
    pub(super) fn unknown<'v>(
        &mut self,
        span: Range<usize>,
        path: &Path<'_>,
        message: impl fmt::Display,
        given: &str,
        valid: impl Iterator<Item = &'v str>,
    ) {
        if !self.problems.is_full() {
            let proposal = nearest(given, valid);
            self.proposing(span, path, message, proposal);
        }
    }

    pub(super) fn proposing(
        &mut self,
        span: Range<usize>,
        path: &Path<'_>,
        message: impl fmt::Display,
        proposal: Option<String>,
    ) {
        if self.problems.is_full() {
            return;
        }
        self.problems.found.push(CatalogProblem {
            file: self.source.file.to_owned(),
            line: self.source.line(span.start),
            column: self.source.column(span.start),
            field: path.to_string(),
            message: message.to_string(),
            proposal,
        });
    }
}

/// The dotted path of a field, as a list that lives on the stack of whoever walks down.
#[derive(Debug, Clone, Copy)]
pub(super) enum Path<'p> {
    Root,
    Key(&'p Path<'p>, &'p str),
    Index(&'p Path<'p>, usize),
    /// As it stands in the file.
    Written(&'p str),
}

impl<'p> Path<'p> {
    pub(super) const fn key(&'p self, key: &'p str) -> Self {
        Self::Key(self, key)
    }

    pub(super) const fn index(&'p self, index: usize) -> Self {
        Self::Index(self, index)
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Written(text) => write!(out, "{}", text.escape_debug()),
            Self::Index(parent, index) => write!(out, "{parent}[{index}]"),
            Self::Key(parent, key) => {
                if !matches!(parent, Self::Root) {
                    write!(out, "{parent}.")?;
                }
                if is_bare(key) {
                    out.write_str(key)
                } else {
                    write!(out, "\"{}\"", key.escape_debug())
                }
            }
        }
    }
}

/// Whether TOML writes this key without quotes.
fn is_bare(key: &str) -> bool {
    !key.is_empty()
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// The valid name that a third of typing errors away at most; the first of equally near ones.
pub(super) fn nearest<'v>(given: &str, valid: impl Iterator<Item = &'v str>) -> Option<String> {
    let length = given.chars().count();
    let distance_max = (length / 3).clamp(1, 4);
    valid
        .filter(|name| name.chars().count().abs_diff(length) <= distance_max)
        .map(|name| (strsim::osa_distance(given, name), name))
        .filter(|(distance, _)| *distance <= distance_max)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name.to_owned())
}
