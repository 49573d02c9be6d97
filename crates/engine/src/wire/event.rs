//! An event of either kind, for what reads both from one place: a replay.

use super::codeartifact::{self, PackageVersionEvent};
use super::codepipeline::{self, Ignored, PipelineEvent};
use super::envelope::{self, Sources};
use super::json::{self, Json};
use super::rejection::{Rejection, Shown};
use crate::track::ExecutionEvent;

/// What an event of unknown kind turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WireEvent {
    PackageVersion(PackageVersionEvent),
    Execution(ExecutionEvent),
    /// In order, but nothing that is followed.
    Ignored(Ignored),
}

/// Reads one event of CodeArtifact or CodePipeline, told apart by `source`. Of an extra source, which may send both, the
/// start of `detail-type` tells.
pub fn parse(bytes: &[u8], sources: &Sources) -> Result<WireEvent, Rejection> {
    parse_document(&json::parse(bytes)?, sources)
}

pub(crate) fn parse_document(event: &Json, sources: &Sources) -> Result<WireEvent, Rejection> {
    let (source, detail_type) = envelope::parse_kind(event)?;
    let is_pipeline = match source {
        codeartifact::SOURCE => false,
        codepipeline::SOURCE => true,
        other if sources.allows(other, codeartifact::SOURCE) => {
            detail_type.starts_with("CodePipeline ")
        }
        other => {
            return Err(Rejection::OtherSource {
                found: Shown::new(other),
                expected: format!("`{}` or `{}`", codeartifact::SOURCE, codepipeline::SOURCE),
            });
        }
    };
    if !is_pipeline {
        return codeartifact::parse_event(event, sources).map(WireEvent::PackageVersion);
    }
    Ok(match codepipeline::parse_event(event, sources)? {
        PipelineEvent::Execution(execution) => WireEvent::Execution(execution),
        PipelineEvent::Ignored(reason) => WireEvent::Ignored(reason),
    })
}
