//! The files of one Gradle build: settings, scripts, catalogs, properties; and the projects that an application has.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use downriver_domain::{Evidence, Scope};

use super::catalog::{self, Catalog};
use super::declarations::{self, Declarations, Found, Kind, Target, Wanted};
use super::scan::{HOLE, Token};
use super::script::{self, Statement};
use super::settings::{self, Settings};
use super::values::{Values, Variables, variables};
use crate::files::{Files, folder_of, join_path};
use crate::kind::{FileKind, recognise};
use crate::maven::declared::package_of;
use crate::reading::{FileSummary, Product, Reading};
use crate::text::decode;
use crate::texts::Texts;

const SETTINGS: [&str; 2] = ["settings.gradle", "settings.gradle.kts"];
const SCRIPTS: [&str; 2] = ["build.gradle", "build.gradle.kts"];

pub(super) struct Build<'f> {
    files: &'f Files<'f>,
    root: String,
    settings: Settings,
    catalogs: BTreeMap<String, Catalog>,
    /// By path of the file.
    scripts: BTreeMap<String, Script>,
    summaries: Vec<FileSummary>,
}

struct Script {
    statements: Vec<Statement>,
    declarations: Declarations,
}

/// A project of the application.
#[derive(Debug, Clone)]
pub(super) struct Project {
    /// `:` for the root.
    pub(super) path: String,
    pub(super) folder: String,
    /// Not part of the application's folder: another project of the same build that it is built with.
    pub(super) is_pulled_in: bool,
}

impl<'f> Build<'f> {
    /// The build that the folder belongs to; none if the folder holds no file of Gradle's.
    pub(super) fn find(folder: &str, files: &'f Files<'f>, reading: &mut Reading) -> Option<Self> {
        if !has_gradle(folder, files) {
            return None;
        }
        let mut build = Self {
            files,
            root: folder.to_owned(),
            settings: Settings::default(),
            catalogs: BTreeMap::new(),
            scripts: BTreeMap::new(),
            summaries: Vec::new(),
        };
        let statements = build.settings(folder, reading);
        build.read_catalogs(reading);
        let properties = build.properties(&build.root);
        let of_root = build.read_script(&build.root.clone(), &[&properties], reading);
        let mut folders: BTreeSet<String> = build.settings.projects.values().cloned().collect();
        folders.insert(folder.to_owned());
        folders.remove(&build.root);
        for folder in folders {
            let own = build.properties(&folder);
            build.read_script(&folder, &[&of_root, &own, &properties], reading);
        }
        if let Some((path, statements)) = statements {
            build.declare(&path, statements, &[&properties], true);
        }
        if build.scripts.is_empty() {
            build.take_catalogs();
        }
        Some(build)
    }

    /// Finds the root. A folder that the settings above it do not include is a build of its own.
    fn settings(
        &mut self,
        folder: &str,
        reading: &mut Reading,
    ) -> Option<(String, Vec<Statement>)> {
        let (path, bytes) = self.files.nearest(folder, &SETTINGS)?;
        let statements = parse(path, bytes, reading)?;
        let settings = settings::read(folder_of(path), &statements);
        let is_ours =
            folder_of(path) == folder || settings.projects.values().any(|place| place == folder);
        if !is_ours {
            return None;
        }
        self.root = folder_of(path).to_owned();
        self.settings = settings;
        Some((path.to_owned(), statements))
    }

    /// Catalogs that the settings name, else those beside the wrapper (or in the folder itself) by their file names.
    fn read_catalogs(&mut self, reading: &mut Reading) {
        let mut places = self.settings.catalogs.clone();
        let files = self.files;
        for folder in [join_path(&self.root, "gradle"), Some(self.root.clone())]
            .into_iter()
            .flatten()
        {
            let here = files
                .below(&folder)
                .map(|(path, _)| path)
                .filter(|path| folder_of(path) == folder);
            for path in here.filter(|path| recognise(path) == Some(FileKind::GradleCatalog)) {
                let name = path.rsplit('/').next().unwrap_or(path);
                let name = name.strip_suffix(".versions.toml").unwrap_or(name);
                places
                    .entry(name.to_owned())
                    .or_insert_with(|| path.to_owned());
            }
        }
        for (name, path) in places {
            let Some(bytes) = files.get(&path) else {
                continue;
            };
            match catalog::read(&path, bytes) {
                Ok((catalog, problems)) => {
                    for problem in problems {
                        reading.problem(problem);
                    }
                    self.summaries.push(summary(
                        &path,
                        catalog.libraries.len() + catalog.plugins.len(),
                    ));
                    self.catalogs.insert(name, catalog);
                }
                Err(problem) => reading.problem(problem),
            }
        }
    }

    /// `gradle.properties`: `name=value`.
    fn properties(&self, folder: &str) -> Variables {
        let mut variables = Variables::new();
        let Some(path) = join_path(folder, "gradle.properties") else {
            return variables;
        };
        let text = self
            .files
            .get(&path)
            .and_then(|bytes| decode(&path, bytes).ok());
        for line in text.unwrap_or_default().lines().map(str::trim) {
            if let Some((name, value)) = line
                .split_once(['=', ':'])
                .filter(|_| !line.starts_with(['#', '!']))
            {
                variables.insert(name.trim().to_owned(), Some(value.trim().to_owned()));
            }
        }
        variables
    }

    /// Reads the script of a folder, if there is one, and returns its variables.
    fn read_script(
        &mut self,
        folder: &str,
        outer: &[&Variables],
        reading: &mut Reading,
    ) -> Variables {
        let files = self.files;
        let found = SCRIPTS
            .iter()
            .find_map(|name| files.get_entry(&join_path(folder, name)?));
        let Some((path, bytes)) = found else {
            return Variables::new();
        };
        let Some(statements) = parse(path, bytes, reading) else {
            return Variables::new();
        };
        let own = variables(&statements);
        let all: Vec<&Variables> = std::iter::once(&own).chain(outer.iter().copied()).collect();
        self.declare(path, statements, &all, false);
        own
    }

    fn declare(
        &mut self,
        path: &str,
        statements: Vec<Statement>,
        variables: &[&Variables],
        is_settings: bool,
    ) {
        let values = Values {
            variables,
            catalogs: &self.catalogs,
            is_kotlin: path.rsplit('.').next() == Some("kts"),
        };
        let declarations = declarations::read(path, &statements, &values);
        self.summaries.push(summary(path, declarations.found.len()));
        if is_settings && declarations.found.is_empty() {
            return;
        }
        self.scripts.insert(
            path.to_owned(),
            Script {
                statements,
                declarations,
            },
        );
    }

    /// A catalog without a script: nothing says which of it is used, so that all of it counts.
    fn take_catalogs(&mut self) {
        for catalog in self.catalogs.values() {
            let libraries = catalog
                .libraries
                .values()
                .map(|entry| (entry, entry.name.clone(), Kind::Library));
            let plugins = catalog.plugins.values();
            let plugins = plugins.map(|entry| {
                (
                    entry,
                    format!("{0}:{0}.gradle.plugin", entry.name),
                    Kind::Plugin,
                )
            });
            for (entry, name, kind) in libraries.chain(plugins) {
                let declarations = Declarations {
                    found: vec![Found {
                        target: Target::Own,
                        name,
                        version: entry
                            .version
                            .clone()
                            .map_or(Wanted::Nothing, Wanted::Version),
                        scope: if kind == Kind::Plugin {
                            Scope::Build
                        } else {
                            Scope::Runtime
                        },
                        kind,
                        evidence: entry.evidence.clone(),
                    }],
                    ..Declarations::default()
                };
                let path = join_path(&self.root, SCRIPTS[0]).unwrap_or_default();
                let script = self.scripts.entry(path).or_insert_with(|| Script {
                    statements: Vec::new(),
                    declarations: Declarations::default(),
                });
                script.declarations.found.extend(declarations.found);
            }
        }
    }

    /// Those of the folder: the whole build for its root, else the project itself and those it is built with.
    pub(super) fn projects(&self, folder: &str) -> Vec<Project> {
        let project = |path: &str, folder: &str, is_pulled_in| Project {
            path: path.to_owned(),
            folder: folder.to_owned(),
            is_pulled_in,
        };
        if folder == self.root {
            let all = self
                .settings
                .projects
                .iter()
                .map(|(path, place)| project(path, place, false));
            return std::iter::once(project(":", folder, false))
                .chain(all)
                .collect();
        }
        let own = self
            .settings
            .projects
            .iter()
            .find(|(_, place)| *place == folder);
        let Some((path, _)) = own else {
            return Vec::new();
        };
        let mut projects = vec![project(path, folder, false)];
        let mut seen = BTreeSet::from([path.clone()]);
        let mut open = VecDeque::from([projects[0].clone()]);
        while let Some(at) = open.pop_front() {
            for path in self.needed_projects(&at) {
                let Some(place) = self.settings.projects.get(&path) else {
                    continue;
                };
                if seen.insert(path.clone()) {
                    let next = project(&path, place, true);
                    open.push_back(next.clone());
                    projects.push(next);
                }
            }
        }
        projects
    }

    /// The builds that make this one's plugins, `buildSrc` and those that the settings name.
    pub(super) fn logic(&self, folder: &str) -> Vec<String> {
        let is_root = folder == self.root;
        let source = join_path(folder, "buildSrc").into_iter();
        let all = source.chain(self.settings.logic.iter().cloned());
        all.filter(|_| is_root).collect()
    }

    fn needed_projects(&self, project: &Project) -> Vec<String> {
        let script = self.script(&project.folder).into_iter();
        let needed = script.flat_map(|(_, script)| &script.declarations.projects);
        needed
            .filter(|(target, _, scope)| *target == Target::Own && *scope == Scope::Runtime)
            .map(|(_, path, _)| format!(":{}", path.trim_start_matches(':')))
            .collect()
    }

    fn script(&self, folder: &str) -> Option<(&str, &Script)> {
        SCRIPTS.iter().find_map(|name| {
            let (path, script) = self.scripts.get_key_value(&join_path(folder, name)?)?;
            Some((path.as_str(), script))
        })
    }

    /// What the project's own script, the root's and the settings say for it.
    pub(super) fn found(&self, project: &Project) -> Vec<Found> {
        let is_root = project.folder == self.root;
        let mut found = Vec::new();
        if let Some((_, script)) = self.script(&project.folder) {
            let is_own = |target: &Target| {
                matches!(target, Target::Own | Target::All)
                    || (*target == Target::Project(project.path.clone()))
            };
            found.extend(
                script
                    .declarations
                    .found
                    .iter()
                    .filter(|one| is_own(&one.target))
                    .cloned(),
            );
        }
        if is_root {
            let settings = SETTINGS
                .iter()
                .filter_map(|name| self.scripts.get(&join_path(&self.root, name)?));
            found.extend(settings.flat_map(|script| script.declarations.found.iter().cloned()));
        } else if let Some((_, script)) = self.script(&self.root) {
            let is_meant = |target: &Target| match target {
                Target::Own => false,
                Target::All | Target::Below => true,
                Target::Project(path) => *path == project.path,
            };
            found.extend(
                script
                    .declarations
                    .found
                    .iter()
                    .filter(|one| is_meant(&one.target))
                    .cloned(),
            );
        }
        found
    }

    /// What could not be read of the project's own script.
    pub(super) fn unread(&self, project: &Project) -> Option<(&str, &[(String, u32)])> {
        let (path, script) = self.script(&project.folder)?;
        Some((path, &script.declarations.unread))
    }

    /// `group` and `version` as literals, of the project or for all.
    pub(super) fn product(&self, project: &Project) -> Option<Product> {
        let (path, script) = self
            .script(&project.folder)
            .filter(|_| !project.is_pulled_in)?;
        let own = property(&script.statements, "group", false);
        let root = self
            .script(&self.root)
            .map(|(path, script)| (path, &script.statements));
        let of_all = |key: &str| root.and_then(|(_, statements)| property(statements, key, true));
        let (group, line) = own.map(|(group, line)| (group, (path, line))).or_else(|| {
            let (group, line) = of_all("group")?;
            Some((group, (root?.0, line)))
        })?;
        let version = property(&script.statements, "version", false).or_else(|| of_all("version"));
        let name = match project.path.rsplit_once(':') {
            Some((_, name)) if !name.is_empty() => name,
            _ => self.settings.root_name.as_deref()?,
        };
        let publishes = |statements: &[Statement]| has_word(statements, "maven-publish");
        let is_published = publishes(&script.statements)
            || root.is_some_and(|(_, statements)| publishes(statements));
        Some(Product {
            package: package_of(&format!("{group}:{name}"))?,
            version: version.map(|(version, _)| version),
            is_private: !is_published,
            evidence: Evidence {
                file: line.0.into(),
                line: Some(line.1),
            },
        })
    }

    /// The files of the root and of these projects; scripts of others were only looked into.
    pub(super) fn summaries(self, projects: &[Project], reading: &mut Reading) {
        let gradle = join_path(&self.root, "gradle");
        let is_read = |path: &str| {
            let folder = folder_of(path);
            folder == self.root
                || Some(folder) == gradle.as_deref()
                || recognise(path) == Some(FileKind::GradleCatalog)
                || projects.iter().any(|project| project.folder == folder)
        };
        reading.files.extend(
            self.summaries
                .into_iter()
                .filter(|summary| is_read(&summary.path)),
        );
    }
}

/// In the folder, or where Gradle keeps its locks and catalogs below it.
fn has_gradle(folder: &str, files: &Files<'_>) -> bool {
    let places: Vec<String> = ["", "gradle", "gradle/dependency-locks"]
        .into_iter()
        .filter_map(|below| join_path(folder, below))
        .collect();
    files.below(folder).any(|(path, _)| {
        let is_gradle = matches!(
            recognise(path),
            Some(FileKind::GradleBuild | FileKind::GradleCatalog | FileKind::GradleLock)
        );
        is_gradle && places.iter().any(|place| place == folder_of(path))
    })
}

fn parse(path: &str, bytes: &[u8], reading: &mut Reading) -> Option<Vec<Statement>> {
    let statements = decode(path, bytes).and_then(|text| script::parse(path, &text));
    statements.map_err(|problem| reading.problem(problem)).ok()
}

fn summary(path: &str, declared: usize) -> FileSummary {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_catalog = name.ends_with(".versions.toml");
    FileSummary {
        path: path.to_owned(),
        format: if is_catalog { "version catalog" } else { name }.to_owned(),
        locked: Texts::default(),
        declared,
    }
}

/// `group = 'com.acme'` or `group 'com.acme'`, of the script itself; with `allprojects` and `subprojects` if asked.
fn property(statements: &[Statement], key: &str, with_all: bool) -> Option<(String, u32)> {
    statements
        .iter()
        .find_map(|statement| match statement.tokens.as_slice() {
            [Token::Word(name), Token::Sign('='), Token::Text(text)]
            | [Token::Word(name), Token::Text(text)]
                if name == key && !text.contains(HOLE) =>
            {
                Some((text.clone(), statement.line()))
            }
            [Token::Word(name)] if with_all && (name == "allprojects" || name == "subprojects") => {
                statement
                    .blocks
                    .iter()
                    .find_map(|block| property(block, key, false))
            }
            _ => None,
        })
}

fn has_word(statements: &[Statement], word: &str) -> bool {
    statements.iter().any(|statement| {
        let is_here = statement
            .tokens
            .iter()
            .any(|token| matches!(token, Token::Word(text) | Token::Text(text) if text == word));
        is_here || statement.blocks.iter().any(|block| has_word(block, word))
    })
}
