//! What a catalog says already of what may be found, read without judging it: problems are `catalog check`'s.

use std::collections::BTreeSet;

use downriver_domain::{RepositoryId, Target};
use toml_edit::{DocumentMut, Item, TableLike};

/// A catalog, or what discovery wrote the last time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'a>(pub(super) &'a DocumentMut);

impl<'a> Known<'a> {
    /// A section's table.
    pub(super) fn section(self, name: &str) -> Option<&'a dyn TableLike> {
        self.0.get(name)?.as_table_like()
    }

    /// An entry of a section.
    pub(super) fn entry(self, section: &str, name: &str) -> Option<&'a dyn TableLike> {
        self.section(section)?.get(name)?.as_table_like()
    }

    /// The names of a section's entries.
    pub(super) fn names(self, section: &str) -> BTreeSet<String> {
        let entries = self.section(section);
        let names = entries.into_iter().flat_map(|entries| entries.iter());
        names.map(|(name, _)| name.to_owned()).collect()
    }

    pub(super) fn default(self, key: &str) -> Option<&'a Item> {
        self.section("defaults")?.get(key)
    }

    pub(super) fn default_text(self, key: &str) -> Option<&'a str> {
        self.default(key)?.as_str()
    }

    /// The default repositories, as they are written; none where the list is empty.
    pub(super) fn default_repositories(self) -> Option<Vec<String>> {
        let texts = texts(self.default("repositories")?);
        (!texts.is_empty()).then_some(texts)
    }

    /// A text of an application's own table.
    pub(super) fn text(self, application: &str, key: &str) -> Option<&'a str> {
        self.entry("applications", application)?.get(key)?.as_str()
    }

    /// A list of an application's own table.
    pub(super) fn list(self, application: &str, key: &str) -> Vec<String> {
        let table = self.entry("applications", application);
        table
            .and_then(|table| table.get(key))
            .map(texts)
            .unwrap_or_default()
    }

    /// Whether an application's pipeline is in this target.
    pub(super) fn is_in(self, application: &str, target: &Target) -> bool {
        let is = |key: &str, wanted: &str| {
            let own = self.text(application, key);
            own.or_else(|| self.default_text(key)) == Some(wanted)
        };
        is("account", target.account.as_str()) && is("region", target.region.as_str())
    }

    /// The name of an application's pipeline.
    pub(super) fn pipeline(self, application: &'a str) -> &'a str {
        self.text(application, "pipeline").unwrap_or(application)
    }

    /// The application whose pipeline this is.
    pub(super) fn find_application(self, pipeline: &str, target: &Target) -> Option<String> {
        let applications = self.section("applications")?;
        let mut ids = applications.iter().map(|(id, _)| id);
        let found = ids.find(|id| {
            self.text(id, "pipeline").unwrap_or(id) == pipeline && self.is_in(id, target)
        });
        found.map(str::to_owned)
    }

    /// Whether a catalog has this entry written with its full name.
    pub(super) fn has_in_full(self, repository: &RepositoryId) -> bool {
        self.entry("repositories", &repository.to_string())
            .is_some()
    }
}

/// The texts of a list; what is no text is left out.
fn texts(item: &Item) -> Vec<String> {
    let values = item.as_array().into_iter().flatten();
    values
        .filter_map(|value| value.as_str().map(str::to_owned))
        .collect()
}
