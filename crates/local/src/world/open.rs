//! Begins a replay, or goes on with one.

use downriver_domain::Timestamp;
use downriver_domain::slot::WaitingFor;
use downriver_engine::ports::Store as _;
use downriver_engine::register;
use downriver_engine::sweep::SWEEP_INTERVAL_SECS;
use serde::{Deserialize, Serialize};

use super::ports::{Simulation, complete};
use super::{ReplayInput, World, WorldError};
use crate::simulator::state::{COUNTERS, Row, read, written};
use crate::simulator::{Item, Simulator, prepare};
use crate::sqlite::SqliteStore;

/// Counts the forms of the rows; a replay of another form is not gone on with.
const FORM: u32 = 1;
const REPLAY: &str = "replay";
const HOLDER: &str = "holder";
pub(super) const QUARANTINE: &str = "quarantine/";

#[derive(Serialize, Deserialize)]
struct ReplayRow {
    form: u32,
    fingerprint: String,
}

/// How far the clock of the replay in this store has come; `None` if it holds no replay.
pub fn clock_of(store: &SqliteStore) -> Result<Option<Timestamp>, WorldError> {
    let mut simulator = Simulator::default();
    for (key, text) in store.load_simulation_rows()? {
        if key == COUNTERS {
            simulator
                .restore(&key, &text)
                .map_err(|reason| WorldError::BrokenRow { key, reason })?;
            return Ok(Some(simulator.now()));
        }
    }
    Ok(None)
}

impl World {
    /// A replay of `input` in `store`: begun if the store holds none, gone on with if it holds one of the same input.
    ///
    /// A new one registers the catalog's applications one second before the first event. Another process that has the
    /// same replay under way fails at its next transaction.
    pub fn open(store: SqliteStore, input: ReplayInput) -> Result<Self, WorldError> {
        let fingerprint = input.fingerprint();
        let told = input.story;
        let arranged = ReplayInput::arrange(input.events, input.sources, &told);
        let prepared = prepare(input.catalog, &told, arranged.first)?;
        // Before anything is read: another process may be beginning the same replay.
        store.begin_step()?;
        let rows = store.load_simulation_rows()?;
        let holder = 1 + holder_of(&store)?;
        let holds = (HOLDER.to_owned(), Some(written(&holder)));
        let quarantined = input.broken;
        if let Some((_, replay)) = rows.iter().find(|(key, _)| key == REPLAY) {
            check_same(replay, &fingerprint)?;
            let simulator = Simulator::of(prepared.facts);
            let mut world = Self {
                store,
                simulation: Simulation::new(simulator),
                input: arranged,
                quarantined,
                is_in_transaction: true,
                holder,
            };
            world.restore(&rows)?;
            world.record(vec![holds])?;
            world.flush()?;
            world.make_up_for_lost_timers()?;
            return Ok(world);
        }
        let registered_at = arranged.first.minus_secs(1);
        let simulator = Simulator::begin(&prepared, &told, arranged.first, registered_at)?;
        let mut world = Self {
            store,
            simulation: Simulation::new(simulator),
            input: arranged,
            quarantined,
            is_in_transaction: true,
            holder,
        };
        let replay = ReplayRow {
            form: FORM,
            fingerprint,
        };
        let rows = vec![(REPLAY.to_owned(), Some(written(&replay))), holds];
        complete(register::apply(&world, &prepared.catalog, registered_at))
            .map_err(WorldError::Apply)?;
        world.record(rows)?;
        world.flush()?;
        Ok(world)
    }

    /// What an operator made due in the store while no replay ran has no timer: the next sweep finds it.
    fn make_up_for_lost_timers(&mut self) -> Result<(), WorldError> {
        let is_paused = !complete(self.store.load_controls())?.pauses.is_empty();
        let is_held = !complete(self.store.list_waiting(&WaitingFor::Pause, None, 1))?.is_empty();
        let is_due = !complete(self.store.list_due(Timestamp::MAX, 1))?.is_empty();
        let has_sweep = self
            .simulation
            .with(|simulator| simulator.agenda.has_sweep());
        if !has_sweep && (is_due || (is_held && !is_paused)) {
            self.begin_transaction()?;
            let at = self.now().plus_secs(SWEEP_INTERVAL_SECS);
            self.simulator(|simulator| simulator.put(at, Item::Sweep));
        }
        Ok(())
    }

    pub(super) fn begin_transaction(&mut self) -> Result<(), WorldError> {
        if !self.is_in_transaction {
            self.store.begin_step()?;
            self.is_in_transaction = true;
            if holder_of(&self.store)? != self.holder {
                return Err(WorldError::TakenOver);
            }
        }
        Ok(())
    }

    /// Writes what changed in the simulated world, and `rows`.
    pub(super) fn record(&self, mut rows: Vec<Row>) -> Result<(), WorldError> {
        rows.extend(self.simulator(Simulator::take_rows));
        Ok(self.store.record_simulation_rows(&rows)?)
    }

    fn restore(&mut self, rows: &[(String, String)]) -> Result<(), WorldError> {
        for (key, text) in rows {
            let broken = |reason| WorldError::BrokenRow {
                key: key.clone(),
                reason,
            };
            if key.starts_with(QUARANTINE) {
                self.quarantined.push(read(text).map_err(broken)?);
            } else if key != REPLAY && key != HOLDER {
                let is_known = self
                    .simulator(|simulator| simulator.restore(key, text))
                    .map_err(broken)?;
                if !is_known {
                    return Err(broken("it is not known".to_owned()));
                }
            }
        }
        Ok(())
    }
}

/// The process that opened the replay last; 0 before the first one.
fn holder_of(store: &SqliteStore) -> Result<u64, WorldError> {
    let Some(text) = store.load_simulation_row(HOLDER)? else {
        return Ok(0);
    };
    read(&text).map_err(|reason| WorldError::BrokenRow {
        key: HOLDER.to_owned(),
        reason,
    })
}

fn check_same(replay: &str, fingerprint: &str) -> Result<(), WorldError> {
    let row: ReplayRow = read(replay).map_err(|reason| WorldError::BrokenRow {
        key: REPLAY.to_owned(),
        reason,
    })?;
    if row.form != FORM {
        return Err(WorldError::BrokenRow {
            key: REPLAY.to_owned(),
            reason: format!("form {}, this version has {FORM}", row.form),
        });
    }
    if row.fingerprint != fingerprint {
        return Err(WorldError::OtherReplay);
    }
    Ok(())
}
