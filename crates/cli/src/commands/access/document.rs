//! What `access check` says, for programs. Fields are only added.

use downriver_domain::access::{Decision, Effect, Outcome, PolicyKind, Reach, StatementRef};
use downriver_engine::access::{Answer, Checked};
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct CheckDocument<'a> {
    /// `owner/domain/name`.
    pub(super) repository: String,
    pub(super) region: &'a str,
    pub(super) principal: String,
    pub(super) purpose: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) package: Option<String>,
    pub(super) answer: &'static str,
    /// Identity policies were supposed to allow everything.
    pub(super) identity_supposed: bool,
    pub(super) needs: Vec<NeedDocument>,
}

#[derive(Serialize)]
pub(super) struct NeedDocument {
    action: String,
    resource: String,
    why: &'static str,
    answer: &'static str,
    /// `allowed`, `explicitly_denied` or `implicitly_denied`.
    outcome: &'static str,
    /// Those that decided; none for an implicit deny. Where it is up to identity policies, those that allow it so far.
    statements: Vec<StatementDocument>,
    /// Why, in plain sentences; the first says the decision.
    reasons: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct StatementDocument {
    policy: &'static str,
    /// Which of several identity policies, counted from 1.
    document: usize,
    /// Counted from 1.
    statement: usize,
    line: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
}

#[derive(Serialize)]
pub(super) struct NamedDocument<'a> {
    pub(super) repository: String,
    pub(super) region: &'a str,
    pub(super) named: Vec<SomebodyDocument>,
}

#[derive(Serialize)]
pub(super) struct SomebodyDocument {
    /// `account`, `principal`, `organization`, `everyone` or `other`.
    pub(super) kind: &'static str,
    pub(super) name: String,
    /// Left out where it cannot be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) read: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) needs: Vec<NeedDocument>,
    pub(super) publish: Vec<ReachDocument>,
}

#[derive(Serialize)]
pub(super) struct ReachDocument {
    effect: &'static str,
    resources: Vec<String>,
    /// It depends on keys of the request of which nothing is known.
    conditional: bool,
    statement: StatementDocument,
}

pub(super) const fn answer_name(answer: Answer) -> &'static str {
    match answer {
        Answer::Allowed => "allowed",
        Answer::UpToIdentity => "up_to_identity",
        Answer::Denied => "denied",
    }
}

impl From<&Checked> for NeedDocument {
    fn from(checked: &Checked) -> Self {
        let Checked {
            need,
            request,
            decision,
            so_far: _,
        } = checked;
        Self {
            action: need.action.to_string(),
            resource: need.resource.to_string(),
            why: need.why,
            answer: answer_name(checked.answer()),
            outcome: outcome_name(decision),
            statements: { checked.statements().into_iter() }
                .map(StatementDocument::from)
                .collect(),
            reasons: decision.sentences(request),
        }
    }
}

const fn outcome_name(decision: &Decision) -> &'static str {
    match decision.outcome {
        Outcome::Allowed(_) => "allowed",
        Outcome::ExplicitlyDenied(_) => "explicitly_denied",
        Outcome::ImplicitlyDenied { .. } => "implicitly_denied",
    }
}

impl From<&StatementRef> for StatementDocument {
    fn from(statement: &StatementRef) -> Self {
        Self {
            policy: match statement.policy {
                PolicyKind::Domain => "domain",
                PolicyKind::Repository => "repository",
                PolicyKind::Identity => "identity",
            },
            document: statement.document + 1,
            statement: statement.index + 1,
            line: statement.line,
            sid: statement.sid.clone(),
        }
    }
}

impl From<&Reach> for ReachDocument {
    fn from(reach: &Reach) -> Self {
        Self {
            effect: match reach.effect {
                Effect::Allow => "allow",
                Effect::Deny => "deny",
            },
            resources: reach.resources.clone(),
            conditional: reach.is_conditional,
            statement: StatementDocument::from(&reach.statement),
        }
    }
}
