//! `pyproject.toml`: what a project asks for, in the standard's own tables (PEP 621, 735, 518) and in those of Poetry, PDM,
//! uv and setuptools.

mod groups;
mod poetry;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use downriver_domain::{Evidence, Scope};
use downriver_version::{Format, PackageId};

use crate::lines::Lines;
use crate::pypi::declared::{Declared, parse_specifier};
use crate::pypi::name::{normalise, scope_of_group};
use crate::pypi::pipfile::source_of_table;
use crate::pypi::toml::{flag_at, list_at, parse, table_at, text_at, value_at};
use crate::reading::{FileSummary, Problem, Product, Reading, Source};
use crate::texts::Texts;

/// What one `pyproject.toml` says.
#[derive(Debug)]
pub(super) struct Manifest {
    pub(super) path: String,
    pub(super) declared: Vec<Declared>,
    /// The build says what the project asks for, or a part of it: it is not all written here.
    pub(super) is_dynamic: bool,
    /// Requirements files that setuptools takes its dependencies from, as they are written.
    pub(super) requirements: Vec<(String, Scope)>,
    /// Members of uv's workspace and what is no member, as patterns of folders.
    pub(super) members: Vec<String>,
    pub(super) excluded: Vec<String>,
}

/// Dependencies of one manifest, each counted as often as groups and extras ask for it.
const DECLARED_MAX: usize = 100_000;

/// A manifest while it is read.
struct Reader<'r, 't> {
    path: &'r str,
    lines: Lines<'t>,
    /// The project's own name, normalised: `name[extra]` asks for its own extra.
    name: Option<String>,
    declared: Vec<Declared>,
    is_told_full: bool,
    /// How often a group was included.
    included: usize,
    /// Each extra's dependencies stand at these places of `declared`.
    extras: BTreeMap<String, Vec<usize>>,
    problems: Vec<Problem>,
}

/// Reads the file; what it publishes and what is wrong with it goes into the reading.
pub(super) fn read(path: &str, text: &str, reading: &mut Reading) -> Option<Manifest> {
    let document = match parse(path, text) {
        Ok(document) => document,
        Err(problem) => {
            reading.problem(problem);
            return None;
        }
    };
    let project = table_at(&document, &["project"]);
    let poetry = table_at(&document, &["tool", "poetry"]);
    let name = project
        .and_then(|project| text_at(project, &["name"]))
        .or_else(|| poetry.and_then(|poetry| text_at(poetry, &["name"])));
    let mut reader = Reader {
        path,
        lines: Lines::new(text),
        name: name.map(|name| normalise(name).into_owned()),
        declared: Vec::new(),
        is_told_full: false,
        included: 0,
        extras: BTreeMap::new(),
        problems: Vec::new(),
    };
    reader.project(&document);
    reader.groups(&document);
    reader.list(&document, &["build-system", "requires"], Scope::Build);
    if let Some(poetry) = poetry {
        reader.poetry(poetry, project);
    }
    reader.sources(&document);
    reader.product(&document, reading);
    let patterns = |key: &str| {
        list_at(&document, &["tool", "uv", "workspace", key])
            .filter_map(|pattern| Some(pattern.get_ref().as_str()?.to_owned()))
            .collect()
    };
    reading.files.push(FileSummary {
        path: path.to_owned(),
        format: "pyproject.toml".to_owned(),
        locked: Texts::default(),
        declared: reader.declared.len(),
    });
    for problem in reader.problems {
        reading.problem(problem);
    }
    Some(Manifest {
        path: path.to_owned(),
        declared: reader.declared,
        is_dynamic: list_at(&document, &["project", "dynamic"])
            .filter_map(|field| field.get_ref().as_str())
            .any(|field| matches!(field, "dependencies" | "optional-dependencies")),
        requirements: dynamic_files(&document),
        members: patterns("members"),
        excluded: patterns("exclude"),
    })
}

impl Reader<'_, '_> {
    fn evidence(&self, at: usize) -> Evidence {
        Evidence {
            file: self.path.into(),
            line: Some(self.lines.at(at)),
        }
    }

    fn problem(&mut self, at: usize, text: String) {
        let line = Some(self.lines.at(at));
        self.problems.push(Problem::new(self.path, line, text));
    }

    /// What stands in one place can be asked for in many: that ends somewhere.
    fn is_full(&mut self) -> bool {
        let is_full = self.declared.len() >= DECLARED_MAX;
        if is_full && !self.is_told_full {
            self.is_told_full = true;
            self.problem(0, format!("asks for more than {DECLARED_MAX} dependencies"));
        }
        is_full
    }

    /// A list of dependency specifiers.
    fn list(&mut self, document: &DeTable<'_>, way: &[&str], scope: Scope) {
        for value in list_at(document, way) {
            self.specifier(value, scope);
        }
    }

    /// A dependency specifier; one on the project's own extra stands for what that brings.
    fn specifier(&mut self, value: &Spanned<DeValue<'_>>, scope: Scope) {
        let at = value.span().start;
        let Some(text) = value.get_ref().as_str() else {
            return self.problem(at, "has a dependency that is no text".to_owned());
        };
        // PDM's groups for developers may hold what only its own commands read: `-e file:///${PROJECT_ROOT}/sub#egg=sub`.
        if let Some(place) = text.strip_prefix("-e ") {
            let name = place.rsplit_once("egg=").map_or(place, |(_, name)| name);
            self.declared.push(Declared {
                name: normalise(name.trim()).into_owned(),
                requirement: None,
                extras: BTreeSet::new(),
                source: Source::Path,
                scope,
                evidence: self.evidence(at),
            });
            return;
        }
        match parse_specifier(text) {
            Ok(specifier) if Some(&specifier.name) == self.name.as_ref() => {
                self.own_extras(&specifier.extras, scope);
            }
            Ok(specifier) => {
                let evidence = self.evidence(at);
                self.declared.push(specifier.declare(scope, evidence));
            }
            Err(text) => self.problem(at, text),
        }
    }

    /// What the project's own extras bring, for this scope too. Extras that ask for extras have theirs already.
    fn own_extras(&mut self, extras: &BTreeSet<String>, scope: Scope) {
        if scope == Scope::Optional || self.is_full() {
            return;
        }
        let places = extras
            .iter()
            .filter_map(|extra| self.extras.get(extra))
            .flatten();
        let brought: Vec<Declared> = places.map(|at| self.declared[*at].clone()).collect();
        let brought = brought
            .into_iter()
            .map(|declared| Declared { scope, ..declared });
        self.declared.extend(brought);
    }

    fn project(&mut self, document: &DeTable<'_>) {
        self.list(document, &["project", "dependencies"], Scope::Runtime);
        let extras = table_at(document, &["project", "optional-dependencies"]);
        for (extra, list) in extras.into_iter().flatten() {
            let start = self.declared.len();
            for value in list
                .get_ref()
                .as_array()
                .into_iter()
                .flat_map(|list| list.iter())
            {
                self.specifier(value, Scope::Optional);
            }
            let places = (start..self.declared.len()).collect();
            self.extras
                .insert(normalise(&**extra.get_ref()).into_owned(), places);
        }
    }

    /// uv's and Poetry's words on where a package comes from, whatever the standard's tables say of its version.
    fn sources(&mut self, document: &DeTable<'_>) {
        let sources = table_at(document, &["tool", "uv", "sources"]);
        for (name, value) in sources.into_iter().flatten() {
            let name = normalise(&**name.get_ref());
            let of_value = |value: &DeValue<'_>| value.as_table().map(source_of_table);
            let source = match value.get_ref() {
                // For some platforms from elsewhere, else from the registry.
                DeValue::Array(list) => {
                    let of_list = list.iter().map(|value| of_value(value.get_ref()));
                    of_list.reduce(|one, other| {
                        if one == other {
                            one
                        } else {
                            Some(Source::Registry)
                        }
                    })
                }
                value => Some(of_value(value)),
            };
            if let Some(Some(source)) = source {
                let of_name = self
                    .declared
                    .iter_mut()
                    .filter(|declared| declared.name == name);
                for declared in of_name.filter(|declared| declared.source == Source::Registry) {
                    declared.source = source;
                }
            }
        }
    }

    fn product(&self, document: &DeTable<'_>, reading: &mut Reading) {
        let tables = [&["project"][..], &["tool", "poetry"]];
        let mut found = tables.iter().filter_map(|way| {
            let table = table_at(document, way)?;
            let name = value_at(table, &["name"])?;
            Some((name, text_at(table, &["version"])))
        });
        let Some((name, version)) = found.next() else {
            return;
        };
        let version = version
            .or_else(|| found.next()?.1)
            .filter(|version| *version != "0");
        let Some(Ok(package)) = name
            .get_ref()
            .as_str()
            .map(|name| PackageId::new(Format::Pypi, None, name))
        else {
            let line = Some(self.lines.at(name.span().start));
            let text = "names a project that no Python package can be called";
            return reading.problem(Problem::new(self.path, line, text));
        };
        let flags = [
            &["tool", "poetry", "package-mode"][..],
            &["tool", "uv", "package"],
            &["tool", "pdm", "distribution"],
        ];
        let is_unpackaged = flags
            .iter()
            .any(|way| flag_at(document, way) == Some(false));
        let is_marked = tables.iter().any(|way| {
            let classifiers = [way, &["classifiers"][..]].concat();
            list_at(document, &classifiers).any(|text| {
                text.get_ref()
                    .as_str()
                    .is_some_and(|text| text.starts_with("Private ::"))
            })
        });
        reading.products.push(Product {
            package,
            version: version.map(str::to_owned),
            is_private: is_unpackaged || is_marked,
            evidence: self.evidence(name.span().start),
        });
    }
}

/// The requirements files that setuptools reads: `dependencies = { file = ["requirements.txt"] }`.
fn dynamic_files(document: &DeTable<'_>) -> Vec<(String, Scope)> {
    let Some(dynamic) = table_at(document, &["tool", "setuptools", "dynamic"]) else {
        return Vec::new();
    };
    let mut found = files_of(dynamic, &["dependencies"], Scope::Runtime);
    let extras = table_at(dynamic, &["optional-dependencies"]);
    for (extra, _) in extras.into_iter().flatten() {
        let way = ["optional-dependencies", &**extra.get_ref()];
        found.extend(files_of(dynamic, &way, Scope::Optional));
    }
    found
}

fn files_of(table: &DeTable<'_>, way: &[&str], scope: Scope) -> Vec<(String, Scope)> {
    let way = [way, &["file"]].concat();
    let one = text_at(table, &way).into_iter();
    let several = list_at(table, &way).filter_map(|file| file.get_ref().as_str());
    one.chain(several)
        .map(|file| (file.to_owned(), scope))
        .collect()
}
