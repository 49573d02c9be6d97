use serde_json::{Value, json};

use super::play::Play;
use crate::simulated_aws::orders::NewPipeline;
use crate::simulated_aws::{EventLevel, Operation, Script};

fn stop() -> Value {
    json!({"reason": "the wrong branch"})
}

fn retry(stage: &str) -> Value {
    json!({"stageName": stage, "retryMode": "FAILED_ACTIONS"})
}

#[test]
fn a_stop_waits_for_the_running_action_unless_it_is_abandoned() {
    for (is_abandon, stopped_at) in [(false, 100), (true, 50)] {
        let mut play = Play::of("SUPERSEDED");
        let mut input = stop();
        input["abandon"] = json!(is_abandon);
        play.start().at(50);
        play.about(Operation::StopPipelineExecution, 1, input);
        assert_eq!(
            play.told(),
            [
                "0 #1 STARTED".to_owned(),
                "50 #1 STOPPING".to_owned(),
                format!("{stopped_at} #1 STOPPED"),
            ]
        );
        let told = play.world.events.emitted();
        let stopping = told
            .filter(|event| event.level == EventLevel::Pipeline)
            .nth(1);
        let comments = &stopping.unwrap().detail["stop-execution-comments"];
        assert_eq!(comments, "the wrong branch");
    }
}

#[test]
fn what_cannot_be_stopped_is_refused() {
    let mut play = Play::of("SUPERSEDED");
    play.start().at(50);
    play.about(Operation::StopPipelineExecution, 1, stop());
    play.about(Operation::StopPipelineExecution, 1, stop());
    play.at(500);
    play.about(Operation::StopPipelineExecution, 1, stop());
    assert_eq!(
        play.told(),
        [
            "0 #1 STARTED",
            "50 #1 STOPPING",
            "50 DuplicatedStopRequestException",
            "100 #1 STOPPED",
            "500 PipelineExecutionNotStoppableException",
        ]
    );
}

#[test]
fn one_that_waits_between_two_stages_stops_at_once() {
    let mut play = Play::of("QUEUED");
    play.start().start().at(50);
    play.about(Operation::StopPipelineExecution, 2, stop());
    assert_eq!(
        play.told(),
        [
            "0 #1 STARTED",
            "0 #2 STARTED",
            "50 #2 STOPPING",
            "50 #2 STOPPED",
            "300 #1 SUCCEEDED",
        ]
    );
}

#[test]
fn a_failed_stage_is_retried_in_the_same_execution() {
    let mut play = Play::of("SUPERSEDED");
    play.next(Script::fail(100, "Build")).start().at(500);
    play.about(Operation::RetryStageExecution, 1, retry("Build"));
    assert_eq!(
        play.told(),
        [
            "0 #1 STARTED",
            "200 #1 FAILED",
            "500 #1 RESUMED",
            "700 #1 SUCCEEDED",
        ]
    );
    let mut told = play.world.events.emitted();
    let resumed = told.find(|event| event.state == "RESUMED");
    let attempt = &resumed.unwrap().detail["pipeline-execution-attempt"];
    assert_eq!(attempt.to_string(), "2.0");
}

#[test]
fn only_the_failed_stage_of_the_latest_execution_is_retried() {
    let mut play = Play::of("SUPERSEDED");
    play.next(Script::fail(100, "Build")).start().at(500);
    play.about(Operation::RetryStageExecution, 1, retry("Deploy"));
    play.about(Operation::RetryStageExecution, 1, retry("Nowhere"));
    play.start().at(1000);
    play.about(Operation::RetryStageExecution, 1, retry("Build"));
    assert_eq!(
        play.told()[2..],
        [
            "500 #2 STARTED",
            "500 StageNotRetryableException",
            "500 StageNotFoundException",
            "800 #2 SUCCEEDED",
            "1000 NotLatestPipelineExecutionException",
        ]
    );
}

#[test]
fn a_rollback_is_an_execution_of_one_stage_with_what_the_target_had() {
    let mut play = Play::of("SUPERSEDED");
    play.start().at(500).start().at(1000);
    play.about(Operation::RollbackStage, 1, json!({"stageName": "Deploy"}));
    assert_eq!(
        play.told(),
        [
            "0 #1 STARTED",
            "300 #1 SUCCEEDED",
            "500 #2 STARTED",
            "800 #2 SUCCEEDED",
            "1000 #3 STARTED",
            "1100 #3 SUCCEEDED",
        ]
    );
    let input = json!({"pipelineName": "web-shop", "pipelineExecutionId": play.id(3)});
    let answer = play
        .try_call(Operation::GetPipelineExecution, input)
        .unwrap();
    let execution = &answer["pipelineExecution"];
    assert_eq!(execution["executionType"], "ROLLBACK");
    assert_eq!(
        execution["rollbackMetadata"],
        json!({"rollbackTargetPipelineExecutionId": play.id(1)})
    );
    assert_eq!(
        execution["trigger"],
        json!({
            "triggerType": "ManualRollback",
            "triggerDetail": "arn:aws:iam::123456789012:root",
        })
    );
}

#[test]
fn what_cannot_be_rolled_back_is_refused() {
    let unable = Err("UnableToRollbackStageException");
    for (mode, stage, expected) in [
        ("SUPERSEDED", "Deploy", Ok(())),
        ("QUEUED", "Build", Ok(())),
        ("SUPERSEDED", "Source", unable),
        ("PARALLEL", "Deploy", unable),
        ("SUPERSEDED", "Nowhere", Err("StageNotFoundException")),
    ] {
        let mut play = Play::of(mode);
        play.start().at(500);
        let input = json!({
            "pipelineName": "web-shop",
            "stageName": stage,
            "targetPipelineExecutionId": play.id(1),
        });
        let answer = play.try_call(Operation::RollbackStage, input);
        assert_eq!(answer.map(drop), expected, "{mode} {stage}");
    }
}

#[test]
fn an_edit_cancels_what_is_active_but_not_in_parallel_mode() {
    for (mode, expected) in [
        ("SUPERSEDED", "50 #1 CANCELED"),
        ("QUEUED", "50 #1 CANCELED"),
        ("PARALLEL", "300 #1 SUCCEEDED"),
    ] {
        let mut play = Play::of(mode);
        let pipeline = NewPipeline {
            mode: mode.to_owned(),
            ..NewPipeline::named("web-shop")
        };
        let input = json!({"pipeline": pipeline.declaration(super::play::ACCOUNT)});
        play.start().at(50).call(Operation::UpdatePipeline, input);
        assert_eq!(play.told(), ["0 #1 STARTED", expected], "{mode}");
        let input = json!({"name": "web-shop"});
        let answer = play.try_call(Operation::GetPipeline, input).unwrap();
        assert_eq!(answer["pipeline"]["version"], 2, "{mode}");
    }
}

#[test]
fn behind_a_disabled_transition_executions_wait_and_are_superseded() {
    let mut play = Play::of("SUPERSEDED");
    let into_deploy = json!({
        "stageName": "Deploy",
        "transitionType": "Inbound",
        "reason": "freeze",
    });
    play.on(Operation::DisableStageTransition, into_deploy.clone());
    play.start().at(300).start().at(1000);
    play.on(Operation::EnableStageTransition, into_deploy);
    assert_eq!(
        play.told(),
        [
            "0 #1 STARTED",
            "300 #2 STARTED",
            "500 #1 SUPERSEDED",
            "1100 #2 SUCCEEDED",
        ]
    );
}
