//! PEP 508 environment markers, kept as written and evaluated against a declared environment. Follows
//! `packaging.markers` of pypa/packaging 26.3; what that raises as an error is *unknown* here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::dependency::Cursor;
use super::specifier::SpecifierSet;
use super::{Ecosystem, Pypi};

/// Deepest nesting of parentheses that is read.
pub(super) const DEPTH_MAX: usize = 64;

/// Every variable, under each of its spellings, and its name proper.
const VARIABLES: [(&str, &str); 19] = [
    ("python_version", "python_version"),
    ("python_full_version", "python_full_version"),
    ("os_name", "os_name"),
    ("os.name", "os_name"),
    ("sys_platform", "sys_platform"),
    ("sys.platform", "sys_platform"),
    ("platform_release", "platform_release"),
    ("platform_system", "platform_system"),
    ("platform_version", "platform_version"),
    ("platform.version", "platform_version"),
    ("platform_machine", "platform_machine"),
    ("platform.machine", "platform_machine"),
    (
        "platform_python_implementation",
        "platform_python_implementation",
    ),
    (
        "platform.python_implementation",
        "platform_python_implementation",
    ),
    ("python_implementation", "platform_python_implementation"),
    ("implementation_name", "implementation_name"),
    ("implementation_version", "implementation_version"),
    ("extra", "extra"),
    ("extras", "extras"),
];

/// Not in [`VARIABLES`] because no environment declares them.
const DEPENDENCY_GROUPS: &str = "dependency_groups";

/// Longest first, so that none hides another.
const OPERATORS: [&str; 8] = ["===", "==", "~=", "!=", "<=", ">=", "<", ">"];

/// A condition on the environment under which a dependency counts. Displays as `packaging` writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// Holds if all conditions of one of these hold.
    alternatives: Vec<Vec<Condition>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Condition {
    Comparison {
        left: Operand,
        operator: &'static str,
        right: Operand,
    },
    /// What stood in parentheses.
    Group(Marker),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Operand {
    Variable(&'static str),
    Text(Box<str>),
}

/// The environment that markers are judged against: the values of marker variables, as far as they are known, and the
/// extras asked for.
#[derive(Debug, Clone, Default)]
pub struct MarkerEnvironment {
    values: BTreeMap<String, String>,
    extras: BTreeSet<String>,
}

impl MarkerEnvironment {
    pub const fn new() -> Self {
        Self {
            values: BTreeMap::new(),
            extras: BTreeSet::new(),
        }
    }

    /// Declares a variable (`python_version`, `sys_platform`, …). One that is not declared is unknown.
    #[must_use]
    pub fn with(mut self, variable: &str, value: &str) -> Self {
        self.values.insert(variable.to_owned(), value.to_owned());
        self
    }

    /// Declares that an extra is asked for. Extras that are not declared are not asked for.
    #[must_use]
    pub fn with_extra(mut self, extra: &str) -> Self {
        self.extras.insert(normalise_name(extra));
        self
    }
}

impl Marker {
    pub(super) fn parse_from(cursor: &mut Cursor<'_>) -> Result<Self, String> {
        Self::parse_nested(cursor, 0)
    }

    /// Whether the marker holds; `None` where that hangs on a variable that the environment does not declare, or on a
    /// comparison that Python tools refuse. With several extras it is enough that it holds for one of them, as in pip.
    pub fn evaluate(&self, environment: &MarkerEnvironment) -> Option<bool> {
        if environment.extras.is_empty() {
            return self.evaluate_for(environment, "");
        }
        any(environment
            .extras
            .iter()
            .map(|extra| self.evaluate_for(environment, extra)))
    }

    fn evaluate_for(&self, environment: &MarkerEnvironment, extra: &str) -> Option<bool> {
        any(self.alternatives.iter().map(|conditions| {
            let holds = conditions
                .iter()
                .map(|condition| condition.evaluate(environment, extra));
            any(holds.map(|holds| holds.map(|holds| !holds))).map(|fails| !fails)
        }))
    }

    fn parse_nested(cursor: &mut Cursor<'_>, depth: usize) -> Result<Self, String> {
        let mut alternatives = vec![vec![Condition::parse(cursor, depth)?]];
        loop {
            let start = cursor.rest;
            match word(cursor) {
                "and" => {
                    let condition = Condition::parse(cursor, depth)?;
                    alternatives
                        .last_mut()
                        .expect("starts with one")
                        .push(condition);
                }
                "or" => alternatives.push(vec![Condition::parse(cursor, depth)?]),
                _ => {
                    cursor.rest = start;
                    return Ok(Self { alternatives });
                }
            }
        }
    }
}

/// Kleene's or: true if one is, else unknown if one is.
fn any(values: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut result = Some(false);
    for value in values {
        match value {
            Some(true) => return value,
            Some(false) => {}
            None => result = None,
        }
    }
    result
}

/// PEP 503: runs of `-`, `_` and `.` become one `-`, letters lower case.
fn normalise_name(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for letter in name.chars() {
        if !matches!(letter, '-' | '_' | '.') {
            normal.extend(letter.to_lowercase());
        } else if !normal.ends_with('-') {
            normal.push('-');
        }
    }
    normal
}

fn word<'a>(cursor: &mut Cursor<'a>) -> &'a str {
    cursor.take_while(|letter| letter.is_alphanumeric() || letter == '_')
}

impl Condition {
    fn parse(cursor: &mut Cursor<'_>, depth: usize) -> Result<Self, String> {
        cursor.skip_blanks();
        let condition = if cursor.eat("(") {
            if depth == DEPTH_MAX {
                return Err(format!(
                    "the marker has more than {DEPTH_MAX} nested parentheses"
                ));
            }
            let marker = Marker::parse_nested(cursor, depth + 1)?;
            if !cursor.eat(")") {
                return Err(format!(
                    "`{}` stands where the marker's `)` was expected",
                    cursor.excerpt()
                ));
            }
            Self::group(marker)
        } else {
            let left = Operand::parse(cursor)?;
            cursor.skip_blanks();
            let operator = parse_operator(cursor)?;
            cursor.skip_blanks();
            Self::comparison(left, operator, Operand::parse(cursor)?)
        };
        cursor.skip_blanks();
        Ok(condition)
    }

    /// A group of one is that one: parentheses that say nothing are not kept.
    fn group(mut marker: Marker) -> Self {
        if let [conditions] = &mut *marker.alternatives
            && conditions.len() == 1
        {
            return conditions.pop().expect("has one");
        }
        Self::Group(marker)
    }

    /// Names of extras are compared in their normal form.
    fn comparison(mut left: Operand, operator: &'static str, mut right: Operand) -> Self {
        match (&mut left, &mut right) {
            (Operand::Variable("extra"), Operand::Text(text))
            | (Operand::Text(text), Operand::Variable("extra" | "extras" | DEPENDENCY_GROUPS)) => {
                *text = normalise_name(text).into();
            }
            _ => {}
        }
        Self::Comparison {
            left,
            operator,
            right,
        }
    }

    fn evaluate(&self, environment: &MarkerEnvironment, extra: &str) -> Option<bool> {
        let (left, operator, right) = match self {
            Self::Group(marker) => return marker.evaluate_for(environment, extra),
            Self::Comparison {
                left,
                operator,
                right,
            } => (left, *operator, right),
        };
        let value = |variable: &str| match variable {
            "extra" => Some(extra),
            _ => environment.values.get(variable).map(String::as_str),
        };
        match (left, right) {
            (Operand::Text(text), Operand::Variable("extras")) => {
                let is_asked_for = environment.extras.contains(&**text);
                match operator {
                    "in" => Some(is_asked_for),
                    "not in" => Some(!is_asked_for),
                    _ => None,
                }
            }
            (Operand::Variable(variable), Operand::Text(text)) => {
                compare(variable, value(variable)?, operator, text)
            }
            (Operand::Text(text), Operand::Variable(variable)) => {
                compare(variable, text, operator, value(variable)?)
            }
            _ => None,
        }
    }
}

/// Variables that hold versions compare as such where the right side is one; all else compares as text, which has no
/// order.
fn compare(variable: &str, left: &str, operator: &str, right: &str) -> Option<bool> {
    const OF_VERSIONS: [&str; 4] = [
        "implementation_version",
        "platform_release",
        "python_full_version",
        "python_version",
    ];
    if OF_VERSIONS.contains(&variable)
        && !operator.ends_with("in")
        && let Ok(specifiers) = SpecifierSet::parse_one(&format!("{operator}{right}"))
    {
        let version = Pypi::parse_version(left).ok()?;
        return Some(specifiers.contains(&version));
    }
    match operator {
        "in" => Some(right.contains(left)),
        "not in" => Some(!right.contains(left)),
        "==" | "<=" | ">=" => Some(left == right),
        "!=" => Some(left != right),
        "<" | ">" => Some(false),
        _ => None,
    }
}

fn parse_operator(cursor: &mut Cursor<'_>) -> Result<&'static str, String> {
    if let Some(operator) = OPERATORS.into_iter().find(|operator| cursor.eat(operator)) {
        return Ok(operator);
    }
    match word(cursor) {
        "in" => Ok("in"),
        "not" if cursor.skip_blanks() && word(cursor) == "in" => Ok("not in"),
        found => Err(format!(
            "`{found}{}` stands where a marker's operator was expected",
            cursor.excerpt()
        )),
    }
}

impl Operand {
    fn parse(cursor: &mut Cursor<'_>) -> Result<Self, String> {
        for quote in ["'", "\""] {
            if cursor.eat(quote) {
                let text = cursor.take_while(|letter| !quote.starts_with(letter));
                if !cursor.eat(quote) {
                    return Err("a quoted string in the marker is not closed".to_owned());
                }
                return unescape(text).map(|text| Self::Text(text.into()));
            }
        }
        let start = cursor.rest;
        let name =
            cursor.take_while(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '.'));
        if name == DEPENDENCY_GROUPS {
            return Ok(Self::Variable(DEPENDENCY_GROUPS));
        }
        if let Some(&(_, variable)) = VARIABLES.iter().find(|(spelling, _)| *spelling == name) {
            return Ok(Self::Variable(variable));
        }
        cursor.rest = start;
        Err(format!(
            "`{}` stands where a marker's variable or quoted string was expected",
            cursor.excerpt()
        ))
    }
}

/// What Python makes of the inside of a string literal; an escape that Python does not know stands for itself.
fn unescape(text: &str) -> Result<String, String> {
    if text.contains(['\n', '\r']) {
        return Err("a quoted string in the marker has a line break".to_owned());
    }
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            plain.push(letter);
            continue;
        }
        match letters.next() {
            Some(escaped @ ('\\' | '\'' | '"')) => plain.push(escaped),
            Some('n') => plain.push('\n'),
            Some('r') => plain.push('\r'),
            Some('t') => plain.push('\t'),
            Some(other) => plain.extend(['\\', other]),
            None => return Err("a quoted string in the marker ends in a backslash".to_owned()),
        }
    }
    Ok(plain)
}

impl fmt::Display for Marker {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Parentheses around the whole are not kept.
        if let [conditions] = &*self.alternatives
            && let [Condition::Group(marker)] = &**conditions
        {
            return marker.fmt(out);
        }
        for (position, conditions) in self.alternatives.iter().enumerate() {
            if position > 0 {
                out.write_str(" or ")?;
            }
            for (position, condition) in conditions.iter().enumerate() {
                if position > 0 {
                    out.write_str(" and ")?;
                }
                condition.fmt(out)?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Comparison {
                left,
                operator,
                right,
            } => write!(out, "{left} {operator} {right}"),
            Self::Group(marker) => write!(out, "({marker})"),
        }
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => out.write_str(name),
            Self::Text(text) if text.contains('"') => write!(out, "'{text}'"),
            Self::Text(text) => write!(out, "\"{text}\""),
        }
    }
}
