//! The exact versions of the tools, and the name that stands for a set of them.

#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use anyhow::{Result, bail};
use sha2::{Digest as _, Sha256};

/// What the pinned packages need.
pub(crate) const PYTHON_MIN: (u32, u32) = (3, 10);
const HASH_DIGITS: usize = 12;

/// The lines `name==version`, in order, without comments.
pub(crate) fn parse_pins(text: &str) -> Result<Vec<&str>> {
    let mut pins = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let pin = line.split(" #").next().unwrap_or(line).trim();
        if pin.is_empty() || pin.starts_with('#') {
            continue;
        }
        if !is_exact(pin) {
            bail!(
                "line {}: `{pin}` is not pinned; write `name==version`",
                index + 1
            );
        }
        pins.push(pin);
    }
    Ok(pins)
}

/// Changes with any pin, and with the Python it is installed for; comments do not count.
pub(crate) fn hash(pins: &[&str], python: &str) -> String {
    let mut sorted: Vec<&str> = pins.to_vec();
    sorted.sort_unstable();
    let digest = Sha256::digest(format!("python {python}\n{}", sorted.join("\n")));
    let mut text = digest.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    });
    text.truncate(HASH_DIGITS);
    text
}

/// The major and minor number in what `python3 --version` prints.
pub(crate) fn parse_python_version(shown: &str) -> Option<(u32, u32)> {
    let mut numbers = shown.trim().strip_prefix("Python ")?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

fn is_exact(pin: &str) -> bool {
    pin.split_once("==").is_some_and(|(name, version)| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-[]+!".contains(c);
        !name.is_empty()
            && !version.is_empty()
            && [name, version]
                .iter()
                .all(|part| part.chars().all(is_plain))
    })
}
