//! Origin controls of packages.

use serde_json::{Value, json};

use super::repositories::{Repositories, RepositoryKey};
use super::{PackageKey, Registry};
use crate::simulated_aws::constraint::Members;
use crate::simulated_aws::error::ApiError;

const RESTRICTIONS: &[&str] = &["ALLOW", "BLOCK"];

/// `PackageOriginRestrictions` of the model.
#[derive(Debug, Clone, Copy)]
pub(super) struct Restrictions {
    publish: &'static str,
    upstream: &'static str,
}

impl Restrictions {
    /// What CodeArtifact sets when the first version comes: what is published is closed to upstreams, and the other way.
    pub(super) const fn of_first(is_published: bool) -> Self {
        if is_published {
            Self {
                publish: "ALLOW",
                upstream: "BLOCK",
            }
        } else {
            Self {
                publish: "BLOCK",
                upstream: "ALLOW",
            }
        }
    }

    fn to_json(self) -> Value {
        json!({"restrictions": {"publish": self.publish, "upstream": self.upstream}})
    }
}

impl Registry {
    /// `DescribePackage`.
    pub(super) fn show_package(
        &self,
        repository: &RepositoryKey,
        package: &PackageKey,
    ) -> Result<Value, ApiError> {
        self.versions(repository, package)?;
        let mut json = json!({
            "format": package.0,
            "name": package.2,
            "originConfiguration": self.repositories.restrictions(repository, package).to_json(),
        });
        if let Some(namespace) = &package.1 {
            json["namespace"] = json!(namespace);
        }
        Ok(json!({"package": json}))
    }

    /// `PutPackageOriginConfiguration`: of packages too that are not there yet.
    pub(super) fn set_restrictions(
        &mut self,
        input: &Members<'_>,
        repository: &RepositoryKey,
        package: PackageKey,
    ) -> Result<Value, ApiError> {
        let given = input.structure("restrictions")?;
        let given = given.ok_or_else(|| input.missing("restrictions"))?;
        let of = |name: &str| {
            let choice = given.choice(name, RESTRICTIONS)?;
            choice.ok_or_else(|| given.missing(name))
        };
        let restrictions = Restrictions {
            publish: of("publish")?,
            upstream: of("upstream")?,
        };
        let known = self.repositories.restrictions_mut(repository)?;
        known.insert(package, restrictions);
        Ok(json!({"originConfiguration": restrictions.to_json()}))
    }
}

impl Repositories {
    fn restrictions(&self, key: &RepositoryKey, package: &PackageKey) -> Restrictions {
        let set = { self.get(key).ok() }.and_then(|known| known.restrictions.get(package));
        set.copied()
            .unwrap_or_else(|| Restrictions::of_first(self.is_published_here(key, package)))
    }
}
