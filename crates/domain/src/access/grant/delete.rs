//! Taking all of our own statements out.

use super::edit::Draft;
use super::revoke::is_token_used;
use super::wanted::Role;
use super::{
    Change, GrantError, Grantee, PolicyChange, StandingPolicies, check_owner, identity,
    own_statements,
};
use crate::OrganizationId;
use crate::access::policy::{PolicyDocument, PolicyKind};
use crate::access::principal::{Principal, PrincipalKind};

/// The change that takes every own statement out of the repository's policy, and the token from those who have no other
/// grant of ours in the domain. Statements of others stay.
pub fn plan_delete(standing: &StandingPolicies<'_>) -> Result<PolicyChange, GrantError> {
    let mut domain = Draft::of(PolicyKind::Domain, standing.domain);
    let mut repository = Draft::of(PolicyKind::Repository, standing.repository);
    repository.remove_own();
    let mut token_kept = Vec::new();
    for grantee in standing.domain.into_iter().flat_map(own_grantees) {
        if domain.resources_of(&grantee, Role::Token).is_empty() {
            continue;
        }
        if is_token_used(&repository, &grantee, standing) {
            token_kept.push(grantee);
        } else {
            domain.remove(&grantee, Role::Token, |_| true);
        }
    }
    finished(domain.change()?, repository.change()?, token_kept, standing)
}

/// The change that deletes one policy as a whole, with what others put into it.
pub fn plan_delete_whole(
    policy: PolicyKind,
    standing: &StandingPolicies<'_>,
) -> Result<PolicyChange, GrantError> {
    let deleted = |kind, document: Option<&PolicyDocument>| {
        if policy == kind && document.is_some() {
            Change::Delete
        } else {
            Change::Unchanged
        }
    };
    let domain = deleted(PolicyKind::Domain, standing.domain);
    let repository = deleted(PolicyKind::Repository, standing.repository);
    finished(domain, repository, Vec::new(), standing)
}

fn finished(
    domain: Change,
    repository: Change,
    token_kept: Vec<Grantee>,
    standing: &StandingPolicies<'_>,
) -> Result<PolicyChange, GrantError> {
    let change = PolicyChange {
        domain,
        repository,
        identity: identity::nothing()?,
        covered: Vec::new(),
        hindrances: Vec::new(),
        token_kept,
    };
    check_owner(&change, standing)?;
    Ok(change)
}

/// Everyone whom our own statements name. Somebody who was deleted, and shows as a unique id, is left out.
fn own_grantees(document: &PolicyDocument) -> Vec<Grantee> {
    let mut grantees: Vec<Grantee> = Vec::new();
    for text in own_statements(document)
        .into_iter()
        .flat_map(|own| own.grantees)
    {
        let grantee = grantee_of(&text);
        grantees.extend(grantee.filter(|grantee| !grantees.contains(grantee)));
    }
    grantees
}

fn grantee_of(text: &str) -> Option<Grantee> {
    if let Ok(organization) = text.parse::<OrganizationId>() {
        return Some(Grantee::Organization(organization));
    }
    let principal: Principal = text.parse().ok()?;
    Some(Grantee::from(principal))
}

impl From<Principal> for Grantee {
    /// The root of an account stands for the account.
    fn from(principal: Principal) -> Self {
        if principal.kind == PrincipalKind::Root {
            Self::Account(principal.account)
        } else {
            Self::Principal(principal)
        }
    }
}
