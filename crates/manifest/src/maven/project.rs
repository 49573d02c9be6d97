//! One Maven project: everything that it asks for, its parents included.

use std::collections::BTreeMap;
use std::rc::Rc;

use downriver_domain::Scope;

use crate::maven::declared::{Declared, Trouble, package_of};
use crate::maven::effective::{
    Lineage, Link, ManagedEntry, Management, Poms, evidence, managed_entry,
};
use crate::maven::pom::{Entry, Plugin, Pom, Profile};
use crate::maven::properties::{Properties, Unresolved, Why};
use crate::reading::{Problem, Product, Source};

/// What helps against a version that only a run of Maven can tell.
const ADVICE: &str = "upload an SBOM, or keep the output of `mvn dependency:tree` beside the POM";

/// Managed dependencies of one profile whose names properties complete.
const TEMPLATES_MAX: usize = 100;

pub(super) struct Project {
    /// `group:artifact`
    pub(super) name: String,
    pub(super) version: Option<String>,
    /// What `<dependencies>` names, here, in the parents and in profiles.
    pub(super) dependencies: Vec<Declared>,
    /// Plugins and their dependencies, extensions, and parents and BOMs of a repository.
    pub(super) others: Vec<Declared>,
    pub(super) management: Management,
    pub(super) product: Option<Product>,
    pub(super) problem: Option<Problem>,
}

/// Reads a project; of one that only a profile includes, everything is optional.
pub(super) fn read(poms: &mut Poms<'_>, pom: &Rc<Pom>, is_optional: bool) -> Project {
    let mut lineage = poms.lineage(pom);
    let problem = lineage.problem.take();
    let lineage = Rc::new(lineage);
    let management = poms.management(&lineage);
    let properties = lineage.properties();
    let resolve = |text: &str| properties.resolve(text).ok();
    let group = resolve("${project.groupId}").unwrap_or_default();
    let artifact = resolve(&pom.artifact).unwrap_or_else(|| pom.artifact.clone());
    let name = format!("{group}:{artifact}");
    let version = resolve("${project.version}");
    let mut reader = Reader {
        poms,
        lineage: &lineage,
        properties: &properties,
        management: &management,
        outside: outside(&lineage, &management),
    };
    let mut dependencies = reader.dependencies();
    let mut others = reader.links();
    others.extend(reader.plugins());
    others.extend(reader.extensions());
    if is_optional {
        let all = dependencies.iter_mut().chain(&mut others);
        all.for_each(|one| one.scope = Scope::Optional);
    }
    let product = package_of(&name).map(|package| Product {
        package,
        version: version.clone(),
        is_private: resolve("${maven.deploy.skip}").as_deref() == Some("true"),
        evidence: evidence(pom, pom.line),
    });
    Project {
        name,
        version,
        dependencies,
        others,
        management,
        product,
        problem,
    }
}

/// The parents and BOMs that are not in the source, as a problem names them.
fn outside(lineage: &Lineage, management: &Management) -> String {
    let missing = |links: &[Link], what: &str| {
        let missing = links.iter().filter(|link| !link.is_here);
        missing
            .map(|link| format!("{what} `{}`", link.name))
            .take(3)
            .collect::<Vec<_>>()
    };
    let mut all = missing(&lineage.links, "the parent");
    all.extend(missing(&management.imports, "the BOM"));
    all.join(" or ")
}

struct Reader<'r, 'f> {
    poms: &'r mut Poms<'f>,
    lineage: &'r Lineage,
    properties: &'r Properties<'r>,
    management: &'r Management,
    outside: String,
}

impl Reader<'_, '_> {
    /// What a child names anew replaces what its parent says of the same; of equal ones in one POM the last counts.
    fn dependencies(&mut self) -> Vec<Declared> {
        let lineage = self.lineage;
        let mut by_key: BTreeMap<String, (&Pom, &Entry)> = BTreeMap::new();
        for pom in lineage.poms.iter().rev() {
            for entry in &pom.main.dependencies {
                let key = entry.key();
                let key = self.properties.resolve(&key).unwrap_or(key);
                by_key.insert(key, (pom, entry));
            }
        }
        let mut declared: Vec<Declared> = by_key
            .into_values()
            .map(|(pom, entry)| self.declare(pom, entry, self.properties, None))
            .collect();
        for pom in &lineage.poms {
            for profile in &pom.profiles {
                declared.extend(self.profile(pom, profile));
            }
        }
        declared
    }

    /// Whether a profile is active is known when Maven runs.
    fn profile(&mut self, pom: &Pom, profile: &Profile) -> Vec<Declared> {
        let properties = Properties {
            user: self.properties.user,
            profile: Some(&profile.properties),
            lineage: self.properties.lineage.clone(),
        };
        let entries = profile.section.dependencies.iter();
        let mut declared: Vec<Declared> = entries
            .map(|entry| self.declare(pom, entry, &properties, Some(profile)))
            .collect();
        for plugin in &profile.section.plugins {
            declared.extend(self.plugin(&[(pom, plugin)], &properties));
        }
        for one in &mut declared {
            one.scope = Scope::Optional;
        }
        declared
    }

    fn declare(
        &mut self,
        pom: &Pom,
        entry: &Entry,
        properties: &Properties<'_>,
        profile: Option<&Profile>,
    ) -> Declared {
        let mut declared = self.named(pom, entry, properties);
        let key = entry.key();
        let key = properties.resolve(&key).unwrap_or(key);
        let managed = self.managed(pom, &key, properties, profile);
        let managed_scope = managed.as_ref().and_then(|managed| managed.scope.clone());
        let scope = entry
            .scope
            .as_deref()
            .map(|text| properties.resolve(text).unwrap_or_default());
        (declared.scope, declared.source) =
            scope_of(scope.or(managed_scope).as_deref(), entry.is_optional);
        if let Some(text) = &entry.version {
            return self.require(declared, Some(properties.resolve(text)));
        }
        let Some(managed) = managed else {
            return self.require(declared, None);
        };
        if managed.version.is_some() {
            declared.evidence = managed.evidence;
        }
        self.require(declared, managed.version)
    }

    fn managed(
        &mut self,
        pom: &Pom,
        key: &str,
        properties: &Properties<'_>,
        profile: Option<&Profile>,
    ) -> Option<ManagedEntry> {
        let of_profile = profile.and_then(|profile| {
            let managed = &profile.section.managed;
            let is_meant = |entry: &&Entry| properties.resolve(&entry.key()).as_deref() == Ok(key);
            let template = || managed.templates().take(TEMPLATES_MAX).find(is_meant);
            let entry = managed.literal(key).or_else(template)?;
            Some(managed_entry(pom, entry, properties))
        });
        of_profile.or_else(|| self.poms.managed(self.management, key))
    }

    /// The dependency without its requirement, in the scope of what is needed to build.
    fn named(&self, pom: &Pom, entry: &Entry, properties: &Properties<'_>) -> Declared {
        let resolve = |text: &str| properties.resolve(text);
        let (name, trouble) = match (resolve(&entry.group), resolve(&entry.artifact)) {
            (Ok(group), Ok(artifact)) => (format!("{group}:{artifact}"), None),
            (Err(unresolved), _) | (_, Err(unresolved)) => {
                let name = format!("{}:{}", entry.group, entry.artifact);
                (name, Some(self.unresolved(&unresolved)))
            }
        };
        Declared {
            name,
            requirement: None,
            scope: Scope::Build,
            source: Source::Registry,
            evidence: evidence(pom, entry.line),
            trouble,
        }
    }

    fn require(
        &self,
        mut declared: Declared,
        version: Option<Result<String, Unresolved>>,
    ) -> Declared {
        let is_system = declared.source == Source::Platform;
        if declared.trouble.is_some() || (is_system && version.is_none()) {
            return declared;
        }
        match version {
            Some(Ok(version)) => return declared.require(&version),
            Some(Err(unresolved)) => declared.trouble = Some(self.unresolved(&unresolved)),
            None => {
                let outside = if self.outside.is_empty() {
                    String::new()
                } else {
                    format!("{}, not in the source, may tell: ", self.outside)
                };
                declared.trouble = Some(Trouble {
                    what: "no version in the source".to_owned(),
                    advice: format!("{outside}{ADVICE}"),
                });
            }
        }
        declared
    }

    fn unresolved(&self, unresolved: &Unresolved) -> Trouble {
        let name = &unresolved.name;
        let outside = if self.outside.is_empty() {
            String::new()
        } else {
            format!(", or by {}", self.outside)
        };
        let (what, advice) = match unresolved.why {
            Why::Cycle => (
                format!("`${{{name}}}` is defined by itself"),
                "give it a value in <properties>".to_owned(),
            ),
            Why::TooLong => (
                "the properties of this version refer to each other more often than is followed"
                    .to_owned(),
                "write the version out".to_owned(),
            ),
            Why::Undefined => (
                format!("`${{{name}}}` has no value in the source"),
                format!(
                    "it is given when Maven runs (command line, settings, profile){outside}: {ADVICE}"
                ),
            ),
        };
        Trouble { what, advice }
    }

    /// Parents and BOMs: a new one may change every version that they manage.
    fn links(&self) -> Vec<Declared> {
        let links = self.lineage.links.iter().chain(&self.management.imports);
        let declared = links.map(|link| {
            let declared = Declared {
                name: link.name.clone(),
                requirement: None,
                scope: Scope::Build,
                source: Source::Registry,
                evidence: link.evidence.clone(),
                trouble: None,
            };
            self.require(declared, link.version.clone())
        });
        declared.collect()
    }

    /// The plugins of the project and its parents.
    fn plugins(&mut self) -> Vec<Declared> {
        let mut by_name: BTreeMap<String, Vec<(&Pom, &Plugin)>> = BTreeMap::new();
        for (generation, pom) in self.lineage.poms.iter().enumerate() {
            for plugin in &pom.main.plugins {
                if generation == 0 || plugin.is_inherited {
                    let name = self.plugin_name(plugin);
                    by_name.entry(name).or_default().push((pom, plugin));
                }
            }
        }
        let mut declared = Vec::new();
        for pom in &self.lineage.poms {
            for plugin in &pom.main.managed_plugins {
                // Every build that compiles uses it, named or not; others that are only managed may not be used.
                let name = self.plugin_name(plugin);
                let is_compiler = name.ends_with(":maven-compiler-plugin");
                if let Some(used) = by_name.get_mut(&name) {
                    used.push((pom, plugin));
                } else if is_compiler {
                    by_name.insert(name, vec![(pom, plugin)]);
                }
            }
        }
        for occurrences in by_name.values() {
            declared.extend(self.plugin(occurrences, self.properties));
        }
        declared
    }

    fn plugin_name(&self, plugin: &Plugin) -> String {
        let name = format!("{}:{}", plugin.entry.group, plugin.entry.artifact);
        self.properties.resolve(&name).unwrap_or(name)
    }

    /// A plugin from all places that speak of it, the nearest first, with its own dependencies.
    fn plugin(
        &mut self,
        occurrences: &[(&Pom, &Plugin)],
        properties: &Properties<'_>,
    ) -> Vec<Declared> {
        let versioned = occurrences
            .iter()
            .find(|(_, plugin)| plugin.entry.version.is_some());
        let Some((pom, plugin)) = versioned.or(occurrences.first()) else {
            return Vec::new();
        };
        let plugin_itself = self.named(pom, &plugin.entry, properties);
        let plugin_itself = match &plugin.entry.version {
            Some(version) => self.require(plugin_itself, Some(properties.resolve(version))),
            // Maven has versions of its own for plugins that nobody gives one.
            None => plugin_itself,
        };
        let mut declared = vec![plugin_itself];
        for (pom, plugin) in occurrences {
            for entry in &plugin.dependencies {
                let mut dependency = self.declare(pom, entry, properties, None);
                dependency.scope = Scope::Build;
                declared.push(dependency);
            }
        }
        declared
    }

    fn extensions(&mut self) -> Vec<Declared> {
        let mut declared = Vec::new();
        for pom in &self.lineage.poms {
            for entry in &pom.main.extensions {
                let named = self.named(pom, entry, self.properties);
                let version = entry
                    .version
                    .as_deref()
                    .map(|text| self.properties.resolve(text));
                declared.push(self.require(named, version));
            }
        }
        declared
    }
}

/// What is provided is needed to compile, and somebody else brings it at run time.
fn scope_of(scope: Option<&str>, is_optional: bool) -> (Scope, Source) {
    match scope {
        Some("test") => (Scope::Test, Source::Registry),
        Some("system") => (Scope::Build, Source::Platform),
        _ if is_optional => (Scope::Optional, Source::Registry),
        Some("provided" | "import") => (Scope::Build, Source::Registry),
        _ => (Scope::Runtime, Source::Registry),
    }
}
