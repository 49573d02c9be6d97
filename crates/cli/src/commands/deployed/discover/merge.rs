//! Brings what was found into a catalog that people edit too.
//!
//! Three documents are held against each other, key by key: the catalog as it stands, what discovery wrote the last time, and
//! what it found now. A value that nobody touched since follows what is found; one that a person changed or took out stays
//! as it is. Formatting and comments stay. Pure.

#[cfg(test)]
mod tests;

use std::fmt;

use toml_edit::{DocumentMut, Item, Table, TableLike, Value};

/// What became of one table or key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Difference {
    /// `applications.shop-web.products`
    pub(super) path: String,
    pub(super) change: Change,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    Added,
    /// From what discovery wrote before.
    Updated {
        from: String,
        to: String,
    },
    Removed,
    /// A person wrote something else than is found.
    Kept {
        written: String,
        found: String,
    },
    /// It is not found any more; it stays until a person takes it out.
    Gone,
}

impl Difference {
    /// The catalog is another one for it.
    pub(super) const fn is_change(&self) -> bool {
        matches!(
            self.change,
            Change::Added | Change::Updated { .. } | Change::Removed
        )
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        match &self.change {
            Change::Added => write!(out, "{path}: added"),
            Change::Updated { from, to } => write!(out, "{path}: {from} is now {to}"),
            Change::Removed => write!(out, "{path}: taken out, since it is not found any more"),
            Change::Kept { written, found } => {
                write!(
                    out,
                    "{path}: stays {written}, as it was edited; found was {found}"
                )
            }
            Change::Gone => write!(
                out,
                "{path}: not found any more; it stays until you take it out"
            ),
        }
    }
}

/// Sections whose entries are tables of their own, and may come and go as a whole.
const SECTIONS: [&str; 4] = ["owners", "repositories", "targets", "applications"];

/// Changes `catalog` to what was found, and says what changed and what did not for a person's sake.
pub(super) fn merge(
    catalog: &mut DocumentMut,
    before: &DocumentMut,
    found: &DocumentMut,
) -> Vec<Difference> {
    let mut differences = Vec::new();
    let empty = Table::new();
    for (name, item) in found.iter() {
        let Some(found) = item.as_table_like() else {
            let (before, found) = (before.as_table(), item);
            merge_key(
                catalog.as_table_mut(),
                before,
                name,
                Some(found),
                name,
                &mut differences,
            );
            continue;
        };
        let before = before
            .get(name)
            .and_then(Item::as_table_like)
            .unwrap_or(&empty);
        let is_section = SECTIONS.contains(&name);
        let section = catalog.entry(name).or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(is_section);
            Item::Table(table)
        });
        let Some(section) = section.as_table_like_mut() else {
            continue;
        };
        if is_section {
            merge_section(section, before, found, name, &mut differences);
        } else {
            merge_table(section, before, found, name, &mut differences);
        }
    }
    differences
}

fn merge_section(
    catalog: &mut dyn TableLike,
    before: &dyn TableLike,
    found: &dyn TableLike,
    section: &str,
    differences: &mut Vec<Difference>,
) {
    let empty = Table::new();
    for (name, item) in found.iter() {
        let path = format!("{section}.{name}");
        let Some(found) = item.as_table_like() else {
            continue;
        };
        if catalog.get(name).is_none() {
            // Who took a whole entry out does not want it back.
            if before.get(name).is_none() {
                catalog.insert(name, item.clone());
                differences.push(Difference {
                    path,
                    change: Change::Added,
                });
            }
            continue;
        }
        let before = before
            .get(name)
            .and_then(Item::as_table_like)
            .unwrap_or(&empty);
        if let Some(table) = catalog.get_mut(name).and_then(Item::as_table_like_mut) {
            merge_table(table, before, found, &path, differences);
        }
    }
    for (name, _) in before.iter() {
        if found.get(name).is_none() && catalog.get(name).is_some() {
            differences.push(Difference {
                path: format!("{section}.{name}"),
                change: Change::Gone,
            });
        }
    }
}

fn merge_table(
    catalog: &mut dyn TableLike,
    before: &dyn TableLike,
    found: &dyn TableLike,
    path: &str,
    differences: &mut Vec<Difference>,
) {
    for (name, item) in found.iter() {
        let path = format!("{path}.{name}");
        merge_key(catalog, before, name, Some(item), &path, differences);
    }
    let lost: Vec<String> = before
        .iter()
        .map(|(name, _)| name.to_owned())
        .filter(|name| found.get(name).is_none())
        .collect();
    for name in lost {
        let path = format!("{path}.{name}");
        merge_key(catalog, before, &name, None, &path, differences);
    }
}

/// One value: `found` is none if it is not found any more.
fn merge_key(
    catalog: &mut dyn TableLike,
    before: &dyn TableLike,
    name: &str,
    found: Option<&Item>,
    path: &str,
    differences: &mut Vec<Difference>,
) {
    let written = catalog.get(name).map(plain);
    let before = before.get(name).map(plain);
    let wanted = found.map(plain);
    let change = match (written, before, wanted) {
        (None, None, Some(_)) => {
            catalog.insert(name, found.cloned().unwrap_or_default());
            Change::Added
        }
        (Some(written), Some(before), Some(wanted)) if written == before && before != wanted => {
            replace(catalog, name, found);
            Change::Updated {
                from: written,
                to: wanted,
            }
        }
        (Some(written), Some(before), None) if written == before => {
            catalog.remove(name);
            Change::Removed
        }
        (Some(written), _, Some(found)) if written != found => Change::Kept { written, found },
        _ => return,
    };
    differences.push(Difference {
        path: path.to_owned(),
        change,
    });
}

/// Puts another value in a value's place, and leaves the comments around it.
fn replace(catalog: &mut dyn TableLike, name: &str, found: Option<&Item>) {
    let (Some(old), Some(new)) = (
        catalog.get_mut(name).and_then(Item::as_value_mut),
        found.and_then(Item::as_value),
    ) else {
        return;
    };
    let decor = old.decor().clone();
    *old = new.clone();
    *old.decor_mut() = decor;
}

/// A value without its formatting.
fn plain(item: &Item) -> String {
    match item.as_value() {
        Some(value) => plain_value(value),
        None => item.to_string().trim().to_owned(),
    }
}

fn plain_value(value: &Value) -> String {
    match value {
        Value::Array(array) => {
            let parts: Vec<String> = array.iter().map(plain_value).collect();
            format!("[{}]", parts.join(", "))
        }
        Value::InlineTable(table) => {
            let parts: Vec<String> = table
                .iter()
                .map(|(name, value)| format!("{name} = {}", plain_value(value)))
                .collect();
            format!("{{ {} }}", parts.join(", "))
        }
        Value::String(text) => format!("{:?}", text.value()),
        other => other.clone().decorated("", "").to_string(),
    }
}
