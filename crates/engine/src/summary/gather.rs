//! Reads what the numbers of an application need. What several applications share is read once, and forgotten when it is
//! too much.

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::impact::{Action, Judgement, Verdict};
use downriver_domain::inventory::View;
use downriver_domain::version::{PackageId, PackageVersionId};
use downriver_domain::{Application, ApplicationId, Origin, PackageInventory, Summary, Timestamp};

use super::count::{Period, SeenChange, summarise};
use crate::error::EngineError;
use crate::history::{HistoryBody, HistoryEntry};
use crate::ports::{ApplicationState, HistoryOf, Ports, Store};
use crate::session::Session;

/// Entries of an application's history that are read; what was decided before them does not count.
const HISTORY_READ_MAX: usize = 2_000;
/// Entries of a change's history that are read; an application that is named in older ones only counts as not judged.
const VERDICTS_READ_MAX: usize = 1_000;
/// Packages that are remembered at once; most of them with nothing that is recent.
const PACKAGES_REMEMBERED_MAX: usize = 20_000;
/// Changes whose verdicts are remembered at once.
const CHANGES_REMEMBERED_MAX: usize = 2_000;

type Verdicts = BTreeMap<ApplicationId, (Verdict, Action)>;

pub(crate) struct Gatherer<'a, P> {
    session: &'a Session<'a, P>,
    period: Period,
    /// Of each package, what appeared or was revised since the period began.
    recent: BTreeMap<PackageId, PackageInventory>,
    verdicts: BTreeMap<PackageVersionId, Verdicts>,
}

impl<'a, P: Ports> Gatherer<'a, P> {
    pub(crate) const fn new(session: &'a Session<'a, P>, period: Period) -> Self {
        Self {
            session,
            period,
            recent: BTreeMap::new(),
            verdicts: BTreeMap::new(),
        }
    }

    /// The numbers of one application: two queries, and what was not read for another one before.
    pub(crate) async fn summarise(
        &mut self,
        state: &ApplicationState,
    ) -> Result<Summary, EngineError> {
        let of = HistoryOf::Application(state.application.id.clone());
        let store = self.session.ports.store();
        let history = store.load_history(&of, HISTORY_READ_MAX).await?;
        let changes = self.changes(state).await?;
        Ok(summarise(&state.slot, &changes, &history, self.period))
    }

    /// Versions of the packages that the application follows, as they came into its sight.
    async fn changes(&mut self, state: &ApplicationState) -> Result<Vec<SeenChange>, EngineError> {
        let application = &state.application;
        let store = self.session.ports.store();
        let packages: BTreeSet<PackageId> = store
            .load_dependencies(&application.id)
            .await?
            .into_iter()
            .filter(|dependency| application.is_followed(dependency))
            .map(|dependency| dependency.package)
            .collect();
        let visible = self
            .session
            .topology
            .visible_from(&application.repositories);
        let mut changes = Vec::new();
        for package in packages {
            self.remember(&package).await?;
            let view = View::of(&self.recent[&package], &visible);
            for (version, seen_at) in self.appeared(application, &package, &view) {
                if seen_at < application.registered_at {
                    continue;
                }
                changes.push(SeenChange {
                    verdict: self.verdict(&version, &application.id).await?,
                    package_version: version,
                    seen_at,
                });
            }
        }
        Ok(changes)
    }

    /// A mutable version counts once, when it was last revised. Third-party versions that the application does not follow do
    /// not count, nor do those that are known from a list only: when they appeared is not known.
    fn appeared(
        &self,
        application: &Application,
        package: &PackageId,
        view: &View,
    ) -> Vec<(PackageVersionId, Timestamp)> {
        let topology = &self.session.topology;
        let is_every_origin =
            topology.is_internal(package) || application.policy.is_third_party_followed;
        let known = view
            .iter()
            .filter(|known| !known.is_seeded)
            .filter(|known| is_every_origin || known.origin != Origin::External);
        let dated = known.filter_map(|known| {
            let version = PackageVersionId::new(package.clone(), &known.text).ok()?;
            known.published_at?;
            let seen_at = if topology.is_mutable(&version) {
                known.revised_at.max(known.offered_at)
            } else {
                known.offered_at
            };
            Some((version, seen_at))
        });
        dated
            .filter(|(_, at)| self.period.since <= *at && *at < self.period.until)
            .collect()
    }

    async fn remember(&mut self, package: &PackageId) -> Result<(), EngineError> {
        if self.recent.contains_key(package) {
            return Ok(());
        }
        if self.recent.len() >= PACKAGES_REMEMBERED_MAX {
            self.recent.clear();
        }
        let store = self.session.ports.store();
        let mut inventory = store.load_inventory(package).await?;
        let since = self.period.since;
        for records in inventory.repositories.values_mut() {
            records.versions.retain(|_, record| {
                record.first_seen >= since
                    || record.revised_at >= since
                    || record.published_at.is_some_and(|at| at >= since)
            });
        }
        self.recent.insert(package.clone(), inventory);
        Ok(())
    }

    async fn verdict(
        &mut self,
        change: &PackageVersionId,
        application: &ApplicationId,
    ) -> Result<Option<(Verdict, Action)>, EngineError> {
        if !self.verdicts.contains_key(change) {
            if self.verdicts.len() >= CHANGES_REMEMBERED_MAX {
                self.verdicts.clear();
            }
            let of = HistoryOf::PackageVersion(change.clone());
            let store = self.session.ports.store();
            let entries = store.load_history(&of, VERDICTS_READ_MAX).await?;
            self.verdicts.insert(change.clone(), verdicts_of(entries));
        }
        Ok(self.verdicts[change].get(application).cloned())
    }
}

/// Of several verdicts one that asks for a rebuild counts, else the last one; what a later withdrawal meant does not.
fn verdicts_of(newest_first: Vec<HistoryEntry>) -> Verdicts {
    let mut verdicts = Verdicts::new();
    let judgements = newest_first
        .into_iter()
        .filter_map(|entry| match entry.body {
            HistoryBody::Verdicts(judgements) => Some(judgements),
            HistoryBody::Seen(_) | HistoryBody::Rebuild(_) | HistoryBody::Note(_) => None,
        });
    for judgement in judgements.flatten() {
        let Judgement {
            application,
            verdict,
            action,
            ..
        } = judgement;
        if matches!(verdict, Verdict::MovesOff(_) | Verdict::Stranded(_)) {
            continue;
        }
        let is_asking = matches!(action, Action::Rebuild | Action::Refresh);
        if is_asking || !verdicts.contains_key(&application) {
            verdicts.insert(application, (verdict, action));
        }
    }
    verdicts
}
