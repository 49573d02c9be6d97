//! What an archive's name tells of its version, by the rule of npm's `version-from-tgz`.

use downriver_version::{Format, Version};

/// Whether this names an archive, and not a folder.
pub(super) fn is_archive(address: &str) -> bool {
    let address = address.to_ascii_lowercase();
    [".tgz", ".tar.gz", ".tar"]
        .iter()
        .any(|ending| address.ends_with(ending))
}

/// Whether this is an archive's address as registries have it: `…/name/-/name-1.0.0.tgz`.
pub(super) fn is_of_registry(address: &str) -> bool {
    address.starts_with("http") && address.contains("/-/") && is_archive(address)
}

/// The package and version of an archive at this address or path, asked for as `name`. `None` if its name tells neither.
pub(super) fn parse_archive(name: &str, address: &str) -> Option<(String, String)> {
    let address = address.split(['#', '?']).next()?;
    let file = address.rsplit(['/', '\\', ':']).next()?;
    let stem = file.strip_suffix(".tgz")?;
    let path = address.split_once("://").map(|(_, rest)| rest);
    // `…/@scope/name/-/name-1.0.0.tgz` is what registries have.
    let named = path
        .and_then(|path| path.rsplit_once("/-/"))
        .filter(|(_, last)| *last == file)
        .map_or(name, |(before, _)| before);
    let named = named.replace("%2f", "/").replace("%2F", "/");
    let mut parts = named.rsplit('/');
    let project = parts.next()?;
    let version = stem.strip_prefix(project)?.strip_prefix('-')?;
    Version::parse(Format::Npm, version).ok()?;
    let full = match parts.next().filter(|scope| scope.starts_with('@')) {
        Some(scope) => format!("{scope}/{project}"),
        None => project.to_owned(),
    };
    Some((full, version.to_owned()))
}
