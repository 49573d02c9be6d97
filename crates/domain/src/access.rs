//! Access to CodeArtifact, as its user guide and that of IAM define it: who may do what under which policies, and the
//! smallest change of policies that grants or takes back what a reader or a publisher needs.
//!
//! Everything comes in as values: policy documents as text, a principal, an action, a resource, what is known of the
//! request. Nothing here reads or writes a policy.
//!
//! Not modelled, since none of it stands in the policies at hand: service and resource control policies of
//! organizations, permissions boundaries, session policies, policies of VPC endpoints.

mod action;
mod condition;
mod context;
mod decide;
mod grant;
mod json;
mod pattern;
mod policy;
mod principal;
mod resource;
#[cfg(test)]
mod testing;

pub use action::{Action, Level, ResourceKind, UnknownAction};
pub use context::RequestContext;
pub use decide::{
    Decision, Ground, InvalidRequest, Miss, Missing, NearMiss, Need, Outcome, Policies, Reach,
    Request, StatementRef, Supposition, decide, needs_of, reach_of,
};
pub use grant::{
    Change, Covered, GrantError, GrantKind, Grantee, Hindrance, OwnStatement, PolicyChange,
    PublishScope, StandingPolicies, own_statements, plan_delete, plan_delete_whole, plan_grant,
    plan_revoke, refuse_lock_out,
};
pub use policy::{
    Effect, PolicyDocument, PolicyError, PolicyKind, PolicyPlace, PolicyProblem, Statement,
};
pub use principal::{InvalidPrincipal, Principal, PrincipalKind, PrincipalPattern};
pub use resource::{InvalidResource, RepositoryPlace, Resource};
