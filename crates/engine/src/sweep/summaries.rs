//! Once a week, what the week brought to each owner: summed up over the applications, a part of them in each pass, and told
//! when the last one is in the sums.

use std::collections::BTreeMap;

use downriver_domain::slot::Controls;
use downriver_domain::summary::{SummaryProgress, week_begin, week_end};
use downriver_domain::{OwnerId, Summary, Timestamp, WeeklySummary};

use super::load_readable;
use super::pass::Pass;
use crate::carry_out::carry_out;
use crate::error::EngineError;
use crate::ports::{
    Bus, Commit, CommitOutcome, LOAD_APPLICATIONS_MAX, Notice, NoticeKind, Ports, Store,
};
use crate::session::{CONTENTION_MAX, Session, contended};
use crate::summary::{Gatherer, Period};

/// Applications summed up in one pass.
const APPLICATIONS_MAX: u64 = 500;

/// Goes on where the last pass ended. Does nothing in a week that was told.
pub(super) async fn tell_summaries<P: Ports>(pass: &mut Pass<'_, P>) -> Result<(), EngineError> {
    let session = pass.session;
    let until = week_end(session.now);
    let known = session.ports.store().load_controls().await?.summaries;
    let mut progress = match known {
        Some(known) if known.until >= until => known,
        // What the passes of an earlier week did not end is left: that week has passed.
        Some(_) => SummaryProgress::begin(until),
        // A new deployment has no week behind it.
        None => {
            let begun = SummaryProgress {
                is_told: true,
                ..SummaryProgress::begin(until)
            };
            return record_progress(session, &begun).await;
        }
    };
    if progress.is_told {
        return Ok(());
    }
    let is_complete = sum_up(pass, &mut progress).await?;
    if is_complete {
        tell(session, progress.until, &progress.owners).await?;
        pass.report.summaries = progress.owners.len() as u64;
        progress = SummaryProgress {
            is_told: true,
            ..SummaryProgress::begin(progress.until)
        };
    }
    record_progress(session, &progress).await
}

/// Whether every application is in the sums.
async fn sum_up<P: Ports>(
    pass: &mut Pass<'_, P>,
    progress: &mut SummaryProgress,
) -> Result<bool, EngineError> {
    let session = pass.session;
    let period = Period {
        since: week_begin(progress.until),
        until: progress.until,
    };
    let mut gatherer = Gatherer::new(session, period);
    let mut summed_up = 0;
    loop {
        let ids = session
            .ports
            .store()
            .list_applications(progress.up_to.as_ref(), LOAD_APPLICATIONS_MAX)
            .await?;
        if ids.is_empty() {
            return Ok(true);
        }
        for state in load_readable(pass, &ids).await? {
            if summed_up >= APPLICATIONS_MAX || pass.is_out_of_time() {
                return Ok(false);
            }
            let summary = gatherer.summarise(&state).await?;
            add(pass, progress, &state.application.owner, &summary);
            progress.up_to = Some(state.application.id);
            summed_up += 1;
        }
        // Past those that cannot be read.
        progress.up_to = ids.last().cloned();
    }
}

fn add<P: Ports>(
    pass: &mut Pass<'_, P>,
    progress: &mut SummaryProgress,
    owner: &OwnerId,
    summary: &Summary,
) {
    let is_full = progress.owners.len() >= SummaryProgress::OWNERS_MAX;
    if is_full && !progress.owners.contains_key(owner) {
        // Nothing is wrong with the store or the application: the rest of the pass goes on.
        pass.report.summaries_left_out += 1;
        return;
    }
    progress
        .owners
        .entry(owner.clone())
        .or_default()
        .add(summary);
}

/// Told before it is written down that it was: a death in between tells twice.
async fn tell<P: Ports>(
    session: &Session<'_, P>,
    until: Timestamp,
    owners: &BTreeMap<OwnerId, Summary>,
) -> Result<(), EngineError> {
    let worth_telling = owners.iter().filter(|(_, summary)| !summary.is_nothing());
    let notices: Vec<Notice> = worth_telling
        .map(|(owner, summary)| Notice {
            kind: NoticeKind::WeeklySummary(WeeklySummary {
                since: week_begin(until),
                until,
                summary: *summary,
            }),
            at: session.now,
            owner: Some(owner.clone()),
            application: None,
            rebuild: None,
            package_version: None,
            is_urgent: false,
            text: summary.sentence(),
        })
        .collect();
    if !notices.is_empty() {
        session.ports.bus().publish(&notices).await?;
    }
    Ok(())
}

async fn record_progress<P: Ports>(
    session: &Session<'_, P>,
    progress: &SummaryProgress,
) -> Result<(), EngineError> {
    for _ in 0..CONTENTION_MAX {
        let known = session.ports.store().load_controls().await?;
        if known.summaries.as_ref() == Some(progress) {
            return Ok(());
        }
        let controls = Controls {
            revision: known.revision + 1,
            summaries: Some(progress.clone()),
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
