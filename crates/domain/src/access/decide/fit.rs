//! Whether one statement applies to a request.

use super::{Miss, StatementRef};
use crate::access::context::Facts;
use crate::access::pattern::{ArnPattern, Template, matches_any_case};
use crate::access::policy::{Effect, PolicyDocument, Principals, Selection, Statement};
use crate::access::principal::{Naming, PrincipalPattern};

/// A statement held against a request.
#[derive(Debug, Clone)]
pub(super) struct Judged {
    pub(super) statement: StatementRef,
    pub(super) effect: Effect,
    pub(super) applies: bool,
    pub(super) naming: Naming,
    /// The first thing in which it does not apply.
    pub(super) miss: Option<Miss>,
    /// Keys that nobody told and on which it rests whether it applies.
    pub(super) untold: Vec<String>,
}

pub(super) fn judge(
    document: &PolicyDocument,
    index: usize,
    facts: &Facts<'_>,
    judged: &mut Vec<Judged>,
) {
    for statement in document.statements() {
        let (naming, fit) = fit(statement, facts);
        let (miss, mut untold) = match fit {
            Fit::Applies { untold } => (None, untold),
            Fit::Misses { miss, untold } => (Some(miss), untold),
        };
        untold.sort();
        untold.dedup();
        judged.push(Judged {
            statement: StatementRef {
                policy: document.kind(),
                document: index,
                index: statement.index,
                line: statement.line,
                sid: statement.sid.clone(),
            },
            effect: statement.effect,
            applies: miss.is_none(),
            naming,
            miss,
            untold,
        });
    }
}

enum Fit {
    Applies { untold: Vec<String> },
    Misses { miss: Miss, untold: Vec<String> },
}

impl Fit {
    fn certainly(miss: Miss) -> Self {
        Self::Misses {
            miss,
            untold: Vec::new(),
        }
    }
}

fn fit(statement: &Statement, facts: &Facts<'_>) -> (Naming, Fit) {
    let request = facts.request;
    let naming = naming(&statement.principals, facts);
    let reached = naming.unwrap_or(Naming::Directly);
    if !statement.names_action(&request.action.to_string()) {
        return (reached, Fit::certainly(Miss::Action));
    }
    if naming.is_none() {
        return (reached, Fit::certainly(Miss::Principal));
    }
    let (has_resource, mut untold) = names_resource(statement, facts);
    if !has_resource && untold.is_empty() {
        return (reached, Fit::certainly(Miss::Resource));
    }
    let mut miss = (!has_resource).then_some(Miss::Resource);
    for clause in &statement.conditions {
        let held = clause.hold(facts);
        if !held.holds {
            let failed = Miss::Condition {
                operator: clause.operator.clone(),
                key: clause.key.clone(),
            };
            if held.untold.is_empty() {
                return (reached, Fit::certainly(failed));
            }
            miss.get_or_insert(failed);
        }
        untold.extend(held.untold);
    }
    let fit = match miss {
        None => Fit::Applies { untold },
        Some(miss) => Fit::Misses { miss, untold },
    };
    (reached, fit)
}

/// Whether a statement is about the principal and the action, on some resource; and whether that depends on keys that
/// nobody told.
pub(super) fn fits_somewhere(statement: &Statement, facts: &Facts<'_>) -> Option<bool> {
    naming(&statement.principals, facts)?;
    if !statement.names_action(&facts.request.action.to_string()) {
        return None;
    }
    let mut is_conditional = false;
    for clause in &statement.conditions {
        let held = clause.hold(facts);
        if !held.holds && held.untold.is_empty() {
            return None;
        }
        is_conditional |= !held.untold.is_empty();
    }
    Some(is_conditional)
}

fn naming(principals: &Principals, facts: &Facts<'_>) -> Option<Naming> {
    let principal = &facts.request.principal;
    match principals {
        Principals::Holder => Some(Naming::Directly),
        Principals::Only(patterns) => {
            let named = patterns
                .iter()
                .filter_map(|pattern| pattern.names(principal));
            named.max()
        }
        Principals::AllBut(patterns) => {
            (!PrincipalPattern::excepts(patterns, principal)).then_some(Naming::Directly)
        }
    }
}

impl Statement {
    /// Whether the action, with its prefix, is one of the statement's.
    pub(in crate::access) fn names_action(&self, action: &str) -> bool {
        let any = |patterns: &[String]| {
            patterns
                .iter()
                .any(|pattern| matches_any_case(pattern, action))
        };
        match &self.actions {
            Selection::Only(patterns) => any(patterns),
            Selection::AllBut(patterns) => !any(patterns),
        }
    }
}

/// Whether the resource is one of the statement's, and the variables without a value that this rests on. A pattern with
/// such a variable matches nothing (IAM user guide: Variables and tags).
fn names_resource(statement: &Statement, facts: &Facts<'_>) -> (bool, Vec<String>) {
    let arn = facts.request.resource.to_string();
    let any = |templates: &[Template]| {
        let mut untold = Vec::new();
        for template in templates {
            let filled = template.fill(facts);
            let matches = |pattern| ArnPattern::new(pattern).matches(&arn);
            if filled.pattern.as_ref().is_some_and(matches) {
                return (true, filled.untold);
            }
            untold.extend(filled.untold);
        }
        (false, untold)
    };
    match &statement.resources {
        Selection::Only(templates) => any(templates),
        Selection::AllBut(templates) => {
            let (is_any, untold) = any(templates);
            (!is_any, untold)
        }
    }
}
