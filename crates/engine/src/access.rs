//! Changes of CodeArtifact's resource policies: load them, plan the change, put it, and plan anew where somebody else was
//! faster.
//!
//! What is to change is decided in the domain. This owns the order of the writes, and that none of them overwrites
//! somebody else's edit. Must not ask whether to write: the caller has asked.

mod check;
#[cfg(test)]
mod tests;

use std::fmt;

use downriver_domain::access::{
    Change, GrantError, GrantKind, Grantee, PolicyChange, PolicyDocument, PolicyError, PolicyKind,
    RepositoryPlace, StandingPolicies, own_statements, plan_delete, plan_delete_whole, plan_grant,
    plan_revoke,
};

pub use check::{Answer, Checked, Named, NamedAccess, Question, answer_of, check, named};

use crate::ports::{Policies, PutOutcome, ReadError, Registry, StandingPolicy};

/// How often a change is planned and tried against other writers.
pub const TRIES_MAX: usize = 10;
/// Repositories of a domain whose policies are read to see whether a token is still in use: as many as CodeArtifact
/// allows in a domain unless it is asked for more. Of a larger domain the tokens stay.
pub const REPOSITORIES_MAX: usize = 1_000;

/// What is to become of the policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    Grant(GrantKind, Vec<Grantee>),
    Revoke(GrantKind, Vec<Grantee>),
    /// Takes all of our own statements out.
    Delete,
    /// Deletes one policy, with what others put into it.
    DeleteWhole(PolicyKind),
}

/// The policies of a repository and its domain as they were read, on the lines of their canonical form.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    pub domain: Option<LoadedPolicy>,
    pub repository: Option<LoadedPolicy>,
    /// See [`StandingPolicies::elsewhere`].
    pub elsewhere: Option<Vec<PolicyDocument>>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct LoadedPolicy {
    pub document: PolicyDocument,
    pub revision: String,
}

/// One policy before and after.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    pub policy: PolicyKind,
    pub before: Option<PolicyDocument>,
    pub after: Option<PolicyDocument>,
}

/// A change, and what of it was put.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// In the order in which they were written.
    pub edits: Vec<Edit>,
    /// The plan on which the last edit rests.
    pub change: PolicyChange,
    /// How often somebody else wrote in between, and it was planned anew.
    pub conflicts: usize,
}

#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    #[error("failed to read ({action}) {of}: {error}")]
    Read {
        action: &'static str,
        of: String,
        error: ReadError,
    },
    /// A policy that stands says something that is not understood: changing it could break it.
    #[error("the policy that stands cannot be read: {0}")]
    Unreadable(#[from] PolicyError),
    #[error(transparent)]
    Refused(#[from] GrantError),
    #[error("failed to write ({action}) the {policy}: {why}{}", already(.done))]
    Write {
        action: &'static str,
        policy: PolicyKind,
        why: String,
        /// What was written before.
        done: Vec<Edit>,
    },
    #[error(
        "the policies were changed by somebody else {TRIES_MAX} times in a row, each time before this change could be put{}",
        already(.done)
    )]
    Contended { done: Vec<Edit> },
}

/// What stands although the whole did not succeed.
fn already(done: &[Edit]) -> String {
    let done: Vec<String> = done
        .iter()
        .map(|edit| format!("the {}", edit.policy))
        .collect();
    if done.is_empty() {
        return "; nothing was written".to_owned();
    }
    format!(
        "; {} was written already, and gives nobody access by itself: give the same command again to complete it",
        done.join(" and ")
    )
}

impl Wish {
    /// Which policy is written first: what gives access to packages comes last, and goes first. So after a failure in
    /// between somebody may sign in to the domain and read nothing, and never the other way round.
    const fn order(&self) -> [PolicyKind; 2] {
        match self {
            Self::Grant(..) => [PolicyKind::Domain, PolicyKind::Repository],
            Self::Revoke(..) | Self::Delete | Self::DeleteWhole(_) => {
                [PolicyKind::Repository, PolicyKind::Domain]
            }
        }
    }

    const fn is_taking(&self) -> bool {
        matches!(self, Self::Revoke(..) | Self::Delete)
    }
}

/// Reads both policies; those of the domain's other repositories too if the wish is to take something back and there is a
/// token of ours to be taken.
pub async fn load<P: Policies + Registry>(
    port: &P,
    place: &RepositoryPlace,
    wish: Option<&Wish>,
) -> Result<Loaded, AccessError> {
    let repository = &place.repository;
    let domain = port
        .load_domain_policy(&repository.domain_owner, &repository.domain)
        .await;
    let domain = loaded(PolicyKind::Domain, place, domain)?;
    let own = port.load_repository_policy(repository).await;
    let own = loaded(PolicyKind::Repository, place, own)?;
    let has_tokens =
        { domain.as_ref() }.is_some_and(|own| !own_statements(&own.document).is_empty());
    let elsewhere = if wish.is_some_and(Wish::is_taking) && has_tokens {
        load_elsewhere(port, place).await?
    } else {
        Some(Vec::new())
    };
    Ok(Loaded {
        domain,
        repository: own,
        elsewhere,
    })
}

/// `None` where a token that is in use might be overlooked: something was denied, is not understood, or is too much.
async fn load_elsewhere<P: Policies + Registry>(
    port: &P,
    place: &RepositoryPlace,
) -> Result<Option<Vec<PolicyDocument>>, AccessError> {
    let own = &place.repository;
    let listed = port.list_repositories(&own.domain_owner, &own.domain).await;
    let repositories = match listed {
        Ok(repositories) if repositories.len() <= REPOSITORIES_MAX => repositories,
        Ok(_) | Err(ReadError::Denied(_)) => return Ok(None),
        Err(error) => {
            return Err(AccessError::Read {
                action: "codeartifact:ListRepositoriesInDomain",
                of: format!("domain {}/{}", own.domain_owner, own.domain),
                error,
            });
        }
    };
    let mut documents = Vec::new();
    for repository in repositories.iter().filter(|other| *other != own) {
        let other = RepositoryPlace {
            repository: repository.clone(),
            ..place.clone()
        };
        let read = port.load_repository_policy(repository).await;
        match loaded(PolicyKind::Repository, &other, read) {
            Ok(policy) => documents.extend(policy.map(|policy| policy.document)),
            Err(
                AccessError::Unreadable(_)
                | AccessError::Read {
                    error: ReadError::Denied(_),
                    ..
                },
            ) => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    Ok(Some(documents))
}

fn loaded(
    kind: PolicyKind,
    place: &RepositoryPlace,
    read: Result<Option<StandingPolicy>, ReadError>,
) -> Result<Option<LoadedPolicy>, AccessError> {
    let (action, of) = match kind {
        PolicyKind::Domain => ("codeartifact:GetDomainPermissionsPolicy", place.domain()),
        _ => (
            "codeartifact:GetRepositoryPermissionsPolicy",
            place.repository(),
        ),
    };
    let of = of.to_string();
    let standing = read.map_err(|error| AccessError::Read { action, of, error })?;
    let Some(standing) = standing else {
        return Ok(None);
    };
    Ok(Some(LoadedPolicy {
        document: PolicyDocument::parse(kind, &standing.document)?.on_canonical_lines(),
        revision: standing.revision,
    }))
}

/// What the wish takes, under the policies as they were read. Nothing is written.
pub fn plan(
    wish: &Wish,
    place: &RepositoryPlace,
    loaded: &Loaded,
) -> Result<PolicyChange, GrantError> {
    let standing = loaded.standing(place);
    match wish {
        Wish::Grant(kind, grantees) => plan_grant(kind, grantees, &standing),
        Wish::Revoke(kind, grantees) => plan_revoke(kind, grantees, &standing),
        Wish::Delete => plan_delete(&standing),
        Wish::DeleteWhole(policy) => plan_delete_whole(*policy, &standing),
    }
}

/// The edits that a change consists of, in the order in which they are written.
pub fn edits(wish: &Wish, loaded: &Loaded, change: &PolicyChange) -> Vec<Edit> {
    let edit = |policy| {
        let (change, before) = match policy {
            PolicyKind::Domain => (&change.domain, &loaded.domain),
            _ => (&change.repository, &loaded.repository),
        };
        let before = before.as_ref().map(|own| &own.document);
        (*change != Change::Unchanged).then(|| Edit {
            policy,
            before: before.cloned(),
            after: change.after(before).cloned(),
        })
    };
    wish.order().into_iter().filter_map(edit).collect()
}

/// Brings the wish about. Each write names the revision that was read; where somebody else wrote in between, everything
/// is loaded and planned anew. Can be repeated: what is there already is not written again.
pub async fn apply<P: Policies + Registry>(
    port: &P,
    wish: &Wish,
    place: &RepositoryPlace,
) -> Result<Applied, AccessError> {
    let mut done = Vec::new();
    for conflicts in 0..TRIES_MAX {
        let loaded = load(port, place, Some(wish)).await?;
        let change = plan(wish, place, &loaded)?;
        let mut is_conflict = false;
        for edit in edits(wish, &loaded, &change) {
            let outcome = write(port, place, &loaded, &edit).await?;
            match outcome {
                PutOutcome::Done => done.push(edit),
                PutOutcome::Conflict => {
                    is_conflict = true;
                    break;
                }
                failed => return Err(failure(&edit, failed, done)),
            }
        }
        if !is_conflict {
            return Ok(Applied {
                edits: done,
                change,
                conflicts,
            });
        }
    }
    Err(AccessError::Contended { done })
}

async fn write<P: Policies + Registry>(
    port: &P,
    place: &RepositoryPlace,
    loaded: &Loaded,
    edit: &Edit,
) -> Result<PutOutcome, AccessError> {
    let repository = &place.repository;
    let (owner, domain) = (&repository.domain_owner, &repository.domain);
    let is_domain = edit.policy == PolicyKind::Domain;
    let before = if is_domain {
        &loaded.domain
    } else {
        &loaded.repository
    };
    let revision = before.as_ref().map(|own| own.revision.as_str());
    let Some(after) = &edit.after else {
        let revision = revision.expect("only what was there is deleted");
        return Ok(if is_domain {
            port.delete_domain_policy(owner, domain, revision).await
        } else {
            port.delete_repository_policy(repository, revision).await
        });
    };
    if revision.is_none() {
        // There is no revision to name: at least what came up since is not overwritten.
        let read = if is_domain {
            port.load_domain_policy(owner, domain).await
        } else {
            port.load_repository_policy(repository).await
        };
        if self::loaded(edit.policy, place, read)?.is_some() {
            return Ok(PutOutcome::Conflict);
        }
    }
    let text = after.stored_text();
    Ok(if is_domain {
        port.put_domain_policy(owner, domain, &text, revision).await
    } else {
        port.put_repository_policy(repository, &text, revision)
            .await
    })
}

fn failure(edit: &Edit, outcome: PutOutcome, done: Vec<Edit>) -> AccessError {
    let why = match outcome {
        PutOutcome::NotFound => "it, or what it belongs to, is not there any more".to_owned(),
        PutOutcome::Denied(text) => format!("access denied: {text}"),
        PutOutcome::Refused(text) => text,
        PutOutcome::Unknown(text) => format!("no answer, so that it may have happened: {text}"),
        PutOutcome::Done | PutOutcome::Conflict => unreachable!("neither is a failure"),
    };
    AccessError::Write {
        action: action(edit),
        policy: edit.policy,
        why,
        done,
    }
}

/// As IAM calls it.
const fn action(edit: &Edit) -> &'static str {
    match (edit.policy, &edit.after) {
        (PolicyKind::Domain, Some(_)) => "codeartifact:PutDomainPermissionsPolicy",
        (PolicyKind::Domain, None) => "codeartifact:DeleteDomainPermissionsPolicy",
        (_, Some(_)) => "codeartifact:PutRepositoryPermissionsPolicy",
        (_, None) => "codeartifact:DeleteRepositoryPermissionsPolicy",
    }
}

impl Loaded {
    pub fn standing<'a>(&'a self, place: &'a RepositoryPlace) -> StandingPolicies<'a> {
        StandingPolicies {
            place,
            domain: self.domain.as_ref().map(|own| &own.document),
            repository: self.repository.as_ref().map(|own| &own.document),
            elsewhere: self.elsewhere.as_deref(),
        }
    }
}

impl fmt::Display for Edit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = match (&self.before, &self.after) {
            (None, Some(_)) => "made",
            (_, Some(_)) => "changed",
            (_, None) => "deleted",
        };
        write!(out, "the {} is {verb}", self.policy)
    }
}
