//! The floating part of a range: `1.*`, `1.0.0-*`, `1.*-beta*`. Follows `FloatRange` of NuGet.Versioning, including
//! that `1*` reads as 10 and does not float.

use super::version::Version;

/// Which versions a floating range prefers; its lower bound is the range's.
#[derive(Debug, Clone)]
pub(super) struct Float {
    behaviour: Behaviour,
    /// What the labels of a pre-release must begin with, letter case aside.
    prefix: Box<str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Behaviour {
    /// The first so many numbers are fixed; final versions only.
    Final { fixed: usize },
    /// The first so many numbers are fixed, all four for `1.0.0-*`; final versions too.
    Prerelease { fixed: usize },
    /// `*-*`
    AbsoluteLatest,
}

impl Float {
    /// Reads a text that holds a `*`. Gives the lower bound, and the float unless the text does not float after all.
    pub(super) fn parse(text: &str) -> Option<(Version, Option<Self>)> {
        match text {
            "*" => {
                return Some((
                    Version::zero(),
                    Some(Self::of(Behaviour::Final { fixed: 0 }, "")),
                ));
            }
            "*-*" => {
                let lower = Version::parse("0.0.0-0").ok()?;
                return Some((lower, Some(Self::of(Behaviour::AbsoluteLatest, ""))));
            }
            _ => {}
        }
        let stem = text.strip_suffix('*')?;
        if text.contains('+') {
            return None;
        }
        match (stem.find('*'), text.split_once('-')) {
            (Some(star), Some((numbers, _))) if star + 1 == numbers.len() => {
                let prefix = &stem[numbers.len() + 1..];
                Self::parse_both(&numbers[..star], prefix)
            }
            (Some(_), _) => None,
            (None, Some(_)) => Self::parse_labels(stem),
            (None, None) => Self::parse_numbers(stem),
        }
    }

    /// `1.0.*`
    fn parse_numbers(stem: &str) -> Option<(Version, Option<Self>)> {
        let lower = Version::parse(&format!("{stem}0")).ok()?;
        let fixed = stem.matches('.').count();
        let float = (fixed > 0).then(|| Self::of(Behaviour::Final { fixed }, ""));
        Some((lower, float))
    }

    /// `1.0.0-beta*`
    fn parse_labels(stem: &str) -> Option<(Version, Option<Self>)> {
        let (_, labels) = stem.split_once('-')?;
        // A label must not be empty; the lowest is zero. With a second dash the label may end as it stands.
        let needs_label = labels.is_empty() || (labels.ends_with('.') && !labels.contains('-'));
        let lower = Version::parse(&if needs_label {
            format!("{stem}0")
        } else {
            stem.to_owned()
        })
        .ok()?;
        Some((
            lower,
            Some(Self::of(Behaviour::Prerelease { fixed: 4 }, labels)),
        ))
    }

    /// `1.0.*-beta*`
    fn parse_both(numbers: &str, prefix: &str) -> Option<(Version, Option<Self>)> {
        let padding = if prefix.is_empty() || prefix.ends_with('.') {
            "0"
        } else {
            ""
        };
        let lower = Version::parse(&format!("{numbers}0-{prefix}{padding}")).ok()?;
        let fixed = numbers.matches('.').count();
        Some((
            lower,
            Some(Self::of(Behaviour::Prerelease { fixed }, prefix)),
        ))
    }

    fn of(behaviour: Behaviour, prefix: &str) -> Self {
        Self {
            behaviour,
            prefix: prefix.into(),
        }
    }

    pub(super) fn allows_prereleases(&self) -> bool {
        !matches!(self.behaviour, Behaviour::Final { .. })
    }

    /// Whether the version is one that the range prefers.
    pub(super) fn contains(&self, version: &Version, lower: &Version) -> bool {
        match self.behaviour {
            Behaviour::AbsoluteLatest => true,
            Behaviour::Final { fixed } => {
                !version.is_prerelease() && has_same_start(version, lower, fixed)
            }
            Behaviour::Prerelease { fixed } => {
                has_same_start(version, lower, fixed)
                    && (!version.is_prerelease() || self.has_prefix(version))
            }
        }
    }

    fn has_prefix(&self, version: &Version) -> bool {
        version
            .labels()
            .as_bytes()
            .get(..self.prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(self.prefix.as_bytes()))
    }
}

fn has_same_start(version: &Version, lower: &Version, fixed: usize) -> bool {
    version.numbers()[..fixed] == lower.numbers()[..fixed]
}
