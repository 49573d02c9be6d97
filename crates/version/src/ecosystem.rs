//! The one face that all ecosystems have: [`Version`] and [`Requirement`] dispatch to the module of their format.

use std::cmp::Ordering;
use std::fmt;

use crate::Format;

/// What one ecosystem's module answers. [`Version`] and [`Requirement`] dispatch here, and nothing else does.
///
/// Errors are reasons alone ("the major number is missing"); the caller adds the text and the format.
pub(crate) trait Ecosystem {
    /// Ordered as the ecosystem's own tool orders; comparing allocates nothing.
    type Version: Ord + Clone + fmt::Debug;
    type Requirement: Clone + fmt::Debug;

    fn parse_version(text: &str) -> Result<Self::Version, String>;

    /// The text as CodeArtifact stores it. Unparsable text comes back as given.
    fn normalise_version(text: &str) -> String {
        text.to_owned()
    }

    fn is_prerelease(version: &Self::Version) -> bool;

    fn parse_requirement(text: &str) -> Result<Self::Requirement, String>;

    fn kind(requirement: &Self::Requirement) -> RequirementKind;

    /// `prereleases` is the ecosystem's own switch that lets pre-releases in.
    fn admits(requirement: &Self::Requirement, version: &Self::Version, prereleases: bool) -> bool;

    /// The position of what a plain build chooses: unless the ecosystem has a rule of its own, the highest admitted.
    /// Of equal versions the first counts.
    fn selects(requirement: &Self::Requirement, candidates: &[&Self::Version]) -> Option<usize> {
        highest(candidates, |version| {
            Self::admits(requirement, version, false)
        })
    }

    /// The package that the requirement names in place of the one it is written for.
    fn alias(_requirement: &Self::Requirement) -> Option<&str> {
        None
    }
}

/// The position of the highest candidate that `is_wanted` keeps, the first of equal ones.
pub(crate) fn highest<V: Ord>(candidates: &[&V], is_wanted: impl Fn(&V) -> bool) -> Option<usize> {
    let mut best: Option<(usize, &V)> = None;
    for (position, &candidate) in candidates.iter().enumerate() {
        if best.is_none_or(|(_, held)| candidate > held) && is_wanted(candidate) {
            best = Some((position, candidate));
        }
    }
    best.map(|(position, _)| position)
}

/// Longest version text that is looked at. CodeArtifact allows 255; lock files of other registries may hold more.
const VERSION_LEN_MAX: usize = 1024;

/// Longest requirement text that is looked at, as a bound on the work that a hostile manifest can ask for.
const REQUIREMENT_LEN_MAX: usize = 64 * 1024;

/// A version of one format, parsed and ordered as the ecosystem's own tool does.
#[derive(Debug, Clone)]
pub struct Version {
    text: Box<str>,
    parsed: ParsedVersion,
}

/// A requirement of one format, parsed. What is no version requirement (a tag, a path, a git address) is a
/// [`RequirementKind`] of its own, never an error.
#[derive(Debug, Clone)]
pub struct Requirement {
    text: Box<str>,
    parsed: ParsedRequirement,
}

/// Declares both sums over the formats and the functions that look inside them, so that a format is listed once.
macro_rules! ecosystems {
    ($($variant:ident => $ecosystem:ty),+ $(,)?) => {
        #[derive(Debug, Clone)]
        enum ParsedVersion {
            $($variant(<$ecosystem as Ecosystem>::Version),)+
        }

        #[derive(Debug, Clone)]
        enum ParsedRequirement {
            $($variant(<$ecosystem as Ecosystem>::Requirement),)+
        }

        impl ParsedVersion {
            fn parse(format: Format, text: &str) -> Result<Self, String> {
                match format {
                    $(Format::$variant => <$ecosystem>::parse_version(text).map(Self::$variant),)+
                }
            }

            const fn format(&self) -> Format {
                match self {
                    $(Self::$variant(_) => Format::$variant,)+
                }
            }

            fn is_prerelease(&self) -> bool {
                match self {
                    $(Self::$variant(version) => <$ecosystem>::is_prerelease(version),)+
                }
            }

            fn compare(&self, other: &Self) -> Option<Ordering> {
                match (self, other) {
                    $((Self::$variant(version), Self::$variant(other)) => Some(version.cmp(other)),)+
                    _ => None,
                }
            }
        }

        impl ParsedRequirement {
            fn parse(format: Format, text: &str) -> Result<Self, String> {
                match format {
                    $(Format::$variant => <$ecosystem>::parse_requirement(text).map(Self::$variant),)+
                }
            }

            const fn format(&self) -> Format {
                match self {
                    $(Self::$variant(_) => Format::$variant,)+
                }
            }

            fn kind(&self) -> RequirementKind {
                match self {
                    $(Self::$variant(requirement) => <$ecosystem>::kind(requirement),)+
                }
            }

            fn alias(&self) -> Option<&str> {
                match self {
                    $(Self::$variant(requirement) => <$ecosystem>::alias(requirement),)+
                }
            }

            fn admits(&self, version: &ParsedVersion, prereleases: bool) -> bool {
                match (self, version) {
                    $((Self::$variant(requirement), ParsedVersion::$variant(version)) => {
                        <$ecosystem>::admits(requirement, version, prereleases)
                    })+
                    _ => false,
                }
            }

            /// Candidates of another format are passed over.
            fn selects<'a>(&self, candidates: &'a [Version]) -> Option<&'a Version> {
                match self {
                    $(Self::$variant(requirement) => {
                        let (own, versions): (Vec<_>, Vec<_>) = candidates
                            .iter()
                            .filter_map(|candidate| match &candidate.parsed {
                                ParsedVersion::$variant(version) => Some((candidate, version)),
                                _ => None,
                            })
                            .unzip();
                        <$ecosystem>::selects(requirement, &versions).and_then(|position| own.get(position).copied())
                    })+
                }
            }
        }

        /// The version text as CodeArtifact stores it; as given where the format knows no normal form.
        pub(crate) fn normalise_version(format: Format, text: &str) -> String {
            match format {
                $(Format::$variant => <$ecosystem>::normalise_version(text),)+
            }
        }
    };
}

ecosystems! {
    Cargo => crate::cargo::Cargo,
    Generic => crate::generic::Generic,
    Maven => crate::maven::Maven,
    Npm => crate::npm::Npm,
    Nuget => crate::nuget::Nuget,
    Pypi => crate::pypi::Pypi,
    Ruby => crate::ruby::Ruby,
    Swift => crate::swift::Swift,
}

/// What sort of requirement this is; decides how impact is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequirementKind {
    /// Admits a set of versions, of which a plain build selects one by the ecosystem's rule (highest; NuGet lowest).
    Range,
    /// Admits exactly one version (npm `1.2.3`, PEP 440 `==1.2.3`, Cargo `=1.2.3`, Maven `[1.2]`).
    Exact,
    /// Maven's bare version: a build keeps this one, though Maven would accept any other that the graph forces. Only
    /// versions equal to it are admitted in the sense of [`Requirement::admits`], so ask for this kind before calling
    /// a version excluded.
    SoftPin,
    /// Names a mutable version, a Maven `-SNAPSHOT`.
    Mutable,
    /// A distribution tag (`latest`, `next`), which no event reports.
    Tag(String),
    /// Resolved elsewhere than from a registry: git, path, url, `workspace:`, `link:`, … The text names which.
    NotFromRegistry(String),
}

/// A version string that the ecosystem calls invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a {format} version: {reason}")]
pub struct InvalidVersion {
    pub format: Format,
    pub text: String,
    pub reason: String,
}

/// A requirement string that the ecosystem calls invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a {format} version requirement: {reason}")]
pub struct InvalidRequirement {
    pub format: Format,
    pub text: String,
    pub reason: String,
}

impl Version {
    pub fn parse(format: Format, text: &str) -> Result<Self, InvalidVersion> {
        let parsed = checked_len(text, VERSION_LEN_MAX)
            .and_then(|()| ParsedVersion::parse(format, text))
            .map_err(|reason| InvalidVersion {
                format,
                text: abridged(text),
                reason,
            })?;
        Ok(Self {
            text: normalise_version(format, text).into_boxed_str(),
            parsed,
        })
    }

    pub const fn format(&self) -> Format {
        self.parsed.format()
    }

    /// The text as given, normalised where the ecosystem normalises (NuGet).
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn is_prerelease(&self) -> bool {
        self.parsed.is_prerelease()
    }

    /// The order of the ecosystem's own tool; `None` for versions of two formats.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        self.parsed.compare(&other.parsed)
    }
}

impl Requirement {
    pub fn parse(format: Format, text: &str) -> Result<Self, InvalidRequirement> {
        let parsed = checked_len(text, REQUIREMENT_LEN_MAX)
            .and_then(|()| ParsedRequirement::parse(format, text))
            .map_err(|reason| InvalidRequirement {
                format,
                text: abridged(text),
                reason,
            })?;
        Ok(Self {
            text: text.into(),
            parsed,
        })
    }

    pub const fn format(&self) -> Format {
        self.parsed.format()
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn kind(&self) -> RequirementKind {
        self.parsed.kind()
    }

    /// The package that this requirement names in place of the one it is written for: `@acme/tokens` in npm's
    /// `npm:@acme/tokens@^2`. `None` where it names no other.
    pub fn alias(&self) -> Option<&str> {
        self.parsed.alias()
    }

    /// Whether the requirement contains the version, by the ecosystem's default pre-release rule. `false` for what is
    /// no version requirement: ask [`Self::kind`] first.
    pub fn admits(&self, version: &Version) -> bool {
        self.parsed.admits(&version.parsed, false)
    }

    /// As [`Self::admits`], with the ecosystem's own switch that lets pre-releases in (npm `includePrerelease`, PEP 440
    /// `prereleases`).
    pub fn admits_with_prereleases(&self, version: &Version) -> bool {
        self.parsed.admits(&version.parsed, true)
    }

    /// What a plain build without a lock chooses among the visible `candidates`, by the rule of each ecosystem's own
    /// tool (NuGet the lowest admitted, most others the highest). Of equal versions the first counts. `None` if none
    /// is admitted or this is no version requirement.
    pub fn selects<'a>(&self, candidates: &'a [Version]) -> Option<&'a Version> {
        self.parsed.selects(candidates)
    }
}

fn checked_len(text: &str, len_max: usize) -> Result<(), String> {
    if text.len() > len_max {
        return Err(format!(
            "it has {} bytes, more than the {len_max} that are read",
            text.len()
        ));
    }
    Ok(())
}

/// The text for a message: a long one is cut.
fn abridged(text: &str) -> String {
    const CHARS_MAX: usize = 256;
    match text.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
