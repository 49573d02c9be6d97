//! Why an event was not taken: one variant per decision, each a plain reason for the quarantine queue.

use std::borrow::Cow;
use std::fmt;

/// Characters of an offending value that a message shows.
const SHOWN_CHARS_MAX: usize = 80;

/// Of an ARN it shows more, because what differs mostly stands at its end.
const SHOWN_ARN_CHARS_MAX: usize = 240;

/// Text from outside as it may stand in a message or a log: control, invisible and direction-changing characters
/// escaped, and cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown(String);

impl Shown {
    /// Cut at 80 characters.
    pub fn new(text: &str) -> Self {
        Self::up_to(text, SHOWN_CHARS_MAX)
    }

    /// Cut at 240 characters.
    pub(crate) fn arn(text: &str) -> Self {
        Self::up_to(text, SHOWN_ARN_CHARS_MAX)
    }

    fn up_to(text: &str, chars_max: usize) -> Self {
        let mut shown: String = text
            .chars()
            .take(chars_max)
            .flat_map(char::escape_debug)
            .collect();
        if text.chars().nth(chars_max).is_some() {
            shown.push('…');
        }
        Self(shown)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Why an event was not taken. Displays as a reason that names the field, the value as it came, and what is expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("the event has {bytes_len} bytes: expected at most {bytes_max}")]
    TooLarge { bytes_len: usize, bytes_max: usize },
    #[error("the event is not valid UTF-8 from byte {at} on")]
    NotUtf8 { at: usize },
    #[error(
        "the event nests deeper than {} levels at byte {at}",
        super::NESTING_MAX
    )]
    TooDeep { at: usize },
    #[error("the event is not JSON: {reason}")]
    NotJson { reason: String },
    /// Readers disagree about which of the two counts, so neither is trusted.
    #[error("the key `{key}` stands twice in one object, the second time in line {line}")]
    DuplicateKey { key: Shown, line: usize },
    #[error("{field} is missing: expected {expected}")]
    Missing {
        field: String,
        expected: &'static str,
    },
    #[error("{field} is {found}: expected {expected}")]
    WrongType {
        field: String,
        found: &'static str,
        expected: &'static str,
    },
    #[error("{field} is `{text}`: expected {expected}")]
    Invalid {
        field: String,
        text: Shown,
        expected: Cow<'static, str>,
    },
    #[error("{field} is `{text}`, which is unknown: expected {expected}")]
    UnknownFormat {
        field: String,
        text: Shown,
        expected: String,
    },
    #[error("{field} is `{text}`, which is unknown: expected {expected}")]
    UnknownState {
        field: String,
        text: Shown,
        expected: &'static str,
    },
    #[error("{field} is `{text}`, which is unknown: expected {expected}")]
    UnknownOperation {
        field: String,
        text: Shown,
        expected: &'static str,
    },
    #[error("{field} has {found} entries: expected at most {max}")]
    TooMany {
        field: String,
        found: usize,
        max: usize,
    },
    /// A message of our own in a version that this reader does not know.
    #[error(
        "v is `{found}`: written by a newer downriver; upgrade this one to at least that version, then send the message again"
    )]
    NewerVersion { found: Shown },
    #[error(
        "kind is `{found}`, which is unknown: expected {expected}; a newer downriver may have written it"
    )]
    UnknownKind {
        found: Shown,
        expected: &'static str,
    },
    #[error("source is `{found}`: expected {expected}")]
    OtherSource { found: Shown, expected: String },
    #[error("detail-type is `{found}`: expected `{expected}`")]
    OtherDetailType {
        found: Shown,
        expected: &'static str,
    },
    /// The envelope names another thing than the detail.
    #[error("resources names `{arn}`, but {field} says `{detail}`: expected both to agree")]
    ContradictingResource {
        arn: Shown,
        field: &'static str,
        detail: Shown,
    },
    #[error(
        "no domain owner is configured, so no event is accepted: add the accounts that own your CodeArtifact domains to the catalog"
    )]
    NoDomainOwners,
    #[error("detail.domainOwner is `{found}`: expected a configured domain owner ({expected})")]
    OtherDomainOwner { found: String, expected: String },
    #[error(
        "account is `{found}`: expected the domain owner `{owner}` or a configured receiver ({receivers})"
    )]
    OtherReceiver {
        found: String,
        owner: String,
        receivers: String,
    },
}

impl Rejection {
    /// A short name of the decision, for a metric's dimension.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too-large",
            Self::NotUtf8 { .. } => "not-utf8",
            Self::TooDeep { .. } => "too-deep",
            Self::NotJson { .. } => "not-json",
            Self::DuplicateKey { .. } => "duplicate-key",
            Self::Missing { .. } => "missing",
            Self::WrongType { .. } => "wrong-type",
            Self::Invalid { .. } => "invalid",
            Self::UnknownFormat { .. } => "unknown-format",
            Self::UnknownState { .. } => "unknown-state",
            Self::UnknownOperation { .. } => "unknown-operation",
            Self::TooMany { .. } => "too-many",
            Self::NewerVersion { .. } => "newer-version",
            Self::UnknownKind { .. } => "unknown-kind",
            Self::OtherSource { .. } => "other-source",
            Self::OtherDetailType { .. } => "other-detail-type",
            Self::ContradictingResource { .. } => "contradicting-resource",
            Self::NoDomainOwners => "no-domain-owners",
            Self::OtherDomainOwner { .. } => "other-domain-owner",
            Self::OtherReceiver { .. } => "other-receiver",
        }
    }
}
