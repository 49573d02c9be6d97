//! The invariants of DESIGN 5 that are checked whenever something changes, from the true state of the services and from
//! a mirror of what the store was told to hold.

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::slot::{ActiveProducer, Gate, Slot, SlotState};
use downriver_domain::version::PackageVersionId;
use downriver_domain::{ApplicationId, AttemptId, RebuildId, Target};
use downriver_engine::ports::{BudgetWrite, Commit, MarkerWrite, StartExecution};

use super::organisation::Access;
use super::world::World;
use crate::builders::id;

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Its name in DESIGN 5, or what else was expected.
    pub invariant: &'static str,
    pub text: String,
}

/// What the store holds, as far as its commits tell.
#[derive(Debug, Default)]
pub(super) struct Mirror {
    pub(super) slots: BTreeMap<ApplicationId, Slot>,
    pub(super) markers: BTreeMap<ApplicationId, ActiveProducer>,
    pub(super) budgets: BTreeMap<Target, BTreeSet<RebuildId>>,
    /// The markers that stood when an attempt's intent was written down.
    intents: BTreeMap<AttemptId, BTreeSet<ActiveProducer>>,
    /// Commits that were done.
    pub(super) commits: u64,
}

impl World {
    /// A commit was done: what it wrote has to fit together.
    pub(super) fn committed(&mut self, commit: &Commit) {
        self.mirror.commits += 1;
        match &commit.marker {
            Some(MarkerWrite::Put(marker)) => {
                self.mirror
                    .markers
                    .insert(marker.application.clone(), marker.clone());
            }
            Some(MarkerWrite::Remove(application)) => {
                self.mirror.markers.remove(application);
            }
            None => {}
        }
        match &commit.budget {
            Some(BudgetWrite::Take {
                target, rebuild, ..
            }) => {
                let held = self.mirror.budgets.entry(target.clone()).or_default();
                held.insert(rebuild.clone());
            }
            Some(BudgetWrite::Return { target, rebuild }) => {
                if let Some(held) = self.mirror.budgets.get_mut(target) {
                    held.remove(rebuild);
                }
            }
            None => {}
        }
        let Some(slot) = &commit.slot else { return };
        if let SlotState::Starting(starting) = &slot.state {
            let standing = self.mirror.markers.values().cloned().collect();
            self.mirror
                .intents
                .insert(starting.attempt.clone(), standing);
        }
        self.mirror
            .slots
            .insert(slot.application.clone(), slot.clone());
        self.check_marker(slot);
        self.check_budget(slot);
    }

    /// A producer that is active has a marker, and no other has one.
    fn check_marker(&mut self, slot: &Slot) {
        let application = &slot.application;
        let member = self.organisation.members[application].application.clone();
        let has_marker = self.mirror.markers.contains_key(application);
        if has_marker && !slot.is_active() {
            let text = format!("{application} is not active and has a marker");
            self.violate("markers", text);
        }
        let is_held = matches!(&slot.state, SlotState::Pending(pending)
            if pending.waits.iter().any(|wait| wait.gate == Gate::NotPaused));
        let is_unparked = matches!(
            slot.state,
            SlotState::Pending(_) | SlotState::Starting(_) | SlotState::Running(_)
        );
        let is_wanted = member.is_producer() && !member.policy.is_shadow && is_unparked && !is_held;
        // A hold that was just lifted puts the marker back at its next look.
        let is_lifted = matches!(&slot.state, SlotState::Pending(_));
        if is_wanted && !has_marker && !is_lifted {
            let text = format!("{application} is active and has no marker");
            self.violate("markers", text);
        }
    }

    /// A place in the budget is held exactly while an execution of ours starts or runs, and is not parked.
    fn check_budget(&mut self, slot: &Slot) {
        let holding = match &slot.state {
            SlotState::Starting(starting) => {
                Some((&starting.pipeline.target, &starting.rebuild.id))
            }
            SlotState::Running(running) if running.holds_budget => {
                Some((&running.pipeline.target, &running.rebuild.id))
            }
            _ => None,
        };
        let prefix = format!("{}.", slot.application);
        let mut held = Vec::new();
        for (target, rebuilds) in &self.mirror.budgets {
            for rebuild in rebuilds {
                if rebuild.as_str().starts_with(&prefix) {
                    held.push((target, rebuild));
                }
            }
        }
        let is_right = match holding {
            Some(holding) => held == [holding],
            None => held.is_empty(),
        };
        if !is_right {
            let text = format!(
                "{} holds {held:?} and should hold {holding:?}",
                slot.application
            );
            self.violate("budget", text);
        }
    }

    /// StartPipelineExecution is called: its intent stands, nothing that was active then is active still, and nothing
    /// of it descends from the application itself.
    pub(super) fn check_call(&mut self, start: &StartExecution) {
        let application: ApplicationId = id(start.pipeline.name.as_str());
        let starting = match self.slot(&application).map(|slot| &slot.state) {
            Some(SlotState::Starting(starting)) if starting.attempt == start.attempt => {
                starting.clone()
            }
            other => {
                let text = format!(
                    "attempt {} is called, and the slot of {application} holds {other:?}",
                    start.attempt
                );
                self.violate("I3 (the intent stands before the call)", text);
                return;
            }
        };
        let holding_up = self.organisation.holding_up(&application);
        let at_intent = self.mirror.intents.get(&start.attempt);
        let still: Vec<&ApplicationId> = self
            .mirror
            .markers
            .values()
            .filter(|marker| at_intent.is_some_and(|then| then.contains(marker)))
            .map(|marker| &marker.application)
            .filter(|producer| holding_up.contains(*producer))
            .collect();
        if !still.is_empty() && !starting.is_block_waived {
            let text = format!(
                "attempt {} is called while {still:?} are active",
                start.attempt
            );
            self.violate("I4", text);
        }
        self.check_cascade(&application, &starting);
    }

    fn check_cascade(
        &mut self,
        application: &ApplicationId,
        starting: &downriver_domain::slot::Starting,
    ) {
        let seen = self.organisation.topology.visible_from(
            &self.organisation.members[application]
                .application
                .repositories,
        );
        for (package, wanted) in &starting.rebuild.packages {
            let of = |version: &str| PackageVersionId::new(package.clone(), version).ok();
            let Some(package_version) = of(&wanted.version) else {
                continue;
            };
            // What moves off a withdrawn version is for the withdrawal.
            let is_for_withdrawal = wanted
                .from
                .as_deref()
                .and_then(of)
                .is_some_and(|from| !self.registry.is_published(&from, &seen));
            let cascade = self.registry.cascade(&package_version);
            if cascade.contains(application) && !is_for_withdrawal {
                let text = format!(
                    "rebuild {} is for {package_version}, which descends from {application} itself: {cascade:?}",
                    starting.rebuild.id
                );
                self.violate("I11", text);
                return;
            }
        }
    }

    /// CodePipeline started an execution for an attempt.
    pub(super) fn check_started(&mut self, application: &ApplicationId, attempt: &AttemptId) {
        let passes = self.pipelines.passes(application);
        let of_attempt = passes
            .iter()
            .filter(|pass| pass.attempt.as_ref() == Some(attempt))
            .count();
        if of_attempt > 1 {
            let text = format!("attempt {attempt} started {of_attempt} executions");
            self.violate("I3", text);
        }
        // Where executions may not be listed, an operator's retry may start a second one.
        let member = &self.organisation.members[application];
        if member.access == Access::ListingDenied
            || self
                .organisation
                .is_event_started(&member.application.pipeline)
        {
            return;
        }
        let in_flight = self
            .pipelines
            .ours_in_flight(application)
            .filter(|pass| !pass.is_resumed)
            .count();
        let target = member.application.pipeline.target.clone();
        if in_flight > 1 {
            let text = format!("{application} has {in_flight} executions of ours in flight");
            self.violate("I2", text);
        }
        let budget = self.organisation.topology.budget(&target);
        let running: Vec<&ApplicationId> = self
            .pipelines
            .ours_in_target(&self.organisation, &target)
            .filter(|(of, pass)| !pass.is_resumed && !self.is_parked(of))
            .map(|(of, _)| of)
            .filter(|of| self.organisation.members[*of].access == Access::Granted)
            .collect();
        if running.len() > usize::try_from(budget).unwrap_or(usize::MAX) {
            let text = format!("{running:?} run in {target}, whose budget is {budget}");
            self.violate("I5", text);
        }
    }

    fn is_parked(&self, application: &ApplicationId) -> bool {
        matches!(
            self.slot(application).map(|slot| &slot.state),
            Some(SlotState::Parked(_))
        )
    }
}
