//! What a grant consists of: one statement each, in one of the two policies.

use std::fmt;

use downriver_version::Format;

use super::{GrantKind, PublishScope};
use crate::PackagePattern;
use crate::access::policy::PolicyKind;
use crate::access::resource::arn_prefix;
use crate::access::{Action, RepositoryPlace, ResourceKind};

/// The full list that a package manager and a person need (user guide: Repository policies, Create a resource policy
/// to grant read access).
pub(super) const READ: &[Action] = &[
    Action::DescribePackageVersion,
    Action::DescribeRepository,
    Action::GetPackageVersionReadme,
    Action::GetRepositoryEndpoint,
    Action::ListPackageVersionAssets,
    Action::ListPackageVersionDependencies,
    Action::ListPackageVersions,
    Action::ListPackages,
    Action::ReadFromRepository,
];

/// What an own statement is for. Displays as the beginning of its `Sid`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    Token,
    Read,
    Publish,
    /// Publishers look the repository's address up, too.
    Endpoint,
    /// NuGet reads from the repository that it publishes to.
    NugetRead,
}

/// How the `Sid` of every own statement begins.
pub(super) const SID_PREFIX: &str = "Downriver";

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(SID_PREFIX)?;
        out.write_str(match self {
            Self::Token => "Token",
            Self::Read => "Read",
            Self::Publish => "Publish",
            Self::Endpoint => "PublishEndpoint",
            Self::NugetRead => "PublishNuget",
        })
    }
}

/// One statement that a grant needs.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) role: Role,
    pub(super) policy: PolicyKind,
    pub(super) actions: Vec<Action>,
    /// As the statement writes it.
    pub(super) resource: String,
    /// What has to be allowed, action by action, for the statement not to be needed.
    pub(super) needs: Vec<(Action, String)>,
}

/// The ARNs that grants name.
pub(super) struct Arns {
    pub(super) domain: String,
    pub(super) repository: String,
    /// With a slash at its end.
    packages: String,
}

impl Arns {
    pub(super) fn of(place: &RepositoryPlace) -> Self {
        let repository = &place.repository;
        let prefix = arn_prefix(&place.region, &repository.domain_owner);
        Self {
            domain: place.domain().to_string(),
            repository: place.repository().to_string(),
            packages: format!("{prefix}package/{}/{}/", repository.domain, repository.name),
        }
    }

    /// Every package of the repository.
    pub(super) fn packages(&self) -> String {
        format!("{}*", self.packages)
    }

    /// The packages of a pattern. Without a namespace its segment is empty; what means something to IAM but not in a
    /// package's name is escaped.
    fn package(&self, pattern: &PackagePattern) -> String {
        let escaped = |text: &str| {
            let escape = |c: char| match c {
                '$' => "${$}".to_owned(),
                '?' => "${?}".to_owned(),
                other => other.to_string(),
            };
            text.chars().map(escape).collect::<String>()
        };
        let namespace = escaped(pattern.namespace.as_deref().unwrap_or(""));
        let name = escaped(&pattern.name);
        format!("{}{}/{namespace}/{name}", self.packages, pattern.format)
    }

    pub(super) fn of_action(&self, action: Action) -> String {
        if action.takes(ResourceKind::Domain) {
            self.domain.clone()
        } else if action.takes(ResourceKind::Repository) {
            self.repository.clone()
        } else {
            self.packages()
        }
    }
}

pub(super) fn wanted(kind: &GrantKind, place: &RepositoryPlace) -> Vec<Wanted> {
    let arns = Arns::of(place);
    let part = |role, policy, actions: &[Action], resource: String| Wanted {
        role,
        policy,
        actions: actions.to_vec(),
        resource,
        needs: actions
            .iter()
            .map(|action| (*action, arns.of_action(*action)))
            .collect(),
    };
    let everything = || "*".to_owned();
    let mut parts = vec![part(
        Role::Token,
        PolicyKind::Domain,
        &[Action::GetAuthorizationToken],
        everything(),
    )];
    let GrantKind::Publish(scope) = kind else {
        parts.push(part(Role::Read, PolicyKind::Repository, READ, everything()));
        return parts;
    };
    let repository_part = |role, action| {
        part(
            role,
            PolicyKind::Repository,
            &[action],
            arns.repository.clone(),
        )
    };
    parts.push(repository_part(
        Role::Endpoint,
        Action::GetRepositoryEndpoint,
    ));
    let published = published(scope, &arns);
    if published
        .iter()
        .any(|(format, _)| is_of(*format, Format::Nuget))
    {
        parts.push(repository_part(Role::NugetRead, Action::ReadFromRepository));
    }
    for (format, resource) in published {
        let actions: &[Action] = if is_of(format, Format::Maven) {
            &[Action::PublishPackageVersion, Action::PutPackageMetadata]
        } else {
            &[Action::PublishPackageVersion]
        };
        let needs = actions.iter().map(|action| (*action, resource.clone()));
        parts.push(Wanted {
            role: Role::Publish,
            policy: PolicyKind::Repository,
            actions: actions.to_vec(),
            needs: needs.collect(),
            resource,
        });
    }
    parts
}

/// Whether packages of this format may be among them; no format stands for all of them.
fn is_of(format: Option<Format>, wanted: Format) -> bool {
    format.is_none_or(|format| format == wanted)
}

/// The formats and ARN patterns of what may be published.
pub(super) fn published(scope: &PublishScope, arns: &Arns) -> Vec<(Option<Format>, String)> {
    match scope {
        PublishScope::Repository => vec![(None, arns.packages())],
        PublishScope::Packages(patterns) => patterns
            .iter()
            .map(|pattern| (Some(pattern.format), arns.package(pattern)))
            .collect(),
    }
}
