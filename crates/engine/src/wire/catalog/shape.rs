//! Compares a parsed file with the JSON Schema of its keys and takes out what does not fit, so that one pass finds every
//! unknown key and wrong type, and serde reads the rest. Knows as much of JSON Schema as schemars makes of `keys`.

use std::ops::Range;

use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::{DeArray, DeInteger, DeTable, DeValue};

use super::report::{Path, Report};

/// The schema of one kind of file.
pub(super) struct Shape {
    schema: Schema,
}

type Object = Map<String, Value>;

impl Shape {
    pub(super) fn of<T: JsonSchema>() -> Self {
        let generator = SchemaSettings::draft2020_12()
            .with_transform(WithoutNull)
            .into_generator();
        Self {
            schema: generator.into_root_schema_for::<T>(),
        }
    }

    pub(super) fn to_json(&self) -> String {
        let mut text = format!("{:#}", self.schema.as_value());
        text.push('\n');
        text
    }

    /// Reports what does not fit and removes it from the table.
    pub(super) fn prune(&self, report: &mut Report<'_>, table: &mut Spanned<DeTable<'_>>) {
        let span = table.span();
        if let Some(root) = self.schema.as_object() {
            self.prune_table(report, &Path::Root, root, &span, table.get_mut());
        }
    }

    /// Follows a reference into the definitions.
    fn resolved<'s>(&'s self, schema: &'s Value) -> Option<&'s Object> {
        let object = schema.as_object()?;
        let Some(reference) = object.get("$ref").and_then(Value::as_str) else {
            return Some(object);
        };
        let pointer = reference.strip_prefix('#')?;
        self.schema.as_value().pointer(pointer)?.as_object()
    }

    /// Whether the value fits and stays.
    fn prune_value(
        &self,
        report: &mut Report<'_>,
        path: &Path<'_>,
        schema: &Value,
        value: &mut Spanned<DeValue<'_>>,
    ) -> bool {
        let Some(schema) = self.resolved(schema) else {
            return true;
        };
        let span = value.span();
        let names = names_of(schema);
        let expected = schema.get("type").and_then(Value::as_str).unwrap_or("");
        match (expected, value.get_mut()) {
            (_, DeValue::String(text)) if !names.is_empty() => {
                let is_known = names.contains(&text.as_ref());
                if !is_known {
                    let message =
                        format!("unknown value `{text}`: expected one of {}", listed(&names));
                    report.unknown(span, path, message, text, names.into_iter());
                }
                is_known
            }
            ("object", DeValue::Table(table)) => {
                self.prune_table(report, path, schema, &span, table);
                true
            }
            ("array", DeValue::Array(array)) => {
                self.prune_array(report, path, schema, &span, array)
            }
            ("string", DeValue::String(_)) | ("boolean", DeValue::Boolean(_)) => true,
            // JSON has no instants, so the keys have texts.
            ("string", DeValue::Datetime(instant)) if is_instant(schema) => {
                *value.get_mut() = DeValue::String(instant.to_string().into());
                true
            }
            ("integer", DeValue::Integer(integer)) => {
                check_integer(report, path, schema, span, integer)
            }
            (_, other) => {
                let found = with_article(other.type_str());
                let wanted = with_article(if names.is_empty() { expected } else { "string" });
                report.problem(span, path, format!("expected {wanted}, found {found}"));
                false
            }
        }
    }

    fn prune_table(
        &self,
        report: &mut Report<'_>,
        path: &Path<'_>,
        schema: &Object,
        span: &Range<usize>,
        table: &mut DeTable<'_>,
    ) {
        let properties = schema.get("properties").and_then(Value::as_object);
        let additional = schema.get("additionalProperties");
        check_count(
            report,
            path,
            (None, schema.get("maxProperties")),
            span,
            table.len(),
        );
        for name in schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            if let Some(name) = name.as_str()
                && !table.contains_key(name)
            {
                report.problem(span.clone(), &path.key(name), "missing: it must be given");
            }
        }
        let entries = std::mem::take(table);
        table.extend(entries.into_iter().filter_map(|(key, mut value)| {
            let name: &str = key.get_ref();
            let path = path.key(name);
            let property = properties.and_then(|properties| properties.get(name));
            let fits = match property.or(additional) {
                Some(schema) if schema.is_object() => {
                    self.prune_value(report, &path, schema, &mut value)
                }
                _ => {
                    let known = properties.into_iter().flat_map(Map::keys);
                    let known = known.map(String::as_str);
                    report.unknown(key.span(), &path, "unknown field", name, known);
                    false
                }
            };
            fits.then_some((key, value))
        }));
    }

    /// An array with an item that does not fit goes as a whole: the others keep their numbers in messages.
    fn prune_array(
        &self,
        report: &mut Report<'_>,
        path: &Path<'_>,
        schema: &Object,
        span: &Range<usize>,
        array: &mut DeArray<'_>,
    ) -> bool {
        let bounds = (schema.get("minItems"), schema.get("maxItems"));
        check_count(report, path, bounds, span, array.len());
        let mut fits = true;
        if let Some(items) = schema.get("items") {
            for (index, item) in array.iter_mut().enumerate() {
                fits &= self.prune_value(report, &path.index(index), items, item);
            }
        }
        fits
    }
}

fn is_instant(schema: &Object) -> bool {
    schema.get("format").and_then(Value::as_str) == Some("date-time")
}

fn check_integer(
    report: &mut Report<'_>,
    path: &Path<'_>,
    schema: &Object,
    span: Range<usize>,
    integer: &DeInteger<'_>,
) -> bool {
    let value = i64::from_str_radix(integer.as_str(), integer.radix()).ok();
    let bound = |name: &str| schema.get(name).and_then(Value::as_i64);
    let min = bound("minimum").unwrap_or(i64::MIN);
    let max = bound("maximum").unwrap_or(i64::MAX);
    let fits = value.is_some_and(|value| (min..=max).contains(&value));
    if !fits {
        let message = format!("{integer} is out of range: expected {min} to {max}");
        report.problem(span, path, message);
    }
    fits
}

fn check_count(
    report: &mut Report<'_>,
    path: &Path<'_>,
    (min, max): (Option<&Value>, Option<&Value>),
    span: &Range<usize>,
    count: usize,
) {
    let bound = |value: Option<&Value>| {
        value
            .and_then(Value::as_u64)
            .and_then(|value| usize::try_from(value).ok())
    };
    let min = bound(min).unwrap_or(0);
    let max = bound(max).unwrap_or(usize::MAX);
    if count < min {
        report.problem(
            span.clone(),
            path,
            "empty: leave it out or give at least one",
        );
    } else if count > max {
        report.problem(
            span.clone(),
            path,
            format!("{count} entries are too many: at most {max}"),
        );
    }
}

/// The texts that an enumeration allows; schemars writes `oneOf` constants where variants are documented.
fn names_of(schema: &Object) -> Vec<&str> {
    let plain = schema
        .get("enum")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let documented = schema
        .get("oneOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    plain
        .filter_map(Value::as_str)
        .chain(documented.filter_map(|variant| variant.get("const").and_then(Value::as_str)))
        .collect()
}

fn listed(names: &[&str]) -> String {
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn with_article(kind: &str) -> String {
    let kind = if kind == "object" { "table" } else { kind };
    let article = if kind.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {kind}")
}

/// TOML has no null: an optional key is left out.
#[derive(Debug, Clone)]
struct WithoutNull;

impl Transform for WithoutNull {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        let Some(object) = schema.as_object_mut() else {
            return;
        };
        if let Some(Value::Array(kinds)) = object.get_mut("type") {
            kinds.retain(|kind| kind != "null");
            if let [kind] = kinds.as_slice() {
                let kind = kind.clone();
                object.insert("type".to_owned(), kind);
            }
        }
        if let Some(Value::Array(mut variants)) = object.remove("anyOf") {
            variants.retain(|variant| variant.get("type").is_none_or(|kind| kind != "null"));
            if let [Value::Object(only)] = variants.as_mut_slice() {
                object.append(only);
            } else {
                object.insert("anyOf".to_owned(), Value::Array(variants));
            }
        }
    }
}
