//! A newtype for every identifier, parsed once at the edge; after that an invalid one cannot exist.

#[cfg(test)]
mod tests;

use std::fmt::{self, Write};
use std::str::FromStr;

use sha2::{Digest, Sha256};

/// A text that is no identifier of the kind wanted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not {kind}: expected {expected}", shown(.text))]
pub struct InvalidIdentifier {
    pub kind: &'static str,
    pub text: String,
    pub expected: &'static str,
}

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $expected:literal, $is_valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidIdentifier;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let is_valid: fn(&str) -> bool = $is_valid;
                if is_valid(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(InvalidIdentifier { kind: $kind, text: text.to_owned(), expected: $expected })
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.pad(&self.0)
            }
        }
    };
}

identifier!(
    /// What the user registers. Short enough that an attempt id fits a role session name (64 characters).
    ApplicationId,
    "an application id",
    "1 to 48 letters, digits, `-` or `_`, starting with a letter or digit",
    |text| within(text, 1, 48) && starts_alphanumeric(text) && all(text, |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
);
identifier!(
    /// The team an application belongs to.
    OwnerId,
    "an owner",
    "1 to 64 letters, digits, `-`, `_`, `.`, `@` or `/`",
    |text| within(text, 1, 64) && all(text, |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@' | '/'))
);
identifier!(
    /// An AWS account.
    AccountId,
    "an AWS account id",
    "12 digits",
    |text| within(text, 12, 12) && all(text, |c| c.is_ascii_digit())
);
identifier!(
    /// An organization of AWS Organizations, as its service model allows it.
    OrganizationId,
    "an organization id",
    "`o-` and 10 to 32 lower-case letters or digits",
    |text| text.strip_prefix("o-").is_some_and(|rest| within(rest, 10, 32)
        && all(rest, |c| c.is_ascii_lowercase() || c.is_ascii_digit()))
);
identifier!(
    /// An AWS Region.
    RegionName,
    "an AWS Region",
    "a name such as `eu-west-1`",
    |text| within(text, 5, 25)
        && text.split('-').count() >= 3
        && text.split('-').all(|part| !part.is_empty())
        && all(text, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
);
identifier!(
    /// A pipeline's name, as the CodePipeline service model allows it.
    PipelineName,
    "a pipeline name",
    "1 to 100 letters, digits, `.`, `@`, `-` or `_`",
    |text| within(text, 1, 100) && all(text, |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '@' | '-' | '_'))
);
identifier!(
    /// A CodeArtifact domain's name, as its service model allows it.
    DomainName,
    "a CodeArtifact domain name",
    "2 to 50 lower-case letters, digits or `-`, starting with a letter and not ending with `-`",
    |text| within(text, 2, 50)
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
        && all(text, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
);
identifier!(
    /// A CodeArtifact repository's name, as its service model allows it.
    RepositoryName,
    "a CodeArtifact repository name",
    "2 to 100 letters, digits, `.`, `-` or `_`, starting with a letter or digit",
    |text| within(text, 2, 100)
        && starts_alphanumeric(text)
        && all(text, |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
);
identifier!(
    /// One rebuild of one application: `<application>.<number>`.
    RebuildId,
    "a rebuild id",
    "`<application>.<number>`, at most 60 characters",
    |text| within(text, 3, 60) && is_numbered(text, |application| application.parse::<ApplicationId>().is_ok())
);
identifier!(
    /// One attempt of a rebuild, `<rebuild>.<number>`; also the name of the role session that starts it.
    AttemptId,
    "an attempt id",
    "`<application>.<number>.<number>`, at most 64 characters",
    |text| within(text, 5, 64) && is_numbered(text, |rebuild| rebuild.parse::<RebuildId>().is_ok())
);
identifier!(
    /// What CodePipeline calls one pass through a pipeline.
    PipelineExecutionId,
    "a pipeline execution id",
    "1 to 100 letters, digits or `-`",
    |text| within(text, 1, 100) && all(text, |c| c.is_ascii_alphanumeric() || c == '-')
);
identifier!(
    /// Makes a repeated StartPipelineExecution recognisable: `[a-zA-Z0-9-]{1,128}`.
    ClientRequestToken,
    "a client request token",
    "1 to 128 letters, digits or `-`",
    |text| within(text, 1, 128) && all(text, |c| c.is_ascii_alphanumeric() || c == '-')
);

identifier!(
    /// The ARN of an IAM role: `arn:aws:iam::123456789012:role/build`.
    RoleArn,
    "a role's ARN",
    "`arn:<partition>:iam::<account>:role/<name>`",
    |text| within(text, 20, 2_048) && is_role_arn(text)
);

impl RoleArn {
    /// The account that the role belongs to.
    pub fn account(&self) -> AccountId {
        let account = self.0.split(':').nth(4).unwrap_or_default();
        AccountId(account.to_owned())
    }
}

impl RebuildId {
    /// The `number`th rebuild of an application, counted from 1.
    pub fn numbered(application: &ApplicationId, number: u64) -> Self {
        Self(format!("{application}.{number}"))
    }

    /// The application and the number it was made of; `None` for a number that is none of ours.
    pub fn parts(&self) -> Option<(ApplicationId, u64)> {
        let (application, number) = self.0.rsplit_once('.')?;
        Some((application.parse().ok()?, number.parse().ok()?))
    }
}

impl AttemptId {
    /// The `number`th attempt of a rebuild, counted from 1.
    pub fn numbered(rebuild: &RebuildId, number: u32) -> Self {
        Self(format!("{rebuild}.{number}"))
    }

    /// The rebuild and the number it was made of; `None` for a number that is none of ours.
    pub fn parts(&self) -> Option<(RebuildId, u32)> {
        let (rebuild, number) = self.0.rsplit_once('.')?;
        Some((rebuild.parse().ok()?, number.parse().ok()?))
    }
}

impl ClientRequestToken {
    /// The token of an attempt: the hex SHA-256 of its id, so that repeating the call repeats the token.
    pub fn of(attempt: &AttemptId) -> Self {
        let digest = Sha256::digest(attempt.as_str().as_bytes());
        let mut hex = String::with_capacity(2 * digest.len());
        for byte in digest {
            write!(hex, "{byte:02x}").expect("writing to a string cannot fail");
        }
        Self(hex)
    }
}

/// `<what>.<digits>`.
fn is_numbered(text: &str, is_valid: fn(&str) -> bool) -> bool {
    text.rsplit_once('.').is_some_and(|(what, number)| {
        is_valid(what) && !number.is_empty() && all(number, |c| c.is_ascii_digit())
    })
}

/// Six parts, the fifth an account, the last `role/` with an optional path and a name.
fn is_role_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let ["arn", partition, "iam", "", account, role] = parts[..] else {
        return false;
    };
    let is_name = |name: &str| {
        !name.is_empty()
            && !name.ends_with('/')
            && all(name, |c| {
                c.is_ascii_alphanumeric()
                    || matches!(c, '+' | '=' | ',' | '.' | '@' | '-' | '_' | '/')
            })
    };
    let is_partition =
        partition.starts_with("aws") && all(partition, |c| c.is_ascii_lowercase() || c == '-');
    is_partition
        && account.parse::<AccountId>().is_ok()
        && role.strip_prefix("role/").is_some_and(is_name)
}

fn within(text: &str, length_min: usize, length_max: usize) -> bool {
    (length_min..=length_max).contains(&text.len())
}

fn all(text: &str, is_allowed: fn(char) -> bool) -> bool {
    text.chars().all(is_allowed)
}

fn starts_alphanumeric(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
}

/// The text as it may stand in a message: control characters escaped, cut at 80 characters.
fn shown(text: &str) -> String {
    text.chars().take(80).flat_map(char::escape_debug).collect()
}
