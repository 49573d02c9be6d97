//! What reading or publishing takes altogether, so that one question can be asked of all of it.

use downriver_version::{Format, PackageId};

use crate::access::{Action, RepositoryPlace, Resource};

/// One permission that something takes, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    pub action: Action,
    pub resource: Resource,
    pub why: &'static str,
}

/// What a package manager needs to read from a repository, or to publish the package given (user guide: Domain policies,
/// Repository policies, Packages overview).
pub fn needs_of(place: &RepositoryPlace, published: Option<&PackageId>) -> Vec<Need> {
    let need = |action, resource, why| Need {
        action,
        resource,
        why,
    };
    let mut needs = vec![
        need(
            Action::GetAuthorizationToken,
            place.domain(),
            "every package manager signs in with a token of the domain",
        ),
        need(
            Action::GetServiceBearerToken,
            Resource::Any,
            "the token is one of STS; only identity policies count",
        ),
        need(
            Action::GetRepositoryEndpoint,
            place.repository(),
            "signing in looks the repository's address up",
        ),
    ];
    let read = |why| need(Action::ReadFromRepository, place.repository(), why);
    let Some(package) = published else {
        needs.push(read("downloads are allowed for a repository as a whole"));
        return needs;
    };
    needs.push(need(
        Action::PublishPackageVersion,
        place.package(package),
        "publishing is allowed package by package",
    ));
    match package.format() {
        Format::Maven => needs.push(need(
            Action::PutPackageMetadata,
            place.package(package),
            "Maven publishes metadata besides",
        )),
        Format::Nuget => needs.push(read("NuGet reads from the repository that it publishes to")),
        _ => {}
    }
    needs
}
