//! The history: append only, an entry found by its application, by its change, or by both.

use std::collections::BTreeMap;
use std::rc::Rc;

use downriver_domain::ApplicationId;
use downriver_domain::version::PackageVersionId;
use downriver_engine::history::HistoryEntry;
use downriver_engine::ports::HistoryOf;

#[derive(Debug, Default)]
pub(super) struct History {
    of_application: BTreeMap<ApplicationId, Entries>,
    of_version: BTreeMap<PackageVersionId, Entries>,
}

/// Oldest first; of one instant, the one written first.
type Entries = Vec<Rc<HistoryEntry>>;

impl History {
    pub(super) fn append(&mut self, entry: &HistoryEntry) {
        let shared = Rc::new(entry.clone());
        if let Some(application) = &entry.application {
            let entries = self.of_application.entry(application.clone()).or_default();
            insert(entries, Rc::clone(&shared));
        }
        if let Some(package_version) = &entry.package_version {
            let entries = self.of_version.entry(package_version.clone()).or_default();
            insert(entries, shared);
        }
    }

    /// Newest first.
    pub(super) fn load(&self, of: &HistoryOf, limit: usize) -> Vec<HistoryEntry> {
        let entries = match of {
            HistoryOf::Application(application) => self.of_application.get(application),
            HistoryOf::PackageVersion(package_version) => self.of_version.get(package_version),
        };
        let newest = entries.into_iter().flatten().rev().take(limit);
        newest.map(|entry| HistoryEntry::clone(entry)).collect()
    }
}

fn insert(entries: &mut Entries, entry: Rc<HistoryEntry>) {
    let place = entries.partition_point(|known| known.at <= entry.at);
    entries.insert(place, entry);
}
