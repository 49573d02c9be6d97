//! Groups of dependencies for developers: PEP 735, uv's and PDM's.

use std::collections::BTreeMap;

use toml::de::{DeArray, DeTable, DeValue};

use crate::limits::INCLUDES_MAX;
use crate::pypi::name::{normalise, scope_of_group};
use crate::pypi::toml::{table_at, text_at};

use super::{Reader, Scope};

impl Reader<'_, '_> {
    pub(super) fn groups(&mut self, document: &DeTable<'_>) {
        self.list(document, &["tool", "uv", "dev-dependencies"], Scope::Dev);
        let of_pdm = table_at(document, &["tool", "pdm", "dev-dependencies"]);
        let standard = table_at(document, &["dependency-groups"]);
        for table in [of_pdm, standard].into_iter().flatten() {
            let groups: BTreeMap<_, _> = table
                .iter()
                .filter_map(|(name, list)| {
                    Some((
                        normalise(&**name.get_ref()).into_owned(),
                        list.get_ref().as_array()?,
                    ))
                })
                .collect();
            for name in groups.keys() {
                self.group(&groups, name, scope_of_group(name), &mut Vec::new());
            }
        }
    }

    /// A group with those that it includes. `open` are the groups that lead here.
    fn group(
        &mut self,
        groups: &BTreeMap<String, &DeArray<'_>>,
        name: &str,
        scope: Scope,
        open: &mut Vec<String>,
    ) {
        let Some(list) = groups.get(name) else { return };
        if self.is_full() {
            return;
        }
        open.push(name.to_owned());
        for value in *list {
            let DeValue::Table(table) = value.get_ref() else {
                self.specifier(value, scope);
                continue;
            };
            let at = value.span().start;
            let included =
                text_at(table, &["include-group"]).map(|name| normalise(name).into_owned());
            match included {
                Some(included) if open.contains(&included) || open.len() >= INCLUDES_MAX => {
                    self.problem(
                        at,
                        format!("has groups that include each other: `{included}`"),
                    );
                }
                Some(included) if !groups.contains_key(&included) => {
                    self.problem(
                        at,
                        format!("includes the group `{included}`, which is not there"),
                    );
                }
                Some(included) if self.included < GROUPS_MAX => {
                    self.included += 1;
                    self.group(groups, &included, scope, open);
                }
                Some(_) => {
                    self.problem(at, format!("includes groups more than {GROUPS_MAX} times"));
                }
                None => self.problem(
                    at,
                    "has a dependency that is neither a text nor an included group".to_owned(),
                ),
            }
        }
        open.pop();
    }
}

/// Groups included, counted each time: those that include others twice double with each level.
const GROUPS_MAX: usize = 10_000;
