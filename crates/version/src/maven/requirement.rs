//! What a Maven or Gradle dependency asks for: ranges and their unions, soft pins, and versions chosen by the tool.

use super::version::{Version, is_snapshot};

/// A version specification of a dependency, as Maven reads it or, where Maven's syntax has no meaning for it, Gradle.
#[derive(Debug, Clone)]
pub(crate) enum Requirement {
    /// Alternatives, of which one has to contain the version.
    Ranges(Box<[Range]>),
    /// A bare version: `1.0`, `1.0-SNAPSHOT`.
    Pin(Version),
    /// `LATEST`, Gradle's `latest.integration` and `+`.
    Latest,
    /// `RELEASE`, Gradle's `latest.release` and `latest.milestone`: anything but a snapshot.
    Release,
    /// Gradle's `1.2.+`: every version whose text starts so.
    Prefix(Box<str>),
}

/// An interval; an absent bound is no bound.
#[derive(Debug, Clone)]
pub(crate) struct Range {
    lower: Option<Bound>,
    upper: Option<Bound>,
}

#[derive(Debug, Clone)]
struct Bound {
    version: Version,
    is_inclusive: bool,
}

impl Requirement {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let trimmed = text.trim();
        match trimmed {
            "" => return Err("it is empty".to_owned()),
            "LATEST" | "latest.integration" | "+" => return Ok(Self::Latest),
            "RELEASE" | "latest.release" | "latest.milestone" => return Ok(Self::Release),
            _ => {}
        }
        if let Some(range) = gradle_interval(trimmed) {
            return Ok(Self::Ranges(Box::new([parse_interval(&range)?])));
        }
        if trimmed.starts_with(['[', '(']) {
            return parse_union(trimmed).map(Self::Ranges);
        }
        Ok(match trimmed.strip_suffix('+') {
            Some(prefix) => Self::Prefix(prefix.into()),
            None => Self::Pin(Version::parse(trimmed)),
        })
    }

    /// Whether exactly one version is admitted, as by `[1.2]`.
    pub(super) fn is_exact(&self) -> bool {
        matches!(self, Self::Ranges(ranges) if matches!(&**ranges, [range] if range.is_single()))
    }

    /// Whether the specification names a version that may change under its name.
    pub(super) fn is_mutable(&self) -> bool {
        matches!(self, Self::Pin(version) if is_snapshot(version.text()))
    }

    pub(super) fn admits(&self, version: &Version) -> bool {
        match self {
            Self::Ranges(ranges) => ranges.iter().any(|range| range.contains(version)),
            Self::Pin(pin) => pin == version,
            Self::Latest => true,
            Self::Release => !version.is_snapshot(),
            Self::Prefix(prefix) => version.text().starts_with(&**prefix),
        }
    }
}

impl Range {
    fn contains(&self, version: &Version) -> bool {
        let is_above = self.lower.as_ref().is_none_or(|bound| {
            let order = bound.version.cmp(version);
            order.is_lt() || (order.is_eq() && bound.is_inclusive)
        });
        is_above
            && self.upper.as_ref().is_none_or(|bound| {
                let order = bound.version.cmp(version);
                order.is_gt() || (order.is_eq() && bound.is_inclusive)
            })
    }

    fn is_single(&self) -> bool {
        match (&self.lower, &self.upper) {
            (Some(lower), Some(upper)) => {
                lower.is_inclusive && upper.is_inclusive && lower.version == upper.version
            }
            _ => false,
        }
    }
}

/// Gradle's spelling of open intervals, `]1.0, 2.0[`, in Maven's; `None` for what Maven reads itself.
fn gradle_interval(text: &str) -> Option<String> {
    let inner = text
        .strip_prefix(['[', '(', ']'])?
        .strip_suffix([']', ')', '['])?;
    if !text.starts_with(']') && !text.ends_with('[') {
        return None;
    }
    let opening = if text.starts_with('[') { '[' } else { '(' };
    let closing = if text.ends_with(']') { ']' } else { ')' };
    Some(format!("{opening}{inner}{closing}"))
}

fn parse_union(text: &str) -> Result<Box<[Range]>, String> {
    let mut ranges = Vec::new();
    let mut rest = text;
    while rest.starts_with(['[', '(']) {
        let end = rest
            .find([')', ']'])
            .ok_or_else(|| format!("the range `{rest}` is not closed by `]` or `)`"))?;
        let (range, after) = rest.split_at(end + 1);
        ranges.push(parse_interval(range)?);
        let after = trim_java(after);
        rest = after.strip_prefix(',').map_or(after, trim_java);
    }
    if rest.is_empty() {
        Ok(ranges.into_boxed_slice())
    } else {
        Err(format!("expected `[` or `(` but found `{rest}`"))
    }
}

/// Reads one interval, brackets included.
fn parse_interval(text: &str) -> Result<Range, String> {
    let inner = &text[1..text.len() - 1];
    let lower_inclusive = text.starts_with('[');
    let upper_inclusive = text.ends_with(']');
    let Some((lower, upper)) = inner.split_once(',') else {
        if !lower_inclusive || !upper_inclusive {
            return Err(format!(
                "the single version in `{text}` has to be surrounded by `[` and `]`"
            ));
        }
        return single(trim_java(inner));
    };
    if upper.contains(',') {
        return Err(format!("the range `{text}` has more than two bounds"));
    }
    let lower = bound(trim_java(lower), lower_inclusive)?;
    let upper = bound(trim_java(upper), upper_inclusive)?;
    if let (Some(lower), Some(upper)) = (&lower, &upper)
        && upper.version < lower.version
    {
        return Err(format!(
            "the lower bound of `{text}` is greater than the upper one"
        ));
    }
    Ok(Range { lower, upper })
}

/// `[1.2]`, or `[1.2.*]` for everything between `1.2.min` and `1.2.max`.
fn single(version: &str) -> Result<Range, String> {
    let (lower, upper) = match version
        .strip_suffix('*')
        .filter(|prefix| prefix.ends_with('.'))
    {
        Some(prefix) => (format!("{prefix}min"), format!("{prefix}max")),
        None => (version.to_owned(), version.to_owned()),
    };
    let inclusive = |text: &str| {
        checked_version(text).map(|version| {
            Some(Bound {
                version,
                is_inclusive: true,
            })
        })
    };
    Ok(Range {
        lower: inclusive(&lower)?,
        upper: inclusive(&upper)?,
    })
}

fn bound(text: &str, is_inclusive: bool) -> Result<Option<Bound>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    Ok(Some(Bound {
        version: checked_version(text)?,
        is_inclusive,
    }))
}

fn checked_version(text: &str) -> Result<Version, String> {
    const BOUND_LEN_MAX: usize = 1024;
    if text.len() > BOUND_LEN_MAX {
        return Err(format!(
            "a bound of {} bytes is longer than the {BOUND_LEN_MAX} that are read",
            text.len()
        ));
    }
    Ok(Version::parse(text))
}

/// Java's `String.trim`: everything up to and including the space.
fn trim_java(text: &str) -> &str {
    text.trim_matches(|c| c <= ' ')
}
