//! The version that a producer's build publishes next, as people number releases: one step after the highest.

use std::cmp::Ordering;

use downriver_domain::version::{Format, Version};

const FIRST: &str = "1.0.0";

/// Tries before giving up on finding a number that is not taken; each is one higher.
const TRIES_MAX: usize = 1000;

/// The next release after the highest of `existing`: of a pre-release its final version, else one more in the third
/// number, or in the last where there are more. `None` if every try is taken.
pub(crate) fn next_version_after(format: Format, existing: &[&str]) -> Option<String> {
    let Some(highest) = highest_of(format, existing) else {
        return Some(FIRST.to_owned());
    };
    let mut next = if is_prerelease(format, highest) {
        released(highest)
    } else {
        bumped(highest)
    };
    for _ in 0..TRIES_MAX {
        if !existing.contains(&next.as_str()) {
            return Some(next);
        }
        next = bumped(&next);
    }
    None
}

/// The highest version in the ecosystem's order; what does not parse counts as lowest, in the order of its text.
pub(crate) fn highest_of<'a>(format: Format, existing: &[&'a str]) -> Option<&'a str> {
    existing
        .iter()
        .copied()
        .max_by(|one, other| compare(format, one, other))
}

fn compare(format: Format, one: &str, other: &str) -> Ordering {
    match (Version::parse(format, one), Version::parse(format, other)) {
        (Ok(one), Ok(other)) => one.compare(&other).unwrap_or(Ordering::Equal),
        (Ok(_), Err(_)) => Ordering::Greater,
        (Err(_), Ok(_)) => Ordering::Less,
        (Err(_), Err(_)) => one.cmp(other),
    }
}

fn is_prerelease(format: Format, version: &str) -> bool {
    Version::parse(format, version).is_ok_and(|version| version.is_prerelease())
}

/// The version without what makes it a pre-release: `2.0.0-rc.1` → `2.0.0`, `1!2.0rc1` → `1!2.0`.
fn released(version: &str) -> String {
    let (prefix, numbers, _) = split(version);
    format!("{prefix}{}", joined(&numbers))
}

/// `1.2.3` → `1.2.4`, `1.2` → `1.2.1`, `1.2.3.4` → `1.2.3.5`, `33.0.0-jre` → `33.0.1-jre`.
fn bumped(version: &str) -> String {
    let (prefix, mut numbers, suffix) = split(version);
    numbers.resize(numbers.len().max(3), 0);
    if let Some(last) = numbers.last_mut() {
        *last = last.saturating_add(1);
    }
    // A post or local part belongs to the version it stands on; a Maven or Gradle flavour (`-jre`) to all of them.
    let is_flavour = suffix.strip_prefix('-').is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphabetic())
    });
    let suffix = if is_flavour { suffix } else { "" };
    format!("{prefix}{}{suffix}", joined(&numbers))
}

/// What stands before the release numbers (`v`, an epoch), the numbers, and the rest.
fn split(version: &str) -> (&str, Vec<u64>, &str) {
    let epoch = version.find('!').map_or(0, |at| at + 1);
    let first_digit = version[epoch..]
        .find(|character: char| character.is_ascii_digit())
        .map_or(version.len(), |at| at + epoch);
    let mut numbers = Vec::new();
    let mut rest = &version[first_digit..];
    let mut end = first_digit;
    loop {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            break;
        }
        numbers.push(rest[..digits].parse().unwrap_or(u64::MAX));
        end = version.len() - rest.len() + digits;
        match rest[digits..].strip_prefix('.') {
            Some(after) => rest = after,
            None => break,
        }
    }
    (&version[..first_digit], numbers, &version[end..])
}

fn joined(numbers: &[u64]) -> String {
    let texts: Vec<String> = numbers.iter().map(u64::to_string).collect();
    texts.join(".")
}
