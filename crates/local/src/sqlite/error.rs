//! What goes wrong with the file, told so that a person can act on it, or a caller can repeat.

use std::path::PathBuf;

use downriver_domain::InvalidIdentifier;
use downriver_engine::ports::StoreError;
use downriver_engine::wire::stored::DecodeError;
use downriver_engine::wire::stored::key::InvalidKey;
use rusqlite::ErrorCode;

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{} is no Downriver store: name another file, or move this one away", path.display())]
    NotAStore { path: PathBuf },
    #[error(
        "{} was written by a newer version of downriver (store version {found}, this one knows {known}): upgrade downriver, or name another file",
        path.display()
    )]
    Newer {
        path: PathBuf,
        found: i64,
        known: i64,
    },
    #[error("{} is in use by another process, which did not let go in time: try again", path.display())]
    Busy { path: PathBuf },
    #[error("failed to open the store {}", path.display())]
    Unusable {
        path: PathBuf,
        source: rusqlite::Error,
    },
}

/// Why a call failed, before it becomes a [`StoreError`].
#[derive(Debug)]
pub(super) struct Failure(StoreError);

impl Failure {
    pub(super) fn permanent(text: impl Into<String>) -> Self {
        Self(StoreError::Permanent(text.into()))
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        failure.0
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self(if is_busy(&error) {
            StoreError::Transient(error.to_string())
        } else {
            StoreError::Permanent(error.to_string())
        })
    }
}

impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Self {
        Self::permanent(error.to_string())
    }
}

impl From<InvalidIdentifier> for Failure {
    fn from(error: InvalidIdentifier) -> Self {
        Self::permanent(error.to_string())
    }
}

impl From<InvalidKey> for Failure {
    fn from(error: InvalidKey) -> Self {
        Self::permanent(error.to_string())
    }
}

/// Another process has the file; the same call may succeed later.
pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}
