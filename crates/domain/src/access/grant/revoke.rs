//! Taking back: the grantee leaves our own statements, and nobody else's.

use downriver_version::Format;

use super::edit::{Draft, resources_in};
use super::wanted::{Arns, Role, published, wanted};
use super::{
    GrantError, GrantKind, Grantee, PolicyChange, PublishScope, StandingPolicies, check,
    check_owner, cover, covered_part, identity,
};
use crate::access::policy::PolicyKind;

/// The change that takes back. What others' statements still allow is told in [`PolicyChange::covered`].
///
/// The token of the domain serves every repository: it goes with the last grant that may need it, and stays where the
/// other repositories' policies were not read.
pub fn plan_revoke(
    kind: &GrantKind,
    grantees: &[Grantee],
    standing: &StandingPolicies<'_>,
) -> Result<PolicyChange, GrantError> {
    check(kind, grantees)?;
    let mut domain = Draft::of(PolicyKind::Domain, standing.domain);
    let mut repository = Draft::of(PolicyKind::Repository, standing.repository);
    let arns = Arns::of(standing.place);
    let mut token_kept = Vec::new();
    for grantee in grantees {
        match kind {
            GrantKind::Read => repository.remove(grantee, Role::Read, |_| true),
            GrantKind::Publish(scope) => take_publishing(&mut repository, grantee, scope, &arns),
        }
        if domain.resources_of(grantee, Role::Token).is_empty() {
            continue;
        }
        if is_token_used(&repository, grantee, standing) {
            token_kept.push(grantee.clone());
        } else {
            domain.remove(grantee, Role::Token, |_| true);
        }
    }
    let mut change = PolicyChange {
        domain: domain.change()?,
        repository: repository.change()?,
        identity: identity::document(kind, standing.place)?,
        covered: Vec::new(),
        hindrances: Vec::new(),
        token_kept,
    };
    change.covered = still_allowed(kind, grantees, &change, standing);
    check_owner(&change, standing)?;
    Ok(change)
}

fn take_publishing(repository: &mut Draft, grantee: &Grantee, scope: &PublishScope, arns: &Arns) {
    let taken: Vec<String> = published(scope, arns)
        .into_iter()
        .map(|(_, resource)| resource)
        .collect();
    let is_all = *scope == PublishScope::Repository;
    repository.remove(grantee, Role::Publish, |resource| {
        is_all || taken.contains(resource)
    });
    let left = repository.resources_of(grantee, Role::Publish);
    if left.is_empty() {
        repository.remove(grantee, Role::Endpoint, |_| true);
    }
    if !left.iter().any(|resource| may_be_nuget(resource, arns)) {
        repository.remove(grantee, Role::NugetRead, |_| true);
    }
}

fn may_be_nuget(resource: &str, arns: &Arns) -> bool {
    let packages = arns.packages();
    let format = resource.strip_prefix(packages.trim_end_matches('*'));
    format.is_none_or(|rest| rest == "*" || rest.starts_with(&format!("{}/", Format::Nuget)))
}

pub(super) fn is_token_used(
    repository: &Draft,
    grantee: &Grantee,
    standing: &StandingPolicies<'_>,
) -> bool {
    const USING: [Role; 2] = [Role::Read, Role::Publish];
    let is_used_here = USING
        .iter()
        .any(|role| !repository.resources_of(grantee, *role).is_empty());
    let Some(elsewhere) = standing.elsewhere else {
        return true;
    };
    is_used_here
        || elsewhere.iter().any(|document| {
            USING
                .iter()
                .any(|role| !resources_in(document, grantee, *role).is_empty())
        })
}

fn still_allowed(
    kind: &GrantKind,
    grantees: &[Grantee],
    change: &PolicyChange,
    standing: &StandingPolicies<'_>,
) -> Vec<super::Covered> {
    let domain = change.domain.after(standing.domain);
    let repository = change.repository.after(standing.repository);
    let mut covered = Vec::new();
    for grantee in grantees {
        for part in wanted(kind, standing.place) {
            if part.role == Role::Token && change.token_kept.contains(grantee) {
                continue;
            }
            if let Some(by) = cover::covering(grantee, &part, &[domain, repository]) {
                covered.push(covered_part(grantee, &part, by));
            }
        }
    }
    covered
}
