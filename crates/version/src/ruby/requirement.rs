//! `Gem::Requirement`: clauses that must all hold.

use super::version::{Version, is_ruby_space};
use crate::RequirementKind;

#[derive(Debug, Clone)]
pub(crate) enum Requirement {
    Clauses(Box<[Clause]>),
    /// `!` in a lock file: whatever the lock's own source holds.
    SourceSet,
}

#[derive(Debug, Clone)]
pub(crate) struct Clause {
    operator: Operator,
    version: Version,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Above,
    Below,
    AtLeast,
    AtMost,
    /// `~>`: at least this, and below the version with the next to last number raised.
    Pessimistic,
}

/// Those of two characters first, so that none hides another.
const OPERATORS: [(&str, Operator); 7] = [
    ("!=", Operator::NotEqual),
    (">=", Operator::AtLeast),
    ("<=", Operator::AtMost),
    ("~>", Operator::Pessimistic),
    ("=", Operator::Equal),
    (">", Operator::Above),
    ("<", Operator::Below),
];

impl Requirement {
    /// Reads clauses separated by commas; no clause at all means `>= 0`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        match text.trim_matches(is_ruby_space) {
            "" => Ok(Self::Clauses(Box::new([Clause::parse(">= 0")?]))),
            "!" => Ok(Self::SourceSet),
            text => text
                .split(',')
                .map(Clause::parse)
                .collect::<Result<_, _>>()
                .map(Self::Clauses),
        }
    }

    fn clauses(&self) -> &[Clause] {
        match self {
            Self::Clauses(clauses) => clauses,
            Self::SourceSet => &[],
        }
    }

    pub(super) fn kind(&self) -> RequirementKind {
        match self {
            Self::SourceSet => RequirementKind::NotFromRegistry("!".to_owned()),
            Self::Clauses(clauses)
                if clauses
                    .iter()
                    .any(|clause| clause.operator == Operator::Equal) =>
            {
                RequirementKind::Exact
            }
            Self::Clauses(_) => RequirementKind::Range,
        }
    }

    pub(super) fn names_prerelease(&self) -> bool {
        self.clauses()
            .iter()
            .any(|clause| clause.version.is_prerelease())
    }

    pub(super) fn admits(&self, version: &Version) -> bool {
        match self {
            Self::Clauses(clauses) => clauses.iter().all(|clause| clause.admits(version)),
            Self::SourceSet => false,
        }
    }
}

impl Clause {
    fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim_matches(is_ruby_space);
        let found = OPERATORS
            .into_iter()
            .find_map(|(name, operator)| Some((operator, text.strip_prefix(name)?)));
        let (operator, version) = found.unwrap_or((Operator::Equal, text));
        let version = Version::parse_trimmed(version.trim_start_matches(is_ruby_space)).map_err(
            |reason| {
                format!(
                    "in `{}`, {reason}",
                    text.chars().take(64).collect::<String>()
                )
            },
        )?;
        Ok(Self { operator, version })
    }

    fn admits(&self, version: &Version) -> bool {
        match self.operator {
            Operator::Equal => *version == self.version,
            Operator::NotEqual => *version != self.version,
            Operator::Above => *version > self.version,
            Operator::Below => *version < self.version,
            Operator::AtLeast => *version >= self.version,
            Operator::AtMost => *version <= self.version,
            Operator::Pessimistic => {
                *version >= self.version && version.is_below_bump_of(&self.version)
            }
        }
    }
}
