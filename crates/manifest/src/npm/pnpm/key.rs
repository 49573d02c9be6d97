//! The keys of a `pnpm-lock.yaml`'s packages, and the references that mean them.

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use crate::npm::instances::{name_end, slice};

/// How keys are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    /// Version 5: `/name/1.0.0_peers`; version 6: `/name@1.0.0(peer@2.0.0)`. Between the two there are files with both.
    Slash,
    /// Version 9: `name@1.0.0(peer@2.0.0)`
    At,
}

/// What a key tells by itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Key<'a> {
    pub(super) name: Option<Cow<'a, str>>,
    /// Of what is not from a registry, its address.
    pub(super) version: Option<Cow<'a, str>>,
    pub(super) is_from_registry: bool,
}

impl Keys {
    pub(super) fn of_version(version: &str) -> Option<Self> {
        let major = version.split(['.', '-']).next()?.parse::<u32>().ok()?;
        match major {
            5..=6 => Some(Self::Slash),
            7..=9 => Some(Self::At),
            _ => None,
        }
    }

    pub(super) fn parse<'a>(self, key: &Cow<'a, str>) -> Key<'a> {
        match self {
            Self::At => name_and_version(key),
            Self::Slash => after_slash(key).unwrap_or_default(),
        }
    }

    /// The keys that a dependency's version may mean. Sources: `refToRelative` of pnpm's `dependency-path` and `deps/path`.
    pub(super) fn of_reference<'r>(self, name: &str, reference: &'r str) -> Vec<Cow<'r, str>> {
        let is_key = match self {
            // A scoped name, or an `@` before every colon and bracket: an alias.
            Self::At => {
                let at = reference.find('@');
                reference.starts_with('@')
                    || at.is_some_and(|at| reference.find([':', '(']).is_none_or(|mark| at < mark))
            }
            Self::Slash => {
                let bare = without_suffix(reference);
                bare.starts_with("file:") || bare.contains('/')
            }
        };
        match self {
            _ if is_key => vec![Cow::Borrowed(reference)],
            Self::At => vec![Cow::Owned(format!("{name}@{reference}"))],
            Self::Slash => vec![
                Cow::Owned(format!("/{name}@{reference}")),
                Cow::Owned(format!("/{name}/{reference}")),
            ],
        }
    }
}

/// Without what stands in brackets at the end: peers and patches.
pub(super) fn without_suffix(key: &str) -> &str {
    if !key.ends_with(')') {
        return key;
    }
    let mut open = 0_usize;
    for (at, byte) in key.bytes().enumerate().rev() {
        match byte {
            b')' => open += 1,
            b'(' => open = open.saturating_sub(1),
            _ if open == 0 => return &key[..=at],
            _ => {}
        }
    }
    key
}

fn name_and_version<'a>(key: &Cow<'a, str>) -> Key<'a> {
    let end = without_suffix(key).len();
    let Some(at) = name_end(key).filter(|at| *at < end) else {
        return Key::default();
    };
    Key {
        name: Some(slice(key, 0..at)),
        version: Some(slice(key, at + 1..end)),
        is_from_registry: is_version(&key[at + 1..end]) && is_name(&key[..at]),
    }
}

/// `/name/1.0.0_peers`, `/@scope/name@1.0.0(peers)`, `host/name/1.0.0`, and with peers after another slash as of old; for
/// anything else a key tells nothing.
fn after_slash<'a>(key: &Cow<'a, str>) -> Option<Key<'a>> {
    if key.starts_with("file:") || key.starts_with("link:") {
        return None;
    }
    let start = key.find('/')? + 1;
    let scope = if key[start..].starts_with('@') {
        key[start..].find('/')? + 1
    } else {
        0
    };
    let name = start..start + scope + key[start + scope..].find(['/', '@'])?;
    let version = &key[name.end + 1..];
    let length = version.find(['_', '/', '(']).unwrap_or(version.len());
    let is_from_registry = is_version(&version[..length]) && is_name(&key[name.clone()]);
    is_from_registry.then(|| Key {
        version: Some(slice(key, name.end + 1..name.end + 1 + length)),
        name: Some(slice(key, name)),
        is_from_registry,
    })
}

/// A version begins with its number; no address and no commit that stands there has a dot after its first digits.
fn is_version(text: &str) -> bool {
    let number = text.bytes().take_while(u8::is_ascii_digit).count();
    number > 0 && text.as_bytes().get(number) == Some(&b'.') && !text.contains(['/', ':'])
}

fn is_name(text: &str) -> bool {
    match text.strip_prefix('@') {
        Some(scoped) => scoped.split('/').count() == 2 && !scoped.contains(':'),
        None => !text.contains(['/', ':']),
    }
}
