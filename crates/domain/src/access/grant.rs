//! The smallest change of policies that grants or takes back reading or publishing.
//!
//! Statements of others are never touched. Our own are recognised by their `Sid`, which begins with `Downriver`: a grant
//! adds a principal to one of them that says the same already, and makes a new one only where there is none. What another
//! statement allows already is not granted again.
//!
//! In the accounts of the domain's owner and, for the repository, of its administrator, identity policies are enough
//! (user guide: Repository policies), and the token of STS needs one anyway: there no resource policy is changed.

mod cover;
mod delete;
mod edit;
mod identity;
mod lock_out;
mod revoke;
#[cfg(test)]
mod tests;
mod wanted;

use super::decide::StatementRef;
use super::policy::{PolicyDocument, PolicyError, PolicyKind};
use super::principal::{Principal, PrincipalKind, PrincipalPattern};
use super::resource::partition_of;
use super::{Action, RepositoryPlace};
use crate::{AccountId, OrganizationId, PackagePattern};
pub use delete::{plan_delete, plan_delete_whole};
pub use edit::{OwnStatement, own_statements};
pub use lock_out::refuse_lock_out;
pub use revoke::plan_revoke;
use wanted::{Wanted, wanted};

/// What is granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GrantKind {
    /// Everything that a package manager and a person need to read a repository (user guide: Repository policies).
    Read,
    Publish(PublishScope),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublishScope {
    /// Every package of the repository, of any format. When taken back: every package that was ever granted.
    Repository,
    Packages(Vec<PackagePattern>),
}

/// Who is granted something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grantee {
    /// An account, which passes it on to its users and roles.
    Account(AccountId),
    /// A user, a role, or a session of one.
    Principal(Principal),
    /// Every account of an organization.
    Organization(OrganizationId),
}

/// The policies as they stand. A domain or repository without a policy is `None`.
#[derive(Debug, Clone, Copy)]
pub struct StandingPolicies<'a> {
    pub place: &'a RepositoryPlace,
    pub domain: Option<&'a PolicyDocument>,
    pub repository: Option<&'a PolicyDocument>,
    /// The policies of the domain's other repositories, where the same token may be in use; `None` if they were not
    /// read. Only taking back needs them.
    pub elsewhere: Option<&'a [PolicyDocument]>,
}

/// What becomes of one policy.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    Unchanged,
    Put(PolicyDocument),
    /// Nothing is left in it.
    Delete,
}

#[derive(Debug, Clone, PartialEq)]
pub struct PolicyChange {
    pub domain: Change,
    pub repository: Change,
    /// What the grantees' own identity policies have to allow. It can only be told: those policies are theirs.
    pub identity: PolicyDocument,
    /// Of a grant: what is allowed already. Of taking back: what others' statements still allow.
    pub covered: Vec<Covered>,
    /// Denies that are in the way of a grant.
    pub hindrances: Vec<Hindrance>,
    /// Of taking back: grantees that keep signing in to the domain, since something else may still use it.
    pub token_kept: Vec<Grantee>,
}

/// A part of what was asked for that needs no change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Covered {
    pub grantee: Grantee,
    pub actions: Vec<Action>,
    /// Where; patterns included.
    pub resource: String,
    /// The statements that allow it; none where the grantee's account needs no resource policy.
    pub by: Vec<StatementRef>,
}

/// A statement that denies some of what is granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hindrance {
    pub grantee: Grantee,
    pub statement: StatementRef,
    pub actions: Vec<Action>,
    /// Whether it depends on the request.
    pub is_conditional: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    #[error("nobody to grant it to or take it from")]
    NoGrantee,
    #[error("no package to publish")]
    NoPackage,
    /// AWS would accept the document and then refuse its owner.
    #[error(
        "under the new policies {statement} would deny `{action}` to account {account} itself: change that statement first"
    )]
    LocksOut {
        account: AccountId,
        action: Action,
        statement: StatementRef,
    },
    #[error(
        "the {policy} would have {characters} characters, at most {} are allowed: grant to the account or organization instead of single roles, or by patterns instead of single packages", .policy.characters_max()
    )]
    TooLong {
        policy: PolicyKind,
        characters: usize,
    },
    #[error("the new document does not stand: {0}")]
    Document(#[from] PolicyError),
}

/// The change that grants. Granting the same again changes nothing.
pub fn plan_grant(
    kind: &GrantKind,
    grantees: &[Grantee],
    standing: &StandingPolicies<'_>,
) -> Result<PolicyChange, GrantError> {
    check(kind, grantees)?;
    let mut domain = edit::Draft::of(PolicyKind::Domain, standing.domain);
    let mut repository = edit::Draft::of(PolicyKind::Repository, standing.repository);
    let mut covered = Vec::new();
    let wanted = wanted(kind, standing.place);
    for grantee in grantees {
        for part in &wanted {
            let by = if is_own_account(grantee, part.policy, standing.place) {
                Some(Vec::new())
            } else {
                cover::covering(grantee, part, &[standing.domain, standing.repository])
            };
            if let Some(by) = by {
                covered.push(covered_part(grantee, part, by));
            } else if part.policy == PolicyKind::Domain {
                domain.add(grantee, part, standing.place);
            } else {
                repository.add(grantee, part, standing.place);
            }
        }
    }
    let change = PolicyChange {
        domain: domain.change()?,
        repository: repository.change()?,
        identity: identity::document(kind, standing.place)?,
        covered,
        hindrances: cover::hindrances(grantees, &wanted, standing),
        token_kept: Vec::new(),
    };
    check_owner(&change, standing)?;
    Ok(change)
}

fn check(kind: &GrantKind, grantees: &[Grantee]) -> Result<(), GrantError> {
    if grantees.is_empty() {
        return Err(GrantError::NoGrantee);
    }
    match kind {
        GrantKind::Publish(PublishScope::Packages(packages)) if packages.is_empty() => {
            Err(GrantError::NoPackage)
        }
        _ => Ok(()),
    }
}

/// The owner's access has to outlast every document that is put here.
fn check_owner(change: &PolicyChange, standing: &StandingPolicies<'_>) -> Result<(), GrantError> {
    if !change.is_change() {
        return Ok(());
    }
    let domain = change.domain.after(standing.domain);
    let repository = change.repository.after(standing.repository);
    refuse_lock_out(standing.place, domain, repository)
}

fn covered_part(grantee: &Grantee, part: &Wanted, by: Vec<StatementRef>) -> Covered {
    Covered {
        grantee: grantee.clone(),
        actions: part.actions.clone(),
        resource: part.resource.clone(),
        by,
    }
}

/// Whether the grantee's account needs no resource policy of this kind.
fn is_own_account(grantee: &Grantee, policy: PolicyKind, place: &RepositoryPlace) -> bool {
    let Some(account) = grantee.account() else {
        return false;
    };
    *account == place.repository.domain_owner
        || (policy == PolicyKind::Repository && *account == place.administrator)
}

impl Change {
    /// The document after it.
    pub fn after<'a>(&'a self, before: Option<&'a PolicyDocument>) -> Option<&'a PolicyDocument> {
        match self {
            Self::Unchanged => before,
            Self::Put(document) => Some(document),
            Self::Delete => None,
        }
    }
}

impl PolicyChange {
    pub fn is_change(&self) -> bool {
        self.domain != Change::Unchanged || self.repository != Change::Unchanged
    }
}

impl Grantee {
    fn account(&self) -> Option<&AccountId> {
        match self {
            Self::Account(account) => Some(account),
            Self::Principal(principal) => Some(&principal.account),
            Self::Organization(_) => None,
        }
    }

    /// As a policy names it; an organization is named in a condition.
    fn text(&self, place: &RepositoryPlace) -> String {
        match self {
            Self::Account(account) => {
                format!("arn:{}:iam::{account}:root", partition_of(&place.region))
            }
            Self::Principal(principal) => principal.to_string(),
            Self::Organization(organization) => organization.to_string(),
        }
    }

    fn pattern(&self) -> Option<PrincipalPattern> {
        match self {
            Self::Account(account) => Some(PrincipalPattern::Account(account.clone())),
            Self::Principal(principal) if principal.kind == PrincipalKind::Root => {
                Some(PrincipalPattern::Account(principal.account.clone()))
            }
            Self::Principal(principal) => Some(PrincipalPattern::One(principal.clone())),
            Self::Organization(_) => None,
        }
    }
}
