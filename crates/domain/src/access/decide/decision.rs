//! What a decision says, and what it rests on.

use std::fmt;

use super::{Request, sentence};
use crate::AccountId;
use crate::access::policy::PolicyKind;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub outcome: Outcome,
    /// What the outcome rests on that nobody told: keys of the request, which count as absent.
    pub suppositions: Vec<Supposition>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Everything that let it through, the domain's policy first.
    Allowed(Vec<Ground>),
    /// Every statement that denies it.
    ExplicitlyDenied(Vec<StatementRef>),
    /// What is missing, and the statements that come nearest.
    ImplicitlyDenied {
        missing: Vec<Missing>,
        near: Vec<NearMiss>,
    },
}

/// A statement in one of the policies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StatementRef {
    pub policy: PolicyKind,
    /// Which of several identity policies, counted from 0.
    pub document: usize,
    /// Counted from 0.
    pub index: usize,
    /// Counted from 1.
    pub line: usize,
    pub sid: Option<String>,
}

/// What let a request through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ground {
    Statement(StatementRef),
    /// The root user of an account may do everything in its account without a policy.
    RootUser,
}

/// An allow that is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// In an identity policy of the principal.
    Identity { account: AccountId, is_known: bool },
    /// In one of these resource policies; empty where none counts for the action.
    Resource { policies: Vec<PolicyKind> },
    /// In either: the principal is of the account that owns the domain.
    IdentityOrResource {
        account: AccountId,
        is_known: bool,
        policies: Vec<PolicyKind>,
    },
}

/// An allow for this action that does not reach this request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearMiss {
    pub statement: StatementRef,
    pub why: Miss,
}

/// Why a statement does not apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Miss {
    Action,
    Principal,
    Resource,
    /// The condition that does not hold.
    Condition {
        operator: String,
        key: String,
    },
    /// It names the principal's account only, which passes the permission on by identity policies.
    OnlyDelegates,
}

/// A statement that would decide otherwise if these keys had other values than none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supposition {
    pub statement: StatementRef,
    pub keys: Vec<String>,
}

impl Decision {
    pub const fn is_allowed(&self) -> bool {
        matches!(self.outcome, Outcome::Allowed(_))
    }

    /// Whether nothing is missing but an identity policy that was not read: the account in question can allow it by
    /// itself, and may have done so.
    pub fn is_up_to_identity(&self) -> bool {
        let Outcome::ImplicitlyDenied { missing, .. } = &self.outcome else {
            return false;
        };
        missing.iter().all(|missing| {
            matches!(
                missing,
                Missing::Identity {
                    is_known: false,
                    ..
                } | Missing::IdentityOrResource {
                    is_known: false,
                    ..
                }
            )
        })
    }

    /// The statements that decided; none for an implicit deny.
    pub fn statements(&self) -> Vec<&StatementRef> {
        match &self.outcome {
            Outcome::Allowed(grounds) => grounds
                .iter()
                .filter_map(|ground| match ground {
                    Ground::Statement(statement) => Some(statement),
                    Ground::RootUser => None,
                })
                .collect(),
            Outcome::ExplicitlyDenied(statements) => statements.iter().collect(),
            Outcome::ImplicitlyDenied { .. } => Vec::new(),
        }
    }

    /// Why, in plain sentences: the decision first, then what it rests on and what came near.
    pub fn sentences(&self, request: &Request) -> Vec<String> {
        sentence::of_decision(self, request)
    }
}

impl fmt::Display for StatementRef {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "statement {}", self.index + 1)?;
        if let Some(sid) = &self.sid {
            write!(out, " `{sid}`")?;
        }
        write!(out, " (line {}) of ", self.line)?;
        match self.policy {
            PolicyKind::Identity => write!(out, "identity policy {}", self.document + 1),
            kind => write!(out, "the {kind}"),
        }
    }
}
