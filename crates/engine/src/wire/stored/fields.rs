//! Shared pieces of the stored forms: fields that are parsed, absent defaults, enums by name.

use std::fmt::Display;
use std::str::FromStr;

use downriver_domain::Timestamp;

/// A field whose value breaks a rule of its domain type.
#[derive(Debug)]
pub(super) struct FieldError {
    /// Names from the outermost record inwards, joined by `.`.
    pub(super) field: String,
    pub(super) reason: String,
}

impl FieldError {
    pub(super) fn new(field: &str, reason: impl Display) -> Self {
        Self {
            field: field.to_owned(),
            reason: reason.to_string(),
        }
    }
}

/// Puts the name of the field that holds a nested record before the path of an error within it.
pub(super) trait InField<T> {
    fn in_field(self, field: &str) -> Result<T, FieldError>;
}

impl<T> InField<T> for Result<T, FieldError> {
    fn in_field(self, field: &str) -> Self {
        self.map_err(|error| FieldError {
            field: format!("{field}.{}", error.field),
            reason: error.reason,
        })
    }
}

/// A field that holds an identifier.
pub(super) fn parse<T>(field: &str, text: &str) -> Result<T, FieldError>
where
    T: FromStr<Err: Display>,
{
    text.parse().map_err(|error| FieldError::new(field, error))
}

pub(super) fn parse_optional<T>(field: &str, text: Option<&str>) -> Result<Option<T>, FieldError>
where
    T: FromStr<Err: Display>,
{
    text.map(|text| parse(field, text)).transpose()
}

/// A field that holds a list of identifiers.
pub(super) fn parse_all<T, C>(field: &str, texts: &[String]) -> Result<C, FieldError>
where
    T: FromStr<Err: Display>,
    C: FromIterator<T>,
{
    texts.iter().map(|text| parse(field, text)).collect()
}

/// A field that holds keys of [`super::key`].
pub(super) fn read_all<T, C, E: Display>(
    field: &str,
    texts: &[String],
    read: impl Fn(&str) -> Result<T, E>,
) -> Result<C, FieldError>
where
    C: FromIterator<T>,
{
    texts.iter().map(|text| named(field, read(text))).collect()
}

/// Names the field of a value that could not be read.
pub(super) fn named<T, E: Display>(field: &str, read: Result<T, E>) -> Result<T, FieldError> {
    read.map_err(|error| FieldError::new(field, error))
}

pub(super) fn texts<'a, T: Display + 'a>(values: impl IntoIterator<Item = &'a T>) -> Vec<String> {
    values.into_iter().map(T::to_string).collect()
}

pub(super) fn keys<'a, T: 'a>(
    values: impl IntoIterator<Item = &'a T>,
    key: impl Fn(&T) -> String,
) -> Vec<String> {
    values.into_iter().map(key).collect()
}

/// A list of nested records.
pub(super) fn list<'a, T: 'a, S: From<&'a T>>(values: impl IntoIterator<Item = &'a T>) -> Vec<S> {
    values.into_iter().map(S::from).collect()
}

pub(super) fn try_list<S, T>(field: &str, stored: Vec<S>) -> Result<Vec<T>, FieldError>
where
    T: TryFrom<S, Error = FieldError>,
{
    stored
        .into_iter()
        .map(|stored| T::try_from(stored).in_field(field))
        .collect()
}

pub(super) fn millis(at: Option<Timestamp>) -> Option<i64> {
    at.map(Timestamp::unix_millis)
}

pub(super) fn timestamp(at: Option<i64>) -> Option<Timestamp> {
    at.map(Timestamp::from_unix_millis)
}

/// For `skip_serializing_if`: a default is left out.
pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// A stored enum without fields, and its conversions.
macro_rules! stored_names {
    ($name:ident = $domain:ident { $($variant:ident = $text:literal),+ $(,)? }) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub(super) enum $name {
            $(#[serde(rename = $text)] $variant),+
        }

        impl From<$domain> for $name {
            fn from(value: $domain) -> Self {
                match value {
                    $($domain::$variant => Self::$variant),+
                }
            }
        }

        impl From<$name> for $domain {
            fn from(value: $name) -> Self {
                match value {
                    $($name::$variant => Self::$variant),+
                }
            }
        }
    };
}
pub(super) use stored_names;
