//! Rollouts that are not over: reviewed, so that neither a lost end nor a lost wake-up leaves a change where it is.

use downriver_domain::ApplicationId;
use downriver_domain::slot::WaitingFor;
use downriver_domain::version::PackageVersionId;

use super::pass::Pass;
use crate::carry_out::put_back;
use crate::error::EngineError;
use crate::ports::{Ports, Store};
use crate::rollouts::{load, review_and_wake};

/// Rollouts read in one page.
const PAGE_MAX: usize = 100;
/// Rollouts reviewed in one pass.
const REVIEWED_MAX: usize = 1_000;
/// Slots woken at once where the catalog has no rollouts any more.
const RELEASED_MAX: usize = 1_000;

pub(super) async fn review_open<P: Ports>(pass: &mut Pass<'_, P>) -> Result<(), EngineError> {
    let session = pass.session;
    let Some(policy) = &session.topology.rollout else {
        return release_all(pass).await;
    };
    let mut after: Option<PackageVersionId> = None;
    let mut reviewed = 0;
    while reviewed < REVIEWED_MAX {
        let page = session
            .ports
            .store()
            .list_rollouts(after.as_ref(), PAGE_MAX)
            .await?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = Some(last.clone());
        for rollout in load(session, &page).await? {
            if pass.is_over() {
                return Ok(());
            }
            reviewed += 1;
            match review_and_wake(session, policy, &rollout).await {
                Ok(woken) => woken.iter().for_each(|id| pass.report.woken.note(id)),
                Err(error) => pass.report.fail(None, error)?,
            }
        }
    }
    Ok(())
}

/// The catalog does not speak of rollouts any more: what one held goes.
async fn release_all<P: Ports>(pass: &mut Pass<'_, P>) -> Result<(), EngineError> {
    let session = pass.session;
    let waiting = session
        .ports
        .store()
        .list_waiting(&WaitingFor::Rollout, None, RELEASED_MAX)
        .await?;
    let ids: Vec<ApplicationId> = waiting.into_iter().map(|(_, id)| id).collect();
    put_back(session, &ids).await?;
    for id in &ids {
        pass.report.woken.note(id);
    }
    Ok(())
}
