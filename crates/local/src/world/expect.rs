//! Compares a replay at rest with what its story expects.

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::{ApplicationId, Timestamp};
use downriver_engine::history::HistoryBody;

use super::{World, WorldError};
use crate::simulator::pipeline_key;
use crate::story::Story;

/// Rebuilds read at once.
const PAGE_MAX: usize = 500;

impl World {
    /// What the story expects and did not come true, one sentence each; empty if all of it did.
    pub fn check(&self, story: &Story) -> Result<Vec<String>, WorldError> {
        let mut unmet = Vec::new();
        let expect = &story.expect;
        for (application, wanted) in &expect.starts {
            let starts = self.starts_of(application).len() as u64;
            if starts != *wanted {
                unmet.push(format!(
                    "`{application}` was started {starts} times, not {wanted}"
                ));
            }
        }
        for application in &expect.never {
            let starts = self.starts_of(application).len();
            if starts > 0 {
                unmet.push(format!(
                    "`{application}` was started {starts} times, not never"
                ));
            }
        }
        for (one, other) in &expect.order {
            let first = |application| self.starts_of(application).first().copied();
            match (first(one), first(other)) {
                (Some(first), Some(then)) if first < then => {}
                (None, _) => unmet.push(format!("`{one}` was not started before `{other}`")),
                (_, None) => unmet.push(format!("`{other}` was not started after `{one}`")),
                _ => unmet.push(format!("`{other}` was started before `{one}`")),
            }
        }
        self.check_starts_at(story, &mut unmet);
        self.check_history(story, &mut unmet)?;
        if let Some(max) = expect.in_flight_max {
            unmet.extend(self.check_in_flight(max));
        }
        if !expect.outcomes.is_empty() {
            let outcomes = self.outcomes()?;
            for (application, wanted) in &expect.outcomes {
                let found = outcomes.get(application).cloned().unwrap_or_default();
                if found != *wanted {
                    unmet.push(format!(
                        "the rebuilds of `{application}` ended {found:?}, not {wanted:?}"
                    ));
                }
            }
        }
        let refused = self.quarantined.len() as u64;
        if let Some(wanted) = expect.quarantined
            && wanted != refused
        {
            unmet.push(format!("{refused} events were refused, not {wanted}"));
        }
        Ok(unmet)
    }

    fn check_starts_at(&self, story: &Story, unmet: &mut Vec<String>) {
        for (application, wanted) in &story.expect.starts_at {
            let resolved = wanted.iter().map(|when| when.resolve(self.input.first));
            let wanted: Vec<u64> = resolved.map(|at| self.secs_after_first(at)).collect();
            let starts = self.starts_of(application);
            let starts: Vec<u64> = starts.iter().map(|at| self.secs_after_first(*at)).collect();
            if starts != wanted {
                unmet.push(format!(
                    "`{application}` was started {starts:?} seconds after the first event, not {wanted:?}"
                ));
            }
        }
    }

    fn secs_after_first(&self, at: Timestamp) -> u64 {
        at.secs_since(self.input.first)
    }

    fn check_history(&self, story: &Story, unmet: &mut Vec<String>) -> Result<(), WorldError> {
        let expect = &story.expect;
        if expect.verdicts.is_empty() && expect.notes.is_empty() {
            return Ok(());
        }
        let mut verdicts = BTreeMap::new();
        let mut notes: BTreeSet<(ApplicationId, String)> = BTreeSet::new();
        let mut after = 0;
        loop {
            let page = self.store.load_whole_history(after, PAGE_MAX)?;
            let Some(last) = page.last() else {
                break;
            };
            after = last.id;
            for numbered in page {
                let entry = numbered.entry;
                match (entry.body, entry.application) {
                    (HistoryBody::Verdicts(judgements), _) => {
                        for judgement in judgements {
                            let told = (
                                format!("{:?}", judgement.verdict),
                                format!("{:?}", judgement.action),
                            );
                            let of = (judgement.application, judgement.package_version);
                            verdicts.insert(of, told);
                        }
                    }
                    (HistoryBody::Note(note), Some(application)) => {
                        notes.insert((application, format!("{:?}", note.kind)));
                    }
                    _ => {}
                }
            }
        }
        for wanted in &expect.verdicts {
            let of = (wanted.application.clone(), wanted.package_version.clone());
            let told = (wanted.verdict.clone(), wanted.action.clone());
            let found = verdicts.get(&of);
            if found != Some(&told) {
                unmet.push(format!(
                    "the last verdict on {} for `{}` is {found:?}, not {told:?}",
                    of.1, of.0
                ));
            }
        }
        for (application, kinds) in &expect.notes {
            for kind in kinds {
                if !notes.contains(&(application.clone(), kind.clone())) {
                    unmet.push(format!("`{application}` has no note `{kind}`"));
                }
            }
        }
        Ok(())
    }

    /// Of one target, an execution that ends at an instant and one that starts at it do not run at once.
    fn check_in_flight(&self, max: usize) -> Option<String> {
        let mut moves: BTreeSet<(String, Timestamp, bool, String)> = BTreeSet::new();
        self.simulation.with(|simulator| {
            for facts in simulator.facts.applications.values() {
                let target = facts.pipeline.target.to_string();
                let Some(state) = simulator.pipelines.get(&pipeline_key(&facts.pipeline)) else {
                    continue;
                };
                let ours = state
                    .executions
                    .iter()
                    .filter(|execution| execution.trigger.is_ours())
                    .filter(|execution| execution.started_at.0 < execution.updated_at.0);
                for execution in ours {
                    let id = execution.id.0.to_string();
                    let (from, until) = (execution.started_at.0, execution.updated_at.0);
                    moves.insert((target.clone(), from, true, id.clone()));
                    moves.insert((target.clone(), until, false, id));
                }
            }
        });
        let mut running: BTreeMap<String, usize> = BTreeMap::new();
        for (target, _, is_start, _) in moves {
            let count = running.entry(target.clone()).or_default();
            if !is_start {
                *count -= 1;
                continue;
            }
            *count += 1;
            if *count > max {
                return Some(format!(
                    "{count} executions ran at once in {target}, not {max}"
                ));
            }
        }
        None
    }

    /// When Downriver's executions of this application started, first to last.
    pub fn starts_of(&self, application: &ApplicationId) -> Vec<Timestamp> {
        self.simulation.with(|simulator| {
            let state = simulator
                .facts
                .applications
                .get(application)
                .and_then(|facts| simulator.pipelines.get(&pipeline_key(&facts.pipeline)));
            let executions = state.map_or(&[][..], |state| &state.executions);
            executions
                .iter()
                .filter(|execution| execution.trigger.is_ours())
                .filter(|execution| execution.number > 0)
                .map(|execution| execution.started_at.0)
                .collect()
        })
    }

    /// How every application's rebuilds stand, in the order in which they were requested.
    fn outcomes(&self) -> Result<BTreeMap<ApplicationId, Vec<String>>, WorldError> {
        let mut last = BTreeMap::new();
        let mut after = 0;
        loop {
            let page = self.store.load_rebuilds(after, PAGE_MAX)?;
            let Some(end) = page.last() else {
                break;
            };
            after = end.id;
            for numbered in page {
                if let HistoryBody::Rebuild(record) = numbered.entry.body {
                    let key = (record.application, record.requested_at, numbered.id);
                    last.insert(key, format!("{:?}", record.outcome));
                }
            }
        }
        let mut outcomes: BTreeMap<ApplicationId, Vec<String>> = BTreeMap::new();
        for ((application, ..), outcome) in last {
            outcomes.entry(application).or_default().push(outcome);
        }
        Ok(outcomes)
    }
}
