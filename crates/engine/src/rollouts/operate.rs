//! What operators decide of a change: it goes on, it is given up, it may go beyond its limits.

use downriver_domain::Rollout;
use downriver_domain::version::PackageVersionId;

use super::{Beginning, entry, load, members, record, review};
use crate::carry_out::put_back;
use crate::error::EngineError;
use crate::operate::Operated;
use crate::ports::{Commit, Ports, Store};
use crate::session::{CONTENTION_MAX, Session, contended};

/// What is to become of a change.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Decision<'a> {
    Resume { by: &'a str },
    Abandon { by: &'a str, reason: &'a str },
    Approve { by: &'a str },
}

/// Carries a decision out; repeating it changes nothing further. An approval may come before the change does.
pub(crate) async fn decide<P: Ports>(
    session: &Session<'_, P>,
    change: &PackageVersionId,
    decision: Decision<'_>,
) -> Result<Operated, EngineError> {
    let Some(policy) = &session.topology.rollout else {
        return Ok(Operated::NoRollout);
    };
    for _ in 0..CONTENTION_MAX {
        let known = load(session, std::slice::from_ref(change)).await?.pop();
        let rollout = match (known, decision) {
            (Some(known), _) => known,
            (None, Decision::Resume { .. }) => return Ok(Operated::Unchanged),
            (None, _) => Rollout::new(change.clone(), 0, session.now),
        };
        let next = match decision {
            Decision::Resume { .. } => rollout.resumed(session.now),
            Decision::Abandon { by, reason } => rollout.abandoned(by, reason, session.now),
            Decision::Approve { by } => rollout.approved(by, session.now),
        };
        let Some(next) = next else {
            return Ok(Operated::Unchanged);
        };
        if !record(session, &rollout, &next).await? {
            continue;
        }
        tell(session, change, decision).await?;
        let beginning = Beginning {
            depth: next.depth,
            package_revision: next.package_revision.clone(),
            asking: None,
        };
        let reviewed = review(session, policy, change, &beginning).await?;
        // What it held is looked at: it may go, or end, or wait for something else.
        let held = members::left_waiting(session, policy, &reviewed).await?;
        put_back(session, &held).await?;
        return Ok(Operated::Done);
    }
    Err(contended(change))
}

async fn tell<P: Ports>(
    session: &Session<'_, P>,
    change: &PackageVersionId,
    decision: Decision<'_>,
) -> Result<(), EngineError> {
    let text = match decision {
        Decision::Resume { by } => {
            format!("{by} resumed it; what failed so far does not count any more")
        }
        Decision::Approve { by } => format!("{by} approved it"),
        // The record's own step says it.
        Decision::Abandon { .. } => return Ok(()),
    };
    let commit = Commit {
        history: vec![entry(session, change, text)],
        ..Commit::default()
    };
    session.ports.store().commit(&commit).await?;
    session.ports.observe(&commit);
    Ok(())
}
