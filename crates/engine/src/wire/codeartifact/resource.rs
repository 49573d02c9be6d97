//! The ARN in `resources`: not needed, but where it is there it has to name what the detail names.

use downriver_domain::version::{Format, PackageId};
use downriver_domain::{RegionName, Sighting};

use crate::wire::rejection::{Rejection, Shown};

/// Refuses a package ARN that names another package, repository, owner or Region than the detail. An event of CodeArtifact
/// names exactly one; other resources, which whoever forwards an event may have added, say nothing here.
///
/// `arn:<partition>:codeartifact:<region>:<domain owner>:package/<domain>/<repository>/<format>/<namespace>/<name>`, the
/// namespace empty where there is none.
pub(crate) fn check_agrees(
    arn: &str,
    region: &RegionName,
    sighting: &Sighting,
) -> Result<(), Rejection> {
    let Some(found) = PackageArn::parse(arn) else {
        return Ok(());
    };
    let contradiction = |field, detail: &str| Rejection::ContradictingResource {
        arn: Shown::arn(arn),
        field,
        detail: Shown::new(detail),
    };
    let repository = &sighting.repository;
    let package = sighting.package_version.package();
    let said = [
        ("region", found.region, region.as_str()),
        (
            "detail.domainOwner",
            found.owner,
            repository.domain_owner.as_str(),
        ),
    ];
    for (field, named, detail) in said {
        if named != detail {
            return Err(contradiction(field, detail));
        }
    }
    let segments: Vec<&str> = found.path.splitn(6, '/').collect();
    let &[domain, name, format, namespace, package_name] = segments.as_slice() else {
        return Err(contradiction("detail", &package.to_string()));
    };
    let said = [
        ("detail.domainName", domain, repository.domain.as_str()),
        ("detail.repositoryName", name, repository.name.as_str()),
        ("detail.packageFormat", format, package.format().as_str()),
    ];
    for (field, named, detail) in said {
        if named != detail {
            return Err(contradiction(field, detail));
        }
    }
    if named_package(package.format(), namespace, package_name).as_ref() != Some(package) {
        return Err(contradiction("detail", &package.to_string()));
    }
    Ok(())
}

/// Both sides normalised: ARNs have the normal form, and details are said to.
fn named_package(format: Format, namespace: &str, name: &str) -> Option<PackageId> {
    let namespace = (!namespace.is_empty()).then_some(namespace);
    PackageId::new(format, namespace, name).ok()
}

struct PackageArn<'a> {
    region: &'a str,
    owner: &'a str,
    path: &'a str,
}

impl<'a> PackageArn<'a> {
    fn parse(arn: &'a str) -> Option<Self> {
        let (_partition, rest) = arn.strip_prefix("arn:")?.split_once(':')?;
        let (region, rest) = rest.strip_prefix("codeartifact:")?.split_once(':')?;
        let (owner, resource) = rest.split_once(':')?;
        Some(Self {
            region,
            owner,
            path: resource.strip_prefix("package/")?,
        })
    }
}
