//! The POMs of a source and how they complete each other: parents, managed versions, imported BOMs.
//!
//! Precedence is Maven's: the project's own management comes before its parent's, that before imported BOMs, and of
//! those the first; properties of an inherited entry have the values of the project that inherits it, those of a BOM the
//! BOM's own.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use downriver_domain::Evidence;
use downriver_version::{Format, Requirement, Version};

use crate::files::{Files, folder_of, join_path};
use crate::kind::{FileKind, recognise};
use crate::limits::INCLUDES_MAX;
use crate::maven::pom::{self, Entry, Parent, Pom};
use crate::maven::properties::{Properties, Unresolved};
use crate::reading::Problem;

/// Places looked into for managed versions, in one reading: a large reactor needs some hundred thousand.
const LOOKUPS_MAX: usize = 5_000_000;

/// Every POM of the source that was asked for.
pub(super) struct Poms<'f> {
    files: &'f Files<'f>,
    parsed: BTreeMap<String, Result<Rc<Pom>, Problem>>,
    /// Paths by artifact, of all POMs of the source; read at the first question.
    by_artifact: Option<BTreeMap<String, Vec<String>>>,
    lookups: usize,
    user: Rc<BTreeMap<String, String>>,
}

/// A POM and its parents.
#[derive(Debug)]
pub(super) struct Lineage {
    /// The project itself first.
    pub(super) poms: Vec<Rc<Pom>>,
    /// The parents that a repository would deliver.
    pub(super) links: Vec<Link>,
    /// Parents that follow each other in a circle, or too many.
    pub(super) problem: Option<Problem>,
    user: Rc<BTreeMap<String, String>>,
}

/// A POM that another one names: a parent or a BOM.
#[derive(Debug, Clone)]
pub(super) struct Link {
    /// `group:artifact`
    pub(super) name: String,
    pub(super) version: Option<Result<String, Unresolved>>,
    pub(super) evidence: Evidence,
    /// Its file stands in the source.
    pub(super) is_here: bool,
}

/// Whose management counts, in order: the project's lineage, then the BOMs'.
pub(super) struct Management {
    pub(super) layers: Vec<Rc<Lineage>>,
    /// The BOMs that the project and its parents import.
    pub(super) imports: Vec<Link>,
    /// The layer and generation of managed dependencies whose names properties complete, by the completed key.
    templates: BTreeMap<String, (usize, usize, Entry)>,
}

/// A managed dependency with its properties replaced.
pub(super) struct ManagedEntry {
    pub(super) version: Option<Result<String, Unresolved>>,
    pub(super) scope: Option<String>,
    pub(super) evidence: Evidence,
}

impl Lineage {
    pub(super) fn properties(&self) -> Properties<'_> {
        Properties {
            user: Some(&self.user),
            profile: None,
            lineage: self.poms.iter().map(AsRef::as_ref).collect(),
        }
    }
}

impl<'f> Poms<'f> {
    /// `user`: the properties of Maven's command line.
    pub(super) fn new(files: &'f Files<'f>, user: BTreeMap<String, String>) -> Self {
        Self {
            files,
            parsed: BTreeMap::new(),
            by_artifact: None,
            lookups: 0,
            user: Rc::new(user),
        }
    }

    /// The POM at this path; `None` if there is no such file.
    pub(super) fn get(&mut self, path: &str) -> Option<Result<Rc<Pom>, Problem>> {
        if let Some(parsed) = self.parsed.get(path) {
            return Some(parsed.clone());
        }
        let bytes = self.files.get(path)?;
        let parsed = pom::parse(path, bytes).map(Rc::new);
        self.parsed.insert(path.to_owned(), parsed.clone());
        Some(parsed)
    }

    /// The POM that `path` names, a file or a folder.
    pub(super) fn get_in(&mut self, path: &str) -> Option<Result<Rc<Pom>, Problem>> {
        let inside = join_path(path, "pom.xml")?;
        self.get(&inside).or_else(|| self.get(path))
    }

    pub(super) fn lineage(&mut self, pom: &Rc<Pom>) -> Lineage {
        let mut lineage = Lineage {
            poms: vec![Rc::clone(pom)],
            links: Vec::new(),
            problem: None,
            user: Rc::clone(&self.user),
        };
        let mut at = Rc::clone(pom);
        while let Some(parent) = &at.parent {
            let is_circle = |found: &Rc<Pom>| lineage.poms.iter().any(|pom| pom.path == found.path);
            let near = self.parent_by_path(&at, parent);
            let is_near = near.is_some();
            let found = near.or_else(|| self.parent_by_name(parent));
            if lineage.poms.len() > INCLUDES_MAX || found.as_ref().is_some_and(is_circle) {
                let text = "its parents follow each other in a circle, or are more than can be";
                lineage.problem = Some(Problem::new(&at.path, Some(parent.line), text));
                break;
            }
            if !is_near {
                lineage
                    .links
                    .extend(parent_link(&at, parent, found.is_some()));
            }
            let Some(found) = found else { break };
            lineage.poms.push(Rc::clone(&found));
            at = found;
        }
        lineage
    }

    fn parent_by_path(&mut self, pom: &Pom, parent: &Parent) -> Option<Rc<Pom>> {
        let relative = parent.relative_path.as_deref().unwrap_or("../pom.xml");
        if relative.is_empty() {
            return None;
        }
        let path = join_path(folder_of(&pom.path), relative)?;
        let found = self.get_in(&path)?.ok()?;
        let group = parent.group.as_deref();
        is_named(
            &found,
            group,
            parent.artifact.as_deref(),
            parent.version.as_deref(),
        )
        .then_some(found)
    }

    fn parent_by_name(&mut self, parent: &Parent) -> Option<Rc<Pom>> {
        let (group, artifact) = (parent.group.as_deref()?, parent.artifact.as_deref()?);
        self.find(group, artifact, parent.version.as_deref())
    }

    /// A POM of the source by its coordinates.
    pub(super) fn find(
        &mut self,
        group: &str,
        artifact: &str,
        version: Option<&str>,
    ) -> Option<Rc<Pom>> {
        self.index();
        let paths = self.by_artifact.as_ref()?.get(artifact)?.clone();
        paths
            .iter()
            .filter_map(|path| self.get(path)?.ok())
            .find(|pom| is_named(pom, Some(group), Some(artifact), version))
    }

    fn index(&mut self) {
        if self.by_artifact.is_some() {
            return;
        }
        let mut index: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let files = self.files;
        for (path, _) in files
            .iter()
            .filter(|(path, _)| recognise(path) == Some(FileKind::Pom))
        {
            if let Some(Ok(pom)) = self.get(path) {
                index
                    .entry(pom.artifact.clone())
                    .or_default()
                    .push(path.to_owned());
            }
        }
        self.by_artifact = Some(index);
    }

    pub(super) fn management(&mut self, lineage: &Rc<Lineage>) -> Management {
        let mut seen = BTreeSet::new();
        let mut imports = Vec::new();
        let mut layers = vec![Rc::clone(lineage)];
        self.add_boms(lineage, 0, &mut seen, &mut layers, Some(&mut imports));
        let templates = self.templates(&layers);
        Management {
            layers,
            imports,
            templates,
        }
    }

    fn templates(&mut self, layers: &[Rc<Lineage>]) -> BTreeMap<String, (usize, usize, Entry)> {
        let mut templates = BTreeMap::new();
        for (layer, lineage) in layers.iter().enumerate() {
            let properties = lineage.properties();
            for (generation, pom) in lineage.poms.iter().enumerate() {
                for entry in pom.main.managed.templates() {
                    self.lookups += 1;
                    if self.lookups > LOOKUPS_MAX {
                        return templates;
                    }
                    if let Ok(key) = properties.resolve(&entry.key()) {
                        let place = (layer, generation, entry.clone());
                        templates.entry(key).or_insert(place);
                    }
                }
            }
        }
        templates
    }

    /// A BOM's own management, then that of the BOMs it imports, then the next BOM.
    fn add_boms(
        &mut self,
        lineage: &Lineage,
        depth: usize,
        seen: &mut BTreeSet<String>,
        layers: &mut Vec<Rc<Lineage>>,
        mut links: Option<&mut Vec<Link>>,
    ) {
        if depth > INCLUDES_MAX {
            return;
        }
        let properties = lineage.properties();
        for pom in &lineage.poms {
            let managed = &pom.main.managed;
            for entry in managed.imports.iter().map(|index| &managed.entries[*index]) {
                let found = self.find_import(entry, &properties);
                if let Some(links) = links.as_deref_mut() {
                    links.extend(import_link(pom, entry, &properties, found.is_some()));
                }
                let Some(bom) = found.filter(|bom| seen.insert(bom.path.clone())) else {
                    continue;
                };
                let bom = Rc::new(self.lineage(&bom));
                layers.push(Rc::clone(&bom));
                self.add_boms(&bom, depth + 1, seen, layers, None);
            }
        }
    }

    fn find_import(&mut self, entry: &Entry, properties: &Properties<'_>) -> Option<Rc<Pom>> {
        let group = properties.resolve(&entry.group).ok()?;
        let artifact = properties.resolve(&entry.artifact).ok()?;
        // With a version that only the command line gives, the one of this name is meant.
        let version = entry.version.as_deref();
        let version =
            version.map(|text| properties.resolve(text).unwrap_or_else(|_| text.to_owned()));
        self.find(&group, &artifact, version.as_deref())
    }

    /// What is managed under this key, by whoever comes first.
    pub(super) fn managed(&mut self, management: &Management, key: &str) -> Option<ManagedEntry> {
        let template = management.templates.get(key);
        for (layer, lineage) in management.layers.iter().enumerate() {
            for (generation, pom) in lineage.poms.iter().enumerate() {
                self.lookups += 1;
                if self.lookups > LOOKUPS_MAX {
                    return None;
                }
                let here = template.filter(|place| (place.0, place.1) == (layer, generation));
                let entry = pom.main.managed.literal(key);
                if let Some(entry) = entry.or(here.map(|(_, _, entry)| entry)) {
                    return Some(managed_entry(pom, entry, &lineage.properties()));
                }
            }
        }
        None
    }

    /// The problem that managed versions were looked up too often, if so.
    pub(super) fn exhausted(&self, file: &str) -> Option<Problem> {
        let text =
            "manages more versions for more projects than are looked up: some have none here";
        (self.lookups > LOOKUPS_MAX).then(|| Problem::new(file, None, text))
    }
}

pub(super) fn managed_entry(pom: &Pom, entry: &Entry, properties: &Properties<'_>) -> ManagedEntry {
    ManagedEntry {
        version: entry
            .version
            .as_deref()
            .map(|text| properties.resolve(text)),
        scope: entry
            .scope
            .as_deref()
            .and_then(|text| properties.resolve(text).ok()),
        evidence: evidence(pom, entry.line),
    }
}

pub(super) fn evidence(pom: &Pom, line: u32) -> Evidence {
    Evidence {
        file: pom.path.as_str().into(),
        line: Some(line),
    }
}

fn parent_link(pom: &Pom, parent: &Parent, is_here: bool) -> Option<Link> {
    let properties = Properties::of(pom);
    Some(Link {
        name: format!(
            "{}:{}",
            parent.group.as_deref()?,
            parent.artifact.as_deref()?
        ),
        version: parent
            .version
            .as_deref()
            .map(|text| properties.resolve(text)),
        evidence: evidence(pom, parent.line),
        is_here,
    })
}

fn import_link(
    pom: &Pom,
    entry: &Entry,
    properties: &Properties<'_>,
    is_here: bool,
) -> Option<Link> {
    let group = properties.resolve(&entry.group).ok()?;
    let artifact = properties.resolve(&entry.artifact).ok()?;
    Some(Link {
        name: format!("{group}:{artifact}"),
        version: entry
            .version
            .as_deref()
            .map(|text| properties.resolve(text)),
        evidence: evidence(pom, entry.line),
        is_here,
    })
}

/// Whether the POM has these coordinates, as far as both sides tell them: what is absent or needs a property from
/// elsewhere excludes nothing.
fn is_named(pom: &Pom, group: Option<&str>, artifact: Option<&str>, version: Option<&str>) -> bool {
    let properties = Properties::of(pom);
    let is_same = |wanted: Option<&str>, has: Option<&str>| match (wanted, has) {
        (Some(wanted), Some(has)) if wanted != has => match properties.resolve(has) {
            Ok(has) => wanted.contains("${") || is_version_admitted(wanted, &has),
            Err(_) => true,
        },
        _ => true,
    };
    let is_artifact = artifact.is_none_or(|artifact| artifact == pom.artifact);
    let is_group = match (group, pom.raw_group()) {
        (Some(group), Some(has)) => properties.resolve(has).map_or(true, |has| has == group),
        _ => true,
    };
    is_artifact && is_group && is_same(version, pom.raw_version())
}

/// A bare version is that version alone; a range may admit it.
pub(super) fn is_version_admitted(wanted: &str, version: &str) -> bool {
    if wanted == version {
        return true;
    }
    let requirement = Requirement::parse(Format::Maven, wanted);
    let version = Version::parse(Format::Maven, version);
    match (requirement, version) {
        (Ok(requirement), Ok(version)) => {
            wanted.starts_with(['[', '(']) && requirement.admits(&version)
        }
        _ => false,
    }
}
