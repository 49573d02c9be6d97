//! `gradle.lockfile`, `buildscript-gradle.lockfile`, and the older `gradle/dependency-locks/<configuration>.lockfile`.
//!
//! Flat: every line holds a version and the configurations that it is locked for.

use std::collections::BTreeMap;

use downriver_domain::Scope;

use super::configuration::scope_of;
use crate::files::folder_of;
use crate::limits::NODES_MAX;
use crate::reading::Problem;

#[derive(Debug)]
pub(super) struct Lock<'t> {
    /// In the order of the file.
    pub(super) entries: Vec<Locked<'t>>,
    pub(super) problems: Vec<Problem>,
}

#[derive(Debug)]
pub(super) struct Locked<'t> {
    /// `group:artifact`
    pub(super) name: &'t str,
    pub(super) version: &'t str,
    pub(super) scope: Scope,
    pub(super) line: u32,
}

/// Whether the file is one of the older format, which has one file for each configuration.
pub(super) fn is_per_configuration(path: &str) -> bool {
    folder_of(path).ends_with("dependency-locks")
}

pub(super) fn read<'t>(path: &str, text: &'t str) -> Result<Lock<'t>, Problem> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let configuration = name
        .strip_suffix(".lockfile")
        .filter(|_| is_per_configuration(path));
    let is_of_build = name.starts_with("buildscript-") || name.starts_with("settings-");
    let mut lock = Lock {
        entries: Vec::new(),
        problems: Vec::new(),
    };
    let mut known: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (line, content) in (1..).zip(text.lines()) {
        let content = content.trim();
        if content.is_empty() || content.starts_with('#') || content.starts_with("empty=") {
            continue;
        }
        let (module, configurations) = content.split_once('=').unwrap_or((content, ""));
        let Some((name, version)) = split_module(module) else {
            let text = format!(
                "`{}` is no locked version: expected `group:artifact:version=configurations`",
                shown(content)
            );
            lock.problems.push(Problem::new(path, Some(line), text));
            continue;
        };
        let scope = if is_of_build {
            Scope::Build
        } else {
            scope_of_all(configuration.unwrap_or(configurations))
        };
        if let Some(known) = known.get(&(name, version)) {
            let entry = &mut lock.entries[*known];
            entry.scope = stronger(entry.scope, scope);
            continue;
        }
        if lock.entries.len() >= NODES_MAX {
            let text = format!("has more than {NODES_MAX} packages");
            return Err(Problem::new(path, Some(line), text));
        }
        known.insert((name, version), lock.entries.len());
        lock.entries.push(Locked {
            name,
            version,
            scope,
            line,
        });
    }
    Ok(lock)
}

fn split_module(module: &str) -> Option<(&str, &str)> {
    let (name, version) = module.rsplit_once(':')?;
    let (group, artifact) = name.split_once(':')?;
    let is_whole = !group.is_empty() && !artifact.is_empty() && !version.is_empty();
    let is_plain = !module.contains(char::is_whitespace) && !artifact.contains(':');
    (is_whole && is_plain).then_some((name, version))
}

/// What one configuration needs at run time counts, whatever the others are.
fn scope_of_all(configurations: &str) -> Scope {
    let scopes = configurations
        .split(',')
        .map(|name| scope_of(name.trim(), true));
    scopes.reduce(stronger).unwrap_or(Scope::Runtime)
}

fn stronger(one: Scope, other: Scope) -> Scope {
    let rank = |scope| match scope {
        Scope::Runtime => 0,
        Scope::Build => 1,
        Scope::Test => 3,
        Scope::Dev | Scope::Optional | Scope::Peer => 2,
    };
    if rank(one) <= rank(other) { one } else { other }
}

fn shown(text: &str) -> String {
    text.chars().take(80).collect()
}
