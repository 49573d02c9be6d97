//! `PackageReference` and its kin, item by item.

use std::collections::BTreeMap;

use downriver_domain::{Evidence, Scope};
use downriver_version::{Format, Requirement};

use super::super::Sources;
use super::super::expand::{Place, Properties, resolve};
use super::super::msbuild::{Action, Item, ItemKind, normalise_name};
use super::super::project::{Asked, Central};
use crate::reading::{Problem, Reading};

pub(super) struct Items<'p> {
    properties: &'p Properties,
    project: &'p str,
    sources: &'p Sources<'p>,
    packages: BTreeMap<String, Vec<Reference>>,
    pub(super) central: BTreeMap<String, Vec<Central>>,
    pub(super) references: Vec<(String, u32)>,
}

#[derive(Debug, Clone)]
struct Reference {
    kind: ItemKind,
    is_conditional: bool,
    /// With where it stands: an `Update` may have brought it.
    version: Option<Central>,
    version_override: Option<Central>,
    private_assets: Option<String>,
    include_assets: Option<String>,
    exclude_assets: Option<String>,
    evidence: Evidence,
}

impl<'p> Items<'p> {
    pub(super) const fn new(
        properties: &'p Properties,
        project: &'p str,
        sources: &'p Sources<'p>,
    ) -> Self {
        Self {
            properties,
            project,
            sources,
            packages: BTreeMap::new(),
            central: BTreeMap::new(),
            references: Vec::new(),
        }
    }

    /// Whether the project refers to a package whatever conditions say. In its own file a condition is about something else
    /// than the project; in a shared one it tells projects apart.
    pub(super) fn has(&self, name: &str) -> bool {
        let mut references = self.packages.get(name).into_iter().flatten();
        references
            .any(|reference| !reference.is_conditional || *reference.evidence.file == *self.project)
    }

    pub(super) fn apply(&mut self, item: &Item, file: &str, reading: &mut Reading) {
        let names = self.expand(&item.names, file);
        for name in names
            .split(';')
            .map(str::trim)
            .filter(|name| !name.is_empty())
        {
            if name.contains("$(") {
                reading.problem(unknown_property(name, file, item.line));
                continue;
            }
            // Of other items, or of what a pattern finds: only a build can tell.
            if name.contains("@(") || name.contains("%(") {
                continue;
            }
            match item.kind {
                ItemKind::ProjectReference => self.apply_project(item, file, name, reading),
                ItemKind::PackageVersion => self.apply_central(item, file, &normalise_name(name)),
                _ => self.apply_package(item, file, normalise_name(name)),
            }
        }
    }

    fn apply_project(&mut self, item: &Item, file: &str, path: &str, reading: &mut Reading) {
        // From the folder of the project, wherever the item stands.
        let found = resolve(self.project, path).and_then(|path| self.sources.find(&path));
        let Some((found, _)) = found else {
            if item.action == Action::Include && !path.contains('*') {
                let text = format!("refers to `{path}`, which the source does not hold");
                reading.problem(Problem::gap(file, Some(item.line), text));
            }
            return;
        };
        let path = found.to_owned();
        match item.action {
            Action::Include => self.references.push((path, item.line)),
            Action::Update => {}
            Action::Remove => self.references.retain(|(own, _)| *own != path),
        }
    }

    fn apply_central(&mut self, item: &Item, file: &str, name: &str) {
        let version = self.text(item, "Version", file);
        match (item.action, version) {
            (Action::Include, Some(version)) => {
                self.central
                    .entry(name.to_owned())
                    .or_default()
                    .push(version);
            }
            (Action::Update, Some(version)) => {
                if let Some(known) = self.central.get_mut(name) {
                    *known = vec![version];
                }
            }
            (Action::Remove, _) => {
                self.central.remove(name);
            }
            (Action::Include | Action::Update, None) => {}
        }
    }

    fn apply_package(&mut self, item: &Item, file: &str, name: String) {
        if item.action == Action::Remove {
            if let Some(known) = self.packages.get_mut(&name) {
                known.retain(|reference| reference.kind != item.kind);
            }
            return;
        }
        let value = |key: &str| self.text(item, key, file).map(|text| text.requirement);
        let reference = Reference {
            kind: item.kind,
            is_conditional: item.is_conditional,
            version: self.text(item, "Version", file),
            version_override: self.text(item, "VersionOverride", file),
            private_assets: value("PrivateAssets"),
            include_assets: value("IncludeAssets"),
            exclude_assets: value("ExcludeAssets"),
            evidence: Evidence {
                file: file.into(),
                line: Some(item.line),
            },
        };
        if item.action == Action::Include {
            self.packages.entry(name).or_default().push(reference);
            return;
        }
        for known in self.packages.get_mut(&name).into_iter().flatten() {
            if known.kind == item.kind {
                known.update(&reference);
            }
        }
    }

    fn text(&self, item: &Item, key: &str, file: &str) -> Option<Central> {
        let text = item
            .metadata(key)
            .map(|text| self.expand(text, file).trim().to_owned());
        let requirement = text.filter(|text| !text.is_empty())?;
        Some(Central {
            requirement,
            evidence: Evidence {
                file: file.into(),
                line: Some(item.line),
            },
        })
    }

    fn expand(&self, text: &str, file: &str) -> String {
        let place = Place {
            file,
            project: self.project,
            sources: self.sources,
        };
        self.properties.expand(text, place)
    }

    /// What the project asks for: its own version, else the one that is managed in one place.
    pub(super) fn asked(&self, is_test: bool, reading: &mut Reading) -> Vec<Asked> {
        let mut found = Vec::new();
        for (name, references) in &self.packages {
            let central = self.central.get(name);
            for reference in references {
                let own = reference
                    .version_override
                    .as_ref()
                    .or(reference.version.as_ref());
                let versions: Vec<&Central> = match own {
                    Some(own) => vec![own],
                    None => central.into_iter().flatten().collect(),
                };
                let ask = |requirement, evidence: &Evidence| Asked {
                    name: name.clone(),
                    requirement,
                    scope: if is_test {
                        Scope::Test
                    } else {
                        reference.scope()
                    },
                    is_private: reference.is_private(),
                    is_conditional: reference.is_conditional,
                    evidence: evidence.clone(),
                };
                if versions.is_empty() {
                    found.push(ask(None, &reference.evidence));
                }
                for version in versions {
                    let requirement = check(name, version, reading);
                    found.push(ask(requirement, &version.evidence));
                }
            }
        }
        found
    }
}

impl Reference {
    fn update(&mut self, other: &Self) {
        let texts = [
            (&mut self.private_assets, &other.private_assets),
            (&mut self.include_assets, &other.include_assets),
            (&mut self.exclude_assets, &other.exclude_assets),
        ];
        for (own, other) in texts {
            if other.is_some() {
                own.clone_from(other);
            }
        }
        for (own, other) in [
            (&mut self.version, &other.version),
            (&mut self.version_override, &other.version_override),
        ] {
            if other.is_some() {
                own.clone_from(other);
            }
        }
    }

    fn is_private(&self) -> bool {
        self.kind != ItemKind::PackageReference || lists(self.private_assets.as_deref(), &["all"])
    }

    /// Analyzers and tools of the build: nothing of them is there at run time, or nothing of them leaves the project.
    fn scope(&self) -> Scope {
        let runs = ["all", "runtime", "compile", "native"];
        let is_for_build = self.is_private()
            || self.include_assets.is_some() && !lists(self.include_assets.as_deref(), &runs)
            || lists(self.exclude_assets.as_deref(), &["all", "runtime"]);
        if is_for_build {
            Scope::Build
        } else {
            Scope::Runtime
        }
    }
}

fn lists(assets: Option<&str>, names: &[&str]) -> bool {
    assets.is_some_and(|assets| {
        let mut listed = assets.split([';', ',', ' ']).map(str::trim);
        listed.any(|asset| names.iter().any(|name| asset.eq_ignore_ascii_case(name)))
    })
}

fn check(name: &str, version: &Central, reading: &mut Reading) -> Option<String> {
    let text = &version.requirement;
    let line = version.evidence.line;
    if text.contains("$(") {
        reading.problem(unknown_property(
            text,
            &version.evidence.file,
            line.unwrap_or(0),
        ));
        return None;
    }
    if Requirement::parse(Format::Nuget, text).is_err() {
        let text = format!(
            "asks for `{name}` as `{text}`, which is no version of NuGet's: write `1.2.3`, `[1.0,2.0)` or `1.*`"
        );
        reading.problem(Problem::new(&version.evidence.file, line, text));
        return None;
    }
    Some(text.clone())
}

fn unknown_property(text: &str, file: &str, line: u32) -> Problem {
    let text = format!("says `{text}`, which nothing in the source sets to a value");
    Problem::gap(file, Some(line), text)
}
