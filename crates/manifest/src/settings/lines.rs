//! Settings that are read line by line.

use super::Named;

/// `registry = …` and `@scope:registry = …`; keys that begin with `//` hold credentials.
pub(super) fn npmrc(text: &str) -> Vec<Named> {
    collect(text, |line| {
        let line = before_remark(line, &['#', ';'])?;
        let (key, value) = line.split_once('=')?;
        let scope = registry_key(bare(key))?;
        Some((bare(value), scope.scope()))
    })
}

/// Yarn 1: `registry "…"`, `"@scope:registry" "…"`.
pub(super) fn yarnrc(text: &str) -> Vec<Named> {
    collect(text, |line| {
        let line = before_remark(line, &['#'])?;
        let (key, value) = line.trim().split_once(char::is_whitespace)?;
        let scope = registry_key(bare(key))?;
        Some((bare(value), scope.scope()))
    })
}

/// `index-url = …`, and `extra-index-url` with several, one below the other.
pub(super) fn pip(text: &str) -> Vec<Named> {
    let mut is_index = false;
    let mut named = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let Some(content) = before_remark(line, &['#', ';']) else {
            continue;
        };
        let values = if line.starts_with([' ', '\t']) {
            content
        } else {
            let (key, value) = content.split_once(['=', ':']).unwrap_or((content, ""));
            let key = key.trim().replace('_', "-");
            is_index = matches!(key.as_str(), "index-url" | "extra-index-url");
            value
        };
        if is_index {
            let addresses = values.split_whitespace();
            named.extend(addresses.map(|address| one(address, None, index)));
        }
    }
    named
}

/// `--index-url …`, `-i …`, `--extra-index-url=…`.
pub(super) fn requirements(text: &str) -> Vec<Named> {
    collect(text, |line| {
        let line = line.trim();
        let value = ["--index-url", "--extra-index-url", "-i"]
            .iter()
            .find_map(|option| line.strip_prefix(option))?;
        let value = value.strip_prefix([' ', '=', '\t'])?;
        Some((value.split_whitespace().next()?, None))
    })
}

/// Bundler: `BUNDLE_MIRROR__HTTPS://…: "https://…"`. Other keys that look like addresses hold credentials.
pub(super) fn bundle(text: &str) -> Vec<Named> {
    collect(text, |line| {
        let (key, value) = line.split_once(": ")?;
        let is_mirror = key.trim().trim_matches('"').starts_with("BUNDLE_MIRROR__");
        is_mirror.then(|| (bare(value), None))
    })
}

/// Gradle: `maven { url "…" }`, `url = uri("…")`, written out. Blocks named `publishing` say where to, not where from.
pub(super) fn gradle(text: &str) -> Vec<Named> {
    let mut named = Vec::new();
    let mut depth = 0_usize;
    let mut publishing = None;
    let mut is_remark = false;
    for (index, line) in text.lines().enumerate() {
        let code = line.trim_start();
        is_remark |= code.starts_with("/*");
        if is_remark || code.starts_with("//") {
            is_remark &= !code.contains("*/");
            continue;
        }
        let mut before = code;
        let mut quoted = code.split(['"', '\'']);
        // By turns outside and inside of quotation marks.
        while let Some(outside) = quoted.next() {
            before = if outside.trim().is_empty() {
                before
            } else {
                outside
            };
            for letter in outside.chars() {
                match letter {
                    '{' => {
                        depth += 1;
                        if code.starts_with("publishing") && publishing.is_none() {
                            publishing = Some(depth);
                        }
                    }
                    '}' => {
                        if publishing == Some(depth) {
                            publishing = None;
                        }
                        depth = depth.saturating_sub(1);
                    }
                    _ => {}
                }
            }
            let Some(inside) = quoted.next() else { break };
            if publishing.is_none() && inside.contains("://") && names_address(before) {
                named.push(one(inside, None, index));
            }
        }
    }
    named
}

/// Whether the code before a text is of `url "…"`, `url = uri("…")`, `maven("…")`, `setUrl("…")`.
fn names_address(code: &str) -> bool {
    let word = code.trim_end_matches([' ', '\t', '(', '=']);
    ["url", "uri", "maven", "setUrl"]
        .iter()
        .any(|name| word.ends_with(name))
}

/// Whose registry a key names.
enum Key {
    All,
    Scope(String),
}

impl Key {
    fn scope(self) -> Option<String> {
        match self {
            Self::All => None,
            Self::Scope(scope) => Some(scope),
        }
    }
}

/// `registry`, `@scope:registry`; `None` for any other key.
fn registry_key(key: &str) -> Option<Key> {
    match key.strip_suffix("registry")? {
        "" => Some(Key::All),
        scope => {
            let scope = scope.strip_suffix(':')?;
            scope.starts_with('@').then(|| Key::Scope(scope.to_owned()))
        }
    }
}

fn collect<'a>(
    text: &'a str,
    read: impl Fn(&'a str) -> Option<(&'a str, Option<String>)>,
) -> Vec<Named> {
    text.lines()
        .enumerate()
        .filter_map(|(index, line)| {
            let (address, scope) = read(line)?;
            Some(one(address, scope, index))
        })
        .collect()
}

fn one(address: &str, scope: Option<String>, index: usize) -> Named {
    Named {
        address: address.to_owned(),
        scope,
        line: u32::try_from(index + 1).ok(),
    }
}

/// `None` for a line that is a remark or empty.
fn before_remark<'a>(line: &'a str, marks: &[char]) -> Option<&'a str> {
    let line = line.trim();
    (!line.is_empty() && !line.starts_with(marks)).then_some(line)
}

fn bare(text: &str) -> &str {
    text.trim().trim_matches(['"', '\''])
}
