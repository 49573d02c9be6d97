//! Compares a replay at rest with what its story expects.

use std::collections::BTreeMap;

use downriver_domain::{ApplicationId, Timestamp};
use downriver_engine::history::HistoryBody;

use super::{World, WorldError};
use crate::simulator::{TriggerRow, pipeline_key};
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
                .filter(|execution| matches!(execution.trigger, TriggerRow::Session(_)))
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
