//! What an action is about, as CodeArtifact's ARNs name it (user guide: AWS CodeArtifact permissions reference).

#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use downriver_version::{Format, PackageId};

use super::{Action, ResourceKind};
use crate::{AccountId, DomainName, RegionName, RepositoryId, RepositoryName};

/// A repository, where it lies, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryPlace {
    pub region: RegionName,
    pub repository: RepositoryId,
    /// The account that made the repository; often the domain's owner.
    pub administrator: AccountId,
}

/// What an action is about. Displays as its ARN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource {
    /// `*`, for the actions about an account.
    Any,
    Domain {
        region: RegionName,
        owner: AccountId,
        domain: DomainName,
    },
    PackageGroup {
        region: RegionName,
        owner: AccountId,
        domain: DomainName,
        /// As it stands in ARNs: percent-encoded, with its leading slash.
        encoded_pattern: String,
    },
    Repository {
        region: RegionName,
        repository: RepositoryId,
    },
    Package {
        region: RegionName,
        repository: RepositoryId,
        package: PackageId,
    },
}

/// A text that names nothing in CodeArtifact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` names no resource of CodeArtifact: expected `*` or an ARN such as `arn:aws:codeartifact:eu-west-1:111122223333:repository/domain/repository`"
)]
pub struct InvalidResource(pub String);

impl RepositoryPlace {
    pub fn domain(&self) -> Resource {
        Resource::Domain {
            region: self.region.clone(),
            owner: self.repository.domain_owner.clone(),
            domain: self.repository.domain.clone(),
        }
    }

    pub fn repository(&self) -> Resource {
        Resource::Repository {
            region: self.region.clone(),
            repository: self.repository.clone(),
        }
    }

    pub fn package(&self, package: &PackageId) -> Resource {
        Resource::Package {
            region: self.region.clone(),
            repository: self.repository.clone(),
            package: package.clone(),
        }
    }
}

impl Resource {
    pub const fn kind(&self) -> ResourceKind {
        match self {
            Self::Any => ResourceKind::Any,
            Self::Domain { .. } => ResourceKind::Domain,
            Self::PackageGroup { .. } => ResourceKind::PackageGroup,
            Self::Repository { .. } => ResourceKind::Repository,
            Self::Package { .. } => ResourceKind::Package,
        }
    }

    /// The owner of the domain it lies in.
    pub fn owner(&self) -> Option<&AccountId> {
        match self {
            Self::Any => None,
            Self::Domain { owner, .. } | Self::PackageGroup { owner, .. } => Some(owner),
            Self::Repository { repository, .. } | Self::Package { repository, .. } => {
                Some(&repository.domain_owner)
            }
        }
    }

    pub fn region(&self) -> Option<&RegionName> {
        match self {
            Self::Any => None,
            Self::Domain { region, .. }
            | Self::PackageGroup { region, .. }
            | Self::Repository { region, .. }
            | Self::Package { region, .. } => Some(region),
        }
    }

    /// What the action has to be asked for to reach this resource: for a package, an action that repositories take is
    /// asked for its repository, one that domains take for its domain. `None` if the action is not about such things.
    pub fn widened_to(&self, action: Action) -> Option<Self> {
        let mut resource = self.clone();
        while !action.takes(resource.kind()) {
            resource = resource.container()?;
        }
        Some(resource)
    }

    fn container(&self) -> Option<Self> {
        match self {
            Self::Package {
                region, repository, ..
            } => Some(Self::Repository {
                region: region.clone(),
                repository: repository.clone(),
            }),
            Self::Repository { region, repository } => Some(Self::Domain {
                region: region.clone(),
                owner: repository.domain_owner.clone(),
                domain: repository.domain.clone(),
            }),
            Self::PackageGroup {
                region,
                owner,
                domain,
                ..
            } => Some(Self::Domain {
                region: region.clone(),
                owner: owner.clone(),
                domain: domain.clone(),
            }),
            Self::Domain { .. } => Some(Self::Any),
            Self::Any => None,
        }
    }
}

/// `aws`, or another partition for the Regions that form one.
pub(super) fn partition_of(region: &RegionName) -> &'static str {
    if region.as_str().starts_with("cn-") {
        "aws-cn"
    } else if region.as_str().starts_with("us-gov-") {
        "aws-us-gov"
    } else {
        "aws"
    }
}

/// `arn:<partition>:codeartifact:<region>:<owner>:`.
pub(super) fn arn_prefix(region: &RegionName, owner: &AccountId) -> String {
    format!(
        "arn:{}:codeartifact:{region}:{owner}:",
        partition_of(region)
    )
}

impl fmt::Display for Resource {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Some(region), Some(owner)) = (self.region(), self.owner()) else {
            return out.write_str("*");
        };
        out.write_str(&arn_prefix(region, owner))?;
        match self {
            Self::Any => Ok(()),
            Self::Domain { domain, .. } => write!(out, "domain/{domain}"),
            Self::PackageGroup {
                domain,
                encoded_pattern,
                ..
            } => write!(out, "package-group/{domain}{encoded_pattern}"),
            Self::Repository { repository, .. } => {
                write!(out, "repository/{}/{}", repository.domain, repository.name)
            }
            Self::Package {
                repository,
                package,
                ..
            } => write!(
                out,
                "package/{}/{}/{}/{}/{}",
                repository.domain,
                repository.name,
                package.format(),
                package.namespace().unwrap_or(""),
                package.name()
            ),
        }
    }
}

impl FromStr for Resource {
    type Err = InvalidResource;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "*" {
            return Ok(Self::Any);
        }
        parse_arn(text).ok_or_else(|| InvalidResource(text.to_owned()))
    }
}

fn parse_arn(text: &str) -> Option<Resource> {
    let fields: Vec<&str> = text.splitn(6, ':').collect();
    let [arn, partition, service, region, owner, path] = *fields else {
        return None;
    };
    let region: RegionName = region.parse().ok()?;
    let owner: AccountId = owner.parse().ok()?;
    if arn != "arn" || service != "codeartifact" || partition != partition_of(&region) {
        return None;
    }
    let (kind, rest) = path.split_once('/')?;
    if kind == "package-group" {
        let at = rest.find('/')?;
        return Some(Resource::PackageGroup {
            region,
            owner,
            domain: rest[..at].parse().ok()?,
            encoded_pattern: rest[at..].to_owned(),
        });
    }
    let parts: Vec<&str> = rest.split('/').collect();
    match (kind, parts.as_slice()) {
        ("domain", [domain]) => Some(Resource::Domain {
            region,
            owner,
            domain: domain.parse().ok()?,
        }),
        ("repository", [domain, name]) => Some(Resource::Repository {
            region,
            repository: repository_id(owner, domain, name)?,
        }),
        ("package", [domain, name, format, namespace, package]) => {
            let format: Format = format.parse().ok()?;
            let namespace = Some(*namespace).filter(|namespace| !namespace.is_empty());
            Some(Resource::Package {
                region,
                repository: repository_id(owner, domain, name)?,
                package: PackageId::new(format, namespace, package).ok()?,
            })
        }
        _ => None,
    }
}

fn repository_id(domain_owner: AccountId, domain: &str, name: &str) -> Option<RepositoryId> {
    let name: RepositoryName = name.parse().ok()?;
    Some(RepositoryId {
        domain_owner,
        domain: domain.parse().ok()?,
        name,
    })
}
