//! Questions that change nothing: what would happen, why, who depends on what, how it stands, what was decided.

mod dependents;
mod explain;
mod hypothetical;
mod plan;
mod summary;

pub use dependents::{Dependents, DirectDependent, TransitiveDependent, dependents};
pub use explain::{Explanation, explain};
pub use hypothetical::Supposed;
pub use plan::{Plan, Planned, plan};
pub use summary::{Summaries, summaries};

use downriver_domain::slot::{Controls, SlotState};
use downriver_domain::{ApplicationId, Rollout};

use crate::error::EngineError;
use crate::history::HistoryEntry;
use crate::ports::{ApplicationState, HistoryOf, LOAD_APPLICATIONS_MAX, Ports, Store};

/// How all applications stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Those that are not at rest, or whose last rebuild ended badly; or the ones asked for.
    pub applications: Vec<ApplicationState>,
    /// Applications that are idle with nothing to report, and not listed.
    pub idle: usize,
    pub controls: Controls,
    /// Changes that are on their way or held, if all applications are asked for; at most [`ROLLOUTS_SHOWN_MAX`].
    pub rollouts: Vec<Rollout>,
}

/// Rollouts in one [`Status`].
pub const ROLLOUTS_SHOWN_MAX: usize = 100;

/// `of`: one application, or all.
pub async fn status<P: Ports>(
    ports: &P,
    of: Option<&ApplicationId>,
) -> Result<Status, EngineError> {
    let store = ports.store();
    let controls = store.load_controls().await?;
    if let Some(id) = of {
        let applications = store.load_applications(std::slice::from_ref(id)).await?;
        return Ok(Status {
            applications,
            idle: 0,
            controls,
            rollouts: Vec::new(),
        });
    }
    let mut applications = Vec::new();
    let mut idle = 0;
    let mut after: Option<ApplicationId> = None;
    loop {
        let ids = store
            .list_applications(after.as_ref(), LOAD_APPLICATIONS_MAX)
            .await?;
        let Some(last) = ids.last() else { break };
        after = Some(last.clone());
        for state in store.load_applications(&ids).await? {
            if is_reported(&state) {
                applications.push(state);
            } else {
                idle += 1;
            }
        }
    }
    let open = store.list_rollouts(None, ROLLOUTS_SHOWN_MAX).await?;
    let mut rollouts = store.load_rollouts(&open).await?;
    rollouts.sort_by(|a, b| a.package_version.cmp(&b.package_version));
    Ok(Status {
        applications,
        idle,
        controls,
        rollouts,
    })
}

fn is_reported(state: &ApplicationState) -> bool {
    let slot = &state.slot;
    !matches!(slot.state, SlotState::Idle)
        || slot.failure.is_some()
        || !slot.held.is_empty()
        || !slot.joined.is_empty()
}

/// The newest `limit` entries, newest first.
pub async fn history<P: Ports>(
    ports: &P,
    of: &HistoryOf,
    limit: usize,
) -> Result<Vec<HistoryEntry>, EngineError> {
    Ok(ports.store().load_history(of, limit).await?)
}
