//! A deployment's own store and queues, for questions and operators' commands.

use std::collections::BTreeSet;
use std::pin::pin;
use std::time::Duration;

use downriver_aws::bus::EventBus;
use downriver_aws::deployment::Deployment;
use downriver_aws::queue::SqsQueue;
use downriver_aws::store::DynamoStore;
use downriver_domain::version::PackageVersionId;
use downriver_engine::history::{HistoryBody, HistoryEntry};
use downriver_engine::ports::{HistoryOf, Ports, Store as _};

use super::Desk;
use super::still::{Still, wall_clock};
use crate::exit::refuse;
use crate::known::applications;
use crate::terminal::Terminal;

/// Applications, and versions named in their histories, whose entries are put together for a history of everything: one
/// query each.
const HISTORIES_READ_MAX: usize = 200;
/// How often people see that work goes on.
const TICK: Duration = Duration::from_millis(250);

pub(crate) struct DeployedDesk {
    name: String,
    store: DynamoStore,
    queue: SqsQueue,
    bus: EventBus,
    is_shadow: bool,
    still: Still,
}

impl DeployedDesk {
    pub(crate) fn new(deployment: &Deployment) -> Self {
        Self {
            name: deployment.name().to_owned(),
            store: deployment.store(),
            queue: deployment.queue(),
            bus: deployment.bus(),
            is_shadow: deployment.is_shadow(),
            still: Still::at(wall_clock()),
        }
    }
}

impl Desk for DeployedDesk {
    fn deployment(&self) -> Option<&str> {
        Some(&self.name)
    }

    fn has_past(&self) -> bool {
        true
    }

    /// Put together from the histories of all applications and of the versions that are named in them.
    async fn newest(&self, limit: usize) -> anyhow::Result<Vec<HistoryEntry>> {
        let ids = applications(self).await?;
        if ids.len() > HISTORIES_READ_MAX {
            return Err(refuse(format!(
                "deployment {} has {} applications, too many to read everything that was decided: name one, or a version",
                self.name,
                ids.len()
            )));
        }
        let mut entries: Vec<HistoryEntry> = Vec::new();
        for id in ids {
            let of = HistoryOf::Application(id);
            entries.extend(self.store.load_history(&of, limit).await?);
        }
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.at));
        entries.truncate(limit);
        for version in versions(&entries) {
            let of = HistoryOf::PackageVersion(version);
            for entry in self.store.load_history(&of, limit).await? {
                if !entries.contains(&entry) {
                    entries.push(entry);
                }
            }
        }
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.at));
        entries.truncate(limit);
        Ok(entries)
    }

    async fn patiently<T>(&self, terminal: &mut Terminal, work: impl Future<Output = T>) -> T {
        patiently(terminal, &format!("asking deployment {}", self.name), work).await
    }
}

/// The versions that entries are about, those of the newest first, so many that reading them stays bounded.
fn versions(entries: &[HistoryEntry]) -> BTreeSet<PackageVersionId> {
    let named = entries.iter().flat_map(|entry| {
        let changes = match &entry.body {
            HistoryBody::Rebuild(record) => record.changes.as_slice(),
            _ => &[],
        };
        let changed = changes.iter().map(|change| &change.package_version);
        changed.chain(entry.package_version.as_ref())
    });
    let mut versions = BTreeSet::new();
    for version in named {
        if versions.len() == HISTORIES_READ_MAX {
            break;
        }
        versions.insert(version.clone());
    }
    versions
}

/// Carries work out, and says what it is where it takes long.
pub(crate) async fn patiently<T>(
    terminal: &mut Terminal,
    what: &str,
    work: impl Future<Output = T>,
) -> T {
    let mut work = pin!(work);
    let mut waited = Duration::ZERO;
    loop {
        if let Ok(done) = tokio::time::timeout(TICK, &mut work).await {
            terminal.end_progress();
            return done;
        }
        waited += TICK;
        terminal.show_progress(|| format!("{what} … {} s", waited.as_secs()));
    }
}

impl Ports for DeployedDesk {
    type Store = DynamoStore;
    type Queue = SqsQueue;
    type Pipelines = Still;
    type Registry = Still;
    type Artifacts = Still;
    type Bus = EventBus;
    type Clock = Still;

    fn store(&self) -> &DynamoStore {
        &self.store
    }

    fn queue(&self) -> &SqsQueue {
        &self.queue
    }

    fn pipelines(&self) -> &Still {
        &self.still
    }

    fn registry(&self) -> &Still {
        &self.still
    }

    fn artifacts(&self) -> &Still {
        &self.still
    }

    fn bus(&self) -> &EventBus {
        &self.bus
    }

    fn clock(&self) -> &Still {
        &self.still
    }

    fn is_shadow(&self) -> bool {
        self.is_shadow
    }
}
