//! The projects of an application: the POM of its folder and the modules that this names, joined with what
//! `mvn dependency:tree` printed about them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use downriver_domain::{Evidence, Scope};

use crate::files::{Files, folder_of, join_path};
use crate::graph::{Edge, Graph, Node, Root};
use crate::kind::{FileKind, recognise};
use crate::limits::{FILES_MAX, NODES_MAX};
use crate::maven::config::{self, Config};
use crate::maven::declared::{self, Declared, package_of};
use crate::maven::effective::{Management, Poms, is_version_admitted};
use crate::maven::pom::Pom;
use crate::maven::project::{self, Project};
use crate::maven::tree::{self, Item, Tree};
use crate::reading::{FileSummary, Problem, Reading, Source};
use crate::texts::Texts;

pub(super) fn read(folder: &str, files: &Files<'_>, reading: &mut Reading) {
    let config = if starts(folder, files).is_empty() {
        Config::default()
    } else {
        config::read(folder, files, reading)
    };
    let mut poms = Poms::new(files, config.properties);
    declared::into_reading(config.extensions, reading);
    let members = members(folder, files, &mut poms, reading);
    let mut used: BTreeMap<String, Rc<Pom>> = BTreeMap::new();
    let mut projects = Vec::new();
    let mut declared = 0;
    for (pom, is_optional) in members {
        let mut project = project::read(&mut poms, &pom, is_optional);
        for pom in project
            .management
            .layers
            .iter()
            .flat_map(|layer| &layer.poms)
        {
            used.insert(pom.path.clone(), Rc::clone(pom));
        }
        if let Some(problem) = project.problem.take() {
            reading.problem(problem);
        }
        declared += project.dependencies.len() + project.others.len();
        if declared > NODES_MAX {
            let text = format!(
                "its projects have more than {NODES_MAX} dependencies: the rest is left out"
            );
            reading.problem(Problem::new(&pom.path, None, text));
            break;
        }
        reading.products.extend(project.product.take());
        projects.push(project);
    }
    reading
        .problems
        .extend(poms.exhausted(&join_path(folder, "pom.xml").unwrap_or_default()));
    reading
        .files
        .extend(used.into_values().map(|pom| FileSummary {
            path: pom.path.clone(),
            format: "pom.xml".to_owned(),
            locked: Texts::default(),
            declared: pom.count_declared(),
        }));
    let siblings = Siblings::new(&projects);
    for project in &mut projects {
        project
            .dependencies
            .retain(|one| !siblings.is_declared_sibling(one));
        project
            .others
            .retain(|one| !siblings.is_declared_sibling(one));
    }
    read_trees(folder, files, &mut poms, &mut projects, &siblings, reading);
    for project in projects {
        declared::into_reading(project.dependencies, reading);
        declared::into_reading(project.others, reading);
    }
}

/// The POM of the folder, else every `*.pom` in it.
fn starts(folder: &str, files: &Files<'_>) -> Vec<String> {
    let main = join_path(folder, "pom.xml").filter(|path| files.get(path).is_some());
    if let Some(main) = main {
        return vec![main];
    }
    let here = files.below(folder).map(|(path, _)| path);
    here.filter(|path| folder_of(path) == folder && recognise(path) == Some(FileKind::Pom))
        .map(str::to_owned)
        .collect()
}

/// The POMs that the folder starts with, and their modules; true for those that only a profile includes.
fn members(
    folder: &str,
    files: &Files<'_>,
    poms: &mut Poms<'_>,
    reading: &mut Reading,
) -> Vec<(Rc<Pom>, bool)> {
    let starts = starts(folder, files).into_iter();
    let mut open: VecDeque<(String, bool, Option<Evidence>)> =
        starts.map(|path| (path, false, None)).collect();
    let mut seen = BTreeSet::new();
    let mut members = Vec::new();
    while let Some((path, is_optional, named)) = open.pop_front() {
        let pom = match poms.get_in(&path) {
            Some(Ok(pom)) => pom,
            Some(Err(problem)) => {
                if seen.insert(problem.file.clone()) {
                    reading.problem(problem);
                }
                continue;
            }
            None => {
                if let Some(named) = named {
                    let text = format!("the module `{path}` is not in the source");
                    reading.problem(Problem::gap(&named.file, named.line, text));
                }
                continue;
            }
        };
        if !seen.insert(pom.path.clone()) || seen.len() > FILES_MAX {
            continue;
        }
        add_modules(&pom, is_optional, &mut open, reading);
        members.push((pom, is_optional));
    }
    members
}

fn add_modules(
    pom: &Pom,
    is_optional: bool,
    open: &mut VecDeque<(String, bool, Option<Evidence>)>,
    reading: &mut Reading,
) {
    let of_profiles = pom
        .profiles
        .iter()
        .flat_map(|profile| &profile.section.modules);
    let modules = pom.main.modules.iter().map(|module| (module, is_optional));
    for ((module, line), is_optional) in modules.chain(of_profiles.map(|module| (module, true))) {
        let evidence = Evidence {
            file: pom.path.as_str().into(),
            line: Some(*line),
        };
        if let Some(path) = join_path(folder_of(&pom.path), module) {
            open.push_back((path, is_optional, Some(evidence)));
        } else {
            let text = format!("the module `{module}` is outside of the source");
            reading.problem(Problem::gap(&pom.path, Some(*line), text));
        }
    }
}

/// The application's own projects, which Maven takes from the build itself where the version is right.
struct Siblings(BTreeMap<String, Option<String>>);

impl Siblings {
    fn new(projects: &[Project]) -> Self {
        let projects = projects.iter();
        Self(
            projects
                .map(|project| (project.name.clone(), project.version.clone()))
                .collect(),
        )
    }

    fn is_sibling(&self, name: &str, version: Option<&str>) -> bool {
        match (self.0.get(name), version) {
            (Some(Some(own)), Some(wanted)) => is_version_admitted(wanted, own),
            (own, _) => own.is_some(),
        }
    }

    fn is_declared_sibling(&self, declared: &Declared) -> bool {
        self.is_sibling(&declared.name, declared.requirement.as_deref())
    }
}

/// Trees below the folder and above it; where there is no POM, only those of the folder itself.
fn read_trees(
    folder: &str,
    files: &Files<'_>,
    poms: &mut Poms<'_>,
    projects: &mut [Project],
    siblings: &Siblings,
    reading: &mut Reading,
) {
    let mut told: BTreeSet<String> = BTreeSet::new();
    for (path, bytes) in files
        .iter()
        .filter(|(path, _)| recognise(path) == Some(FileKind::MavenTree))
    {
        let stands_in = folder_of(path);
        let is_here = stands_in == folder;
        let is_near = is_here || is_inside(stands_in, folder) || is_inside(folder, stands_in);
        if !is_near || (projects.is_empty() && !is_here) {
            continue;
        }
        let trees = match tree::read(path, bytes) {
            Ok(trees) => trees,
            Err(problem) => {
                reading.problem(problem);
                continue;
            }
        };
        let is_alone = projects.is_empty();
        let roots: Vec<String> = trees.iter().map(|tree| tree.root.name.clone()).collect();
        let is_ours = |name: &String| is_alone || siblings.0.contains_key(name);
        if !roots.iter().any(is_ours) {
            if is_here {
                let root = roots.first().cloned().unwrap_or_default();
                let text =
                    format!("tells of `{root}`, which is not among the projects of this folder");
                reading.problem(Problem::gap(path, Some(1), text));
            }
            continue;
        }
        reading.files.push(summary(path, &trees));
        let roots = is_alone.then(|| Siblings(own_roots(&trees)));
        let own = roots.as_ref().unwrap_or(siblings);
        for tree in trees.iter().filter(|tree| is_ours(&tree.root.name)) {
            if told.insert(tree.root.name.clone()) {
                let project = projects
                    .iter_mut()
                    .find(|project| project.name == tree.root.name);
                if let Err(problem) = join(path, tree, project, poms, own, reading) {
                    reading.problem(problem);
                }
            }
        }
    }
}

fn is_inside(path: &str, folder: &str) -> bool {
    folder.is_empty()
        || path
            .strip_prefix(folder)
            .is_some_and(|rest| rest.starts_with('/'))
}

fn own_roots(trees: &[Tree]) -> BTreeMap<String, Option<String>> {
    let roots = trees.iter().map(|tree| &tree.root);
    roots
        .map(|root| (root.name.clone(), Some(root.version.clone())))
        .collect()
}

fn summary(path: &str, trees: &[Tree]) -> FileSummary {
    let own = Siblings(own_roots(trees));
    let items = trees.iter().flat_map(|tree| &tree.items);
    let items = items.filter(|item| item.scope != "system");
    let locked = items
        .filter(|item| !own.is_sibling(&item.name, Some(&item.version)))
        .map(|item| format!("{}@{}", item.name, item.version));
    FileSummary {
        path: path.to_owned(),
        format: "mvn dependency:tree".to_owned(),
        locked: locked.collect(),
        declared: 0,
    }
}

/// Adds what a tree holds; what the project declares and the tree holds gets its requirement from the project.
fn join(
    path: &str,
    tree: &Tree,
    project: Option<&mut Project>,
    poms: &mut Poms<'_>,
    siblings: &Siblings,
    reading: &mut Reading,
) -> Result<(), Problem> {
    let mut graph = Graph::new(path);
    let nodes = add_nodes(tree, siblings, &mut graph)?;
    let declared = project
        .as_ref()
        .map_or(&[][..], |project| &project.dependencies);
    let mut by_name: BTreeMap<&str, &Declared> = BTreeMap::new();
    for one in declared {
        by_name.entry(&one.name).or_insert(one);
    }
    // The node that each level of the tree is at; `None` for the project itself.
    let mut way: Vec<Option<usize>> = vec![None];
    let mut held: BTreeSet<String> = BTreeSet::new();
    for item in &tree.items {
        way.truncate(item.depth);
        let to = nodes
            .get(&(item.name.as_str(), item.version.as_str()))
            .copied();
        let from = way.last().copied().flatten();
        way.push(to);
        let Some(to) = to else { continue };
        if item.depth == 1 {
            let declared = by_name.get(item.name.as_str()).copied();
            held.insert(item.name.clone());
            graph.roots.push(root(path, item, to, declared));
        } else if let Some(from) = from {
            graph.connect(Edge {
                from,
                to,
                requirement: item.constraint.clone().map(Into::into),
                scope: scope_of(&item.scope, false),
                line: Some(item.line),
            })?;
        }
    }
    let first = reading.dependencies.len();
    graph.into_reading(reading);
    if let Some(project) = project {
        project.dependencies.retain(|one| !held.contains(&one.name));
        take_managed(poms, &project.management, first, reading);
    }
    Ok(())
}

fn root<'a>(path: &str, item: &Item, to: usize, declared: Option<&Declared>) -> Root<'a> {
    let here = Evidence {
        file: path.into(),
        line: Some(item.line),
    };
    let requirement = declared.and_then(|declared| declared.requirement.clone());
    Root {
        to,
        requirement: requirement
            .or_else(|| item.constraint.clone())
            .map(Into::into),
        scope: declared.map_or_else(|| scope_of(&item.scope, item.is_optional), |one| one.scope),
        evidence: declared.map_or(here, |declared| declared.evidence.clone()),
        is_direct: true,
    }
}

/// The nodes of a tree by name and version.
type Nodes<'t> = BTreeMap<(&'t str, &'t str), usize>;

fn add_nodes<'t>(
    tree: &'t Tree,
    siblings: &Siblings,
    graph: &mut Graph<'_>,
) -> Result<Nodes<'t>, Problem> {
    let mut nodes = BTreeMap::new();
    for item in &tree.items {
        let key = (item.name.as_str(), item.version.as_str());
        if nodes.contains_key(&key) {
            continue;
        }
        let source = if item.scope == "system" {
            Source::Platform
        } else if siblings.is_sibling(&item.name, Some(&item.version)) {
            Source::Workspace
        } else {
            Source::Registry
        };
        let node = graph.add(Node {
            name: item.name.clone().into(),
            package: package_of(&item.name),
            version: Some(item.version.clone().into()),
            source,
            line: Some(item.line),
        })?;
        nodes.insert(key, node);
    }
    Ok(nodes)
}

/// A version that the project manages counts for what others pull in, and is written where it is managed.
fn take_managed(poms: &mut Poms<'_>, management: &Management, first: usize, reading: &mut Reading) {
    for dependency in reading.dependencies[first..]
        .iter_mut()
        .filter(|one| !one.is_direct)
    {
        let (Some(group), Some(locked)) = (dependency.package.namespace(), &dependency.locked)
        else {
            continue;
        };
        let key = format!("{group}:{}:jar:", dependency.package.name());
        let Some(managed) = poms.managed(management, &key) else {
            continue;
        };
        if let Some(Ok(version)) = managed.version
            && is_version_admitted(&version, locked)
        {
            dependency.requirement = Some(version);
            dependency.evidence = managed.evidence;
        }
    }
}

fn scope_of(scope: &str, is_optional: bool) -> Scope {
    match scope {
        "test" => Scope::Test,
        _ if is_optional => Scope::Optional,
        "provided" | "system" => Scope::Build,
        _ => Scope::Runtime,
    }
}
