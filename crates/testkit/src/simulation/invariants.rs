//! The invariants of DESIGN 5 that are checked whenever something changes, from the true state of the services and from
//! a mirror of what the store was told to hold.

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::Timestamp;
use downriver_domain::rollout::{Hold, Rollout};
use downriver_domain::slot::{ActiveProducer, Slot, SlotState, Starting};
use downriver_domain::version::PackageVersionId;
use downriver_domain::{Application, ApplicationId, AttemptId, Dependency, RebuildId, Target};
use downriver_engine::history::{HistoryBody, HistoryEntry, NoteKind};
use downriver_engine::ports::{BudgetWrite, Commit, MarkerWrite, Registration, StartExecution};

use super::graph::Graph;
use super::organisation::Access;
use super::pipelines::application_of;
use super::world::World;

const MARKERS: &str = "I4 (who is active has a marker)";
const BUDGET: &str = "I5 (who runs has a place in the budget)";

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Its name in DESIGN 5, or what else was expected.
    pub invariant: &'static str,
    pub text: String,
}

/// What the store holds, as far as its writes tell.
#[derive(Debug, Default)]
pub(super) struct Mirror {
    pub(super) slots: BTreeMap<ApplicationId, Slot>,
    pub(super) markers: BTreeMap<ApplicationId, ActiveProducer>,
    pub(super) budgets: BTreeMap<Target, BTreeSet<RebuildId>>,
    /// The markers that stood when an attempt's intent was written down.
    intents: BTreeMap<AttemptId, BTreeSet<ActiveProducer>>,
    registered: BTreeMap<ApplicationId, Registered>,
    graph: Option<Graph>,
    /// When the topology or a registration was last written.
    catalog_written_at: Option<Timestamp>,
    rollouts: BTreeMap<PackageVersionId, Rollout>,
    /// The changes that a halt or a limit held when an attempt's intent was written down.
    held_at_intent: BTreeMap<AttemptId, BTreeSet<PackageVersionId>>,
    /// Slots that something is still to happen to.
    restless: BTreeSet<ApplicationId>,
    /// Commits that were done.
    pub(super) commits: u64,
}

#[derive(Debug)]
pub(super) struct Registered {
    pub(super) application: Application,
    pub(super) dependencies: Vec<Dependency>,
    /// When it came into the catalog, or came back.
    pub(super) since: Timestamp,
    /// When it was last written.
    at: Timestamp,
    /// It was changed, and what it is built with was not yet asked for to be judged on that.
    pub(super) is_unjudged: bool,
}

impl Mirror {
    pub(super) fn is_at_rest(&self) -> bool {
        self.restless.is_empty()
    }

    pub(super) fn registered(&self, application: &ApplicationId) -> Option<&Registered> {
        self.registered.get(application)
    }

    pub(super) fn catalog_written(&mut self, now: Timestamp) {
        self.catalog_written_at = Some(now);
    }

    pub(super) fn register(&mut self, registration: &Registration, now: Timestamp) {
        let before = self.registered.get(&registration.application.id);
        let registered = Registered {
            since: before.map_or(now, |before| before.since),
            application: registration.application.clone(),
            dependencies: registration.dependencies.clone(),
            at: now,
            is_unjudged: before.is_some(),
        };
        self.registered
            .insert(registration.application.id.clone(), registered);
        self.graph = None;
        self.catalog_written(now);
    }

    pub(super) fn unregister(&mut self, application: &ApplicationId, now: Timestamp) {
        self.registered.remove(application);
        self.graph = None;
        self.catalog_written(now);
    }

    fn holding_up(&mut self, application: &ApplicationId) -> &BTreeSet<ApplicationId> {
        let registered = &self.registered;
        let graph = self.graph.get_or_insert_with(|| {
            let all = registered.values();
            Graph::of(all.map(|known| (&known.application, known.dependencies.as_slice())))
        });
        graph.holding_up(application)
    }
}

impl World {
    /// A commit was done: what it wrote has to fit together.
    pub(super) fn committed(&mut self, commit: &Commit) {
        self.mirror.commits += 1;
        if let Some(rollout) = &commit.rollout {
            let change = rollout.package_version.clone();
            self.mirror.rollouts.insert(change, rollout.clone());
        }
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
        let is_catalog_change = |entry: &HistoryEntry| matches!(&entry.body, HistoryBody::Note(note) if note.kind == NoteKind::CatalogChanged);
        if commit.history.iter().any(is_catalog_change)
            && let Some(known) = self.mirror.registered.get_mut(&slot.application)
        {
            known.is_unjudged = false;
        }
        self.trace.mix_text(slot.application.as_str());
        self.trace.mix(slot.revision);
        // What joins meanwhile is no new intent.
        let known = self.mirror.slots.get(&slot.application);
        let is_intent = known.is_none_or(|known| known.state != slot.state);
        if let SlotState::Starting(starting) = &slot.state
            && is_intent
        {
            // One that is held is active only from an instant on; clocks may differ by a minute.
            let latest = self.now.minus_secs(60);
            let is_active =
                |marker: &&ActiveProducer| marker.active_from.is_none_or(|from| from <= latest);
            let standing = self.mirror.markers.values().filter(is_active).cloned();
            let standing = standing.collect();
            self.mirror
                .intents
                .insert(starting.attempt.clone(), standing);
            let held = self.held_changes(starting);
            // A repeated call is of what was decided before.
            self.mirror
                .held_at_intent
                .entry(starting.attempt.clone())
                .or_insert(held);
        }
        let application = &slot.application;
        if self.is_at_rest(slot) {
            self.mirror.restless.remove(application);
        } else if !self.mirror.restless.contains(application) {
            self.mirror.restless.insert(application.clone());
        }
        let before = self.mirror.slots.insert(application.clone(), slot.clone());
        self.give_up(before.as_ref(), slot);
        self.check_marker(slot);
        self.check_budget(slot);
    }

    /// Which of an attempt's changes a halt or a limit holds now.
    fn held_changes(&self, starting: &Starting) -> BTreeSet<PackageVersionId> {
        let changes = starting.rebuild.changes().into_iter();
        changes
            .filter(|change| {
                let known = self.mirror.rollouts.get(change);
                known.is_some_and(|rollout| {
                    matches!(
                        rollout.hold,
                        Some(Hold::Halted { .. } | Hold::Unapproved { .. })
                    )
                })
            })
            .collect()
    }

    /// A parked rebuild was given up: its execution runs on as if a person had started it.
    fn give_up(&mut self, before: Option<&Slot>, slot: &Slot) {
        let Some(SlotState::Parked(parked)) = before.map(|slot| &slot.state) else {
            return;
        };
        if matches!(slot.state, SlotState::Parked(_) | SlotState::Running(_)) {
            return;
        }
        let passes = self.pipelines.passes(&slot.application);
        let of = passes.iter().position(|pass| pass.id == parked.execution);
        if let Some(number) = of {
            self.pipelines
                .pass_mut(&slot.application, number)
                .is_peoples = true;
        }
    }

    /// A producer that is active has a marker, and no other has one.
    fn check_marker(&mut self, slot: &Slot) {
        let application = &slot.application;
        let has_marker = self.mirror.markers.contains_key(application);
        if has_marker && !slot.is_active() {
            let text = format!("{application} is not active and has a marker");
            self.violate(MARKERS, text);
        }
        // What is pending gets its marker at its next look, where a hold was just lifted or the catalog just changed.
        let is_in_flight = matches!(slot.state, SlotState::Starting(_) | SlotState::Running(_));
        let is_wanted = is_in_flight
            && self.mirror.registered(application).is_some_and(|known| {
                let since = slot.rebuild().map(|rebuild| rebuild.requested_at);
                known.application.is_producer()
                    && !known.application.policy.is_shadow
                    && since.is_some_and(|since| since > known.at)
            });
        if is_wanted && !has_marker {
            let text = format!("{application} is active and has no marker");
            self.violate(MARKERS, text);
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
        let mut held = Vec::new();
        for (target, rebuilds) in &self.mirror.budgets {
            let of = rebuilds
                .iter()
                .filter(|rebuild| is_of(rebuild, &slot.application));
            held.extend(of.map(|rebuild| (target, rebuild)));
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
            self.violate(BUDGET, text);
        }
    }

    /// StartPipelineExecution is called by a function that began then: its intent stands, nothing that was active then is
    /// active still, and nothing of it descends from the application itself.
    pub(super) fn check_call(&mut self, start: &StartExecution, began_at: Timestamp) {
        let application = application_of(&start.pipeline);
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
        // The function decides on the catalog that it read first.
        let is_catalog_known = self.applies_to_come == 0
            && self
                .mirror
                .catalog_written_at
                .is_none_or(|at| at < began_at);
        if !starting.is_block_waived && is_catalog_known {
            self.check_quiet(&application, &start.attempt);
        }
        let held_now = self.held_changes(&starting);
        let held_then = self.mirror.held_at_intent.get(&start.attempt);
        let held = held_now
            .iter()
            .find(|change| held_then.is_some_and(|then| then.contains(*change)));
        if let Some(change) = held
            && self.organisation.topology.rollout.is_some()
        {
            let text = format!("attempt {} is called while {change} is held", start.attempt);
            self.violate("rollout", text);
        }
        self.check_cascade(&application, &starting);
    }

    fn check_quiet(&mut self, application: &ApplicationId, attempt: &AttemptId) {
        if self.mirror.markers.is_empty() {
            return;
        }
        let holding_up = self.mirror.holding_up(application).clone();
        let at_intent = self.mirror.intents.get(attempt);
        let still: Vec<&ApplicationId> = self
            .mirror
            .markers
            .values()
            .filter(|marker| at_intent.is_some_and(|then| then.contains(marker)))
            .map(|marker| &marker.application)
            .filter(|producer| holding_up.contains(*producer))
            .collect();
        if !still.is_empty() {
            let text = format!("attempt {attempt} is called while {still:?} are active");
            self.violate("I4", text);
        }
    }

    fn check_cascade(&mut self, application: &ApplicationId, starting: &Starting) {
        let Some(member) = self.organisation.members.get(application) else {
            return;
        };
        let found = starting.rebuild.packages.iter().find_map(|(package, wanted)| {
            let of = |version: &str| PackageVersionId::new(package.clone(), version).ok();
            let package_version = of(&wanted.version)?;
            let cascade = self.registry.cascade(&package_version)?;
            if !cascade.contains(application) {
                return None;
            }
            // What moves off a withdrawn version is for the withdrawal.
            let is_for_withdrawal = wanted
                .from
                .as_deref()
                .and_then(of)
                .is_some_and(|from| !self.registry.is_published(&from, &member.sees));
            (!is_for_withdrawal).then(|| {
                format!(
                    "rebuild {} is for {package_version}, which descends from {application} itself: {cascade:?}",
                    starting.rebuild.id
                )
            })
        });
        if let Some(text) = found {
            self.violate("I11", text);
        }
    }

    /// CodePipeline started an execution for an attempt.
    pub(super) fn check_started(
        &mut self,
        application: &ApplicationId,
        number: usize,
        attempt: &AttemptId,
    ) {
        let passes = self.pipelines.passes(application);
        let target = passes[number].pipeline.target.clone();
        let of_attempt = passes
            .iter()
            .filter(|pass| pass.attempt.as_ref() == Some(attempt))
            .count();
        if of_attempt > 1 {
            let text = format!("attempt {attempt} started {of_attempt} executions");
            self.violate("I3", text);
        }
        // Where executions may not be listed, an operator's retry may start a second one.
        if !self.organisation.is_listed(application) {
            return;
        }
        let in_flight = self
            .pipelines
            .ours_in_flight(application)
            .filter(|pass| !pass.is_peoples)
            .count();
        if in_flight > 1 {
            let text = format!("{application} has {in_flight} executions of ours in flight");
            self.violate("I2", text);
        }
        let budget = self.organisation.topology.budget(&target);
        let running: Vec<&ApplicationId> = self
            .pipelines
            .ours_in_target(&target)
            .filter(|(of, pass)| !pass.is_peoples && !self.is_parked(of))
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

/// Whether a rebuild is one of this application.
pub(super) fn is_of(rebuild: &RebuildId, application: &ApplicationId) -> bool {
    let rest = rebuild.as_str().strip_prefix(application.as_str());
    rest.is_some_and(|rest| rest.starts_with('.'))
}
