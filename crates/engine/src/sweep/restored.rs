//! The comparison of a backup that was put back, over as many passes as it takes. Until it is complete nothing starts.

use downriver_domain::slot::{Comparison, Controls};
use downriver_domain::{ApplicationId, Target};

use super::SWEEP_INTERVAL_SECS;
use super::pass::Pass;
use super::report::RestoredReport;
use crate::carry_out::carry_out;
use crate::error::EngineError;
use crate::executions;
use crate::ports::{Commit, CommitOutcome, LOAD_APPLICATIONS_MAX, Ports, ReadError, Store};
use crate::restored::{Compared, compare, hold};
use crate::session::{CONTENTION_MAX, Session, contended};

/// Progress that is older is that of another comparison, which the backup was made in the middle of; in seconds.
const PROGRESS_SECS: u64 = 2 * SWEEP_INTERVAL_SECS;

/// Whether nothing is left to compare.
pub(super) async fn compare_all<P: Ports>(pass: &mut Pass<'_, P>) -> Result<bool, EngineError> {
    let session = pass.session;
    let store = session.ports.store();
    if !store.is_restored().await? {
        return Ok(true);
    }
    pass.report.restored = Some(RestoredReport::default());
    let progress = store.load_controls().await?.comparison;
    let mut up_to = progress
        .filter(|known| session.now.secs_since(known.at) <= PROGRESS_SECS)
        .map(|known| known.up_to);
    loop {
        let ids = store
            .list_applications(up_to.as_ref(), LOAD_APPLICATIONS_MAX)
            .await?;
        if ids.is_empty() {
            break;
        }
        for state in store.load_applications(&ids).await? {
            if pass.is_over() {
                record_progress(session, up_to).await?;
                return Ok(false);
            }
            let id = state.application.id;
            if !compare_one(pass, &id, &state.application.pipeline.target).await? {
                record_progress(session, up_to).await?;
                return Ok(false);
            }
            up_to = Some(id);
        }
        record_progress(session, up_to.clone()).await?;
    }
    // In this order: what breaks off between the two is compared once more.
    record_progress(session, None).await?;
    store.record_compared().await?;
    if let Some(restored) = &mut pass.report.restored {
        restored.is_complete = true;
    }
    Ok(true)
}

/// One that cannot be compared is held alone, so that the others can go on. False if not even that could be written.
async fn compare_one<P: Ports>(
    pass: &mut Pass<'_, P>,
    id: &ApplicationId,
    target: &Target,
) -> Result<bool, EngineError> {
    let session = pass.session;
    let is_readable = executions::are_readable(session, target);
    let compared = if !is_readable || pass.answers(target) {
        match compare(session, id).await {
            Err(error @ EngineError::Store(_)) => return Err(error),
            Err(error) => hold_for(session, id, error.to_string()).await,
            compared => compared,
        }
    } else {
        let reason = format!("{target} did not answer several times in a row");
        hold_for(session, id, reason).await
    };
    let mut restored = pass.report.restored.take().unwrap_or_default();
    restored.compared += 1;
    let result = match compared {
        Ok(Compared::AsRestored) => Ok(()),
        Ok(Compared::CaughtUp) => {
            restored.caught_up.note(id);
            Ok(())
        }
        Ok(Compared::Unreadable(error)) => {
            restored.held.note(id);
            // Nobody asked: that is no failure.
            if is_readable {
                Err(error.into())
            } else {
                Ok(())
            }
        }
        Err(error) => Err(error),
    };
    pass.report.restored = Some(restored);
    let is_dealt_with = matches!(result, Ok(()) | Err(EngineError::Read(_)));
    pass.report.is_more_left |= !is_dealt_with;
    pass.settle(id, target, result)?;
    Ok(is_dealt_with)
}

async fn hold_for<P: Ports>(
    session: &Session<'_, P>,
    id: &ApplicationId,
    reason: String,
) -> Result<Compared, EngineError> {
    let error = ReadError::Transient(reason);
    hold(session, id, &error).await?;
    Ok(Compared::Unreadable(error))
}

async fn record_progress<P: Ports>(
    session: &Session<'_, P>,
    up_to: Option<ApplicationId>,
) -> Result<(), EngineError> {
    for _ in 0..CONTENTION_MAX {
        let known = session.ports.store().load_controls().await?;
        let comparison = up_to.clone().map(|up_to| Comparison {
            up_to,
            at: session.now,
        });
        if known.comparison == comparison {
            return Ok(());
        }
        let controls = Controls {
            revision: known.revision + 1,
            comparison,
            ..known
        };
        let commit = Commit {
            controls: Some(controls),
            ..Commit::default()
        };
        if carry_out(session, &commit, &[]).await? == CommitOutcome::Done {
            return Ok(());
        }
    }
    Err(contended("the controls"))
}
