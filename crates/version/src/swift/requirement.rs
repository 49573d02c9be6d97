//! Requirements in the words of a package manifest: `from:`, `.upToNextMinor(from:)`, `exact:`, ranges, and what comes
//! from no registry.

use super::version::Version;

#[derive(Debug, Clone)]
pub(crate) enum Requirement {
    Exact(Version),
    Range {
        lower: Version,
        /// Not in the range.
        upper: Version,
    },
    /// `branch: "…"`, `revision: "…"`, `path: "…"`, `url: "…"`, as written.
    Elsewhere(Box<str>),
}

/// What a labelled requirement says of its one value.
#[derive(Clone, Copy)]
enum Rule {
    UpToNextMajor,
    UpToNextMinor,
    Exact,
    Elsewhere,
}

const RULES: [(&str, Rule); 8] = [
    ("from", Rule::UpToNextMajor),
    ("upToNextMajor", Rule::UpToNextMajor),
    ("upToNextMinor", Rule::UpToNextMinor),
    ("exact", Rule::Exact),
    ("branch", Rule::Elsewhere),
    ("revision", Rule::Elsewhere),
    ("path", Rule::Elsewhere),
    ("url", Rule::Elsewhere),
];

impl Requirement {
    /// Reads a range (`"1.0.0"..<"2.0.0"`, `1.0.0...1.9.9`), a labelled value (`from: "1.0.0"`,
    /// `.upToNextMinor(from: "1.0.0")`, `branch: "main"`), or a bare version, which is exact. Quotes may be left out.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Some((rule, value)) = labelled(text) {
            return Self::of(rule, value, text);
        }
        if let Some((lower, upper)) = text.split_once("..<") {
            return Self::range(parse_version(lower)?, parse_version(upper)?);
        }
        if let Some((lower, upper)) = text.split_once("...") {
            return Self::range(
                parse_version(lower)?,
                parse_version(upper)?.next_patch_alike()?,
            );
        }
        parse_version(text).map(Self::Exact)
    }

    fn of(rule: Rule, value: &str, text: &str) -> Result<Self, String> {
        let up_to = |position| {
            let lower = parse_version(value)?;
            let upper = lower.next(position)?;
            Self::range(lower, upper)
        };
        match rule {
            Rule::UpToNextMajor => up_to(0),
            Rule::UpToNextMinor => up_to(1),
            Rule::Exact => parse_version(value).map(Self::Exact),
            Rule::Elsewhere => Ok(Self::Elsewhere(text.into())),
        }
    }

    fn range(lower: Version, upper: Version) -> Result<Self, String> {
        if lower > upper {
            return Err("the range's lower bound is above its upper one".to_owned());
        }
        Ok(Self::Range { lower, upper })
    }

    /// A range admits pre-releases only if a bound is one, and never those of a final upper bound.
    pub(super) fn admits(&self, version: &Version) -> bool {
        match self {
            Self::Exact(exact) => version == exact,
            Self::Range { lower, upper } => {
                if version.is_prerelease() && !upper.is_prerelease() {
                    let is_of_upper = version.numbers() == upper.numbers();
                    if !lower.is_prerelease() || is_of_upper {
                        return false;
                    }
                }
                version == lower || (version >= lower && version < upper)
            }
            Self::Elsewhere(_) => false,
        }
    }
}

/// The rule and its value in `label: value`, `.label(value)` or `.label(from: value)`.
fn labelled(text: &str) -> Option<(Rule, &str)> {
    let text = text.strip_prefix('.').unwrap_or(text);
    let end = text.find(|letter: char| !letter.is_ascii_alphabetic())?;
    let (label, rest) = text.split_at(end);
    let (_, rule) = *RULES.iter().find(|(name, _)| *name == label)?;
    let rest = rest.trim_start();
    if let Some(value) = rest.strip_prefix(':') {
        return Some((rule, value.trim()));
    }
    let value = rest.strip_prefix('(')?.strip_suffix(')')?.trim();
    let inner = value
        .strip_prefix("from")
        .and_then(|inner| inner.trim_start().strip_prefix(':'));
    Some((rule, inner.unwrap_or(value).trim()))
}

/// A version in quotes or without.
fn parse_version(text: &str) -> Result<Version, String> {
    let text = text.trim();
    let bare = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(text);
    Version::parse(bare).map_err(|reason| format!("its version is wrong: {reason}"))
}
