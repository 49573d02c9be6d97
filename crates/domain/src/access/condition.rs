//! Conditions: operators, keys and values (IAM user guide: Condition operators; Single-valued vs. multivalued keys).

mod compare;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use super::context::{Facts, Told};
use super::json::{Json, Members};
use super::pattern::Template;
use super::policy::{PolicyProblem, Wrong, template, texts};
use compare::{instant, number, range};

/// One operator with one key of a statement's `Condition`. All clauses have to hold.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Clause {
    /// As the document writes it, for example `ForAnyValue:StringLike`.
    pub(super) operator: String,
    pub(super) key: String,
    quantifier: Quantifier,
    is_negated: bool,
    /// `…IfExists`: holds where the request lacks the key.
    is_if_exists: bool,
    test: Test,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quantifier {
    None,
    All,
    Any,
}

/// What a value of the request is compared with; one of the values has to fit.
#[derive(Debug, Clone, PartialEq)]
enum Test {
    Text {
        values: Vec<Template>,
        is_any_case: bool,
    },
    Like(Vec<Template>),
    Arn(Vec<Template>),
    Bool(Vec<Template>),
    /// Whether the key has to be absent.
    Null(bool),
    Ip(Vec<(IpAddr, u8)>),
    Number(Order, Vec<f64>),
    /// Seconds since the Unix epoch.
    Date(Order, Vec<f64>),
    Binary(Vec<String>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Whether a clause holds.
pub(super) struct Held {
    pub(super) holds: bool,
    /// Keys that it rests on and that nobody told.
    pub(super) untold: Vec<String>,
}

/// The clauses of a `Condition`.
pub(super) fn parse(operators: &Members, has_variables: bool) -> Result<Vec<Clause>, Wrong> {
    let mut clauses = Vec::new();
    for (operator, keys) in operators {
        let place = format!("Condition.{operator}");
        let Json::Object(keys) = keys else {
            return Err((
                place,
                PolicyProblem::Expected("an object of condition keys"),
            ));
        };
        for (key, values) in keys {
            let place = format!("{place}.{key}");
            clauses.push(clause(operator, key, values, &place, has_variables)?);
        }
    }
    Ok(clauses)
}

fn clause(
    operator: &str,
    key: &str,
    values: &Json,
    place: &str,
    has_variables: bool,
) -> Result<Clause, Wrong> {
    let (quantifier, rest) = match operator.split_once(':') {
        Some(("ForAllValues", rest)) => (Quantifier::All, rest),
        Some(("ForAnyValue", rest)) => (Quantifier::Any, rest),
        _ => (Quantifier::None, operator),
    };
    let (name, is_if_exists) = match rest.strip_suffix("IfExists") {
        Some(name) => (name, true),
        None => (rest, false),
    };
    let plain = scalars(place, values)?;
    let values: Vec<&str> = plain.iter().map(String::as_str).collect();
    let found = test(name, &values, place, has_variables)?;
    let is_null = matches!(found, Some((Test::Null(_), _)));
    let Some((test, is_negated)) =
        found.filter(|_| !(is_null && (is_if_exists || quantifier != Quantifier::None)))
    else {
        let place = format!("Condition.{operator}");
        return Err((place, PolicyProblem::UnknownOperator));
    };
    Ok(Clause {
        operator: operator.to_owned(),
        key: key.to_owned(),
        quantifier,
        is_negated,
        is_if_exists,
        test,
    })
}

/// Values as texts: IAM takes `true` and `5` for `"true"` and `"5"`.
fn scalars(place: &str, values: &Json) -> Result<Vec<String>, Wrong> {
    let text = |value: &Json| match value {
        Json::Bool(value) => Json::text(value.to_string()),
        Json::Number(value) => Json::text(value.to_string()),
        other => other.clone(),
    };
    let values = match values {
        Json::List(items) => Json::List(items.iter().map(text).collect()),
        other => text(other),
    };
    Ok(texts(place, &values)?
        .into_iter()
        .map(str::to_owned)
        .collect())
}

/// The test of an operator without prefix and suffix, and whether it is negated; `None` for an unknown one.
fn test(
    name: &str,
    values: &[&str],
    place: &str,
    has_variables: bool,
) -> Result<Option<(Test, bool)>, Wrong> {
    let templates = || -> Result<Vec<Template>, Wrong> {
        let parsed = values
            .iter()
            .map(|text| template(place, text, has_variables));
        parsed.collect()
    };
    let is_negated = name.contains("Not");
    let test = match name {
        "StringEquals" | "StringNotEquals" => Test::Text {
            values: templates()?,
            is_any_case: false,
        },
        "StringEqualsIgnoreCase" | "StringNotEqualsIgnoreCase" => Test::Text {
            values: templates()?,
            is_any_case: true,
        },
        "StringLike" | "StringNotLike" => Test::Like(templates()?),
        "ArnEquals" | "ArnLike" | "ArnNotEquals" | "ArnNotLike" => Test::Arn(templates()?),
        "Bool" => Test::Bool(templates()?),
        "Null" => Test::Null(match values {
            ["true"] => true,
            ["false"] => false,
            _ => return Err(invalid(place, "expected `true` or `false`")),
        }),
        "IpAddress" | "NotIpAddress" => {
            Test::Ip(each(place, values, "an IP address or a range", range)?)
        }
        "BinaryEquals" => Test::Binary(values.iter().map(|text| (*text).to_owned()).collect()),
        _ => return ordered(name, values, place),
    };
    Ok(Some((test, is_negated)))
}

fn ordered(name: &str, values: &[&str], place: &str) -> Result<Option<(Test, bool)>, Wrong> {
    let (is_date, name) = match (name.strip_prefix("Numeric"), name.strip_prefix("Date")) {
        (Some(name), _) => (false, name),
        (None, Some(name)) => (true, name),
        (None, None) => return Ok(None),
    };
    let order = match name {
        "Equals" | "NotEquals" => Order::Equal,
        "LessThan" => Order::Less,
        "LessThanEquals" => Order::LessOrEqual,
        "GreaterThan" => Order::Greater,
        "GreaterThanEquals" => Order::GreaterOrEqual,
        _ => return Ok(None),
    };
    let test = if is_date {
        Test::Date(order, each(place, values, "a date of ISO 8601", instant)?)
    } else {
        Test::Number(order, each(place, values, "a number", number)?)
    };
    Ok(Some((test, name == "NotEquals")))
}

fn each<T>(
    place: &str,
    values: &[&str],
    what: &str,
    parse: fn(&str) -> Option<T>,
) -> Result<Vec<T>, Wrong> {
    let parsed = values
        .iter()
        .map(|text| parse(text).ok_or_else(|| invalid(place, &format!("`{text}` is not {what}"))));
    parsed.collect()
}

fn invalid(place: &str, wrong: &str) -> Wrong {
    (
        place.to_owned(),
        PolicyProblem::InvalidValue(wrong.to_owned()),
    )
}

impl Clause {
    /// Whether it is exactly `StringEquals` of the organization, or one that admits it among others.
    pub(super) fn organizations(&self) -> Option<Vec<String>> {
        let is_plain =
            self.operator == "StringEquals" && self.key.eq_ignore_ascii_case("aws:PrincipalOrgID");
        let Test::Text { values, .. } = &self.test else {
            return None;
        };
        if !is_plain || values.iter().any(Template::has_variables) {
            return None;
        }
        let text = |value: &Template| Some(value.fixed()?.to_string());
        values.iter().map(text).collect()
    }

    /// Whether the clause holds for the request. A key that the request lacks makes it false, or true if it is negated,
    /// asks `…IfExists`, or is about all values of none.
    pub(super) fn hold(&self, facts: &Facts<'_>) -> Held {
        let told = facts.told(&self.key);
        let mut untold = Vec::new();
        let values = match told {
            Told::Values(values) => Some(values),
            Told::Absent => None,
            Told::Untold => {
                untold.push(self.key.clone());
                None
            }
        };
        if let Test::Null(is_absent) = self.test {
            return Held {
                holds: values.is_none() == is_absent,
                untold,
            };
        }
        let Some(values) = values else {
            let holds = match self.quantifier {
                _ if self.is_if_exists => true,
                Quantifier::All => true,
                Quantifier::Any => false,
                Quantifier::None => self.is_negated,
            };
            return Held { holds, untold };
        };
        let fits: Vec<bool> = values
            .iter()
            .map(|value| self.test.fits(value, facts, &mut untold))
            .collect();
        let any = fits.iter().any(|fits| *fits);
        let all = fits.iter().all(|fits| *fits);
        let holds = match (self.quantifier, self.is_negated) {
            (Quantifier::None | Quantifier::Any, false) => any,
            (Quantifier::All, false) => all,
            (Quantifier::None | Quantifier::All, true) => !any,
            (Quantifier::Any, true) => !all,
        };
        Held { holds, untold }
    }
}

impl Test {
    /// Whether a value of the request fits one of the statement's.
    fn fits(&self, value: &str, facts: &Facts<'_>, untold: &mut Vec<String>) -> bool {
        match self {
            Self::Text {
                values,
                is_any_case,
            } => compare::any(values, facts, untold, |filled| {
                let text = filled.text.as_deref();
                text.is_some_and(|text| {
                    text == value || (*is_any_case && text.eq_ignore_ascii_case(value))
                })
            }),
            Self::Like(values) => compare::any(values, facts, untold, |filled| {
                let pattern = filled.pattern.as_ref();
                pattern.is_some_and(|pattern| pattern.matches(value))
            }),
            Self::Arn(values) => compare::any(values, facts, untold, |filled| {
                let pattern = filled.pattern.as_ref();
                pattern.is_some_and(|pattern| compare::matches_arn(pattern, value))
            }),
            Self::Bool(values) => compare::any(values, facts, untold, |filled| {
                let text = filled.text.as_deref();
                text.is_some_and(|text| text.eq_ignore_ascii_case(value))
            }),
            Self::Null(_) => false,
            Self::Ip(ranges) => value.parse().is_ok_and(|address| {
                ranges
                    .iter()
                    .any(|range| compare::is_within(address, *range))
            }),
            Self::Number(order, bounds) => is_ordered(*order, number(value), bounds),
            Self::Date(order, bounds) => is_ordered(*order, instant(value), bounds),
            Self::Binary(values) => values.iter().any(|own| own == value),
        }
    }
}

fn is_ordered(order: Order, value: Option<f64>, bounds: &[f64]) -> bool {
    let Some(value) = value else {
        return false;
    };
    bounds.iter().any(|bound| {
        let compared = value.total_cmp(bound);
        match order {
            Order::Equal => compared.is_eq(),
            Order::Less => compared.is_lt(),
            Order::LessOrEqual => compared.is_le(),
            Order::Greater => compared.is_gt(),
            Order::GreaterOrEqual => compared.is_ge(),
        }
    })
}
