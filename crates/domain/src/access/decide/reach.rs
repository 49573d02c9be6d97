//! How far the statements of a policy reach: on what they allow or deny an action, whatever is asked for.

use super::decision::StatementRef;
use super::fit::fits_somewhere;
use super::{PolicyDocument, Request};
use crate::access::context::Facts;
use crate::access::policy::Effect;

/// A statement about an action of a principal, with all that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    pub statement: StatementRef,
    pub effect: Effect,
    /// As they are written; of `NotResource`, each with `all but ` before it.
    pub resources: Vec<String>,
    /// It depends on keys of which nothing is known.
    pub is_conditional: bool,
}

/// The statements of a resource policy that are about the request's principal and action, in their order. What the
/// request asks for does not count, but by the conditions that look at it.
pub fn reach_of(request: &Request, document: &PolicyDocument) -> Vec<Reach> {
    if !request.policies_counted().contains(&document.kind()) {
        return Vec::new();
    }
    let facts = Facts::of(request);
    let reach = |statement| {
        let is_conditional = fits_somewhere(statement, &facts)?;
        Some(Reach {
            statement: StatementRef {
                policy: document.kind(),
                document: 0,
                index: statement.index,
                line: statement.line,
                sid: statement.sid.clone(),
            },
            effect: statement.effect,
            resources: document.resources_written(statement.index),
            is_conditional,
        })
    };
    document.statements().iter().filter_map(reach).collect()
}
