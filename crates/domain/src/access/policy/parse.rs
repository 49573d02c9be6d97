//! From text to statements. Whatever is not understood is an error with its place: a statement that is overlooked
//! would make a wrong decision.

use serde_json::value::RawValue;

use super::{
    Effect, PolicyDocument, PolicyError, PolicyKind, PolicyPlace, PolicyProblem, Principals,
    Selection, Statement,
};
use crate::access::condition;
use crate::access::json::{Json, Members, RawMembers, line_of};
use crate::access::pattern::Template;
use crate::access::principal::PrincipalPattern;

/// What is wrong, and in which element of the statement or document.
pub(in crate::access) type Wrong = (String, PolicyProblem);

const ELEMENTS: &[&str] = &[
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

pub(super) fn document(kind: PolicyKind, text: &str) -> Result<PolicyDocument, PolicyError> {
    let error = |line, (element, problem): Wrong| PolicyError {
        kind,
        place: PolicyPlace {
            statement: None,
            line,
            element,
        },
        problem,
    };
    let no_json = |wrong: &serde_json::Error| {
        let problem = PolicyProblem::NoJson(wrong.to_string());
        error(Some(wrong.line()), (String::new(), problem))
    };
    // The whole text first: errors of its parts would be placed as if they stood alone.
    let source: Json = serde_json::from_str(text).map_err(|wrong| no_json(&wrong))?;
    if !matches!(source, Json::Object(_)) {
        let problem = PolicyProblem::Expected("a JSON object");
        return Err(error(None, (String::new(), problem)));
    }
    let members: RawMembers<'_> = serde_json::from_str(text).map_err(|wrong| no_json(&wrong))?;
    let has_variables =
        frame(&source).map_err(|wrong| error(line_in(text, &members, &wrong.0), wrong))?;
    let raw = statements(&members).map_err(|wrong| no_json(&wrong))?;
    let mut statements = Vec::with_capacity(raw.len());
    for (index, part) in raw.into_iter().enumerate() {
        let line = line_of(text, part);
        let parsed = serde_json::from_str(part.get()).map_err(|wrong| no_json(&wrong))?;
        let statement = statement(kind, has_variables, &parsed).map_err(|wrong| {
            let mut error = error(Some(line), wrong);
            error.place.statement = Some(index);
            error
        })?;
        statements.push(Statement {
            index,
            line,
            ..statement
        });
    }
    Ok(PolicyDocument {
        kind,
        source,
        statements,
    })
}

fn line_in(text: &str, members: &RawMembers<'_>, element: &str) -> Option<usize> {
    let found = members.0.iter().find(|(name, _)| name == element)?;
    Some(line_of(text, found.1))
}

/// The elements around the statements; whether variables are replaced in this version.
fn frame(source: &Json) -> Result<bool, Wrong> {
    let Json::Object(members) = source else {
        return Ok(false);
    };
    let mut has_variables = false;
    for (name, value) in members {
        match (name.as_str(), value) {
            ("Version", Json::Text(version)) if version == "2012-10-17" => has_variables = true,
            ("Version", Json::Text(version)) if version == "2008-10-17" => {}
            ("Version", _) => return Err((name.clone(), PolicyProblem::UnknownVersion)),
            ("Id", Json::Text(_)) | ("Statement", Json::Object(_) | Json::List(_)) => {}
            ("Id", _) => return Err((name.clone(), PolicyProblem::Expected("a string"))),
            ("Statement", _) => {
                let problem = PolicyProblem::Expected("a statement or a list of them");
                return Err((name.clone(), problem));
            }
            _ => return Err((name.clone(), PolicyProblem::UnknownElement)),
        }
    }
    if source.get("Statement").is_none() {
        return Err(("Statement".to_owned(), PolicyProblem::Missing));
    }
    Ok(has_variables)
}

/// The statements as they stand in the text: one, or a list.
fn statements<'a>(members: &RawMembers<'a>) -> serde_json::Result<Vec<&'a RawValue>> {
    let found = members.0.iter().find(|(name, _)| name == "Statement");
    let Some((_, raw)) = found else {
        return Ok(Vec::new());
    };
    if raw.get().starts_with('[') {
        return serde_json::from_str(raw.get());
    }
    Ok(vec![*raw])
}

fn statement(kind: PolicyKind, has_variables: bool, json: &Json) -> Result<Statement, Wrong> {
    let Json::Object(members) = json else {
        return Err((String::new(), PolicyProblem::Expected("a JSON object")));
    };
    for (name, _) in members {
        if !ELEMENTS.contains(&name.as_str()) {
            return Err((name.clone(), PolicyProblem::UnknownElement));
        }
    }
    let sid = match json.get("Sid") {
        None => None,
        Some(Json::Text(sid)) => Some(sid.clone()),
        Some(_) => return Err(expected("Sid", "a string")),
    };
    let effect = match json.get("Effect") {
        Some(Json::Text(text)) if text == "Allow" => Effect::Allow,
        Some(Json::Text(text)) if text == "Deny" => Effect::Deny,
        Some(_) => return Err(expected("Effect", "`Allow` or `Deny`")),
        None => return Err(("Effect".to_owned(), PolicyProblem::Missing)),
    };
    let principals = principals(kind, effect, json)?;
    let actions = actions(json)?;
    let resources = resources(kind, has_variables, json)?;
    let conditions = match json.get("Condition") {
        None => Vec::new(),
        Some(Json::Object(operators)) => condition::parse(operators, has_variables)?,
        Some(_) => return Err(expected("Condition", "an object of operators")),
    };
    Ok(Statement {
        index: 0,
        line: 0,
        sid,
        effect,
        principals,
        actions,
        resources,
        conditions,
    })
}

fn principals(kind: PolicyKind, effect: Effect, json: &Json) -> Result<Principals, Wrong> {
    let (element, value, is_negated) = match one_of(json, "Principal", "NotPrincipal")? {
        Some((element, _)) if kind == PolicyKind::Identity => {
            return Err((element.to_owned(), PolicyProblem::NotInThisKind));
        }
        None if kind == PolicyKind::Identity => return Ok(Principals::Holder),
        None => return Err(("Principal".to_owned(), PolicyProblem::Missing)),
        Some((element, value)) => (element, value, element == "NotPrincipal"),
    };
    if is_negated && effect == Effect::Allow {
        return Err((element.to_owned(), PolicyProblem::NotPrincipalAllowed));
    }
    let patterns = match value {
        Json::Text(text) if text == "*" => vec![PrincipalPattern::Everyone],
        Json::Object(members) => principal_patterns(element, members)?,
        _ => return Err(expected(element, "`*` or an object such as {\"AWS\": […]}")),
    };
    Ok(if is_negated {
        Principals::AllBut(patterns)
    } else {
        Principals::Only(patterns)
    })
}

fn principal_patterns(element: &str, members: &Members) -> Result<Vec<PrincipalPattern>, Wrong> {
    let mut patterns = Vec::new();
    for (kind, value) in members {
        let place = format!("{element}.{kind}");
        let names = texts(&place, value)?;
        match kind.as_str() {
            "AWS" => {
                for name in names {
                    let pattern = PrincipalPattern::parse(name);
                    patterns.push(pattern.map_err(|wrong| {
                        (
                            place.clone(),
                            PolicyProblem::InvalidValue(wrong.to_string()),
                        )
                    })?);
                }
            }
            "Service" | "Federated" | "CanonicalUser" => {
                patterns.extend(names.into_iter().map(|name| PrincipalPattern::Other {
                    kind: kind.clone(),
                    name: name.to_owned(),
                }));
            }
            _ => return Err((place, PolicyProblem::UnknownElement)),
        }
    }
    if patterns.is_empty() {
        return Err(expected(element, "at least one principal"));
    }
    Ok(patterns)
}

fn actions(json: &Json) -> Result<Selection<String>, Wrong> {
    let Some((element, value)) = one_of(json, "Action", "NotAction")? else {
        return Err(("Action".to_owned(), PolicyProblem::Missing));
    };
    let patterns: Vec<String> = texts(element, value)?
        .into_iter()
        .map(str::to_owned)
        .collect();
    let is_action = |text: &String| text == "*" || text.contains(':');
    if !patterns.iter().all(is_action) {
        return Err(expected(element, "`*` or `<service>:<action>`"));
    }
    Ok(selection(element, patterns))
}

/// A resource policy may leave the resource out: it is implied (user guide: Repository policies).
fn resources(
    kind: PolicyKind,
    has_variables: bool,
    json: &Json,
) -> Result<Selection<Template>, Wrong> {
    let (element, patterns) = match one_of(json, "Resource", "NotResource")? {
        Some((element, value)) => (element, texts(element, value)?),
        None if kind == PolicyKind::Identity => {
            return Err(("Resource".to_owned(), PolicyProblem::Missing));
        }
        None => ("Resource", vec!["*"]),
    };
    let mut templates = Vec::new();
    for text in patterns {
        if text != "*" && !text.starts_with("arn:") {
            return Err(expected(element, "`*` or an ARN"));
        }
        templates.push(template(element, text, has_variables)?);
    }
    Ok(selection(element, templates))
}

/// A text in which variables may stand, at `place`.
pub(in crate::access) fn template(
    place: &str,
    text: &str,
    has_variables: bool,
) -> Result<Template, Wrong> {
    Template::parse(text, has_variables).map_err(|rest| {
        let wrong = format!("the variable `{rest}` does not end");
        (place.to_owned(), PolicyProblem::InvalidValue(wrong))
    })
}

/// A string or a list of them, at least one.
pub(in crate::access) fn texts<'a>(place: &str, value: &'a Json) -> Result<Vec<&'a str>, Wrong> {
    let text = |item: &'a Json| match item {
        Json::Text(text) => Ok(text.as_str()),
        _ => Err(expected(place, "a string or a list of strings")),
    };
    match value {
        Json::List(items) if items.is_empty() => Err(expected(place, "at least one value")),
        Json::List(items) => items.iter().map(text).collect(),
        other => Ok(vec![text(other)?]),
    }
}

fn one_of<'a>(
    json: &'a Json,
    element: &'static str,
    negated: &'static str,
) -> Result<Option<(&'static str, &'a Json)>, Wrong> {
    match (json.get(element), json.get(negated)) {
        (Some(_), Some(_)) => Err((negated.to_owned(), PolicyProblem::Besides(element))),
        (Some(value), None) => Ok(Some((element, value))),
        (None, Some(value)) => Ok(Some((negated, value))),
        (None, None) => Ok(None),
    }
}

fn selection<T>(element: &str, items: Vec<T>) -> Selection<T> {
    if element.starts_with("Not") {
        Selection::AllBut(items)
    } else {
        Selection::Only(items)
    }
}

fn expected(place: &str, what: &'static str) -> Wrong {
    (place.to_owned(), PolicyProblem::Expected(what))
}
