//! The store in memory, for the simulation: every promise of [`Store`], nothing that lasts.
//!
//! It is held to the same conformance suite as the stores that last. What DynamoDB reads from its indexes (due, waiting
//! and busy slots) may be behind here too: see [`IndexLag`]. Everything else is strongly consistent there and here.
//!
//! A new kind of record is a field of `State`, a field of [`Commit`] in `State::commit`, and its method below.

mod applications;
mod history;
mod index;
#[cfg(test)]
mod tests;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use downriver_domain::slot::{ActiveProducer, Controls, Slot, WaitingFor};
use downriver_domain::version::{PackageId, PackageVersionId};
use downriver_domain::{
    AccountId, ApplicationId, Dependency, DomainName, Edge, PackageInventory, Pipeline, RebuildId,
    RepositoryId, RepositoryInventory, Rollout, Target, Timestamp, Topology,
};
use downriver_engine::doctor::Checkup;
use downriver_engine::history::HistoryEntry;
use downriver_engine::ports::{
    ApplicationState, BudgetWrite, Commit, CommitOutcome, EdgeCursor, EdgePage, Heard, HistoryOf,
    LOAD_APPLICATIONS_MAX, LOAD_ROLLOUTS_MAX, MarkerWrite, Registration, Store, StoreError,
};

use applications::Applications;
use history::History;
use index::Index;

/// A store that is gone when it is dropped. For one thread.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: RefCell<State>,
    lag: IndexLag,
}

/// How many of the last writes the indexes do not show yet. Whoever holds a copy sets it before each read of an index.
#[derive(Debug, Clone, Default)]
pub struct IndexLag(Rc<Cell<usize>>);

impl IndexLag {
    pub fn set(&self, writes: usize) {
        self.0.set(writes);
    }
}

#[derive(Debug, Default)]
struct State {
    topology: Arc<Topology>,
    applications: Applications,
    slots: BTreeMap<ApplicationId, Slot>,
    index: Index,
    inventories: BTreeMap<PackageId, BTreeMap<RepositoryId, RepositoryInventory>>,
    controls: Controls,
    markers: BTreeMap<ApplicationId, ActiveProducer>,
    budgets: BTreeMap<Target, BTreeSet<RebuildId>>,
    heard: BTreeMap<(AccountId, DomainName), Timestamp>,
    checkup: Checkup,
    rollouts: BTreeMap<PackageVersionId, Rollout>,
    history: History,
}

impl MemoryStore {
    /// Sets how far the indexes are behind.
    pub fn index_lag(&self) -> IndexLag {
        self.lag.clone()
    }
}

impl State {
    /// Conditions come first: nothing is written if one does not hold. Those on revisions come before the budget.
    fn commit(&mut self, commit: &Commit) -> Result<CommitOutcome, StoreError> {
        if let Some(slot) = &commit.slot {
            let stands = self.slots.get(&slot.application).map(|slot| slot.revision);
            if !replaces(slot.revision, stands.unwrap_or(0))? {
                return Ok(CommitOutcome::Conflict);
            }
        }
        if let Some(inventory) = &commit.inventory {
            let known = self.inventories.get(&inventory.package);
            let stands = known
                .and_then(|known| known.get(&inventory.repository))
                .map_or(0, |record| record.record_revision);
            if !replaces(inventory.record_revision, stands)? {
                return Ok(CommitOutcome::Conflict);
            }
        }
        if let Some(controls) = &commit.controls
            && !replaces(controls.revision, self.controls.revision)?
        {
            return Ok(CommitOutcome::Conflict);
        }
        if let Some(rollout) = &commit.rollout {
            let stands = self.rollouts.get(&rollout.package_version);
            if !replaces(rollout.revision, stands.map_or(0, |known| known.revision))? {
                return Ok(CommitOutcome::Conflict);
            }
        }
        if let Some(budget) = &commit.budget
            && !self.write_budget(budget)
        {
            return Ok(CommitOutcome::BudgetFull);
        }
        self.write(commit);
        Ok(CommitOutcome::Done)
    }

    fn write(&mut self, commit: &Commit) {
        if let Some(slot) = &commit.slot {
            self.index.note(slot);
            self.slots.insert(slot.application.clone(), slot.clone());
        }
        if let Some(inventory) = &commit.inventory {
            self.inventories
                .entry(inventory.package.clone())
                .or_default()
                .insert(inventory.repository.clone(), inventory.clone());
        }
        if let Some(controls) = &commit.controls {
            self.controls = controls.clone();
        }
        if let Some(rollout) = &commit.rollout {
            self.rollouts
                .insert(rollout.package_version.clone(), rollout.clone());
        }
        match &commit.marker {
            Some(MarkerWrite::Put(marker)) => {
                self.markers
                    .insert(marker.application.clone(), marker.clone());
            }
            Some(MarkerWrite::Remove(application)) => {
                self.markers.remove(application);
            }
            None => {}
        }
        for built in &commit.built {
            self.applications.write_built(built);
        }
        for entry in &commit.history {
            self.history.append(entry);
        }
    }

    /// False if the target has no room.
    fn write_budget(&mut self, write: &BudgetWrite) -> bool {
        match write {
            BudgetWrite::Take {
                target,
                rebuild,
                executions_in_flight_max,
            } => {
                let held = self.budgets.entry(target.clone()).or_default();
                let max = usize::try_from(*executions_in_flight_max).unwrap_or(usize::MAX);
                let has_room = held.contains(rebuild) || held.len() < max;
                if has_room {
                    held.insert(rebuild.clone());
                }
                has_room
            }
            BudgetWrite::Return { target, rebuild } => {
                if let Some(held) = self.budgets.get_mut(target) {
                    held.remove(rebuild);
                }
                true
            }
        }
    }
}

/// Whether a record of this revision may take the place of the one that stands (0: none does).
fn replaces(revision: u64, stands: u64) -> Result<bool, StoreError> {
    if revision == 0 {
        let text = "no record can have revision 0: the first is 1";
        return Err(StoreError::Permanent(text.to_owned()));
    }
    Ok(revision - 1 == stands)
}

const fn outcome(is_written: bool) -> CommitOutcome {
    if is_written {
        CommitOutcome::Done
    } else {
        CommitOutcome::Conflict
    }
}

impl Store for MemoryStore {
    async fn load_topology(&self) -> Result<Arc<Topology>, StoreError> {
        Ok(Arc::clone(&self.state.borrow().topology))
    }

    async fn is_restored(&self) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn record_compared(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn record_topology(&self, topology: &Topology) -> Result<CommitOutcome, StoreError> {
        let mut state = self.state.borrow_mut();
        let is_written = replaces(topology.revision, state.topology.revision)?;
        if is_written {
            state.topology = Arc::new(topology.clone());
        }
        Ok(outcome(is_written))
    }

    async fn load_applications(
        &self,
        ids: &[ApplicationId],
    ) -> Result<Vec<ApplicationState>, StoreError> {
        if ids.len() > LOAD_APPLICATIONS_MAX {
            let text = format!(
                "{} applications asked for at once, at most {LOAD_APPLICATIONS_MAX} are read",
                ids.len()
            );
            return Err(StoreError::Permanent(text));
        }
        let state = self.state.borrow();
        let states = ids.iter().filter_map(|id| {
            let slot = state.slots.get(id);
            let (application, is_registered) = state.applications.find(id)?;
            (is_registered || slot.is_some()).then(|| ApplicationState {
                application: application.clone(),
                slot: slot.cloned().unwrap_or_else(|| Slot::new(id.clone())),
                is_registered,
            })
        });
        Ok(states.collect())
    }

    async fn list_applications(
        &self,
        after: Option<&ApplicationId>,
        limit: usize,
    ) -> Result<Vec<ApplicationId>, StoreError> {
        Ok(self.state.borrow().applications.list(after, limit))
    }

    async fn find_application_by_pipeline(
        &self,
        pipeline: &Pipeline,
    ) -> Result<Option<ApplicationId>, StoreError> {
        Ok(self.state.borrow().applications.find_by_pipeline(pipeline))
    }

    async fn record_registration(&self, registration: &Registration) -> Result<(), StoreError> {
        self.state.borrow_mut().applications.register(registration);
        Ok(())
    }

    async fn remove_registration(&self, application: &ApplicationId) -> Result<(), StoreError> {
        self.state.borrow_mut().applications.remove(application);
        Ok(())
    }

    async fn load_dependencies(
        &self,
        application: &ApplicationId,
    ) -> Result<Vec<Dependency>, StoreError> {
        Ok(self.state.borrow().applications.dependencies(application))
    }

    async fn load_edges(
        &self,
        application: &ApplicationId,
        packages: &BTreeSet<PackageId>,
    ) -> Result<Vec<Edge>, StoreError> {
        Ok(self
            .state
            .borrow()
            .applications
            .edges(application, packages))
    }

    async fn load_dependents(
        &self,
        package: &PackageId,
        after: Option<&EdgeCursor>,
        limit: usize,
    ) -> Result<EdgePage, StoreError> {
        Ok(self
            .state
            .borrow()
            .applications
            .dependents(package, after, limit))
    }

    async fn count_dependents(&self, package: &PackageId) -> Result<u64, StoreError> {
        Ok(self.state.borrow().applications.count_dependents(package))
    }

    async fn load_inventory(&self, package: &PackageId) -> Result<PackageInventory, StoreError> {
        let state = self.state.borrow();
        Ok(PackageInventory {
            package: package.clone(),
            repositories: state.inventories.get(package).cloned().unwrap_or_default(),
        })
    }

    async fn commit(&self, commit: &Commit) -> Result<CommitOutcome, StoreError> {
        self.state.borrow_mut().commit(commit)
    }

    async fn load_controls(&self) -> Result<Controls, StoreError> {
        Ok(self.state.borrow().controls.clone())
    }

    async fn load_active_producers(&self) -> Result<Vec<ActiveProducer>, StoreError> {
        Ok(self.state.borrow().markers.values().cloned().collect())
    }

    async fn load_budget(&self, target: &Target) -> Result<BTreeSet<RebuildId>, StoreError> {
        let state = self.state.borrow();
        Ok(state.budgets.get(target).cloned().unwrap_or_default())
    }

    async fn list_due(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<ApplicationId>, StoreError> {
        let index = &mut self.state.borrow_mut().index;
        index.catch_up(self.lag.0.get());
        Ok(index.due(now, limit))
    }

    async fn list_waiting(
        &self,
        waiting_for: &WaitingFor,
        after: Option<&(Timestamp, ApplicationId)>,
        limit: usize,
    ) -> Result<Vec<(Timestamp, ApplicationId)>, StoreError> {
        let index = &mut self.state.borrow_mut().index;
        index.catch_up(self.lag.0.get());
        Ok(index.waiting(waiting_for, after, limit))
    }

    async fn list_busy(
        &self,
        after: Option<&ApplicationId>,
        limit: usize,
    ) -> Result<Vec<ApplicationId>, StoreError> {
        let index = &mut self.state.borrow_mut().index;
        index.catch_up(self.lag.0.get());
        Ok(index.busy(after, limit))
    }

    async fn record_heard(&self, heard: &[Heard]) -> Result<(), StoreError> {
        let mut state = self.state.borrow_mut();
        for heard in heard {
            let key = (heard.domain_owner.clone(), heard.domain.clone());
            let known = state.heard.entry(key).or_insert(heard.at);
            *known = heard.at.max(*known);
        }
        Ok(())
    }

    async fn load_heard(&self) -> Result<Vec<Heard>, StoreError> {
        let state = self.state.borrow();
        let heard = state
            .heard
            .iter()
            .map(|((domain_owner, domain), at)| Heard {
                domain_owner: domain_owner.clone(),
                domain: domain.clone(),
                at: *at,
            });
        Ok(heard.collect())
    }

    async fn load_rollouts(
        &self,
        changes: &[PackageVersionId],
    ) -> Result<Vec<Rollout>, StoreError> {
        if changes.len() > LOAD_ROLLOUTS_MAX {
            let text = format!(
                "{} rollouts asked for at once, at most {LOAD_ROLLOUTS_MAX} are read",
                changes.len()
            );
            return Err(StoreError::Permanent(text));
        }
        let state = self.state.borrow();
        let found = changes
            .iter()
            .filter_map(|change| state.rollouts.get(change));
        Ok(found.cloned().collect())
    }

    /// On DynamoDB from an index; a rollout that is not listed yet is reviewed in the next pass.
    async fn list_rollouts(
        &self,
        after: Option<&PackageVersionId>,
        limit: usize,
    ) -> Result<Vec<PackageVersionId>, StoreError> {
        let state = self.state.borrow();
        let open = state.rollouts.values().filter(|rollout| !rollout.is_over);
        let changes = open.map(|rollout| &rollout.package_version);
        let later = changes.filter(|change| after.is_none_or(|after| *change > after));
        Ok(later.take(limit).cloned().collect())
    }

    async fn load_checkup(&self) -> Result<Checkup, StoreError> {
        Ok(self.state.borrow().checkup.clone())
    }

    async fn record_checkup(&self, checkup: &Checkup) -> Result<CommitOutcome, StoreError> {
        let mut state = self.state.borrow_mut();
        let is_written = replaces(checkup.revision, state.checkup.revision)?;
        if is_written {
            state.checkup = checkup.clone();
        }
        Ok(outcome(is_written))
    }

    async fn load_history(
        &self,
        of: &HistoryOf,
        limit: usize,
    ) -> Result<Vec<HistoryEntry>, StoreError> {
        Ok(self.state.borrow().history.load(of, limit))
    }
}
