//! Rules 3 and 6: how long a file may be, and what it may not be called.

#[cfg(test)]
mod tests;

use super::finding::Finding;
use super::tree::File;

const FILE_LINES_MAX: usize = 500;
const FUNCTION_MAIN_LINES_MAX: usize = 60;
/// Words that say nothing about what a module owns, also as plurals and as parts of a name.
const EMPTY_WORDS: &[&str] = &[
    "data", "info", "manager", "service", "util", "helper", "common",
];

/// Rule 3.
pub(crate) fn check_sizes(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.is_source()) {
        let is_function_main =
            file.path.starts_with("functions/") && file.path.ends_with("/src/main.rs");
        let (lines_max, remedy) = if is_function_main {
            (
                FUNCTION_MAIN_LINES_MAX,
                "main.rs only wires: move the rest to lib.rs or the engine",
            )
        } else {
            (FILE_LINES_MAX, "split it by what its parts own")
        };
        let lines = file.text.lines().count();
        if lines > lines_max {
            findings.push(Finding::new(
                &file.path,
                lines_max + 1,
                format!("{lines} lines, at most {lines_max} are allowed"),
                remedy,
            ));
        }
    }
    findings
}

/// Rule 6, and the part of rule 5 that is about names: no `mod.rs`.
pub(crate) fn check_names(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.is_source()) {
        if file.name() == "mod.rs" {
            findings.push(Finding::new(
                &file.path,
                1,
                "a module in `mod.rs`",
                "name the file after the module, beside its folder",
            ));
        }
        if let Some(word) = file
            .path
            .split(['/', '_', '-', '.'])
            .find(|word| is_empty_word(word))
        {
            findings.push(Finding::new(
                &file.path,
                1,
                format!("`{word}` in its name says nothing"),
                "name it after the concept it owns",
            ));
        }
    }
    findings
}

fn is_empty_word(word: &str) -> bool {
    EMPTY_WORDS.contains(&word)
        || word
            .strip_suffix('s')
            .is_some_and(|singular| EMPTY_WORDS.contains(&singular))
}
