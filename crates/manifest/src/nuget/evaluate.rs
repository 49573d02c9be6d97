//! A project as MSBuild would see it, as far as its packages need it.
//!
//! First properties and imports in their order, then items with the properties as they are at the end, as MSBuild does.
//! `Directory.Build.props`, `Directory.Packages.props` and `Directory.Build.targets` come from the nearest folder that has
//! them; more only where they import each other. Conditions are not evaluated: an item under one counts, and a property
//! under one is set where it is not set yet, which is what most such conditions say.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::Sources;
use super::expand::{Place, Properties, resolve};
use super::msbuild::{self, MsbuildFile, Statement};
use super::project::Project;
use crate::files::folder_of;
use crate::limits::INCLUDES_MAX;
use crate::reading::{FileSummary, Problem, Reading};
use crate::texts::Texts;

mod items;

use items::Items;

/// Reads each file once, however many projects share it.
pub(super) struct Evaluator<'f> {
    sources: &'f Sources<'f>,
    files: BTreeMap<&'f str, Option<Rc<MsbuildFile>>>,
}

/// What is known of one project so far.
struct State<'p> {
    project: &'p str,
    properties: Properties,
    /// Places of items: which file, which of its statements.
    items: Vec<(Rc<MsbuildFile>, usize)>,
    /// MSBuild imports a file once, and ignores it the next time.
    seen: BTreeSet<String>,
}

impl State<'_> {
    fn set(&mut self, name: &str, value: &str, is_conditional: bool, place: Place<'_>) {
        let is_set = self
            .properties
            .get(name)
            .is_some_and(|value| !value.is_empty());
        // Shared files tell tests from the rest by a condition, nearly always over the name of the project.
        let is_for_tests = is_conditional
            && place.file != self.project
            && ["IsTestProject", "IsPackable"]
                .iter()
                .any(|own| own.eq_ignore_ascii_case(name));
        if is_conditional && is_set || is_for_tests && !is_named_for_tests(self.project) {
            return;
        }
        let value = self.properties.expand(value, place);
        self.properties.set(name, value);
    }
}

fn is_named_for_tests(project: &str) -> bool {
    let name = project
        .rsplit('/')
        .next()
        .unwrap_or(project)
        .to_ascii_lowercase();
    ["test", "spec"].iter().any(|word| name.contains(word))
}

impl<'f> Evaluator<'f> {
    pub(super) const fn new(sources: &'f Sources<'f>) -> Self {
        Self {
            sources,
            files: BTreeMap::new(),
        }
    }

    pub(super) fn evaluate(&mut self, path: &'f str, reading: &mut Reading) -> Option<Project> {
        let file = self.load(path, reading)?;
        let mut state = State {
            project: path,
            properties: Properties::default(),
            items: Vec::new(),
            seen: BTreeSet::from([path.to_owned()]),
        };
        let above = |name: &str| self.sources.above(folder_of(path), name);
        let (props, targets) = (
            above("Directory.Build.props"),
            above("Directory.Build.targets"),
        );
        self.import(props, &mut state, 0, reading);
        let said = state.properties.get("DirectoryPackagesPropsPath");
        let packages = match said {
            Some(said) => resolve(path, said).and_then(|path| Some(self.sources.find(&path)?.0)),
            None => self
                .sources
                .above(folder_of(path), "Directory.Packages.props"),
        };
        if !state.properties.is_false("ImportDirectoryPackagesProps") {
            self.import(packages, &mut state, 0, reading);
        }
        self.walk(&file, &mut state, 0, reading);
        self.import(targets, &mut state, 0, reading);
        Some(self.finish(&file, &state, reading))
    }

    /// The file, read once; what is wrong with it is told once.
    pub(super) fn load(&mut self, path: &str, reading: &mut Reading) -> Option<Rc<MsbuildFile>> {
        let (path, bytes) = self.sources.find(path)?;
        if let Some(known) = self.files.get(path) {
            return known.clone();
        }
        let file = match msbuild::parse(path, bytes) {
            Ok(file) => {
                let name = path.rsplit('/').next().unwrap_or(path);
                let extension = name.rsplit('.').next().unwrap_or(name);
                let is_shared = name.to_ascii_lowercase().starts_with("directory.");
                reading.files.push(FileSummary {
                    path: path.to_owned(),
                    format: if is_shared { name } else { extension }.to_owned(),
                    locked: Texts::default(),
                    declared: file.declared(),
                });
                Some(Rc::new(file))
            }
            Err(problem) => {
                reading.problem(problem);
                None
            }
        };
        self.files.insert(path, file.clone());
        file
    }

    fn import(
        &mut self,
        path: Option<&str>,
        state: &mut State<'_>,
        depth: usize,
        reading: &mut Reading,
    ) {
        let Some(path) = path else { return };
        if !state.seen.insert(path.to_owned()) {
            return;
        }
        if let Some(file) = self.load(path, reading) {
            self.walk(&file, state, depth, reading);
        }
    }

    fn walk(
        &mut self,
        file: &Rc<MsbuildFile>,
        state: &mut State<'_>,
        depth: usize,
        reading: &mut Reading,
    ) {
        let sources = self.sources;
        let project = state.project;
        let place = Place {
            file: &file.path,
            project,
            sources,
        };
        for (index, statement) in file.statements.iter().enumerate() {
            match statement {
                Statement::Property {
                    name,
                    value,
                    is_conditional,
                } => {
                    state.set(name, value, *is_conditional, place);
                }
                Statement::Item(_) => state.items.push((Rc::clone(file), index)),
                Statement::Import {
                    project,
                    is_conditional,
                    line,
                } => {
                    let expanded = state.properties.expand(project, place);
                    // Of the SDK, or of packages that were restored: not of the source.
                    if expanded.trim().is_empty() || expanded.contains("$(") {
                        continue;
                    }
                    let at = resolve(&file.path, &expanded);
                    let found = at.and_then(|path| Some(sources.find(&path)?.0));
                    if found.is_none() && !is_conditional && !expanded.contains('*') {
                        let text = format!("imports `{project}`, which the source does not hold");
                        reading.problem(Problem::gap(&file.path, Some(*line), text));
                    }
                    if depth >= INCLUDES_MAX {
                        let text =
                            format!("imports more than {INCLUDES_MAX} files one from the other");
                        reading.problem(Problem::new(&file.path, Some(*line), text));
                        continue;
                    }
                    self.import(found, state, depth + 1, reading);
                }
            }
        }
    }

    fn finish(&self, file: &MsbuildFile, state: &State<'_>, reading: &mut Reading) -> Project {
        let mut items = Items::new(&state.properties, state.project, self.sources);
        for (file, index) in &state.items {
            if let Statement::Item(item) = &file.statements[*index] {
                items.apply(item, &file.path, reading);
            }
        }
        let properties = &state.properties;
        let known = |name: &str| {
            let value = properties.get(name).map(str::trim);
            value
                .filter(|value| !value.is_empty() && !value.contains("$("))
                .map(str::to_owned)
        };
        let sdk = file.sdk.as_deref().unwrap_or("");
        let is_test = !properties.is_false("IsTestProject")
            && (properties.is_true("IsTestProject")
                || items.has("microsoft.net.test.sdk")
                || sdk.to_ascii_lowercase().starts_with("mstest.sdk"));
        let mut project = Project {
            path: file.path.clone(),
            packages: items.asked(is_test, reading),
            central: items.central,
            references: items.references,
            is_test,
            package: String::new(),
            version: known("PackageVersion")
                .or_else(|| known("Version"))
                .or_else(|| {
                    let prefix = known("VersionPrefix")?;
                    Some(
                        known("VersionSuffix")
                            .map_or(prefix.clone(), |suffix| format!("{prefix}-{suffix}")),
                    )
                }),
            is_private: is_test || is_private(properties, sdk),
            lock: known("NuGetLockFilePath").and_then(|lock| resolve(&file.path, &lock)),
        };
        let named = known("PackageId").or_else(|| known("AssemblyName"));
        project.package = named.unwrap_or_else(|| project.stem().to_owned());
        project
    }
}

/// Whether nothing says that it is published: an application is packed only if it says so, a project without an SDK never.
fn is_private(properties: &Properties, sdk: &str) -> bool {
    if properties.is_false("IsPackable") || sdk.is_empty() {
        return true;
    }
    let says_so = ["IsPackable", "PackAsTool", "GeneratePackageOnBuild"];
    let is_application = properties
        .get("OutputType")
        .is_some_and(|kind| kind.to_ascii_lowercase().ends_with("exe"))
        || sdk.starts_with("Microsoft.NET.Sdk.Web")
        || sdk.starts_with("Microsoft.NET.Sdk.Worker");
    is_application
        && properties.get("PackageId").is_none()
        && !says_so.iter().any(|name| properties.is_true(name))
}
