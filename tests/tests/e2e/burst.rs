//! Many events at once, and the same event many times.

use serde_json::Value;

use crate::harness::{App, Publish, purl, stack, stays};

const APPLICATIONS: usize = 20;
const VERSIONS: usize = 10;
/// Writes of a slot for a whole rebuild: a batch of SQS may cut the burst of a package in a few pieces, and then it goes through
/// pending, starting, running and idle. Far fewer than one for each event.
const SLOT_WRITES_MAX: u64 = 9;

pub(crate) fn apps() -> Vec<App> {
    let mut apps: Vec<App> = (0..APPLICATIONS)
        .map(|number| {
            App::new(&format!("burst-{number}"))
                .uses(&package(number), "^1.0.0", "1.0.0")
                .with("quiet_period = \"4s\"")
                .with("max_wait = \"1m\"")
        })
        .collect();
    apps.push(App::new("again-web").uses("again/ui", "^1.0.0", "1.0.0"));
    apps.push(App::new("replay-web").uses("replay/ui", "^1.0.0", "1.0.0"));
    apps
}

fn package(number: usize) -> String {
    format!("burst/part-{number}")
}

#[test]
fn two_hundred_events_start_one_execution_for_each_application() {
    let Some(stack) = stack() else { return };
    let _turn = stack.shared();
    let mut entries = Vec::new();
    for number in 0..APPLICATIONS {
        for version in 1..=VERSIONS {
            let publish = Publish::new(&package(number), &format!("1.{version}.0"));
            entries.push(publish.entry(stack));
        }
    }
    assert_eq!(entries.len(), 200);
    stack.aws.put_events(&entries);
    for number in 0..APPLICATIONS {
        let application = format!("burst-{number}");
        stack.rebuilt(&application, 1);
        stack.comes_to(&application, "idle");
    }
    stays(1, "one execution of each", || {
        let of = |number| stack.executions(&format!("burst-{number}")).len();
        (0..APPLICATIONS).all(|number| of(number) == 1)
    });
    for number in 0..APPLICATIONS {
        let item = stack.item(&format!("burst-{number}"));
        let writes = item["slot_revision"]["N"].as_str();
        let writes: u64 = writes.and_then(|text| text.parse().ok()).expect("a number");
        assert!(
            writes <= SLOT_WRITES_MAX,
            "burst-{number}: {writes} writes of its slot"
        );
    }
    let rebuild = last_rebuild(&stack.history("burst-0"));
    let newest = format!("{}@1.{VERSIONS}.0", purl(&package(0)));
    assert_eq!(rebuild["changes"], serde_json::json!([newest]));
}

#[test]
fn redelivered_and_reordered_events_start_one_execution() {
    let Some(stack) = stack() else { return };
    let _turn = stack.shared();
    let newer = Publish::new("again/ui", "1.2.0");
    // Sent later and numbered later, but older.
    let older = Publish::new("again/ui", "1.1.0");
    for _ in 0..3 {
        newer.put(stack);
        older.put(stack);
        for publish in [&newer, &older] {
            let body = publish.body(stack);
            stack.aws.send(stack.output("ChangesQueueUrl"), &body);
        }
    }
    let rebuilds = stack.rebuilt("again-web", 1);
    let told = vec![("again/ui", "1.2.0")];
    stack.comes_to("again-web", "idle");
    stack.report_built("again-web", &rebuilds[0].id, &told);
    older.put(stack);
    newer.put(stack);
    stays(3, "one execution", || {
        stack.executions("again-web").len() == 1
    });
    let rebuild = last_rebuild(&stack.history("again-web"));
    let newest = format!("{}@1.2.0", purl("again/ui"));
    assert_eq!(rebuild["changes"], serde_json::json!([newest]));
}

#[test]
fn a_replay_of_what_was_built_starts_nothing() {
    let Some(stack) = stack() else { return };
    let _turn = stack.shared();
    let publish = Publish::new("replay/ui", "1.1.0");
    publish.put(stack);
    let rebuilds = stack.rebuilt("replay-web", 1);
    stack.comes_to("replay-web", "idle");
    let replay = publish.clone().replayed().body(stack);
    let changes = stack.output("ChangesQueueUrl");
    stack.aws.send(changes, &replay);
    stays(2, "one execution, after a success", || {
        stack.executions("replay-web").len() == 1
    });
    stack.report_built("replay-web", &rebuilds[0].id, &[("replay/ui", "1.1.0")]);
    crate::harness::eventually(30, "the proof", || {
        let outcomes = stack.outcomes("replay-web");
        outcomes
            .iter()
            .any(|outcome| outcome == "Delivered")
            .then_some(())
    });
    stack.aws.send(changes, &replay);
    stays(2, "one execution, after the proof", || {
        stack.executions("replay-web").len() == 1
    });
    assert_eq!(stack.status("replay-web")["state"], "idle");
    let explained = stack.ask(&[
        "explain",
        "replay-web",
        &format!("{}@1.1.0", purl("replay/ui")),
    ]);
    assert_eq!(explained["verdict"]["verdict"], "Unaffected", "{explained}");
    assert_eq!(
        explained["verdict"]["assumed"], false,
        "it was read: {explained}"
    );
}

fn last_rebuild(history: &[Value]) -> Value {
    let mut rebuilds = history.iter().filter(|entry| entry["rebuild"].is_object());
    rebuilds.next_back().expect("a rebuild")["rebuild"].clone()
}
