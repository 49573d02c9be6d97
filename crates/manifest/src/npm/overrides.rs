//! What a workspace's root forces upon packages: npm's and bun's `overrides`, Yarn's `resolutions`, pnpm's `overrides`.
//! They change the requirement in force, wherever the lockfile repeats what a package itself declares.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;

use downriver_domain::Evidence;
use downriver_version::{Format, Requirement, Version};

use super::json::{Tree, line_of};
use super::package_json::Declared;
use super::spec;
use crate::graph::Graph;
use crate::lines::Lines;
use crate::reading::Problem;

/// Rules that name packages anywhere above their own: for each of them the graph is walked.
const NESTED_MAX: usize = 50;
/// Rules for the same package.
const ALIKE_MAX: usize = 50;

/// A rule: wherever `target` is asked for, below `within`, this requirement counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Override<'a> {
    /// The packages above, outermost first; empty for a rule that holds everywhere.
    pub(super) within: Vec<Selector<'a>>,
    /// Whether the last of `within` has to be the one that asks, and not just be somewhere above it.
    pub(super) is_parent: bool,
    pub(super) target: Selector<'a>,
    pub(super) requirement: Cow<'a, str>,
    pub(super) evidence: Evidence,
}

/// A package, perhaps only where a requirement like this is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Selector<'a> {
    pub(super) name: Cow<'a, str>,
    pub(super) range: Option<Cow<'a, str>>,
}

/// The manifest that overrides stand in.
pub(super) struct Source<'s, 'a> {
    pub(super) path: &'s str,
    pub(super) lines: &'s Lines<'a>,
    /// What `$name` refers to.
    pub(super) declared: &'s [Declared<'a>],
}

impl Override<'_> {
    /// It holds anywhere below others.
    fn is_nested(&self) -> bool {
        !self.is_parent && !self.within.is_empty()
    }
}

impl<'a> Selector<'a> {
    /// `name`, `@scope/name`, or one of them with `@range`.
    pub(super) fn parse(text: Cow<'a, str>) -> Self {
        let at = text
            .get(1..)
            .and_then(|rest| rest.find('@'))
            .map(|at| at + 1);
        let Some(at) = at else {
            return Self {
                name: text,
                range: None,
            };
        };
        let (name, range) = match text {
            Cow::Borrowed(text) => (Cow::Borrowed(&text[..at]), Cow::Borrowed(&text[at + 1..])),
            Cow::Owned(text) => (
                Cow::Owned(text[..at].to_owned()),
                Cow::Owned(text[at + 1..].to_owned()),
            ),
        };
        Self {
            name,
            range: Some(range),
        }
    }

    /// Whether a package asked for in this way is meant. Package managers ask whether two ranges have a version in common;
    /// the lowest that the requirement names answers that for all that people write.
    fn is_asked_by(&self, requirement: Option<&str>) -> bool {
        let (Some(range), Some(requirement)) = (&self.range, requirement) else {
            return true;
        };
        let range = range.strip_prefix("npm:").unwrap_or(range);
        let requirement = requirement.strip_prefix("npm:").unwrap_or(requirement);
        range == requirement || lowest(requirement).is_some_and(|lowest| admits(range, &lowest))
    }
}

/// npm: `{"a": "1", "b@^2": {".": "2.1", "c": "$d"}}`.
pub(super) fn of_npm<'a>(source: &Source<'_, 'a>, tree: Tree<'a>) -> Vec<Override<'a>> {
    let mut found = Vec::new();
    collect_npm(source, tree, &mut Vec::new(), &mut found);
    found
}

fn collect_npm<'a>(
    source: &Source<'_, 'a>,
    tree: Tree<'a>,
    within: &mut Vec<Selector<'a>>,
    found: &mut Vec<Override<'a>>,
) {
    for (key, value) in tree.members() {
        let line = line_of(source.lines, &key, None);
        match value {
            Tree::Text(text) if key == "." => {
                if let Some((target, above)) = within.split_last() {
                    let selectors = (above.to_vec(), target.clone());
                    found.extend(source.rule(selectors, text, line));
                }
            }
            Tree::Text(text) => {
                let selectors = (within.clone(), Selector::parse(key));
                found.extend(source.rule(selectors, text, line));
            }
            Tree::Object(members) => {
                within.push(Selector::parse(key));
                collect_npm(source, Tree::Object(members), within, found);
                within.pop();
            }
            _ => {}
        }
    }
}

/// Yarn: `a`, `**/a`, `b/a`, `b/**/a`, `a@npm:^1`.
pub(super) fn of_yarn<'a>(source: &Source<'_, 'a>, tree: Tree<'a>) -> Vec<Override<'a>> {
    let rules = tree.members().into_iter().filter_map(|(key, value)| {
        let line = line_of(source.lines, &key, None);
        let mut way = yarn_way(&key);
        let is_parent = !key.contains("**/");
        let target = Selector::parse(Cow::Owned(way.pop()?));
        let within = way
            .into_iter()
            .map(|one| Selector::parse(Cow::Owned(one)))
            .collect();
        let mut rule = source.rule((within, target), value.text()?, line)?;
        rule.is_parent = is_parent;
        Some(rule)
    });
    rules.collect()
}

/// The packages of a pattern like `@acme/a/**/b`, without the globs.
fn yarn_way(pattern: &str) -> Vec<String> {
    let mut way: Vec<String> = Vec::new();
    let mut scope = None;
    for part in pattern.split('/') {
        match scope.take() {
            Some(scope) => way.push(format!("{scope}/{part}")),
            None if part.starts_with('@') => scope = Some(part),
            None if part == "**" || part == "*" => {}
            // A version may hold a slash (`a@npm:b/c`): it goes on.
            None => way.push(part.to_owned()),
        }
    }
    way
}

/// pnpm: `a`, `a@^1`, `b>a`, `b@1>a`; `-` takes a dependency away.
pub(super) fn of_pnpm<'a>(source: &Source<'_, 'a>, tree: Tree<'a>) -> Vec<Override<'a>> {
    let rules = tree.members().into_iter().filter_map(|(key, value)| {
        let line = line_of(source.lines, &key, None);
        of_pnpm_entry(source, &key, value.text()?, line)
    });
    rules.collect()
}

/// One of pnpm's, from wherever it stands (`package.json`, `pnpm-workspace.yaml`, the lockfile).
pub(super) fn of_pnpm_entry<'a>(
    source: &Source<'_, 'a>,
    key: &str,
    requirement: Cow<'a, str>,
    line: Option<u32>,
) -> Option<Override<'a>> {
    if requirement == "-" {
        return None;
    }
    let mut way = pnpm_way(key);
    let target = Selector::parse(Cow::Owned(way.pop()?));
    let within = way
        .into_iter()
        .map(|one| Selector::parse(Cow::Owned(one)))
        .collect();
    let mut rule = source.rule((within, target), requirement, line)?;
    rule.is_parent = true;
    Some(rule)
}

/// `a@>1>b`: only a `>` before a name, not one of a range, goes a step down.
fn pnpm_way(key: &str) -> Vec<String> {
    let mut way = Vec::new();
    let mut start = 0;
    for (at, _) in key.match_indices('>') {
        let is_range = key[..at].ends_with(['@', ' ', '|']);
        let is_name =
            key[at + 1..].starts_with(|next: char| next.is_ascii_alphabetic() || next == '@');
        if is_name && !is_range && at > start {
            way.push(key[start..at].to_owned());
            start = at + 1;
        }
    }
    way.push(key[start..].to_owned());
    way
}

impl<'a> Source<'_, 'a> {
    fn rule(
        &self,
        (within, target): (Vec<Selector<'a>>, Selector<'a>),
        requirement: Cow<'a, str>,
        line: Option<u32>,
    ) -> Option<Override<'a>> {
        let requirement = match requirement.strip_prefix('$') {
            Some(name) => {
                let referred = self
                    .declared
                    .iter()
                    .find(|declared| declared.name == name)?;
                referred.requirement.clone()
            }
            None => requirement,
        };
        let evidence = Evidence {
            file: self.path.into(),
            line,
        };
        Some(Override {
            within,
            is_parent: false,
            target,
            requirement,
            evidence,
        })
    }
}

/// Puts the requirements in force onto the edges and roots of a graph. What is too much is left out, and said.
pub(super) fn apply<'a>(overrides: &[Override<'a>], graph: &mut Graph<'a>) -> Option<Problem> {
    let (rules, problem) = within_limits(overrides);
    if rules.is_empty() {
        return problem;
    }
    let below = below_all(&rules, graph);
    let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, rule) in rules.iter().enumerate() {
        by_name.entry(&rule.target.name).or_default().push(at);
    }
    for index in 0..graph.edges.len() {
        let edge = &graph.edges[index];
        let Some(candidates) = by_name.get(&*graph.nodes[edge.to].name) else {
            continue;
        };
        // The one that says the most about where it holds counts.
        let rule = candidates
            .iter()
            .filter(|rule| is_above(rules[**rule], below[**rule].as_ref(), graph, edge.from))
            .map(|rule| rules[*rule])
            .filter(|rule| rule.target.is_asked_by(edge.requirement.as_deref()))
            .max_by_key(|rule| rule.within.len());
        if let Some(rule) = rule {
            graph.edges[index].requirement = Some(rule.requirement.clone());
            graph.told_elsewhere.insert(index, rule.evidence.clone());
        }
    }
    for root in &mut graph.roots {
        let Some(candidates) = by_name.get(&*graph.nodes[root.to].name) else {
            continue;
        };
        let rule = candidates.iter().map(|rule| rules[*rule]).find(|rule| {
            rule.within.is_empty() && rule.target.is_asked_by(root.requirement.as_deref())
        });
        if let Some(rule) = rule.filter(|rule| root.requirement.as_ref() != Some(&rule.requirement))
        {
            root.requirement = Some(rule.requirement.clone());
            root.evidence = rule.evidence.clone();
        }
    }
    problem
}

/// The rules that are counted, and what to say of the others.
fn within_limits<'r, 'a>(
    overrides: &'r [Override<'a>],
) -> (Vec<&'r Override<'a>>, Option<Problem>) {
    let mut nested = 0;
    let mut of_name: BTreeMap<&str, usize> = BTreeMap::new();
    let mut left_out = None;
    let counted = overrides.iter().filter(|rule| {
        nested += usize::from(rule.is_nested());
        let alike = of_name.entry(&rule.target.name).or_default();
        *alike += 1;
        let is_counted = *alike <= ALIKE_MAX && (!rule.is_nested() || nested <= NESTED_MAX);
        if !is_counted {
            left_out.get_or_insert(&rule.evidence);
        }
        is_counted
    });
    let counted = counted.collect();
    let problem = left_out.map(|evidence| {
        let text = format!(
            "has overrides that are not counted: at most {ALIKE_MAX} of one package are, and {NESTED_MAX} inside of others"
        );
        Problem::new(&evidence.file, evidence.line, text)
    });
    (counted, problem)
}

/// For each rule what lies below the packages that it names above its own; `None` for one that does not ask for that.
fn below_all(rules: &[&Override<'_>], graph: &Graph<'_>) -> Vec<Option<Vec<bool>>> {
    let mut outgoing: Vec<Vec<usize>> = Vec::new();
    if rules.iter().any(|rule| rule.is_nested()) {
        outgoing.resize(graph.nodes.len(), Vec::new());
        for edge in &graph.edges {
            outgoing[edge.from].push(edge.to);
        }
    }
    let below = rules
        .iter()
        .map(|rule| rule.is_nested().then(|| below(rule, graph, &outgoing)));
    below.collect()
}

fn below(rule: &Override<'_>, graph: &Graph<'_>, outgoing: &[Vec<usize>]) -> Vec<bool> {
    let mut inside = vec![true; graph.nodes.len()];
    for selector in &rule.within {
        let mut open: Vec<usize> = (0..graph.nodes.len())
            .filter(|node| inside[*node] && is_node(selector, graph, *node))
            .collect();
        inside.fill(false);
        while let Some(node) = open.pop() {
            if !std::mem::replace(&mut inside[node], true) {
                open.extend(&outgoing[node]);
            }
        }
    }
    inside
}

fn is_above(
    rule: &Override<'_>,
    below: Option<&Vec<bool>>,
    graph: &Graph<'_>,
    from: usize,
) -> bool {
    match (below, rule.within.last()) {
        (Some(below), _) => below[from],
        (None, Some(parent)) => is_node(parent, graph, from),
        (None, None) => true,
    }
}

fn is_node(selector: &Selector<'_>, graph: &Graph<'_>, node: usize) -> bool {
    let node = &graph.nodes[node];
    node.name == selector.name
        && match (&selector.range, &node.version) {
            (Some(range), Some(version)) => {
                admits(range.strip_prefix("npm:").unwrap_or(range), version)
            }
            _ => true,
        }
}

/// Whether a version is of this range; not if one of them is none.
pub(super) fn admits(range: &str, version: &str) -> bool {
    let range = Requirement::parse(Format::Npm, range);
    let version = Version::parse(Format::Npm, version);
    range.is_ok_and(|range| version.is_ok_and(|version| range.admits(&version)))
}

/// The first version that a range names, its missing parts zero.
fn lowest(requirement: &str) -> Option<String> {
    let requirement = spec::alias(requirement).map_or(requirement, |(_, range)| range);
    let start = requirement.find(|character: char| character.is_ascii_digit())?;
    let version = requirement[start..].split([' ', '|', ',']).next()?;
    let (core, rest) = match version.find(['-', '+']) {
        Some(at) => version.split_at(at),
        None => (version, ""),
    };
    let mut parts: Vec<&str> = core
        .split('.')
        .map(|part| {
            if part.parse::<u64>().is_ok() {
                part
            } else {
                "0"
            }
        })
        .collect();
    parts.resize(3, "0");
    Some(format!("{}{rest}", parts.join(".")))
}
