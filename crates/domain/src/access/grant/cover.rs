//! What other statements allow or deny of a grant.

use super::wanted::Wanted;
use super::{Grantee, Hindrance, StandingPolicies};
use crate::access::decide::StatementRef;
use crate::access::pattern::{ArnPattern, Pattern, Template};
use crate::access::policy::{Effect, PolicyDocument, PolicyKind, Principals, Selection, Statement};
use crate::access::principal::PrincipalPattern;
use crate::access::{Action, ResourceKind};

/// The statements that allow all of a part to the grantee whatever the request is; `None` if they do not.
///
/// It never errs towards covering: patterns that only together cover another one do not count.
pub(super) fn covering(
    grantee: &Grantee,
    part: &Wanted,
    documents: &[Option<&PolicyDocument>],
) -> Option<Vec<StatementRef>> {
    let mut found: Vec<StatementRef> = Vec::new();
    for (action, resource) in &part.needs {
        let counted = documents
            .iter()
            .flatten()
            .filter(|document| counts(document, *action));
        let mut statements = counted.flat_map(|document| {
            let reference = |statement| refer(document, statement);
            document
                .statements()
                .iter()
                .filter(|own| covers(own, grantee, *action, resource))
                .map(reference)
        });
        let statement = statements.next()?;
        if !found.contains(&statement) {
            found.push(statement);
        }
    }
    found.sort();
    Some(found)
}

/// A repository's policy says nothing about the domain's actions.
fn counts(document: &PolicyDocument, action: Action) -> bool {
    document.kind() == PolicyKind::Domain || !action.takes(ResourceKind::Domain)
}

pub(super) fn refer(document: &PolicyDocument, statement: &Statement) -> StatementRef {
    StatementRef {
        policy: document.kind(),
        document: 0,
        index: statement.index,
        line: statement.line,
        sid: statement.sid.clone(),
    }
}

fn covers(statement: &Statement, grantee: &Grantee, action: Action, resource: &str) -> bool {
    statement.effect == Effect::Allow
        && names_grantee(statement, grantee)
        && statement.names_action(&action.to_string())
        && covers_resource(statement, resource)
}

fn names_grantee(statement: &Statement, grantee: &Grantee) -> bool {
    let Principals::Only(patterns) = &statement.principals else {
        return false;
    };
    let is_everyone = patterns.contains(&PrincipalPattern::Everyone);
    match grantee {
        Grantee::Organization(organization) => {
            let admits = match statement.conditions.as_slice() {
                [] => true,
                [clause] => clause
                    .organizations()
                    .is_some_and(|own| own.iter().any(|own| own == organization.as_str())),
                _ => false,
            };
            is_everyone && admits
        }
        Grantee::Account(_) | Grantee::Principal(_) => {
            statement.conditions.is_empty()
                && (is_everyone || patterns.iter().any(|own| includes(own, grantee)))
        }
    }
}

/// Whether a pattern names the grantee or its account.
fn includes(pattern: &PrincipalPattern, grantee: &Grantee) -> bool {
    match (pattern, grantee) {
        (PrincipalPattern::Account(account), grantee) => grantee.account() == Some(account),
        (_, Grantee::Principal(principal)) => pattern.names(principal).is_some(),
        _ => false,
    }
}

fn covers_resource(statement: &Statement, resource: &str) -> bool {
    let wanted = arn_pattern(resource);
    let covers = |template: &Template| {
        let own = template.fixed();
        own.is_some_and(|own| ArnPattern::new(&own).covers(&wanted))
    };
    match &statement.resources {
        Selection::Only(templates) => templates.iter().any(covers),
        Selection::AllBut(_) => false,
    }
}

/// The pattern of a resource as we write it, with its escapes.
fn arn_pattern(resource: &str) -> ArnPattern {
    let fixed = Template::parse(resource, true)
        .ok()
        .and_then(|template| template.fixed());
    ArnPattern::new(&fixed.unwrap_or_else(|| Pattern::of(resource)))
}

/// Denies that may hit what is granted. Where it cannot be told they are named rather than kept quiet.
pub(super) fn hindrances(
    grantees: &[Grantee],
    wanted: &[Wanted],
    standing: &StandingPolicies<'_>,
) -> Vec<Hindrance> {
    let mut hindrances = Vec::new();
    let documents = [standing.domain, standing.repository];
    for document in documents.into_iter().flatten() {
        let denies = document
            .statements()
            .iter()
            .filter(|own| own.effect == Effect::Deny);
        for statement in denies {
            for grantee in grantees {
                let mut actions = denied(statement, grantee, wanted);
                actions.retain(|action| counts(document, *action));
                if !actions.is_empty() {
                    hindrances.push(Hindrance {
                        grantee: grantee.clone(),
                        statement: refer(document, statement),
                        actions,
                        is_conditional: !statement.conditions.is_empty(),
                    });
                }
            }
        }
    }
    hindrances
}

fn denied(statement: &Statement, grantee: &Grantee, wanted: &[Wanted]) -> Vec<Action> {
    if !may_name(statement, grantee) {
        return Vec::new();
    }
    let mut actions: Vec<Action> = wanted
        .iter()
        .flat_map(|part| &part.needs)
        .filter(|(action, _)| statement.names_action(&action.to_string()))
        .filter(|(_, resource)| may_touch(statement, resource))
        .map(|(action, _)| *action)
        .collect();
    actions.sort();
    actions.dedup();
    actions
}

fn may_name(statement: &Statement, grantee: &Grantee) -> bool {
    // Some principals of an account may be of the organization, some of an account may be those denied.
    let names = |pattern: &PrincipalPattern| match (pattern, grantee) {
        (PrincipalPattern::Other { .. }, _) => false,
        (PrincipalPattern::Everyone, _) | (_, Grantee::Organization(_)) => true,
        (PrincipalPattern::One(one), Grantee::Account(account)) => one.account == *account,
        _ => includes(pattern, grantee),
    };
    match (&statement.principals, grantee) {
        (Principals::Only(patterns), _) => patterns.iter().any(names),
        (Principals::AllBut(patterns), Grantee::Principal(principal)) => {
            !PrincipalPattern::excepts(patterns, principal)
        }
        (Principals::AllBut(_), _) => true,
        (Principals::Holder, _) => false,
    }
}

fn may_touch(statement: &Statement, resource: &str) -> bool {
    let wanted = arn_pattern(resource);
    let touches = |template: &Template| match template.fixed() {
        None => true,
        Some(own) => {
            let own = ArnPattern::new(&own);
            own.covers(&wanted) || wanted.covers(&own)
        }
    };
    match &statement.resources {
        Selection::Only(templates) => templates.iter().any(touches),
        Selection::AllBut(templates) => !templates.iter().any(|template| {
            let own = template.fixed();
            own.is_some_and(|own| ArnPattern::new(&own).covers(&wanted))
        }),
    }
}
