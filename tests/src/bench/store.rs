//! The store on one SQLite file under the engine: loading an organisation, and what its events cost.
//!
//! Memory must not grow with the number of applications: every case runs for a tenth of the organisation too.

mod events;
mod organisation;
mod ports;
mod random;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use downriver_engine::ports::Store;
use downriver_local::sqlite::SqliteStore;
use downriver_local::world::complete;

use super::Setting;
use super::measure::{as_float, memory_peak_bytes};
use super::report::{Measurement, Unit};
use organisation::{DEPENDENCIES, Organisation};

const APPLICATIONS: usize = 10_000;

pub(super) fn load(setting: &Setting) -> Result<Vec<Measurement>> {
    load_into(&setting.folder, scaled(setting, APPLICATIONS))
}

pub(super) fn load_small(setting: &Setting) -> Result<Vec<Measurement>> {
    load_into(&setting.folder, scaled(setting, APPLICATIONS / 10))
}

pub(super) fn events(setting: &Setting) -> Result<Vec<Measurement>> {
    events::run(&setting.folder, scaled(setting, APPLICATIONS))
}

pub(super) fn events_small(setting: &Setting) -> Result<Vec<Measurement>> {
    events::run(&setting.folder, scaled(setting, APPLICATIONS / 10))
}

const fn scaled(setting: &Setting, applications: usize) -> usize {
    if setting.is_quick {
        applications / 10
    } else {
        applications
    }
}

/// The file that a load leaves for the events.
fn path_of(folder: &Path, applications: usize) -> PathBuf {
    folder.join(format!("store-{applications}.sqlite"))
}

fn load_into(folder: &Path, applications: usize) -> Result<Vec<Measurement>> {
    let path = path_of(folder, applications);
    let organisation = Organisation::new(applications);
    let store = SqliteStore::open(&path)?;
    let started = Instant::now();
    let making = Cell::new(Duration::ZERO);
    let mut registrations = organisation.registrations();
    let timed = std::iter::from_fn(|| {
        let started = Instant::now();
        let next = registrations.next();
        making.set(making.get() + started.elapsed());
        next
    });
    store.record_registrations(timed)?;
    let loading = started.elapsed().saturating_sub(making.get());
    complete(store.record_topology(&organisation.topology()))?;
    // Closing folds the write-ahead log into the file.
    drop(store);
    let size = std::fs::metadata(&path)
        .with_context(|| format!("failed to look at {}", path.display()))?;
    let size = as_float(usize::try_from(size.len())?);
    let edges = as_float(applications * DEPENDENCIES);
    let name = format!("{applications} applications × {DEPENDENCIES} dependencies");
    let mut measurements = vec![
        Measurement::new(name, Unit::Nanos, vec![nanos(loading)]),
        Measurement::new(
            "edges loaded",
            Unit::PerSecond,
            vec![edges / loading.as_secs_f64()],
        ),
        Measurement::new("size of the file", Unit::Bytes, vec![size]),
    ];
    measurements.extend(memory_peak());
    Ok(measurements)
}

fn memory_peak() -> Option<Measurement> {
    memory_peak_bytes().map(|bytes| Measurement::new("peak memory", Unit::Bytes, vec![bytes]))
}

fn nanos(time: Duration) -> f64 {
    time.as_secs_f64() * 1e9
}
