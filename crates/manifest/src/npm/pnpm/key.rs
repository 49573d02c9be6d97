//! The keys of a `pnpm-lock.yaml`'s packages, and the references that mean them.

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use crate::npm::instances::{name_end, slice};

/// How keys are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    /// Version 5: `/name/1.0.0_peers`
    Slash,
    /// Version 6: `/name@1.0.0(peer@2.0.0)`
    SlashAt,
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
            5 => Some(Self::Slash),
            6 => Some(Self::SlashAt),
            7..=9 => Some(Self::At),
            _ => None,
        }
    }

    pub(super) fn parse<'a>(self, key: &Cow<'a, str>) -> Key<'a> {
        match self {
            Self::At => name_and_version(key, 0, without_suffix(key).len()),
            Self::SlashAt => {
                let Some(start) = after_host(key) else {
                    return Key::default();
                };
                let parsed = name_and_version(key, start, without_suffix(key).len());
                // A host's folders look like a name.
                if parsed.is_from_registry {
                    parsed
                } else {
                    Key::default()
                }
            }
            Self::Slash => slashes(key),
        }
    }

    /// The key that a dependency's version means. Sources: `refToRelative` of pnpm's `dependency-path` and `deps/path`.
    pub(super) fn of_reference<'r>(self, name: &str, reference: &'r str) -> Cow<'r, str> {
        let bare = without_suffix(reference);
        let is_key = match self {
            // A scoped name, or an `@` before every colon and bracket: an alias.
            Self::At => {
                let at = reference.find('@');
                reference.starts_with('@')
                    || at.is_some_and(|at| reference.find([':', '(']).is_none_or(|mark| at < mark))
            }
            Self::SlashAt | Self::Slash => bare.starts_with("file:") || bare.contains('/'),
        };
        if is_key {
            return Cow::Borrowed(reference);
        }
        Cow::Owned(match self {
            Self::At => format!("{name}@{reference}"),
            Self::SlashAt => format!("/{name}@{reference}"),
            Self::Slash => format!("/{name}/{reference}"),
        })
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

/// The place after the `/` before the name. Another registry's packages have its host there.
fn after_host(key: &str) -> Option<usize> {
    let is_folder = key.starts_with("file:") || key.starts_with("link:");
    key.find('/').filter(|_| !is_folder).map(|slash| slash + 1)
}

fn name_and_version<'a>(key: &Cow<'a, str>, start: usize, end: usize) -> Key<'a> {
    let Some(text) = key.get(start..end) else {
        return Key::default();
    };
    let Some(at) = name_end(text) else {
        return Key::default();
    };
    let is_from_registry = is_version(&text[at + 1..]) && is_name(&text[..at]);
    Key {
        name: Some(slice(key, start..start + at)),
        version: Some(slice(key, start + at + 1..end)),
        is_from_registry,
    }
}

/// `/name/1.0.0_peers`, `/@scope/name/1.0.0`, `host/name/1.0.0`, and with peers after another slash as of old.
fn slashes<'a>(key: &Cow<'a, str>) -> Key<'a> {
    let Some(start) = after_host(key) else {
        return Key::default();
    };
    let rest = &key[start..];
    let after_scope = if rest.starts_with('@') {
        rest.find('/').map_or(0, |slash| slash + 1)
    } else {
        0
    };
    let Some(slash) = rest[after_scope..].find('/') else {
        return Key::default();
    };
    let name = start..start + after_scope + slash;
    let version = name.end + 1;
    let length = key[version..]
        .find(['_', '/', '('])
        .unwrap_or(key.len() - version);
    let is_from_registry =
        is_version(&key[version..version + length]) && is_name(&key[name.clone()]);
    if !is_from_registry {
        return Key::default();
    }
    Key {
        name: Some(slice(key, name)),
        version: Some(slice(key, version..version + length)),
        is_from_registry,
    }
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
