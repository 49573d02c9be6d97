//! Notices as they stand on the bus: the detail and the detail-type of an event. Schemas: `events/schemas`.

use downriver_domain::{ApplicationId, RebuildId};
use serde::Serialize;

use super::encode::{encode, format_time};
use crate::ports::{Notice, NoticeKind};

/// The `source` of our events.
pub const NOTICE_SOURCE: &str = "downriver";

/// The longest text that is told; EventBridge takes entries below 1 MB, and the whole of it stands in the history.
pub const NOTICE_TEXT_CHARS_MAX: usize = 8_000;

/// A notice as an entry of `PutEvents` takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedNotice {
    pub detail_type: &'static str,
    pub detail: String,
}

#[derive(Serialize)]
struct NoticeV1<'a> {
    version: &'static str,
    at: String,
    deployment: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    application: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rebuild: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    package_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    check: Option<&'static str>,
    is_urgent: bool,
    text: String,
}

/// The notice in the newest version, as told by this deployment.
pub fn encode_notice(notice: &Notice, deployment: &str) -> EncodedNotice {
    let detail = NoticeV1 {
        version: "1",
        at: format_time(notice.at),
        deployment,
        application: notice.application.as_ref().map(ApplicationId::as_str),
        rebuild: notice.rebuild.as_ref().map(RebuildId::as_str),
        package_version: notice.package_version.as_ref().map(ToString::to_string),
        outcome: match notice.kind {
            NoticeKind::RebuildProof(outcome) => Some(outcome.as_str()),
            _ => None,
        },
        check: match notice.kind {
            NoticeKind::DoctorFinding(check) => Some(check.as_str()),
            _ => None,
        },
        is_urgent: notice.is_urgent,
        text: cut(&notice.text),
    };
    EncodedNotice {
        detail_type: detail_type(notice.kind),
        detail: encode(&detail),
    }
}

const fn detail_type(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::RebuildRequested => "Downriver Rebuild Requested",
        NoticeKind::RebuildStarted => "Downriver Rebuild Started",
        NoticeKind::RebuildEnded => "Downriver Rebuild Ended",
        NoticeKind::RebuildStuck => "Downriver Rebuild Stuck",
        NoticeKind::RebuildParked => "Downriver Rebuild Parked",
        NoticeKind::ManifestChangeNeeded => "Downriver Manifest Change Needed",
        NoticeKind::VersionWithdrawn => "Downriver Version Withdrawn",
        NoticeKind::Regressed => "Downriver Regressed",
        NoticeKind::CascadeStopped => "Downriver Cascade Stopped",
        NoticeKind::RebuildProof(_) => "Downriver Rebuild Proof",
        NoticeKind::DoctorFinding(_) => "Downriver Doctor Finding",
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(NOTICE_TEXT_CHARS_MAX) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
