//! CodePipeline, STS and CodeArtifact as a stateful simulation behind HTTP, on one port, for tests and for trying Downriver
//! without AWS. Public emulators answer every start with `Succeeded` and ignore its token; this one has what Downriver is about.
//!
//! **Owns** the services' behaviour as their guides and models describe it, on the wall clock in milliseconds. **Must not** be
//! part of anything that ships, nor check signatures and IAM policies.
//!
//! # What is served
//! - CodePipeline (JSON 1.1): [`Operation`] lists the operations. Modes SUPERSEDED, QUEUED, PARALLEL; types V1 and V2. A pipeline
//!   belongs to the account of the access key and the Region of the signature's scope. Our assumptions, where AWS says nothing:
//!   a repeated `clientRequestToken` gives the first execution for ten minutes, whatever else the call says; undeclared
//!   variables are refused; a page of a list has 100 entries unless the caller asks for fewer.
//! - STS (Query): `AssumeRole` and `GetCallerIdentity`. The access keys that `AssumeRole` gives out are known, with account, role and
//!   session name; a key of twelve digits is that account's root; others are users of the default account. An execution's
//!   trigger detail is the ARN of who started it.
//! - CodeArtifact (REST): package versions, their dependencies, and repositories with their upstreams, over what the control
//!   API put there, by any method; origin controls of packages; resource policies of repositories and domains, which are kept
//!   under revisions and not enforced; statuses of versions. The registry is the same in every Region.
//! - EventBridge (JSON 1.1): `PutEvents` for buses `downriver-requests`, whose rules start pipelines as those of `infra/requests` do.
//!   Everything else that EventBridge is asked for goes on, as it came, to the endpoint that events are sent to, if there is
//!   one; it is not among the calls that are shown.
//! - State-change events of pipelines, stages and actions, and of package versions whose status a call changed, sent to an
//!   EventBridge endpoint by `PutEvents`. What the control API puts into the registry is told to nobody.
//!
//! Simplified: the actions of a stage begin and end together, whatever their `runOrder`; conditions and triggers of a
//! declaration are kept and ignored; approvals are given through the control API.
//!
//! # Where events go
//! The parsers read account and Region from the envelope, and refuse an event whose pipeline ARN says others. `PutEvents` sets
//! both to the caller's. So an event is sent under its pipeline's account as the access key and to its Region, which is right
//! for the hub's own pipelines. Another account's events would take a hop from bus to bus there; the emulator in use (ministack
//! 1.5) has no such hop: `PutEvents` to another account's bus ARN is answered `ResourceNotFoundException`, a rule's target in another account
//! is dropped. With `relay_queue_url` the pipelines' events of other accounts and Regions are therefore sent straight to the hub's queue,
//! in the envelope that the hub's rule would deliver after the hop (those of stages and actions, which that rule does not let
//! through, are not). Without it everything goes to its own account's bus, as events of package versions always do.
//!
//! # Control API
//! JSON under `/_simulator/`; unknown members are refused with 400 and a reason. The types are those of this module.
//!
//! | request | body or answer |
//! |---|---|
//! | `GET health` | `{"ok":true}` |
//! | `POST reset` | forgets everything but the settings; held connections are closed |
//! | `GET settings`, `POST settings` | [`Settings`], replaced as a whole |
//! | `POST pipelines` | [`NewPipelines`]: made in bulk, or replaced with their executions; none starts by itself |
//! | `POST scripts` | [`NewScripts`]: durations and outcomes for all executions to come, or for the next ones only |
//! | `GET executions` | list of [`ExecutionShown`], of all pipelines |
//! | `POST executions/start` | [`OtherStart`] → `{"id"}`: a rule, a push; people call StartPipelineExecution |
//! | `POST executions/finish` | [`Finish`] → `{"finished"}`: ends stays in stages now: approvals, hanging ones, any |
//! | `GET`, `POST`, `DELETE faults` | [`Fault`]; GET lists those that wait |
//! | `GET holds` | the numbers of the held calls, as in `calls` |
//! | `POST holds/release` | [`Release`] → `{"released"}` |
//! | `POST`, `DELETE event-faults` | [`EventFault`] |
//! | `GET events` | [`EventsShown`] |
//! | `GET`, `DELETE calls` | list of [`Call`]: everything received, with session, token, variables, time, outcome |
//! | `GET`, `POST`, `DELETE registry` | list of [`HeldVersion`]; DELETE forgets repositories too |
//! | `GET`, `POST repositories` | list of [`HeldRepository`] |
//! | `POST roles` | [`RoleTrust`]; roles that were never named may be assumed by everybody |
//! | `POST keys` | [`UserKey`] |
//!
//! Examples: the next two starts of `web-shop` are throttled; the next start happens and its answer is held back; the next event
//! SUCCEEDED of an execution is lost.
//! ```json
//! {"operation": "StartPipelineExecution", "of": "web-shop", "fault": {"refuse": "throttle"}, "times": 2}
//! {"operation": "StartPipelineExecution", "fault": "hold_after"}
//! {"level": "pipeline", "state": "SUCCEEDED", "fault": "drop"}
//! ```

mod caller;
pub mod client;
mod codeartifact;
mod codepipeline;
mod constraint;
mod control;
mod declaration;
mod delivery;
mod error;
mod eventbridge;
mod events;
mod faults;
mod ids;
mod instant;
mod operation;
mod orders;
mod pipeline;
mod received;
mod script;
mod server;
mod sts;
#[cfg(test)]
mod tests;
mod world;

pub use codeartifact::{HeldDependency, HeldRepository, HeldVersion};
pub use error::Refusal;
pub use events::{Event, EventFault, EventFaultKind, EventLevel};
pub use faults::{Fault, FaultKind};
pub use operation::Operation;
pub(crate) use operation::Service;
pub use orders::{
    Bus, Delivered, EventsShown, ExecutionShown, Finish, NewPipeline, NewPipelines, NewScripts,
    NewStage, NewVariable, OtherStart, Release, RoleTrust, Settings, UserKey,
};
pub use received::Call;
pub use script::{ArtifactPlace, Outcome, Script};
pub use server::{Server, run};
