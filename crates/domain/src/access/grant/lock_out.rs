//! Nobody may be locked out of what is theirs.

use super::GrantError;
use crate::AccountId;
use crate::access::decide::{Outcome, Policies, Request, StatementRef, decide};
use crate::access::policy::PolicyDocument;
use crate::access::principal::Principal;
use crate::access::{Action, RepositoryPlace, ResourceKind};

/// What an owner needs to get in again. A Put… ignores the policy that it replaces, but the domain's policy counts when
/// a repository's is put.
const ADMINISTRATION: &[Action] = &[
    Action::GetDomainPermissionsPolicy,
    Action::PutDomainPermissionsPolicy,
    Action::DeleteDomainPermissionsPolicy,
    Action::GetRepositoryPermissionsPolicy,
    Action::PutRepositoryPermissionsPolicy,
    Action::DeleteRepositoryPermissionsPolicy,
];

/// Keys that are the same for every principal of an account. A deny on other ones, such as `aws:PrincipalArn`, leaves
/// some of the account in.
const KEYS_OF_ACCOUNTS: &[&str] = &[
    "aws:principalaccount",
    "aws:principalisawsservice",
    "aws:principalorgid",
    "aws:resourceaccount",
];

/// Refuses policies under which an explicit deny would keep the whole account of the domain's owner, or of the
/// repository's administrator, from reading, putting or deleting them.
///
/// A missing allow locks neither out: in these accounts identity policies are enough, and the root user needs none.
pub fn refuse_lock_out(
    place: &RepositoryPlace,
    domain: Option<&PolicyDocument>,
    repository: Option<&PolicyDocument>,
) -> Result<(), GrantError> {
    let policies = Policies {
        domain,
        repository,
        identity: None,
    };
    for action in ADMINISTRATION {
        let is_of_domain = action.takes(ResourceKind::Domain);
        let owner = &place.repository.domain_owner;
        let administrator = Some(&place.administrator)
            .filter(|administrator| !is_of_domain && *administrator != owner);
        for account in [Some(owner), administrator].into_iter().flatten() {
            if let Some(statement) = deny(*action, account, place, &policies) {
                return Err(GrantError::LocksOut {
                    account: account.clone(),
                    action: *action,
                    statement,
                });
            }
        }
    }
    Ok(())
}

/// The statement that denies it to the whole account.
fn deny(
    action: Action,
    account: &AccountId,
    place: &RepositoryPlace,
    policies: &Policies<'_>,
) -> Option<StatementRef> {
    let resource = if action.takes(ResourceKind::Domain) {
        place.domain()
    } else {
        place.repository()
    };
    let principal = Principal::root_of(account.clone());
    let request = Request::new(principal, action, resource)
        .ok()?
        .administered_by(place.administrator.clone());
    let decision = decide(&request, policies);
    let Outcome::ExplicitlyDenied(statements) = decision.outcome else {
        return None;
    };
    let is_supposed = |statement: &StatementRef| {
        decision
            .suppositions
            .iter()
            .any(|own| own.statement == *statement)
    };
    statements
        .into_iter()
        .find(|statement| !is_supposed(statement) && is_about_accounts(statement, policies))
}

fn is_about_accounts(reference: &StatementRef, policies: &Policies<'_>) -> bool {
    let documents = [policies.domain, policies.repository];
    let statement = documents
        .into_iter()
        .flatten()
        .filter(|document| document.kind() == reference.policy)
        .find_map(|document| document.statements().get(reference.index));
    statement.is_some_and(|statement| {
        statement.conditions.iter().all(|clause| {
            let key = clause.key.to_ascii_lowercase();
            KEYS_OF_ACCOUNTS.contains(&key.as_str())
        })
    })
}
