use std::fmt;
use std::str::FromStr;

use crate::{Format, purl};

/// A package: format, namespace and name, normalised as CodeArtifact stores them (npm scope without `@`, PyPI and
/// NuGet lower case, …). Displays as a package URL without a version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackageId {
    format: Format,
    namespace: Option<String>,
    name: String,
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

impl PackageId {
    /// Normalises and validates. `namespace` is CodeArtifact's (npm scope with or without `@`).
    pub fn new(format: Format, namespace: Option<&str>, name: &str) -> Result<Self, InvalidName> {
        // Replaced by the normalisation of each format.
        Ok(Self {
            format,
            namespace: namespace.map(str::to_owned),
            name: name.to_owned(),
        })
    }

    pub const fn format(&self) -> Format {
        self.format
    }

    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    pub fn name(&self) -> &str {
        &self.name
    }
}

impl PackageVersionId {
    /// Normalises and validates the version text (length and characters; not whether the ecosystem can order it).
    pub fn new(package: PackageId, version: &str) -> Result<Self, InvalidName> {
        Ok(Self {
            package,
            version: version.to_owned(),
        })
    }

    pub const fn package(&self) -> &PackageId {
        &self.package
    }

    pub fn version(&self) -> &str {
        &self.version
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
