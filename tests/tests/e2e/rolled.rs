//! How a change spreads: rings, halts, approvals, windows, freezes, and what a person's own run settles.

use downriver_testkit::simulated_aws::{NewScripts, Operation, OtherStart, Script};
use serde_json::Value;

use crate::harness::{
    App, PIPELINE_STAGE_MS, Publish, Stack, eventually, npm_files, purl, stack, stays,
};

/// Goes first.
const CANARY: &str = "rolled-canary";
/// Who comes after it.
const OTHERS: [&str; 2] = ["rolled-web", "rolled-api"];
/// Uses only what needs an approval.
const FOURTH: &str = "rolled-fourth";

const TABLES: &str =
    "[rollout]\nrings = [{ tags = [\"canary\"] }]\nunlist = true\n\n[limits]\napplications = 3\n\n";

pub(crate) fn apps() -> Vec<App> {
    let user = |name: &str| {
        App::new(name)
            .uses("rolled/ui", "^1.0.0", "1.0.0")
            .uses("rolled/wide", "^1.0.0", "1.0.0")
    };
    // Half a year away from whenever this runs.
    let month = (jiff::Zoned::now().month() + 5) % 12 + 1;
    let window = format!(
        "windows = [{{ schedule = \"0 3 1 {month} *\", timezone = \"Europe/Berlin\", duration = \"1h\" }}]"
    );
    let pushed = App::new("rolled-pushed").uses("rolled/pushed", "^1.0.0", "1.0.0");
    vec![
        user(CANARY).with("tags = [\"canary\"]").with("retries = 0"),
        user(OTHERS[0]),
        user(OTHERS[1]),
        App::new(FOURTH).uses("rolled/wide", "^1.0.0", "1.0.0"),
        App::new("rolled-windowed")
            .uses("rolled/windowed", "^1.0.0", "1.0.0")
            .with(&window),
        App::new("rolled-frozen").uses("rolled/frozen", "^1.0.0", "1.0.0"),
        pushed.built_from("pushed.zip").with(&window),
    ]
}

/// Waits until an application waits at this gate, and gives back what a person reads about it.
fn waits_at(stack: &Stack, application: &str, gate: &str) -> String {
    eventually(90, &format!("{application} at the gate {gate}"), || {
        let status = stack.status(application);
        let waits = status["waits"].as_array().cloned().unwrap_or_default();
        waits.iter().any(|wait| wait["gate"] == gate).then_some(())
    });
    let (code, text, error) = stack.downriver(&["status", application]);
    assert_eq!(code, 0, "{error}");
    // However it is broken into lines.
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn starts_nothing(stack: &Stack, applications: &[&str], so_far: usize) {
    stays(2, "nothing more starts", || {
        let mut all = applications.iter();
        all.all(|application| stack.executions(application).len() == so_far)
    });
}

/// What was told on the bus about a change.
fn notice(stack: &Stack, detail_type: &str, change: &str) -> Value {
    eventually(90, &format!("{detail_type} of {change}"), || {
        let mut notices = stack.all_notices();
        notices.retain(|notice| {
            notice["detail-type"] == detail_type && notice["detail"]["package_version"] == change
        });
        notices.pop()
    })
}

fn fails_next(stack: &Stack, pipeline: &str) {
    stack.simulated.set_scripts(&NewScripts {
        account: stack.account.clone(),
        region: stack.region.clone(),
        pipeline: Some(pipeline.to_owned()),
        script: None,
        next: vec![Script::fail(PIPELINE_STAGE_MS, "Build")],
    });
}

#[test]
fn a_change_goes_ring_by_ring_and_is_halted_where_it_breaks_and_approved_where_it_is_wide() {
    let Some(stack) = stack() else { return };
    let _turn = stack.to_change();
    let _rings = stack.with_tables(TABLES);
    halts_in_the_first_ring(stack);
    takes_over_ring_by_ring(stack);
    goes_far_only_when_approved(stack);
}

fn halts_in_the_first_ring(stack: &Stack) {
    fails_next(stack, CANARY);
    Publish::new("rolled/ui", "1.1.0").put(stack);
    let change = format!("{}@1.1.0", purl("rolled/ui"));
    let notice = notice(stack, "Downriver Change Halted", &change);
    let text = notice["detail"]["text"].as_str().expect("a text");
    for part in [CANARY, "Build", &format!("downriver resume '{change}'")] {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
    let unlisted = eventually(60, "that it is unlisted", || {
        let calls = stack.simulated.calls().into_iter();
        let mut calls =
            calls.filter(|call| call.operation == Operation::UpdatePackageVersionsStatus);
        calls.find(|call| call.input["versions"][0] == "1.1.0")
    });
    assert_eq!(unlisted.input["targetStatus"], "Unlisted", "{unlisted:#?}");
    starts_nothing(stack, &OTHERS, 0);
    let (_, status, _) = stack.downriver(&["status"]);
    assert!(status.contains(&change), "{status}");
}

fn takes_over_ring_by_ring(stack: &Stack) {
    Publish::new("rolled/ui", "1.2.0").put(stack);
    let canary = eventually(90, "the canary's end", || {
        let all = stack.executions(CANARY);
        let last = all.get(1)?.clone();
        (last.status == "Succeeded").then_some(last)
    });
    for application in OTHERS {
        let all = stack.rebuilt(application, 1);
        assert_eq!(all.len(), 1, "1.1.0 never started: {all:#?}");
        assert!(all[0].started_at_ms > canary.started_at_ms, "{all:#?}");
        stack.comes_to(application, "idle");
    }
}

fn goes_far_only_when_approved(stack: &Stack) {
    Publish::new("rolled/wide", "1.1.0").put(stack);
    let change = format!("{}@1.1.0", purl("rolled/wide"));
    let notice = notice(stack, "Downriver Approval Needed", &change);
    let text = notice["detail"]["text"].as_str().expect("a text");
    assert!(text.contains("it reaches 4 applications"), "{text}");
    let status = waits_at(stack, FOURTH, "approved");
    assert!(status.contains("downriver approve"), "{status}");
    starts_nothing(stack, &[FOURTH], 0);
    stack.order(&["approve", &change]);
    assert_eq!(stack.rebuilt(FOURTH, 1).len(), 1);
    stack.comes_to(FOURTH, "idle");
}

#[test]
fn outside_of_its_window_nothing_starts_until_an_operator_opens_it() {
    let Some(stack) = stack() else { return };
    let _turn = stack.shared();
    let application = "rolled-windowed";
    Publish::new("rolled/windowed", "1.1.0").put(stack);
    waits_at(stack, application, "window");
    Publish::new("rolled/windowed", "1.2.0").put(stack);
    starts_nothing(stack, &[application], 0);
    stack.order(&[
        "window",
        "open",
        application,
        "--until",
        "1h",
        "--reason",
        "it is quiet",
    ]);
    let all = stack.rebuilt(application, 1);
    assert_eq!(all.len(), 1, "the newest state, once: {all:#?}");
    let changes = format!("{}@1.2.0", purl("rolled/windowed"));
    assert!(stack.told(application).contains(&changes));
    stack.order(&["window", "close", application]);
}

#[test]
fn in_a_freeze_nothing_starts_and_what_is_frozen_says_why_and_until_when() {
    let Some(stack) = stack() else { return };
    let _turn = stack.shared();
    let application = "rolled-frozen";
    stack.order(&[
        "freeze",
        application,
        "--until",
        "24h",
        "--reason",
        "the year ends",
    ]);
    Publish::new("rolled/frozen", "1.1.0").put(stack);
    let status = waits_at(stack, application, "window");
    assert!(status.contains("the year ends"), "{status}");
    starts_nothing(stack, &[application], 0);
    stack.order(&["thaw", application]);
    assert_eq!(stack.rebuilt(application, 1).len(), 1);
}

#[test]
fn a_push_that_picked_the_change_up_settles_it() {
    let Some(stack) = stack() else { return };
    let _turn = stack.shared();
    let application = "rolled-pushed";
    Publish::new("rolled/pushed", "1.1.0").put(stack);
    waits_at(stack, application, "window");
    stack.put_source(
        "pushed.zip",
        &npm_files("", "rolled/pushed", "^1.0.0", "1.1.0"),
    );
    stack.simulated.start_for_another(&OtherStart {
        account: stack.account.clone(),
        region: stack.region.clone(),
        pipeline: application.to_owned(),
        trigger_type: "Webhook".to_owned(),
        trigger_detail: "arn:aws:codepipeline:eu-west-1:123456789012:webhook:push".to_owned(),
    });
    stack.comes_to(application, "idle");
    stack.order(&[
        "window",
        "open",
        application,
        "--until",
        "1h",
        "--reason",
        "to see",
    ]);
    stays(3, "only the push", || {
        stack.executions(application).len() == 1
    });
    stack.order(&["window", "close", application]);
}
