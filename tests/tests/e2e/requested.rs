//! Pipelines of accounts that let no role in: an event asks, a rule starts, and what became of it is known from what is forwarded.
//!
//! The emulator refuses events on a bus of another account: the simulated services, which are the functions' EventBridge, take them.

use downriver_testkit::simulated_aws::{
    Call, ExecutionShown, Fault, FaultKind, NewPipeline, NewScripts, Operation, Refusal, Script,
};
use serde_json::{Value, json};

use crate::harness::{App, PIPELINE_STAGE_MS, Publish, Stack, eventually, stack, stays};

/// Those of the local stack.
const TAKING: &str = "666666666666";
const REFUSING: &str = "777777777777";
const REGION: &str = "eu-north-1";
const BUDGET: u32 = 50;
/// It does not exist, until its test makes it.
const LATE_PIPELINE: &str = "requested-late";

pub(crate) fn apps() -> Vec<App> {
    let app = |name: &str, account: &str| {
        App::new(&format!("requested-{name}")).in_account(account, REGION)
    };
    vec![
        app("web", TAKING).uses("requested/tokens", "^1.0.0", "1.0.0"),
        app("locked", TAKING)
            .uses_locked("requested/locked", "^1.0.0", "1.0.0")
            .with("variables = true"),
        app("failing", TAKING).uses("requested/failing", "^1.0.0", "1.0.0"),
        app("unheard", TAKING)
            .uses("requested/unheard", "^1.0.0", "1.0.0")
            .with(&format!("pipeline = \"{LATE_PIPELINE}\"")),
        app("denied", REFUSING).uses("requested/denied", "^1.0.0", "1.0.0"),
    ]
}

pub(crate) fn targets() -> String {
    let tables = [TAKING, REFUSING].map(|account| {
        format!("[targets.\"{account}/{REGION}\"]\nstart = \"event\"\nbudget = {BUDGET}\n\n")
    });
    tables.concat()
}

fn bus(account: &str) -> String {
    format!("arn:aws:events:{REGION}:{account}:event-bus/downriver-requests")
}

/// What was asked for of an application's pipeline, on whichever bus.
fn requests(stack: &Stack, application: &str) -> Vec<Value> {
    let calls = stack.simulated.calls().into_iter();
    let calls = calls.filter(|call| call.operation == Operation::PutEvents);
    let entries = calls.filter_map(|call| call.input["Entries"].as_array().cloned());
    let mut entries: Vec<Value> = entries.flatten().collect();
    entries.retain(|entry| {
        let detail = entry["Detail"].as_str().unwrap_or_default();
        let detail: Value = serde_json::from_str(detail).expect("a detail is JSON");
        detail["pipeline"] == application
    });
    entries
}

/// Nobody came into the account, nor tried to, nor asked for the pipeline elsewhere.
fn nobody_was_let_in(stack: &Stack, application: &str, account: &str) {
    let role = format!("arn:aws:iam::{account}:");
    let is_of_it = |call: &Call| {
        let is_of_role =
            { call.input["RoleArn"].as_str() }.is_some_and(|arn| arn.starts_with(&role));
        is_of_role || call.account == account || call.pipeline.as_deref() == Some(application)
    };
    let mut calls = stack.simulated.calls();
    calls.retain(is_of_it);
    assert!(calls.is_empty(), "{calls:#?}");
}

/// The one execution of a pipeline, which this rule of its account started.
fn was_started_by(stack: &Stack, application: &str, account: &str, rule: &str) -> ExecutionShown {
    let executions = stack.executions(application);
    let [execution] = &executions[..] else {
        panic!("{executions:#?}");
    };
    assert_eq!(
        (execution.account.as_str(), execution.region.as_str()),
        (account, REGION)
    );
    assert_eq!(execution.trigger_type, "CloudWatchEvent");
    let rule =
        format!("arn:aws:events:{REGION}:{account}:rule/downriver-requests/{rule}-{application}");
    assert_eq!(execution.trigger_detail, rule);
    execution.clone()
}

#[test]
fn an_account_that_lets_no_role_in_is_asked_by_an_event_and_the_outcome_comes_back() {
    let Some(stack) = stack() else { return };
    let _turn = stack.shared();
    let application = "requested-web";
    assert_eq!(stack.event_started(), [TAKING, REFUSING]);
    Publish::new("requested/tokens", "1.1.0").put(stack);
    // Its source is not read, and nothing was uploaded.
    let why = stack.comes_out_as(application, 1, "Unproven");
    let unread = format!("{TAKING}/{REGION} is started by events, so no role reads its source");
    assert!(why.contains(&unread), "{why}");
    stack.comes_to(application, "idle");
    assert_eq!(stack.end_of(application), "Succeeded");
    let execution = was_started_by(stack, application, TAKING, "Plain");
    let asked = requests(stack, application);
    assert_eq!(asked.len(), 1, "{asked:#?}");
    assert_eq!(asked[0]["EventBusName"], bus(TAKING));
    let told = stack.told(application);
    for part in [
        format!("is asked for on event bus downriver-requests in {TAKING}/{REGION}"),
        format!(
            "execution {} started for rebuild {application}.1",
            execution.id
        ),
    ] {
        assert!(told.contains(&part), "{part} is not in: {told}");
    }
    nobody_was_let_in(stack, application, TAKING);
}

#[test]
fn a_locked_dependency_is_refreshed_by_variables_of_the_event() {
    let Some(stack) = stack() else { return };
    let _turn = stack.shared();
    let application = "requested-locked";
    Publish::new("requested/locked", "1.2.0").put(stack);
    eventually(90, "the end", || {
        (stack.end_of(application) == "Succeeded").then_some(())
    });
    let execution = was_started_by(stack, application, TAKING, "Variables");
    let rebuild = ("DOWNRIVER_REBUILD".to_owned(), format!("{application}.1"));
    assert!(execution.variables.contains(&rebuild), "{execution:#?}");
}

#[test]
fn a_failure_comes_back_and_is_not_tried_again() {
    let Some(stack) = stack() else { return };
    let _turn = stack.shared();
    let application = "requested-failing";
    stack.simulated.set_scripts(&NewScripts {
        account: TAKING.to_owned(),
        region: REGION.to_owned(),
        pipeline: Some(application.to_owned()),
        script: None,
        next: vec![Script::fail(PIPELINE_STAGE_MS, "Source")],
    });
    Publish::new("requested/failing", "1.1.0").put(stack);
    eventually(90, "the failure", || {
        (stack.end_of(application) == "Failed").then_some(())
    });
    stays(2, "one request", || requests(stack, application).len() == 1);
    was_started_by(stack, application, TAKING, "Plain");
    nobody_was_let_in(stack, application, TAKING);
}

#[test]
fn a_bus_that_refuses_needs_a_person_and_says_what_to_deploy_there() {
    let Some(stack) = stack() else { return };
    let _turn = stack.shared();
    let application = "requested-denied";
    stack.simulated.add_fault(&Fault {
        operation: Operation::PutEvents,
        of: Some(application.to_owned()),
        fault: FaultKind::Refuse(Refusal::Denied),
        times: 1,
        after: 0,
    });
    Publish::new("requested/denied", "1.1.0").put(stack);
    stack.comes_to(application, "stuck");
    let told = stack.told(application);
    for part in [
        format!(
            "add account {REFUSING} to the deployment's parameter EventStartedAccounts, and deploy infra/requests in account {REFUSING}"
        ),
        format!("run `downriver retry {application}`"),
    ] {
        assert!(told.contains(&part), "{part} is not in: {told}");
    }
    stays(1, "nothing starts", || {
        stack.executions(application).is_empty()
    });
    stack.order(&["retry", application]);
    stack.comes_to(application, "idle");
    assert_eq!(stack.end_of(application), "Succeeded");
    was_started_by(stack, application, REFUSING, "Plain");
    assert_eq!(requests(stack, application).len(), 2);
    nobody_was_let_in(stack, application, REFUSING);
}

/// As if the wait for an answer were over: the record says so, and a timer comes.
fn let_the_deadline_pass(stack: &Stack, application: &str) {
    let mut item = stack.item(application);
    let body = item["slot_body"]["S"].as_str().expect("a body");
    let mut body: Value = serde_json::from_str(body).expect("a body is JSON");
    let starting = &mut body["state"]["starting"];
    assert!(starting["deadline"].is_u64(), "{starting}");
    starting["deadline"] = json!(0);
    item["slot_body"]["S"] = json!(body.to_string());
    stack.aws.put_item(stack.output("TableName"), &item);
    let revision = item["slot_revision"]["N"].as_str();
    let revision: u64 = { revision.expect("a revision").parse() }.expect("a number");
    let timer = json!({
        "v": "1", "kind": "timer", "application": application, "slot_revision": revision,
        "at": "2026-01-01T00:00:00Z",
    });
    let due = stack.output("DueQueueUrl");
    stack.aws.send(due, &timer.to_string());
}

#[test]
fn a_request_that_nothing_answers_needs_a_person_and_is_not_made_again_by_itself() {
    let Some(stack) = stack() else { return };
    let _turn = stack.shared();
    let application = "requested-unheard";
    Publish::new("requested/unheard", "1.1.0").put(stack);
    eventually(90, "the request", || {
        let told = stack.told(application);
        told.contains("the event of its execution is awaited")
            .then_some(())
    });
    assert_eq!(stack.status(application)["state"], "starting");
    let_the_deadline_pass(stack, application);
    stack.comes_to(application, "stuck");
    let told = stack.told(application);
    for part in [
        format!("no event told that attempt {application}.1.1 started"),
        format!("look in {TAKING}/{REGION} whether pipeline {LATE_PIPELINE} runs"),
        format!("run `downriver retry {application}`"),
    ] {
        assert!(told.contains(&part), "{part} is not in: {told}");
    }
    assert_eq!(requests(stack, LATE_PIPELINE).len(), 1);
    // Somebody makes the pipeline, with its rule.
    let late = NewPipeline {
        script: Script::succeed(PIPELINE_STAGE_MS),
        ..NewPipeline::named(LATE_PIPELINE)
    };
    stack.simulated.create_pipelines(TAKING, REGION, vec![late]);
    stack.order(&["retry", application]);
    stack.comes_to(application, "idle");
    assert_eq!(stack.end_of(application), "Succeeded");
    was_started_by(stack, LATE_PIPELINE, TAKING, "Plain");
    assert_eq!(requests(stack, LATE_PIPELINE).len(), 2);
    nobody_was_let_in(stack, LATE_PIPELINE, TAKING);
}
