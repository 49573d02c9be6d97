//! Access to CodeArtifact, as its user guide and that of IAM define it: who may do what under which policies.
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
    Decision, Ground, InvalidRequest, Miss, Missing, NearMiss, Need, Outcome, Policies, Request,
    StatementRef, Supposition, decide, needs_of,
};
pub use policy::{
    Effect, PolicyDocument, PolicyError, PolicyKind, PolicyPlace, PolicyProblem, Statement,
};
pub use principal::{InvalidPrincipal, Principal, PrincipalKind, PrincipalPattern};
pub use resource::{InvalidResource, RepositoryPlace, Resource};
