//! The plain sentences of a decision.

use super::{
    Decision, Ground, Miss, Missing, NearMiss, Outcome, Request, StatementRef, Supposition,
};
use crate::access::policy::PolicyKind;

pub(super) fn of_decision(decision: &Decision, request: &Request) -> Vec<String> {
    let mut sentences = match &decision.outcome {
        Outcome::Allowed(grounds) => {
            let grounds: Vec<String> = grounds.iter().map(ground).collect();
            vec![format!("allowed by {}", grounds.join(" and "))]
        }
        Outcome::ExplicitlyDenied(statements) => {
            vec![format!("explicitly denied by {}", listed(statements))]
        }
        Outcome::ImplicitlyDenied { missing, near } => {
            let missing: Vec<String> = missing
                .iter()
                .map(|missing| of_missing(missing, request))
                .collect();
            let mut sentences = vec![format!("implicitly denied: {}", missing.join("; and "))];
            sentences.extend(near.iter().map(of_near));
            sentences
        }
    };
    sentences.extend(decision.suppositions.iter().map(of_supposition));
    sentences
}

fn ground(ground: &Ground) -> String {
    match ground {
        Ground::Statement(statement) => statement.to_string(),
        Ground::RootUser => "the full access that the root user has in its account".to_owned(),
    }
}

fn listed(statements: &[StatementRef]) -> String {
    let statements: Vec<String> = statements.iter().map(ToString::to_string).collect();
    statements.join(" and ")
}

fn of_missing(missing: &Missing, request: &Request) -> String {
    let what = format!("`{}` on `{}`", request.action, request.resource);
    match missing {
        Missing::Identity { account, is_known } => format!(
            "no identity policy of `{}` in account {account} allows {what}{}",
            request.principal,
            unread(*is_known)
        ),
        Missing::Resource { policies } if policies.is_empty() => format!(
            "no resource policy counts for `{}`, so that another account cannot be given it",
            request.action
        ),
        Missing::Resource { policies } => format!(
            "no statement of {} allows {what} to `{}`",
            either(policies),
            request.principal
        ),
        Missing::IdentityOrResource {
            account,
            is_known,
            policies,
        } => {
            let resource = if policies.is_empty() {
                String::new()
            } else {
                format!(", and no statement of {} does so by name", either(policies))
            };
            format!(
                "no identity policy of `{}` in account {account} allows {what}{}{resource}",
                request.principal,
                unread(*is_known)
            )
        }
    }
}

const fn unread(is_known: bool) -> &'static str {
    if is_known {
        ""
    } else {
        " (its identity policies were not read)"
    }
}

fn either(policies: &[PolicyKind]) -> String {
    let names: Vec<String> = policies.iter().map(|kind| format!("the {kind}")).collect();
    names.join(" or ")
}

fn of_near(near: &NearMiss) -> String {
    let statement = &near.statement;
    match &near.why {
        Miss::Action => format!("{statement} is about other actions"),
        Miss::Principal => format!("{statement} allows the action to others"),
        Miss::Resource => format!("{statement} allows the action on other resources"),
        Miss::Condition { operator, key } => {
            format!(
                "{statement} would allow it, but its condition `{operator}` on `{key}` does not hold"
            )
        }
        Miss::OnlyDelegates => format!(
            "{statement} names the account, which lets its identity policies allow it but does not itself"
        ),
    }
}

fn of_supposition(supposition: &Supposition) -> String {
    let keys: Vec<String> = supposition
        .keys
        .iter()
        .map(|key| format!("`{key}`"))
        .collect();
    format!(
        "this supposes that the request has no {}, of which nothing was said: {} depends on it",
        keys.join(" and no "),
        supposition.statement
    )
}
