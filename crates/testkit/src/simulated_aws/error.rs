//! The errors of the three services, by the names that their models give them.

use super::Operation;

/// An error as a service answers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) status: u16,
    /// The shape's name: `__type`, `Code` or `x-amzn-errortype`, by protocol.
    pub(crate) kind: &'static str,
    pub(crate) message: String,
    /// `Retry-After`.
    pub(crate) retry_after_secs: Option<u32>,
}

impl ApiError {
    pub(crate) fn new(status: u16, kind: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            kind,
            message: message.into(),
            retry_after_secs: None,
        }
    }

    /// A client's mistake: status 400.
    pub(crate) fn of(kind: &'static str, message: impl Into<String>) -> Self {
        Self::new(400, kind, message)
    }

    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::of("ValidationException", message)
    }

    pub(crate) fn serialization(message: impl Into<String>) -> Self {
        Self::of("SerializationException", message)
    }

    pub(crate) fn unknown_operation() -> Self {
        Self::of("UnknownOperationException", "")
    }

    pub(crate) fn pipeline_not_found(account: &str, name: &str) -> Self {
        let message = format!("Account '{account}' does not have a pipeline with name '{name}'");
        Self::of("PipelineNotFoundException", message)
    }
}

/// What goes wrong on script, whatever each service calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    Throttle,
    Conflict,
    NotFound,
    Denied,
    /// The pipeline's limit of concurrent executions.
    Limit,
    Internal,
    Invalid,
    /// The caller's session is over.
    Expired,
}

impl Refusal {
    /// The operation's own error, or None if its service has none like it.
    pub(crate) fn to_error(self, operation: Operation) -> Option<ApiError> {
        use super::Service::{CodeArtifact, CodePipeline, EventBridge, Sts};
        let (status, kind) = match (operation.service(), self) {
            (CodePipeline | EventBridge, Self::Throttle) => (400, "ThrottlingException"),
            (CodePipeline | CodeArtifact, Self::Conflict) => (
                if operation.service() == CodePipeline {
                    400
                } else {
                    409
                },
                "ConflictException",
            ),
            (CodePipeline, Self::NotFound) => (400, "PipelineNotFoundException"),
            (CodePipeline | EventBridge, Self::Denied) => (400, "AccessDeniedException"),
            (CodePipeline, Self::Limit) => {
                (400, "ConcurrentPipelineExecutionsLimitExceededException")
            }
            (CodePipeline | EventBridge | Sts, Self::Internal) => (500, "InternalFailure"),
            (CodePipeline | EventBridge | CodeArtifact, Self::Invalid) => {
                (400, "ValidationException")
            }
            (CodePipeline | EventBridge, Self::Expired) => (400, "ExpiredTokenException"),
            (CodeArtifact, Self::Throttle) => (429, "ThrottlingException"),
            (CodeArtifact, Self::NotFound) => (404, "ResourceNotFoundException"),
            (CodeArtifact, Self::Denied) => (403, "AccessDeniedException"),
            (CodeArtifact, Self::Internal) => (500, "InternalServerException"),
            (CodeArtifact, Self::Expired) => (403, "ExpiredTokenException"),
            (Sts, Self::Throttle) => (400, "Throttling"),
            (Sts, Self::Denied) => (403, "AccessDenied"),
            (Sts, Self::Invalid) => (400, "ValidationError"),
            (Sts, Self::Expired) => (403, "ExpiredToken"),
            (CodeArtifact, Self::Limit)
            | (Sts | EventBridge, Self::Conflict | Self::NotFound | Self::Limit) => {
                return None;
            }
        };
        let message = match self {
            Self::Throttle => "Rate exceeded",
            Self::Conflict => {
                "Your request cannot be handled because it is in conflict with ongoing activities. Try again later."
            }
            Self::NotFound => "It does not exist (on script)",
            Self::Denied => "The caller is not authorized to perform the operation (on script)",
            Self::Limit => {
                "The pipeline has reached the limit of concurrent executions (on script)"
            }
            Self::Internal => "Internal failure (on script)",
            Self::Invalid => "The input was refused as invalid (on script)",
            Self::Expired => "The security token included in the request is expired",
        };
        let mut error = ApiError::new(status, kind, message);
        if (operation.service(), self) == (CodeArtifact, Self::Throttle) {
            error.retry_after_secs = Some(1);
        }
        Some(error)
    }
}
