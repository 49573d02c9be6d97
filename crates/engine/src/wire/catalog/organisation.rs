//! Everything but the applications: defaults, owners, repositories, targets, package patterns, freezes, rollouts.

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::{AccountId, OwnerId, RegionName, Repository, RepositoryId, Topology};

use super::Defaults;
use super::at::At;
use super::freezes::parse_freezes;
use super::keys::{CatalogKeys, DefaultsKeys, OwnerKeys, RepositoryKeys, StartKey};
use super::names::{RepositoryNames, parse_key, parse_patterns, parse_target, parse_text};
use super::policy::{Layer, parse_layer};
use super::report::{Path, Report};
use super::rollout::parse_rollout;
use super::upstreams::report_cycles;
use super::windows::KnownWindows;

/// What applications refer to.
pub(super) struct Organisation<'k> {
    pub(super) topology: Topology,
    /// Of the default target; the flags tell one that is given but invalid, which is reported once, from none.
    pub(super) account: Option<AccountId>,
    pub(super) region: Option<RegionName>,
    pub(super) is_account_given: bool,
    pub(super) is_region_given: bool,
    /// The repositories of `defaults`.
    pub(super) repositories: Option<Vec<RepositoryId>>,
    pub(super) policy: Layer,
    pub(super) owners: BTreeMap<OwnerId, Owner<'k>>,
    pub(super) windows: KnownWindows,
    names: RepositoryNames,
}

pub(super) struct Owner<'k> {
    pub(super) policy: Layer,
    /// The pipelines its applications may name; `None`: any.
    pub(super) pipelines: Option<&'k [String]>,
}

impl<'k> Organisation<'k> {
    pub(super) fn parse(report: &mut Report<'_>, keys: &'k CatalogKeys) -> Self {
        let nothing_said = DefaultsKeys::default();
        let defaults = keys.defaults.as_ref().unwrap_or(&nothing_said);
        let root = Path::Root;
        let path = root.key("defaults");
        let names = RepositoryNames {
            domain: parse_key(report, &path, "domain", defaults.domain.as_ref()),
            domain_owner: parse_key(
                report,
                &path,
                "domain_owner",
                defaults.domain_owner.as_ref(),
            ),
            is_domain_given: defaults.domain.is_some() && defaults.domain_owner.is_some(),
            written: keys
                .repositories
                .keys()
                .map(|key| key.get().clone())
                .collect(),
        };
        let windows = KnownWindows::default();
        let policy = parse_layer(report, &path, &defaults.policy(), &[], &windows);
        let mut organisation = Self {
            account: parse_key(report, &path, "account", defaults.account.as_ref()),
            region: parse_key(report, &path, "region", defaults.region.as_ref()),
            is_account_given: defaults.account.is_some(),
            is_region_given: defaults.region.is_some(),
            owners: parse_owners(report, &keys.owners, &policy, &windows),
            topology: Topology {
                is_shadow: keys.shadow.unwrap_or(false),
                internal: parse_patterns(report, "internal", &keys.internal),
                mutable: parse_patterns(report, "mutable", &keys.mutable),
                urgent: parse_patterns(report, "urgent", &keys.urgent),
                freezes: parse_freezes(report, &keys.freezes),
                rollout: parse_rollout(report, keys),
                ..Topology::default()
            },
            policy,
            repositories: None,
            windows,
            names,
        };
        organisation.add_repositories(report, &keys.repositories);
        organisation.add_accounts(report, keys);
        organisation.add_targets(report, keys);
        organisation.repositories = defaults.repositories.as_ref().map(|written| {
            organisation.parse_references(report, &path.key("repositories"), written)
        });
        organisation
    }

    /// What `[defaults]` says of where packages come from.
    pub(super) fn defaults(&self) -> Defaults {
        Defaults {
            region: self.region.clone(),
            domain_owner: self.names.domain_owner.clone(),
            domain: self.names.domain.clone(),
            repositories: self.repositories.clone().unwrap_or_default(),
        }
    }

    /// Repositories of the catalog; reports the unknown and the repeated ones.
    pub(super) fn parse_references(
        &self,
        report: &mut Report<'_>,
        path: &Path<'_>,
        written: &[At<String>],
    ) -> Vec<RepositoryId> {
        let mut found = Vec::with_capacity(written.len());
        for (index, text) in written.iter().enumerate() {
            let path = path.index(index);
            let Some(repository) = self.parse_reference(report, &path, text) else {
                continue;
            };
            if found.contains(&repository) {
                report.problem(
                    text.span(),
                    &path,
                    format!("`{}` is named twice", text.get()),
                );
            } else {
                found.push(repository);
            }
        }
        found
    }

    /// One repository of the catalog.
    pub(super) fn parse_reference(
        &self,
        report: &mut Report<'_>,
        path: &Path<'_>,
        text: &At<String>,
    ) -> Option<RepositoryId> {
        let repository = self.parse_name(report, path, text)?;
        if self.topology.repositories.contains_key(&repository) {
            return Some(repository);
        }
        let written = self.names.written.iter().map(String::as_str);
        let message = format!("unknown repository `{}`", text.get());
        report.unknown(text.span(), path, message, text.get(), written);
        None
    }

    /// A repository's full name, whether it is in the catalog or not.
    fn parse_name(
        &self,
        report: &mut Report<'_>,
        path: &Path<'_>,
        text: &At<String>,
    ) -> Option<RepositoryId> {
        match self.names.parse(text.get()) {
            Ok(repository) => Some(repository),
            Err(reason) => {
                if let Some(reason) = reason {
                    report.problem(text.span(), path, reason);
                }
                None
            }
        }
    }

    fn add_repositories(
        &mut self,
        report: &mut Report<'_>,
        tables: &BTreeMap<At<String>, RepositoryKeys>,
    ) {
        let root = Path::Root;
        let section = root.key("repositories");
        for key in tables.keys() {
            let path = section.key(key.get());
            if let Some(id) = self.parse_name(report, &path, key) {
                let repositories = &mut self.topology.repositories;
                if repositories.insert(id, Repository::default()).is_some() {
                    report.problem(key.span(), &path, "this repository is listed twice");
                }
            }
        }
        let mut written = BTreeMap::new();
        for (key, table) in tables {
            let path = section.key(key.get());
            let upstreams = self.parse_references(report, &path.key("upstreams"), &table.upstreams);
            let connection = table.external_connection.as_ref().filter(|connection| {
                check_connection(report, &path.key("external_connection"), connection)
            });
            if let Ok(id) = self.names.parse(key.get()) {
                written.insert(id.clone(), (key, table));
                let repository = Repository {
                    upstreams,
                    external_connections: connection
                        .map(|name| name.get().clone())
                        .into_iter()
                        .collect(),
                };
                self.topology.repositories.insert(id, repository);
            }
        }
        report_cycles(report, &self.topology.repositories, &written);
    }

    fn add_accounts(&mut self, report: &mut Report<'_>, keys: &CatalogKeys) {
        let root = Path::Root;
        let mut parse = |name: &str, written: &Option<Vec<At<String>>>| {
            written.as_ref().map(|written| {
                let path = root.key(name);
                written
                    .iter()
                    .enumerate()
                    .filter_map(|(index, text)| parse_text(report, &path.index(index), text))
                    .collect::<BTreeSet<AccountId>>()
            })
        };
        let domain_owners = parse("domain_owners", &keys.domain_owners);
        let receivers = parse("accounts", &keys.accounts);
        if let Some(accepted) = &domain_owners {
            for key in keys.repositories.keys() {
                if let Ok(id) = self.names.parse(key.get())
                    && !accepted.contains(&id.domain_owner)
                {
                    let message = format!(
                        "its events would be refused: {} is not in domain_owners",
                        id.domain_owner
                    );
                    let section = root.key("repositories");
                    report.problem(key.span(), &section.key(key.get()), message);
                }
            }
        }
        let ids = self.topology.repositories.keys();
        self.topology.domain_owners =
            domain_owners.unwrap_or_else(|| ids.map(|id| id.domain_owner.clone()).collect());
        self.topology.receivers = receivers.unwrap_or_default();
    }

    fn add_targets(&mut self, report: &mut Report<'_>, keys: &CatalogKeys) {
        let root = Path::Root;
        let section = root.key("targets");
        for (key, table) in &keys.targets {
            let budget = table.budget.unwrap_or(Topology::BUDGET_DEFAULT);
            match parse_target(key.get()) {
                Ok(target) => {
                    if let Some(kept) = &table.urgent {
                        let path = section.key(key.get());
                        check_kept(report, &path.key("urgent"), kept, budget);
                        let kept = *kept.get();
                        self.topology.urgent_budgets.insert(target.clone(), kept);
                    }
                    if table.start == Some(StartKey::Event) {
                        self.topology.event_started.insert(target.clone());
                    }
                    self.topology.budgets.insert(target, budget);
                }
                Err(message) => report.problem(key.span(), &section.key(key.get()), message),
            }
        }
    }
}

fn parse_owners<'k>(
    report: &mut Report<'_>,
    tables: &'k BTreeMap<At<String>, OwnerKeys>,
    defaults: &Layer,
    windows: &KnownWindows,
) -> BTreeMap<OwnerId, Owner<'k>> {
    let root = Path::Root;
    let section = root.key("owners");
    let mut owners = BTreeMap::new();
    for (key, table) in tables {
        let path = section.key(key.get());
        let policy = parse_layer(report, &path, &table.policy(), &[defaults], windows);
        if let Some(id) = parse_text(report, &path, key) {
            let pipelines = table.pipelines.as_deref();
            owners.insert(id, Owner { policy, pipelines });
        }
    }
    owners
}

/// What is kept for urgent rebuilds leaves one place at least for the others.
fn check_kept(report: &mut Report<'_>, path: &Path<'_>, kept: &At<u32>, budget: u32) {
    let max = budget.saturating_sub(1);
    if *kept.get() > max {
        let message = format!(
            "{} places for urgent rebuilds leave none of the budget of {budget} for others: at most {max}",
            kept.get()
        );
        report.proposing(kept.span(), path, message, Some(max.to_string()));
    }
}

/// CodeArtifact's names all begin with `public:`; which ones there are grows, so only the form is checked.
fn check_connection(report: &mut Report<'_>, path: &Path<'_>, connection: &At<String>) -> bool {
    let text = connection.get();
    let is_plausible = text.strip_prefix("public:").is_some_and(|name| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
    });
    if !is_plausible {
        let message = format!(
            "`{text}` is not an external connection: expected a name such as `public:npmjs`"
        );
        report.problem(connection.span(), path, message);
    }
    is_plausible
}
