//! Who asks, and who a policy names.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::{AccountId, OrganizationId};

/// Who makes a request. Displays as its ARN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
    pub account: AccountId,
    pub kind: PrincipalKind,
    /// The organization of its account; `None` if nobody said.
    pub organization: Option<OrganizationId>,
    /// Its tags, those of its session included; `None` if nobody said.
    pub tags: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PrincipalKind {
    /// The root user of the account.
    Root,
    User {
        path_and_name: String,
    },
    /// Any session of a role.
    Role {
        path_and_name: String,
    },
    /// One session of a role. Its ARN has no path.
    Session {
        role_name: String,
        session: String,
    },
    FederatedUser {
        name: String,
    },
}

/// A text that names no principal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` names no principal: expected an account id or the ARN of an account's root, a user, a role or a role's session"
)]
pub struct InvalidPrincipal(pub String);

/// Whom a statement names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrincipalPattern {
    Everyone,
    /// The account: it may pass the permission on to its users and roles, by identity policies.
    Account(AccountId),
    /// One user, role or session.
    One(Principal),
    /// `Service`, `Federated`, `CanonicalUser`, or the unique id that is left of a principal that was deleted: none of
    /// the principals that ask here.
    Other {
        kind: String,
        name: String,
    },
}

/// How a statement names the principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Naming {
    /// By its account, which in that account only delegates.
    ByAccount,
    /// Itself, or everyone.
    Directly,
}

impl Principal {
    pub fn root_of(account: AccountId) -> Self {
        Self::new("aws", account, PrincipalKind::Root)
    }

    pub(super) fn new(partition: &str, account: AccountId, kind: PrincipalKind) -> Self {
        Self {
            partition: partition.to_owned(),
            account,
            kind,
            organization: None,
            tags: None,
        }
    }

    /// Its ARN without what else is known of it; the value of `aws:PrincipalArn`, which for a session is the ARN of
    /// its role. The session's ARN does not tell the role's path: it counts as none.
    pub(super) fn condition_arn(&self) -> String {
        match &self.kind {
            PrincipalKind::Session { role_name, .. } => {
                format!(
                    "arn:{}:iam::{}:role/{role_name}",
                    self.partition, self.account
                )
            }
            _ => self.to_string(),
        }
    }

    /// Whether both are the same one, whatever else is known of either.
    pub fn is_same(&self, other: &Self) -> bool {
        self.account == other.account && self.kind == other.kind
    }

    /// Whether the ARN in a statement names this principal: itself, or the role of its session. Names of roles are
    /// unique in an account, whatever their paths are.
    fn is_named_by(&self, named: &Self) -> bool {
        if self.account != named.account {
            return false;
        }
        match (&self.kind, &named.kind) {
            (PrincipalKind::Session { role_name, .. }, PrincipalKind::Role { path_and_name }) => {
                path_and_name.rsplit('/').next() == Some(role_name.as_str())
            }
            (own, named) => own == named,
        }
    }
}

impl PrincipalPattern {
    /// How it names the principal; `None` if it does not (IAM user guide: Principal).
    pub(super) fn names(&self, principal: &Principal) -> Option<Naming> {
        match self {
            Self::Everyone => Some(Naming::Directly),
            Self::Account(account) if *account != principal.account => None,
            Self::Account(_) if principal.kind == PrincipalKind::Root => Some(Naming::Directly),
            Self::Account(_) => Some(Naming::ByAccount),
            Self::One(named) => principal.is_named_by(named).then_some(Naming::Directly),
            Self::Other { .. } => None,
        }
    }

    /// Whether a `NotPrincipal` with these patterns leaves the principal out. A user, role or session is left out only
    /// where its account is listed with it (IAM user guide: `NotPrincipal`).
    pub(super) fn excepts(patterns: &[Self], principal: &Principal) -> bool {
        let naming: Vec<Naming> = patterns
            .iter()
            .filter_map(|pattern| pattern.names(principal))
            .collect();
        let is_account_listed = patterns.iter().any(|pattern| {
            matches!(pattern, Self::Account(account) if *account == principal.account)
                || *pattern == Self::Everyone
        });
        is_account_listed && naming.contains(&Naming::Directly)
    }

    /// What stands under `AWS` in a policy. The error is for texts that IAM would not have taken.
    pub(super) fn parse(text: &str) -> Result<Self, InvalidPrincipal> {
        if text == "*" {
            return Ok(Self::Everyone);
        }
        if is_unique_id(text) {
            return Ok(Self::Other {
                kind: "deleted principal".to_owned(),
                name: text.to_owned(),
            });
        }
        let principal: Principal = text.parse()?;
        Ok(if principal.kind == PrincipalKind::Root {
            Self::Account(principal.account)
        } else {
            Self::One(principal)
        })
    }
}

/// `AIDA…`, `AROA…`: what is shown of a principal that no longer exists.
fn is_unique_id(text: &str) -> bool {
    text.len() >= 16
        && text.starts_with('A')
        && text
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
}

impl fmt::Display for PrincipalPattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everyone => out.write_str("*"),
            Self::Account(account) => write!(out, "{account}"),
            Self::One(principal) => write!(out, "{principal}"),
            Self::Other { kind, name } => write!(out, "{kind} {name}"),
        }
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (partition, account) = (&self.partition, &self.account);
        match &self.kind {
            PrincipalKind::Root => write!(out, "arn:{partition}:iam::{account}:root"),
            PrincipalKind::User { path_and_name } => {
                write!(out, "arn:{partition}:iam::{account}:user/{path_and_name}")
            }
            PrincipalKind::Role { path_and_name } => {
                write!(out, "arn:{partition}:iam::{account}:role/{path_and_name}")
            }
            PrincipalKind::Session { role_name, session } => write!(
                out,
                "arn:{partition}:sts::{account}:assumed-role/{role_name}/{session}"
            ),
            PrincipalKind::FederatedUser { name } => {
                write!(out, "arn:{partition}:sts::{account}:federated-user/{name}")
            }
        }
    }
}

impl FromStr for Principal {
    type Err = InvalidPrincipal;

    /// An account id stands for the root user of that account.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let account: Result<AccountId, _> = text.parse();
        if let Ok(account) = account {
            return Ok(Self::root_of(account));
        }
        parse_arn(text).ok_or_else(|| InvalidPrincipal(text.to_owned()))
    }
}

fn parse_arn(text: &str) -> Option<Principal> {
    let fields: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", partition, service, "", account, path] = *fields else {
        return None;
    };
    if !matches!(partition, "aws" | "aws-cn" | "aws-us-gov") || path.contains(['*', '?']) {
        return None;
    }
    let (kind, rest) = path.split_once('/').unwrap_or((path, ""));
    let named = || Some(rest.to_owned()).filter(|rest| !rest.is_empty() && !rest.ends_with('/'));
    let kind = match (service, kind) {
        ("iam", "root") if rest.is_empty() => PrincipalKind::Root,
        ("iam", "user") => PrincipalKind::User {
            path_and_name: named()?,
        },
        ("iam", "role") => PrincipalKind::Role {
            path_and_name: named()?,
        },
        ("sts", "assumed-role") => {
            let (role_name, session) = rest.split_once('/')?;
            if role_name.is_empty() || session.is_empty() || session.contains('/') {
                return None;
            }
            PrincipalKind::Session {
                role_name: role_name.to_owned(),
                session: session.to_owned(),
            }
        }
        ("sts", "federated-user") => PrincipalKind::FederatedUser { name: named()? },
        _ => return None,
    };
    Some(Principal::new(partition, account.parse().ok()?, kind))
}
