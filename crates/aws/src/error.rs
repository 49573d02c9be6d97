//! What an answer of AWS that is not a success means to whoever asked. One classification for all adapters.

#[cfg(test)]
mod tests;

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// Error codes by which services say "slower" or "again, with fresh credentials": nothing was done.
const NOT_NOW: [&str; 14] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestExpired",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
];

/// Why a call gave no result, after the client's own retries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoResult {
    /// It did nothing, and may do it later: throttled, or credentials that have just expired.
    NotNow(String),
    /// The connection broke, nobody answered in time, or the service failed: it may have done it.
    Unknown(String),
    /// It was understood and refused; the code is empty where the request never left this process.
    Refused { code: String, text: String },
}

impl NoResult {
    pub(crate) fn of<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: Error + ProvideErrorMetadata + 'static,
    {
        let text = DisplayErrorContext(error).to_string();
        match error {
            SdkError::ServiceError(answer) => {
                let code = answer.err().code().unwrap_or_default();
                if NOT_NOW.contains(&code) {
                    Self::NotNow(text)
                } else if answer.raw().status().is_server_error()
                    || answer.raw().status().is_success()
                {
                    // A success that the client cannot read was one all the same.
                    Self::Unknown(text)
                } else {
                    Self::Refused {
                        code: code.to_owned(),
                        text: shown(code, answer.err().message()),
                    }
                }
            }
            SdkError::ConstructionFailure(_) => Self::Refused {
                code: String::new(),
                text,
            },
            // Also what the SDK may add one day.
            _ => Self::Unknown(text),
        }
    }
}

fn shown(code: &str, message: Option<&str>) -> String {
    match message {
        Some(message) => format!("{code}: {message}"),
        None => code.to_owned(),
    }
}

impl NoResult {
    /// For a person.
    pub(crate) fn into_text(self) -> String {
        match self {
            Self::NotNow(text) | Self::Unknown(text) | Self::Refused { text, .. } => text,
        }
    }
}
