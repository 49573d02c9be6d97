//! How things are called in the catalog: applications, repositories, and the defaults that names are relative to.

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::{PipelineName, RepositoryId, Target};

use super::super::ask::Asked;
use super::super::known::Known;
use super::super::source::SourceFacts;

/// The longest id of an application.
const ID_LEN_MAX: usize = 48;

/// The defaults that hold once the catalog is merged.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) account: Option<String>,
    pub(super) region: Option<String>,
    pub(super) domain: Option<String>,
    pub(super) domain_owner: Option<String>,
    /// As they are written.
    pub(super) repositories: Vec<String>,
}

impl Names {
    pub(super) fn of(asked: &Asked, catalog: Known<'_>, before: Known<'_>) -> Self {
        let sources = asked.pipelines.iter().filter_map(|it| it.source.as_ref());
        let sources: Vec<&SourceFacts> = sources.collect();
        let domains = sources.iter().flat_map(|source| &source.repositories);
        let domain = most(domains.map(|id| (id.domain_owner.to_string(), id.domain.to_string())));
        let (domain_owner, domain) = domain.unzip();
        // What a person took out of the catalog stays out.
        let text = |key: &str, found: Option<String>| {
            let known = catalog.default_text(key).map(str::to_owned);
            known.or(if before.default(key).is_none() {
                found
            } else {
                None
            })
        };
        let mut names = Self {
            account: text("account", Some(asked.target.account.to_string())),
            region: text("region", Some(asked.target.region.to_string())),
            domain: text("domain", domain),
            domain_owner: text("domain_owner", domain_owner),
            repositories: Vec::new(),
        };
        let lists = sources
            .iter()
            .map(|source| names.repositories_of(source, catalog))
            .filter(|list| !list.is_empty());
        let is_taken_out =
            catalog.default("repositories").is_none() && before.default_repositories().is_some();
        let found = most(lists).filter(|_| !is_taken_out);
        let known = catalog.default_repositories();
        names.repositories = known.or(found).unwrap_or_default();
        names
    }

    pub(super) fn is_default(&self, target: &Target) -> bool {
        self.account.as_deref() == Some(target.account.as_str())
            && self.region.as_deref() == Some(target.region.as_str())
    }

    /// A repository as the catalog names it.
    pub(super) fn repository(&self, id: &RepositoryId, catalog: Known<'_>) -> String {
        let is_default = self.domain.as_deref() == Some(id.domain.as_str())
            && self.domain_owner.as_deref() == Some(id.domain_owner.as_str());
        if is_default && !catalog.has_in_full(id) {
            id.name.to_string()
        } else {
            id.to_string()
        }
    }

    pub(super) fn repositories_of(&self, source: &SourceFacts, catalog: Known<'_>) -> Vec<String> {
        let ids = source.repositories.iter();
        ids.map(|id| self.repository(id, catalog)).collect()
    }
}

/// Which ids applications have, and which are free.
pub(super) struct Ids<'a> {
    catalog: Known<'a>,
    before: Known<'a>,
    target: &'a Target,
    taken: BTreeSet<String>,
}

impl<'a> Ids<'a> {
    pub(super) fn new(catalog: Known<'a>, before: Known<'a>, target: &'a Target) -> Self {
        let mut taken = catalog.names("applications");
        taken.extend(before.names("applications"));
        Self {
            catalog,
            before,
            target,
            taken,
        }
    }

    /// What the pipeline's application is called already, else a new id made of the pipeline's name.
    pub(super) fn id_of(&mut self, pipeline: &PipelineName) -> String {
        let find = |known: Known<'_>| known.find_application(pipeline.as_str(), self.target);
        if let Some(known) = find(self.catalog).or_else(|| find(self.before)) {
            return known;
        }
        let id = self.free(&id_from(pipeline.as_str()));
        self.taken.insert(id.clone());
        id
    }

    fn free(&self, wanted: &str) -> String {
        let mut id = wanted.to_owned();
        let mut number = 2_usize;
        while self.taken.contains(&id) {
            let ending = format!("-{number}");
            id = cut(wanted, ID_LEN_MAX - ending.len()) + &ending;
            number += 1;
        }
        id
    }
}

/// An id begins with a letter or digit, and has no dots or at signs.
fn id_from(pipeline: &str) -> String {
    let plain = |character: char| match character {
        '_' => '_',
        character if character.is_ascii_alphanumeric() => character,
        _ => '-',
    };
    let id: String = pipeline.chars().map(plain).collect();
    let id = id.trim_start_matches(['-', '_']);
    if id.is_empty() {
        "pipeline".to_owned()
    } else {
        cut(id, ID_LEN_MAX)
    }
}

/// Ids are ASCII.
fn cut(id: &str, length: usize) -> String {
    id.chars().take(length).collect()
}

/// What comes most often; of several the first in order.
fn most<T: Ord>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut counts: BTreeMap<T, usize> = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    let counted = counts.into_iter().rev();
    counted
        .max_by_key(|(_, count)| *count)
        .map(|(value, _)| value)
}
