//! Resource policies of domains and repositories: kept under a revision, and not enforced.

use serde_json::{Value, json};

use super::repositories::{REGION, RepositoryKey};
use super::{DOMAIN, Operation, Registry, not_found};
use crate::simulated_aws::constraint::{Members, Rule, free};
use crate::simulated_aws::error::ApiError;

/// Bounds of the service model.
const DOCUMENT: Rule = free(1, 7_168);
const REVISION: Rule = Rule {
    min: 1,
    max: 100,
    pattern: "\\S+",
    allows: |text| !text.contains(char::is_whitespace),
};

/// What is known of one policy.
#[derive(Debug, Clone, Default)]
pub(super) struct PolicySlot {
    document: Option<String>,
    /// How often it was put or deleted, so that no revision comes twice.
    changes: u64,
}

impl Registry {
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
        let slot = self.repositories.policy_mut(key)?;
        answer(operation, input, slot, &arn)
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
        let slot = self.domain_policies.entry(key).or_default();
        answer(operation, input, slot, &arn)
    }
}

/// Gets, puts or deletes a policy; the answer is `ResourcePolicy` of the model. A revision that is given has to be the
/// one that stands: our assumption is that none stands where there is no policy.
fn answer(
    operation: Operation,
    input: &Members<'_>,
    slot: &mut PolicySlot,
    arn: &str,
) -> Result<Value, ApiError> {
    use Operation::{
        DeleteDomainPermissionsPolicy, DeleteRepositoryPermissionsPolicy,
        PutDomainPermissionsPolicy, PutRepositoryPermissionsPolicy,
    };
    match operation {
        PutDomainPermissionsPolicy | PutRepositoryPermissionsPolicy => {
            let document = input.text("policyDocument", DOCUMENT)?.to_owned();
            slot.check_revision(input)?;
            check_document(&document)?;
            slot.document = Some(document);
            slot.changes += 1;
            slot.shown(arn)
        }
        DeleteDomainPermissionsPolicy | DeleteRepositoryPermissionsPolicy => {
            slot.check_revision(input)?;
            let deleted = slot.shown(arn)?;
            slot.document = None;
            slot.changes += 1;
            Ok(deleted)
        }
        _ => slot.shown(arn),
    }
}

fn check_document(document: &str) -> Result<(), ApiError> {
    let parsed = serde_json::from_str::<Value>(document).ok();
    let statements = parsed.as_ref().and_then(|parsed| parsed.get("Statement"));
    match statements {
        Some(Value::Array(list)) if !list.is_empty() => Ok(()),
        Some(Value::Object(_)) => Ok(()),
        _ => Err(ApiError::validation("Invalid policy document")),
    }
}

impl PolicySlot {
    fn revision(&self) -> Option<String> {
        // As little of a number as AWS's own.
        self.document
            .as_ref()
            .map(|_| format!("revision-{}", self.changes))
    }

    fn check_revision(&self, input: &Members<'_>) -> Result<(), ApiError> {
        let wanted = input.optional_text("policyRevision", REVISION)?;
        if wanted.is_none() || wanted == self.revision().as_deref() {
            return Ok(());
        }
        let message = "The policy revision is not the current one";
        Err(ApiError::new(409, "ConflictException", message))
    }

    fn shown(&self, arn: &str) -> Result<Value, ApiError> {
        let document = { self.document.as_ref() }.ok_or_else(|| {
            let message = format!("Policy for {arn} does not exist.");
            ApiError::new(404, "ResourceNotFoundException", message)
        })?;
        Ok(json!({"policy": {
            "resourceArn": arn,
            "revision": self.revision(),
            "document": document,
        }}))
    }
}
