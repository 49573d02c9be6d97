//! How packages, lists and verdicts are put into words.

use downriver_domain::RepositoryId;
use downriver_domain::version::{Format, PackageId, PackageVersionId};

/// A package as its own ecosystem writes it: `@acme/tokens`, `com.acme:acme-commons`.
pub(crate) fn package(package: &PackageId) -> String {
    let name = package.name();
    match (package.format(), package.namespace()) {
        (_, None) => name.to_owned(),
        (Format::Npm, Some(scope)) => format!("@{scope}/{name}"),
        (Format::Maven, Some(group)) => format!("{group}:{name}"),
        (_, Some(namespace)) => format!("{namespace}/{name}"),
    }
}

/// `@acme/tokens 2.4.0`.
pub(crate) fn package_version(version: &PackageVersionId) -> String {
    format!("{} {}", package(version.package()), version.version())
}

/// The repository's name without its domain, as people call it.
pub(crate) fn repository(repository: &RepositoryId) -> String {
    repository.name.to_string()
}

/// The first `max` of these, and how many more there are.
pub(crate) fn listed<T: AsRef<str>>(names: &[T], max: usize) -> String {
    let shown: Vec<&str> = names.iter().take(max).map(AsRef::as_ref).collect();
    let text = shown.join(", ");
    match names.len().saturating_sub(max) {
        0 => text,
        more => format!("{text} and {more} more"),
    }
}

/// The text with the ids of executions cut to what tells them apart.
pub(crate) fn shortened(text: &str) -> String {
    let words: Vec<String> = text
        .split(' ')
        .map(|word| {
            let id = word.trim_end_matches([',', ';', '.', ':']);
            let (shown, rest) = word.split_at(id.len());
            let shown = if is_uuid(id) {
                &id[..UUID_SHOWN]
            } else {
                shown
            };
            format!("{shown}{rest}")
        })
        .collect();
    words.join(" ")
}

const UUID_SHOWN: usize = 8;

fn is_uuid(word: &str) -> bool {
    word.len() == 36
        && word.bytes().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
