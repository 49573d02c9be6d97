//! `Package.swift`: the dependencies that are written out in it. It is a program; nothing of it is run.

use downriver_version::{Format, Requirement};

use crate::reading::Source;

/// A `.package(…)` that names where the package comes from.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Declared {
    /// As the package manager makes it of a registry's identifier, an address or a folder; in lower case.
    pub(super) identity: String,
    /// In Swift, as written; `None` where it is worked out by code.
    pub(super) requirement: Option<String>,
    pub(super) source: Source,
    /// From 1.
    pub(super) line: u32,
}

/// Arguments of one call.
const ARGUMENTS_MAX: usize = 64;
/// What a call may hold.
const CALL_BYTES_MAX: usize = 4096;
/// Calls that are not closed, or longer: what comes after so many is no manifest.
const OPEN_CALLS_MAX: usize = 100;

pub(super) fn parse(text: &str) -> Vec<Declared> {
    let mut declared = Vec::new();
    let mut at = 0;
    let mut counted = (0, 1);
    let mut open_calls = 0;
    while at < text.len() && open_calls < OPEN_CALLS_MAX {
        let Some(length) = call(&text[at..]) else {
            at += skip(&text[at..]);
            continue;
        };
        let breaks = memchr::memchr_iter(b'\n', &text.as_bytes()[counted.0..at]).count();
        counted = (at, counted.1 + u32::try_from(breaks).unwrap_or(0));
        let (arguments, inside) = arguments(&text[at + length..]);
        declared.extend(dependency(&arguments, counted.1));
        open_calls += usize::from(inside == 0);
        at += length + inside;
    }
    declared
}

/// The length of `.package(`, if the text begins with it.
fn call(text: &str) -> Option<usize> {
    let rest = text.strip_prefix(".package")?.trim_start();
    rest.starts_with('(').then(|| text.len() - rest.len() + 1)
}

/// The length of a string or remark, else of one character.
fn skip(text: &str) -> usize {
    let hashes = text.bytes().take_while(|byte| *byte == b'#').count();
    let quoted = &text[hashes..];
    if quoted.starts_with('"') {
        return string_length(quoted, hashes) + hashes;
    }
    if text.starts_with("//") {
        return text.find('\n').unwrap_or(text.len());
    }
    if text.starts_with("/*") {
        return remark_length(text);
    }
    if hashes > 0 {
        return hashes;
    }
    text.chars().next().map_or(1, char::len_utf8)
}

/// The length of a string from its first quotation mark: `"…"`, `"""…"""`, with the `#` behind it that stand before it.
fn string_length(text: &str, hashes: usize) -> usize {
    let is_long = text.starts_with("\"\"\"");
    let quotes = if is_long { 3 } else { 1 };
    let bytes = text.as_bytes();
    let mut at = quotes;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if hashes == 0 => at += 2,
            // A string of one line ends there, closed or not.
            b'\n' if !is_long => return at,
            b'"' => {
                let rest = &bytes[at..];
                let quoted = rest
                    .iter()
                    .take(quotes)
                    .filter(|byte| **byte == b'"')
                    .count();
                let marked = rest
                    .iter()
                    .skip(quotes)
                    .take(hashes)
                    .filter(|byte| **byte == b'#')
                    .count();
                if quoted == quotes && marked == hashes {
                    return at + quotes + hashes;
                }
                at += 1;
            }
            _ => at += 1,
        }
    }
    text.len()
}

/// Remarks stand inside remarks.
fn remark_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    let mut at = 0;
    while at < bytes.len() {
        match bytes.get(at..at + 2) {
            Some(b"/*") => {
                depth += 1;
                at += 2;
            }
            Some(b"*/") => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    text.len()
}

/// The arguments of a call as they are written, and how long they are with the closing parenthesis.
fn arguments(text: &str) -> (Vec<&str>, usize) {
    let mut arguments = Vec::new();
    let mut depth = 0_usize;
    let mut start = 0;
    let mut at = 0;
    while at < text.len() && at < CALL_BYTES_MAX {
        let is_end = match text.as_bytes()[at] {
            b'(' | b'[' | b'{' => {
                depth += 1;
                false
            }
            b')' | b']' | b'}' if depth > 0 => {
                depth -= 1;
                false
            }
            b',' => depth == 0,
            b')' => true,
            _ => false,
        };
        if is_end {
            if arguments.len() < ARGUMENTS_MAX {
                arguments.push(text[start..at].trim());
            }
            start = at + 1;
            if text.as_bytes()[at] == b')' {
                return (arguments, at + 1);
            }
        }
        at += skip(&text[at..]);
    }
    // Not closed: nothing of it counts, and what follows is looked at by itself.
    (Vec::new(), 0)
}

fn dependency(arguments: &[&str], line: u32) -> Option<Declared> {
    let mut found = None;
    let mut requirement = None;
    for argument in arguments {
        let (label, value) = match argument.split_once(':') {
            Some((label, value)) if is_label(label) => (label, value.trim()),
            _ => ("", *argument),
        };
        match label {
            "id" => found = Some((literal(value)?.to_lowercase(), Source::Registry)),
            "url" => found = Some((last_part(literal(value)?), Source::Git)),
            "path" => found = Some((last_part(literal(value)?), Source::Path)),
            "name" | "traits" => {}
            _ => requirement = requirement.or(Some(*argument)),
        }
    }
    let (identity, source) = found?;
    Some(Declared {
        identity,
        requirement: requirement
            .filter(|text| Requirement::parse(Format::Swift, text).is_ok())
            .map(str::to_owned),
        source,
        line,
    })
}

fn is_label(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The text of a string without escapes or interpolation.
fn literal(value: &str) -> Option<&str> {
    let inside = value.strip_prefix('"')?.strip_suffix('"')?;
    (!inside.contains(['\\', '"'])).then_some(inside)
}

/// The package manager's own rule: the last part of the address, without `.git`, in lower case.
fn last_part(location: &str) -> String {
    let location = location.trim_end_matches('/');
    let last = location.rsplit(['/', ':']).next().unwrap_or(location);
    last.strip_suffix(".git").unwrap_or(last).to_lowercase()
}
