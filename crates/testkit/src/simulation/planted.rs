//! Bugs that are built into the ports on purpose, one for each known class of them: what the invariants are good for is
//! shown by their being found. The engine knows nothing of them.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, Ordering};

use downriver_domain::slot::{ActiveProducer, SlotState};
use downriver_domain::{ApplicationId, Cascade, PackageInventory, RebuildId};
use downriver_engine::history::HistoryBody;
use downriver_engine::ports::{
    ApplicationState, BudgetWrite, Commit, CommitOutcome, MarkerWrite, StartError, StartExecution,
    Store, StoreError, Trigger,
};

use super::ports::Worker;
use super::world::{Message, World};

/// A bug of an adapter, or of a decision as seen from the ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    LostPage,
    JoinedDropped,
    LostUpdate,
    BlindSecondStart,
    RepeatedCall,
    NamelessSession,
    MarkerUnwritten,
    MarkersCached,
    BudgetUnwritten,
    BudgetUnlimited,
    TimersDropped,
    HiddenState,
    ThrottledIsDenied,
    HistoryLeftOut,
    UnreadableSlot,
    Panic,
    CascadeCleared,
}

/// Builds of a slot with which it cannot be read back any more.
const BUILDS_READABLE: usize = 2;
/// Versions of a package with which its inventory makes a function panic.
const VERSIONS_SURVIVED: usize = 4;

/// What survives the end of a run and should not.
static RUNS: AtomicI64 = AtomicI64::new(0);

impl Bug {
    pub const ALL: [Self; 17] = [
        Self::LostPage,
        Self::JoinedDropped,
        Self::LostUpdate,
        Self::BlindSecondStart,
        Self::RepeatedCall,
        Self::NamelessSession,
        Self::MarkerUnwritten,
        Self::MarkersCached,
        Self::BudgetUnwritten,
        Self::BudgetUnlimited,
        Self::TimersDropped,
        Self::HiddenState,
        Self::ThrottledIsDenied,
        Self::HistoryLeftOut,
        Self::UnreadableSlot,
        Self::Panic,
        Self::CascadeCleared,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::LostPage => "lost-page",
            Self::JoinedDropped => "joined-dropped",
            Self::LostUpdate => "lost-update",
            Self::BlindSecondStart => "blind-second-start",
            Self::RepeatedCall => "repeated-call",
            Self::NamelessSession => "nameless-session",
            Self::MarkerUnwritten => "marker-unwritten",
            Self::MarkersCached => "markers-cached",
            Self::BudgetUnwritten => "budget-unwritten",
            Self::BudgetUnlimited => "budget-unlimited",
            Self::TimersDropped => "timers-dropped",
            Self::HiddenState => "hidden-state",
            Self::ThrottledIsDenied => "throttled-is-denied",
            Self::HistoryLeftOut => "history-left-out",
            Self::UnreadableSlot => "unreadable-slot",
            Self::Panic => "panic",
            Self::CascadeCleared => "cascade-cleared",
        }
    }

    /// The invariant that it breaks first of all.
    pub const fn breaks(self) -> &'static str {
        match self {
            Self::LostPage | Self::JoinedDropped => "I1",
            Self::BlindSecondStart => "I2",
            Self::LostUpdate | Self::RepeatedCall | Self::NamelessSession => "I3",
            Self::MarkerUnwritten | Self::MarkersCached => "I4",
            Self::BudgetUnwritten | Self::BudgetUnlimited => "I5",
            Self::TimersDropped => "I6",
            Self::HiddenState => "I7",
            Self::ThrottledIsDenied => "I8",
            Self::HistoryLeftOut => "I9",
            Self::UnreadableSlot | Self::Panic => "I10",
            Self::CascadeCleared => "I11",
        }
    }

    /// One line for people.
    pub const fn what(self) -> &'static str {
        match self {
            Self::LostPage => "the rest of a package's dependents is never sent",
            Self::JoinedDropped => "what joins while an execution runs is not written",
            Self::LostUpdate => "a commit overwrites whatever stands",
            Self::BlindSecondStart => "no answer to a start counts as not started",
            Self::RepeatedCall => "a start without answer is called again at once",
            Self::NamelessSession => "the attempt's name is not carried in the session",
            Self::MarkerUnwritten => "the marker of an active producer is not written",
            Self::MarkersCached => "markers are not read again before a start",
            Self::BudgetUnwritten => "no place in the budget is taken",
            Self::BudgetUnlimited => "the size of the budget is not looked at",
            Self::TimersDropped => "no timer arrives, and nothing is ever due",
            Self::HiddenState => "something of one run is left for the next",
            Self::ThrottledIsDenied => "a throttled start counts as denied",
            Self::HistoryLeftOut => "rebuilds are left out of the history",
            Self::UnreadableSlot => "a slot of two builds cannot be read back",
            Self::Panic => "an inventory of some versions makes a panic",
            Self::CascadeCleared => "the inventory forgets what a version descends from",
        }
    }

    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|bug| bug.name() == name)
    }
}

impl<S: Store> Worker<'_, S> {
    fn has(&self, bug: Bug) -> bool {
        self.simulation.world.borrow().bug == Some(bug)
    }

    pub(super) fn planted_commit<'c>(&self, commit: &'c Commit) -> Cow<'c, Commit> {
        let mut commit = Cow::Borrowed(commit);
        let Some(bug) = self.simulation.world.borrow().bug else {
            return commit;
        };
        match bug {
            Bug::JoinedDropped => {
                if let Some(slot) = &mut commit.to_mut().slot
                    && let SlotState::Starting(_) | SlotState::Running(_) = slot.state
                {
                    slot.joined.clear();
                }
            }
            Bug::MarkerUnwritten => {
                let marker = &mut commit.to_mut().marker;
                marker.take_if(|marker| matches!(marker, MarkerWrite::Put(_)));
            }
            Bug::BudgetUnwritten => commit.to_mut().budget = None,
            Bug::BudgetUnlimited => {
                if let Some(BudgetWrite::Take {
                    executions_in_flight_max,
                    ..
                }) = &mut commit.to_mut().budget
                {
                    *executions_in_flight_max = u32::MAX;
                }
            }
            Bug::HistoryLeftOut => {
                let history = &mut commit.to_mut().history;
                history.retain(|entry| !matches!(entry.body, HistoryBody::Rebuild(_)));
            }
            Bug::CascadeCleared => {
                let inventory = &mut commit.to_mut().inventory;
                for record in inventory.iter_mut().flat_map(|of| of.versions.values_mut()) {
                    record.cascade = Cascade::default();
                }
            }
            _ => {}
        }
        commit
    }

    /// Writes a commit; with the commit as it was carried out.
    pub(super) async fn write<'c>(
        &self,
        commit: Cow<'c, Commit>,
    ) -> Result<(CommitOutcome, Cow<'c, Commit>), StoreError> {
        let store = &self.simulation.store;
        let outcome = store.commit(&commit).await?;
        if outcome != CommitOutcome::Conflict || !self.has(Bug::LostUpdate) {
            return Ok((outcome, commit));
        }
        let mut commit = commit;
        if let Some(slot) = &mut commit.to_mut().slot {
            let ids = std::slice::from_ref(&slot.application);
            let states = store.load_applications(ids).await?;
            let standing = states.first().map_or(0, |state| state.slot.revision);
            slot.revision = standing + 1;
        }
        let outcome = store.commit(&commit).await?;
        Ok((outcome, commit))
    }

    pub(super) fn planted_markers(&self, markers: Vec<ActiveProducer>) -> Vec<ActiveProducer> {
        if !self.has(Bug::MarkersCached) {
            return markers;
        }
        self.markers_read
            .borrow_mut()
            .get_or_insert(markers)
            .clone()
    }

    pub(super) fn planted_budget(&self, held: BTreeSet<RebuildId>) -> BTreeSet<RebuildId> {
        if self.has(Bug::BudgetUnlimited) {
            BTreeSet::new()
        } else {
            held
        }
    }

    pub(super) fn planted_due(&self, due: Vec<ApplicationId>) -> Vec<ApplicationId> {
        if self.has(Bug::TimersDropped) {
            Vec::new()
        } else {
            due
        }
    }

    pub(super) fn planted_states(
        &self,
        states: Vec<ApplicationState>,
    ) -> Result<Vec<ApplicationState>, StoreError> {
        let is_unreadable = |state: &ApplicationState| state.slot.builds.len() >= BUILDS_READABLE;
        if self.has(Bug::UnreadableSlot) && states.iter().any(is_unreadable) {
            let text = "a slot cannot be decoded".to_owned();
            return Err(StoreError::Permanent(text));
        }
        Ok(states)
    }

    pub(super) fn planted_inventory(&self, inventory: PackageInventory) -> PackageInventory {
        if self.has(Bug::Panic) {
            let mut records = inventory.repositories.values();
            let is_survived = records.all(|record| record.versions.len() < VERSIONS_SURVIVED);
            assert!(is_survived, "planted: too many versions");
        }
        inventory
    }
}

impl World {
    /// The queue says that it took the message, and did not.
    pub(super) fn is_swallowed(&self, message: &Message) -> bool {
        match message {
            Message::Page(_) => self.bug == Some(Bug::LostPage),
            Message::Timer(_) => self.bug == Some(Bug::TimersDropped),
            _ => false,
        }
    }

    /// How the service is told who starts.
    pub(super) fn session_of(&self, start: &StartExecution) -> Trigger {
        if self.bug == Some(Bug::NamelessSession) {
            return Trigger::Session("downriver".to_owned());
        }
        Trigger::Session(start.attempt.to_string())
    }

    pub(super) fn planted_answer(
        &mut self,
        start: &StartExecution,
        answer: Result<usize, StartError>,
    ) -> Result<usize, StartError> {
        match (self.bug, &answer) {
            (Some(Bug::BlindSecondStart), Err(StartError::Unknown(_))) => {
                Err(StartError::Throttled)
            }
            (Some(Bug::ThrottledIsDenied), Err(StartError::Throttled)) => {
                Err(StartError::Denied("planted".to_owned()))
            }
            (Some(Bug::RepeatedCall), Err(StartError::Unknown(_))) => {
                let again = StartExecution {
                    token: crate::builders::id(&format!("{}-again", start.token)),
                    ..start.clone()
                };
                Ok(self.start(&again))
            }
            _ => answer,
        }
    }

    pub(super) fn planted_skew_millis(&self) -> i64 {
        if self.bug == Some(Bug::HiddenState) {
            return RUNS.fetch_add(1, Ordering::Relaxed) % 7;
        }
        0
    }
}
