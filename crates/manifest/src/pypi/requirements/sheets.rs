//! All requirements files of an application: who includes whom, what was compiled from what, and what that makes of each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use downriver_domain::{Evidence, Scope};
use downriver_version::{Format, PackageId};

use crate::files::{Files, folder_of, join_path};
use crate::graph::reason;
use crate::kind::{FileKind, recognise};
use crate::limits::INCLUDES_MAX;
use crate::pypi::declared::Declared;
use crate::pypi::lock::Rest;
use crate::pypi::merge::{Known, merge};
use crate::pypi::name::scope_of_file;
use crate::pypi::pyproject::Manifest;
use crate::reading::{FoundDependency, LeftOut, Problem, Reading, Source};
use crate::scopes::Scopes;
use crate::text::decode;

use super::{Entry, Sheet, Via};

/// The requirements files that an application has or includes.
#[derive(Debug, Default)]
pub(in crate::pypi) struct Sheets {
    by_path: BTreeMap<String, Sheet>,
    /// Those that stand in the application's folder, or that its manifest names, with what they are for.
    own: BTreeMap<String, Scope>,
}

impl Sheets {
    /// Loads what stands in the folder and in its `requirements`, what `named` lists, and what those include.
    pub(in crate::pypi) fn load(
        folder: &str,
        files: &Files<'_>,
        named: &[(String, Scope)],
        reading: &mut Reading,
    ) -> Self {
        let mut sheets = Self::default();
        let beside = join_path(folder, "requirements").unwrap_or_default();
        let mut candidates: Vec<(String, Scope)> = Vec::new();
        for (path, scope) in named {
            match join_path(folder, path) {
                Some(path) if files.get(&path).is_some() => candidates.push((path, *scope)),
                _ => {}
            }
        }
        for (path, _) in files.below(folder) {
            let is_here = folder_of(path) == folder || folder_of(path) == beside;
            let kind = recognise(path);
            if is_here
                && matches!(
                    kind,
                    Some(FileKind::Requirements | FileKind::MaybeRequirements)
                )
            {
                candidates.push((path.to_owned(), scope_of_file(path)));
            }
        }
        for (path, scope) in candidates {
            if sheets.load_one(&path, files, 0, reading) {
                sheets.own.entry(path).or_insert(scope);
            }
        }
        sheets
    }

    /// Whether the file is there and is one.
    fn load_one(
        &mut self,
        path: &str,
        files: &Files<'_>,
        depth: usize,
        reading: &mut Reading,
    ) -> bool {
        if self.by_path.contains_key(path) {
            return true;
        }
        let Some((path, bytes)) = files.get_entry(path) else {
            return false;
        };
        let is_sure = depth > 0 || recognise(path) == Some(FileKind::Requirements);
        let text = match decode(path, bytes) {
            Ok(text) => text,
            Err(problem) if is_sure => {
                reading.problem(problem);
                return false;
            }
            Err(_) => return false,
        };
        let mut sheet = Sheet::parse(path, &text);
        if !is_sure && !is_one_by_content(&sheet) {
            return false;
        }
        for problem in sheet.problems.drain(..) {
            reading.problem(problem);
        }
        reading.files.push(sheet.summary());
        let includes: Vec<(String, u32)> = sheet
            .includes
            .iter()
            .map(|include| (include.path.clone(), include.line))
            .collect();
        self.by_path.insert(path.to_owned(), sheet);
        for (included, line) in includes {
            let found = join_path(folder_of(path), &included);
            let is_there = match &found {
                Some(_) if depth >= INCLUDES_MAX => {
                    let what = format!("includes files more than {INCLUDES_MAX} deep");
                    reading.problem(Problem::new(path, Some(line), what));
                    continue;
                }
                Some(found) => self.load_one(found, files, depth + 1, reading),
                None => false,
            };
            if !is_there {
                let what = format!("includes `{included}`, which is no file of this source");
                reading.problem(Problem::gap(path, Some(line), what));
            }
        }
        true
    }

    /// The files that `sheet` was compiled from and that are here; the manifest counts by its path.
    fn sources_of(&self, sheet: &Sheet, manifest: Option<&Manifest>) -> BTreeSet<String> {
        let vias = sheet.entries.iter().flat_map(|entry| &entry.via);
        let by_comments = vias.filter_map(|via| match via {
            Via::File(file) => Some(file.as_str()),
            Via::Package(_) => None,
        });
        let named = by_comments.chain(sheet.sources.iter().map(String::as_str));
        let stem = sheet.path.strip_suffix(".txt").unwrap_or(&sheet.path);
        let same_name = format!("{stem}.in");
        named
            .filter_map(|name| self.resolve(name, &sheet.path, manifest))
            .chain(
                self.by_path
                    .contains_key(&same_name)
                    .then_some(same_name.clone()),
            )
            .filter(|path| *path != sheet.path)
            .collect()
    }

    /// A file as a tool named it, which ran in the root of the source, in the file's folder, or somewhere between.
    fn resolve(&self, name: &str, from: &str, manifest: Option<&Manifest>) -> Option<String> {
        let is_known = |path: &String| {
            self.by_path.contains_key(path)
                || manifest.is_some_and(|manifest| manifest.path == *path)
        };
        let mut folder = folder_of(from);
        let by_name = name.rsplit('/').next().unwrap_or(name);
        loop {
            let found = join_path(folder, name).filter(is_known);
            if found.is_some() || folder.is_empty() {
                return found.or_else(|| join_path(folder_of(from), by_name).filter(is_known));
            }
            folder = folder_of(folder);
        }
    }

    /// What these files ask for, with all that they include.
    fn declared(
        &self,
        path: &str,
        scope: Scope,
        open: &mut Vec<String>,
        found: &mut Vec<Declared>,
    ) {
        let Some(sheet) = self.by_path.get(path) else {
            return;
        };
        // A file that is included twice asks for the same twice.
        if open.iter().any(|seen| seen == path) {
            return;
        }
        open.push(path.to_owned());
        found.extend(
            sheet
                .entries
                .iter()
                .map(|entry| entry.declared(path, scope)),
        );
        for include in sheet
            .includes
            .iter()
            .filter(|include| !include.is_constraint)
        {
            if let Some(included) = join_path(folder_of(path), &include.path) {
                self.declared(&included, scope, open, found);
            }
        }
    }

    /// The files that others include, as constraints or as more requirements.
    fn included(&self, is_constraint: bool) -> BTreeSet<String> {
        let of_sheet = |sheet: &'_ Sheet| {
            let folder = folder_of(&sheet.path);
            let includes = sheet
                .includes
                .iter()
                .filter(|include| include.is_constraint == is_constraint);
            includes
                .filter_map(|include| join_path(folder, &include.path))
                .collect::<Vec<_>>()
        };
        self.by_path.values().flat_map(of_sheet).collect()
    }

    /// What the files ask for that a tool says it compiled `from`.
    pub(in crate::pypi) fn declared_by(&self, named: &[String], from: &str) -> Vec<Declared> {
        let mut found = Vec::new();
        for path in named
            .iter()
            .filter_map(|name| self.resolve(name, from, None))
        {
            self.declared(&path, scope_of_file(&path), &mut Vec::new(), &mut found);
        }
        found
    }

    /// The versions that the constraints of a file and of what it includes pin, with where.
    fn constraints(&self, path: &str) -> BTreeMap<&str, (&str, Evidence)> {
        let mut pins = BTreeMap::new();
        let mut seen: BTreeSet<(String, bool)> = BTreeSet::new();
        let mut open = vec![(path.to_owned(), false)];
        while let Some((path, is_constraint)) = open.pop() {
            let Some(sheet) = self.by_path.get(&path) else {
                continue;
            };
            if !seen.insert((path.clone(), is_constraint)) {
                continue;
            }
            for entry in sheet.entries.iter().filter(|_| is_constraint) {
                if let Some(pin) = entry.pin() {
                    let evidence = Evidence {
                        file: path.as_str().into(),
                        line: Some(entry.line),
                    };
                    pins.entry(entry.name.as_str()).or_insert((pin, evidence));
                }
            }
            for include in &sheet.includes {
                let included = join_path(folder_of(&path), &include.path);
                open.extend(
                    included.map(|included| (included, is_constraint || include.is_constraint)),
                );
            }
        }
        pins
    }
}

impl Entry {
    fn declared(&self, path: &str, scope: Scope) -> Declared {
        Declared {
            name: self.name.clone(),
            requirement: self.requirement.clone(),
            extras: self.extras.clone(),
            source: self.source,
            scope,
            evidence: Evidence {
                file: path.into(),
                line: Some(self.line),
            },
        }
    }
}

/// A text file of another name is one if a tool says that it wrote it, or if it is an `.in` of nothing but requirements.
fn is_one_by_content(sheet: &Sheet) -> bool {
    let extension = sheet.path.rsplit('.').next();
    let is_input = extension.is_some_and(|extension| extension.eq_ignore_ascii_case("in"))
        && sheet.problems.is_empty()
        && !(sheet.entries.is_empty() && sheet.includes.is_empty());
    let is_compiled = sheet.tool.is_some() && sheet.problems.is_empty();
    is_input || is_compiled
}

/// What a file counts as.
struct Role {
    path: String,
    scope: Scope,
    /// A tool compiled it: it is a lockfile. With the files that it was compiled from.
    compiled_from: Option<BTreeSet<String>>,
}

/// Adds what the requirements files tell.
pub(in crate::pypi) fn read(
    sheets: &Sheets,
    manifest: Option<&Manifest>,
    known: Known,
    reading: &mut Reading,
) {
    for role in roles(sheets, manifest) {
        let mut part = Reading::default();
        let sheet = &sheets.by_path[&role.path];
        match &role.compiled_from {
            Some(sources) => read_compiled(sheets, sheet, &role, sources, manifest, &mut part),
            None => read_written(sheets, &role, &mut part),
        }
        merge(reading, part, known);
    }
}

fn roles(sheets: &Sheets, manifest: Option<&Manifest>) -> Vec<Role> {
    let mut consumed: BTreeSet<String> = BTreeSet::new();
    let mut roles = Vec::new();
    for (path, scope) in &sheets.own {
        let sheet = &sheets.by_path[path];
        let mut sources = sheets.sources_of(sheet, manifest);
        let mut is_compiled = sheet.tool.is_some() || !sources.is_empty();
        // `poetry export`, `pip freeze`: nothing but pins, of what the manifest declares.
        if let Some(manifest) = manifest
            && !is_compiled
            && sheet.is_all_pinned()
            && holds_some_of(sheet, manifest)
        {
            is_compiled = true;
            sources.insert(manifest.path.clone());
        }
        if is_compiled && sources.is_empty() {
            sources.extend(manifest.map(|manifest| manifest.path.clone()));
        }
        if is_compiled {
            consumed.extend(sources.iter().cloned());
        }
        roles.push(Role {
            path: path.clone(),
            scope: *scope,
            compiled_from: is_compiled.then_some(sources),
        });
    }
    let (included, constraining) = (sheets.included(false), sheets.included(true));
    roles.retain(|role| {
        let name = role.path.rsplit('/').next().unwrap_or(&role.path);
        let is_constraints = name.contains("constraint")
            || (constraining.contains(&role.path) && !included.contains(&role.path));
        // What is included counts with those that include it, unless it is what the application runs with.
        let is_part = included.contains(&role.path) && role.scope != Scope::Runtime;
        role.compiled_from.is_some()
            || !(is_constraints || is_part || consumed.contains(&role.path))
    });
    roles.sort_by_key(|role| role.scope != Scope::Runtime);
    roles
}

fn holds_some_of(sheet: &Sheet, manifest: &Manifest) -> bool {
    let names: BTreeSet<&str> = sheet
        .entries
        .iter()
        .map(|entry| entry.name.as_str())
        .collect();
    let mut own = manifest
        .declared
        .iter()
        .filter(|declared| declared.scope != Scope::Build);
    own.any(|declared| names.contains(declared.name.as_str()))
}

/// A compiled file is a lockfile; what it was compiled from is its manifest.
fn read_compiled(
    sheets: &Sheets,
    sheet: &Sheet,
    role: &Role,
    sources: &BTreeSet<String>,
    manifest: Option<&Manifest>,
    part: &mut Reading,
) {
    let mut declared = Vec::new();
    for source in sources {
        if let Some(manifest) = manifest.filter(|manifest| manifest.path == *source) {
            declared.extend(manifest.declared.iter().cloned());
            continue;
        }
        // What the file is for, it is also compiled for: `dev.txt` from `base.in` and `dev.in`.
        let scope = if role.scope == Scope::Runtime {
            scope_of_file(source)
        } else {
            role.scope
        };
        sheets.declared(source, scope, &mut Vec::new(), &mut declared);
    }
    // Extras and groups of the manifest that it was not compiled with are no part of it.
    let locked: BTreeSet<&str> = sheet
        .entries
        .iter()
        .map(|entry| entry.name.as_str())
        .collect();
    declared.retain(|declared| {
        declared.scope == Scope::Runtime || locked.contains(declared.name.as_str())
    });
    let names: BTreeSet<String> = declared
        .iter()
        .map(|declared| declared.name.clone())
        .collect();
    let is_told = |entry: &&Entry| entry.via.iter().any(|via| matches!(via, Via::File(_)));
    for entry in sheet.entries.iter().filter(is_told) {
        // Asked for by a file that is not here: direct, though nobody tells with which requirement.
        if !names.contains(&entry.name) {
            declared.push(Declared {
                requirement: None,
                ..entry.declared(&sheet.path, role.scope)
            });
        }
    }
    let rest = if declared.is_empty() {
        Rest::Supposed
    } else {
        Rest::Own
    };
    let mut lock = sheet.lock();
    for package in &mut lock.packages {
        package.scope = Some(role.scope);
    }
    match lock.join(&declared, rest) {
        Ok(graph) => graph.into_reading(part),
        Err(problem) => part.problem(problem),
    }
}

/// A file that people write asks for what it lists; constraints tell the versions.
fn read_written(sheets: &Sheets, role: &Role, part: &mut Reading) {
    let pins = sheets.constraints(&role.path);
    let mut declared = Vec::new();
    sheets.declared(&role.path, role.scope, &mut Vec::new(), &mut declared);
    for declared in declared {
        let own = declared
            .requirement
            .as_deref()
            .and_then(crate::pypi::declared::pinned);
        let own = own.map(|version| (version, declared.evidence.clone()));
        let locked = own.or_else(|| pins.get(declared.name.as_str()).cloned());
        let package = PackageId::new(Format::Pypi, None, &declared.name).ok();
        let Some(package) = package.filter(|_| declared.source == Source::Registry) else {
            part.left_out.push(LeftOut {
                name: declared.name,
                version: None,
                source: declared.source,
                reason: reason(declared.source).to_owned(),
                evidence: declared.evidence,
            });
            continue;
        };
        part.dependencies.push(FoundDependency {
            package,
            locked: locked.as_ref().map(|(version, _)| Arc::from(*version)),
            lock: locked.map(|(_, evidence)| evidence),
            requirement: declared.requirement,
            is_direct: true,
            via: Arc::default(),
            via_version: None,
            scopes: Scopes::from(declared.scope),
            evidence: declared.evidence,
        });
    }
}
