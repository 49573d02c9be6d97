//! From the parts of an SBOM to the graph, and to dependencies.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::Scope;
use downriver_version::{Format, PackageId, Requirement, Version, parse_purl};

use super::json::Text;
use super::own;
use super::parts::{Component, Parts};
use crate::digest::{ByDigest, Digests, digest};
use crate::graph::{Edge, Graph, Node, Outgoing, Root};
use crate::lines::Lines;
use crate::reading::{Problem, Reading, Source};

/// Kinds that are software which a registry could hold, where they have no package URL.
const SOFTWARE: [&str; 3] = ["library", "framework", "application"];

/// What a reference stands for.
#[derive(Debug, Clone, Copy)]
enum Referred {
    /// What the SBOM is about.
    Subject,
    Node(usize),
}

/// What a package URL names.
struct Named<'a> {
    package: Option<PackageId>,
    version: Option<Cow<'a, str>>,
    source: Source,
}

struct Assembly<'a> {
    graph: Graph<'a>,
    /// What each component is for, by its own word.
    scopes: Vec<Scope>,
    /// For what has no version but a range in its place.
    requirements: BTreeMap<usize, Cow<'a, str>>,
    referred: References<'a>,
}

/// Adds what the parts tell. `text` is the whole SBOM, for the lines.
pub(super) fn assemble<'a>(
    path: &'a str,
    text: &'a str,
    mut parts: Parts<'a>,
    reading: &mut Reading,
) -> Result<(), Problem> {
    let lines = Lines::new(text);
    let mut assembly = Assembly {
        graph: Graph::new(path),
        scopes: Vec::new(),
        requirements: BTreeMap::new(),
        referred: References::default(),
    };
    let subjects = subjects(&parts);
    for subject in &subjects {
        let reference = Cow::Owned(subject.clone());
        assembly.referred.add(reference, Referred::Subject);
    }
    let components = std::mem::take(&mut parts.components);
    assembly.add_components(components, &subjects, &lines, reading)?;
    assembly.connect(&parts, &lines)?;
    drop(parts);
    assembly.ask_for_the_rest();
    assembly.graph.into_reading(reading);
    Ok(())
}

/// The references of what the SBOM is about. SPDX documents can describe every package that they hold: then only those
/// count that depend on others and on which no other depends.
fn subjects(parts: &Parts<'_>) -> BTreeSet<String> {
    let described: BTreeSet<&str> = parts
        .subjects
        .iter()
        .filter_map(|subject| subject.reference.as_deref())
        .collect();
    let is_one = described.len() <= 1 || parts.format.starts_with("CycloneDX");
    let mut subjects: BTreeSet<String> = described.iter().map(ToString::to_string).collect();
    if !is_one {
        let dependents: BTreeSet<&str> = parts.dependents.iter().map(|from| &**from).collect();
        subjects.retain(|reference| dependents.contains(reference.as_str()));
        for link in &parts.links {
            subjects.remove(&*link.to);
        }
    }
    subjects
}

impl<'a> Assembly<'a> {
    /// One node for each package and version, wherever and however often it stands.
    fn add_components(
        &mut self,
        components: Vec<Component<'a>>,
        subjects: &BTreeSet<String>,
        lines: &Lines<'_>,
        reading: &mut Reading,
    ) -> Result<(), Problem> {
        // By digest: names that begin alike are long to compare.
        let mut known = ByDigest::default();
        self.graph.reserve(components.len(), 0);
        for component in components {
            let reference = component.reference.as_deref().unwrap_or_default();
            if subjects.contains(reference) {
                continue;
            }
            let mut named = name(&component);
            let line = line_of(&component, lines);
            if let Some(package) = &named.package {
                let here = self.graph.evidence(line);
                // An SBOM of ours has the native text of the version beside its package URL.
                let version = component.version.as_deref();
                let own = own::dependency(&component.properties, package, version, &here);
                if let Some(own) = own {
                    reading.dependencies.push(own);
                    named.source = Source::Workspace;
                }
            }
            let requirement = take_requirement(&mut named);
            let digest = digest(&(&named.package, &named.version));
            let met = known.get(&digest).copied().filter(|node| {
                let node = &self.graph.nodes[*node];
                let is_same = node.package == named.package && node.version == named.version;
                is_same && named.package.is_some()
            });
            let node = match met {
                Some(node) => node,
                None => self.add_node(&component, named, line)?,
            };
            if met.is_none() {
                known.insert(digest, node);
                self.requirements
                    .extend(requirement.map(|text| (node, text)));
            }
            if let Some(reference) = component.reference.or(component.purl) {
                self.referred.add(reference.0, Referred::Node(node));
            }
        }
        self.referred.finish();
        Ok(())
    }

    fn add_node(
        &mut self,
        component: &Component<'a>,
        named: Named<'a>,
        line: Option<u32>,
    ) -> Result<usize, Problem> {
        let is_dependency = named.package.is_some() && named.source == Source::Registry;
        let shown = match &component.purl {
            // The package itself is shown.
            _ if is_dependency => None,
            Some(purl) => Some(purl),
            None => component.name.as_ref(),
        };
        let name = shown.map_or(Cow::Borrowed(""), |text| text.0.clone());
        self.scopes.push(scope_of(component));
        self.graph.add(Node {
            name,
            package: named.package,
            version: named.version,
            source: named.source,
            line,
        })
    }

    fn connect(&mut self, parts: &Parts<'_>, lines: &Lines<'_>) -> Result<(), Problem> {
        let from: Vec<Option<Referred>> = parts
            .dependents
            .iter()
            .map(|reference| self.referred.get(reference))
            .collect();
        for link in &parts.links {
            // A reference to nothing is wrong, but common, and tells nothing.
            let (Some(from), Some(Referred::Node(to))) =
                (from[link.from as usize], self.referred.get(&link.to))
            else {
                continue;
            };
            let scope = link.scope.unwrap_or(self.scopes[to]);
            match from {
                Referred::Subject => {
                    let line = borrowed(&link.to).and_then(|text| lines.of(text));
                    self.ask_for(to, scope, line, true);
                }
                Referred::Node(from) if from == to => {}
                Referred::Node(from) => self.graph.connect(Edge {
                    from,
                    to,
                    requirement: self.requirements.get(&to).cloned(),
                    scope,
                    line: self.graph.nodes[to].line,
                })?,
            }
        }
        Ok(())
    }

    fn ask_for(&mut self, to: usize, scope: Scope, line: Option<u32>, is_direct: bool) {
        let line = self.graph.nodes[to].line.or(line);
        self.graph.roots.push(Root {
            to,
            requirement: self.requirements.get(&to).cloned(),
            scope,
            evidence: self.graph.evidence(line),
            is_direct,
        });
    }

    /// An SBOM is about one application: what nobody pulls in is there all the same. Where it does not say what the
    /// application asks for, but has a graph, the top of the graph is that.
    fn ask_for_the_rest(&mut self) {
        let is_told = !self.graph.roots.is_empty();
        let has_graph = !self.graph.edges.is_empty();
        let outgoing = Outgoing::new(&self.graph);
        let mut is_pulled_in = vec![false; self.graph.nodes.len()];
        for edge in &self.graph.edges {
            is_pulled_in[edge.to] = true;
        }
        let mut is_reached = vec![false; self.graph.nodes.len()];
        for root in &self.graph.roots {
            reach(root.to, &self.graph, &outgoing, &mut is_reached);
        }
        // The tops first: whatever is left after them pulls itself in, in a circle.
        for are_tops in [true, false] {
            for to in 0..self.graph.nodes.len() {
                if is_reached[to] || (are_tops && is_pulled_in[to]) {
                    continue;
                }
                reach(to, &self.graph, &outgoing, &mut is_reached);
                let is_direct = are_tops && has_graph && !is_told;
                self.ask_for(to, self.scopes[to], None, is_direct);
            }
        }
    }
}

/// What each reference stands for; of several that are the same, what was added first.
#[derive(Default)]
struct References<'a> {
    texts: Vec<(Cow<'a, str>, Referred)>,
    by_text: Digests,
}

impl<'a> References<'a> {
    fn add(&mut self, text: Cow<'a, str>, referred: Referred) {
        self.texts.push((text, referred));
    }

    /// To be called when everything is in, before anything is looked up.
    fn finish(&mut self) {
        let texts = (0..).zip(&self.texts);
        let digests = texts.map(|(place, (text, _))| (digest(&**text), place));
        self.by_text = Digests::new(&digests.collect::<Vec<_>>());
    }

    fn get(&self, text: &str) -> Option<Referred> {
        let mut alike = self
            .by_text
            .get(digest(text))
            .map(|place| &self.texts[place as usize]);
        alike
            .find(|(known, _)| known == text)
            .map(|(_, referred)| *referred)
    }
}

fn reach(from: usize, graph: &Graph<'_>, outgoing: &Outgoing, is_reached: &mut [bool]) {
    let mut open = vec![from];
    while let Some(node) = open.pop() {
        if !std::mem::replace(&mut is_reached[node], true) {
            open.extend(outgoing.of(graph, node));
        }
    }
}

fn name<'a>(component: &Component<'a>) -> Named<'a> {
    let version = component.version.as_ref().map(|version| &version.0);
    let version = version.filter(|version| !version.is_empty()).cloned();
    let Some(written) = &component.purl else {
        let is_software = component
            .kind
            .as_deref()
            .is_none_or(|kind| SOFTWARE.contains(&kind));
        // Files, devices, models: part of the application, and no dependency that anybody could publish.
        let source = if is_software {
            Source::Registry
        } else {
            Source::Workspace
        };
        return Named {
            package: None,
            version,
            source,
        };
    };
    let Ok(purl) = parse_purl(written) else {
        return Named {
            package: None,
            version,
            source: Source::Registry,
        };
    };
    let package = format_of(purl.package_type())
        .and_then(|format| PackageId::new(format, purl.namespace(), purl.name()).ok());
    let is_set = |key: &str| purl.qualifiers().contains_key(key);
    let is_file = purl
        .qualifiers()
        .get("download_url")
        .is_some_and(|address| address.starts_with("file:"));
    let source = match purl.package_type() {
        _ if is_file => Source::Path,
        // Tools for npm put the repository of the package there, wherever the package came from.
        "npm" => Source::Registry,
        _ if is_set("vcs_url") && !is_set("repository_url") => Source::Git,
        _ => Source::Registry,
    };
    Named {
        package,
        // As a rule both tell the same, and the other need not be copied.
        version: match purl.version() {
            Some(told) if version.as_deref() != Some(told) => Some(Cow::Owned(told.to_owned())),
            _ => version,
        },
        source,
    }
}

/// A range in the place of the version: the SBOM was made of a manifest, and tells what is asked for.
fn take_requirement<'a>(named: &mut Named<'a>) -> Option<Cow<'a, str>> {
    let format = named.package.as_ref()?.format();
    let version = named.version.as_deref()?;
    if Version::parse(format, version).is_ok() || Requirement::parse(format, version).is_err() {
        return None;
    }
    named.version.take()
}

fn format_of(package_type: &str) -> Option<Format> {
    match package_type {
        "gem" => Some(Format::Ruby),
        "ruby" => None,
        other => other.parse().ok(),
    }
}

fn scope_of(component: &Component<'_>) -> Scope {
    let declared = match component.scope.as_deref() {
        Some("optional") => Scope::Optional,
        // "Component usage for test and other non-runtime purposes."
        Some("excluded") => Scope::Dev,
        _ => Scope::Runtime,
    };
    own::scope_of(&component.properties).unwrap_or(declared)
}

fn line_of(component: &Component<'_>, lines: &Lines<'_>) -> Option<u32> {
    [&component.purl, &component.name, &component.reference]
        .into_iter()
        .flatten()
        .find_map(|text| lines.of(borrowed(text)?))
}

fn borrowed<'t>(text: &'t Text<'_>) -> Option<&'t str> {
    match &text.0 {
        Cow::Borrowed(text) => Some(text),
        Cow::Owned(_) => None,
    }
}
