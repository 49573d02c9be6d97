use serde_json::{Value, json};

use super::play::Play;
use crate::simulated_aws::{ArtifactPlace, EventLevel, NewPipeline, Operation, Script};

fn event(play: &Play, level: EventLevel, state: &str, stage: Option<&str>) -> Value {
    let mut events = play.world.events.emitted();
    let event = events.find(|event| {
        event.level == level
            && event.state == state
            && stage.is_none_or(|stage| event.detail["stage"] == stage)
    });
    event.unwrap().detail.clone()
}

#[test]
fn the_trigger_is_told_when_an_execution_starts_and_never_again() {
    let mut play = Play::of("SUPERSEDED");
    play.start().at(1000);
    let started = event(&play, EventLevel::Pipeline, "STARTED", None);
    assert_eq!(
        started,
        json!({
            "pipeline": "web-shop",
            "execution-id": play.id(1),
            "start-time": "1970-01-01T00:00:00.000Z",
            "state": "STARTED",
            "version": 1.0,
            "pipeline-execution-attempt": 1.0,
            "execution-trigger": {
                "trigger-type": "StartPipelineExecution",
                "trigger-detail": "arn:aws:iam::123456789012:root",
            },
        })
    );
    assert!(started.to_string().contains("\"version\":1.0"), "a float");
    let succeeded = event(&play, EventLevel::Pipeline, "SUCCEEDED", None);
    assert_eq!(succeeded["execution-trigger"], Value::Null);
}

#[test]
fn a_source_action_tells_its_artifact_and_commit() {
    let mut play = Play::of("SUPERSEDED");
    play.next(Script {
        source_revision: Some("0123abcd".to_owned()),
        ..Script::succeed(100)
    });
    play.start().at(1000);
    let told = event(&play, EventLevel::Action, "SUCCEEDED", Some("Source"));
    let id = play.id(1);
    assert_eq!(
        told["output-artifacts"],
        json!([{
            "name": "SourceArtifact",
            "s3location": {
                "bucket": "pipeline-artifacts",
                "key": format!("web-shop/SourceArti/{}", &id[..7]),
            },
        }])
    );
    assert_eq!(
        told["execution-result"],
        json!({"external-execution-id": "0123abcd"})
    );
    assert_eq!(told["type"]["category"], "Source");
    assert_eq!(told["region"], "eu-central-1");
}

#[test]
fn the_failed_action_says_why_in_the_list_of_actions() {
    let mut play = Play::of("SUPERSEDED");
    play.next(Script::fail(100, "Build")).start().at(1000);
    let input = json!({
        "pipelineName": "web-shop",
        "filter": {"pipelineExecutionId": play.id(1)},
    });
    let answer = play
        .try_call(Operation::ListActionExecutions, input)
        .unwrap();
    let details = answer["actionExecutionDetails"].as_array().unwrap();
    let shown: Vec<(&str, &str)> = details
        .iter()
        .map(|detail| {
            let text = |member: &str| detail[member].as_str().unwrap();
            (text("stageName"), text("status"))
        })
        .collect();
    assert_eq!(shown, [("Build", "Failed"), ("Source", "Succeeded")]);
    assert_eq!(
        details[0]["output"]["executionResult"]["errorDetails"],
        json!({"code": "JobFailed", "message": "The build failed"})
    );
    let id = details[0]["output"]["executionResult"]["externalExecutionId"].as_str();
    assert_eq!(
        details[0]["output"]["executionResult"]["externalExecutionUrl"],
        format!("https://console.example/{}", id.unwrap())
    );
    assert!(details[1]["output"]["executionResult"]["externalExecutionUrl"].is_null());
}

#[test]
fn a_failed_action_says_what_its_script_says() {
    let mut play = Play::of("SUPERSEDED");
    let script = Script {
        reason: "exit status 1".to_owned(),
        error_code: "ConfigurationError".to_owned(),
        execution_url: Some("https://logs.example/7".to_owned()),
        ..Script::fail(100, "Build")
    };
    play.next(script).start().at(1_000);
    let input = json!({
        "pipelineName": "web-shop",
        "filter": {"pipelineExecutionId": play.id(1)},
    });
    let answer = play
        .try_call(Operation::ListActionExecutions, input)
        .unwrap();
    let result = &answer["actionExecutionDetails"][0]["output"]["executionResult"];
    assert_eq!(
        result["errorDetails"],
        json!({"code": "ConfigurationError", "message": "exit status 1"})
    );
    assert_eq!(result["externalExecutionUrl"], "https://logs.example/7");
    let state = play
        .try_call(Operation::GetPipelineState, json!({"name": "web-shop"}))
        .unwrap();
    let build = &state["stageStates"][1]["actionStates"][0]["latestExecution"];
    assert_eq!(build["errorDetails"], result["errorDetails"]);
}

#[test]
fn executions_are_listed_newest_first_and_a_page_is_not_moved_by_later_starts() {
    let mut play = Play::of("QUEUED");
    play.start().start().start();
    let ids = |answer: &Value| -> Vec<String> {
        let summaries = answer["pipelineExecutionSummaries"].as_array().unwrap();
        let id = |summary: &Value| summary["pipelineExecutionId"].as_str().unwrap().to_owned();
        summaries.iter().map(id).collect()
    };
    let mut input = json!({"pipelineName": "web-shop", "maxResults": 2});
    let first = play
        .try_call(Operation::ListPipelineExecutions, input.clone())
        .unwrap();
    assert_eq!(ids(&first), [play.id(3), play.id(2)]);
    play.start();
    input["nextToken"] = first["nextToken"].clone();
    let second = play
        .try_call(Operation::ListPipelineExecutions, input)
        .unwrap();
    assert_eq!(ids(&second), [play.id(1)]);
    assert_eq!(second["nextToken"], Value::Null);
}

#[test]
fn executions_are_listed_by_the_stage_they_succeeded_in() {
    let mut play = Play::of("SUPERSEDED");
    play.next(Script::fail(100, "Deploy")).start().at(500);
    for (stage, count) in [("Build", 1), ("Deploy", 0)] {
        let input = json!({
            "pipelineName": "web-shop",
            "filter": {"succeededInStage": {"stageName": stage}},
        });
        let answer = play
            .try_call(Operation::ListPipelineExecutions, input)
            .unwrap();
        let summaries = answer["pipelineExecutionSummaries"].as_array().unwrap();
        assert_eq!(summaries.len(), count, "{stage}");
    }
}

#[test]
fn the_state_shows_who_is_in_a_stage_and_who_waits_before_it() {
    let mut play = Play::of("QUEUED");
    play.start().start().at(150);
    let input = json!({"name": "web-shop"});
    let state = play.try_call(Operation::GetPipelineState, input).unwrap();
    let build = &state["stageStates"][1];
    assert_eq!(build["latestExecution"]["pipelineExecutionId"], play.id(1));
    assert_eq!(build["latestExecution"]["status"], "InProgress");
    play.start();
    let input = json!({"name": "web-shop"});
    let state = play.try_call(Operation::GetPipelineState, input).unwrap();
    let source = &state["stageStates"][0];
    assert_eq!(source["latestExecution"]["pipelineExecutionId"], play.id(2));
    assert_eq!(
        source["inboundExecution"]["pipelineExecutionId"],
        play.id(3)
    );
    assert_eq!(source["inboundTransitionState"], json!({"enabled": true}));
}

#[test]
fn variables_have_the_callers_values_or_their_defaults() {
    let mut play = Play::of("SUPERSEDED");
    let input = json!({
        "name": "web-shop",
        "variables": [{"name": "DOWNRIVER_REBUILD", "value": "web-shop.1"}],
    });
    play.call(Operation::StartPipelineExecution, input);
    let input = json!({"pipelineName": "web-shop", "pipelineExecutionId": play.id(1)});
    let answer = play
        .try_call(Operation::GetPipelineExecution, input)
        .unwrap();
    assert_eq!(
        answer["pipelineExecution"]["variables"],
        json!([
            {"name": "DOWNRIVER_REBUILD", "resolvedValue": "web-shop.1"},
            {"name": "DOWNRIVER_CHANGES", "resolvedValue": "none"},
        ])
    );
}

#[test]
fn a_pipeline_says_its_bucket_its_sources_configuration_and_its_tags() {
    let mut play = Play::with(NewPipeline {
        artifact_bucket: "acme-artifacts".to_owned(),
        source_configuration: [("OutputArtifactFormat", "CODEBUILD_CLONE_REF")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        tags: [("team", "web"), ("cost", "7")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        ..NewPipeline::named("web-shop")
    });
    let name = json!({"name": "web-shop"});
    let shown = play.try_call(Operation::GetPipeline, name).unwrap();
    let pipeline = &shown["pipeline"];
    assert_eq!(pipeline["artifactStore"]["location"], "acme-artifacts");
    let source = &pipeline["stages"][0]["actions"][0];
    let format = json!({"OutputArtifactFormat": "CODEBUILD_CLONE_REF"});
    assert_eq!(source["configuration"], format);
    assert_eq!(
        pipeline["stages"][1]["actions"][0]["configuration"],
        json!({})
    );
    let mut input = json!({"resourceArn": shown["metadata"]["pipelineArn"], "maxResults": 1});
    let first = play
        .try_call(Operation::ListTagsForResource, input.clone())
        .unwrap();
    assert_eq!(first["tags"], json!([{"key": "cost", "value": "7"}]));
    input["nextToken"] = first["nextToken"].clone();
    let second = play
        .try_call(Operation::ListTagsForResource, input)
        .unwrap();
    assert_eq!(second, json!({"tags": [{"key": "team", "value": "web"}]}));
    for (arn, expected) in [
        (
            "arn:aws:codepipeline:eu-central-1:123456789012:nowhere",
            "ResourceNotFoundException",
        ),
        (
            "arn:aws:codepipeline:eu-central-1:210987654321:web-shop",
            "ResourceNotFoundException",
        ),
        ("web-shop", "ValidationException"),
    ] {
        let input = json!({"resourceArn": arn});
        let answer = play.try_call(Operation::ListTagsForResource, input);
        assert_eq!(answer, Err(expected), "{arn}");
    }
}

#[test]
fn a_source_artifact_lies_where_the_script_says_and_the_others_where_they_always_do() {
    let mut play = Play::of("SUPERSEDED");
    let place = ArtifactPlace {
        bucket: "elsewhere".to_owned(),
        key: "web-shop/source.zip".to_owned(),
    };
    play.next(Script {
        source_artifact: Some(place),
        ..Script::succeed(100)
    });
    play.start().at(1000);
    let input = json!({
        "pipelineName": "web-shop",
        "filter": {"pipelineExecutionId": play.id(1)},
    });
    let answer = play
        .try_call(Operation::ListActionExecutions, input)
        .unwrap();
    let details = answer["actionExecutionDetails"].as_array().unwrap();
    let [deploy, build, source] = &details[..] else {
        panic!("three actions: {details:#?}");
    };
    let place = json!({"bucket": "elsewhere", "key": "web-shop/source.zip"});
    for artifact in [
        &source["output"]["outputArtifacts"][0],
        &build["input"]["inputArtifacts"][0],
    ] {
        let expected = json!({"name": "SourceArtifact", "s3location": place});
        assert_eq!(*artifact, expected);
    }
    let built = &deploy["input"]["inputArtifacts"][0]["s3location"];
    assert_eq!(built["bucket"], "pipeline-artifacts");
}
