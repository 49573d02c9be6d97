//! Batches on their way, and the account of what went where.

use std::collections::BTreeMap;

use downriver_aws::deployment::{
    BATCH_BYTES_MAX, BATCH_MESSAGES_MAX, BUS_BYTES_MAX, BUS_EVENTS_MAX, BusEvent, DeployedQueue,
    Deployment, Refusal,
};
use downriver_domain::Timestamp;
use serde::Serialize;

use super::letter::Letter;
use crate::arguments::{EventTime, SendOptions, Way};
use crate::desk::still::wall_clock;
use crate::exit::Exit;
use crate::render::style::{Page, counted, grouped, hang, put};
use crate::terminal::Terminal;

/// Events older than this were not just made to be sent.
const OLD_SECS: u64 = 3600;
/// Events that were not sent, as many as are shown to people.
const NOT_SENT_SHOWN_MAX: usize = 20;

pub(super) struct Outbox<'a> {
    deployment: &'a Deployment,
    /// The events go onto the bus, under this source.
    source: Option<&'a str>,
    lanes: BTreeMap<DeployedQueue, Lane>,
    started_at: Timestamp,
    report: Report,
}

/// What waits to be sent together.
#[derive(Default)]
struct Lane {
    waiting: Vec<Letter>,
    events: Vec<BusEvent>,
    bytes: usize,
}

#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Report {
    /// Events sent, by where.
    pub(super) sent: BTreeMap<&'static str, usize>,
    pub(super) not_sent: Vec<NotSent>,
    /// Of those sent, dated more than an hour before.
    pub(super) old: usize,
    /// Of those not sent, refused by AWS; the others are no events.
    pub(super) refused: usize,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct NotSent {
    /// `file:line`.
    pub(super) source: String,
    pub(super) reason: String,
}

#[derive(Serialize)]
struct SentDocument<'a> {
    deployment: &'a str,
    region: &'a str,
    through: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
    sent: &'a BTreeMap<&'static str, usize>,
    old: usize,
    not_sent: &'a [NotSent],
}

impl<'a> Outbox<'a> {
    pub(super) fn new(deployment: &'a Deployment, source: Option<&'a str>) -> Self {
        Self {
            deployment,
            source,
            lanes: BTreeMap::new(),
            started_at: wall_clock(),
            report: Report::default(),
        }
    }

    pub(super) fn not_sent(&mut self, source: String, reason: String) {
        self.report.not_sent.push(NotSent { source, reason });
    }

    /// Sends the batch before it where it does not fit in any more.
    pub(super) async fn take(
        &mut self,
        letter: Letter,
        terminal: &mut Terminal,
    ) -> anyhow::Result<()> {
        // On the bus everything goes one way.
        let (queue, event) = match self.source {
            None => (letter.queue, None),
            Some(source) => match letter.on_bus(source) {
                Ok(event) => (DeployedQueue::Changes, Some(event)),
                Err(reason) => {
                    self.not_sent(letter.position, reason);
                    return Ok(());
                }
            },
        };
        let (bytes, count_max, bytes_max) = match &event {
            None => (letter.body.len(), BATCH_MESSAGES_MAX, BATCH_BYTES_MAX),
            Some(event) => (event.bytes_len(), BUS_EVENTS_MAX, BUS_BYTES_MAX),
        };
        let lane = self.lanes.entry(queue).or_default();
        if lane.waiting.len() == count_max || lane.bytes + bytes > bytes_max {
            let lane = std::mem::take(lane);
            self.send(queue, lane, terminal).await?;
        }
        let lane = self.lanes.entry(queue).or_default();
        lane.bytes += bytes;
        lane.waiting.push(letter);
        lane.events.extend(event);
        Ok(())
    }

    pub(super) async fn finish(mut self, terminal: &mut Terminal) -> anyhow::Result<Report> {
        for (queue, lane) in std::mem::take(&mut self.lanes) {
            self.send(queue, lane, terminal).await?;
        }
        terminal.end_progress();
        Ok(self.report)
    }

    async fn send(
        &mut self,
        queue: DeployedQueue,
        lane: Lane,
        terminal: &mut Terminal,
    ) -> anyhow::Result<()> {
        if lane.waiting.is_empty() {
            return Ok(());
        }
        let (place, refused) = if self.source.is_some() {
            let events: Vec<&BusEvent> = lane.events.iter().collect();
            ("default bus", self.deployment.put_events(&events).await?)
        } else {
            let bodies = lane.waiting.iter().map(|letter| letter.body.as_str());
            let bodies: Vec<&str> = bodies.collect();
            let sent = self.deployment.send_messages(queue, &bodies).await?;
            (queue.name(), sent)
        };
        self.report
            .count(place, lane.waiting, &refused, self.started_at);
        let sent: usize = self.report.sent.values().sum();
        terminal.show_progress(|| format!("sent {sent} events"));
        Ok(())
    }
}

impl Report {
    fn count(
        &mut self,
        place: &'static str,
        letters: Vec<Letter>,
        refused: &[Refusal],
        now: Timestamp,
    ) {
        for (index, letter) in letters.into_iter().enumerate() {
            if let Some(refusal) = refused.iter().find(|refusal| refusal.index == index) {
                self.refused += 1;
                self.not_sent.push(NotSent {
                    source: letter.position,
                    reason: format!("{place} did not take it: {}", refusal.reason),
                });
                continue;
            }
            *self.sent.entry(place).or_default() += 1;
            let is_old = letter
                .time
                .is_some_and(|time| time < now && now.secs_since(time) > OLD_SECS);
            self.old += usize::from(is_old);
        }
    }

    pub(super) fn show(
        &self,
        deployment: &Deployment,
        options: &SendOptions,
        terminal: &mut Terminal,
    ) -> anyhow::Result<Exit> {
        if terminal.is_json() {
            terminal.print_json(&SentDocument {
                deployment: deployment.name(),
                region: deployment.region(),
                through: match options.through {
                    Way::Queues => "queues",
                    Way::Bus => "bus",
                },
                source: options.source.as_deref(),
                sent: &self.sent,
                old: self.old,
                not_sent: &self.not_sent,
            })?;
        } else {
            let is_kept = options.set_time == EventTime::Kept;
            let text = self.text(terminal.page(), deployment.name(), is_kept);
            terminal.print(&text)?;
        }
        Ok(if self.refused > 0 {
            Exit::Remote
        } else if self.not_sent.is_empty() {
            Exit::Fine
        } else {
            Exit::Quarantined
        })
    }

    /// For people. `is_kept`: the events have the times they came with.
    pub(super) fn text(&self, page: Page, deployment: &str, is_kept: bool) -> String {
        let paint = page.paint;
        let total: usize = self.sent.values().sum();
        let what = counted(total, "event", "events");
        let mut out = format!("Sent {what} to deployment {}\n", paint.strong(deployment));
        for (place, count) in &self.sent {
            let count = grouped(*count);
            put(&mut out, format_args!("  {count:>6}  {place}\n"));
        }
        if !self.not_sent.is_empty() {
            let what = counted(self.not_sent.len(), "part", "parts");
            put(
                &mut out,
                format_args!("{} {what} of the input\n", paint.bad("Not sent:")),
            );
            for not_sent in self.not_sent.iter().take(NOT_SENT_SHOWN_MAX) {
                let text = format!("{}: {}", not_sent.source, not_sent.reason);
                hang(&mut out, page, "  ", &text, 4);
            }
            let more = self.not_sent.len().saturating_sub(NOT_SENT_SHOWN_MAX);
            if more > 0 {
                put(&mut out, format_args!("  and {more} more\n"));
            }
        }
        if is_kept && self.old > 0 {
            let text = format!(
                "{} more than an hour ago. Where the built version of a dependency is unknown, what was published before the application was registered changes nothing; --set-time now dates events now.",
                counted(self.old, "event is dated", "events are dated")
            );
            hang(&mut out, page, "", &text, 0);
        }
        if total > 0 {
            let text = format!("What comes of it: downriver status --deployment {deployment}");
            hang(&mut out, page, "", &paint.faint(&text), 0);
        }
        out
    }
}
