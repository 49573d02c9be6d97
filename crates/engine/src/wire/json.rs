//! Reads one bounded JSON document into values, and fields out of its objects with messages that name them.
//!
//! Owns every check that comes before meaning: size, encoding, nesting, syntax, keys that stand twice. Must not know any
//! event: what a field means is decided by the module of its format.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use downriver_domain::{InvalidIdentifier, Timestamp};
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::rejection::{Rejection, Shown};

/// The largest event that is read. EventBridge takes entries of less than 1 MB (`PutEvents`), and SQS, which brings
/// them, messages of at most 1 MiB including their attributes (`SendMessage`).
pub const EVENT_BYTES_MAX: usize = 1024 * 1024;

/// The deepest nesting that is read. Documented events nest four deep; EventBridge itself would let 1,000 through.
pub const NESTING_MAX: usize = 64;

/// 2^53: up to here a float holds every integer.
const FLOAT_INTEGER_MAX: f64 = 9_007_199_254_740_992.0;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Unsigned(u64),
    Negative(i64),
    Float(f64),
    Text(String),
    List(Vec<Json>),
    Object(BTreeMap<String, Json>),
}

/// One document of at most [`EVENT_BYTES_MAX`] bytes.
pub(crate) fn parse(bytes: &[u8]) -> Result<Json, Rejection> {
    parse_up_to(bytes, EVENT_BYTES_MAX)
}

/// One document of at most `bytes_max` bytes. Nothing is parsed before size, encoding and nesting are known to be within
/// bounds.
pub(crate) fn parse_up_to(bytes: &[u8], bytes_max: usize) -> Result<Json, Rejection> {
    if bytes.len() > bytes_max {
        return Err(Rejection::TooLarge {
            bytes_len: bytes.len(),
            bytes_max,
        });
    }
    let text = std::str::from_utf8(bytes).map_err(|error| Rejection::NotUtf8 {
        at: error.valid_up_to(),
    })?;
    check_nesting(text)?;
    serde_json::from_str(text).map_err(|error| unreadable(&error))
}

/// Counts open brackets outside of strings. A loop, so that the check itself cannot run out of stack.
fn check_nesting(text: &str) -> Result<(), Rejection> {
    let mut scan = Scan::default();
    for (at, byte) in text.bytes().enumerate() {
        scan.step(byte);
        if scan.depth > NESTING_MAX {
            return Err(Rejection::TooDeep { at });
        }
    }
    Ok(())
}

/// How far a pass over JSON text has come: inside a string or not, and how deep.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    pub(crate) is_in_string: bool,
    is_escaped: bool,
    pub(crate) depth: usize,
}

impl Scan {
    /// Behind `depth` opened brackets.
    pub(crate) fn within(depth: usize) -> Self {
        Self {
            depth,
            ..Self::default()
        }
    }

    /// Takes the next byte of the text. Closing brackets without opening ones leave the depth at 0.
    pub(crate) fn step(&mut self, byte: u8) {
        if self.is_in_string {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = true,
                b'"' => self.is_in_string = false,
                _ => {}
            }
            return;
        }
        match byte {
            b'"' => self.is_in_string = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }
}

fn unreadable(error: &serde_json::Error) -> Rejection {
    let position = format!(" at line {} column {}", error.line(), error.column());
    let text = error.to_string();
    if !error.is_data() {
        return Rejection::NotJson { reason: text };
    }
    // Every type of JSON value is taken, so the one error that our visitor itself can raise is a key that stands twice.
    let key = text.strip_suffix(&position).unwrap_or(&text);
    Rejection::DuplicateKey {
        key: Shown::new(key),
        line: error.line(),
    }
}

impl Json {
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Unsigned(_) | Self::Negative(_) | Self::Float(_) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "an array",
            Self::Object(_) => "an object",
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Unsigned(number))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(u64::try_from(number).map_or(Json::Negative(number), Json::Unsigned))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        Ok(Json::Float(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Json, E> {
        Ok(Json::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = access.next_element()? {
            list.push(value);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut object = BTreeMap::new();
        while let Some((key, value)) = access.next_entry::<String, Json>()? {
            if object.contains_key(&key) {
                return Err(A::Error::custom(key));
            }
            object.insert(key, value);
        }
        Ok(Json::Object(object))
    }
}

/// The fields of one object; `path` stands before their names in messages (`detail.`). A field that is null counts as
/// missing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields<'a> {
    object: &'a BTreeMap<String, Json>,
    path: &'a str,
}

impl<'a> Fields<'a> {
    /// The fields of the document itself.
    pub(crate) fn of_document(document: &'a Json) -> Result<Self, Rejection> {
        match document {
            Json::Object(object) => Ok(Self { object, path: "" }),
            other => Err(Rejection::WrongType {
                field: "the event".to_owned(),
                found: other.kind(),
                expected: "an object",
            }),
        }
    }

    /// The fields of an object within the document; `path` is how messages are to name it, with the dot.
    pub(crate) fn of_item(item: &'a Json, path: &'a str) -> Result<Self, Rejection> {
        match item {
            Json::Object(object) => Ok(Self { object, path }),
            other => Err(Rejection::WrongType {
                field: path.trim_end_matches('.').to_owned(),
                found: other.kind(),
                expected: "an object",
            }),
        }
    }

    /// The fields of the object at `key`; `path` is how messages are to name it, with the dot.
    pub(crate) fn object(&self, key: &str, path: &'a str) -> Result<Option<Self>, Rejection> {
        match self.get(key) {
            None => Ok(None),
            Some(Json::Object(object)) => Ok(Some(Self { object, path })),
            Some(other) => Err(self.wrong_type(key, other, "an object")),
        }
    }

    pub(crate) fn list(&self, key: &str) -> Result<&'a [Json], Rejection> {
        match self.get(key) {
            None => Ok(&[]),
            Some(Json::List(list)) => Ok(list),
            Some(other) => Err(self.wrong_type(key, other, "an array")),
        }
    }

    pub(crate) fn text(&self, key: &str, expected: &'static str) -> Result<&'a str, Rejection> {
        self.optional_text(key, expected)?
            .ok_or_else(|| self.missing(key, expected))
    }

    pub(crate) fn optional_text(
        &self,
        key: &str,
        expected: &'static str,
    ) -> Result<Option<&'a str>, Rejection> {
        match self.get(key) {
            None => Ok(None),
            Some(Json::Text(text)) => Ok(Some(text)),
            Some(other) => Err(self.wrong_type(key, other, expected)),
        }
    }

    pub(crate) fn identifier<T>(&self, key: &str) -> Result<T, Rejection>
    where
        T: FromStr<Err = InvalidIdentifier>,
    {
        self.optional_identifier(key)?
            .ok_or_else(|| self.missing(key, "a string"))
    }

    pub(crate) fn optional_identifier<T>(&self, key: &str) -> Result<Option<T>, Rejection>
    where
        T: FromStr<Err = InvalidIdentifier>,
    {
        let Some(text) = self.optional_text(key, "a string")? else {
            return Ok(None);
        };
        text.parse()
            .map(Some)
            .map_err(|error: InvalidIdentifier| self.invalid(key, text, error.expected))
    }

    /// A whole number of at least 0, also written as a float (`1.0`), as events that came through other JSON tools have it.
    pub(crate) fn count(&self, key: &str) -> Result<u64, Rejection> {
        const EXPECTED: &str = "a whole number of at least 0";
        match self.get(key) {
            None => Err(self.missing(key, EXPECTED)),
            Some(Json::Unsigned(number)) => Ok(*number),
            Some(Json::Negative(number)) => Err(self.invalid(key, &number.to_string(), EXPECTED)),
            Some(Json::Float(number)) => {
                whole(*number).ok_or_else(|| self.invalid(key, &format!("{number:?}"), EXPECTED))
            }
            Some(other) => Err(self.wrong_type(key, other, EXPECTED)),
        }
    }

    pub(crate) fn optional_flag(&self, key: &str) -> Result<Option<bool>, Rejection> {
        match self.get(key) {
            None => Ok(None),
            Some(Json::Bool(value)) => Ok(Some(*value)),
            Some(other) => Err(self.wrong_type(key, other, EXPECTED_FLAG)),
        }
    }

    pub(crate) fn flag(&self, key: &str) -> Result<bool, Rejection> {
        self.optional_flag(key)?
            .ok_or_else(|| self.missing(key, EXPECTED_FLAG))
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    pub(crate) fn time(&self, key: &str) -> Result<Timestamp, Rejection> {
        self.optional_time(key)?
            .ok_or_else(|| self.missing(key, EXPECTED_TIME))
    }

    pub(crate) fn optional_time(&self, key: &str) -> Result<Option<Timestamp>, Rejection> {
        let Some(text) = self.optional_text(key, EXPECTED_TIME)? else {
            return Ok(None);
        };
        let time = parse_time(text).ok_or_else(|| self.invalid(key, text, EXPECTED_TIME))?;
        Ok(Some(time))
    }

    pub(crate) fn invalid(&self, key: &str, text: &str, expected: &'static str) -> Rejection {
        Rejection::Invalid {
            field: self.name(key),
            text: Shown::new(text),
            expected: expected.into(),
        }
    }

    pub(crate) fn missing(&self, key: &str, expected: &'static str) -> Rejection {
        Rejection::Missing {
            field: self.name(key),
            expected,
        }
    }

    /// How messages name the field.
    pub(crate) fn name(&self, key: &str) -> String {
        format!("{}{key}", self.path)
    }

    fn wrong_type(&self, key: &str, found: &Json, expected: &'static str) -> Rejection {
        Rejection::WrongType {
            field: self.name(key),
            found: found.kind(),
            expected,
        }
    }

    fn get(&self, key: &str) -> Option<&'a Json> {
        self.object
            .get(key)
            .filter(|value| !matches!(value, Json::Null))
    }
}

const EXPECTED_FLAG: &str = "`true` or `false`";

pub(super) const EXPECTED_TIME: &str = "an RFC 3339 time such as `2026-03-02T09:14:07Z`";

/// RFC 3339 alone: of what else the time library reads (dates with a zone's name, signed years), nothing comes from AWS.
pub(super) fn parse_time(text: &str) -> Option<Timestamp> {
    let is_plain = text.len() <= 40
        && text.starts_with(|first: char| first.is_ascii_digit())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b"TtZz:.+-".contains(&byte));
    if !is_plain {
        return None;
    }
    let time: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp::from_unix_millis(time.as_millisecond()))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "whole, not negative and at most 2^53: the cast is exact"
)]
fn whole(number: f64) -> Option<u64> {
    let is_whole = number.fract() == 0.0 && (0.0..=FLOAT_INTEGER_MAX).contains(&number);
    is_whole.then_some(number as u64)
}
