//! What each access costs: requests, and in brackets the units that DynamoDB charges for writes.

use downriver_aws::store::DynamoStore;
use downriver_domain::slot::{ActiveProducer, PauseScope, Slot, WaitOn, WaitingFor};
use downriver_domain::{Built, Dependency, Rollout};
use downriver_engine::ports::{
    BudgetWrite, BuiltWrite, Commit, CommitOutcome, HistoryOf, MarkerWrite, Store,
};
use downriver_testkit::builders::{
    application, at, dependency, id, inventory, note, package, package_version, pending, pipeline,
    producer, registration, running, starting, target, topology,
};

use super::proxy::Proxy;
use super::{RETENTION_DAYS, fresh_table, run};

struct Costs {
    proxy: Proxy,
    store: DynamoStore,
    lines: Vec<String>,
}

impl Costs {
    async fn over((_, table): (aws_sdk_dynamodb::Client, String)) -> Self {
        let proxy = Proxy::start().await;
        let store = DynamoStore::new(proxy.client(), table, RETENTION_DAYS);
        Self {
            proxy,
            store,
            lines: Vec::new(),
        }
    }

    /// Notes what was asked for since the last call.
    fn note(&mut self, access: &str) {
        self.lines
            .push(format!("{access}: {}", self.proxy.take_seen()));
    }

    async fn register(&mut self, name: &str, dependencies: Vec<Dependency>, access: &str) {
        let wanted = registration(application(name), dependencies);
        self.store.record_registration(&wanted).await.unwrap();
        self.note(access);
    }

    async fn commit(&mut self, commit: Commit, access: &str) {
        assert_eq!(
            self.store.commit(&commit).await.unwrap(),
            CommitOutcome::Done,
            "{access}"
        );
        self.note(access);
    }

    fn assert_are(&self, expected: &[&str]) {
        assert_eq!(self.lines, expected, "\n{:#?}", self.lines);
    }
}

fn on(count: usize, requirement: &str) -> Vec<Dependency> {
    (0..count)
        .map(|number| dependency(&format!("pkg:npm/p{number}"), requirement))
        .collect()
}

#[test]
fn registering_costs_a_transaction_or_two_writes_for_each_package() {
    let table = fresh_table();
    run(async {
        let mut costs = Costs::over(table).await;
        costs
            .register("web", on(20, "^1"), "20 packages for the first time")
            .await;
        costs.register("web", on(20, "^1"), "again").await;
        let mut changed = on(20, "^1");
        changed[3].requirement = "^2".to_owned();
        costs.register("web", changed, "one of them changed").await;
        costs
            .register("large", on(200, "^1"), "200 packages for the first time")
            .await;
        costs.store.remove_registration(&id("web")).await.unwrap();
        costs.note("20 packages removed");
        costs.store.list_applications(None, 100).await.unwrap();
        costs.note("list of applications");
        costs
            .store
            .find_application_by_pipeline(&pipeline("large"))
            .await
            .unwrap();
        costs.note("application of a pipeline");
        costs.store.load_dependencies(&id("large")).await.unwrap();
        costs.note("200 dependencies");
        let two = ["pkg:npm/p1", "pkg:npm/p2"].map(package).into();
        costs.store.load_edges(&id("large"), &two).await.unwrap();
        costs.note("edges to 2 packages");
        let many = (0..60)
            .map(|number| package(&format!("pkg:npm/p{number}")))
            .collect();
        costs.store.load_edges(&id("large"), &many).await.unwrap();
        costs.note("edges to 60 packages");
        costs.assert_are(&[
            "20 packages for the first time: 1 BatchGetItem, 1 TransactWriteItems (48)",
            "again: 2 BatchGetItem",
            "one of them changed: 2 BatchGetItem, 1 TransactWriteItems (4)",
            "200 packages for the first time: 1 BatchGetItem, 2 PutItem (3), 1 TransactWriteItems (10), 400 UpdateItem (400)",
            "20 packages removed: 2 BatchGetItem, 1 TransactWriteItems (48)",
            "list of applications: 1 Query",
            "application of a pipeline: 1 Query",
            "200 dependencies: 2 BatchGetItem, 1 GetItem",
            "edges to 2 packages: 1 BatchGetItem",
            "edges to 60 packages: 1 BatchGetItem, 1 GetItem",
        ]);
    });
}

#[test]
fn a_page_of_dependents_is_one_query() {
    let table = fresh_table();
    run(async {
        let mut costs = Costs::over(table).await;
        for number in 0..60 {
            costs
                .register(&format!("app{number}"), on(1, "^1"), "")
                .await;
        }
        costs.lines.clear();
        let page = costs
            .store
            .load_dependents(&package("pkg:npm/p0"), None, 50)
            .await
            .unwrap();
        costs.note("50 of 60 dependents");
        costs
            .store
            .load_dependents(&package("pkg:npm/p0"), page.next.as_ref(), 50)
            .await
            .unwrap();
        costs.note("the rest");
        costs
            .store
            .count_dependents(&package("pkg:npm/p0"))
            .await
            .unwrap();
        costs.note("count of 60 dependents");
        let ids: Vec<_> = (0..50).map(|number| id(&format!("app{number}"))).collect();
        costs.store.load_applications(&ids).await.unwrap();
        costs.note("50 applications with their slots");
        costs.assert_are(&[
            "50 of 60 dependents: 1 Query",
            "the rest: 1 Query",
            "count of 60 dependents: 1 Query",
            "50 applications with their slots: 1 BatchGetItem",
        ]);
    });
}

fn success(slot: Option<Slot>) -> Commit {
    let built = (0..3).map(|number| BuiltWrite {
        application: id("web"),
        package: package(&format!("pkg:npm/p{number}")),
        instance: 0,
        built: Built::Assumed("1.1.0".to_owned()),
        built_as_of: at(3),
        built_revision: None,
    });
    Commit {
        slot,
        marker: Some(MarkerWrite::Remove(id("web"))),
        budget: Some(BudgetWrite::Return {
            target: target("eu-west-1"),
            rebuild: id("web.1"),
        }),
        built: built.collect(),
        history: vec![note("web", 3, "succeeded")],
        ..Commit::default()
    }
}

#[test]
fn a_decision_is_one_write() {
    let table = fresh_table();
    run(async {
        let mut costs = Costs::over(table).await;
        costs.register("web", on(3, "^1"), "").await;
        costs.lines.clear();
        let slot = |revision, slot| Some(Slot { revision, ..slot });
        let alone = Commit {
            slot: slot(1, pending("web", 0, Vec::new())),
            ..Commit::default()
        };
        costs.commit(alone, "a slot").await;
        let requested = Commit {
            slot: slot(2, pending("web", 0, Vec::new())),
            history: vec![note("web", 0, "requested")],
            ..Commit::default()
        };
        costs
            .commit(requested, "a slot with a line of history")
            .await;
        let rebuild = || id("web.1");
        let start = Commit {
            slot: slot(3, starting("web", 0)),
            marker: Some(MarkerWrite::Put(ActiveProducer {
                application: id("web"),
                rebuild: rebuild(),
                since: at(0),
                active_from: None,
            })),
            budget: Some(BudgetWrite::Take {
                target: target("eu-west-1"),
                rebuild: rebuild(),
                executions_in_flight_max: 20,
            }),
            history: vec![note("web", 1, "starting")],
            ..Commit::default()
        };
        costs
            .commit(start, "a producer's start: slot, marker, budget, history")
            .await;
        let started = Commit {
            slot: slot(4, running("web", 0)),
            history: vec![note("web", 2, "started")],
            ..Commit::default()
        };
        costs.commit(started, "its answer: slot, history").await;
        let success = success(slot(5, Slot::new(id("web"))));
        costs
            .commit(
                success,
                "a success: slot, marker, budget, 3 built versions, history",
            )
            .await;
        costs.assert_are(&[
            "a slot: 1 UpdateItem (2)",
            "a slot with a line of history: 1 TransactWriteItems (4)",
            "a producer's start: slot, marker, budget, history: 1 TransactWriteItems (10)",
            "its answer: slot, history: 1 TransactWriteItems (6)",
            "a success: slot, marker, budget, 3 built versions, history: 1 BatchGetItem, 1 TransactWriteItems (15)",
        ]);
    });
}

#[test]
fn an_event_reads_and_writes_few_records() {
    let table = fresh_table();
    run(async {
        let mut costs = Costs::over(table).await;
        let tokens = "pkg:npm/tokens";
        costs.store.record_topology(&topology()).await.unwrap();
        costs.note("a topology is written");
        costs.store.load_topology().await.unwrap();
        costs.note("the topology, for the first time");
        costs.store.load_topology().await.unwrap();
        costs.note("the topology");
        costs.store.is_restored().await.unwrap();
        costs.note("is it restored, for the first time in a new table");
        costs.store.is_restored().await.unwrap();
        costs.note("is it restored");
        costs.store.load_inventory(&package(tokens)).await.unwrap();
        costs.note("an inventory");
        let mut seen = note("web", 0, "seen");
        seen.application = None;
        seen.package_version = Some(package_version(tokens, "1.0.0"));
        let sighting = Commit {
            inventory: Some(inventory(tokens, "shared", &["1.0.0"])),
            history: vec![seen.clone()],
            ..Commit::default()
        };
        costs
            .commit(sighting, "an inventory with a line of history")
            .await;
        let verdicts = Commit {
            history: vec![seen],
            ..Commit::default()
        };
        costs.commit(verdicts, "a line of history").await;
        let change = HistoryOf::PackageVersion(package_version(tokens, "1.0.0"));
        costs.store.load_history(&change, 50).await.unwrap();
        costs.note("history");
        costs.assert_are(&[
            "a topology is written: 1 GetItem, 1 PutItem (1)",
            "the topology, for the first time: 1 GetItem",
            "the topology: 1 GetItem",
            "is it restored, for the first time in a new table: 1 DescribeTable, 1 GetItem, 1 PutItem (1)",
            "is it restored: ",
            "an inventory: 1 Query",
            "an inventory with a line of history: 1 TransactWriteItems (4)",
            "a line of history: 1 PutItem (1)",
            "history: 1 Query",
        ]);
    });
}

#[test]
fn gates_and_lists_are_one_read_each() {
    let table = fresh_table();
    run(async {
        let mut costs = Costs::over(table).await;
        let paused = downriver_domain::slot::Wait {
            gate: downriver_domain::slot::Gate::UpriverQuiet,
            since: at(0),
            until: None,
            on: WaitOn::Pause(PauseScope::System),
        };
        let slot = Slot {
            wake_at: Some(at(5)),
            ..pending("web", 0, vec![paused])
        };
        let wanted = registration(producer("lib", &["pkg:npm/lib"]), Vec::new());
        costs.store.record_registration(&wanted).await.unwrap();
        costs.note("");
        costs.lines.clear();
        let waiting = Commit {
            slot: Some(slot),
            ..Commit::default()
        };
        costs.commit(waiting, "a slot in all three indexes").await;
        costs.store.load_controls().await.unwrap();
        costs.note("controls");
        costs.store.load_active_producers().await.unwrap();
        costs.note("active producers");
        costs.store.load_budget(&target("eu-west-1")).await.unwrap();
        costs.note("a budget");
        assert_eq!(costs.store.list_due(at(9), 100).await.unwrap(), [id("web")]);
        costs.note("due slots");
        assert_eq!(costs.store.list_busy(None, 100).await.unwrap(), [id("web")]);
        costs.note("busy slots");
        assert_eq!(
            costs
                .store
                .list_waiting(&WaitingFor::Pause, None, 100)
                .await
                .unwrap()
                .len(),
            1
        );
        costs.note("waiting slots");
        costs.assert_are(&[
            "a slot in all three indexes: 1 UpdateItem (4)",
            "controls: 1 GetItem",
            "active producers: 1 Query",
            "a budget: 1 GetItem",
            "due slots: 4 Query",
            "busy slots: 4 Query",
            "waiting slots: 1 Query",
        ]);
    });
}

#[test]
fn a_step_of_a_rollout_is_one_transaction_and_its_list_two_reads() {
    let table = fresh_table();
    run(async {
        let mut costs = Costs::over(table).await;
        let change = |version: &str| package_version("pkg:npm/tokens", version);
        let step = |version: &str, revision| Rollout {
            revision,
            ..Rollout::new(change(version), 0, at(0))
        };
        let mut told = note("web", 1, "ring 0 passed");
        told.application = None;
        told.package_version = Some(change("1.0.0"));
        let begun = Commit {
            rollout: Some(step("1.0.0", 1)),
            ..Commit::default()
        };
        costs.commit(begun, "a rollout begins").await;
        let passed = Commit {
            rollout: Some(step("1.0.0", 2)),
            history: vec![told],
            ..Commit::default()
        };
        costs
            .commit(passed, "a ring is passed: rollout, history")
            .await;
        let second = Commit {
            rollout: Some(step("1.1.0", 1)),
            ..Commit::default()
        };
        costs.commit(second, "another begins").await;
        let changes: Vec<_> = ["1.0.0", "1.1.0", "9.0.0"].map(change).to_vec();
        assert_eq!(costs.store.load_rollouts(&changes).await.unwrap().len(), 2);
        costs.note("3 rollouts, 2 of which exist");
        assert_eq!(costs.store.load_rollouts(&[]).await.unwrap().len(), 0);
        costs.note("none");
        assert_eq!(costs.store.list_rollouts(None, 100).await.unwrap().len(), 2);
        costs.note("those that are open");
        let over = Commit {
            rollout: Some(Rollout {
                is_over: true,
                ..step("1.0.0", 3)
            }),
            ..Commit::default()
        };
        costs.commit(over, "it is over").await;
        assert_eq!(
            costs.store.list_rollouts(None, 100).await.unwrap(),
            [change("1.1.0")]
        );
        costs.note("the other one");
        costs.assert_are(&[
            "a rollout begins: 1 PutItem (2)",
            "a ring is passed: rollout, history: 1 TransactWriteItems (4)",
            "another begins: 1 PutItem (2)",
            "3 rollouts, 2 of which exist: 1 BatchGetItem",
            "none: ",
            "those that are open: 1 BatchGetItem, 1 Query",
            "it is over: 1 PutItem (2)",
            "the other one: 1 BatchGetItem, 1 Query",
        ]);
    });
}
