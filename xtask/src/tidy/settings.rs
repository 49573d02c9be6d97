//! Rules 4, 8 and a part of 7: what every manifest inherits, what none may set, and the clippy settings of the pure crates.

#[cfg(test)]
mod tests;

use super::finding::Finding;
use super::tree::{File, find};

const ROOT_CLIPPY: &str = "clippy.toml";
const PURE_CLIPPY: &[&str] = &["crates/version/clippy.toml", "crates/domain/clippy.toml"];
/// The pure crates get time, settings and order from outside, so that the same values give the same decision.
const PURE_DISALLOWED: [&str; 5] = [
    "std::time::SystemTime::now",
    "std::time::Instant::now",
    "std::env::var",
    "std::collections::HashMap",
    "std::collections::HashSet",
];

/// Rule 4: every package inherits the workspace's lints.
pub(crate) fn check_lints(files: &[File]) -> Vec<Finding> {
    files
        .iter()
        .filter(|file| {
            file.is_manifest() && settings(&file.text).any(|setting| setting.section == "package")
        })
        .filter(|file| !settings(&file.text).any(|setting| is_lints_inherited(&setting)))
        .map(|file| {
            Finding::new(
                &file.path,
                1,
                "the workspace's lints are not inherited",
                "add `[lints]` with `workspace = true`",
            )
        })
        .collect()
}

/// The part of rule 7 that is about profiles: the runtime of a function catches panics, which needs unwinding.
pub(crate) fn check_unwinding(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files
        .iter()
        .filter(|file| file.ending() == "toml" && !file.is_material())
    {
        for setting in settings(&file.text)
            .filter(|setting| setting.key == "panic" && unquoted(setting.value) == "abort")
        {
            findings.push(Finding::new(
                &file.path,
                setting.line,
                "panics abort",
                "remove the setting: one bad message must not end its batch",
            ));
        }
    }
    findings
}

/// Rule 8: a crate's own `clippy.toml` replaces the root's, so what still applies must be repeated.
pub(crate) fn check_pure_crates(files: &[File]) -> Vec<Finding> {
    let root = find(files, ROOT_CLIPPY).map_or("", |file| file.text.as_str());
    PURE_CLIPPY
        .iter()
        .flat_map(|path| check_pure_crate(path, find(files, path), root))
        .collect()
}

fn check_pure_crate(path: &str, file: Option<&File>, root: &str) -> Vec<Finding> {
    let Some(file) = file else {
        return vec![Finding::new(
            path,
            1,
            "a pure crate without clippy settings of its own",
            "add the file with the disallowed lists",
        )];
    };
    let mut findings = Vec::new();
    for disallowed in PURE_DISALLOWED {
        let entry = format!("path = \"{disallowed}\"");
        let is_disallowed = file
            .text
            .lines()
            .map(str::trim)
            .any(|line| !line.starts_with('#') && line.contains(&entry));
        if !is_disallowed {
            findings.push(Finding::new(
                path,
                1,
                format!("`{disallowed}` is not disallowed"),
                "add it to the disallowed list",
            ));
        }
    }
    // Lists may differ, as a crate has its own words; thresholds and switches may not.
    for expected in settings(root).filter(|setting| !setting.value.starts_with('[')) {
        let own = settings(&file.text).find(|setting| setting.key == expected.key);
        if own.as_ref().is_none_or(|own| own.value != expected.value) {
            let line = own.map_or(1, |own| own.line);
            let remedy = format!("write `{} = {}`", expected.key, expected.value);
            findings.push(Finding::new(
                path,
                line,
                format!("`{}` is not what the root sets", expected.key),
                remedy,
            ));
        }
    }
    findings
}

fn is_lints_inherited(setting: &Setting<'_>) -> bool {
    let is_inherited = (setting.section == "lints" && setting.key == "workspace")
        || (setting.section.is_empty() && setting.key == "lints.workspace");
    is_inherited && setting.value == "true"
}

/// A `key = value` line of a TOML file. Values that go over several lines give their first.
struct Setting<'a> {
    section: &'a str,
    key: &'a str,
    value: &'a str,
    line: usize,
}

fn settings(text: &str) -> impl Iterator<Item = Setting<'_>> {
    let mut section = "";
    text.lines().enumerate().filter_map(move |(index, line)| {
        let line = line.trim();
        if let Some(opened) = line.strip_prefix('[') {
            section = opened.split(']').next().unwrap_or(opened).trim();
            return None;
        }
        let (key, value) = line.split_once('=')?;
        // A `#` may stand in a quoted value; those compared here have none.
        let value = value.split(" #").next().unwrap_or(value);
        (!line.starts_with('#')).then(|| Setting {
            section,
            key: key.trim(),
            value: value.trim(),
            line: index + 1,
        })
    })
}

fn unquoted(value: &str) -> &str {
    value.trim_matches(['"', '\''])
}
