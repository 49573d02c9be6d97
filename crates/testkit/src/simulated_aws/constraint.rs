//! Members of a JSON input, checked against the constraints that the service model puts on them.

use serde_json::{Map, Value};

use super::error::ApiError;

/// Length and pattern of a string in the model.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    pub(crate) min: usize,
    pub(crate) max: usize,
    /// The model's pattern, for the message.
    pub(crate) pattern: &'static str,
    pub(crate) allows: fn(&str) -> bool,
}

/// `PipelineName`, `StageName` and `ActionName`.
pub(crate) const NAME: Rule = Rule {
    min: 1,
    max: 100,
    pattern: "[A-Za-z0-9.@\\-_]+",
    allows: |text| is_made_of(text, ".@-_"),
};

pub(crate) const EXECUTION_ID: Rule = Rule {
    min: 0,
    max: usize::MAX,
    pattern: "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    allows: is_uuid,
};

pub(crate) const CLIENT_REQUEST_TOKEN: Rule = Rule {
    min: 1,
    max: 128,
    pattern: "^[a-zA-Z0-9-]+$",
    allows: |text| is_made_of(text, "-"),
};

pub(crate) const VARIABLE_NAME: Rule = Rule {
    min: 1,
    max: 128,
    pattern: "[A-Za-z0-9@\\-_]+",
    allows: |text| is_made_of(text, "@-_"),
};

/// `.` matches everything but the ends of lines.
pub(crate) const VARIABLE_VALUE: Rule = Rule {
    min: 1,
    max: 1000,
    pattern: ".*",
    allows: |text| !text.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']),
};

pub(crate) const REVISION: Rule = free(1, 1500);
pub(crate) const STOP_REASON: Rule = free(0, 200);
pub(crate) const NEXT_TOKEN: Rule = free(1, 2048);

pub(crate) const TAG_KEY: Rule = free(1, 128);
pub(crate) const TAG_VALUE: Rule = free(0, 256);

pub(crate) const RESOURCE_ARN: Rule = Rule {
    min: 0,
    max: usize::MAX,
    pattern: "arn:aws(-[\\w]+)*:codepipeline:.+:[0-9]{12}:.+",
    allows: |text| text.starts_with("arn:aws") && text.contains(":codepipeline:"),
};

pub(crate) const DISABLED_REASON: Rule = Rule {
    min: 1,
    max: 300,
    pattern: "[a-zA-Z0-9!@ \\(\\)\\.\\*\\?\\-]+",
    allows: |text| is_made_of(text, "!@ ().*?-"),
};

pub(crate) const ROLE_ARN: Rule = Rule {
    min: 0,
    max: 1024,
    pattern: "arn:aws(-[\\w]+)*:iam::[0-9]{12}:role/.*",
    allows: is_role_arn,
};

/// Any text of that many characters.
pub(crate) const fn free(min: usize, max: usize) -> Rule {
    Rule {
        min,
        max,
        pattern: "",
        allows: |_| true,
    }
}

/// A structure in an input, and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Members<'a> {
    members: &'a Map<String, Value>,
    at: String,
}

impl<'a> Members<'a> {
    pub(crate) fn of_input(input: &'a Value) -> Result<Self, ApiError> {
        Self::new(input, String::new())
    }

    fn new(value: &'a Value, at: String) -> Result<Self, ApiError> {
        match value {
            Value::Object(members) => Ok(Self { members, at }),
            _ => Err(ApiError::serialization("Expected a structure")),
        }
    }

    pub(crate) fn text(&self, name: &str, rule: Rule) -> Result<&'a str, ApiError> {
        self.optional_text(name, rule)?
            .ok_or_else(|| self.missing(name))
    }

    pub(crate) fn optional_text(
        &self,
        name: &str,
        rule: Rule,
    ) -> Result<Option<&'a str>, ApiError> {
        let text = match self.get(name) {
            None => return Ok(None),
            Some(Value::String(text)) => text,
            Some(_) => return Err(self.wrong_type(name, "a string")),
        };
        check_text(text, rule, &self.path(name))?;
        Ok(Some(text))
    }

    pub(crate) fn choice(
        &self,
        name: &str,
        choices: &[&'static str],
    ) -> Result<Option<&'static str>, ApiError> {
        let Some(text) = self.optional_text(name, free(0, usize::MAX))? else {
            return Ok(None);
        };
        let known = choices.iter().find(|choice| **choice == text);
        let constraint = || {
            format!(
                "Member must satisfy enum value set: [{}]",
                choices.join(", ")
            )
        };
        known
            .map(|choice| Some(*choice))
            .ok_or_else(|| violation(text, &self.path(name), &constraint()))
    }

    pub(crate) fn optional_number(
        &self,
        name: &str,
        range: std::ops::RangeInclusive<u64>,
    ) -> Result<Option<u64>, ApiError> {
        let number = match self.get(name) {
            None => return Ok(None),
            Some(Value::Number(number)) => number,
            Some(_) => return Err(self.wrong_type(name, "a number")),
        };
        let shown = number.to_string();
        match number.as_u64() {
            Some(known) if range.contains(&known) => Ok(Some(known)),
            Some(known) if known > *range.end() => Err(violation(
                &shown,
                &self.path(name),
                &format!(
                    "Member must have value less than or equal to {}",
                    range.end()
                ),
            )),
            _ => Err(violation(
                &shown,
                &self.path(name),
                &format!(
                    "Member must have value greater than or equal to {}",
                    range.start()
                ),
            )),
        }
    }

    pub(crate) fn flag(&self, name: &str) -> Result<bool, ApiError> {
        match self.get(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(self.wrong_type(name, "a boolean")),
        }
    }

    pub(crate) fn structure(&self, name: &str) -> Result<Option<Self>, ApiError> {
        self.get(name)
            .map(|value| Self::new(value, self.path(name)))
            .transpose()
    }

    /// A list of structures; None if it is not there.
    pub(crate) fn list(
        &self,
        name: &str,
        length: std::ops::RangeInclusive<usize>,
    ) -> Result<Option<Vec<Self>>, ApiError> {
        let values = match self.get(name) {
            None => return Ok(None),
            Some(Value::Array(values)) => values,
            Some(_) => return Err(self.wrong_type(name, "a list")),
        };
        if !length.contains(&values.len()) {
            let (word, bound) = if values.len() < *length.start() {
                ("greater", length.start())
            } else {
                ("less", length.end())
            };
            let constraint = format!("Member must have length {word} than or equal to {bound}");
            return Err(violation("[...]", &self.path(name), &constraint));
        }
        let member =
            |(index, value)| Self::new(value, format!("{}.{}.member", self.path(name), index + 1));
        let members: Result<Vec<_>, _> = values.iter().enumerate().map(member).collect();
        members.map(Some)
    }

    pub(crate) fn missing(&self, name: &str) -> ApiError {
        let at = self.path(name);
        ApiError::validation(format!(
            "1 validation error detected: Value null at '{at}' failed to satisfy constraint: Member must not be null"
        ))
    }

    /// JSON protocols read null as not there.
    pub(crate) fn get(&self, name: &str) -> Option<&'a Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    fn path(&self, name: &str) -> String {
        if self.at.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.at)
        }
    }

    fn wrong_type(&self, name: &str, expected: &str) -> ApiError {
        ApiError::serialization(format!("{} must be {expected}", self.path(name)))
    }
}

/// Whether a text keeps a rule; `at` is what the message calls it.
pub(crate) fn check_text(text: &str, rule: Rule, at: &str) -> Result<(), ApiError> {
    let chars = text.chars().count();
    if chars < rule.min {
        let constraint = format!(
            "Member must have length greater than or equal to {}",
            rule.min
        );
        return Err(violation(text, at, &constraint));
    }
    if chars > rule.max {
        let constraint = format!("Member must have length less than or equal to {}", rule.max);
        return Err(violation(text, at, &constraint));
    }
    if !(rule.allows)(text) {
        let constraint = format!(
            "Member must satisfy regular expression pattern: {}",
            rule.pattern
        );
        return Err(violation(text, at, &constraint));
    }
    Ok(())
}

/// Whether a text consists of ASCII letters, digits and `more`.
pub(crate) fn is_made_of(text: &str, more: &str) -> bool {
    text.chars()
        .all(|c| c.is_ascii_alphanumeric() || more.contains(c))
}

fn violation(value: &str, at: &str, constraint: &str) -> ApiError {
    ApiError::validation(format!(
        "1 validation error detected: Value '{value}' at '{at}' failed to satisfy constraint: {constraint}"
    ))
}

fn is_uuid(text: &str) -> bool {
    let is_hex = |part: &str| {
        part.bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && text.split('-').all(is_hex)
}

fn is_role_arn(text: &str) -> bool {
    let mut parts = text.splitn(6, ':');
    let is_partition = |part: &str| part == "aws" || part.starts_with("aws-");
    parts.next() == Some("arn")
        && parts.next().is_some_and(is_partition)
        && parts.next() == Some("iam")
        && parts.next() == Some("")
        && parts.next().is_some_and(is_account)
        && parts.next().is_some_and(|part| part.starts_with("role/"))
}

/// Twelve digits.
pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}
