//! Answers that were lost, and those by which DynamoDB says that somebody was in the way.

use aws_sdk_dynamodb::types::AttributeValue;
use downriver_aws::store::DynamoStore;
use downriver_domain::slot::{ActiveProducer, Controls, Slot};
use downriver_engine::ports::{
    BudgetWrite, Commit, CommitOutcome, HistoryOf, MarkerWrite, Store, StoreError,
};
use downriver_testkit::builders::{
    application, at, dependency, id, inventory, note, pending, registration, starting, target,
    topology,
};

use super::proxy::{Fate, Proxy};
use super::{RETENTION_DAYS, fresh_table, run};

/// A store behind a proxy, and the same table without.
async fn behind(table: (aws_sdk_dynamodb::Client, String)) -> (Proxy, DynamoStore, DynamoStore) {
    let proxy = Proxy::start().await;
    let (direct, name) = table;
    let through = DynamoStore::new(proxy.client(), name.clone(), RETENTION_DAYS);
    (
        proxy,
        through,
        DynamoStore::new(direct, name, RETENTION_DAYS),
    )
}

fn of_slot(slot: Slot) -> Commit {
    Commit {
        slot: Some(slot),
        ..Commit::default()
    }
}

/// As it is written before a start.
fn start(application: &str, max: u32) -> Commit {
    Commit {
        slot: Some(starting(application, 0)),
        marker: Some(MarkerWrite::Put(ActiveProducer {
            application: id(application),
            rebuild: id(&format!("{application}.1")),
            since: at(0),
            active_from: None,
        })),
        budget: Some(BudgetWrite::Take {
            target: target("eu-west-1"),
            rebuild: id(&format!("{application}.1")),
            executions_in_flight_max: max,
        }),
        history: vec![note(application, 0, "starting")],
        ..Commit::default()
    }
}

async fn outcome(store: &DynamoStore, commit: &Commit) -> CommitOutcome {
    store.commit(commit).await.expect("the commit is answered")
}

#[test]
fn a_slot_whose_answer_was_lost_is_done() {
    let table = fresh_table();
    run(async {
        let (proxy, store, direct) = behind(table).await;
        direct
            .record_registration(&registration(application("web"), Vec::new()))
            .await
            .unwrap();
        let commit = of_slot(pending("web", 0, Vec::new()));
        proxy.script("UpdateItem", Fate::LoseAnswer);
        assert_eq!(outcome(&store, &commit).await, CommitOutcome::Done);
        let states = direct.load_applications(&[id("web")]).await.unwrap();
        assert_eq!(Some(&states[0].slot), commit.slot.as_ref());
        // A decision of its own, even if it says the same.
        assert_eq!(outcome(&store, &commit).await, CommitOutcome::Conflict);
    });
}

#[test]
fn a_conflict_whose_answer_was_lost_is_a_conflict() {
    let table = fresh_table();
    run(async {
        let (proxy, store, direct) = behind(table).await;
        assert_eq!(
            outcome(&direct, &of_slot(starting("web", 0))).await,
            CommitOutcome::Done
        );
        proxy.script("UpdateItem", Fate::LoseAnswer);
        let commit = of_slot(pending("web", 1, Vec::new()));
        assert_eq!(outcome(&store, &commit).await, CommitOutcome::Conflict);
    });
}

#[test]
fn a_start_whose_answer_was_lost_is_done_once() {
    let table = fresh_table();
    run(async {
        let (proxy, store, direct) = behind(table).await;
        proxy.script("TransactWriteItems", Fate::LoseAnswer);
        assert_eq!(outcome(&store, &start("web", 1)).await, CommitOutcome::Done);
        let budget = direct.load_budget(&target("eu-west-1")).await.unwrap();
        assert_eq!(budget, [id("web.1")].into());
        let history = direct
            .load_history(&HistoryOf::Application(id("web")), 10)
            .await
            .unwrap();
        assert_eq!(history.len(), 1);
        assert_eq!(direct.load_active_producers().await.unwrap().len(), 1);
        assert_eq!(
            outcome(&store, &start("api", 1)).await,
            CommitOutcome::BudgetFull
        );
    });
}

#[test]
fn a_budget_whose_answer_was_lost_is_taken() {
    let table = fresh_table();
    run(async {
        let (proxy, store, _) = behind(table).await;
        let commit = Commit {
            budget: start("web", 1).budget,
            ..Commit::default()
        };
        proxy.script("UpdateItem", Fate::LoseAnswer);
        assert_eq!(outcome(&store, &commit).await, CommitOutcome::Done);
    });
}

#[test]
fn every_other_record_whose_answer_was_lost_is_done() {
    let table = fresh_table();
    run(async {
        let (proxy, store, direct) = behind(table).await;
        proxy.script("PutItem", Fate::LoseAnswer);
        assert_eq!(
            store.record_topology(&topology()).await.unwrap(),
            CommitOutcome::Done
        );
        proxy.script("PutItem", Fate::LoseAnswer);
        let versions = inventory("pkg:npm/tokens", "shared", &["1.0.0"]);
        let commit = Commit {
            inventory: Some(versions),
            ..Commit::default()
        };
        assert_eq!(outcome(&store, &commit).await, CommitOutcome::Done);
        proxy.script("PutItem", Fate::LoseAnswer);
        let controls = Controls {
            revision: 1,
            ..Controls::default()
        };
        let commit = Commit {
            controls: Some(controls),
            ..Commit::default()
        };
        assert_eq!(outcome(&store, &commit).await, CommitOutcome::Done);
        proxy.script("TransactWriteItems", Fate::LoseAnswer);
        let wanted = vec![dependency("pkg:npm/tokens", "^1")];
        store
            .record_registration(&registration(application("web"), wanted.clone()))
            .await
            .unwrap();
        assert_eq!(direct.load_dependencies(&id("web")).await.unwrap(), wanted);
        assert!(proxy.is_script_over());
    });
}

#[test]
fn a_request_that_got_lost_is_sent_again_and_in_the_end_transient() {
    let table = fresh_table();
    run(async {
        let (proxy, store, direct) = behind(table).await;
        proxy.script("UpdateItem", Fate::LoseRequest);
        assert_eq!(
            outcome(&store, &of_slot(starting("web", 0))).await,
            CommitOutcome::Done
        );
        proxy.lose_writes_after(0);
        let refused = store.commit(&of_slot(starting("api", 0))).await;
        assert!(
            matches!(refused, Err(StoreError::Transient(_))),
            "{refused:?}"
        );
        assert_eq!(direct.list_busy(None, 10).await.unwrap(), [id("web")]);
    });
}

/// One reason for each of the four parts of a start: slot, budget, marker, history.
fn canceled(codes: [&str; 4]) -> Fate {
    let reasons: Vec<String> = codes
        .iter()
        .map(|code| format!(r#"{{"Code":"{code}","Message":"because"}}"#))
        .collect();
    Fate::Answer(
        400,
        format!(
            r#"{{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"cancelled","CancellationReasons":[{}]}}"#,
            reasons.join(",")
        ),
    )
}

fn refused(code: &str) -> Fate {
    Fate::Answer(
        400,
        format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{code}","message":"because"}}"#),
    )
}

#[test]
fn a_transaction_that_another_disturbs_is_tried_again_and_in_the_end_a_conflict() {
    let table = fresh_table();
    run(async {
        let (proxy, store, _) = behind(table).await;
        let disturbed = || canceled(["TransactionConflict", "None", "None", "None"]);
        proxy.script("TransactWriteItems", disturbed());
        proxy.script(
            "TransactWriteItems",
            refused("TransactionInProgressException"),
        );
        assert_eq!(outcome(&store, &start("web", 2)).await, CommitOutcome::Done);
        for _ in 0..5 {
            proxy.script("TransactWriteItems", disturbed());
        }
        assert_eq!(
            outcome(&store, &start("api", 2)).await,
            CommitOutcome::Conflict
        );
        proxy.script("UpdateItem", refused("TransactionConflictException"));
        assert_eq!(
            outcome(&store, &of_slot(starting("lib", 0))).await,
            CommitOutcome::Done
        );
        assert!(proxy.is_script_over());
    });
}

#[test]
fn reasons_of_a_cancelled_transaction_are_told_apart() {
    const NONE: &str = "None";
    const FAILED: &str = "ConditionalCheckFailed";
    const CONFLICT: &str = "TransactionConflict";
    let table = fresh_table();
    run(async {
        let (proxy, store, _) = behind(table).await;
        for (codes, expected) in [
            ([NONE, FAILED, NONE, NONE], CommitOutcome::BudgetFull),
            ([FAILED, FAILED, NONE, NONE], CommitOutcome::Conflict),
            ([FAILED, CONFLICT, NONE, NONE], CommitOutcome::Conflict),
        ] {
            proxy.script("TransactWriteItems", canceled(codes));
            assert_eq!(
                outcome(&store, &start("web", 2)).await,
                expected,
                "{codes:?}"
            );
        }
        proxy.script(
            "TransactWriteItems",
            canceled([NONE, NONE, "ValidationError", NONE]),
        );
        let error = store.commit(&start("web", 2)).await.unwrap_err();
        assert!(
            matches!(&error, StoreError::Permanent(text) if text.contains("`producers` / `web`: ValidationError: because")),
            "{error}"
        );
    });
}

#[test]
fn throttling_is_transient() {
    let table = fresh_table();
    run(async {
        let (proxy, store, _) = behind(table).await;
        for _ in 0..5 {
            proxy.script(
                "TransactWriteItems",
                canceled(["None", "ThrottlingError", "None", "None"]),
            );
        }
        for operation in ["UpdateItem", "GetItem", "BatchGetItem", "Query"] {
            proxy.script(operation, refused("ProvisionedThroughputExceededException"));
        }
        let errors = [
            store.commit(&start("web", 2)).await.unwrap_err(),
            store
                .commit(&of_slot(starting("web", 0)))
                .await
                .unwrap_err(),
            store.load_controls().await.unwrap_err(),
            store.load_applications(&[id("web")]).await.unwrap_err(),
            store.load_active_producers().await.unwrap_err(),
        ];
        for error in errors {
            assert!(matches!(error, StoreError::Transient(_)), "{error:?}");
        }
        assert!(proxy.is_script_over());
    });
}

#[test]
fn keys_that_stay_unprocessed_are_asked_for_again() {
    let table = fresh_table();
    run(async {
        let name = table.1.clone();
        let (proxy, store, direct) = behind(table).await;
        direct
            .record_registration(&registration(application("web"), Vec::new()))
            .await
            .unwrap();
        let unprocessed = format!(
            r#"{{"Responses":{{"{name}":[]}},"UnprocessedKeys":{{"{name}":{{"ConsistentRead":true,"Keys":[{{"pk":{{"S":"app#web"}},"sk":{{"S":"state"}}}}]}}}}}}"#
        );
        proxy.script("BatchGetItem", Fate::Answer(200, unprocessed));
        let states = store.load_applications(&[id("web")]).await.unwrap();
        assert_eq!(states.len(), 1);
        assert!(proxy.is_script_over());
    });
}

#[test]
fn a_table_that_was_restored_is_told_until_it_was_compared() {
    let (client, name) = fresh_table();
    run(async {
        let own = DynamoStore::new(client.clone(), name.clone(), RETENTION_DAYS);
        assert!(!own.is_restored().await.unwrap());
        assert!(
            !DynamoStore::new(client.clone(), name.clone(), RETENTION_DAYS)
                .is_restored()
                .await
                .unwrap()
        );
        // As a backup of another table has it.
        let text = |text: &str| AttributeValue::S(text.to_owned());
        client
            .put_item()
            .table_name(&name)
            .item("pk", text("table"))
            .item("sk", text("identity"))
            .item("table_id", text("the-other-one"))
            .send()
            .await
            .unwrap();
        let restored = DynamoStore::new(client, name, RETENTION_DAYS);
        assert!(restored.is_restored().await.unwrap());
        assert!(restored.is_restored().await.unwrap());
        restored.record_compared().await.unwrap();
        assert!(!restored.is_restored().await.unwrap());
    });
}

#[test]
fn history_that_has_expired_is_not_read() {
    let (client, name) = fresh_table();
    run(async {
        let store = DynamoStore::new(client.clone(), name.clone(), 0);
        let commit = Commit {
            history: vec![note("web", 0, "long ago")],
            ..Commit::default()
        };
        assert_eq!(outcome(&store, &commit).await, CommitOutcome::Done);
        let web = HistoryOf::Application(id("web"));
        assert_eq!(store.load_history(&web, 10).await.unwrap(), []);
        let kept = DynamoStore::new(client, name, RETENTION_DAYS);
        assert_eq!(outcome(&kept, &commit).await, CommitOutcome::Done);
        assert_eq!(store.load_history(&web, 10).await.unwrap(), commit.history);
    });
}
