//! EventBridge's event patterns, as far as a rule of ours may have them: whether a pattern lets an event through.
//!
//! Follows the operators of the EventBridge user guide. One that is not known here makes the answer unknown, not a guess.

#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

/// Whether an event is let through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Matched {
    Yes,
    No,
    /// It hangs on this operator, which is not known here.
    Unknown(String),
}

impl Matched {
    const fn of(is_match: bool) -> Self {
        if is_match { Self::Yes } else { Self::No }
    }

    fn and(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::No => Self::No,
            Self::Yes => other(),
            Self::Unknown(operator) => match other() {
                Self::No => Self::No,
                _ => Self::Unknown(operator),
            },
        }
    }

    pub(super) fn or(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::Yes => Self::Yes,
            Self::No => other(),
            Self::Unknown(operator) => match other() {
                Self::Yes => Self::Yes,
                _ => Self::Unknown(operator),
            },
        }
    }
}

/// A text that is no pattern matches nothing: EventBridge would not have taken it.
pub(super) fn matches(pattern: &str, event: &Value) -> Matched {
    match serde_json::from_str::<Value>(pattern) {
        Ok(Value::Object(fields)) => matches_fields(&fields, Some(event)),
        _ => Matched::No,
    }
}

/// Every field has to match; `$or` is a field of which one alternative has to.
fn matches_fields(fields: &Map<String, Value>, event: Option<&Value>) -> Matched {
    fields.iter().fold(Matched::Yes, |matched, (key, rule)| {
        matched.and(|| match rule {
            Value::Array(rules) if key == "$or" => any(rules, |alternative| match alternative {
                Value::Object(fields) => matches_fields(fields, event),
                _ => Matched::No,
            }),
            Value::Array(rules) => {
                let value = event.and_then(|event| event.get(key));
                any(rules, |rule| matches_leaf(rule, value))
            }
            Value::Object(fields) => match event.and_then(|event| event.get(key)) {
                Some(Value::Array(elements)) => {
                    any(elements, |element| matches_fields(fields, Some(element)))
                }
                value => matches_fields(fields, value),
            },
            _ => Matched::No,
        })
    })
}

fn any(all: &[Value], matches: impl Fn(&Value) -> Matched) -> Matched {
    { all.iter() }.fold(Matched::No, |matched, one| matched.or(|| matches(one)))
}

/// One alternative of a field against its value; of a list, one element has to match.
fn matches_leaf(rule: &Value, value: Option<&Value>) -> Matched {
    if let Some(is_wanted) = rule.get("exists").and_then(Value::as_bool) {
        // Only leaves exist: what has fields of its own does not.
        let is_there = value.is_some_and(|value| !value.is_object());
        return Matched::of(is_there == is_wanted);
    }
    match value {
        None | Some(Value::Object(_)) => Matched::No,
        Some(Value::Array(elements)) => any(elements, |element| matches_scalar(rule, element)),
        Some(scalar) => matches_scalar(rule, scalar),
    }
}

fn matches_scalar(rule: &Value, value: &Value) -> Matched {
    let Value::Object(operator) = rule else {
        return Matched::of(equals(rule, value));
    };
    let Some((name, operand)) = operator.iter().next().filter(|_| operator.len() == 1) else {
        return Matched::Unknown(rule.to_string());
    };
    match name.as_str() {
        "anything-but" => match operand {
            Value::Array(others) => Matched::of(!others.iter().any(|other| equals(other, value))),
            Value::Object(_) => match matches_scalar(operand, value) {
                Matched::Yes => Matched::No,
                Matched::No => Matched::Yes,
                unknown @ Matched::Unknown(_) => unknown,
            },
            other => Matched::of(!equals(other, value)),
        },
        "numeric" => numeric(operand, value),
        "prefix" | "suffix" | "wildcard" | "equals-ignore-case" => value
            .as_str()
            .map_or(Matched::No, |text| matches_text(name, operand, text)),
        _ => Matched::Unknown(name.clone()),
    }
}

fn matches_text(name: &str, operand: &Value, text: &str) -> Matched {
    // `{"prefix": {"equals-ignore-case": "a"}}`, and a list of texts under `anything-but`.
    let ignored = operand.get("equals-ignore-case");
    let is_case_ignored = name == "equals-ignore-case" || ignored.is_some();
    let operand = ignored.unwrap_or(operand);
    if let Value::Array(texts) = operand {
        return any(texts, |operand| matches_text(name, operand, text));
    }
    let Some(wanted) = operand.as_str() else {
        return Matched::Unknown(name.to_owned());
    };
    let folded = |text: &str| {
        if is_case_ignored {
            text.to_lowercase()
        } else {
            text.to_owned()
        }
    };
    let (wanted, text) = (folded(wanted), folded(text));
    Matched::of(match name {
        "prefix" => text.starts_with(&wanted),
        "suffix" => text.ends_with(&wanted),
        "wildcard" => downriver_domain::catalog::matches_glob(&wanted, &text),
        _ => text == wanted,
    })
}

/// `["<comparison>", number, …]`: all of the comparisons have to hold.
fn numeric(operand: &Value, value: &Value) -> Matched {
    let (Some(number), Value::Array(parts)) = (value.as_f64(), operand) else {
        return Matched::No;
    };
    parts.chunks(2).fold(Matched::Yes, |matched, part| {
        matched.and(|| {
            let (Some(comparison), Some(bound)) = (
                part.first().and_then(Value::as_str),
                part.get(1).and_then(Value::as_f64),
            ) else {
                return Matched::Unknown("numeric".to_owned());
            };
            let order = number.total_cmp(&bound);
            Matched::of(match comparison {
                "=" => order.is_eq(),
                "<" => order.is_lt(),
                "<=" => order.is_le(),
                ">" => order.is_gt(),
                ">=" => order.is_ge(),
                _ => return Matched::Unknown("numeric".to_owned()),
            })
        })
    })
}

fn equals(rule: &Value, value: &Value) -> bool {
    match (rule.as_f64(), value.as_f64()) {
        (Some(one), Some(other)) => one.total_cmp(&other).is_eq(),
        _ => rule == value,
    }
}
