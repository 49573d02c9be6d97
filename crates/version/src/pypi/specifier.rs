//! PEP 440 version specifiers, each and as a set. Follows `packaging.specifiers` of pypa/packaging 26.3.

use std::collections::BTreeSet;
use std::fmt;

use super::Version;
use super::version::{Pep440, is_python_space};

/// One clause, such as `>=1.0`.
#[derive(Debug, Clone)]
struct Specifier {
    /// Operator and version, without white space.
    text: Box<str>,
    clause: Clause,
}

#[derive(Debug, Clone)]
enum Clause {
    /// `===`: equality of the texts, letter case aside. Also holds whether the text is a pre-release.
    Arbitrary {
        text: Box<str>,
        is_prerelease: bool,
    },
    /// `==1.2.*`
    Prefix(Pep440),
    /// `!=1.2.*`
    NotPrefix(Pep440),
    Equal(Pep440),
    NotEqual(Pep440),
    AtLeast(Pep440),
    AtMost(Pep440),
    Above(Pep440),
    /// `bound` is not the version named but where `<` stops: `<1.0` at `1.0.dev0`.
    Below {
        is_prerelease: bool,
        bound: Pep440,
    },
    /// `~=`
    Compatible(Pep440),
}

/// Clauses that must all hold. Displays sorted and without duplicates, as `packaging` does.
#[derive(Debug, Clone, Default)]
pub(crate) struct SpecifierSet(Box<[Specifier]>);

impl SpecifierSet {
    /// Reads clauses separated by commas; empty ones are passed over and no clause admits everything.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        text.split(',')
            .map(|clause| clause.trim_matches(is_python_space))
            .filter(|clause| !clause.is_empty())
            .map(Specifier::parse)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Reads one clause, in which a comma is nothing special.
    pub(super) fn parse_one(clause: &str) -> Result<Self, String> {
        Specifier::parse(clause.trim_matches(is_python_space))
            .map(|specifier| Self(Box::new([specifier])))
    }

    /// Whether every clause holds, pre-releases allowed. Text that is no PEP 440 version satisfies `===` alone.
    pub(super) fn contains(&self, version: &Version) -> bool {
        self.0
            .iter()
            .all(|specifier| specifier.clause.contains(version))
    }

    /// Whether a clause asks for pre-releases by naming one. `!=` and `==1.0.*` do not.
    pub(super) fn names_prerelease(&self) -> bool {
        self.0
            .iter()
            .any(|specifier| specifier.clause.names_prerelease())
    }

    /// Whether a clause admits one public version alone.
    pub(super) fn is_exact(&self) -> bool {
        self.0.iter().any(|specifier| {
            matches!(
                specifier.clause,
                Clause::Equal(_) | Clause::Arbitrary { .. }
            )
        })
    }
}

impl fmt::Display for SpecifierSet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sorted: BTreeSet<&str> = self.0.iter().map(|specifier| &*specifier.text).collect();
        for (position, text) in sorted.into_iter().enumerate() {
            if position > 0 {
                out.write_str(",")?;
            }
            out.write_str(text)?;
        }
        Ok(())
    }
}

impl Specifier {
    fn parse(text: &str) -> Result<Self, String> {
        const OPERATORS: [&str; 8] = ["===", "~=", "==", "!=", "<=", ">=", "<", ">"];
        let operator = OPERATORS
            .into_iter()
            .find(|operator| text.starts_with(operator))
            .ok_or_else(|| format!("`{text}` does not begin with a comparison operator"))?;
        let version = text[operator.len()..].trim_matches(is_python_space);
        Ok(Self {
            text: format!("{operator}{version}").into(),
            clause: Clause::parse(operator, version)?,
        })
    }
}

impl Clause {
    fn parse(operator: &str, text: &str) -> Result<Self, String> {
        if operator == "===" {
            if text.contains(|letter| is_python_space(letter) || matches!(letter, ';' | ')')) {
                return Err(format!("`{text}` is more than one word after `===`"));
            }
            let is_prerelease = Pep440::parse(text).is_ok_and(|version| version.is_prerelease());
            return Ok(Self::Arbitrary {
                text: text.to_lowercase().into(),
                is_prerelease,
            });
        }
        if let Some(prefix) = text.strip_suffix(".*") {
            return Self::parse_prefix(operator, prefix);
        }
        let version = Pep440::parse_trimmed(text)?;
        if version.has_local() && !matches!(operator, "==" | "!=") {
            return Err(format!("`{operator}` takes no local version"));
        }
        Ok(match operator {
            "==" => Self::Equal(version),
            "!=" => Self::NotEqual(version),
            ">=" => Self::AtLeast(version),
            "<=" => Self::AtMost(version),
            ">" => Self::Above(version),
            "<" if version.is_prerelease() => Self::Below {
                is_prerelease: true,
                bound: version,
            },
            "<" => Self::Below {
                is_prerelease: false,
                bound: version.with_dev_zero(),
            },
            _ if version.release_len() < 2 => {
                return Err("`~=` needs at least two release numbers".to_owned());
            }
            _ => Self::Compatible(version),
        })
    }

    fn parse_prefix(operator: &str, prefix: &str) -> Result<Self, String> {
        let version = Pep440::parse_trimmed(prefix)?;
        if !version.is_release_only() {
            return Err("`.*` may follow release numbers only".to_owned());
        }
        match operator {
            "==" => Ok(Self::Prefix(version)),
            "!=" => Ok(Self::NotPrefix(version)),
            _ => Err(format!("`{operator}` takes no `.*`")),
        }
    }

    fn contains(&self, candidate: &Version) -> bool {
        if let Self::Arbitrary { text, .. } = self {
            return text
                .chars()
                .eq(candidate.text.chars().flat_map(char::to_lowercase));
        }
        let Some(version) = &candidate.pep440 else {
            return false;
        };
        match self {
            Self::Arbitrary { .. } => false,
            Self::Prefix(base) => version.has_prefix_of(base, base.release_len()),
            Self::NotPrefix(base) => !version.has_prefix_of(base, base.release_len()),
            Self::Equal(base) => is_equal(version, base),
            Self::NotEqual(base) => !is_equal(version, base),
            Self::AtLeast(base) => version >= base,
            Self::AtMost(base) => version.compare_public(base).is_le(),
            Self::Above(base) if base.is_post_or_dev() => version.compare_public(base).is_gt(),
            // Post-releases and local versions of the named version are not above it.
            Self::Above(base) => version > base && !version.is_of_family(base),
            Self::Below { bound, .. } => version < bound,
            Self::Compatible(base) => {
                version >= base && version.has_prefix_of(base, base.release_len() - 1)
            }
        }
    }

    fn names_prerelease(&self) -> bool {
        match self {
            Self::Prefix(_) | Self::NotPrefix(_) | Self::NotEqual(_) => false,
            Self::Arbitrary { is_prerelease, .. } | Self::Below { is_prerelease, .. } => {
                *is_prerelease
            }
            Self::Equal(version)
            | Self::AtLeast(version)
            | Self::AtMost(version)
            | Self::Above(version)
            | Self::Compatible(version) => version.is_prerelease(),
        }
    }
}

/// A clause without a local version is met by every local version of it.
fn is_equal(version: &Pep440, base: &Pep440) -> bool {
    if base.has_local() {
        version == base
    } else {
        version.compare_public(base).is_eq()
    }
}
