//! The cheap checks, which `sweep` makes every hour: the roles that start pipelines, and the pipelines of some applications,
//! in rotation.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use downriver_domain::{ApplicationId, Timestamp};

use super::facts::Facts;
use super::finding::{Finding, Severity};
use super::read::{read_pipelines, read_reach};
use super::{Diagnosis, examine};
use crate::error::EngineError;
use crate::ports::{
    Bus, CommitOutcome, LOAD_APPLICATIONS_MAX, Notice, NoticeKind, Ports, Registration, Setup,
    Store,
};
use crate::session::{Session, contended};

/// How often the checks are made, in seconds; a little less than an hour, since passes are not punctual.
const EVERY_SECS: u64 = 3_500;
/// Applications examined at once; in a day, 2,400.
const APPLICATIONS_MAX: usize = 100;
/// Findings that are kept, the gravest first.
pub(crate) const FINDINGS_MAX: usize = 100;
/// Characters kept of what a finding says.
const TEXT_CHARS_MAX: usize = 800;

/// What `sweep` found by its checks; one record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checkup {
    pub revision: u64,
    /// When the checks were last made.
    pub at: Option<Timestamp>,
    /// The last application that was examined; `None`: the next round begins.
    pub up_to: Option<ApplicationId>,
    /// The last versions that no event told of.
    pub missed: Option<Missed>,
    /// At most 100, the gravest first.
    pub findings: Vec<StoredFinding>,
    /// Findings beyond those.
    pub left_out: u64,
}

/// Versions that a comparison with CodeArtifact found and no event told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missed {
    pub at: Timestamp,
    pub versions: u64,
}

/// A finding, as it stays until it is not found any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFinding {
    pub finding: Finding,
    /// When it was first found.
    pub found_at: Timestamp,
    /// People were told on the bus.
    pub is_told: bool,
}

/// What one round of checks came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Routine {
    pub applications: usize,
    /// All findings that stand, also of applications examined earlier.
    pub findings: usize,
    pub errors: usize,
    /// Calls that gave no answer: what they would have told is not checked.
    pub unread: usize,
}

/// Makes the checks if an hour has passed since the last time; none otherwise. `missed_versions`: what this pass of `sweep`
/// found that no event told of. A finding that something does not work is told once, until it was gone.
pub async fn routine<P: Ports, S: Setup>(
    ports: &P,
    setup: &S,
    missed_versions: u64,
) -> Result<Option<Routine>, EngineError> {
    let session = Session::open(ports).await?;
    let known = ports.store().load_checkup().await?;
    let missed = (missed_versions > 0).then_some(Missed {
        at: session.now,
        versions: missed_versions,
    });
    let is_due = known
        .at
        .is_none_or(|at| session.now.secs_since(at) >= EVERY_SECS);
    let mut checkup = Checkup {
        revision: known.revision + 1,
        missed: missed.or(known.missed),
        ..known.clone()
    };
    if !is_due {
        if missed.is_some() {
            record(ports, &checkup).await?;
        }
        return Ok(None);
    }
    let (applications, up_to) = next_applications(&session, known.up_to.as_ref()).await?;
    let mut facts = Facts::of_catalog(session.now, session.topology.clone(), applications);
    facts.is_whole = false;
    facts.reach = Some(read_reach(setup, true).await);
    read_pipelines(setup, &mut facts).await;
    let diagnosis = examine(&facts);
    checkup.at = Some(session.now);
    checkup.up_to = up_to;
    merge(&mut checkup, &facts, &diagnosis);
    let round = Routine {
        applications: facts.applications.len(),
        findings: checkup.findings.len(),
        errors: { checkup.findings.iter() }
            .filter(|stored| stored.finding.severity == Severity::Error)
            .count(),
        unread: diagnosis.unread.iter().map(|unread| unread.count).sum(),
    };
    tell(ports, &mut checkup, session.now).await?;
    record(ports, &checkup).await?;
    Ok(Some(round))
}

/// The applications whose turn it is, and where the next round goes on.
async fn next_applications<P: Ports>(
    session: &Session<'_, P>,
    after: Option<&ApplicationId>,
) -> Result<(Vec<Registration>, Option<ApplicationId>), EngineError> {
    let store = session.ports.store();
    let ids = store.list_applications(after, APPLICATIONS_MAX).await?;
    let up_to = { ids.last().cloned() }.filter(|_| ids.len() == APPLICATIONS_MAX);
    let mut applications = Vec::with_capacity(ids.len());
    for ids in ids.chunks(LOAD_APPLICATIONS_MAX) {
        for state in session.load_readable(ids).await?.states {
            let dependencies = store.load_dependencies(&state.application.id).await?;
            applications.push(Registration {
                application: state.application,
                dependencies,
            });
        }
    }
    Ok((applications, up_to))
}

/// Takes over what was found, and drops what was not found again of what was looked at. Where a look was not possible,
/// what was known stays.
fn merge(checkup: &mut Checkup, facts: &Facts, diagnosis: &Diagnosis) {
    let unread: BTreeSet<_> = { diagnosis.unread.iter() }
        .flat_map(|unread| unread.checks.iter().copied())
        .collect();
    let before = std::mem::take(&mut checkup.findings);
    let mut stored: Vec<StoredFinding> = { diagnosis.findings.iter() }
        .map(|finding| {
            let known = before.iter().find(|known| is_same(&known.finding, finding));
            StoredFinding {
                finding: Finding {
                    evidence: cut(&finding.evidence),
                    mend: cut(&finding.mend),
                    ..finding.clone()
                },
                found_at: known.map_or(facts.now, |known| known.found_at),
                is_told: known.is_some_and(|known| known.is_told),
            }
        })
        .collect();
    stored.extend(before.into_iter().filter(|known| {
        let finding = &known.finding;
        let is_looked_at = match &finding.application {
            Some(id) => facts.application(id).is_some(),
            None => true,
        };
        let is_found = { diagnosis.findings.iter() }.any(|found| is_same(found, finding));
        !is_found && (!is_looked_at || unread.contains(&finding.check))
    }));
    stored.sort_by(|one, other| one.finding.cmp(&other.finding));
    checkup.left_out = stored.len().saturating_sub(FINDINGS_MAX) as u64;
    stored.truncate(FINDINGS_MAX);
    checkup.findings = stored;
}

fn is_same(one: &Finding, other: &Finding) -> bool {
    (one.check, &one.application, &one.subject) == (other.check, &other.application, &other.subject)
}

/// Told before it is written down that it was: a death in between tells twice.
async fn tell<P: Ports>(
    ports: &P,
    checkup: &mut Checkup,
    now: Timestamp,
) -> Result<(), EngineError> {
    let is_news =
        |stored: &&mut StoredFinding| !stored.is_told && stored.finding.severity == Severity::Error;
    let mut notices = Vec::new();
    for stored in checkup.findings.iter_mut().filter(is_news) {
        stored.is_told = true;
        let application = stored.finding.application.as_ref();
        let states = ports
            .store()
            .load_applications(application.map_or(&[], std::slice::from_ref))
            .await?;
        notices.push(Notice {
            owner: states.first().map(|state| state.application.owner.clone()),
            kind: NoticeKind::DoctorFinding(stored.finding.check),
            at: now,
            application: stored.finding.application.clone(),
            rebuild: None,
            package_version: None,
            is_urgent: false,
            text: format!(
                "{} To mend it: {}",
                stored.finding.evidence, stored.finding.mend
            ),
        });
    }
    if !notices.is_empty() {
        ports.bus().publish(&notices).await?;
    }
    Ok(())
}

/// Only one pass works at a time: who lost against another one leaves it to that.
async fn record<P: Ports>(ports: &P, checkup: &Checkup) -> Result<(), EngineError> {
    match ports.store().record_checkup(checkup).await? {
        CommitOutcome::Done => Ok(()),
        CommitOutcome::Conflict | CommitOutcome::BudgetFull => Err(contended("the checkup")),
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(TEXT_CHARS_MAX) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
