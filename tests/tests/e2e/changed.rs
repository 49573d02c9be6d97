//! The deployment itself is changed: its settings, its emulator of CodePipeline, its table.

use std::collections::BTreeMap;

use downriver_testkit::simulated_aws::NewPipeline;
use downriver_testkit::simulated_aws::client::Client;
use serde_json::{Value, json};

use crate::harness::{App, Publish, Stack, eventually, stack, stays};

const FUNCTIONS: [&str; 5] = [
    "ResolveFunction",
    "StartFunction",
    "TrackFunction",
    "IndexFunction",
    "SweepFunction",
];

pub(crate) fn apps() -> Vec<App> {
    vec![
        App::new("trial-web").uses("trial/ui", "^1.0.0", "1.0.0"),
        App::new("moto-web").uses("moto/ui", "^1.0.0", "1.0.0"),
        App::new("restored-web").uses("restored/ui", "^1.0.0", "1.0.0"),
        App::new("restored-later").uses("restored/later", "^1.0.0", "1.0.0"),
    ]
}

#[test]
fn a_deployment_in_shadow_decides_and_starts_nothing() {
    let Some(stack) = stack() else { return };
    let _turn = stack.to_change();
    let shadow = [("SHADOW_MODE", "true")];
    let changed = FUNCTIONS.map(|function| stack.reconfigure(function, &shadow));
    Publish::new("trial/ui", "1.1.0").put(stack);
    eventually(60, "the decision", || {
        let outcomes = stack.outcomes("trial-web");
        outcomes
            .iter()
            .any(|outcome| outcome == "WouldStart")
            .then_some(())
    });
    stays(1, "nothing starts", || {
        stack.executions("trial-web").is_empty()
    });
    drop(changed);
    // What comes after is started.
    Publish::new("trial/ui", "1.2.0").put(stack);
    assert_eq!(stack.rebuilt("trial-web", 1).len(), 1);
}

#[test]
fn another_emulator_of_codepipeline_will_do() {
    let Some(stack) = stack() else { return };
    let _turn = stack.to_change();
    let application = "moto-web";
    let moto = Client::new(&stack.moto, &stack.account, &stack.region);
    // Of an earlier run on the same stack, if there is one.
    let gone = moto.codepipeline("DeletePipeline", &json!({"name": application}));
    gone.expect("moto deletes what is not there, too");
    let mut declaration = NewPipeline::named(application).declaration(&stack.account);
    declaration["roleArn"] = json!(moto_role(stack));
    moto.codepipeline("CreatePipeline", &json!({"pipeline": declaration}))
        .expect("moto makes a pipeline");
    let endpoints = [
        ("AWS_ENDPOINT_URL_CODEPIPELINE", stack.moto.as_str()),
        ("AWS_ENDPOINT_URL_STS", stack.moto.as_str()),
    ];
    let changed = ["StartFunction", "TrackFunction", "SweepFunction"]
        .map(|function| stack.reconfigure(function, &endpoints));
    Publish::new("moto/ui", "1.1.0").put(stack);
    let input = json!({"pipelineName": application});
    let listed = || {
        let answer = moto.codepipeline("ListPipelineExecutions", &input);
        let answer = answer.expect("moto lists executions");
        let summaries = answer["pipelineExecutionSummaries"].as_array();
        summaries.cloned().unwrap_or_default()
    };
    let execution = eventually(60, "moto's execution", || {
        let id = listed().first()?["pipelineExecutionId"].clone();
        id.as_str().map(str::to_owned)
    });
    eventually(60, "that it is recorded", || {
        let started = format!("execution {execution} started");
        stack.told(application).contains(&started).then_some(())
    });
    // moto sends no events, and writes times in a way that AWS's clients refuse.
    stack.aws.send(
        stack.output("RunsQueueUrl"),
        &succeeded(stack, application, &execution),
    );
    stack.comes_to(application, "idle");
    assert_eq!(stack.end_of(application), "Succeeded");
    stays(1, "one execution", || listed().len() == 1);
    drop(changed);
}

/// The event that CodePipeline sends of an execution that ended well.
fn succeeded(stack: &Stack, pipeline: &str, execution: &str) -> String {
    let (account, region) = (&stack.account, &stack.region);
    let event = json!({
        "version": "0",
        "id": "e2e-moto",
        "detail-type": "CodePipeline Pipeline Execution State Change",
        "source": "aws.codepipeline",
        "account": account,
        "time": format!("{:.0}", jiff::Timestamp::now()),
        "region": region,
        "resources": [format!("arn:aws:codepipeline:{region}:{account}:{pipeline}")],
        "detail": {
            "pipeline": pipeline, "execution-id": execution, "state": "SUCCEEDED", "version": 1.0,
            "pipeline-execution-attempt": 1.0,
        },
    });
    event.to_string()
}

/// A role that moto finds, which it looks for.
fn moto_role(stack: &Stack) -> String {
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "codepipeline.amazonaws.com"},
        }],
    });
    let moto = stack.aws.at(&stack.moto);
    moto.query(
        "iam",
        &[
            ("Action", "CreateRole"),
            ("Version", "2010-05-08"),
            ("RoleName", "e2e-pipeline"),
            ("AssumeRolePolicyDocument", &trust.to_string()),
        ],
    );
    format!("arn:aws:iam::{}:role/e2e-pipeline", stack.account)
}

#[test]
fn a_restored_backup_starts_nothing_that_ran_since() {
    let Some(stack) = stack() else { return };
    let _turn = stack.to_change();
    let table = stack.output("TableName");
    let before = snapshot(stack);
    let publish = Publish::new("restored/ui", "1.1.0");
    publish.put(stack);
    stack.rebuilt("restored-web", 1);
    stack.comes_to("restored-web", "idle");
    // Nothing is on its way that would write into the table while it is put back.
    let off = [
        "ResolveFunction",
        "StartFunction",
        "TrackFunction",
        "IndexFunction",
    ]
    .map(|function| stack.switch_off(function));
    restore(stack, table, before);
    // New processes, as after the deployment was given the restored table.
    let changed = FUNCTIONS.map(|function| stack.reconfigure(function, &[("LOG_LEVEL", "debug")]));
    drop(off);
    publish.put(stack);
    Publish::new("restored/later", "1.1.0").put(stack);
    for application in ["restored-web", "restored-later"] {
        eventually(60, "the gate", || {
            let status = stack.status(application);
            let gate = &status["waits"][0]["gate"];
            let is_compared = |gate: &str| gate.contains("not yet compared");
            gate.as_str().is_some_and(is_compared).then_some(())
        });
    }
    stays(2, "nothing starts before it was compared", || {
        stack.rebuilds("restored-web").len() == 1 && stack.executions("restored-later").is_empty()
    });
    let report = stack.sweep();
    assert_eq!(report["restored"]["is_complete"], true, "{report}");
    // Its own next look is minutes away; a newer version brings it forward.
    Publish::new("restored/later", "1.2.0").put(stack);
    let later = stack.rebuilt("restored-later", 1);
    assert_eq!(later.len(), 1, "what did not run, does");
    stack.comes_to("restored-web", "idle");
    stays(2, "what ran is not started again", || {
        stack.executions("restored-web").len() == 1
    });
    drop(changed);
}

type Items = BTreeMap<(String, String), Value>;

fn snapshot(stack: &Stack) -> Items {
    let items = stack.aws.scan(stack.output("TableName"));
    let text = |value: &Value| value["S"].as_str().unwrap_or_default().to_owned();
    let keyed = items
        .into_iter()
        .map(|item| ((text(&item["pk"]), text(&item["sk"])), item));
    keyed.collect()
}

/// Puts a table back as it was, as the copy of another one.
fn restore(stack: &Stack, table: &str, mut before: Items) {
    let identity = before
        .get_mut(&("table".to_owned(), "identity".to_owned()))
        .expect("the table knows itself");
    identity["table_id"] = json!({"S": "the-table-that-was-backed-up"});
    let now = snapshot(stack);
    let mut requests = Vec::new();
    for (key, item) in &now {
        if !before.contains_key(key) {
            let key = json!({"pk": item["pk"], "sk": item["sk"]});
            requests.push(json!({"DeleteRequest": {"Key": key}}));
        }
    }
    for (key, item) in &before {
        if now.get(key) != Some(item) {
            requests.push(json!({"PutRequest": {"Item": item}}));
        }
    }
    stack.aws.write_all(table, &requests);
}
