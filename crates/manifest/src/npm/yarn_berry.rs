//! `yarn.lock` of Yarn 2 and later (`__metadata.version` 4 to 10).

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeSet;

use downriver_domain::Scope;
use serde::Deserialize;

use super::instances::{name_end, slice, split_name};
use super::package_json::Declared;
use super::spec::source_of;
use super::yaml::{self, Entries, Text};
use super::yarn::{Member, Want, YarnLock, member_folder, without_protocol};
use crate::lines::Lines;
use crate::reading::{Problem, Source};

/// Patches of patches.
const PATCHES_MAX: usize = 8;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Entry<'a> {
    /// Of an entry, the package's; of `__metadata`, the format's.
    #[serde(borrow)]
    version: Option<Text<'a>>,
    #[serde(borrow)]
    resolution: Option<Text<'a>>,
    #[serde(borrow)]
    dependencies: Entries<'a, Text<'a>>,
    #[serde(borrow)]
    optional_dependencies: Entries<'a, Text<'a>>,
    #[serde(borrow)]
    peer_dependencies: Entries<'a, Text<'a>>,
    #[serde(borrow)]
    dependencies_meta: Entries<'a, Meta>,
    #[serde(borrow)]
    peer_dependencies_meta: Entries<'a, Meta>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Meta {
    optional: bool,
}

/// Whether this is berry's format and not Yarn 1's.
pub(super) fn is_berry(text: &str) -> bool {
    let key = "__metadata:";
    text.starts_with(key) || memchr::memmem::find(text.as_bytes(), b"\n__metadata:").is_some()
}

/// Reads a lockfile.
pub(super) fn read<'a>(path: &'a str, text: &'a str) -> Result<YarnLock<'a>, Problem> {
    let lines = Lines::new(text);
    let entries: Entries<'a, Entry<'a>> = yaml::read(path, text)?;
    let version = entries
        .find("__metadata")
        .and_then(|metadata| metadata.version.as_deref());
    let format = format!("yarn.lock v{}", version.unwrap_or("?"));
    let mut lock = YarnLock::new(format, path);
    for (key, entry) in entries.0 {
        if &*key != "__metadata" {
            let line = lines.of(&key);
            add(&mut lock, &lines, &key, line, entry)?;
        }
    }
    Ok(lock)
}

fn add<'a>(
    lock: &mut YarnLock<'a>,
    lines: &Lines<'a>,
    key: &Text<'a>,
    line: Option<u32>,
    entry: Entry<'a>,
) -> Result<(), Problem> {
    let located = entry
        .resolution
        .as_ref()
        .and_then(|resolution| locate(&resolution.0));
    let Some((name, reference)) = located else {
        let text = format!(
            "`{}` has no resolution `name@reference`: run `yarn install`",
            &**key
        );
        return Err(Problem::new(lock.instances.graph.file, line, text));
    };
    let wanted = wanted(lines, &entry);
    if let Some(folder) = reference.strip_prefix("workspace:") {
        lock.members
            .extend(member_folder(folder).map(|folder| Member {
                folder,
                name,
                line,
                declared: wanted,
                descriptors: split_key(&key.0),
            }));
        return Ok(());
    }
    let source = source_of_reference(&reference, 0);
    let node = lock
        .instances
        .add(name, entry.version.map(|version| version.0), source, line)?;
    for descriptor in split_key(&key.0) {
        // The key of a mapping stands once, and of its descriptors none elsewhere but by hand.
        let _ = lock.meanings.insert(descriptor, node);
    }
    lock.wants.extend(wanted.into_iter().map(|declared| {
        let Declared {
            name,
            requirement,
            scope,
            line,
            ..
        } = declared;
        Want {
            from: node,
            name,
            requirement,
            scope,
            line,
        }
    }));
    Ok(())
}

/// What an entry asks for. The lockfile does not tell dev dependencies from others.
fn wanted<'a>(lines: &Lines<'a>, entry: &Entry<'a>) -> Vec<Declared<'a>> {
    let optional = optional_of(&entry.dependencies_meta);
    let optional_peers = optional_of(&entry.peer_dependencies_meta);
    let sections = [
        (Scope::Runtime, &entry.dependencies),
        (Scope::Optional, &entry.optional_dependencies),
        (Scope::Peer, &entry.peer_dependencies),
    ];
    let mut wanted = Vec::new();
    for (scope, section) in sections {
        for (name, requirement) in section.iter() {
            let scope = match scope {
                Scope::Runtime if optional.contains(&**name) => Scope::Optional,
                // Nobody says whether it is there, nor for whom.
                Scope::Peer if optional_peers.contains(&**name) => continue,
                scope => scope,
            };
            wanted.push(Declared {
                name: name.0.clone(),
                requirement: without_protocol(requirement.0.clone()),
                scope,
                is_optional_peer: false,
                line: lines.of(name),
            });
        }
    }
    wanted
}

fn optional_of<'m>(meta: &'m Entries<'_, Meta>) -> BTreeSet<&'m str> {
    meta.iter()
        .filter(|(_, meta)| meta.optional)
        .map(|(name, _)| &**name)
        .collect()
}

/// The descriptors of a key, which has commas between them.
fn split_key<'a>(key: &Cow<'a, str>) -> Vec<Cow<'a, str>> {
    let mut descriptors = Vec::new();
    let mut start = 0;
    for part in key.split(',') {
        let end = start + part.len();
        let skipped = part.len() - part.trim_start().len();
        descriptors.push(slice(
            key,
            start + skipped..start + part.trim_end().len().max(skipped),
        ));
        start = end + 1;
    }
    descriptors
}

/// Name and reference of what a descriptor was resolved to.
fn locate<'a>(resolution: &Cow<'a, str>) -> Option<(Cow<'a, str>, Cow<'a, str>)> {
    let end = name_end(resolution)?;
    Some((
        slice(resolution, 0..end),
        slice(resolution, end + 1..resolution.len()),
    ))
}

/// Where a reference has its package from; that of a patched package is the one below the patch.
fn source_of_reference(reference: &str, patches: usize) -> Source {
    if let Some((_, real)) = reference
        .strip_prefix("virtual:")
        .and_then(|rest| rest.split_once('#'))
    {
        return source_of(real);
    }
    let Some(patched) = reference.strip_prefix("patch:") else {
        return source_of(reference);
    };
    let patched = decode(patched.split('#').next().unwrap_or(patched));
    match split_name(&patched) {
        Some((_, reference)) if patches < PATCHES_MAX => {
            source_of_reference(reference, patches + 1)
        }
        _ => Source::Registry,
    }
}

/// Percent-encoded text; what is none stays as it is.
fn decode(text: &str) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let byte = match after {
            [high, low, ..] if *first == b'%' => hexadecimal(*high).zip(hexadecimal(*low)),
            _ => None,
        };
        if let Some((high, low)) = byte {
            decoded.push(high * 16 + low);
            rest = &after[2..];
        } else {
            decoded.push(*first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

fn hexadecimal(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}
