//! The way to a package and its scopes.

use std::borrow::Cow;

use downriver_domain::{Evidence, Scope};
use downriver_version::{Format, PackageId};

use super::{Edge, Graph, Node, Root};
use crate::reading::{Reading, Source};

fn node(name: &'static str, version: &'static str) -> Node<'static> {
    Node {
        name: Cow::Borrowed(name),
        package: Some(PackageId::new(Format::Npm, None, name).unwrap()),
        version: Some(Cow::Borrowed(version)),
        source: Source::Registry,
        line: Some(1),
    }
}

fn graph(
    names: &[&'static str],
    edges: &[(usize, usize, Scope)],
    roots: &[(usize, Scope)],
) -> Graph<'static> {
    let mut graph = Graph::new("lock");
    for name in names {
        graph.add(node(name, "1.0.0")).unwrap();
    }
    for (from, to, scope) in edges {
        let (from, to, scope) = (*from, *to, *scope);
        graph
            .connect(Edge {
                from,
                to,
                requirement: None,
                scope,
                line: None,
            })
            .unwrap();
    }
    for (to, scope) in roots {
        graph.roots.push(Root {
            to: *to,
            requirement: Some(Cow::Borrowed("^1.0.0")),
            scope: *scope,
            evidence: Evidence {
                file: "manifest".into(),
                line: Some(3),
            },
            is_direct: true,
        });
    }
    graph
}

fn told(graph: Graph<'_>) -> Vec<String> {
    let mut reading = Reading::default();
    graph.into_reading(&mut reading);
    reading
        .dependencies
        .iter()
        .map(|found| {
            let via: Vec<&str> = found.via.iter().map(PackageId::name).collect();
            format!(
                "{} {:?} direct={} {via:?}",
                found.package.name(),
                found.scopes,
                found.is_direct
            )
        })
        .collect()
}

#[test]
fn the_way_is_the_shortest_in_the_strongest_scope() {
    let graph = graph(
        &["a", "b", "c"],
        &[(0, 1, Scope::Runtime), (1, 2, Scope::Runtime)],
        &[(0, Scope::Runtime), (2, Scope::Dev)],
    );
    assert_eq!(
        told(graph),
        [
            "a {Runtime} direct=true []",
            "b {Runtime} direct=false [\"a\"]",
            "c {Runtime, Dev} direct=false [\"a\", \"b\"]",
        ]
    );
}

#[test]
fn what_an_optional_or_dev_dependency_needs_is_there_for_the_same_reason() {
    let graph = graph(
        &["a", "b", "c"],
        &[(0, 1, Scope::Optional), (1, 2, Scope::Runtime)],
        &[(0, Scope::Runtime)],
    );
    assert_eq!(told(graph)[2], "c {Optional} direct=false [\"a\", \"b\"]");
}

#[test]
fn a_cycle_ends() {
    let graph = graph(
        &["a", "b"],
        &[(0, 1, Scope::Runtime), (1, 0, Scope::Runtime)],
        &[(1, Scope::Runtime)],
    );
    assert_eq!(
        told(graph),
        [
            "a {Runtime} direct=false [\"b\"]",
            "b {Runtime} direct=true []"
        ]
    );
}

#[test]
fn what_no_root_reaches_belongs_to_somebody_else() {
    let graph = graph(&["a", "b"], &[], &[(0, Scope::Runtime)]);
    assert_eq!(told(graph), ["a {Runtime} direct=true []"]);
}

#[test]
fn a_way_of_any_length_is_shown_by_its_outermost_hundred_and_all_together_have_a_limit() {
    let count = 11_000;
    let mut graph = Graph::new("lock");
    for _ in 0..count {
        graph.add(node("a", "1.0.0")).unwrap();
    }
    for from in 0..count - 1 {
        let edge = Edge {
            from,
            to: from + 1,
            requirement: None,
            scope: Scope::Runtime,
            line: None,
        };
        graph.connect(edge).unwrap();
    }
    graph.nodes[1].package = Some(PackageId::new(Format::Npm, None, "second").unwrap());
    graph.roots.push(Root {
        to: 0,
        requirement: None,
        scope: Scope::Runtime,
        evidence: Evidence {
            file: "manifest".into(),
            line: None,
        },
        is_direct: true,
    });
    let mut reading = Reading::default();
    graph.into_reading(&mut reading);
    assert_eq!(reading.dependencies.len(), count);
    assert_eq!(reading.dependencies[100].via.len(), 100);
    assert_eq!(reading.dependencies[5_000].via.len(), 100);
    assert_eq!(reading.dependencies[5_000].via[1].name(), "second");
    assert_eq!(reading.dependencies.last().unwrap().via.len(), 1);
}
