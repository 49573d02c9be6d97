//! Origin controls of packages, and resource policies of repositories and domains.

use serde_json::{Value, json};

use super::repositories::{Repositories, RepositoryKey};
use super::{DOMAIN, Operation, PackageKey, Registry, free, not_found};
use crate::simulated_aws::constraint::{Members, Rule};
use crate::simulated_aws::error::ApiError;

/// The Region in the ARNs, as the registry is the same in every one.
const REGION: &str = "eu-central-1";
const RESTRICTIONS: &[&str] = &["ALLOW", "BLOCK"];
/// Bounds of the service model.
const DOCUMENT: Rule = free(1, 7168);
const REVISION: Rule = free(1, 100);

/// `PackageOriginRestrictions` of the model.
#[derive(Debug, Clone, Copy)]
pub(super) struct Restrictions {
    publish: &'static str,
    upstream: &'static str,
}

/// A resource policy and how often it was set.
#[derive(Debug, Clone)]
pub(super) struct StoredPolicy {
    document: String,
    revision: u64,
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

    pub(super) fn repository_policy(
        &mut self,
        operation: Operation,
        input: &Members<'_>,
        key: &RepositoryKey,
    ) -> Result<Value, ApiError> {
        let RepositoryKey {
            domain_owner,
            domain,
            name,
        } = key;
        let arn =
            format!("arn:aws:codeartifact:{REGION}:{domain_owner}:repository/{domain}/{name}");
        let policy = self.repositories.policy_mut(key)?;
        answer(operation, input, policy, &arn)
    }

    pub(super) fn domain_policy(
        &mut self,
        operation: Operation,
        input: &Members<'_>,
        owner: &str,
    ) -> Result<Value, ApiError> {
        let domain = input.text("domain", DOMAIN)?;
        if !self.repositories.has_domain(owner, domain) {
            return Err(not_found("Domain", domain));
        }
        let arn = format!("arn:aws:codeartifact:{REGION}:{owner}:domain/{domain}");
        let key = (owner.to_owned(), domain.to_owned());
        let mut policy = self.domain_policies.remove(&key);
        let answered = answer(operation, input, &mut policy, &arn);
        if let Some(policy) = policy {
            self.domain_policies.insert(key, policy);
        }
        answered
    }
}

/// Gets or sets a policy. A revision that is given has to be the one that stands.
fn answer(
    operation: Operation,
    input: &Members<'_>,
    policy: &mut Option<StoredPolicy>,
    arn: &str,
) -> Result<Value, ApiError> {
    if matches!(
        operation,
        Operation::PutRepositoryPermissionsPolicy | Operation::PutDomainPermissionsPolicy
    ) {
        let document = input.text("policyDocument", DOCUMENT)?.to_owned();
        let standing = policy.as_ref().map_or(0, |policy| policy.revision);
        if let Some(wanted) = input.optional_text("policyRevision", REVISION)?
            && wanted != standing.to_string()
        {
            return Err(ApiError::new(
                409,
                "ConflictException",
                "Invalid policy revision",
            ));
        }
        if serde_json::from_str::<Value>(&document).is_err() {
            return Err(ApiError::validation(
                "The policy document is not valid JSON",
            ));
        }
        *policy = Some(StoredPolicy {
            document,
            revision: standing + 1,
        });
    }
    let policy = { policy.as_ref() }.ok_or_else(|| {
        let message = format!("Policy for {arn} does not exist.");
        ApiError::new(404, "ResourceNotFoundException", message)
    })?;
    Ok(json!({"policy": {
        "resourceArn": arn,
        "revision": policy.revision.to_string(),
        "document": policy.document,
    }}))
}

impl Repositories {
    fn restrictions(&self, key: &RepositoryKey, package: &PackageKey) -> Restrictions {
        let set = { self.get(key).ok() }.and_then(|known| known.restrictions.get(package));
        set.copied()
            .unwrap_or_else(|| Restrictions::of_first(self.is_published_here(key, package)))
    }
}
