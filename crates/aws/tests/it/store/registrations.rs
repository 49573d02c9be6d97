//! Registrations too large for one transaction, left half-way at any point.

use aws_sdk_dynamodb::Client;
use downriver_aws::store::DynamoStore;
use downriver_domain::{Built, Dependency};
use downriver_engine::ports::{BuiltWrite, Commit, CommitOutcome, Store};
use downriver_testkit::builders::{
    application, at, dependency, id, package, producer, registration,
};

use super::proxy::Proxy;
use super::{RETENTION_DAYS, fresh, fresh_table, run};

/// With head, application, list and pipeline more than one transaction takes.
const PACKAGES: usize = 100;

fn depending(on: std::ops::Range<usize>, requirement: &str) -> Vec<Dependency> {
    on.map(|number| dependency(&format!("pkg:npm/p{number}"), requirement))
        .collect()
}

/// Items of edges with an open mark, or to packages that nobody lists.
async fn left_over(client: &Client, table: &str, listed: usize) -> usize {
    let pages = client
        .scan()
        .table_name(table)
        .into_paginator()
        .items()
        .send();
    let items = pages.try_collect().await.unwrap();
    let is_edge = |item: &std::collections::HashMap<String, _>| item.contains_key("w");
    let marked = items.iter().filter(|item| item.contains_key("ng")).count();
    marked + items.iter().filter(|item| is_edge(item)).count() - listed
}

#[test]
fn a_registration_left_half_way_is_all_or_nothing_and_finished_by_the_next() {
    let (client, table) = fresh_table();
    run(async {
        // The announcement, 101 marks of 50 new, 50 replaced and one gone package, the head, 101 settled, the end.
        for (round, writes) in [0, 1, 40, 102, 103, 150, 204, 205].into_iter().enumerate() {
            let name = format!("app{round}");
            let direct = DynamoStore::new(client.clone(), table.clone(), RETENTION_DAYS);
            let old = depending(50..101, "^1");
            let new = depending(0..100, "^2");
            direct
                .record_registration(&registration(application(&name), old.clone()))
                .await
                .unwrap();
            let proxy = Proxy::start().await;
            proxy.lose_writes_after(writes);
            let store = DynamoStore::new(proxy.client(), table.clone(), RETENTION_DAYS);
            let wanted = registration(application(&name), new.clone());
            let result = store.record_registration(&wanted).await;
            assert_eq!(result.is_ok(), writes == 205, "{writes} writes: {result:?}");
            let standing = direct.load_dependencies(&id(&name)).await.unwrap();
            let expected = if writes > 102 { &new } else { &old };
            assert_eq!(&standing, expected, "{writes} writes");
            for purl in ["pkg:npm/p0", "pkg:npm/p60", "pkg:npm/p100"] {
                let page = direct
                    .load_dependents(&package(purl), None, 500)
                    .await
                    .unwrap();
                let edges: Vec<&str> = page
                    .edges
                    .iter()
                    .filter(|edge| edge.application == id(&name))
                    .map(|edge| edge.dependency.requirement.as_str())
                    .collect();
                let listed = expected
                    .iter()
                    .filter(|dependency| dependency.package == package(purl));
                let listed: Vec<&str> = listed
                    .map(|dependency| dependency.requirement.as_str())
                    .collect();
                assert_eq!(edges, listed, "{writes} writes, {purl}");
            }
            direct.record_registration(&wanted).await.unwrap();
            assert_eq!(direct.load_dependencies(&id(&name)).await.unwrap(), new);
            assert_eq!(
                left_over(&client, &table, PACKAGES * (round + 1)).await,
                0,
                "{writes} writes"
            );
        }
    });
}

#[test]
fn what_was_built_is_written_to_the_edges_in_force() {
    let (client, table) = fresh_table();
    run(async {
        for (writes, is_new) in [(60, false), (140, true)] {
            let name = format!("app{writes}");
            let direct = DynamoStore::new(client.clone(), table.clone(), RETENTION_DAYS);
            direct
                .record_registration(&registration(application(&name), depending(0..100, "^1")))
                .await
                .unwrap();
            let proxy = Proxy::start().await;
            proxy.lose_writes_after(writes);
            let store = DynamoStore::new(proxy.client(), table.clone(), RETENTION_DAYS);
            let wanted = registration(application(&name), depending(0..100, "^2"));
            assert!(store.record_registration(&wanted).await.is_err());
            let commit = built(&name, 0..100);
            assert_eq!(direct.commit(&commit).await.unwrap(), CommitOutcome::Done);
            let standing = direct.load_dependencies(&id(&name)).await.unwrap();
            let requirement = if is_new { "^2" } else { "^1" };
            for dependency in standing {
                assert_eq!(dependency.requirement, requirement);
                assert_eq!(dependency.built, Built::Proven("1.5.0".to_owned()));
            }
        }
    });
}

fn built(application: &str, on: std::ops::Range<usize>) -> Commit {
    let built = on.map(|number| BuiltWrite {
        application: id(application),
        package: package(&format!("pkg:npm/p{number}")),
        instance: 0,
        built: Built::Proven("1.5.0".to_owned()),
        built_as_of: at(9),
        built_revision: None,
    });
    Commit {
        built: built.collect(),
        ..Commit::default()
    }
}

#[test]
fn a_large_application_is_registered_changed_and_removed() {
    let (client, table) = fresh_table();
    run(async {
        let store = DynamoStore::new(client.clone(), table.clone(), RETENTION_DAYS);
        let wanted = registration(application("web"), depending(0..250, "^1"));
        store.record_registration(&wanted).await.unwrap();
        assert_eq!(
            store.load_dependencies(&id("web")).await.unwrap(),
            wanted.dependencies
        );
        let asked = (0..80)
            .map(|number| package(&format!("pkg:npm/p{number}")))
            .collect();
        assert_eq!(
            store.load_edges(&id("web"), &asked).await.unwrap().len(),
            80
        );
        let producer = registration(producer("web", &["pkg:npm/web"]), depending(0..250, "^1"));
        store.record_registration(&producer).await.unwrap();
        let page = store
            .load_dependents(&package("pkg:npm/p3"), None, 10)
            .await
            .unwrap();
        assert_eq!(page.edges.len(), 1);
        assert!(page.edges[0].is_producer);
        store.remove_registration(&id("web")).await.unwrap();
        assert_eq!(store.load_dependencies(&id("web")).await.unwrap(), []);
        assert_eq!(left_over(&client, &table, 0).await, 0);
    });
}

#[test]
fn built_versions_of_more_packages_than_a_transaction_takes_are_all_written() {
    let store = fresh();
    run(async {
        let wanted = registration(application("web"), depending(0..230, "^1"));
        store.record_registration(&wanted).await.unwrap();
        let commit = Commit {
            slot: Some(downriver_testkit::builders::pending("web", 0, Vec::new())),
            ..built("web", 0..230)
        };
        assert_eq!(store.commit(&commit).await.unwrap(), CommitOutcome::Done);
        let standing = store.load_dependencies(&id("web")).await.unwrap();
        let proven = Built::Proven("1.5.0".to_owned());
        assert!(standing.iter().all(|dependency| dependency.built == proven));
        // On an old slot, nothing at all is written.
        let late = Commit {
            built: built("web", 0..230)
                .built
                .into_iter()
                .map(|write| BuiltWrite {
                    built: Built::Unknown,
                    ..write
                })
                .collect(),
            ..commit
        };
        assert_eq!(store.commit(&late).await.unwrap(), CommitOutcome::Conflict);
        assert_eq!(store.load_dependencies(&id("web")).await.unwrap(), standing);
    });
}
