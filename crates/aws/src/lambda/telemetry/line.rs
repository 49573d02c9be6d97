//! Writes one event as one line of JSON, in the shape that Lambda's own lines have.

use std::fmt::{Debug, Write as _};
use std::io::Write;

use downriver_engine::ports::Clock as _;
use downriver_engine::wire::messages::format_time;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

use super::Telemetry;
use crate::clock::SystemClock;

/// Characters of one field; the rest is cut off.
const FIELD_CHARS_MAX: usize = 2_000;

pub(super) struct Lines<W> {
    telemetry: Telemetry,
    output: W,
}

impl<W> Lines<W> {
    pub(super) const fn new(telemetry: Telemetry, output: W) -> Self {
        Self { telemetry, output }
    }
}

impl<S, W> Layer<S> for Lines<W>
where
    S: Subscriber,
    W: Fn() -> Box<dyn Write> + 'static,
{
    fn on_event(&self, event: &Event<'_>, _ctx: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let metadata = event.metadata();
        let line = Line {
            timestamp: format_time(SystemClock.now()),
            level: metadata.level().as_str(),
            target: metadata.target(),
            request_id: self.telemetry.request_id(),
            function: self.telemetry.function.as_str(),
            fields,
        };
        if let Ok(mut text) = serde_json::to_string(&line) {
            text.push('\n');
            // One write, so that no other line comes between; where it fails, so would telling it.
            let _ = (self.output)().write_all(text.as_bytes());
        }
    }
}

struct Line {
    timestamp: String,
    level: &'static str,
    target: &'static str,
    request_id: String,
    function: &'static str,
    fields: Fields,
}

/// In the order in which people read it.
impl Serialize for Line {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut line = serializer.serialize_map(None)?;
        line.serialize_entry("timestamp", &self.timestamp)?;
        line.serialize_entry("level", self.level)?;
        line.serialize_entry("message", &self.fields.message)?;
        line.serialize_entry("function", self.function)?;
        if !self.request_id.is_empty() {
            line.serialize_entry("requestId", &self.request_id)?;
        }
        for (name, value) in &self.fields.others {
            line.serialize_entry(name, value)?;
        }
        line.serialize_entry("target", self.target)?;
        line.end()
    }
}

#[derive(Default)]
struct Fields {
    message: String,
    others: Vec<(&'static str, Value)>,
}

impl Fields {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        // Set by the line itself; `log.*` repeats the target of what comes from the `log` crate.
        let is_taken = ["timestamp", "level", "function", "requestId", "target"]
            .contains(&field.name())
            || field.name().starts_with("log.");
        if !is_taken {
            self.others.push((field.name(), value.into()));
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = String::new();
        let _ = write!(text, "{value:?}");
        self.record_str(field, &text);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let text = cut(value);
        if field.name() == "message" {
            text.clone_into(&mut self.message);
        } else {
            self.put(field, text);
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }
}

fn cut(text: &str) -> &str {
    match text.char_indices().nth(FIELD_CHARS_MAX) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}
