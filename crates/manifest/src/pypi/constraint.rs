//! Poetry's version constraints to PEP 440 specifiers.

#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use downriver_version::{Format, Requirement, Version};

/// One comparison of PEP 440.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Clause {
    operator: &'static str,
    version: String,
}

/// Translates `^1.2`, `~1.2`, `1.2.*`, `1.2` and the operators of PEP 440, joined by commas or blanks, as poetry-core's
/// `parse_constraint` reads them. What any version satisfies becomes the empty text.
///
/// PEP 440 has no *or*: alternatives (`^1 || ^3`) become the range from the lowest to the highest, which admits more.
/// None for what is no constraint.
pub(super) fn translate(text: &str) -> Option<String> {
    let alternatives: Vec<Vec<Clause>> = text
        .split("||")
        .flat_map(|part| part.split('|'))
        .map(parse_alternative)
        .collect::<Option<_>>()?;
    let clauses = match &*alternatives {
        [only] => only.clone(),
        several => hull(several)?,
    };
    let translated = clauses
        .iter()
        .map(|clause| format!("{}{}", clause.operator, clause.version))
        .collect::<Vec<_>>()
        .join(",");
    Requirement::parse(Format::Pypi, &translated)
        .is_ok()
        .then_some(translated)
}

fn parse_alternative(text: &str) -> Option<Vec<Clause>> {
    let mut clauses = Vec::new();
    let mut operator = "";
    for word in text
        .split([',', ' ', '\t', '(', ')'])
        .filter(|word| !word.is_empty())
    {
        let split = word
            .find(|letter: char| !"^~=<>!".contains(letter))
            .unwrap_or(word.len());
        let (head, version) = word.split_at(split);
        if !head.is_empty() {
            // An operator after an operator is none.
            (operator.is_empty()).then_some(())?;
            operator = head;
        }
        if !version.is_empty() {
            clauses.extend(expand(operator, version)?);
            operator = "";
        }
    }
    operator.is_empty().then_some(clauses)
}

fn expand(operator: &str, version: &str) -> Option<Vec<Clause>> {
    let version = version.strip_prefix(['v', 'V']).unwrap_or(version);
    if matches!(version, "*" | "x" | "X") {
        return matches!(operator, "" | "=" | "==" | ">=").then(Vec::new);
    }
    let wildcard = [".*", ".x", ".X"]
        .iter()
        .find_map(|end| version.strip_suffix(end));
    if let Some(stem) = wildcard {
        let operator = match operator {
            "" | "=" | "==" => "==",
            "!=" | "<>" => "!=",
            // `>=1.2.*` and `^1.2.*`: pip reads the former so, and people mean it.
            other => return expand(other, stem),
        };
        let version = format!("{}.*", stem.trim_end_matches(".*"));
        return Some(vec![Clause { operator, version }]);
    }
    let one = |operator| Clause {
        operator,
        version: version.to_owned(),
    };
    let range = |bound| {
        vec![
            one(">="),
            Clause {
                operator: "<",
                version: bound,
            },
        ]
    };
    Some(match operator {
        "" | "=" | "==" => vec![one("==")],
        "===" => vec![one("===")],
        "!=" | "<>" => vec![one("!=")],
        ">" => vec![one(">")],
        ">=" => vec![one(">=")],
        "<" => vec![one("<")],
        "<=" => vec![one("<=")],
        "~=" => vec![one("~=")],
        "^" => range(next(version, |numbers| {
            numbers
                .iter()
                .position(|number| *number > 0)
                .unwrap_or(numbers.len() - 1)
        })?),
        "~" => range(next(version, |numbers| usize::from(numbers.len() > 1))?),
        _ => return None,
    })
}

/// The version whose number at the place that `place` says is one higher, zeroes after it.
fn next(version: &str, place: impl Fn(&[u64]) -> usize) -> Option<String> {
    let (epoch, rest) = match version.split_once('!') {
        Some((epoch, rest)) => (format!("{epoch}!"), rest),
        None => (String::new(), version),
    };
    let mut numbers: Vec<u64> = Vec::new();
    for part in rest.split('.') {
        let end = part
            .find(|letter: char| !letter.is_ascii_digit())
            .unwrap_or(part.len());
        if end > 0 {
            numbers.push(part[..end].parse().ok()?);
        }
        if end < part.len() {
            break;
        }
    }
    if numbers.is_empty() {
        return None;
    }
    let place = place(&numbers);
    let bumped: Vec<String> = numbers
        .iter()
        .enumerate()
        .map(|(at, number)| match at.cmp(&place) {
            Ordering::Less => Some(*number),
            Ordering::Equal => number.checked_add(1),
            Ordering::Greater => Some(0),
        })
        .map(|number| number.map(|number| number.to_string()))
        .collect::<Option<_>>()?;
    Some(format!("{epoch}{}", bumped.join(".")))
}

/// The range that holds all alternatives.
fn hull(alternatives: &[Vec<Clause>]) -> Option<Vec<Clause>> {
    let mut ends = Vec::new();
    for (is_lower, wanted) in [(true, Ordering::Less), (false, Ordering::Greater)] {
        let mut bounds = Vec::with_capacity(alternatives.len());
        for clauses in alternatives {
            let of_clauses: Vec<Clause> = clauses
                .iter()
                .filter(|clause| is_bound(clause, is_lower))
                .map(|clause| bound(clause, is_lower))
                .collect::<Option<_>>()?;
            bounds.push(of_clauses.into_iter().next());
        }
        ends.extend(outermost(bounds, wanted));
    }
    Some(ends)
}

/// Whether the clause ends the range on this side.
fn is_bound(clause: &Clause, is_lower: bool) -> bool {
    match clause.operator {
        ">" | ">=" => is_lower,
        "<" | "<=" => !is_lower,
        operator => operator != "!=",
    }
}

/// The lower or upper end that the clause gives; None for what is no version.
fn bound(clause: &Clause, is_lower: bool) -> Option<Clause> {
    let stem = clause.version.trim_end_matches(".*");
    let is_wildcard = stem.len() < clause.version.len();
    let one = |operator, version: String| Clause { operator, version };
    Some(match (clause.operator, is_lower) {
        (">" | ">=" | "<" | "<=", _) => clause.clone(),
        (_, true) => one(">=", stem.to_owned()),
        ("~=", false) => {
            let place = |numbers: &[u64]| numbers.len().saturating_sub(2);
            one("<", next(stem, place)?)
        }
        (_, false) if is_wildcard => one("<", next(stem, |numbers| numbers.len() - 1)?),
        (_, false) => one("<=", stem.to_owned()),
    })
}

/// None if any of them is open.
fn outermost(bounds: Vec<Option<Clause>>, wanted: Ordering) -> Option<Clause> {
    let version = |clause: &Clause| Version::parse(Format::Pypi, &clause.version).ok();
    let mut best: Option<Clause> = None;
    for bound in bounds {
        let bound = bound?;
        let is_better = match &best {
            None => true,
            Some(best) => version(&bound)?.compare(&version(best)?) == Some(wanted),
        };
        if is_better {
            best = Some(bound);
        }
    }
    best
}
