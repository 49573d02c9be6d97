//! Items as they are stored, one of each kind: what is written today, and what every later version must read.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use downriver_aws::store::DynamoStore;
use downriver_domain::Rollout;
use downriver_domain::slot::{ActiveProducer, Controls, PauseScope, Slot, Wait, WaitOn};
use downriver_engine::ports::{
    BudgetWrite, Commit, CommitOutcome, HistoryOf, MarkerWrite, Registration, Store,
};
use downriver_testkit::builders::{
    at, dependency, id, inventory, note, package, package_version, pending, pipeline, producer,
    registration, repository, target, topology,
};
use serde_json::{Map, Value, json};

use super::{RETENTION_DAYS, fresh_table, run};

const SAMPLES: &str = include_str!("samples/items.1.jsonl");

fn wanted() -> Registration {
    let dependencies = vec![
        dependency("pkg:npm/%40acme/tokens", "^1.0.0"),
        dependency("pkg:npm/%40acme/tokens", "^2.0.0"),
    ];
    registration(producer("lib", &["pkg:npm/lib"]), dependencies)
}

fn slot() -> Slot {
    let paused = Wait {
        gate: downriver_domain::slot::Gate::UpriverQuiet,
        since: at(0),
        until: None,
        on: WaitOn::Pause(PauseScope::System),
    };
    Slot {
        wake_at: Some(at(60)),
        ..pending("lib", 0, vec![paused])
    }
}

fn commit() -> Commit {
    let mut both = note("lib", 1, "requested");
    both.package_version = Some(package_version("pkg:npm/%40acme/tokens", "2.0.0"));
    Commit {
        slot: Some(slot()),
        marker: Some(MarkerWrite::Put(ActiveProducer {
            application: id("lib"),
            rebuild: id("lib.1"),
            since: at(0),
            active_from: None,
        })),
        budget: Some(BudgetWrite::Take {
            target: target("eu-west-1"),
            rebuild: id("lib.1"),
            executions_in_flight_max: 20,
        }),
        inventory: Some(inventory("pkg:npm/%40acme/tokens", "shared", &["1.0.0"])),
        controls: Some(Controls {
            revision: 1,
            ..Controls::default()
        }),
        rollout: Some(Rollout {
            revision: 1,
            ..Rollout::new(package_version("pkg:npm/%40acme/tokens", "2.0.0"), 0, at(0))
        }),
        history: vec![both],
        ..Commit::default()
    }
}

#[test]
fn one_item_of_each_kind_is_written_as_in_the_samples() {
    let (client, table) = fresh_table();
    run(async {
        let store = DynamoStore::new(client.clone(), table.clone(), RETENTION_DAYS);
        assert!(!store.is_restored().await.unwrap());
        assert_eq!(
            store.record_topology(&topology()).await.unwrap(),
            CommitOutcome::Done
        );
        store.record_registration(&wanted()).await.unwrap();
        assert_eq!(store.commit(&commit()).await.unwrap(), CommitOutcome::Done);
        let pages = client
            .scan()
            .table_name(&table)
            .into_paginator()
            .items()
            .send();
        let items = pages.try_collect().await.unwrap();
        let mut lines: Vec<String> = items.iter().map(shown).collect();
        lines.sort();
        let expected: Vec<&str> = SAMPLES.lines().collect();
        assert_eq!(lines, expected, "\n{}", lines.join("\n"));
    });
}

#[test]
fn the_samples_are_read() {
    let (client, table) = fresh_table();
    run(async {
        for line in SAMPLES.lines() {
            put(&client, &table, line).await;
        }
        let store = DynamoStore::new(client, table, RETENTION_DAYS);
        assert_eq!(*store.load_topology().await.unwrap(), topology());
        let states = store.load_applications(&[id("lib")]).await.unwrap();
        assert_eq!(states[0].application, wanted().application);
        assert_eq!(states[0].slot, slot());
        assert_eq!(
            store.load_dependencies(&id("lib")).await.unwrap(),
            wanted().dependencies
        );
        let tokens = package("pkg:npm/%40acme/tokens");
        assert_eq!(
            store
                .load_dependents(&tokens, None, 9)
                .await
                .unwrap()
                .edges
                .len(),
            2
        );
        let versions = store.load_inventory(&tokens).await.unwrap();
        let commit = commit();
        assert_eq!(
            versions.repositories.get(&repository("shared")),
            commit.inventory.as_ref()
        );
        assert_eq!(Some(store.load_controls().await.unwrap()), commit.controls);
        assert_eq!(store.load_active_producers().await.unwrap().len(), 1);
        assert_eq!(
            store.load_budget(&target("eu-west-1")).await.unwrap(),
            [id("lib.1")].into()
        );
        assert_eq!(store.list_applications(None, 9).await.unwrap(), [id("lib")]);
        let found = store
            .find_application_by_pipeline(&pipeline("lib"))
            .await
            .unwrap();
        assert_eq!(found, Some(id("lib")));
        assert_eq!(store.list_due(at(60), 9).await.unwrap(), [id("lib")]);
        let of_application = HistoryOf::Application(id("lib"));
        assert_eq!(
            store.load_history(&of_application, 9).await.unwrap(),
            commit.history
        );
        let changes = [package_version("pkg:npm/%40acme/tokens", "2.0.0")];
        assert_eq!(
            store.load_rollouts(&changes).await.unwrap(),
            [commit.rollout.unwrap()]
        );
        assert_eq!(store.list_rollouts(None, 9).await.unwrap(), changes);
        // It is a copy of the table that the samples were taken from.
        assert!(store.is_restored().await.unwrap());
    });
}

#[test]
fn a_record_in_parts_is_read() {
    let (client, table) = fresh_table();
    run(async {
        for line in include_str!("samples/parts.1.jsonl").lines() {
            put(&client, &table, line).await;
        }
        let store = DynamoStore::new(client, table, RETENTION_DAYS);
        assert_eq!(*store.load_topology().await.unwrap(), topology());
    });
}

/// Two applications half-way from `a ^1, b ^1` to `a ^2, c ^2`: one just before the second is in force, one just after.
#[test]
fn a_registration_that_was_left_half_way_is_read_and_finished() {
    let (client, table) = fresh_table();
    run(async {
        for line in include_str!("samples/marked.1.jsonl").lines() {
            put(&client, &table, line).await;
        }
        let store = DynamoStore::new(client, table, RETENTION_DAYS);
        let old = vec![dependency("pkg:npm/a", "^1"), dependency("pkg:npm/b", "^1")];
        let new = vec![dependency("pkg:npm/a", "^2"), dependency("pkg:npm/c", "^2")];
        for (name, standing) in [("before", &old), ("after", &new)] {
            assert_eq!(
                store.load_dependencies(&id(name)).await.unwrap(),
                *standing,
                "{name}"
            );
        }
        for (purl, applications) in [
            ("pkg:npm/a", &["after", "before"][..]),
            ("pkg:npm/b", &["before"]),
            ("pkg:npm/c", &["after"]),
        ] {
            let page = store
                .load_dependents(&package(purl), None, 9)
                .await
                .unwrap();
            let found: Vec<&str> = page
                .edges
                .iter()
                .map(|edge| edge.application.as_str())
                .collect();
            assert_eq!(found, applications, "{purl}");
            let count = store.count_dependents(&package(purl)).await.unwrap();
            assert_eq!(count, applications.len() as u64, "{purl}");
        }
        for name in ["before", "after"] {
            let wanted = registration(downriver_testkit::builders::application(name), new.clone());
            store.record_registration(&wanted).await.unwrap();
            assert_eq!(store.load_dependencies(&id(name)).await.unwrap(), new);
        }
        assert_eq!(
            store.count_dependents(&package("pkg:npm/b")).await.unwrap(),
            0
        );
        assert_eq!(
            store.count_dependents(&package("pkg:npm/c")).await.unwrap(),
            2
        );
    });
}

/// As DynamoDB's JSON, in order of name; names of writes and the table's id differ each time.
fn shown(item: &HashMap<String, AttributeValue>) -> String {
    let mut shown = BTreeMap::new();
    for (name, value) in item.iter().collect::<BTreeMap<_, _>>() {
        let value = match (name.as_str(), value) {
            ("w" | "write_name" | "slot_write", _) => json!({"S": "WRITE"}),
            ("table_id", _) => json!({"S": "TABLE"}),
            (_, AttributeValue::S(text)) => json!({"S": text}),
            (_, AttributeValue::N(number)) => json!({"N": number}),
            (_, AttributeValue::Bool(value)) => json!({"BOOL": value}),
            (_, AttributeValue::Ss(texts)) => json!({"SS": texts}),
            (_, other) => panic!("no sample has {other:?}"),
        };
        shown.insert(name, value);
    }
    serde_json::to_string(&shown).unwrap()
}

async fn put(client: &Client, table: &str, line: &str) {
    let item: BTreeMap<String, Map<String, Value>> = serde_json::from_str(line).unwrap();
    let text = |value: &Value| value.as_str().expect("it is a text").to_owned();
    let mut call = client.put_item().table_name(table);
    for (name, value) in item {
        let (kind, value) = value.iter().next().expect("a value has a type");
        let value = match kind.as_str() {
            "S" => AttributeValue::S(text(value)),
            "N" => AttributeValue::N(text(value)),
            "B" => {
                let bytes = aws_smithy_types::base64::decode(text(value)).expect("it is base64");
                AttributeValue::B(Blob::new(bytes))
            }
            "BOOL" => AttributeValue::Bool(value.as_bool().expect("it is a truth value")),
            "SS" => AttributeValue::Ss(
                value
                    .as_array()
                    .expect("it is a list")
                    .iter()
                    .map(text)
                    .collect(),
            ),
            kind => panic!("no sample has the type {kind}"),
        };
        call = call.item(name, value);
    }
    // What a later version may add.
    call.item("colour", AttributeValue::S("red".to_owned()))
        .send()
        .await
        .unwrap();
}
