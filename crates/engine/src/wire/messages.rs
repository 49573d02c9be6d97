//! Our own messages: what stands in the queues beside EventBridge's events, and what is told on the bus.
//!
//! Owns their JSON and its versions. A message carries its version as `v` and what it is as `kind`; fields that this version
//! does not know are left alone, a version that it does not know is refused, so that two releases can share a queue. Samples
//! of each version stay in `samples/` under a test. Must not decide: what a message asks for is done by the use cases.

mod encode;
mod notice;
mod parse;
mod request;
#[cfg(test)]
mod tests;

use downriver_domain::{ApplicationId, Dependency, Timestamp};

use super::envelope::Sources;
use super::event::{self, WireEvent};
use super::json;
use super::rejection::Rejection;
use crate::index::BuiltReport;
use crate::ports::{ReadRequest, ResolvePage, Timer};

pub use encode::{
    encode_built, encode_catalog, encode_dependencies, encode_page, encode_read,
    encode_repositories, encode_timer, format_time,
};
pub use notice::{
    EncodedNotice, NOTICE_MESSAGE_CHARS_MAX, NOTICE_SOURCE, NOTICE_TEXT_CHARS_MAX, encode_notice,
};
pub use request::{REQUEST_DETAIL_TYPE, encode_request};

/// Dependencies in one message; its size ends it at about 10,000 small ones anyway.
pub const DEPENDENCIES_MAX: usize = 10_000;
/// Packages in one report of what was built.
pub const BUILT_MAX: usize = 10_000;
/// Changes of one package in a page: those of one batch.
pub const CHANGES_MAX: usize = 10_000;
/// Packages on the way to a dependency.
pub const VIA_MAX: usize = 100;

/// What the body of a queue's message turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// From CodeArtifact or CodePipeline, as EventBridge delivers it.
    Event(Box<WireEvent>),
    Timer(Timer),
    Page(ResolvePage),
    Catalog(CatalogRequest),
    Dependencies(DependenciesReport),
    Built(BuiltReport),
    /// Asks for what an execution built to be read.
    Read(ReadRequest),
    /// Asks for the graph of repositories to be read anew.
    Repositories,
}

impl Message {
    /// Its `kind`, or `event`: for logs and metrics.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Event(_) => "event",
            Self::Timer(_) => parse::KIND_TIMER,
            Self::Page(_) => parse::KIND_PAGE,
            Self::Catalog(_) => parse::KIND_CATALOG,
            Self::Dependencies(_) => parse::KIND_DEPENDENCIES,
            Self::Built(_) => parse::KIND_BUILT,
            Self::Read(_) => parse::KIND_READ,
            Self::Repositories => parse::KIND_REPOSITORIES,
        }
    }
}

/// Asks for a catalog that was put into object storage to be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogRequest {
    /// None: the deployment's own bucket.
    pub bucket: Option<String>,
    pub key: String,
    /// Of the object's bytes, 64 lower-case hex digits.
    pub sha256: String,
    /// Who asked, for the log: whatever the sender calls itself.
    pub requested_by: String,
}

/// All dependencies of an application as they now are; those registered before are replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DependenciesReport {
    pub application: ApplicationId,
    pub dependencies: Vec<Dependency>,
}

/// Reads the body of a message: ours if it has a `kind` or a `v`, else an event. Refused with the reason for the
/// quarantine queue.
pub fn parse(body: &[u8], sources: &Sources) -> Result<Message, Rejection> {
    let document = json::parse(body)?;
    match parse::parse_own(&document)? {
        Some(message) => Ok(message),
        None => {
            event::parse_document(&document, sources).map(|event| Message::Event(Box::new(event)))
        }
    }
}

/// The instants that RFC 3339 can write, the years 1 to 9999.
fn within_rfc3339(at: Timestamp) -> Timestamp {
    const FIRST: Timestamp = Timestamp::from_unix_millis(-62_135_596_800_000);
    const LAST: Timestamp = Timestamp::from_unix_millis(253_402_207_200_000);
    at.clamp(FIRST, LAST)
}
