//! The actions of CodeArtifact: their level and what resource each is about.

#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

/// Where an action stands, which says what policies count for it (user guide: Repository policies, on the interaction
/// between repository and domain policies).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// About the caller's account: no resource policy counts.
    Account,
    /// About the domain: only its policy counts.
    Domain,
    /// About a package group of the domain: only the domain's policy counts.
    PackageGroup,
    /// About a repository: the domain's policy and the repository's count.
    Repository,
    /// About a package in a repository: both count.
    Package,
    /// About whatever carries the tags.
    Tagged,
}

/// What an ARN of CodeArtifact names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResourceKind {
    /// `*`: the action takes no resource.
    Any,
    Domain,
    PackageGroup,
    Repository,
    Package,
}

impl fmt::Display for ResourceKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Any => "no resource (`*`)",
            Self::Domain => "a domain",
            Self::PackageGroup => "a package group",
            Self::Repository => "a repository",
            Self::Package => "a package",
        })
    }
}

/// A name that is no action of CodeArtifact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown action `{0}`: expected one of CodeArtifact's, such as `codeartifact:ReadFromRepository`"
)]
pub struct UnknownAction(pub String);

/// As the service principal of CodeArtifact stands in `sts:AWSServiceName`.
pub(super) const SERVICE_HOST: &str = "codeartifact.amazonaws.com";

macro_rules! actions {
    ($($name:ident $level:ident [$($kind:ident)*])*) => {
        /// Every action that CodeArtifact defines (Service Authorization Reference: AWS CodeArtifact), and the one of
        /// STS that a token of CodeArtifact needs besides. Displays as policies write it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Action {
            $($name,)*
        }

        impl Action {
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Without the service's prefix.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }

            pub const fn level(self) -> Level {
                match self {
                    $(Self::$name => Level::$level,)*
                }
            }

            /// The kinds of resource that it may be asked for (user guide: AWS CodeArtifact permissions reference;
            /// where the two disagree, as for `CopyPackageVersions`, what either names).
            pub const fn resource_kinds(self) -> &'static [ResourceKind] {
                match self {
                    $(Self::$name => &[$(ResourceKind::$kind,)*],)*
                }
            }
        }
    };
}

actions! {
    AssociateExternalConnection Repository [Repository]
    AssociateWithDownstreamRepository Repository [Repository]
    CopyPackageVersions Repository [Repository Package]
    CreateDomain Account [Any Domain]
    CreatePackageGroup Domain [PackageGroup Domain]
    CreateRepository Domain [Domain Repository]
    DeleteDomain Domain [Domain]
    DeleteDomainPermissionsPolicy Domain [Domain]
    DeletePackage Package [Package]
    DeletePackageGroup PackageGroup [PackageGroup]
    DeletePackageVersions Package [Package]
    DeleteRepository Repository [Repository]
    DeleteRepositoryPermissionsPolicy Repository [Repository]
    DescribeDomain Domain [Domain]
    DescribePackage Package [Package]
    DescribePackageGroup PackageGroup [PackageGroup]
    DescribePackageVersion Package [Package]
    DescribeRepository Repository [Repository]
    DisassociateExternalConnection Repository [Repository]
    DisposePackageVersions Package [Package]
    GetAssociatedPackageGroup PackageGroup [PackageGroup]
    GetAuthorizationToken Domain [Domain]
    GetDomainPermissionsPolicy Domain [Domain]
    GetPackageVersionAsset Package [Package]
    GetPackageVersionReadme Package [Package]
    GetRepositoryEndpoint Repository [Repository]
    GetRepositoryPermissionsPolicy Repository [Repository]
    ListAllowedRepositoriesForGroup PackageGroup [PackageGroup]
    ListAssociatedPackages PackageGroup [PackageGroup]
    ListDomains Account [Any]
    ListPackageGroups Domain [Domain]
    ListPackages Repository [Repository]
    ListPackageVersionAssets Package [Package]
    ListPackageVersionDependencies Package [Package]
    ListPackageVersions Package [Package]
    ListRepositories Account [Any]
    ListRepositoriesInDomain Domain [Domain]
    ListSubPackageGroups PackageGroup [PackageGroup]
    ListTagsForResource Tagged [Domain PackageGroup Repository]
    PublishPackageVersion Package [Package]
    PutDomainPermissionsPolicy Domain [Domain]
    PutPackageMetadata Package [Package]
    PutPackageOriginConfiguration Package [Package]
    PutRepositoryPermissionsPolicy Repository [Repository]
    ReadFromRepository Repository [Repository]
    TagResource Tagged [Domain PackageGroup Repository]
    UntagResource Tagged [Domain PackageGroup Repository]
    UpdatePackageGroup PackageGroup [PackageGroup]
    UpdatePackageGroupOriginConfiguration PackageGroup [PackageGroup]
    UpdatePackageVersionsStatus Package [Package]
    UpdateRepository Repository [Repository]
    GetServiceBearerToken Account [Any]
}

impl Action {
    /// The prefix that the action has in policies.
    pub const fn service(self) -> &'static str {
        match self {
            Self::GetServiceBearerToken => "sts",
            _ => "codeartifact",
        }
    }

    pub fn takes(self, kind: ResourceKind) -> bool {
        self.resource_kinds().contains(&kind)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.service(), self.name())
    }
}

impl FromStr for Action {
    type Err = UnknownAction;

    /// With or without the prefix, in any case.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_named = |action: &&Self| {
            text.eq_ignore_ascii_case(action.name())
                || text.eq_ignore_ascii_case(&action.to_string())
        };
        let found = Self::ALL.iter().find(is_named).copied();
        found.ok_or_else(|| UnknownAction(text.to_owned()))
    }
}
