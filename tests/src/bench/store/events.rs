//! From an event's bytes to the verdicts on every dependent, continuation pages included.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use downriver_domain::version::PackageId;
use downriver_domain::{Sighting, Timestamp, Topology};
use downriver_engine::ports::{Ports, Store};
use downriver_engine::resolve;
use downriver_engine::wire::Sources;
use downriver_engine::wire::codeartifact::{self, PackageVersionEvent};

use downriver_local::sqlite::SqliteStore;
use downriver_local::world::complete;
use serde_json::json;

use super::organisation::{Organisation, Probe};
use super::ports::BenchPorts;
use super::{memory_peak, nanos, path_of};
use crate::bench::measure::as_float;
use crate::bench::report::{Measurement, Unit};

/// Runs of the event that concerns everybody, each on a fresh copy of the store.
const RUNS: usize = 3;
/// Events with a hundred dependents, each of other applications.
const HUNDREDS: usize = 9;
const SINGLES: usize = 1_000;
const BURST_EVENTS: usize = 1_000;
/// Packages of the burst: these ranks of the popularity order.
const BURST_RANKS: std::ops::Range<usize> = 2_000..2_020;
/// Messages that the function `resolve` takes at once.
const BATCH: usize = 10;

const TARGET_ALL_NANOS: f64 = 1e9;
const TARGET_HUNDRED_NANOS: f64 = 5e6;

pub(super) fn run(folder: &Path, applications: usize) -> Result<Vec<Measurement>> {
    let organisation = Organisation::new(applications);
    let mut all = Vec::new();
    let mut all_again = Vec::new();
    let mut measurements = Vec::new();
    for run in 0..RUNS {
        let bench = Bench::open(folder, applications, run)?;
        let package = Organisation::probe(Probe::All);
        all.push(nanos(bench.publish(&package, "1.9.0", applications)?));
        all_again.push(nanos(bench.publish(&package, "1.9.1", applications)?));
        bench.close()?;
    }
    let bench = Bench::open(folder, applications, RUNS)?;
    let mut hundreds = Vec::new();
    for number in 0..HUNDREDS.min(applications / 100) {
        let package = Organisation::probe(Probe::Hundred(number));
        hundreds.push(nanos(bench.publish(&package, "1.9.0", 100)?));
    }
    let mut singles = Vec::new();
    for number in 0..SINGLES.min(applications - applications / 10) {
        // Others than those whose slots are no longer idle, as far as there are any.
        let package = Organisation::probe(Probe::One(applications - 1 - number));
        singles.push(nanos(bench.publish(&package, "1.9.0", 1)?));
    }
    bench.close()?;
    let bench = Bench::open(folder, applications, RUNS + 1)?;
    let (burst, writes) = bench.burst(&organisation)?;
    bench.close()?;
    let per_second = 1e9 * as_float(singles.len()) / singles.iter().sum::<f64>();
    let event = |dependents: usize| format!("event → verdicts, {dependents} dependents");
    measurements.push(
        Measurement::new(event(applications), Unit::Nanos, all).with_target(TARGET_ALL_NANOS),
    );
    measurements.push(Measurement::new(
        "the next version of the same package",
        Unit::Nanos,
        all_again,
    ));
    measurements.push(
        Measurement::new(event(100), Unit::Nanos, hundreds).with_target(TARGET_HUNDRED_NANOS),
    );
    measurements.push(Measurement::new(event(1), Unit::Nanos, singles));
    measurements.push(Measurement::new(
        "events with 1 dependent",
        Unit::PerSecond,
        vec![per_second],
    ));
    measurements.push(Measurement::new(
        format!(
            "burst of {BURST_EVENTS} events on {} packages, {writes} slot writes",
            BURST_RANKS.len()
        ),
        Unit::Nanos,
        vec![nanos(burst)],
    ));
    measurements.extend(memory_peak());
    Ok(measurements)
}

/// A copy of the store with the engine over it.
struct Bench {
    path: PathBuf,
    ports: BenchPorts,
    topology: Arc<Topology>,
}

impl Bench {
    fn open(folder: &Path, applications: usize, run: usize) -> Result<Self> {
        let loaded = path_of(folder, applications);
        let path = folder.join(format!("store-{applications}-{run}.sqlite"));
        std::fs::copy(&loaded, &path)
            .with_context(|| format!("failed to copy {}", loaded.display()))?;
        let store = SqliteStore::open(&path)?;
        let topology = complete(store.load_topology())?;
        // A day after everything was registered.
        let ports = BenchPorts::new(store, Timestamp::from_unix_millis(86_400_000));
        Ok(Self {
            path,
            ports,
            topology,
        })
    }

    fn close(self) -> Result<()> {
        let Self { path, ports, .. } = self;
        drop(ports);
        std::fs::remove_file(&path).with_context(|| format!("failed to delete {}", path.display()))
    }

    /// The time from the event's bytes until its last page is judged. Every dependent has to become pending.
    fn publish(&self, package: &PackageId, version: &str, dependents: usize) -> Result<Duration> {
        self.ports.advance(1);
        let event = event(package, version);
        let before = self.ports.timers();
        let started = Instant::now();
        self.resolve(&[event])?;
        let taken = started.elapsed();
        let written = self.ports.timers() - before;
        ensure!(
            written == dependents,
            "{package}@{version}: {written} of {dependents} slots were written"
        );
        Ok(taken)
    }

    /// Many events in batches; also the slots written.
    fn burst(&self, organisation: &Organisation) -> Result<(Duration, usize)> {
        let events: Vec<Vec<u8>> = (0..BURST_EVENTS)
            .map(|number| {
                let ranks = BURST_RANKS.len();
                let package = organisation.at_rank(BURST_RANKS.start + number % ranks);
                event(package, &format!("1.9.{}", number / ranks))
            })
            .collect();
        let before = self.ports.timers();
        let started = Instant::now();
        for batch in events.chunks(BATCH) {
            self.resolve(batch)?;
        }
        Ok((started.elapsed(), self.ports.timers() - before))
    }

    fn accept(&self, event: &[u8]) -> Result<Sighting> {
        let event: PackageVersionEvent = codeartifact::parse(event, &Sources::default())?;
        Ok(codeartifact::accept(event, &self.topology)?)
    }

    /// Delivers a batch of events, and the pages that follow from it. Each message is one step of the store, durable
    /// before the next is taken, as it is in the embedded world.
    fn resolve(&self, events: &[Vec<u8>]) -> Result<()> {
        let sightings = events
            .iter()
            .map(|event| self.accept(event))
            .collect::<Result<Vec<_>>>()?;
        let store = self.ports.store();
        store.begin_step()?;
        complete(resolve::resolve(&self.ports, &sightings))?;
        store.end_step()?;
        while let Some(page) = self.ports.take_page() {
            store.begin_step()?;
            complete(resolve::resolve_page(&self.ports, &page))?;
            store.end_step()?;
        }
        Ok(())
    }
}

fn event(package: &PackageId, version: &str) -> Vec<u8> {
    let event = json!({
        "version": "0",
        "id": "ffabc6c5-1c0d-70ae-8578-75c862f6f4d9",
        "detail-type": "CodeArtifact Package Version State Change",
        "source": "aws.codeartifact",
        "account": "111122223333",
        "time": "1970-01-02T00:00:00Z",
        "region": "eu-west-1",
        "resources": [],
        "detail": {
            "domainName": "acme",
            "domainOwner": "111122223333",
            "repositoryName": "shared",
            "repositoryAdministrator": "111122223333",
            "packageFormat": package.format().as_str(),
            "packageNamespace": package.namespace(),
            "packageName": package.name(),
            "packageVersion": version,
            "packageVersionState": "Published",
            "packageVersionRevision": "47EF7D4C348DFE01DB497561485363F9",
            "changes": {
                "assetsAdded": 1, "assetsRemoved": 0, "metadataUpdated": true, "assetsUpdated": 0, "statusChanged": true
            },
            "operationType": "Created",
            "sequenceNumber": 8,
            "eventDeduplicationId": "CB5pcVTwBgBRBOYSzev4EpoI891DGdaWDqzL10ZMVy8="
        }
    });
    event.to_string().into_bytes()
}
