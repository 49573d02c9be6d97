//! A lock in whatever shape TOML allows.

use std::borrow::Cow;

use toml::de::{DeTable, DeValue};

use super::{Lock, LockPackage, References};
use crate::lines::Lines;
use crate::reading::Problem;

pub(super) fn parse<'a>(path: &str, text: &'a str) -> Result<Lock<'a>, Problem> {
    let lines = Lines::new(text);
    let document =
        DeTable::parse(text).map_err(|error| super::super::toml_problem(path, &lines, &error))?;
    let document = document.into_inner();
    let mut packages = Vec::new();
    if let Some(root) = document
        .get("root")
        .and_then(|root| root.get_ref().as_table())
    {
        packages.push(package(path, &lines, root)?);
    }
    let listed = document
        .get("package")
        .and_then(|list| list.get_ref().as_array());
    for item in listed.into_iter().flatten() {
        let Some(table) = item.get_ref().as_table() else {
            let line = lines.at(item.span().start);
            return Err(Problem::new(
                path,
                Some(line),
                "holds a package that is no table",
            ));
        };
        packages.push(package(path, &lines, table)?);
    }
    let version = match document.get("version").map(toml::Spanned::get_ref) {
        Some(DeValue::Integer(version)) => version.as_str().parse().unwrap_or(0),
        _ if document.contains_key("metadata") => 1,
        _ => 2,
    };
    let references = packages
        .iter()
        .map(|package| match &package.references {
            References::List(list) => list.len(),
            References::Block { .. } => 0,
        })
        .sum();
    Ok(Lock {
        version,
        packages,
        references,
    })
}

fn package<'a>(
    path: &str,
    lines: &Lines<'a>,
    table: &DeTable<'a>,
) -> Result<LockPackage<'a>, Problem> {
    let field = |key: &str| -> Result<Option<(Cow<'a, str>, u32)>, Problem> {
        let Some((at, value)) = table.get_key_value(key) else {
            return Ok(None);
        };
        let line = lines.at(at.span().start);
        let DeValue::String(text) = value.get_ref() else {
            let text = format!("holds a `{key}` of a package that is no text");
            return Err(Problem::new(path, Some(line), text));
        };
        Ok(Some((text.clone(), line)))
    };
    let (Some((name, line)), Some((version, _))) = (field("name")?, field("version")?) else {
        let first = table.keys().map(|key| lines.at(key.span().start)).min();
        return Err(Problem::new(
            path,
            first,
            "holds a package without a name or a version",
        ));
    };
    let listed = table
        .get("dependencies")
        .and_then(|list| list.get_ref().as_array());
    let references = listed
        .into_iter()
        .flatten()
        .filter_map(|item| match item.get_ref() {
            DeValue::String(text) => Some(text.clone()),
            _ => None,
        })
        .collect();
    Ok(LockPackage {
        name,
        version,
        source: field("source")?.map(|(text, _)| text),
        replace: field("replace")?.map(|(text, _)| text),
        line,
        references: References::List(references),
    })
}
