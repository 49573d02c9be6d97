//! Every line of `<format>-<question>.jsonl` asked of this crate. A file's differences are reported all at once.
//!
//! The corpus is not part of the tree: it is looked for in `shared/vectors` beside the workspace, and a plain line says
//! where it was missed.

use std::cmp::Ordering;
use std::fs;
use std::path::{Path, PathBuf};

use downriver_version::{DependencySpecifier, Format, Requirement, RequirementKind, Version};
use serde_json::{Value, json};

use crate::known_differences;

/// Says where this crate differs from a line, `None` where it agrees.
type Check = fn(Format, &Value) -> Option<String>;

#[test]
fn what_a_requirement_admits_agrees_with_the_tools() {
    check_all("admits", admits);
}

#[test]
fn the_order_of_versions_agrees_with_the_tools() {
    check_all("order", order);
}

#[test]
fn what_a_build_selects_agrees_with_the_tools() {
    check_all("select", selects);
}

#[test]
fn the_requirements_that_can_be_read_agree_with_the_tools() {
    check_all("parse", parses_requirement);
}

#[test]
fn the_versions_that_can_be_read_agree_with_the_tools() {
    check_all("valid", parses_version);
}

#[test]
fn the_parts_of_python_dependency_specifiers_agree_with_the_tool() {
    let Some(folder) = folder() else { return };
    let lines = lines(&folder.join("pypi-requirements.jsonl"));
    let found: Vec<String> = lines.iter().filter_map(dependency_specifier).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// The folder of the corpus; prints a line and returns `None` where there is none.
pub(crate) fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no corpus in {}", folder.display());
    None
}

pub(crate) fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn check_all(question: &str, check: Check) {
    let Some(folder) = folder() else { return };
    let mut differences = Vec::new();
    for format in Format::ALL {
        let path = folder.join(format!("{format}-{question}.jsonl"));
        if !path.is_file() {
            continue;
        }
        let (set_aside, asked): (Vec<Value>, Vec<Value>) = lines(&path)
            .into_iter()
            .partition(|line| known_differences::is_set_aside(format, line));
        let found: Vec<String> = asked
            .iter()
            .filter_map(|line| check(format, line))
            .collect();
        let agree = asked.len() - found.len();
        println!(
            "{format}-{question}: {agree} of {} lines agree, {} set aside",
            asked.len(),
            set_aside.len()
        );
        if !found.is_empty() {
            differences.push(format!(
                "{format}-{question}: {} differences\n{}",
                found.len(),
                found.join("\n")
            ));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

fn admits(format: Format, line: &Value) -> Option<String> {
    let requirement = Requirement::parse(format, text(line, "requirement"));
    let version = Version::parse(format, text(line, "version"));
    let prereleases = line["prereleases"].as_bool().unwrap_or(false);
    let found = match (&requirement, &version) {
        (Ok(requirement), Ok(version)) if prereleases => {
            requirement.admits_with_prereleases(version)
        }
        (Ok(requirement), Ok(version)) => requirement.admits(version),
        _ => false,
    };
    difference(line, &line["admits"], &Value::from(found))
}

fn order(format: Format, line: &Value) -> Option<String> {
    let compared = Version::parse(format, text(line, "a"))
        .ok()
        .zip(Version::parse(format, text(line, "b")).ok());
    let found = compared
        .and_then(|(a, b)| a.compare(&b))
        .map(|order| match order {
            Ordering::Less => -1,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        });
    difference(line, &line["cmp"], &Value::from(found))
}

fn selects(format: Format, line: &Value) -> Option<String> {
    let versions: Vec<Version> = line["versions"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|version| Version::parse(format, version.as_str()?).ok())
        .collect();
    let requirement = Requirement::parse(format, text(line, "requirement")).ok();
    let found = requirement
        .as_ref()
        .and_then(|requirement| requirement.selects(&versions));
    let expected = line["selected"]
        .as_str()
        .map(|version| Version::parse(format, version).unwrap());
    difference(
        line,
        &Value::from(expected.as_ref().map(Version::as_str)),
        &Value::from(found.map(Version::as_str)),
    )
}

/// A requirement that the tool refuses may be read as something else than versions: npm then takes it for a tag.
fn parses_requirement(format: Format, line: &Value) -> Option<String> {
    let expected = line["valid"]
        .as_bool()
        .unwrap_or_else(|| line["canonical"].is_string());
    let found = Requirement::parse(format, text(line, "requirement")).is_ok_and(|requirement| {
        !matches!(
            requirement.kind(),
            RequirementKind::Tag(_) | RequirementKind::NotFromRegistry(_)
        )
    });
    difference(line, &Value::from(expected), &Value::from(found))
}

fn parses_version(format: Format, line: &Value) -> Option<String> {
    let version = Version::parse(format, text(line, "version"));
    let normal = line["normalized"].as_str();
    match (&version, normal) {
        (Ok(version), Some(normal)) => {
            difference(line, &Value::from(normal), &Value::from(version.as_str()))
        }
        _ => difference(line, &line["valid"], &Value::from(version.is_ok())),
    }
}

fn dependency_specifier(line: &Value) -> Option<String> {
    let found = DependencySpecifier::parse(text(line, "requirement"));
    let parts = found.as_ref().ok().map(|found| {
        let marker = found.marker().map(ToString::to_string);
        let extras: Vec<&str> = found.extras().collect();
        json!([
            found.name(),
            extras,
            found.specifiers(),
            found.url(),
            marker
        ])
    });
    let expected = ["name", "extras", "specifier", "url", "marker"].map(|part| line[part].clone());
    let expected = (line["valid"] == true).then(|| Value::from(expected.to_vec()));
    difference(line, &Value::from(expected), &Value::from(parts))
}

fn text<'a>(line: &'a Value, field: &str) -> &'a str {
    line[field].as_str().unwrap()
}

fn difference(line: &Value, expected: &Value, found: &Value) -> Option<String> {
    (expected != found).then(|| {
        let line: String = line.to_string().chars().take(400).collect();
        format!("  expected {expected}, found {found}: {line}")
    })
}
