//! What manifests declare, and one dependency out of what several files say of the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use downriver_domain::{Evidence, Scope};
use downriver_version::{Format, PackageId, Requirement};

use crate::graph;
use crate::reading::{FoundDependency, LeftOut, Problem, Reading, Source};
use crate::scopes::Scopes;

/// Names of packages that one problem lists.
const NAMES_MAX: usize = 5;

/// A dependency that a manifest asks for.
#[derive(Debug, Clone)]
pub(super) struct Declared {
    /// `group:artifact`
    pub(super) name: String,
    pub(super) requirement: Option<String>,
    pub(super) scope: Scope,
    pub(super) source: Source,
    pub(super) evidence: Evidence,
    /// Why there is no requirement; told unless a lock tells more.
    pub(super) trouble: Option<Trouble>,
}

/// Why a dependency has no requirement, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Trouble {
    pub(super) what: String,
    pub(super) advice: String,
}

impl Declared {
    /// Takes a requirement only if it is one.
    pub(super) fn require(mut self, text: &str) -> Self {
        match Requirement::parse(Format::Maven, text) {
            Ok(_) => self.requirement = Some(text.to_owned()),
            Err(error) => {
                self.trouble = Some(Trouble {
                    what: format!("`{text}` is no version and no range"),
                    advice: error.to_string(),
                });
            }
        }
        self
    }
}

/// `group:artifact` to the package; `None` for a name that CodeArtifact cannot hold.
pub(super) fn package_of(name: &str) -> Option<PackageId> {
    let (group, artifact) = name.split_once(':').filter(|_| !name.contains("${"))?;
    PackageId::new(Format::Maven, Some(group), artifact).ok()
}

/// The file and what is wrong there, with the first line and the names.
type Troubles = BTreeMap<(Arc<str>, Trouble), (Option<u32>, Vec<String>)>;

/// Adds what is declared and held by no lock.
pub(super) fn into_reading(declared: Vec<Declared>, reading: &mut Reading) {
    let mut troubles = Troubles::new();
    for one in declared {
        if let Some(trouble) = one.trouble {
            let (_, names) = troubles
                .entry((one.evidence.file.clone(), trouble))
                .or_insert_with(|| (one.evidence.line, Vec::new()));
            if !names.contains(&one.name) && names.len() <= NAMES_MAX {
                names.push(one.name.clone());
            }
        }
        let package = package_of(&one.name).filter(|_| one.source == Source::Registry);
        let Some(package) = package else {
            reading.left_out.push(LeftOut {
                name: one.name,
                version: one.requirement,
                source: one.source,
                reason: graph::reason(one.source).to_owned(),
                evidence: one.evidence,
            });
            continue;
        };
        reading.dependencies.push(FoundDependency {
            package,
            requirement: one.requirement,
            locked: None,
            is_direct: true,
            via: Arc::default(),
            via_version: None,
            scopes: Scopes::from(one.scope),
            evidence: one.evidence,
            lock: None,
        });
    }
    for ((file, trouble), (line, names)) in troubles {
        let more = if names.len() > NAMES_MAX { ", …" } else { "" };
        let names = names
            .into_iter()
            .take(NAMES_MAX)
            .map(|name| format!("`{name}`"));
        let names = names.collect::<Vec<_>>().join(", ");
        let text = format!("{}: {names}{more}; {}", trouble.what, trouble.advice);
        reading.problem(Problem::gap(&file, line, text));
    }
}

/// From the dependency at `first` on: makes one of those of the same package, version and requirement. What the
/// application asks for itself says more than the same version on the way to somebody else.
pub(super) fn merge(first: usize, reading: &mut Reading) {
    let mut groups: BTreeMap<(PackageId, Option<Arc<str>>), Vec<FoundDependency>> = BTreeMap::new();
    for one in reading.dependencies.drain(first..) {
        let key = (one.package.clone(), one.locked.clone());
        groups.entry(key).or_default().push(one);
    }
    for (_, group) in groups {
        reading.dependencies.extend(merge_group(group));
    }
    let mut seen = BTreeSet::new();
    reading.left_out.retain(|one| {
        let place = (one.evidence.file.clone(), one.evidence.line);
        seen.insert((one.name.clone(), one.version.clone(), place))
    });
}

fn merge_group(mut group: Vec<FoundDependency>) -> Vec<FoundDependency> {
    // Stable: within each kind, the first file stays first.
    group.sort_by_key(|one| !one.is_direct);
    let mut kept: Vec<FoundDependency> = Vec::new();
    let mut by_requirement: BTreeMap<Option<String>, usize> = BTreeMap::new();
    for one in group {
        let same = if one.is_direct || kept.is_empty() {
            by_requirement.get(&one.requirement).copied()
        } else if one.locked.is_some() {
            Some(0)
        } else {
            by_requirement.get(&one.requirement).copied()
        };
        if let Some(same) = same {
            kept[same].scopes |= one.scopes;
        } else {
            by_requirement.insert(one.requirement.clone(), kept.len());
            kept.push(one);
        }
    }
    kept
}
