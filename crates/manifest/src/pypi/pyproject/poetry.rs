//! Poetry's own tables: those that it had before the standard, its groups, and what it adds to the standard's.

use std::collections::BTreeSet;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::pypi::constraint::translate;
use crate::pypi::declared::Declared;
use crate::pypi::name::normalise;
use crate::pypi::pipfile::{extras, source_of_table};
use crate::pypi::toml::{flag_at, list_at, table_at, text_at};
use crate::reading::Source;

use super::{Reader, Scope, scope_of_group};

impl Reader<'_, '_> {
    pub(super) fn poetry(&mut self, poetry: &DeTable<'_>, project: Option<&DeTable<'_>>) {
        // With the standard's own list, Poetry's only adds where the same packages come from.
        let is_dynamic = project.is_none_or(|project| {
            project.get("dependencies").is_none()
                || list_at(project, &["dynamic"])
                    .any(|name| name.get_ref().as_str() == Some("dependencies"))
        });
        if let Some(table) = table_at(poetry, &["dependencies"]) {
            if is_dynamic {
                self.poetry_table(table, Scope::Runtime);
            } else {
                self.poetry_sources(table);
            }
        }
        if let Some(table) = table_at(poetry, &["dev-dependencies"]) {
            self.poetry_table(table, Scope::Dev);
        }
        let groups = table_at(poetry, &["group"]);
        for (name, group) in groups.into_iter().flatten() {
            let Some(group) = group.get_ref().as_table() else {
                continue;
            };
            let scope = scope_of_group(name.get_ref());
            let included = list_at(group, &["include-groups"])
                .filter_map(|name| table_at(groups?, &[name.get_ref().as_str()?, "dependencies"]));
            let own = table_at(group, &["dependencies"]);
            for table in own.into_iter().chain(included) {
                self.poetry_table(table, scope);
            }
        }
    }

    fn poetry_table(&mut self, table: &DeTable<'_>, scope: Scope) {
        if self.is_full() {
            return;
        }
        for (name, value) in table {
            let at = name.span().start;
            let name = normalise(&**name.get_ref());
            // The interpreter.
            if name == "python" {
                continue;
            }
            match value.get_ref() {
                // Several constraints, each for other interpreters or platforms.
                DeValue::Array(list) => {
                    for value in list {
                        self.poetry_dependency(&name, value.span().start, value, scope);
                    }
                }
                _ => self.poetry_dependency(&name, at, value, scope),
            }
        }
    }

    fn poetry_dependency(
        &mut self,
        name: &str,
        at: usize,
        value: &Spanned<DeValue<'_>>,
        scope: Scope,
    ) {
        let (constraint, extras, source, scope) = match value.get_ref() {
            DeValue::String(text) => (&**text, BTreeSet::new(), Source::Registry, scope),
            DeValue::Table(table) => {
                let is_optional = flag_at(table, &["optional"]) == Some(true);
                let scope = if is_optional && scope == Scope::Runtime {
                    Scope::Optional
                } else {
                    scope
                };
                let constraint = text_at(table, &["version"]).unwrap_or("*");
                (constraint, extras(table), source_of_table(table), scope)
            }
            _ => return self.problem(at, format!("has `{name}` with neither a text nor a table")),
        };
        let requirement = translate(constraint);
        if requirement.is_none() {
            self.problem(
                at,
                format!("has `{name} = \"{constraint}\"`, which is no version constraint"),
            );
        }
        self.declared.push(Declared {
            name: name.to_owned(),
            requirement: requirement.filter(|_| source == Source::Registry),
            extras,
            source,
            scope,
            evidence: self.evidence(at),
        });
    }

    fn poetry_sources(&mut self, table: &DeTable<'_>) {
        for (name, value) in table {
            let Some(value) = value.get_ref().as_table() else {
                continue;
            };
            let (name, source) = (normalise(&**name.get_ref()), source_of_table(value));
            for declared in self
                .declared
                .iter_mut()
                .filter(|declared| declared.name == name)
            {
                if source != Source::Registry {
                    declared.source = source;
                    declared.requirement = None;
                }
            }
        }
    }
}
