//! What goes wrong on the way to a deployment, told so that a person can act on it.

#[cfg(test)]
mod tests;

use std::error::Error as StdError;

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// Codes by which AWS says that the caller may not do this.
const DENIED_CODES: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "NotAuthorized",
    "UnauthorizedOperation",
];
/// Codes by which AWS says that it does not know the caller, or no longer.
const CREDENTIAL_CODES: &[&str] = &[
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "MissingAuthenticationToken",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

/// Why a deployment could not be found or used. Displays what was wrong and what to do.
#[derive(Debug, thiserror::Error)]
pub enum DeploymentError {
    #[error(
        "no AWS region is known: give --region REGION, set AWS_REGION, or set `region` in your AWS profile"
    )]
    NoRegion,
    #[error(
        "no AWS credentials were found: give --profile NAME, set AWS_PROFILE, or log in (`aws sso login`, `aws configure`)"
    )]
    NoCredentials,
    #[error(
        "the AWS credentials cannot be used: {0}; log in again (`aws sso login`), or name another profile with --profile NAME"
    )]
    BadCredentials(String),
    #[error(
        "there is no stack `{name}` in region {region}{}: name the CloudFormation stack that Downriver was deployed as, and its --region and --profile",
        in_account(account.as_deref())
    )]
    NoStack {
        name: String,
        region: String,
        account: Option<String>,
    },
    #[error(
        "stack `{name}` in region {region} has no output {}: {}",
        listed(missing),
        missing_reason(status)
    )]
    NotADeployment {
        name: String,
        region: String,
        status: String,
        missing: Vec<&'static str>,
    },
    #[error(
        "AWS denied {action}: {detail}; your role or user needs that permission, `docs/cli.md` lists those of each command"
    )]
    Denied {
        action: &'static str,
        detail: String,
    },
    #[error(
        "AWS did not answer to {action}: {detail}; check the network, the region, and AWS_ENDPOINT_URL if it is set"
    )]
    Unreachable {
        action: &'static str,
        detail: String,
    },
    #[error("AWS refused {action}: {detail}")]
    Refused {
        action: &'static str,
        detail: String,
    },
}

fn in_account(account: Option<&str>) -> String {
    account.map_or_else(String::new, |account| format!(" of account {account}"))
}

fn listed(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// A stack that is still being made has no outputs yet; another one never will.
fn missing_reason(status: &str) -> String {
    if status.ends_with("_IN_PROGRESS")
        || status.ends_with("_FAILED")
        || status.contains("ROLLBACK")
    {
        return format!("it is in state {status}; finish or mend its deployment first");
    }
    "it is none of Downriver's, or was deployed from an older template; deploy it anew with this version's".to_owned()
}

/// What a failed call of `action` (as IAM calls it) means for a person.
pub(super) fn classify<E, R>(action: &'static str, error: SdkError<E, R>) -> DeploymentError
where
    E: StdError + ProvideErrorMetadata + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    match error {
        SdkError::ServiceError(answer) => {
            let error = answer.into_err();
            let code = error.code().unwrap_or("an unknown code");
            // What the service says names the caller and the resource: just what has to be allowed.
            answered(action, code, error.message().unwrap_or_default())
        }
        SdkError::TimeoutError(_) => DeploymentError::Unreachable {
            action,
            detail: "the time was up".to_owned(),
        },
        other => DeploymentError::Unreachable {
            action,
            detail: innermost(&other),
        },
    }
}

/// What an error code that the service answered with means.
pub(super) fn answered(action: &'static str, code: &str, message: &str) -> DeploymentError {
    let detail = if message.is_empty() {
        code.to_owned()
    } else {
        format!("{message} ({code})")
    };
    if CREDENTIAL_CODES.contains(&code) {
        return DeploymentError::BadCredentials(detail);
    }
    if DENIED_CODES.contains(&code) {
        return DeploymentError::Denied { action, detail };
    }
    DeploymentError::Refused { action, detail }
}

/// The reason below the layers of the SDK: `connection refused` rather than `dispatch failure`.
fn innermost(error: &(dyn StdError + 'static)) -> String {
    let mut reason = error;
    while let Some(source) = reason.source() {
        reason = source;
    }
    let text = reason.to_string();
    if text.is_empty() {
        DisplayErrorContext(error).to_string()
    } else {
        text
    }
}
