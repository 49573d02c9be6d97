//! `yarn.lock` of Yarn 1: a syntax of its own, of which this reads what its own parser accepts.

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use downriver_domain::Scope;

use super::instances::{name_end, slice};
use super::spec::source_of;
use super::yarn::{Want, YarnLock};
use crate::reading::{Problem, Source};

/// An entry: everything up to the next line that begins without a space.
#[derive(Debug, Default)]
struct Entry<'a> {
    line: u32,
    descriptors: Vec<Cow<'a, str>>,
    version: Option<Cow<'a, str>>,
    resolved: Option<Cow<'a, str>>,
    dependencies: Vec<(u32, Scope, Cow<'a, str>, Cow<'a, str>)>,
}

/// Reads a lockfile.
pub(super) fn read<'a>(path: &'a str, text: &'a str) -> Result<YarnLock<'a>, Problem> {
    let mut lock = YarnLock::new("yarn.lock v1".to_owned(), path);
    let mut entry = Entry::default();
    let mut block = None;
    for (index, line) in text.lines().enumerate() {
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let wrong = |what: &str| Problem::new(path, Some(number), what);
        if is_conflict(line) {
            return Err(wrong(
                "holds an unresolved merge conflict: run `yarn install`",
            ));
        }
        let statement = line.trim_start_matches(' ');
        let indent = line.len() - statement.len();
        let words = words(statement.trim_end()).map_err(|what| wrong(&what))?;
        if words.all.is_empty() {
            continue;
        }
        match indent {
            0 => {
                add(&mut lock, std::mem::take(&mut entry))?;
                if !words.is_opening {
                    return Err(wrong("expected `name@requirement:`"));
                }
                entry.line = number;
                entry.descriptors = words.all;
                block = None;
            }
            2 if words.is_opening => block = scope_of(&words.all),
            2 => {
                block = None;
                set(&mut entry, words.all);
            }
            4 => {
                if let (Some(scope), [name, requirement]) = (block, words.all.as_slice()) {
                    let dependency = (number, scope, name.clone(), requirement.clone());
                    entry.dependencies.push(dependency);
                }
            }
            _ if indent % 2 == 0 => {}
            _ => return Err(wrong("is indented by an odd number of spaces")),
        }
    }
    add(&mut lock, entry)?;
    Ok(lock)
}

fn is_conflict(line: &str) -> bool {
    ["<<<<<<< ", "=======", ">>>>>>> "]
        .iter()
        .any(|mark| line.starts_with(mark))
}

/// The block that this line opens, if it holds dependencies.
fn scope_of(words: &[Cow<'_, str>]) -> Option<Scope> {
    match words.first()?.as_ref() {
        "dependencies" => Some(Scope::Runtime),
        "optionalDependencies" => Some(Scope::Optional),
        _ => None,
    }
}

fn set<'a>(entry: &mut Entry<'a>, words: Vec<Cow<'a, str>>) {
    let Ok([key, value]) = <[_; 2]>::try_from(words) else {
        return;
    };
    match key.as_ref() {
        "version" => entry.version = Some(value),
        "resolved" => entry.resolved = Some(value),
        _ => {}
    }
}

fn add<'a>(lock: &mut YarnLock<'a>, entry: Entry<'a>) -> Result<(), Problem> {
    let Some(first) = entry.descriptors.first() else {
        return Ok(());
    };
    let path = lock.instances.graph.file;
    let line = Some(entry.line);
    let Some((alias, requirement)) = split_descriptor(first) else {
        let text = format!("`{first}` is no `name@requirement`");
        return Err(Problem::new(path, line, text));
    };
    let Some(version) = entry.version else {
        let text = format!("`{first}` has no version: the file is not whole");
        return Err(Problem::new(path, line, text));
    };
    let name = real_name(&alias, &requirement);
    let source = source_of_entry(&requirement, entry.resolved.as_deref());
    let node = lock.instances.add(name, Some(version), source, line)?;
    for descriptor in entry.descriptors {
        if lock.meanings.insert(descriptor, node).0 {
            let text = "has a second entry for the same requirement: the later counts";
            lock.instances
                .graph
                .problems
                .push(Problem::new(path, line, text));
        }
    }
    for (line, scope, name, requirement) in entry.dependencies {
        let line = Some(line);
        lock.wants.push(Want {
            from: node,
            name,
            requirement,
            scope,
            line,
        });
    }
    Ok(())
}

/// Where a descriptor's name ends; all of it for one without a requirement.
fn split_descriptor<'a>(text: &Cow<'a, str>) -> Option<(Cow<'a, str>, Cow<'a, str>)> {
    let end = name_end(text).unwrap_or(text.len());
    let rest = text.len().min(end + 1);
    (end > 0).then(|| (slice(text, 0..end), slice(text, rest..text.len())))
}

/// Under an alias (`mine@npm:real@^1`) stands another package.
fn real_name<'a>(name: &Cow<'a, str>, requirement: &Cow<'a, str>) -> Cow<'a, str> {
    const ALIAS: &str = "npm:";
    let end = requirement.strip_prefix(ALIAS).and_then(name_end);
    end.map_or_else(
        || name.clone(),
        |end| slice(requirement, ALIAS.len()..ALIAS.len() + end),
    )
}

/// What is resolved counts, too: an override of the application's may have made a range a git address.
fn source_of_entry(requirement: &str, resolved: Option<&str>) -> Source {
    match source_of(requirement) {
        Source::Registry => match resolved.map(source_of) {
            Some(source @ (Source::Git | Source::Path)) => source,
            // Where Yarn has what it finds on GitHub from.
            Some(_) if resolved.is_some_and(|text| text.contains("//codeload.github.com/")) => {
                Source::Git
            }
            _ => Source::Registry,
        },
        source => source,
    }
}

#[derive(Debug, Default)]
struct Words<'a> {
    all: Vec<Cow<'a, str>>,
    /// A colon ends the line.
    is_opening: bool,
}

/// The words of a line, in quotes or not, with spaces, commas or nothing between them.
fn words(line: &str) -> Result<Words<'_>, String> {
    let mut words = Words::default();
    let mut rest = line;
    loop {
        rest = rest.trim_start_matches([' ', ',', '\t']);
        if rest.is_empty() || rest.starts_with('#') {
            return Ok(words);
        }
        words.is_opening = false;
        if let Some(after) = rest.strip_prefix(':') {
            words.is_opening = true;
            rest = after;
            continue;
        }
        let end = if rest.starts_with('"') {
            end_of_quoted(rest).ok_or("has a quote that does not end: the file is not whole")?
        } else {
            rest.find([':', ' ', ',', '\t']).unwrap_or(rest.len())
        };
        words.all.push(unquote(&rest[..end])?);
        rest = &rest[end..];
    }
}

fn end_of_quoted(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

fn unquote(word: &str) -> Result<Cow<'_, str>, String> {
    let Some(inner) = word
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
    else {
        return Ok(Cow::Borrowed(word));
    };
    if !inner.contains('\\') {
        return Ok(Cow::Borrowed(inner));
    }
    serde_json::from_str(word)
        .map(Cow::Owned)
        .map_err(|error| format!("has a text that cannot be read: {error}"))
}
