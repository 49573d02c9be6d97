//! What was found, in the form of a catalog. Pure.
//!
//! Where the catalog has defaults already, they hold: what was found is written relative to them. What could not be asked this
//! time is taken over from what discovery wrote before, so that nothing is taken for gone that is only out of sight.

mod names;
mod tables;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::PipelineName;
use toml_edit::{DocumentMut, Item, Table};

use super::ask::{Asked, AskedPipeline};
use super::known::Known;
use super::source::SourceFacts;
use names::{Ids, Names};
use tables::{carried, put, put_list, section};

/// Of an application that no tag gives an owner.
const UNASSIGNED: &str = "unassigned";
/// Upstreams that a catalog's repository may have.
const UPSTREAMS_MAX: usize = 10;
/// Why an application cannot stand in the catalog.
const NO_REPOSITORIES: &str =
    "nothing tells what it resolves from: give [defaults] its `repositories` and run this again";
/// Keys that only a source tells.
const OF_SOURCE: [&str; 3] = ["repositories", "products", "source_folder"];

pub(super) struct Composed {
    pub(super) found: DocumentMut,
    pub(super) remarks: Vec<String>,
}

/// `before`: what discovery wrote the last time.
pub(super) fn compose(asked: &Asked, catalog: &DocumentMut, before: &DocumentMut) -> Composed {
    let composing = Composing {
        asked,
        catalog: Known(catalog),
        before: Known(before),
        names: Names::of(asked, Known(catalog), Known(before)),
    };
    let mut remarks = Vec::new();
    let applications = composing.applications(&mut remarks);
    let mut found = DocumentMut::new();
    found.insert("defaults", Item::Table(composing.defaults()));
    for (name, table) in [
        ("owners", composing.owners(&applications)),
        ("repositories", composing.repositories()),
        ("targets", composing.targets(&applications)),
        ("applications", applications),
    ] {
        if !table.is_empty() {
            found.insert(name, Item::Table(section(table)));
        }
    }
    Composed { found, remarks }
}

struct Composing<'a> {
    asked: &'a Asked,
    catalog: Known<'a>,
    before: Known<'a>,
    names: Names,
}

impl Composing<'_> {
    fn defaults(&self) -> Table {
        let mut table = Table::new();
        let names = &self.names;
        for (key, value) in [
            ("account", &names.account),
            ("region", &names.region),
            ("domain", &names.domain),
            ("domain_owner", &names.domain_owner),
        ] {
            // Of what a person took out of the catalog it is remembered that it was there.
            let before = || self.before.default_text(key);
            if let Some(value) = value.as_deref().or_else(before) {
                put(&mut table, key, value);
            }
        }
        let before = || self.before.default_repositories().unwrap_or_default();
        let repositories = match names.repositories.as_slice() {
            [] => before(),
            known => known.to_vec(),
        };
        if !repositories.is_empty() {
            put_list(&mut table, "repositories", &repositories);
        }
        table
    }

    /// As soon as a catalog lists owners, it has to list all.
    fn owners(&self, applications: &Table) -> Table {
        let known = self.catalog.names("owners");
        let mut names = self.before.names("owners");
        if !known.is_empty() {
            let owners = applications
                .iter()
                .filter_map(|(_, item)| item.get("owner")?.as_str());
            names.extend(owners.map(str::to_owned));
        }
        empty_tables(names)
    }

    /// The default target needs no entry.
    fn targets(&self, applications: &Table) -> Table {
        let mut names = self.before.names("targets");
        if !self.names.is_default(&self.asked.target) && !applications.is_empty() {
            names.insert(self.asked.target.to_string());
        }
        empty_tables(names)
    }

    fn repositories(&self) -> Table {
        let mut tables: BTreeMap<String, Table> = BTreeMap::new();
        for name in self.before.names("repositories") {
            let table = self.before.entry("repositories", &name).map(carried);
            tables.insert(name, table.unwrap_or_default());
        }
        for (id, described) in &self.asked.repositories {
            let name = self.names.repository(id, self.catalog);
            let Some(described) = described else {
                tables.entry(name).or_default();
                continue;
            };
            let mut table = Table::new();
            let upstreams = described.upstreams.iter().take(UPSTREAMS_MAX);
            // One that was not described stands in no table.
            let upstreams = upstreams.filter(|id| self.asked.repositories.contains_key(*id));
            let upstreams: Vec<String> = upstreams
                .map(|id| self.names.repository(id, self.catalog))
                .collect();
            if !upstreams.is_empty() {
                put_list(&mut table, "upstreams", &upstreams);
            }
            if let Some(connection) = described.external_connections.first() {
                put(&mut table, "external_connection", connection.as_str());
            }
            tables.insert(name, table);
        }
        table_of(tables)
    }

    fn applications(&self, remarks: &mut Vec<String>) -> Table {
        let mut ids = Ids::new(self.catalog, self.before, &self.asked.target);
        let named = self.asked.pipelines.iter();
        let named: Vec<(String, &AskedPipeline)> =
            named.map(|it| (ids.id_of(&it.name), it)).collect();
        let mut makers = self.makers();
        let mut tables = self.out_of_sight();
        for (id, pipeline) in named {
            let mut table = Table::new();
            put(&mut table, "owner", self.owner(&id, pipeline).as_str());
            if pipeline.name.as_str() != id {
                put(&mut table, "pipeline", pipeline.name.as_str());
            }
            let target = &self.asked.target;
            if !self.names.is_default(target) {
                put(&mut table, "account", target.account.as_str());
                put(&mut table, "region", target.region.as_str());
            }
            match &pipeline.source {
                Some(source) => self.put_source(&mut table, &id, source, &mut makers, remarks),
                None => self.put_source_of_before(&mut table, &id),
            }
            let owner = table.get("owner").and_then(Item::as_str);
            if pipeline.has_variables != self.has_variables_by_default(owner.unwrap_or_default()) {
                put(&mut table, "variables", pipeline.has_variables);
            }
            if self.has_repositories(&id, &table) {
                tables.insert(id, table);
            } else {
                remarks.push(format!(
                    "{}: left out, since {NO_REPOSITORIES}",
                    pipeline.name
                ));
            }
        }
        table_of(tables)
    }

    /// A catalog with an application that resolves from nowhere is refused.
    fn has_repositories(&self, id: &str, table: &Table) -> bool {
        !self.names.repositories.is_empty()
            || table.contains_key("repositories")
            || !self.catalog.list(id, "repositories").is_empty()
    }

    fn put_source(
        &self,
        table: &mut Table,
        id: &str,
        source: &SourceFacts,
        makers: &mut BTreeMap<String, String>,
        remarks: &mut Vec<String>,
    ) {
        let repositories = self.names.repositories_of(source, self.catalog);
        if !repositories.is_empty() && repositories != self.names.repositories {
            put_list(table, "repositories", &repositories);
        }
        let mut products = Vec::new();
        for product in &source.products {
            let product = product.to_string();
            let maker = makers
                .entry(product.clone())
                .or_insert_with(|| id.to_owned());
            if maker == id {
                products.push(product);
            } else {
                remarks.push(format!(
                    "{id}: {product} is a product of {maker} already; say in the catalog which of them publishes it"
                ));
            }
        }
        if !products.is_empty() {
            put_list(table, "products", &products);
        }
        if !source.folder.is_empty() {
            put(table, "source_folder", source.folder.as_str());
        }
    }

    fn put_source_of_before(&self, table: &mut Table, id: &str) {
        let Some(before) = self.before.entry("applications", id) else {
            return;
        };
        let before = carried(before);
        for key in OF_SOURCE {
            if let Some(item) = before.get(key) {
                table.insert(key, item.clone());
            }
        }
    }

    /// Which application publishes a package, as far as it is known. A package is the product of one application only.
    fn makers(&self) -> BTreeMap<String, String> {
        let mut makers = BTreeMap::new();
        for known in [self.catalog, self.before] {
            for id in known.names("applications") {
                for product in known.list(&id, "products") {
                    makers.entry(product).or_insert_with(|| id.clone());
                }
            }
        }
        makers
    }

    fn owner(&self, id: &str, pipeline: &AskedPipeline) -> String {
        let tagged = pipeline.owner.as_ref().map(ToString::to_string);
        let known = || {
            let known = self.catalog.text(id, "owner");
            known.or_else(|| self.before.text(id, "owner"))
        };
        tagged.unwrap_or_else(|| known().unwrap_or(UNASSIGNED).to_owned())
    }

    fn has_variables_by_default(&self, owner: &str) -> bool {
        let of_owner = self.catalog.entry("owners", owner);
        let of_owner = of_owner.and_then(|table| table.get("variables"));
        let value = of_owner.or_else(|| self.catalog.default("variables"));
        value.and_then(Item::as_bool).unwrap_or(false)
    }

    /// Applications of before whose pipelines were not asked this time, but may well be there.
    fn out_of_sight(&self) -> BTreeMap<String, Table> {
        let asked: BTreeSet<&PipelineName> =
            self.asked.pipelines.iter().map(|it| &it.name).collect();
        let ids = self.before.names("applications").into_iter();
        let is_out_of_sight = |id: &String| {
            let pipeline: Option<PipelineName> = self.before.pipeline(id).parse().ok();
            let is_elsewhere = !self.before.is_in(id, &self.asked.target);
            let is_listed = pipeline
                .as_ref()
                .is_some_and(|name| self.asked.names.contains(name) && !asked.contains(name));
            is_elsewhere || is_listed
        };
        let kept = ids.filter(is_out_of_sight).filter_map(|id| {
            let table = carried(self.before.entry("applications", &id)?);
            Some((id, table))
        });
        kept.collect()
    }
}

/// A table of tables.
fn table_of(tables: impl IntoIterator<Item = (String, Table)>) -> Table {
    let mut all = Table::new();
    for (name, table) in tables {
        all.insert(&name, Item::Table(table));
    }
    all
}

fn empty_tables(names: BTreeSet<String>) -> Table {
    table_of(names.into_iter().map(|name| (name, Table::new())))
}
