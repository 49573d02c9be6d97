//! A `pom.xml` as it is written: nothing inherited, nothing replaced.

use std::collections::BTreeMap;

use roxmltree::Node;

use crate::lines::Lines;
use crate::maven::xml::{child, children, decode_xml, each, parse as parse_xml, text, text_of};
use crate::reading::Problem;

/// Dependencies, managed ones and plugins of one POM, each.
const ENTRIES_MAX: usize = 20_000;

/// Plugins without a group are Maven's own.
const PLUGIN_GROUP: &str = "org.apache.maven.plugins";

#[derive(Debug, Default)]
pub(super) struct Pom {
    pub(super) path: String,
    pub(super) line: u32,
    pub(super) group: Option<String>,
    pub(super) artifact: String,
    pub(super) version: Option<String>,
    pub(super) packaging: Option<String>,
    pub(super) parent: Option<Parent>,
    pub(super) properties: BTreeMap<String, String>,
    pub(super) main: Section,
    pub(super) profiles: Vec<Profile>,
}

#[derive(Debug)]
pub(super) struct Parent {
    pub(super) group: Option<String>,
    pub(super) artifact: Option<String>,
    pub(super) version: Option<String>,
    /// `None`: `../pom.xml`. Empty: from the repository.
    pub(super) relative_path: Option<String>,
    pub(super) line: u32,
}

#[derive(Debug)]
pub(super) struct Profile {
    pub(super) properties: BTreeMap<String, String>,
    pub(super) section: Section,
}

/// What a project and each of its profiles can have.
#[derive(Debug, Default)]
pub(super) struct Section {
    pub(super) dependencies: Vec<Entry>,
    pub(super) managed: Managed,
    pub(super) plugins: Vec<Plugin>,
    pub(super) managed_plugins: Vec<Plugin>,
    pub(super) extensions: Vec<Entry>,
    /// Paths as they are written.
    pub(super) modules: Vec<(String, u32)>,
}

/// `dependencyManagement`, with an index: children look most of their versions up here.
#[derive(Debug, Default)]
pub(super) struct Managed {
    pub(super) entries: Vec<Entry>,
    /// By [`Entry::key`], of those that name a package without a property; the last of equal ones counts.
    literal: BTreeMap<String, usize>,
    /// Those whose name a property completes.
    templates: Vec<usize>,
    /// Those of scope `import`, in order.
    pub(super) imports: Vec<usize>,
}

/// A dependency as it is written.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) group: String,
    pub(super) artifact: String,
    pub(super) version: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) classifier: Option<String>,
    pub(super) scope: Option<String>,
    pub(super) is_optional: bool,
    pub(super) line: u32,
}

#[derive(Debug)]
pub(super) struct Plugin {
    pub(super) entry: Entry,
    /// Its own dependencies, and the annotation processors that it is given.
    pub(super) dependencies: Vec<Entry>,
    pub(super) is_inherited: bool,
}

impl Entry {
    /// By what Maven tells dependencies apart: `group:artifact:type[:classifier]`.
    pub(super) fn key(&self) -> String {
        let kind = self.kind.as_deref().unwrap_or("jar");
        let classifier = self.classifier.as_deref().unwrap_or("");
        format!("{}:{}:{kind}:{classifier}", self.group, self.artifact)
    }
}

impl Managed {
    fn new(entries: Vec<Entry>) -> Self {
        let mut managed = Self::default();
        for (index, entry) in entries.iter().enumerate() {
            let key = entry.key();
            if entry.scope.as_deref() == Some("import") {
                managed.imports.push(index);
            } else if key.contains("${") {
                managed.templates.push(index);
            } else {
                managed.literal.insert(key, index);
            }
        }
        managed.entries = entries;
        managed
    }

    /// The entry whose name is written out so.
    pub(super) fn literal(&self, key: &str) -> Option<&Entry> {
        self.entries.get(*self.literal.get(key)?)
    }

    /// Those whose key a property completes; of equal ones the first here counts.
    pub(super) fn templates(&self) -> impl Iterator<Item = &Entry> {
        self.templates
            .iter()
            .rev()
            .map(|index| &self.entries[*index])
    }
}

impl Pom {
    /// The group as it is written, here or for the parent.
    pub(super) fn raw_group(&self) -> Option<&str> {
        let parent = self
            .parent
            .as_ref()
            .and_then(|parent| parent.group.as_deref());
        self.group.as_deref().or(parent)
    }

    pub(super) fn raw_version(&self) -> Option<&str> {
        let parent = self
            .parent
            .as_ref()
            .and_then(|parent| parent.version.as_deref());
        self.version.as_deref().or(parent)
    }

    /// How many dependencies, plugins and extensions it names.
    pub(super) fn count_declared(&self) -> usize {
        let count = |section: &Section| {
            section.dependencies.len() + section.plugins.len() + section.extensions.len()
        };
        count(&self.main)
            + self
                .profiles
                .iter()
                .map(|profile| count(&profile.section))
                .sum::<usize>()
    }
}

/// Reads one POM.
pub(super) fn parse(path: &str, bytes: &[u8]) -> Result<Pom, Problem> {
    let text = decode_xml(path, bytes)?;
    let document = parse_xml(path, &text)?;
    let reader = Reader {
        path,
        lines: Lines::new(&text),
    };
    let root = document.root_element();
    if root.tag_name().name() != "project" {
        let name = root.tag_name().name();
        let text = format!("is no POM: its outermost element is <{name}>, not <project>");
        return Err(Problem::new(path, Some(reader.line(root)), text));
    }
    reader.pom(root)
}

/// Reads `.mvn/extensions.xml`.
pub(super) fn parse_extensions(path: &str, bytes: &[u8]) -> Result<Vec<Entry>, Problem> {
    let text = decode_xml(path, bytes)?;
    let document = parse_xml(path, &text)?;
    let reader = Reader {
        path,
        lines: Lines::new(&text),
    };
    let all = children(document.root_element()).take(ENTRIES_MAX);
    let extensions = all.filter(|node| node.tag_name().name() == "extension");
    Ok(extensions
        .filter_map(|node| reader.entry(node, None))
        .collect())
}

struct Reader<'a> {
    path: &'a str,
    lines: Lines<'a>,
}

impl Reader<'_> {
    fn line(&self, node: Node<'_, '_>) -> u32 {
        self.lines.at(node.range().start)
    }

    fn pom(&self, root: Node<'_, '_>) -> Result<Pom, Problem> {
        let line =
            child(root, "artifactId").map_or_else(|| self.line(root), |node| self.line(node));
        let Some(artifact) = text_of(root, "artifactId") else {
            return Err(Problem::new(self.path, Some(line), "has no <artifactId>"));
        };
        let mut profiles = Vec::new();
        for profile in each(root, "profiles", "profile") {
            profiles.push(Profile {
                properties: properties(profile),
                section: self.section(profile)?,
            });
        }
        Ok(Pom {
            path: self.path.to_owned(),
            line,
            group: text_of(root, "groupId"),
            artifact,
            version: text_of(root, "version"),
            packaging: text_of(root, "packaging"),
            parent: child(root, "parent").map(|parent| Parent {
                group: text_of(parent, "groupId"),
                artifact: text_of(parent, "artifactId"),
                version: text_of(parent, "version"),
                relative_path: text_of(parent, "relativePath"),
                line: self.line(parent),
            }),
            properties: properties(root),
            main: self.section(root)?,
            profiles,
        })
    }

    fn section(&self, node: Node<'_, '_>) -> Result<Section, Problem> {
        let build = child(node, "build");
        let managed = child(node, "dependencyManagement");
        let managed_plugins = build.and_then(|build| child(build, "pluginManagement"));
        let mut plugins = self.plugins(build)?;
        plugins.extend(self.plugins(child(node, "reporting"))?);
        let modules = ["modules", "subprojects"]
            .into_iter()
            .zip(["module", "subproject"]);
        Ok(Section {
            dependencies: self.entries(Some(node), "dependencies", "dependency")?,
            managed: Managed::new(self.entries(managed, "dependencies", "dependency")?),
            plugins,
            managed_plugins: self.plugins(managed_plugins)?,
            extensions: self.entries(build, "extensions", "extension")?,
            modules: modules
                .flat_map(|(list, item)| each(node, list, item))
                .map(|module| (text(module), self.line(module)))
                .take(ENTRIES_MAX)
                .collect(),
        })
    }

    fn entries(
        &self,
        node: Option<Node<'_, '_>>,
        list: &str,
        item: &'static str,
    ) -> Result<Vec<Entry>, Problem> {
        let Some(node) = node else {
            return Ok(Vec::new());
        };
        let mut entries = Vec::new();
        for entry in each(node, list, item) {
            self.check_count(entries.len(), entry)?;
            entries.extend(self.entry(entry, None));
        }
        Ok(entries)
    }

    /// None for one without a name: what is not there cannot be depended upon, and Maven refuses it anyway.
    fn entry(&self, node: Node<'_, '_>, group: Option<&str>) -> Option<Entry> {
        let filled = |name: &str| text_of(node, name).filter(|text| !text.is_empty());
        Some(Entry {
            group: filled("groupId").or_else(|| group.map(str::to_owned))?,
            artifact: filled("artifactId")?,
            version: filled("version"),
            kind: filled("type"),
            classifier: filled("classifier"),
            scope: filled("scope"),
            is_optional: filled("optional").is_some_and(|text| text == "true"),
            line: self.line(node),
        })
    }

    fn plugins(&self, node: Option<Node<'_, '_>>) -> Result<Vec<Plugin>, Problem> {
        let Some(node) = node else {
            return Ok(Vec::new());
        };
        let mut plugins = Vec::new();
        for plugin in each(node, "plugins", "plugin") {
            self.check_count(plugins.len(), plugin)?;
            let Some(entry) = self.entry(plugin, Some(PLUGIN_GROUP)) else {
                continue;
            };
            let mut dependencies = self.entries(Some(plugin), "dependencies", "dependency")?;
            let processors = child(plugin, "configuration")
                .and_then(|configuration| child(configuration, "annotationProcessorPaths"));
            let paths = processors.into_iter().flat_map(children).take(ENTRIES_MAX);
            dependencies.extend(paths.filter_map(|path| self.entry(path, None)));
            plugins.push(Plugin {
                entry,
                dependencies,
                is_inherited: text_of(plugin, "inherited").is_none_or(|text| text != "false"),
            });
        }
        Ok(plugins)
    }

    fn check_count(&self, count: usize, node: Node<'_, '_>) -> Result<(), Problem> {
        if count < ENTRIES_MAX {
            return Ok(());
        }
        let name = node.tag_name().name();
        let text = format!("has more than {ENTRIES_MAX} <{name}> in one list");
        Err(Problem::new(self.path, Some(self.line(node)), text))
    }
}

fn properties(node: Node<'_, '_>) -> BTreeMap<String, String> {
    child(node, "properties")
        .into_iter()
        .flat_map(children)
        .map(|property| (property.tag_name().name().to_owned(), text(property)))
        .collect()
}
