//! Rules 7 and 12: what may not stand in the code, because it is unfinished, skipped, or breaks a stored format.

#[cfg(test)]
mod tests;

use super::finding::Finding;
use super::masked::{has_word, mask};
use super::tree::File;

const STORED_FORMATS_FOLDER: &str = "crates/engine/src/";
const UNFINISHED_CODE: &[&str] = &["todo!", "unimplemented!"];
const SKIPPED_TEST: &str = "#[ignore";
const UNFINISHED_COMMENT: &str = "FIXME";
/// Text other than code in which a comment can say that something is unfinished.
const REMARKED_ENDINGS: &[&str] = &["toml", "yaml", "yml"];

/// Rule 7.
pub(crate) fn check_unfinished(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        if file.is_rust() {
            findings.extend(check_rust(file));
        } else if file.is_source()
            || (REMARKED_ENDINGS.contains(&file.ending()) && !file.is_material())
        {
            findings.extend(check_comments(&file.path, &file.text));
        }
    }
    findings
}

/// Rule 12: both attributes make the stored form depend on how serde guesses, so a later version cannot be told from an earlier one.
pub(crate) fn check_stored_formats(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files
        .iter()
        .filter(|file| file.is_rust() && file.path.starts_with(STORED_FORMATS_FOLDER))
    {
        let code = mask(&file.text).code;
        for (start, _) in code.match_indices("serde(") {
            let arguments = balanced(&code[start + "serde".len()..]);
            for word in ["untagged", "flatten"]
                .into_iter()
                .filter(|word| has_word(arguments, word))
            {
                let line = code[..start].matches('\n').count() + 1;
                let remedy = "write a versioned enum with named fields and convert it by hand";
                findings.push(Finding::new(
                    &file.path,
                    line,
                    format!("`serde({word})` in a stored format"),
                    remedy,
                ));
            }
        }
    }
    findings
}

fn check_rust(file: &File) -> Vec<Finding> {
    let masked = mask(&file.text);
    let mut findings = check_comments(&file.path, &masked.comments);
    for (index, line) in masked.code.lines().enumerate() {
        for word in UNFINISHED_CODE.iter().filter(|word| has_word(line, word)) {
            findings.push(Finding::new(
                &file.path,
                index + 1,
                format!("`{word}` in the code"),
                "finish it, or leave the path out",
            ));
        }
        if line.contains(SKIPPED_TEST) {
            findings.push(Finding::new(
                &file.path,
                index + 1,
                "a test that is skipped",
                "make it pass, or remove it",
            ));
        }
    }
    findings
}

fn check_comments(path: &str, text: &str) -> Vec<Finding> {
    let remarked = text
        .lines()
        .enumerate()
        .filter(|(_, line)| has_word(line, UNFINISHED_COMMENT));
    let finding = |index: usize| {
        Finding::new(
            path,
            index + 1,
            format!("`{UNFINISHED_COMMENT}` left behind"),
            "fix it, or open an issue",
        )
    };
    remarked.map(|(index, _)| finding(index)).collect()
}

/// The text up to the bracket that closes the one it starts with.
fn balanced(text: &str) -> &str {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return &text[..at];
        }
    }
    text
}
