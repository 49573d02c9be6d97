//! Gradle: the projects of a build, what their scripts ask for, and what their lockfiles hold.
//!
//! A script is a program. Only what is literal in it is read (strings, names that one literal was assigned to, the
//! version catalog), and what is not is a problem that says so, unless a lockfile tells.

mod build;
mod catalog;
mod configuration;
mod declarations;
mod lock;
mod locked;
mod scan;
mod script;
mod settings;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::{Evidence, Scope};

use crate::files::{Files, join_path};
use crate::limits::{INCLUDES_MAX, NODES_MAX};
use crate::maven::declared::{self, Declared, Trouble};
use crate::reading::{Problem, Reading, Source};
use crate::scopes::Scopes;
use build::{Build, Project};
use declarations::{Found, Kind, Wanted};
use locked::Locks;

/// What helps where only a run of Gradle can tell.
const ADVICE: &str = "commit a gradle.lockfile, or upload an SBOM";
/// Expressions that one problem lists.
const UNREAD_MAX: usize = 5;

/// Versions that constraints set, with the place that says so.
type Constraints = BTreeMap<String, (String, Evidence)>;

/// What the scripts say for one project.
struct Scripts {
    declared: Vec<Declared>,
    constraints: Constraints,
    /// They name no library.
    is_alone: bool,
}

pub(super) fn read(folder: &str, files: &Files<'_>, reading: &mut Reading) {
    let locks = locked::by_project(files);
    let mut open = vec![(folder.to_owned(), false)];
    let mut seen = BTreeSet::new();
    while let Some((folder, is_logic)) = open.pop() {
        if !seen.insert(folder.clone()) || seen.len() > INCLUDES_MAX {
            continue;
        }
        let Some(build) = Build::find(&folder, files, reading) else {
            continue;
        };
        open.extend(build.logic(&folder).into_iter().map(|place| (place, true)));
        let projects = build.projects(&folder);
        for project in &projects {
            if reading.dependencies.len() > NODES_MAX {
                let text = format!(
                    "its projects have more than {NODES_MAX} dependencies: the rest is left out"
                );
                let file = join_path(&folder, "build.gradle").unwrap_or_default();
                reading.problem(Problem::new(&file, None, text));
                break;
            }
            read_project(&build, project, is_logic, &locks, reading);
        }
        build.summaries(&projects, reading);
    }
}

/// Reads one project; what a build that only makes plugins needs, is needed to build.
fn read_project(
    build: &Build<'_>,
    project: &Project,
    is_logic: bool,
    locks: &Locks<'_>,
    reading: &mut Reading,
) {
    let mut found = build.found(project);
    if project.is_pulled_in {
        found.retain(|one| one.kind != Kind::Plugin && one.scope == Scope::Runtime);
    }
    let constraints = constraints(&found);
    let is_alone = !found.iter().any(|one| one.kind == Kind::Library);
    let declared = found
        .into_iter()
        .filter(|one| one.kind != Kind::Constraint)
        .map(|one| declare(one, &constraints))
        .collect();
    let mut scripts = Scripts {
        declared,
        constraints,
        is_alone,
    };
    let first = reading.dependencies.len();
    let own_locks = locks.get(&project.folder).filter(|_| !project.is_pulled_in);
    if let Some(own_locks) = own_locks {
        locked::read(own_locks, &mut scripts, reading);
    } else {
        unread(build, project, reading);
    }
    declared::into_reading(scripts.declared, reading);
    if is_logic {
        for one in &mut reading.dependencies[first..] {
            one.scopes = Scopes::from(Scope::Build);
        }
    } else {
        reading.products.extend(build.product(project));
    }
}

fn constraints(found: &[Found]) -> Constraints {
    let mut constraints = Constraints::new();
    for one in found.iter().filter(|one| one.kind == Kind::Constraint) {
        if let Wanted::Version(version) = &one.version {
            constraints.insert(one.name.clone(), (version.clone(), one.evidence.clone()));
        }
    }
    constraints
}

fn declare(found: Found, constraints: &Constraints) -> Declared {
    let mut declared = Declared {
        name: found.name,
        requirement: None,
        scope: found.scope,
        source: Source::Registry,
        evidence: found.evidence,
        trouble: None,
    };
    match found.version {
        Wanted::Version(version) => return declared.require(&version),
        Wanted::Nothing => {
            if let Some((version, evidence)) = constraints.get(&declared.name) {
                declared.evidence = evidence.clone();
                return declared.require(version);
            }
            declared.trouble = Some(Trouble {
                what: "no version in the script".to_owned(),
                advice: format!("a platform or a plugin may bring it: {ADVICE}"),
            });
        }
        Wanted::Unread(expression) => {
            declared.trouble = Some(Trouble {
                what: format!("the version is put together when Gradle runs, `{expression}`"),
                advice: ADVICE.to_owned(),
            });
        }
    }
    declared
}

/// What a script asks for in words that only Gradle understands.
fn unread(build: &Build<'_>, project: &Project, reading: &mut Reading) {
    let Some((path, unread)) = build.unread(project) else {
        return;
    };
    let Some((_, line)) = unread.first() else {
        return;
    };
    let shown = unread
        .iter()
        .take(UNREAD_MAX)
        .map(|(expression, _)| format!("`{expression}`"));
    let shown = shown.collect::<Vec<_>>().join(", ");
    let more = if unread.len() > UNREAD_MAX {
        ", …"
    } else {
        ""
    };
    let text = format!("asks for what only Gradle can tell: {shown}{more}; {ADVICE}");
    reading.problem(Problem::gap(path, Some(*line), text));
}
