//! Questions as JSON lines: for each line in, one line out, at once and in order. What is given comes back as it was
//! written, extra keys too, with the answer after it.

use std::borrow::Cow;
use std::fmt;
use std::io::{BufRead, BufReader, Read};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::{purl, questions};
use crate::terminal::Terminal;
use downriver_domain::version::Format;

/// Longest line that is read, in bytes.
const LINE_MAX: u64 = 16 * 1024 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Question {
    Admits,
    Compare,
    Select,
    Purl,
}

/// Answers until the input ends. What is answered is written out before more input is waited for.
pub(super) fn answer_all<R: Read>(
    question: Question,
    input: &mut BufReader<R>,
    terminal: &mut Terminal,
) -> anyhow::Result<()> {
    let mut line = Vec::new();
    let mut out = String::new();
    let mut number: u64 = 0;
    loop {
        line.clear();
        let read = input.take(LINE_MAX).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(());
        }
        number += 1;
        out.clear();
        if line.last() != Some(&b'\n') && read as u64 == LINE_MAX {
            input.skip_until(b'\n')?;
            push_error(
                &mut out,
                number,
                &format!("it is longer than {LINE_MAX} bytes"),
            );
        } else {
            answer_line(question, number, &line, &mut out);
        }
        out.push('\n');
        terminal.print(&out)?;
        if input.buffer().is_empty() {
            terminal.flush()?;
        }
    }
}

/// Appends the answer to one line, without a line break.
pub(super) fn answer_line(question: Question, number: u64, line: &[u8], out: &mut String) {
    let record: Record = match serde_json::from_slice(line) {
        Ok(record) => record,
        Err(error) => return push_error(out, number, &unreadable(line, &error)),
    };
    let answer = match question {
        Question::Admits => admits(&record),
        Question::Compare => compare(&record),
        Question::Select => select(&record),
        Question::Purl => package_url(&record),
    };
    record.push_answered(&answer, number, out);
}

/// What follows the keys given: answers in order, then perhaps an error.
struct Answer {
    values: Vec<(&'static str, Value)>,
    error: Option<Trouble>,
}

enum Trouble {
    /// The ecosystem calls it invalid.
    Invalid(String),
    /// The line is no such question; its number helps to find it.
    Line(String),
}

impl Answer {
    const fn none(trouble: Trouble) -> Self {
        Self {
            values: Vec::new(),
            error: Some(trouble),
        }
    }

    /// `wanting` where there is no answer.
    fn of(key: &'static str, answer: Result<Value, Trouble>, wanting: Value) -> Self {
        let (value, error) = match answer {
            Ok(value) => (value, None),
            Err(trouble) => (wanting, Some(trouble)),
        };
        Self {
            values: vec![(key, value)],
            error,
        }
    }
}

fn admits(record: &Record) -> Answer {
    let answer = || {
        let format = record.format()?;
        let requirement = record.text("requirement")?;
        let version = record.text("version")?;
        let prereleases = record.flag("prereleases")?;
        let answer = questions::admits(format, &requirement, &version, prereleases);
        answer.map(Value::from).map_err(Trouble::Invalid)
    };
    Answer::of("admits", answer(), false.into())
}

fn compare(record: &Record) -> Answer {
    let answer = || {
        let format = record.format()?;
        let order = questions::compare(format, &record.text("a")?, &record.text("b")?);
        order
            .map(|order| Value::from(order as i8))
            .map_err(Trouble::Invalid)
    };
    Answer::of("cmp", answer(), Value::Null)
}

fn select(record: &Record) -> Answer {
    let answer = || {
        let format = record.format()?;
        let requirement = record.text("requirement")?;
        let versions: Vec<String> = record.read("versions", "a list of strings")?;
        let selected =
            questions::select(format, &requirement, &versions).map_err(Trouble::Invalid)?;
        Ok(selected.map_or(Value::Null, |position| versions[position].as_str().into()))
    };
    Answer::of("selected", answer(), Value::Null)
}

/// A text is taken apart; parts, in `input` or in the line itself, are put together.
fn package_url(record: &Record) -> Answer {
    let build = |parts: &Map<String, Value>| match purl::build(parts) {
        Ok(purl) => Answer {
            values: vec![("purl", purl.into())],
            error: None,
        },
        Err(error) => Answer::none(Trouble::Invalid(error)),
    };
    match record.get("input").map(RawValue::get).map(serde_json::from_str) {
        Some(Ok(Value::String(text))) => match purl::parts(&text) {
            Ok(parts) => Answer {
                values: parts.into(),
                error: None,
            },
            Err(error) => Answer::none(Trouble::Invalid(error)),
        },
        Some(Ok(Value::Object(parts))) => build(&parts),
        None if record.get("type").is_some() || record.get("name").is_some() => {
            let given = purl::PARTS.iter().filter_map(|part| {
                let value = serde_json::from_str(record.get(part)?.get()).ok()?;
                Some(((*part).to_owned(), value))
            });
            build(&given.collect())
        }
        _ => Answer::none(Trouble::Line(
            "expected `input` with a package URL, or its parts `type`, `namespace`, `name`, `version`, `qualifiers`, \
             `subpath`"
                .to_owned(),
        )),
    }
}

/// A JSON object with its values as they were written.
struct Record {
    fields: Vec<(String, Box<RawValue>)>,
}

impl Record {
    /// Of a key that is given twice the last counts.
    fn get(&self, key: &str) -> Option<&RawValue> {
        let mut fields = self.fields.iter().rev();
        fields
            .find(|(name, _)| name == key)
            .map(|(_, value)| &**value)
    }

    fn read<'a, T: Deserialize<'a>>(&'a self, key: &str, expected: &str) -> Result<T, Trouble> {
        let value = self
            .get(key)
            .ok_or_else(|| Trouble::Line(format!("`{key}` is missing: expected {expected}")))?;
        serde_json::from_str(value.get())
            .map_err(|_| Trouble::Line(format!("`{key}` has to be {expected}")))
    }

    fn text(&self, key: &str) -> Result<Cow<'_, str>, Trouble> {
        self.read::<String>(key, "a string").map(Cow::Owned)
    }

    fn format(&self) -> Result<Format, Trouble> {
        let text = self.text("format")?;
        text.parse()
            .map_err(|error: downriver_domain::version::UnknownFormat| {
                Trouble::Line(error.to_string())
            })
    }

    /// False if it is absent or `null`.
    fn flag(&self, key: &str) -> Result<bool, Trouble> {
        if self.get(key).is_none() {
            return Ok(false);
        }
        Ok(self
            .read::<Option<bool>>(key, "true or false")?
            .unwrap_or(false))
    }

    /// Keys that the answer has too are replaced by it.
    fn push_answered(&self, answer: &Answer, number: u64, out: &mut String) {
        let is_answered =
            |name: &str| name == "error" || answer.values.iter().any(|(key, _)| *key == name);
        out.push('{');
        for (name, value) in &self.fields {
            if !is_answered(name) {
                push_field(out, name, value.get());
            }
        }
        for (key, value) in &answer.values {
            push_field(out, key, &value.to_string());
        }
        match &answer.error {
            Some(Trouble::Invalid(error)) => {
                push_field(out, "error", &Value::from(error.as_str()).to_string());
            }
            Some(Trouble::Line(error)) => {
                push_field(
                    out,
                    "error",
                    &Value::from(format!("line {number}: {error}")).to_string(),
                );
            }
            None => {}
        }
        out.push('}');
    }
}

impl<'de> Deserialize<'de> for Record {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = Record;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Record, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Record { fields })
            }
        }

        deserializer.deserialize_map(Fields)
    }
}

/// `value` is JSON already.
fn push_field(out: &mut String, name: &str, value: &str) {
    if !out.ends_with('{') {
        out.push(',');
    }
    out.push_str(&Value::from(name).to_string());
    out.push(':');
    out.push_str(value);
}

fn push_error(out: &mut String, number: u64, error: &str) {
    out.push('{');
    push_field(
        out,
        "error",
        &Value::from(format!("line {number}: {error}")).to_string(),
    );
    out.push('}');
}

fn unreadable(line: &[u8], error: &serde_json::Error) -> String {
    if line.trim_ascii().is_empty() {
        return "it is empty: expected a JSON object".to_owned();
    }
    // The error's own line is always 1.
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or(&text);
    match error.column() {
        0 => text.to_owned(),
        column => format!("{text}, at column {column}"),
    }
}
