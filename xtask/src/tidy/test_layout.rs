//! Rule 5: where tests stand and what they are called.

#[cfg(test)]
mod tests;

use super::finding::Finding;
use super::masked::mask;
use super::metadata::{Package, Workspace};
use super::tree::{File, find};

const END_TO_END_MAIN: &str = "tests/tests/e2e/main.rs";
const INTEGRATION_MAIN: &str = "tests/it/main.rs";
const INTEGRATION_ATTRIBUTE: &str = "#![cfg(test)]";

/// Tests sit in `foo/tests.rs`, not in a module body under the code.
pub(crate) fn check_inline_tests(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        let code = mask(&file.text).code;
        let lines: Vec<&str> = code.lines().map(str::trim).collect();
        for (index, line) in lines.iter().enumerate() {
            let (attributes, item) = split_attributes(line);
            let has_test_attribute =
                is_cfg_test(attributes) || attributes_above(&lines, index).any(is_cfg_test);
            if opens_module(item, lines.get(index + 1)) && has_test_attribute {
                let remedy = "move the tests to `tests.rs` in the folder named after this file, and leave `mod tests;`";
                findings.push(Finding::new(
                    &file.path,
                    index + 1,
                    "tests under the code they test",
                    remedy,
                ));
            }
        }
    }
    findings
}

/// A test's name is a sentence: no `test_` in front.
pub(crate) fn check_test_names(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        let code = mask(&file.text).code;
        let lines: Vec<&str> = code.lines().map(str::trim).collect();
        for (index, line) in lines.iter().enumerate() {
            let (attributes, item) = split_attributes(line);
            let Some(name) = function_name(item).filter(|name| name.starts_with("test_")) else {
                continue;
            };
            if is_test(attributes) || attributes_above(&lines, index).any(is_test) {
                let remedy = "name it by the sentence it proves, without `test_`";
                findings.push(Finding::new(
                    &file.path,
                    index + 1,
                    format!("test name `{name}`"),
                    remedy,
                ));
            }
        }
    }
    findings
}

/// At most one integration binary per package, each linked and started once: `tests/it/main.rs`. The end-to-end suite is one more:
/// it is run by itself, on a deployment.
pub(crate) fn check_integration_binaries(workspace: &Workspace, files: &[File]) -> Vec<Finding> {
    workspace
        .members()
        .flat_map(|package| check_package_binaries(package, files))
        .collect()
}

fn check_package_binaries(package: &Package, files: &[File]) -> Vec<Finding> {
    let paths: Vec<&str> = package
        .targets
        .iter()
        .filter(|target| target.kind == "test")
        .map(|target| target.path.as_str())
        .collect();
    let mut findings = Vec::new();
    if paths
        .iter()
        .filter(|path| **path != END_TO_END_MAIN)
        .count()
        > 1
    {
        let wrong = format!(
            "`{}` has {} integration-test binaries: {}",
            package.name,
            paths.len(),
            paths.join(", ")
        );
        findings.push(Finding::new(
            &package.manifest_path,
            1,
            wrong,
            "make them modules of one `tests/it/main.rs`",
        ));
    }
    for path in paths {
        if path != END_TO_END_MAIN && !path.ends_with(INTEGRATION_MAIN) {
            findings.push(Finding::new(
                path,
                1,
                "an integration-test binary of another name",
                "make it a module of `tests/it/main.rs`",
            ));
        } else if !find(files, path).is_some_and(starts_with_attribute) {
            let wrong = format!("does not start with `{INTEGRATION_ATTRIBUTE}`");
            findings.push(Finding::new(
                path,
                1,
                wrong,
                "add the line, so that clippy's allowances for tests apply",
            ));
        }
    }
    findings
}

/// Comments may stand above the attribute, other code may not.
fn starts_with_attribute(file: &File) -> bool {
    mask(&file.text)
        .code
        .trim_start()
        .starts_with(INTEGRATION_ATTRIBUTE)
}

/// Splits the attributes off that stand before an item on its own line.
fn split_attributes(line: &str) -> (&str, &str) {
    if !line.starts_with("#[") {
        return ("", line);
    }
    line.rfind(']').map_or((line, ""), |end| {
        (&line[..=end], line[end + 1..].trim_start())
    })
}

/// The attribute lines right above a line; blanked comments and empty lines do not end them.
fn attributes_above<'a>(lines: &'a [&str], index: usize) -> impl Iterator<Item = &'a str> {
    lines[..index]
        .iter()
        .rev()
        .copied()
        .take_while(|line| line.is_empty() || line.starts_with("#["))
}

fn is_cfg_test(attributes: &str) -> bool {
    attributes.contains("cfg(test)")
        || attributes.contains("cfg(all(test")
        || attributes.contains("cfg(any(test")
}

/// `#[test]`, `#[tokio::test]`, `#[tokio::test(flavor = …)]`.
fn is_test(attributes: &str) -> bool {
    ["[test]", "::test]", "::test("]
        .iter()
        .any(|mark| attributes.contains(mark))
}

fn opens_module(item: &str, next_line: Option<&&str>) -> bool {
    let Some(module) = without_visibility(item).strip_prefix("mod ") else {
        return false;
    };
    module.contains('{')
        || (!module.contains(';') && next_line.is_some_and(|next| next.starts_with('{')))
}

fn function_name(item: &str) -> Option<&str> {
    let item = without_visibility(item);
    let item = item.strip_prefix("async ").unwrap_or(item);
    item.strip_prefix("fn ")?.split(['(', '<', ' ']).next()
}

fn without_visibility(item: &str) -> &str {
    let Some(rest) = item.strip_prefix("pub") else {
        return item;
    };
    rest.strip_prefix('(')
        .and_then(|scope| scope.split_once(')'))
        .map_or(rest, |(_, rest)| rest)
        .trim_start()
}
