//! CodeArtifact's events: bytes in, a [`Sighting`] out, or the reason why not.
//!
//! Owns the meaning of every field of `CodeArtifact Package Version State Change`; the source of each rule is the page
//! "CodeArtifact event format and example" of its user guide and the patterns of its service model. Must not decide what
//! a sighting means: that needs the inventory.

mod resource;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeSet;

use downriver_domain::version::{Format, PackageId, PackageVersionId};
use downriver_domain::{
    AccountId, Operation, RegionName, RepositoryId, Sighting, Topology, VersionStatus,
};

use super::envelope::{self, Envelope, Sources};
use super::json::{self, Fields, Json};
use super::rejection::{Rejection, Shown};

/// The `source` of CodeArtifact's events.
pub const SOURCE: &str = "aws.codeartifact";

/// The one documented `detail-type`.
pub const DETAIL_TYPE: &str = "CodeArtifact Package Version State Change";

/// `PackageNamespace`, `PackageName` and `PackageVersion` of the service model.
const NAME_CHARS_MAX: usize = 255;

/// Bounds the two opaque tokens, revision and deduplication id; documented ones have 32 to 44 characters.
const TOKEN_LEN_MAX: usize = 255;

/// One event about a package version, every field within CodeArtifact's own patterns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageVersionEvent {
    /// EventBridge's, unique per delivered event: the two copies of one change may differ in it.
    pub id: String,
    /// The account that got this copy: the domain's owner or the repository's administrator.
    pub receiver: AccountId,
    pub region: RegionName,
    /// Set on what an EventBridge archive replays.
    pub replay_name: Option<String>,
    /// Marks repeats of one event that EventBridge causes.
    pub deduplication_id: Option<String>,
    pub administrator: Option<AccountId>,
    pub sighting: Sighting,
}

/// Reads one event, as EventBridge delivers it.
pub fn parse(bytes: &[u8], sources: &Sources) -> Result<PackageVersionEvent, Rejection> {
    parse_event(&json::parse(bytes)?, sources)
}

/// Takes the sighting out of an event that concerns us: its domain owner has to be configured, and the account that got
/// this copy has to be that owner or a configured receiver (an administrator's copies need it listed).
///
/// A topology without domain owners accepts nothing. Without receivers nothing is lost, because CodeArtifact gives the
/// owner's account a copy of every event.
pub fn accept(event: PackageVersionEvent, topology: &Topology) -> Result<Sighting, Rejection> {
    let owners = &topology.domain_owners;
    if owners.is_empty() {
        return Err(Rejection::NoDomainOwners);
    }
    let owner = &event.sighting.repository.domain_owner;
    if !owners.contains(owner) {
        return Err(Rejection::OtherDomainOwner {
            found: owner.to_string(),
            expected: listed(owners),
        });
    }
    if event.receiver != *owner && !topology.receivers.contains(&event.receiver) {
        return Err(Rejection::OtherReceiver {
            found: event.receiver.to_string(),
            owner: owner.to_string(),
            receivers: listed(&topology.receivers),
        });
    }
    Ok(event.sighting)
}

pub(crate) fn parse_event(
    event: &Json,
    sources: &Sources,
) -> Result<PackageVersionEvent, Rejection> {
    let (source, detail_type) = envelope::parse_kind(event)?;
    envelope::check_source(source, SOURCE, sources)?;
    if detail_type != DETAIL_TYPE {
        return Err(Rejection::OtherDetailType {
            found: Shown::new(detail_type),
            expected: DETAIL_TYPE,
        });
    }
    let envelope = envelope::parse_envelope(event)?;
    let sighting = parse_sighting(&envelope)?;
    for arn in &envelope.resources {
        resource::check_agrees(arn, &envelope.region, &sighting)?;
    }
    Ok(PackageVersionEvent {
        deduplication_id: parse_token(envelope.detail, "eventDeduplicationId")?,
        administrator: envelope
            .detail
            .optional_identifier("repositoryAdministrator")?,
        id: envelope.id,
        receiver: envelope.account,
        region: envelope.region,
        replay_name: envelope.replay_name,
        sighting,
    })
}

fn parse_sighting(envelope: &Envelope<'_>) -> Result<Sighting, Rejection> {
    let detail = envelope.detail;
    let repository = RepositoryId {
        domain_owner: detail.identifier("domainOwner")?,
        domain: detail.identifier("domainName")?,
        name: detail.identifier("repositoryName")?,
    };
    let package_version = parse_package_version(detail)?;
    let operation = parse_operation(detail)?;
    Ok(Sighting {
        repository,
        package_version,
        status: parse_status(detail, operation)?,
        operation,
        revision: parse_token(detail, "packageVersionRevision")?,
        sequence: detail.count("sequenceNumber")?,
        event_time: envelope.time,
    })
}

fn parse_package_version(detail: Fields<'_>) -> Result<PackageVersionId, Rejection> {
    let format = parse_format(detail)?;
    // AWS's own example has null where a package has no namespace, and its ARN an empty segment: both mean none.
    let namespace = match detail.optional_text("packageNamespace", "a string or null")? {
        None | Some("") => None,
        Some(text) => Some(check_name(detail, "packageNamespace", text)?),
    };
    let name = parse_name(detail, "packageName")?;
    let version = parse_name(detail, "packageVersion")?;
    let package = PackageId::new(format, namespace, name)
        .map_err(|error| unnameable(detail, "packageName", name, &error.0))?;
    PackageVersionId::new(package, version)
        .map_err(|error| unnameable(detail, "packageVersion", version, &error.0))
}

fn parse_format(detail: Fields<'_>) -> Result<Format, Rejection> {
    let text = detail.text("packageFormat", "a string")?;
    text.parse().map_err(|_| Rejection::UnknownFormat {
        field: detail.name("packageFormat"),
        text: Shown::new(text),
        expected: format!("one of {}", Format::ALL.map(Format::as_str).join(", ")),
    })
}

fn parse_operation(detail: Fields<'_>) -> Result<Operation, Rejection> {
    let text = detail.text("operationType", "a string")?;
    match text {
        "Created" => Ok(Operation::Created),
        "Updated" => Ok(Operation::Updated),
        "Deleted" => Ok(Operation::Deleted),
        other => Err(Rejection::UnknownOperation {
            field: detail.name("operationType"),
            text: Shown::new(other),
            expected: "one of Created, Updated, Deleted",
        }),
    }
}

/// Which state comes with a deletion is not documented, so the operation alone says it.
fn parse_status(detail: Fields<'_>, operation: Operation) -> Result<VersionStatus, Rejection> {
    if operation == Operation::Deleted {
        return Ok(VersionStatus::Deleted);
    }
    let text = detail.text("packageVersionState", "a string")?;
    match text {
        "Published" => Ok(VersionStatus::Published),
        "Unfinished" => Ok(VersionStatus::Unfinished),
        "Unlisted" => Ok(VersionStatus::Unlisted),
        "Archived" => Ok(VersionStatus::Archived),
        "Disposed" => Ok(VersionStatus::Disposed),
        "Deleted" => Ok(VersionStatus::Deleted),
        other => Err(Rejection::UnknownState {
            field: detail.name("packageVersionState"),
            text: Shown::new(other),
            expected: "one of Published, Unfinished, Unlisted, Archived, Disposed, Deleted",
        }),
    }
}

const EXPECTED_NAME: &str = "1 to 255 characters without `#`, `/`, whitespace, control, invisible or \
direction-changing characters, and not `.` or `..`";

fn parse_name<'a>(detail: Fields<'a>, key: &str) -> Result<&'a str, Rejection> {
    check_name(detail, key, detail.text(key, "a string")?)
}

fn check_name<'a>(detail: Fields<'a>, key: &str, text: &'a str) -> Result<&'a str, Rejection> {
    let is_valid = (1..=NAME_CHARS_MAX).contains(&text.chars().count())
        && !matches!(text, "." | "..")
        && !text.chars().any(is_forbidden);
    if !is_valid {
        return Err(detail.invalid(key, text, EXPECTED_NAME));
    }
    Ok(text)
}

/// `[^#/\s]` is CodeArtifact's own pattern. The rest of what is refused would let a name look like another one in a log, a
/// message or a terminal.
fn is_forbidden(found: char) -> bool {
    matches!(found, '#' | '/') || found.is_whitespace() || found.is_control() || is_unseen(found)
}

/// Characters that show nothing or change the direction of what follows: the `Bidi_Control` property and the usual
/// invisible ones of Unicode's general category Cf.
const fn is_unseen(found: char) -> bool {
    matches!(
        found,
        '\u{00AD}'
            | '\u{061C}'
            | '\u{180E}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{FEFF}'
            | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E007F}'
    )
}

fn parse_token(detail: Fields<'_>, key: &str) -> Result<Option<String>, Rejection> {
    let expected = "1 to 255 visible ASCII characters";
    let Some(text) = detail.optional_text(key, expected)? else {
        return Ok(None);
    };
    let is_valid = (1..=TOKEN_LEN_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_valid {
        return Err(detail.invalid(key, text, expected));
    }
    Ok(Some(text.to_owned()))
}

/// `reason` is the naming rules' own message, which shows nothing unescaped.
fn unnameable(detail: Fields<'_>, key: &str, text: &str, reason: &str) -> Rejection {
    Rejection::Invalid {
        field: detail.name(key),
        text: Shown::new(text),
        expected: Cow::Owned(format!("what its format allows ({reason})")),
    }
}

fn listed(accounts: &BTreeSet<AccountId>) -> String {
    if accounts.is_empty() {
        return "none is".to_owned();
    }
    let accounts: Vec<&str> = accounts.iter().map(AccountId::as_str).collect();
    accounts.join(", ")
}
