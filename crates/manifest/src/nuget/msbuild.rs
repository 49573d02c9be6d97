//! One MSBuild file as it stands: properties, items and imports in their order, nothing evaluated.
//!
//! Conditions are not evaluated either: what stands under one counts, and of a property only its presence is kept
//! (see [`super::evaluate`]).

use downriver_version::{Format, PackageId};
use roxmltree::{Document, Node};

use crate::limits::DEPTH_MAX;
use crate::lines::Lines;
use crate::reading::Problem;
use crate::text::decode;

/// Properties, items and imports of one file.
const STATEMENTS_MAX: usize = 100_000;

#[derive(Debug)]
pub(super) struct MsbuildFile {
    pub(super) path: String,
    /// `<Project Sdk="…">`, or one of its `<Sdk Name="…">`.
    pub(super) sdk: Option<String>,
    pub(super) statements: Vec<Statement>,
}

#[derive(Debug)]
pub(super) enum Statement {
    Property {
        name: String,
        value: String,
        is_conditional: bool,
    },
    Import {
        project: String,
        is_conditional: bool,
        line: u32,
    },
    Item(Item),
}

#[derive(Debug)]
pub(super) struct Item {
    pub(super) kind: ItemKind,
    pub(super) action: Action,
    /// As written: perhaps several, with `;` between them.
    pub(super) names: String,
    pub(super) metadata: Vec<(String, String)>,
    pub(super) line: u32,
    pub(super) is_conditional: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ItemKind {
    PackageReference,
    PackageVersion,
    GlobalPackageReference,
    /// Fetched, but not referenced.
    PackageDownload,
    /// A command of the build, before there were local tools.
    CliTool,
    ProjectReference,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Include,
    Update,
    Remove,
}

impl Item {
    pub(super) fn metadata(&self, name: &str) -> Option<&str> {
        let found = self
            .metadata
            .iter()
            .rfind(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

impl MsbuildFile {
    /// What it declares: packages and their versions.
    pub(super) fn declared(&self) -> usize {
        let counts = |statement: &&Statement| {
            matches!(statement, Statement::Item(item)
                if item.action == Action::Include && item.kind != ItemKind::ProjectReference)
        };
        self.statements.iter().filter(counts).count()
    }
}

struct Parser<'t> {
    lines: Lines<'t>,
    statements: Vec<Statement>,
    sdk: Option<String>,
}

pub(super) fn parse(path: &str, bytes: &[u8]) -> Result<MsbuildFile, Problem> {
    let text = decode(path, bytes)?;
    let document = parse_xml(path, &text)?;
    let root = document.root_element();
    if !is_named(root, "Project") {
        let text = format!(
            "begins with `{}`, where MSBuild has `Project`",
            root.tag_name().name()
        );
        return Err(Problem::new(path, None, text));
    }
    let mut parser = Parser {
        lines: Lines::new(&text),
        statements: Vec::new(),
        sdk: attribute(root, "Sdk").map(str::to_owned),
    };
    parser.group(path, root, false, 0)?;
    Ok(MsbuildFile {
        path: path.to_owned(),
        sdk: parser.sdk,
        statements: parser.statements,
    })
}

/// XML without a DTD: entities that grow have no place in these files.
pub(super) fn parse_xml<'t>(path: &str, text: &'t str) -> Result<Document<'t>, Problem> {
    Document::parse(text).map_err(|error| {
        let line = error.pos().row;
        Problem::new(path, Some(line), format!("is not valid XML here: {error}"))
    })
}

impl Parser<'_> {
    /// What stands in a `Project`, `Choose`, `When` and the like. Targets are left out: they run, and say nothing before.
    fn group(
        &mut self,
        path: &str,
        group: Node<'_, '_>,
        is_conditional: bool,
        depth: usize,
    ) -> Result<(), Problem> {
        if self.statements.len() > STATEMENTS_MAX {
            let text = format!("has more than {STATEMENTS_MAX} properties, items and imports");
            return Err(Problem::new(path, Some(self.line(group)), text));
        }
        if depth > DEPTH_MAX {
            let text = format!("is nested deeper than {DEPTH_MAX} levels");
            return Err(Problem::new(path, Some(self.line(group)), text));
        }
        for child in group.children().filter(Node::is_element) {
            let is_conditional = is_conditional || attribute(child, "Condition").is_some();
            match child.tag_name().name() {
                "PropertyGroup" => self.properties(child, is_conditional),
                "ItemGroup" => self.items(child, is_conditional),
                "Import" => self.import(child, is_conditional),
                "Sdk" => {
                    self.sdk = self
                        .sdk
                        .take()
                        .or(attribute(child, "Name").map(str::to_owned));
                }
                "ImportGroup" => self.group(path, child, is_conditional, depth + 1)?,
                "Choose" | "When" | "Otherwise" => self.group(path, child, true, depth + 1)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn properties(&mut self, group: Node<'_, '_>, is_conditional: bool) {
        for property in group.children().filter(Node::is_element) {
            self.statements.push(Statement::Property {
                name: property.tag_name().name().to_owned(),
                value: text_of(property),
                is_conditional: is_conditional || attribute(property, "Condition").is_some(),
            });
        }
    }

    fn import(&mut self, import: Node<'_, '_>, is_conditional: bool) {
        // With an SDK it names a file of that SDK.
        self.sdk = self
            .sdk
            .take()
            .or_else(|| attribute(import, "Sdk").map(str::to_owned));
        let project = attribute(import, "Project").filter(|_| attribute(import, "Sdk").is_none());
        if let Some(project) = project {
            self.statements.push(Statement::Import {
                project: project.to_owned(),
                is_conditional,
                line: self.line(import),
            });
        }
    }

    fn items(&mut self, group: Node<'_, '_>, is_conditional: bool) {
        for node in group.children().filter(Node::is_element) {
            let kind = match node.tag_name().name().to_ascii_lowercase().as_str() {
                "packagereference" => ItemKind::PackageReference,
                "packageversion" => ItemKind::PackageVersion,
                "globalpackagereference" => ItemKind::GlobalPackageReference,
                "packagedownload" => ItemKind::PackageDownload,
                "dotnetclitoolreference" => ItemKind::CliTool,
                "projectreference" => ItemKind::ProjectReference,
                _ => continue,
            };
            let actions = [
                ("Include", Action::Include),
                ("Update", Action::Update),
                ("Remove", Action::Remove),
            ];
            let found = actions
                .into_iter()
                .find_map(|(name, action)| Some((attribute(node, name)?, action)));
            let Some((names, action)) = found else {
                continue;
            };
            let attributes = node
                .attributes()
                .map(|attribute| (attribute.name().to_owned(), attribute.value().to_owned()));
            let elements = node
                .children()
                .filter(Node::is_element)
                .map(|element| (element.tag_name().name().to_owned(), text_of(element)));
            self.statements.push(Statement::Item(Item {
                kind,
                action,
                names: names.to_owned(),
                metadata: attributes.chain(elements).collect(),
                line: self.line(node),
                is_conditional: is_conditional || attribute(node, "Condition").is_some(),
            }));
        }
    }

    fn line(&self, node: Node<'_, '_>) -> u32 {
        self.lines.at(node.range().start)
    }
}

pub(super) fn is_named(node: Node<'_, '_>, name: &str) -> bool {
    node.tag_name().name().eq_ignore_ascii_case(name)
}

pub(super) fn attribute<'n>(node: Node<'n, '_>, name: &str) -> Option<&'n str> {
    node.attributes()
        .find(|attribute| attribute.name().eq_ignore_ascii_case(name))
        .map(|attribute| attribute.value())
}

fn text_of(node: Node<'_, '_>) -> String {
    // Comments may stand between the pieces.
    let pieces: Vec<&str> = node.children().filter_map(|child| child.text()).collect();
    pieces.concat().trim().to_owned()
}

/// NuGet compares names without regard to case, and shows them in lower case.
pub(super) fn normalise_name(name: &str) -> String {
    PackageId::new(Format::Nuget, None, name)
        .map_or_else(|_| name.to_lowercase(), |package| package.name().to_owned())
}
