//! One event on its way: where it belongs, and what of it can be changed without touching the rest.

use downriver_aws::deployment::{BusEvent, DeployedQueue};
use downriver_domain::Timestamp;
use downriver_engine::wire::inputs::Input;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::render::time::rfc3339;

const PIPELINE_SOURCE: &str = "aws.codepipeline";
const PIPELINE_TYPES: &str = "CodePipeline ";

/// The places of an event that are looked at. Everything else stays as it is, byte for byte, also what is wrong.
#[derive(Deserialize)]
struct Places<'a> {
    #[serde(borrow)]
    source: Option<&'a RawValue>,
    #[serde(borrow, rename = "detail-type")]
    detail_type: Option<&'a RawValue>,
    #[serde(borrow)]
    time: Option<&'a RawValue>,
    #[serde(borrow)]
    resources: Option<&'a RawValue>,
    #[serde(borrow)]
    detail: Option<&'a RawValue>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) position: String,
    pub(super) body: String,
    pub(super) queue: DeployedQueue,
    /// What its time says, if it can be read.
    pub(super) time: Option<Timestamp>,
}

impl Letter {
    /// `now`: the time that it gets. Else the position and the reason why it cannot be sent.
    pub(super) fn of(input: &Input, now: Option<Timestamp>) -> Result<Self, (String, String)> {
        let position = input.position.to_string();
        let Ok(text) = std::str::from_utf8(&input.bytes) else {
            return Err((
                position,
                "it is not valid UTF-8, which no queue takes".to_owned(),
            ));
        };
        if let Some(character) = text.chars().find(|character| !is_taken(*character)) {
            let reason = format!(
                "it has the character {}, which no queue takes",
                character.escape_unicode()
            );
            return Err((position, reason));
        }
        // What cannot be taken apart goes the way of most events, for the deployment to quarantine.
        let places: Option<Places<'_>> = serde_json::from_str(text).ok();
        let queue = places.as_ref().map_or(DeployedQueue::Changes, queue_of);
        let time = places.as_ref().and_then(|places| places.time);
        let body = match (now, time) {
            (Some(now), Some(time)) => replaced(text, time.get(), &format!("\"{}\"", seconds(now))),
            _ => text.to_owned(),
        };
        let own_time = time.and_then(value::<String>);
        let own_time = own_time.and_then(|text| text.parse::<jiff::Timestamp>().ok());
        let own_time = own_time.map(|at| Timestamp::from_unix_millis(at.as_millisecond()));
        Ok(Self {
            position,
            body,
            queue,
            time: now.or(own_time),
        })
    }

    /// What of it EventBridge takes from us; or the reason why it takes nothing.
    pub(super) fn on_bus(&self, source: &str) -> Result<BusEvent, String> {
        let places: Places<'_> = serde_json::from_str(&self.body)
            .map_err(|error| format!("the bus takes no such JSON: {error}"))?;
        let detail_type: Option<String> = places.detail_type.and_then(value);
        let detail = places.detail.map(RawValue::get);
        let (Some(detail_type), Some(detail)) =
            (detail_type, detail.filter(|detail| detail.starts_with('{')))
        else {
            return Err(
                "the bus takes events with a `detail-type` and an object as `detail` only"
                    .to_owned(),
            );
        };
        Ok(BusEvent {
            source: source.to_owned(),
            detail_type,
            detail: detail.to_owned(),
            resources: places.resources.and_then(value).unwrap_or_default(),
            time: self.time,
        })
    }
}

/// As EventBridge writes it, in whole seconds.
fn seconds(at: Timestamp) -> String {
    rfc3339(Timestamp::from_unix_millis(
        at.unix_millis().div_euclid(1000) * 1000,
    ))
}

fn queue_of(places: &Places<'_>) -> DeployedQueue {
    let source: Option<String> = places.source.and_then(value);
    let detail_type: Option<String> = places.detail_type.and_then(value);
    let is_pipeline = source.as_deref() == Some(PIPELINE_SOURCE)
        || (source.is_none_or(|source| !source.starts_with(super::RESERVED))
            && detail_type.is_some_and(|text| text.starts_with(PIPELINE_TYPES)));
    if is_pipeline {
        DeployedQueue::Runs
    } else {
        DeployedQueue::Changes
    }
}

fn value<T: DeserializeOwned>(raw: &RawValue) -> Option<T> {
    serde_json::from_str(raw.get()).ok()
}

/// `text` with another text in the place of `part`, which is a part of it.
fn replaced(text: &str, part: &str, by: &str) -> String {
    let start = part.as_ptr().addr() - text.as_ptr().addr();
    let end = start + part.len();
    format!("{}{by}{}", &text[..start], &text[end..])
}

/// What SQS takes in a body (`MessageBody` of `SendMessage`).
const fn is_taken(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}
