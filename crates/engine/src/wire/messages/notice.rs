//! Notices as they stand on the bus: the detail and the detail-type of an event. Schemas: `events/schemas`.

use downriver_domain::{ApplicationId, OwnerId, RebuildId, WeeklySummary};
use serde::Serialize;

use super::encode::{encode, format_time};
use crate::history::Outcome;
use crate::ports::{Notice, NoticeKind};
use crate::wire::summary::SummaryDocument;

/// The `source` of our events.
pub const NOTICE_SOURCE: &str = "downriver";

/// The longest text that is told; EventBridge takes entries below 1 MB, and the whole of it stands in the history.
pub const NOTICE_TEXT_CHARS_MAX: usize = 8_000;

/// The longest line for chats and mails.
pub const NOTICE_MESSAGE_CHARS_MAX: usize = 1_000;

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
    owner: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    application: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rebuild: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    package_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<SummaryV1>,
    #[serde(skip_serializing_if = "Option::is_none")]
    check: Option<&'static str>,
    is_urgent: bool,
    text: String,
    message: String,
}

#[derive(Serialize)]
struct SummaryV1 {
    since: String,
    until: String,
    numbers: SummaryDocument,
}

/// The notice in the newest version, as told by this deployment.
pub fn encode_notice(notice: &Notice, deployment: &str) -> EncodedNotice {
    let detail = NoticeV1 {
        version: "1",
        at: format_time(notice.at),
        deployment,
        owner: notice.owner.as_ref().map(OwnerId::as_str),
        application: notice.application.as_ref().map(ApplicationId::as_str),
        rebuild: notice.rebuild.as_ref().map(RebuildId::as_str),
        package_version: notice.package_version.as_ref().map(ToString::to_string),
        outcome: match notice.kind {
            NoticeKind::RebuildEnded(outcome) | NoticeKind::RebuildProof(outcome) => {
                Some(outcome.as_str())
            }
            _ => None,
        },
        summary: match notice.kind {
            NoticeKind::WeeklySummary(summary) => Some(SummaryV1::from(summary)),
            _ => None,
        },
        check: match notice.kind {
            NoticeKind::DoctorFinding(check) => Some(check.as_str()),
            _ => None,
        },
        is_urgent: notice.is_urgent,
        text: cut(&notice.text, NOTICE_TEXT_CHARS_MAX),
        message: message(notice),
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
        NoticeKind::RebuildEnded(_) => "Downriver Rebuild Ended",
        NoticeKind::RebuildStuck => "Downriver Rebuild Stuck",
        NoticeKind::RebuildParked => "Downriver Rebuild Parked",
        NoticeKind::ManifestChangeNeeded => "Downriver Manifest Change Needed",
        NoticeKind::VersionWithdrawn => "Downriver Version Withdrawn",
        NoticeKind::Regressed => "Downriver Regressed",
        NoticeKind::CascadeStopped => "Downriver Cascade Stopped",
        NoticeKind::RebuildProof(_) => "Downriver Rebuild Proof",
        NoticeKind::WeeklySummary(_) => "Downriver Weekly Summary",
        NoticeKind::DoctorFinding(_) => "Downriver Doctor Finding",
        NoticeKind::ChangeHalted => "Downriver Change Halted",
        NoticeKind::ApprovalNeeded => "Downriver Approval Needed",
        NoticeKind::LimitReached => "Downriver Limit Reached",
    }
}

/// One line that stands alone: who, what, and the text. EventBridge puts values into a target's input as they are, without
/// escaping them, so nothing is in it that means something in JSON; nor `<`, with which Slack's mentions and links begin.
fn message(notice: &Notice) -> String {
    let urgent = if notice.is_urgent { "Urgent: " } else { "" };
    let who = match (&notice.application, &notice.owner) {
        (Some(application), Some(owner)) => format!("{application} ({owner})"),
        (Some(application), None) => application.to_string(),
        (None, Some(owner)) => owner.to_string(),
        // Of a package that nobody here publishes.
        (None, None) if notice.package_version.is_some() => "every owner".to_owned(),
        (None, None) => "Downriver itself".to_owned(),
    };
    let what = match notice.kind {
        NoticeKind::RebuildRequested => "rebuild requested",
        NoticeKind::RebuildStarted => "rebuild started",
        NoticeKind::RebuildEnded(Outcome::Succeeded) => "rebuilt",
        NoticeKind::RebuildEnded(Outcome::Failed) => "rebuild failed",
        NoticeKind::RebuildEnded(Outcome::Stopped) => "rebuild stopped",
        NoticeKind::RebuildEnded(Outcome::NotPickedUp)
        | NoticeKind::RebuildProof(Outcome::NotPickedUp) => "rebuilt, but not with the change",
        NoticeKind::RebuildEnded(Outcome::Pending) => {
            "execution ended badly, another attempt follows"
        }
        NoticeKind::RebuildEnded(_) => "rebuild ended",
        NoticeKind::RebuildStuck => "rebuild stuck, a person is needed",
        NoticeKind::RebuildParked => "rebuild runs for very long",
        NoticeKind::ManifestChangeNeeded => "a manifest change is needed",
        NoticeKind::VersionWithdrawn => "what it was built with was withdrawn",
        NoticeKind::Regressed => "built less than was delivered before",
        NoticeKind::CascadeStopped => "cascade stopped",
        NoticeKind::RebuildProof(Outcome::Delivered) => "delivered",
        NoticeKind::RebuildProof(_) => "rebuilt, without proof",
        NoticeKind::WeeklySummary(_) => "last week",
        NoticeKind::DoctorFinding(_) => "something does not work",
        NoticeKind::ChangeHalted => "change halted, a person is needed",
        NoticeKind::ApprovalNeeded => "an approval is needed",
        NoticeKind::LimitReached => "limit for the day reached",
    };
    let about = notice.package_version.as_ref();
    let about = about.map_or(String::new(), |version| format!(" ({version})"));
    let line = format!("{urgent}{who}: {what}{about}: {}", notice.text);
    let plain: String = line.chars().map(plain).collect();
    cut(&plain, NOTICE_MESSAGE_CHARS_MAX)
}

fn plain(character: char) -> char {
    match character {
        '"' => '\'',
        '\\' => '/',
        '<' => '‹',
        control if control.is_control() => ' ',
        // What changes the direction or is not seen deceives whoever reads it.
        '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}'
        | '\u{feff}' => ' ',
        other => other,
    }
}

impl From<WeeklySummary> for SummaryV1 {
    fn from(weekly: WeeklySummary) -> Self {
        Self {
            since: format_time(weekly.since),
            until: format_time(weekly.until),
            numbers: SummaryDocument::from(&weekly.summary),
        }
    }
}

fn cut(text: &str, chars_max: usize) -> String {
    match text.char_indices().nth(chars_max) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
