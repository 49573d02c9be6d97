//! Rule 11: the documents that must exist, and how long the architecture page may be.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use super::finding::Finding;
use super::tree::{File, find};

const ARCHITECTURE: &str = "ARCHITECTURE.md";
const ARCHITECTURE_LINES_MAX: usize = 200;

/// Rule 11.
pub(crate) fn check_documents(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let lines = find(files, ARCHITECTURE).map_or(0, |file| file.text.lines().count());
    if lines > ARCHITECTURE_LINES_MAX {
        let wrong = format!("{lines} lines, at most {ARCHITECTURE_LINES_MAX} are allowed");
        findings.push(Finding::new(
            ARCHITECTURE,
            ARCHITECTURE_LINES_MAX + 1,
            wrong,
            "move details to the modules they are about",
        ));
    }
    if find(files, "README.md").is_none() {
        findings.push(Finding::new(
            "README.md",
            1,
            "is missing",
            "say what this is and how to run it",
        ));
    }
    for folder in function_folders(files) {
        let path = format!("functions/{folder}/README.md");
        if find(files, &path).is_none() {
            findings.push(Finding::new(
                &path,
                1,
                "is missing",
                "say the function's trigger, effects and environment",
            ));
        }
    }
    findings
}

fn function_folders(files: &[File]) -> BTreeSet<&str> {
    files
        .iter()
        .filter_map(|file| file.path.strip_prefix("functions/")?.split_once('/'))
        .map(|(folder, _)| folder)
        .collect()
}
