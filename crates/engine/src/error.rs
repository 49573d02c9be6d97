use crate::ports::{QueueError, ReadError, StoreError, UploadError};

/// Why a use case could not finish; the message that asked for it is to be delivered again.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error("failed to use the store")]
    Store(#[from] StoreError),
    #[error("failed to send a message")]
    Queue(#[from] QueueError),
    #[error("failed to keep what a build sent")]
    Upload(#[from] UploadError),
    #[error("failed to read from AWS")]
    Read(#[from] ReadError),
    /// Other writers won every time; the message is to be delivered again later.
    #[error("failed to write: {0} was changed by others {1} times in a row")]
    Contended(String, u32),
}
