//! The template of a release: the same as the source, but it names zips of one architecture instead of what cargo builds.

#[cfg(test)]
mod tests;

use anyhow::{Result, ensure};

use crate::functions::{Architecture, FUNCTIONS};

/// Changes the functions' code and the architecture, and nothing else.
pub(crate) fn packaged(source: &str, architecture: Architecture) -> Result<String> {
    let name = architecture.name();
    let mut text = source.to_owned();
    for function in FUNCTIONS {
        let code = format!("CodeUri: ../../target/lambda/{function}/");
        replace_one(
            &mut text,
            &code,
            &format!("CodeUri: functions/{name}/{function}.zip"),
        )?;
    }
    // Code for one architecture must not be deployed as that of the other.
    let (before, parameter) = split_at_one(&text, "\n  Architecture:\n")?;
    let (parameter, after) = split_at_one(parameter, "\n    Description:")?;
    let mut parameter = parameter.to_owned();
    replace_one(
        &mut parameter,
        "Default: arm64",
        &format!("Default: {name}"),
    )?;
    replace_one(
        &mut parameter,
        "AllowedValues: [arm64, x86_64]",
        &format!("AllowedValues: [{name}]"),
    )?;
    Ok(format!("{before}{parameter}{after}"))
}

/// The text before and from the only place where the words stand.
fn split_at_one<'a>(text: &'a str, words: &str) -> Result<(&'a str, &'a str)> {
    let mut places = text.match_indices(words).map(|(at, _)| at);
    let first = places.next();
    let first = first.ok_or_else(|| anyhow::anyhow!("`{}` is not there", words.trim()))?;
    Ok(text.split_at(first))
}

fn replace_one(text: &mut String, from: &str, to: &str) -> Result<()> {
    let count = text.matches(from).count();
    ensure!(count == 1, "`{from}` stands there {count} times, not once");
    *text = text.replace(from, to);
    Ok(())
}
