//! Compiled requirements: the tool wrote its own command into the head of the file.

use super::commands::{flagged, leave};
use super::{Move, RefreshPlan, RefreshStep};
use crate::files::Files;

/// Lines of the head that are looked at.
const HEAD_LINES: usize = 20;

/// Runs the command again that the head names, with the packages to upgrade.
pub(super) fn add(files: &Files<'_>, one: &Move<'_>, names: &[String], plan: &mut RefreshPlan) {
    let text = files
        .get(one.file)
        .and_then(|bytes| std::str::from_utf8(bytes).ok())
        .unwrap_or_default();
    let Some((program, mut arguments)) = text.lines().take(HEAD_LINES).find_map(command) else {
        leave(
            plan,
            one,
            "its version is written into a requirements file that no tool compiled: change it there",
        );
        return;
    };
    let is_named = arguments
        .iter()
        .any(|word| word.starts_with("-o") || word.starts_with("--output-file"));
    if !is_named {
        arguments.push("--output-file".to_owned());
        arguments.push(one.file.to_owned());
    }
    arguments.extend(flagged("--upgrade-package", names.to_vec()));
    plan.steps.push(RefreshStep {
        // The head's paths are those of where the tool was run, which is the root by convention.
        folder: run_in(files, one.file, &arguments),
        program,
        arguments,
        changes: one
            .packages
            .keys()
            .map(|change| (*change).clone())
            .collect(),
        writes: one.file.to_owned(),
    });
}

/// The folder from which the command's own input is found: the root of the source, or a folder on the way to the file.
fn run_in(files: &Files<'_>, file: &str, arguments: &[String]) -> String {
    let inputs: Vec<&str> = arguments
        .iter()
        .map(String::as_str)
        .filter(|word| !word.starts_with('-') && is_input(word))
        .collect();
    let mut folder = "";
    loop {
        let found = inputs.iter().all(|input| {
            crate::files::join_path(folder, input).is_some_and(|path| files.get(&path).is_some())
        });
        let rest = file[folder.len()..].trim_start_matches('/');
        let Some((next, _)) = rest.split_once('/') else {
            return folder.to_owned();
        };
        if found && !inputs.is_empty() {
            return folder.to_owned();
        }
        folder = &file[..file.len() - rest.len() + next.len()];
    }
}

fn is_input(word: &str) -> bool {
    [".in", ".toml", ".cfg", ".py"]
        .iter()
        .any(|extension| word.ends_with(extension))
}

/// `pip-compile …` or `uv pip compile …` in a comment of the head. Nothing else is run because a file says so.
fn command(line: &str) -> Option<(String, Vec<String>)> {
    let words: Vec<&str> = line.strip_prefix('#')?.split_whitespace().collect();
    let (program, words) = match words.as_slice() {
        ["pip-compile", words @ ..] => ("pip-compile", words.to_vec()),
        ["uv", "pip", "compile", words @ ..] => ("uv", [&["pip", "compile"][..], words].concat()),
        _ => return None,
    };
    let is_plain = words
        .iter()
        .all(|word| !word.contains(['\'', '"', '`', '$', ';', '|', '&', '<', '>']));
    is_plain.then(|| {
        (
            program.to_owned(),
            words.into_iter().map(str::to_owned).collect(),
        )
    })
}
