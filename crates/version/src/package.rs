//! The names of packages and of their versions, as CodeArtifact stores them.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::{Format, ecosystem, purl};

#[cfg(test)]
mod tests;

/// A package: format, namespace and name, normalised as CodeArtifact stores them (npm scope without `@`, PyPI and
/// NuGet lower case, …). Displays as a package URL without a version.
///
/// A copy shares the text: an organisation names the same packages millions of times.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackageId(Arc<Parts>);

/// Compared in this order.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Parts {
    format: Format,
    namespace: Option<Box<str>>,
    name: Box<str>,
}

/// A package and one of its versions, the version text normalised where the ecosystem does so (NuGet). Displays as a
/// package URL with a version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackageVersionId {
    package: PackageId,
    version: String,
}

/// A name, namespace or package URL that CodeArtifact could not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidName(pub String);

/// The longest name, namespace or version that CodeArtifact's service model allows, in characters.
const CHARS_MAX: usize = 255;

impl PackageId {
    /// Normalises and validates. `namespace` is CodeArtifact's (npm scope with or without `@`).
    ///
    /// An empty namespace counts as none. Maven and Swift need one, generic packages may do without here, the other
    /// formats have none. The message of an error says which part is wrong and what to write.
    pub fn new(format: Format, namespace: Option<&str>, name: &str) -> Result<Self, InvalidName> {
        let namespace = namespace.filter(|namespace| !namespace.is_empty());
        let (namespace, name) = match format {
            Format::Npm => (
                namespace.map(|scope| scope.strip_prefix('@').unwrap_or(scope).to_owned()),
                name.to_owned(),
            ),
            Format::Pypi => (namespace.map(str::to_owned), normalise_pypi(name)),
            Format::Nuget => (namespace.map(str::to_owned), name.to_lowercase()),
            Format::Swift => (namespace.map(str::to_lowercase), name.to_lowercase()),
            Format::Cargo | Format::Generic | Format::Maven | Format::Ruby => {
                (namespace.map(str::to_owned), name.to_owned())
            }
        };
        check_namespace(format, namespace.as_deref(), &name)?;
        check_text(format, "name", &name)?;
        Ok(Self(Arc::new(Parts {
            format,
            namespace: namespace.map(String::into_boxed_str),
            name: name.into_boxed_str(),
        })))
    }

    pub fn format(&self) -> Format {
        self.0.format
    }

    /// CodeArtifact's namespace: npm and Swift scope (npm's without `@`), Maven group, generic namespace.
    pub fn namespace(&self) -> Option<&str> {
        self.0.namespace.as_deref()
    }

    pub fn name(&self) -> &str {
        &self.0.name
    }
}

impl PackageVersionId {
    /// Normalises and validates the version text (length and characters; not whether the ecosystem can order it).
    pub fn new(package: PackageId, version: &str) -> Result<Self, InvalidName> {
        check_text(package.format(), "version", version)?;
        let version = ecosystem::normalise_version(package.format(), version);
        Ok(Self { package, version })
    }

    pub const fn package(&self) -> &PackageId {
        &self.package
    }

    pub fn version(&self) -> &str {
        &self.version
    }
}

/// PEP 503: lower case, and every run of `-`, `_` and `.` is one `-`.
fn normalise_pypi(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for character in name.chars() {
        if !matches!(character, '-' | '_' | '.') {
            normal.extend(character.to_lowercase());
        } else if !normal.ends_with('-') {
            normal.push('-');
        }
    }
    normal
}

fn check_namespace(format: Format, namespace: Option<&str>, name: &str) -> Result<(), InvalidName> {
    match (format, namespace) {
        (Format::Maven, None) => Err(InvalidName(format!(
            "the maven package `{}` has no namespace: give its group, as in `pkg:maven/com.acme/{0}`",
            shown(name)
        ))),
        (Format::Swift, None) => Err(InvalidName(format!(
            "the swift package `{}` has no namespace: give its scope, as in `pkg:swift/acme/{0}`",
            shown(name)
        ))),
        (Format::Cargo | Format::Nuget | Format::Pypi | Format::Ruby, Some(namespace)) => {
            Err(InvalidName(format!(
                "the {format} package `{}` has the namespace `{}`, but {format} packages have none: leave it out",
                shown(name),
                shown(namespace)
            )))
        }
        (_, Some(namespace)) => check_text(format, "namespace", namespace),
        (_, None) => Ok(()),
    }
}

/// CodeArtifact's pattern `[^#/\s]{1,255}`, and nothing that a terminal or a log would not show as it is.
fn check_text(format: Format, field: &str, text: &str) -> Result<(), InvalidName> {
    let complain = |what: &str| {
        Err(InvalidName(format!(
            "the {format} package's {field} {what}"
        )))
    };
    if text.is_empty() {
        return complain("is empty: CodeArtifact needs 1 to 255 characters");
    }
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'/' | b'#');
    if text.len() <= CHARS_MAX && text.bytes().all(is_plain) {
        return Ok(());
    }
    let chars = text.chars().count();
    if chars > CHARS_MAX {
        return complain(&format!(
            "has {chars} characters, but CodeArtifact holds at most {CHARS_MAX}: shorten it"
        ));
    }
    match text.chars().find(|character| is_refused(*character)) {
        None => Ok(()),
        Some(character @ ('/' | '#')) => complain(&format!(
            "contains `{character}` (`{}`), which CodeArtifact does not allow: write namespace and name apart",
            shown(text)
        )),
        Some(character) => complain(&format!(
            "contains the character U+{:04X} (`{}`), which CodeArtifact does not allow: remove it",
            u32::from(character),
            shown(text)
        )),
    }
}

fn is_refused(character: char) -> bool {
    matches!(character, '/' | '#')
        || character.is_whitespace()
        || character.is_control()
        || is_invisible(character)
}

/// Characters that reorder or hide what stands around them: two names that look the same would differ.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    )
}

/// The text for a message: what cannot be seen is written out, and a long text is cut.
pub(crate) fn shown(text: &str) -> String {
    const SHOWN_CHARS_MAX: usize = 80;
    let mut shown: String = text
        .chars()
        .take(SHOWN_CHARS_MAX)
        .flat_map(|character| {
            let is_hidden = character.is_control() || is_invisible(character);
            let escaped = is_hidden.then(|| character.escape_unicode());
            let plain = (!is_hidden).then_some(character);
            escaped.into_iter().flatten().chain(plain)
        })
        .collect();
    if text.chars().nth(SHOWN_CHARS_MAX).is_some() {
        shown.push('…');
    }
    shown
}

impl fmt::Debug for PackageId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "PackageId({self})")
    }
}

impl fmt::Display for PackageId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&purl::format_package(self))
    }
}

impl fmt::Display for PackageVersionId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&purl::format_package_version(self))
    }
}

impl FromStr for PackageId {
    type Err = InvalidName;

    /// Reads a package URL without a version.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        purl::parse_package(text)
    }
}

impl FromStr for PackageVersionId {
    type Err = InvalidName;

    /// Reads a package URL with a version.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        purl::parse_package_version(text)
    }
}
