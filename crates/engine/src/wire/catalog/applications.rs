//! Applications: each table becomes a registration, checked against the organisation and against the other applications.

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::catalog::matches_glob;
use downriver_domain::version::PackageId;
use downriver_domain::{
    Application, ApplicationId, OwnerId, Pipeline, PipelineName, RepositoryId, Target, Timestamp,
    Topology, Versioning,
};

use super::at::At;
use super::dependencies::{self, Files, is_path_below};
use super::keys::{ApplicationKeys, VersioningKey};
use super::names::{parse_key, parse_text};
use super::organisation::Organisation;
use super::policy::{build_role, merge_layers, parse_layer};
use super::report::{Path, Report};
use crate::ports::Registration;
use crate::register::Catalog;

/// All applications in order of id, without the organisation around them. One with a problem may be left out: then the
/// catalog is refused anyway.
pub(super) fn parse_applications(
    report: &mut Report<'_>,
    organisation: &Organisation<'_>,
    files: &Files<'_>,
    tables: &BTreeMap<At<String>, ApplicationKeys>,
) -> Catalog {
    let root = Path::Root;
    let section = root.key("applications");
    let mut pipelines = BTreeMap::new();
    let mut catalog = Catalog {
        topology: Topology::default(),
        applications: Vec::with_capacity(tables.len()),
        undeclared: BTreeSet::new(),
        folders: BTreeMap::new(),
    };
    for (key, keys) in tables {
        let path = section.key(key.get());
        let table = Table {
            key,
            keys,
            organisation,
        };
        let application = table.parse(report, &path);
        let dependencies = dependencies::parse_all(report, files, &path, keys);
        let folder = table.parse_folder(report, &path, dependencies.is_some());
        let Some(mut application) = application else {
            continue;
        };
        table.check_pipeline_is_free(report, &path, &mut pipelines, &application);
        application.is_declared = dependencies.is_some();
        if dependencies.is_none() {
            catalog.undeclared.insert(application.id.clone());
        }
        if let Some(folder) = folder {
            catalog.folders.insert(application.id.clone(), folder);
        }
        catalog.applications.push(Registration {
            application,
            dependencies: dependencies.unwrap_or_default(),
        });
    }
    catalog
}

/// One application's table and what it refers to.
struct Table<'t> {
    key: &'t At<String>,
    keys: &'t ApplicationKeys,
    organisation: &'t Organisation<'t>,
}

impl Table<'_> {
    fn parse(&self, report: &mut Report<'_>, path: &Path<'_>) -> Option<Application> {
        let keys = self.keys;
        let id: Option<ApplicationId> = parse_text(report, path, self.key);
        let owner = self.parse_owner(report, path);
        let target = self.parse_target(report, path);
        let name = self.parse_pipeline_name(report, path, owner.as_ref());
        let repositories = self.parse_repositories(report, path);
        let products = parse_products(report, &path.key("products"), &keys.products);
        let publishes_to = keys.publishes_to.as_ref().and_then(|text| {
            self.organisation
                .parse_reference(report, &path.key("publishes_to"), text)
        });
        self.check_is_producer(report, path);
        let of_owner = owner
            .as_ref()
            .and_then(|owner| self.organisation.owners.get(owner));
        let mut layers = Vec::from_iter(of_owner.map(|owner| &owner.policy));
        layers.push(&self.organisation.policy);
        let known = &self.organisation.windows;
        let own = parse_layer(report, path, &keys.policy(), &layers, known);
        layers.insert(0, &own);
        Some(Application {
            id: id?,
            owner: owner?,
            pipeline: Pipeline {
                target: target?,
                name: name?,
            },
            repositories,
            products,
            publishes_to,
            versioning: match keys.versioning.as_ref().map(At::get) {
                Some(VersioningKey::Source) => Versioning::Source,
                Some(VersioningKey::Build) | None => Versioning::Build,
            },
            policy: merge_layers(&layers),
            source_folder: self.parse_source_folder(report, path),
            build_role: build_role(&layers),
            is_declared: false,
            registered_at: Timestamp::default(),
            upriver: BTreeSet::new(),
            ring: 0,
        })
    }

    fn parse_owner(&self, report: &mut Report<'_>, path: &Path<'_>) -> Option<OwnerId> {
        let text = self.keys.owner.as_ref()?;
        let path = path.key("owner");
        let owner: OwnerId = parse_text(report, &path, text)?;
        let owners = &self.organisation.owners;
        if !owners.is_empty() && !owners.contains_key(&owner) {
            let known = owners.keys().map(OwnerId::as_str);
            let message = format!("unknown owner `{owner}`: it is not in [owners]");
            report.unknown(text.span(), &path, message, owner.as_str(), known);
        }
        Some(owner)
    }

    fn parse_target(&self, report: &mut Report<'_>, path: &Path<'_>) -> Option<Target> {
        let keys = self.keys;
        let account = parse_key(report, path, "account", keys.account.as_ref());
        let region = parse_key(report, path, "region", keys.region.as_ref());
        let needed = [
            (
                "account",
                keys.account.is_some() || self.organisation.is_account_given,
            ),
            (
                "region",
                keys.region.is_some() || self.organisation.is_region_given,
            ),
        ];
        for (name, _) in needed.iter().filter(|(_, is_given)| !is_given) {
            let message = "missing: give it here or in [defaults]";
            report.problem(self.key.span(), &path.key(name), message);
        }
        let target = Target {
            account: account.or_else(|| self.organisation.account.clone())?,
            region: region.or_else(|| self.organisation.region.clone())?,
        };
        self.check_target_is_known(report, path, &target);
        Some(target)
    }

    /// The default target needs no entry of its own; any other does, so that a slip of the pen is noticed.
    fn check_target_is_known(&self, report: &mut Report<'_>, path: &Path<'_>, target: &Target) {
        let said = [
            ("account", &self.keys.account),
            ("region", &self.keys.region),
        ];
        let said = said
            .into_iter()
            .find_map(|(name, key)| Some((name, key.as_ref()?.span())));
        let is_default = self.organisation.account.as_ref() == Some(&target.account)
            && self.organisation.region.as_ref() == Some(&target.region);
        let budgets = &self.organisation.topology.budgets;
        if let Some((name, span)) = said
            && !is_default
            && !budgets.contains_key(target)
        {
            let known: Vec<String> = budgets.keys().map(Target::to_string).collect();
            let message = format!("unknown target `{target}`: it is not in [targets]");
            let known = known.iter().map(String::as_str);
            report.unknown(span, &path.key(name), message, &target.to_string(), known);
        }
    }

    fn parse_pipeline_name(
        &self,
        report: &mut Report<'_>,
        path: &Path<'_>,
        owner: Option<&OwnerId>,
    ) -> Option<PipelineName> {
        let text = self.keys.pipeline.as_ref();
        let name: PipelineName = match text {
            Some(text) => parse_text(report, &path.key("pipeline"), text)?,
            // An invalid id is reported as such.
            None => self.key.get().parse().ok()?,
        };
        let allowed = owner
            .and_then(|owner| self.organisation.owners.get(owner))
            .and_then(|owner| owner.pipelines);
        if let Some(allowed) = allowed
            && !allowed.iter().any(|glob| matches_glob(glob, name.as_str()))
        {
            let message = format!(
                "its owner may not name the pipeline `{name}`: allowed are {}",
                allowed.join(", ")
            );
            let span = text.map_or_else(|| self.key.span(), At::span);
            report.problem(span, &path.key("pipeline"), message);
        }
        Some(name)
    }

    fn parse_repositories(&self, report: &mut Report<'_>, path: &Path<'_>) -> Vec<RepositoryId> {
        if let Some(written) = &self.keys.repositories {
            return self
                .organisation
                .parse_references(report, &path.key("repositories"), written);
        }
        self.organisation.repositories.clone().unwrap_or_else(|| {
            let message = "missing: give it here or in [defaults]";
            report.problem(self.key.span(), &path.key("repositories"), message);
            Vec::new()
        })
    }

    /// A folder of its source, from the root: `.` and `/` at the end are left out.
    fn parse_source_folder(&self, report: &mut Report<'_>, path: &Path<'_>) -> String {
        let Some(key) = &self.keys.source_folder else {
            return String::new();
        };
        let folder = plain_folder(key.get());
        if folder.is_none() {
            let message = format!("`{}` is not a folder inside the source", key.get());
            report.problem(key.span(), &path.key("source_folder"), message);
        }
        folder.unwrap_or_default()
    }

    fn parse_folder(
        &self,
        report: &mut Report<'_>,
        path: &Path<'_>,
        is_declared: bool,
    ) -> Option<String> {
        let key = self.keys.folder.as_ref()?;
        let folder = plain_folder(key.get());
        let path = path.key("folder");
        if folder.is_none() {
            let message = format!(
                "`{}` is neither the catalog's own folder (`.`) nor one below it",
                key.get()
            );
            report.problem(key.span(), &path, message);
        } else if is_declared {
            let message = "give either `folder` or the dependencies themselves";
            report.problem(key.span(), &path, message);
        }
        folder
    }

    fn check_is_producer(&self, report: &mut Report<'_>, path: &Path<'_>) {
        if !self.keys.products.is_empty() {
            return;
        }
        let message = "only an application with `products` has this";
        if let Some(key) = &self.keys.publishes_to {
            report.problem(key.span(), &path.key("publishes_to"), message);
        }
        if let Some(key) = &self.keys.versioning {
            report.problem(key.span(), &path.key("versioning"), message);
        }
    }

    fn check_pipeline_is_free(
        &self,
        report: &mut Report<'_>,
        path: &Path<'_>,
        pipelines: &mut BTreeMap<Pipeline, ApplicationId>,
        application: &Application,
    ) {
        if let Some(other) = pipelines.get(&application.pipeline) {
            let message = format!(
                "the pipeline `{}` in {} belongs to application `{other}` already",
                application.pipeline.name, application.pipeline.target
            );
            let span = self
                .keys
                .pipeline
                .as_ref()
                .map_or_else(|| self.key.span(), At::span);
            report.problem(span, &path.key("pipeline"), message);
        } else {
            pipelines.insert(application.pipeline.clone(), application.id.clone());
        }
    }
}

fn parse_products(
    report: &mut Report<'_>,
    path: &Path<'_>,
    written: &[At<String>],
) -> BTreeSet<PackageId> {
    let mut products = BTreeSet::new();
    for (index, text) in written.iter().enumerate() {
        let path = path.index(index);
        if let Some(package) = parse_text::<PackageId>(report, &path, text) {
            let message = format!("`{package}` is named twice");
            if !products.insert(package) {
                report.problem(text.span(), &path, message);
            }
        }
    }
    products
}

/// A folder from where it is counted, which is itself the empty text: `.` and `/` at the end are left out. `None` for one that
/// stands elsewhere.
fn plain_folder(written: &str) -> Option<String> {
    let folder = written.trim_end_matches('/');
    let folder = folder.strip_prefix("./").unwrap_or(folder);
    if matches!(folder, "" | ".") && !written.starts_with('/') {
        return Some(String::new());
    }
    is_path_below(folder).then(|| folder.to_owned())
}
