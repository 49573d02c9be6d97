//! What a run came to: its part of the document, read from the store's whole history, and its expectations.

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::version::PackageVersionId;
use downriver_domain::{ApplicationId, RepositoryId, Sighting};
use downriver_engine::history::{HistoryBody, HistoryEntry, SeenEffect};
use downriver_engine::ports::Store as _;
use downriver_engine::wire::codeartifact;
use downriver_engine::wire::event::{self, WireEvent};
use downriver_local::sqlite::SqliteStore;
use downriver_local::story::{Expect, Story};
use downriver_local::world::{ReplayInput, Rest, World, complete};

use crate::document::{
    QuarantinedDocument, ReplayDocument, StoryDocument, SummaryDocument, rebuild, verdict,
};
use crate::render::time::rfc3339;

/// History entries read at once.
const PAGE_MAX: usize = 500;

/// What the input alone says, whatever is made of it.
pub(crate) struct InputFacts {
    events: usize,
    /// How often each version was reported by each repository, copies included.
    reported: BTreeMap<(PackageVersionId, RepositoryId), usize>,
}

/// A run at its end.
pub(crate) struct RunReport {
    pub(crate) document: ReplayDocument,
    /// `None` where the story expects nothing.
    pub(crate) expectations: Option<Expectations>,
}

pub(crate) struct Expectations {
    /// What did not come true, a sentence each.
    pub(crate) unmet: Vec<String>,
}

/// What names a run in the document.
pub(crate) struct RunName<'a> {
    pub(crate) name: &'a str,
    pub(crate) story: Option<&'a Story>,
}

impl InputFacts {
    pub(crate) fn of(input: &ReplayInput) -> Self {
        let mut reported: BTreeMap<_, usize> = BTreeMap::new();
        for event in &input.events {
            if let Some(sighting) = accepted(&event.bytes, input) {
                let key = (sighting.package_version, sighting.repository);
                *reported.entry(key).or_default() += 1;
            }
        }
        Self {
            events: input.events.len() + input.broken.len(),
            reported,
        }
    }

    /// Whether the input reports this version in this repository; else a simulated service does.
    pub(crate) fn is_reported(&self, entry: &HistoryEntry) -> bool {
        let HistoryBody::Seen(seen) = &entry.body else {
            return true;
        };
        entry.package_version.as_ref().is_some_and(|version| {
            let key = (version.clone(), seen.repository.clone());
            self.reported.contains_key(&key)
        })
    }

    /// What one EventBridge rule for each pair of package and pipeline would have started: every event one execution of
    /// every dependent.
    fn naive_starts(&self, store: &SqliteStore) -> anyhow::Result<usize> {
        let mut starts = 0;
        for ((package_version, _), events) in &self.reported {
            let dependents = complete(store.count_dependents(package_version.package()))?;
            starts += events * usize::try_from(dependents).unwrap_or(usize::MAX);
        }
        Ok(starts)
    }
}

/// The package-version event in these bytes, if the engine takes it.
fn accepted(bytes: &[u8], input: &ReplayInput) -> Option<Sighting> {
    match event::parse(bytes, &input.sources) {
        Ok(WireEvent::PackageVersion(event)) => {
            codeartifact::accept(event, &input.catalog.topology).ok()
        }
        _ => None,
    }
}

/// Reports a run at rest, or where it was stopped; then what its story expects is not checked.
pub(crate) fn report(
    run: &RunName<'_>,
    facts: &InputFacts,
    world: &World,
    rest: Rest,
) -> anyhow::Result<RunReport> {
    let label = run.story.map(|_| run.name);
    let mut collected = Collected::default();
    each_entry(world.store(), |entry| {
        collected.take(label, facts, &entry);
        Ok(())
    })?;
    let quarantined = world
        .quarantined()
        .iter()
        .map(|refused| QuarantinedDocument {
            story: label.map(str::to_owned),
            source: refused.position.clone(),
            reason: refused.reason.clone(),
        });
    let mut document = ReplayDocument {
        verdicts: collected.verdicts,
        rebuilds: rebuilds(label, world.store())?,
        quarantined: quarantined.collect(),
        stopped_at: (!rest.is_over).then(|| rfc3339(rest.at)),
        ..ReplayDocument::default()
    };
    document.summary = SummaryDocument {
        events: facts.events,
        changes: collected.changes.values().sum(),
        applications: collected.applications.len(),
        verdicts: document.verdicts.len(),
        rebuilds_requested: document.rebuilds.len(),
        rebuilds_started: document
            .rebuilds
            .iter()
            .filter(|rebuild| rebuild.started_at.is_some())
            .count(),
        naive_starts: facts.naive_starts(world.store())?,
        quarantined: document.quarantined.len(),
    };
    let expectations = run
        .story
        .filter(|_| rest.is_over)
        .map(|story| check(story, world))
        .transpose()?
        .flatten();
    if let Some(story) = run.story {
        document.stories.push(StoryDocument {
            name: run.name.to_owned(),
            title: story.title.clone(),
            summary: document.summary,
            expectations_met: expectations
                .as_ref()
                .map(|checked| checked.unmet.is_empty()),
            unmet: expectations
                .as_ref()
                .map_or_else(Vec::new, |checked| checked.unmet.clone()),
        });
    }
    Ok(RunReport {
        document,
        expectations,
    })
}

/// Every entry of the history in the order of writing.
pub(crate) fn each_entry(
    store: &SqliteStore,
    mut take: impl FnMut(HistoryEntry) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut after = 0;
    loop {
        let page = store.load_whole_history(after, PAGE_MAX)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.id;
        for numbered in page {
            take(numbered.entry)?;
        }
    }
}

#[derive(Default)]
struct Collected {
    verdicts: Vec<crate::document::VerdictDocument>,
    applications: BTreeSet<ApplicationId>,
    changes: BTreeMap<(PackageVersionId, RepositoryId), usize>,
}

impl Collected {
    fn take(&mut self, label: Option<&str>, facts: &InputFacts, entry: &HistoryEntry) {
        match &entry.body {
            HistoryBody::Verdicts(judgements) => {
                for judgement in judgements {
                    self.verdicts
                        .push(verdict(label, Some(entry.at), judgement));
                    self.applications.insert(judgement.application.clone());
                }
            }
            HistoryBody::Seen(seen) if is_change(seen.effect) => {
                let Some(package_version) = &entry.package_version else {
                    return;
                };
                let key = (package_version.clone(), seen.repository.clone());
                // What a simulated build published is a change as well, but none of the input's.
                if let Some(reported) = facts.reported.get(&key) {
                    let count = self.changes.entry(key).or_default();
                    *count = (*count + 1).min(*reported);
                }
            }
            _ => {}
        }
    }
}

pub(crate) const fn is_change(effect: SeenEffect) -> bool {
    !matches!(effect, SeenEffect::Unchanged | SeenEffect::Stale)
}

/// The last record of every rebuild, in the order in which they were requested.
fn rebuilds(
    label: Option<&str>,
    store: &SqliteStore,
) -> anyhow::Result<Vec<crate::document::RebuildDocument>> {
    let mut records = BTreeMap::new();
    let mut after = 0;
    loop {
        let page = store.load_rebuilds(after, PAGE_MAX)?;
        let Some(last) = page.last() else {
            break;
        };
        after = last.id;
        for numbered in page {
            if let HistoryBody::Rebuild(record) = numbered.entry.body {
                let key = (record.requested_at, record.id.clone());
                records.insert(key, rebuild(label, &record));
            }
        }
    }
    Ok(records.into_values().collect())
}

fn check(story: &Story, world: &World) -> anyhow::Result<Option<Expectations>> {
    if story.expect == Expect::default() {
        return Ok(None);
    }
    let unmet = world.check(story)?;
    Ok(Some(Expectations { unmet }))
}
