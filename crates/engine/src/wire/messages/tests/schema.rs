//! As much of JSON Schema 2020-12 as `events/schemas` uses. A keyword that is not known here is an error: nothing is left
//! unchecked in silence.

use serde_json::{Map, Value};

/// What is wrong with `value`, each with the path of what is wrong; empty: nothing.
pub(super) fn problems(schema: &Value, value: &Value) -> Vec<String> {
    let check = Check { root: schema };
    check.value(schema, value, "event")
}

/// The names of all properties that the schema documents for the object `detail`.
pub(super) fn documented(schema: &Value) -> Vec<&str> {
    schema["$defs"]["detail"]["properties"]
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect()
}

struct Check<'s> {
    root: &'s Value,
}

impl Check<'_> {
    fn value(&self, schema: &Value, value: &Value, path: &str) -> Vec<String> {
        let schema = schema.as_object().expect("a schema is an object");
        let mut problems = Vec::new();
        for (keyword, wanted) in schema {
            problems.extend(self.keyword(schema, keyword, wanted, value, path));
        }
        problems
    }

    fn keyword(
        &self,
        schema: &Map<String, Value>,
        keyword: &str,
        wanted: &Value,
        value: &Value,
        path: &str,
    ) -> Vec<String> {
        let is_fine = match keyword {
            "$ref" => return self.value(self.resolve(wanted), value, path),
            "allOf" => {
                let all = wanted.as_array().expect("an array");
                return all
                    .iter()
                    .flat_map(|schema| self.value(schema, value, path))
                    .collect();
            }
            "if" if self.value(wanted, value, path).is_empty() => {
                return self.value(&schema["then"], value, path);
            }
            "$schema" | "$defs" | "title" | "description" | "then" | "if" => true,
            "properties" => return self.properties(wanted, value, path),
            "required" => return required(wanted, value, path),
            "items" => return self.items(wanted, value, path),
            "const" => value == wanted,
            "enum" => wanted.as_array().expect("an array").contains(value),
            "type" => type_of(value) == wanted,
            "minLength" => chars(value).is_none_or(|chars| Some(chars) >= wanted.as_u64()),
            "maxLength" => chars(value).is_none_or(|chars| Some(chars) <= wanted.as_u64()),
            "format" => {
                assert_eq!(wanted, "date-time");
                value
                    .as_str()
                    .is_none_or(|text| text.parse::<jiff::Timestamp>().is_ok())
            }
            other => panic!("the keyword `{other}` is not known here"),
        };
        if is_fine {
            Vec::new()
        } else {
            vec![format!("{path}: {keyword}")]
        }
    }

    fn properties(&self, wanted: &Value, value: &Value, path: &str) -> Vec<String> {
        let Some(object) = value.as_object() else {
            return Vec::new();
        };
        let properties = wanted.as_object().expect("an object");
        properties
            .iter()
            .filter_map(|(name, schema)| Some((name, schema, object.get(name)?)))
            .flat_map(|(name, schema, value)| self.value(schema, value, &format!("{path}.{name}")))
            .collect()
    }

    fn items(&self, wanted: &Value, value: &Value, path: &str) -> Vec<String> {
        let items = value.as_array().into_iter().flatten().enumerate();
        items
            .flat_map(|(at, value)| self.value(wanted, value, &format!("{path}[{at}]")))
            .collect()
    }

    fn resolve(&self, reference: &Value) -> &Value {
        let pointer = reference
            .as_str()
            .and_then(|text| text.strip_prefix('#'))
            .expect("a reference within the schema");
        self.root.pointer(pointer).expect("what it refers to")
    }
}

fn required(wanted: &Value, value: &Value, path: &str) -> Vec<String> {
    let Some(object) = value.as_object() else {
        return Vec::new();
    };
    let names = wanted.as_array().expect("an array").iter();
    names
        .map(|name| name.as_str().expect("a name"))
        .filter(|name| !object.contains_key(*name))
        .map(|name| format!("{path}.{name}: required"))
        .collect()
}

fn chars(value: &Value) -> Option<u64> {
    value
        .as_str()
        .map(|text| u64::try_from(text.chars().count()).expect("a short text"))
}

const fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
