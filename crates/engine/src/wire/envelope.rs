//! The envelope that EventBridge puts around every event, and which sources are believed.

use std::collections::BTreeSet;

use downriver_domain::{AccountId, RegionName, Timestamp};

use super::json::{Fields, Json};
use super::rejection::{Rejection, Shown};

/// The longest event id. EventBridge's own are UUIDs of 36 characters.
const ID_LEN_MAX: usize = 128;

/// `ReplayName` of the EventBridge service model.
const REPLAY_NAME_LEN_MAX: usize = 64;

/// The sources whose events are taken: the service's own, and others only where they are named. EventBridge lets nobody
/// but AWS send as `aws.`; whoever may put events on the bus can send as any other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sources {
    extra: BTreeSet<String>,
}

impl Sources {
    /// The services' own sources and `extra`, for example that of a test bench.
    pub fn with_extra(extra: impl IntoIterator<Item = String>) -> Self {
        Self {
            extra: extra.into_iter().collect(),
        }
    }

    /// Whether an event from `source` is taken for one of the service whose source is `service`.
    pub fn allows(&self, source: &str, service: &str) -> bool {
        source == service || self.extra.contains(source)
    }

    fn expected(&self, service: &str) -> String {
        self.extra
            .iter()
            .fold(format!("`{service}`"), |text, source| {
                format!("{text} or `{}`", Shown::new(source))
            })
    }
}

/// What stands around the detail of every event.
#[derive(Debug)]
pub(crate) struct Envelope<'a> {
    pub(crate) id: String,
    pub(crate) account: AccountId,
    pub(crate) region: RegionName,
    pub(crate) time: Timestamp,
    pub(crate) replay_name: Option<String>,
    pub(crate) resources: Vec<&'a str>,
    pub(crate) detail: Fields<'a>,
}

/// The `source` and the `detail-type`, which decide who reads the rest.
pub(crate) fn parse_kind(event: &Json) -> Result<(&str, &str), Rejection> {
    let fields = Fields::of_document(event)?;
    let source = fields.text("source", "a string")?;
    Ok((source, fields.text("detail-type", "a string")?))
}

/// Refuses an event from another source than `service` and those in `sources`.
pub(crate) fn check_source(found: &str, service: &str, sources: &Sources) -> Result<(), Rejection> {
    if sources.allows(found, service) {
        return Ok(());
    }
    Err(Rejection::OtherSource {
        found: Shown::new(found),
        expected: sources.expected(service),
    })
}

pub(crate) fn parse_envelope(event: &Json) -> Result<Envelope<'_>, Rejection> {
    let fields = Fields::of_document(event)?;
    if let Some(version) = fields.optional_text("version", "the string `0`")?
        && version != "0"
    {
        return Err(fields.invalid("version", version, "`0`"));
    }
    let detail = fields
        .object("detail", "detail.")?
        .ok_or_else(|| fields.missing("detail", "an object"))?;
    Ok(Envelope {
        id: parse_id(fields)?,
        account: fields.identifier("account")?,
        region: fields.identifier("region")?,
        time: fields.time("time")?,
        replay_name: parse_replay_name(fields)?,
        resources: parse_resources(fields)?,
        detail,
    })
}

fn parse_id(fields: Fields<'_>) -> Result<String, Rejection> {
    let expected = "1 to 128 visible ASCII characters";
    let text = fields.text("id", expected)?;
    let is_valid =
        (1..=ID_LEN_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_valid {
        return Err(fields.invalid("id", text, expected));
    }
    Ok(text.to_owned())
}

fn parse_replay_name(fields: Fields<'_>) -> Result<Option<String>, Rejection> {
    let expected = "1 to 64 letters, digits, `.`, `-` or `_`";
    let Some(text) = fields.optional_text("replay-name", expected)? else {
        return Ok(None);
    };
    let is_valid = (1..=REPLAY_NAME_LEN_MAX).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
    if !is_valid {
        return Err(fields.invalid("replay-name", text, expected));
    }
    Ok(Some(text.to_owned()))
}

fn parse_resources(fields: Fields<'_>) -> Result<Vec<&str>, Rejection> {
    fields
        .list("resources")?
        .iter()
        .map(|resource| match resource {
            Json::Text(text) => Ok(text.as_str()),
            other => Err(Rejection::WrongType {
                field: "resources".to_owned(),
                found: other.kind(),
                expected: "an array of strings",
            }),
        })
        .collect()
}
