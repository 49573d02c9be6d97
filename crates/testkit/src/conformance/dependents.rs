//! Pages of the dependents of a package: producers first, then by application id and instance.

use downriver_domain::Edge;
use downriver_engine::ports::{EdgeCursor, EdgePage, Store};

use super::{read, register};
use crate::builders::{application, dependency, package, producer};

const TOKENS: &str = "pkg:npm/%40acme/tokens";

pub async fn producers_come_first_then_applications_by_id(store: &impl Store) {
    // Not in order of id, so that the order of registering does not help.
    for (name, instances) in [("web", 1), ("api", 2), ("Zed", 1), ("a-b", 1), ("a_b", 1)] {
        consumer(store, name, instances).await;
    }
    for name in ["ui", "core"] {
        let application = producer(name, &[&format!("pkg:npm/{name}")]);
        register(store, application, vec![dependency(TOKENS, "^1.0.0")]).await;
    }
    let edges = page(store, None, 100).await.edges;
    assert_eq!(
        shown(&edges),
        [
            "core 0", "ui 0", "Zed 0", "a-b 0", "a_b 0", "api 0", "api 1", "web 0"
        ]
    );
    assert!(edges[..2].iter().all(|edge| edge.is_producer));
    assert!(edges[2..].iter().all(|edge| !edge.is_producer));
}

pub async fn a_page_never_splits_an_application(store: &impl Store) {
    for (name, instances) in [("a", 2), ("b", 2), ("c", 1)] {
        consumer(store, name, instances).await;
    }
    let first = page(store, None, 3).await;
    assert_eq!(shown(&first.edges), ["a 0", "a 1"]);
    let second = page(store, first.next.as_ref(), 3).await;
    assert_eq!(shown(&second.edges), ["b 0", "b 1", "c 0"]);
    assert_eq!(second.next, None);
}

pub async fn an_application_larger_than_the_page_is_split(store: &impl Store) {
    for (name, instances) in [("a", 1), ("b", 5), ("c", 1)] {
        consumer(store, name, instances).await;
    }
    let first = page(store, None, 2).await;
    assert_eq!(shown(&first.edges), ["a 0"]);
    let second = page(store, first.next.as_ref(), 2).await;
    assert_eq!(shown(&second.edges), ["b 0", "b 1"]);
    let third = page(store, second.next.as_ref(), 2).await;
    assert_eq!(shown(&third.edges), ["b 2", "b 3"]);
    let fourth = page(store, third.next.as_ref(), 2).await;
    assert_eq!(shown(&fourth.edges), ["b 4", "c 0"]);
    assert_eq!(fourth.next, None);
}

pub async fn a_page_that_ends_with_the_last_edge_has_no_next(store: &impl Store) {
    consumer(store, "a", 2).await;
    let whole = page(store, None, 2).await;
    assert_eq!(shown(&whole.edges), ["a 0", "a 1"]);
    assert_eq!(whole.next, None);
}

pub async fn pages_of_any_size_give_the_same_edges(store: &impl Store) {
    for number in 0..9 {
        consumer(store, &format!("app{number}"), 1 + number % 3).await;
    }
    register(
        store,
        producer("lib", &["pkg:npm/lib"]),
        vec![dependency(TOKENS, "^1.0.0")],
    )
    .await;
    let all = page(store, None, 100).await.edges;
    assert_eq!(all.len(), 19);
    for limit in 1..=20 {
        let mut edges = Vec::new();
        let mut next = None;
        loop {
            let page = page(store, next.as_ref(), limit).await;
            assert!(page.edges.len() <= limit, "page of {limit}");
            edges.extend(page.edges);
            next = page.next;
            if next.is_none() {
                break;
            }
        }
        assert_eq!(edges, all, "pages of {limit}");
    }
}

pub async fn a_package_nobody_uses_has_no_dependents(store: &impl Store) {
    consumer(store, "a", 1).await;
    let other = package("pkg:npm/other");
    let page = read(store.load_dependents(&other, None, 10).await);
    assert_eq!(page.edges, []);
    assert_eq!(page.next, None);
    assert_eq!(read(store.count_dependents(&other).await), 0);
}

pub async fn applications_are_counted_not_edges(store: &impl Store) {
    for (name, instances) in [("a", 3), ("b", 1)] {
        consumer(store, name, instances).await;
    }
    assert_eq!(read(store.count_dependents(&package(TOKENS)).await), 2);
}

pub async fn a_consumer_that_becomes_a_producer_moves_to_the_front(store: &impl Store) {
    consumer(store, "a", 1).await;
    consumer(store, "b", 1).await;
    register(
        store,
        producer("b", &["pkg:npm/b"]),
        vec![dependency(TOKENS, "^1.0.0")],
    )
    .await;
    assert_eq!(shown(&page(store, None, 10).await.edges), ["b 0", "a 0"]);
}

async fn consumer(store: &impl Store, name: &str, instances: usize) {
    let dependencies = vec![dependency(TOKENS, "^1.0.0"); instances];
    register(store, application(name), dependencies).await;
}

async fn page(store: &impl Store, after: Option<&EdgeCursor>, limit: usize) -> EdgePage {
    read(store.load_dependents(&package(TOKENS), after, limit).await)
}

fn shown(edges: &[Edge]) -> Vec<String> {
    edges
        .iter()
        .map(|edge| format!("{} {}", edge.application, edge.instance))
        .collect()
}
