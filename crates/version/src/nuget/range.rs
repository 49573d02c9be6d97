//! NuGet version ranges. Follows `VersionRange` of NuGet.Versioning: `TryParse`, `Satisfies` and `FindBestMatch`.

use super::float::Float;
use super::version::Version;

/// An interval, and what it prefers if it floats.
#[derive(Debug, Clone)]
pub(crate) struct Range {
    lower: Option<Bound>,
    upper: Option<Bound>,
    float: Option<Float>,
}

#[derive(Debug, Clone)]
struct Bound {
    version: Version,
    is_inclusive: bool,
}

impl Range {
    /// Reads `1.0` (that or above), an interval (`[1.0,2.0)`, `(,2.0]`, `[1.0]`), or either floating (`1.*`).
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("it is empty".to_owned());
        }
        if !text.starts_with(['(', '[']) {
            let (lower, float) = parse_lower(text)?;
            let lower = lower.map(|version| Bound {
                version,
                is_inclusive: true,
            });
            return Ok(Self {
                lower,
                upper: None,
                float,
            });
        }
        let [first, .., last] = *text.as_bytes() else {
            return Err("the interval is not closed".to_owned());
        };
        let is_lower_inclusive = first == b'[';
        let is_upper_inclusive = match last {
            b']' => true,
            b')' => false,
            _ => return Err("the interval is not closed by `]` or `)`".to_owned()),
        };
        let (lower, upper) = split_bounds(
            &text[1..text.len() - 1],
            is_lower_inclusive && is_upper_inclusive,
        )?;
        let (lower, float) = parse_lower(lower)?;
        let upper = if upper.trim().is_empty() {
            None
        } else {
            Some(Version::parse(upper)?)
        };
        let range = Self {
            lower: lower.map(|version| Bound {
                version,
                is_inclusive: is_lower_inclusive,
            }),
            upper: upper.map(|version| Bound {
                version,
                is_inclusive: is_upper_inclusive,
            }),
            float,
        };
        range.check_bounds()?;
        Ok(range)
    }

    fn check_bounds(&self) -> Result<(), String> {
        let (Some(lower), Some(upper)) = (&self.lower, &self.upper) else {
            return Ok(());
        };
        if lower.version > upper.version {
            return Err("the lower bound is above the upper one".to_owned());
        }
        if lower.version == upper.version && lower.is_inclusive != upper.is_inclusive {
            return Err("equal bounds must both be in the interval or both out".to_owned());
        }
        Ok(())
    }

    /// Whether the version lies in the interval. What the range floats on does not matter, nor do pre-releases.
    pub(super) fn contains(&self, version: &Version) -> bool {
        let is_above = self.lower.as_ref().is_none_or(|lower| {
            lower.version < *version || (lower.is_inclusive && lower.version == *version)
        });
        is_above
            && self.upper.as_ref().is_none_or(|upper| {
                *version < upper.version || (upper.is_inclusive && upper.version == *version)
            })
    }

    /// Whether no more than one version lies in the interval.
    pub(super) fn is_exact(&self) -> bool {
        matches!((&self.lower, &self.upper), (Some(lower), Some(upper)) if lower.version == upper.version)
    }

    /// The position of the best match: the lowest version in the interval; where the range floats, the highest of
    /// those that it floats on, for want of one the lowest above. Pre-releases count if a bound is one or the float
    /// takes them.
    pub(super) fn best_match(&self, candidates: &[&Version]) -> Option<usize> {
        let mut best: Option<(usize, &Version)> = None;
        for (position, &candidate) in candidates.iter().enumerate() {
            if !self.is_candidate(candidate) {
                continue;
            }
            if best.is_none_or(|(_, held)| self.is_better(candidate, held)) {
                best = Some((position, candidate));
            }
        }
        best.map(|(position, _)| position)
    }

    fn is_candidate(&self, version: &Version) -> bool {
        let has_prerelease_bound = [&self.lower, &self.upper]
            .into_iter()
            .flatten()
            .any(|bound| bound.version.is_prerelease());
        let takes_prereleases =
            has_prerelease_bound || self.float.as_ref().is_some_and(Float::allows_prereleases);
        (takes_prereleases || !version.is_prerelease()) && self.contains(version)
    }

    /// Both are in the interval.
    fn is_better(&self, candidate: &Version, held: &Version) -> bool {
        let (Some(float), Some(lower)) = (&self.float, &self.lower) else {
            return candidate < held;
        };
        match (
            float.contains(held, &lower.version),
            float.contains(candidate, &lower.version),
        ) {
            (true, false) => false,
            (false, true) => true,
            (true, true) => candidate > held,
            // Nothing in the interval lies below its lower bound, which is the float's.
            (false, false) => candidate < held,
        }
    }
}

/// The texts of both bounds; `[1.0]` has one for both.
fn split_bounds(inner: &str, is_closed: bool) -> Result<(&str, &str), String> {
    match inner.split_once(',') {
        Some(("", "")) => Err("the interval has no bound".to_owned()),
        Some((_, upper)) if upper.contains(',') => {
            Err("the interval has more than two bounds".to_owned())
        }
        Some(bounds) => Ok(bounds),
        None if inner.is_empty() => Err("the interval has no bound".to_owned()),
        None if !is_closed => Err("a single bound takes square brackets on both sides".to_owned()),
        None => Ok((inner, inner)),
    }
}

fn parse_lower(text: &str) -> Result<(Option<Version>, Option<Float>), String> {
    if text.trim().is_empty() {
        return Ok((None, None));
    }
    if !text.contains('*') {
        return Version::parse(text).map(|version| (Some(version), None));
    }
    let (lower, float) =
        Float::parse(text).ok_or_else(|| "a `*` stands where none can float".to_owned())?;
    Ok((Some(lower), float))
}
