use std::fmt;
use std::str::FromStr;

/// A CodeArtifact package format (`PackageFormat` of the service model).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    Cargo,
    Generic,
    Maven,
    Npm,
    Nuget,
    Pypi,
    Ruby,
    Swift,
}

/// A format name that CodeArtifact does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown package format `{0}`: expected one of cargo, generic, maven, npm, nuget, pypi, ruby, swift"
)]
pub struct UnknownFormat(pub String);

impl Format {
    pub const ALL: [Self; 8] = [
        Self::Cargo,
        Self::Generic,
        Self::Maven,
        Self::Npm,
        Self::Nuget,
        Self::Pypi,
        Self::Ruby,
        Self::Swift,
    ];

    /// CodeArtifact's spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cargo => "cargo",
            Self::Generic => "generic",
            Self::Maven => "maven",
            Self::Npm => "npm",
            Self::Nuget => "nuget",
            Self::Pypi => "pypi",
            Self::Ruby => "ruby",
            Self::Swift => "swift",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|format| format.as_str() == text)
            .ok_or_else(|| UnknownFormat(text.to_owned()))
    }
}
