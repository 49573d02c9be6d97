//! What a replay is made of, and when each of its events arrives.

use downriver_domain::Timestamp;
use downriver_engine::register::Catalog;
use downriver_engine::wire::Sources;
use serde::Deserialize;

use super::Quarantined;
use crate::simulator::ids::fingerprint_of;
use crate::simulator::instant::parse_instant;
use crate::story::{Delivery, Story, When};

/// Where nothing says when: 2026-01-01T00:00:00Z.
const FIRST_DEFAULT: Timestamp = Timestamp::from_unix_millis(1_767_225_600_000);

/// Everything that decides what happens in a replay.
#[derive(Debug, Clone)]
pub struct ReplayInput {
    pub catalog: Catalog,
    /// The bytes that the catalog was read from, for the fingerprint.
    pub catalog_bytes: Vec<u8>,
    /// [`Story::default`] where there is none.
    pub story: Story,
    pub story_bytes: Vec<u8>,
    pub events: Vec<InputEvent>,
    /// Parts of the files that were no events.
    pub broken: Vec<Quarantined>,
    /// Whose events are believed.
    pub sources: Sources,
}

/// One event as it stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputEvent {
    /// Where, such as `events.jsonl:12`.
    pub position: String,
    pub bytes: Vec<u8>,
}

/// The events in the order and at the times of their arrival.
#[derive(Debug)]
pub(super) struct ArrangedInput {
    pub(super) events: Vec<(Timestamp, InputEvent)>,
    /// The instant of the first event.
    pub(super) first: Timestamp,
    pub(super) sources: Sources,
}

impl ReplayInput {
    /// The same for the same contents, wherever the files lie.
    pub(super) fn fingerprint(&self) -> String {
        let events = self.events.iter().map(|event| event.bytes.as_slice());
        let texts = [self.catalog_bytes.as_slice(), self.story_bytes.as_slice()];
        fingerprint_of(texts.into_iter().chain(events))
    }

    pub(super) fn arrange(
        events: Vec<InputEvent>,
        sources: Sources,
        story: &Story,
    ) -> ArrangedInput {
        let times: Vec<Option<Timestamp>> =
            events.iter().map(|event| time_of(&event.bytes)).collect();
        let first = times.iter().flatten().min().copied();
        let first = first.or_else(|| earliest(story)).unwrap_or(FIRST_DEFAULT);
        let mut latest = first;
        let mut arranged: Vec<(Timestamp, InputEvent)> = Vec::with_capacity(events.len());
        for (event, time) in events.into_iter().zip(times) {
            latest = match (time, story.delivery) {
                (None, _) => latest,
                (Some(time), Delivery::ByTime) => time,
                (Some(time), Delivery::AsListed) => latest.max(time),
            };
            arranged.push((latest, event));
        }
        arranged.sort_by_key(|(at, _)| *at);
        ArrangedInput {
            events: arranged,
            first,
            sources,
        }
    }
}

/// The envelope's `time`, whatever else is wrong with the event; one without a time comes with the event before it.
fn time_of(bytes: &[u8]) -> Option<Timestamp> {
    #[derive(Deserialize)]
    struct Timed {
        time: String,
    }
    let timed: Timed = serde_json::from_slice(bytes).ok()?;
    parse_instant(&timed.time)
}

fn earliest(story: &Story) -> Option<Timestamp> {
    let pushes = story.pushes.iter().map(|push| push.at);
    let commands = story.commands.iter().map(|command| command.at);
    let absolute = |when| match when {
        When::At(at) => Some(at),
        When::After(_) => None,
    };
    pushes.chain(commands).filter_map(absolute).min()
}
