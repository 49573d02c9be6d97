use serde_json::json;

use super::play::Play;
use crate::simulated_aws::{EventLevel, NewPipeline, NewStage, Operation, Script};

#[test]
fn an_execution_passes_its_stages_one_after_the_other() {
    let mut play = Play::of("SUPERSEDED");
    play.start();
    assert_eq!(play.told(), ["0 #1 STARTED", "300 #1 SUCCEEDED"]);
    assert_eq!(
        play.told_of(EventLevel::Stage),
        [
            "0 #1 Source STARTED",
            "100 #1 Source SUCCEEDED",
            "100 #1 Build STARTED",
            "200 #1 Build SUCCEEDED",
            "200 #1 Deploy STARTED",
            "300 #1 Deploy SUCCEEDED",
        ]
    );
}

#[test]
fn the_newest_of_those_that_wait_supersedes_the_others() {
    let mut play = Play::of("SUPERSEDED");
    for at in [0, 10, 20, 30] {
        play.at(at).start();
    }
    assert_eq!(
        play.told(),
        [
            "0 #1 STARTED",
            "10 #2 STARTED",
            "20 #3 STARTED",
            "20 #2 SUPERSEDED",
            "30 #4 STARTED",
            "30 #3 SUPERSEDED",
            "300 #1 SUCCEEDED",
            "400 #4 SUCCEEDED",
        ]
    );
}

#[test]
fn a_slow_stage_is_where_executions_supersede_each_other() {
    let mut play = Play::of("SUPERSEDED");
    let mut slow = Script::succeed(100);
    slow.stages_ms.insert("Deploy".to_owned(), 1000);
    play.next(slow).start();
    for at in [150, 300, 450] {
        play.at(at).start();
    }
    assert_eq!(
        play.told(),
        [
            "0 #1 STARTED",
            "150 #2 STARTED",
            "300 #3 STARTED",
            "450 #4 STARTED",
            "500 #2 SUPERSEDED",
            "650 #3 SUPERSEDED",
            "1200 #1 SUCCEEDED",
            "1300 #4 SUCCEEDED",
        ]
    );
}

#[test]
fn queued_executions_all_run_in_their_order() {
    let mut play = Play::of("QUEUED");
    play.start().start().start();
    assert_eq!(
        play.told(),
        [
            "0 #1 STARTED",
            "0 #2 STARTED",
            "0 #3 STARTED",
            "300 #1 SUCCEEDED",
            "400 #2 SUCCEEDED",
            "500 #3 SUCCEEDED",
        ]
    );
}

#[test]
fn parallel_executions_do_not_wait_for_each_other() {
    let mut play = Play::of("PARALLEL");
    play.start().start();
    assert_eq!(
        play.told(),
        [
            "0 #1 STARTED",
            "0 #2 STARTED",
            "300 #1 SUCCEEDED",
            "300 #2 SUCCEEDED"
        ]
    );
}

#[test]
fn a_pipeline_has_at_most_fifty_executions_at_once_unless_it_supersedes() {
    for (mode, expected) in [
        (
            "QUEUED",
            Err("ConcurrentPipelineExecutionsLimitExceededException"),
        ),
        (
            "PARALLEL",
            Err("ConcurrentPipelineExecutionsLimitExceededException"),
        ),
        ("SUPERSEDED", Ok(())),
    ] {
        let mut play = Play::of(mode);
        for _ in 0..50 {
            play.start();
        }
        let input = json!({"name": "web-shop"});
        let answer = play.try_call(Operation::StartPipelineExecution, input);
        assert_eq!(answer.map(drop), expected, "{mode}");
    }
}

#[test]
fn a_failure_in_a_stage_ends_the_execution_and_frees_the_stage() {
    let mut play = Play::of("SUPERSEDED");
    play.next(Script::fail(100, "Build")).start();
    play.at(120).start();
    assert_eq!(
        play.told(),
        [
            "0 #1 STARTED",
            "120 #2 STARTED",
            "200 #1 FAILED",
            "420 #2 SUCCEEDED"
        ]
    );
}

#[test]
fn a_script_that_names_no_stage_means_the_one_that_builds() {
    let mut play = Play::of("SUPERSEDED");
    let script = Script {
        in_stage: None,
        ..Script::fail(100, "")
    };
    play.next(script).start();
    let told = play.told_of(EventLevel::Stage);
    assert_eq!(told.last().unwrap(), "200 #1 Build FAILED");
}

#[test]
fn an_approval_waits_for_somebody_unless_the_script_gives_it() {
    let stage = |name: &str, category: &str| NewStage {
        name: name.to_owned(),
        category: category.to_owned(),
    };
    let pipeline = NewPipeline {
        stages: vec![
            stage("Source", "Source"),
            stage("Approve", "Approval"),
            stage("Deploy", "Deploy"),
        ],
        script: Script::succeed(100),
        ..NewPipeline::named("web-shop")
    };
    let mut play = Play::with(pipeline.clone());
    play.start();
    assert_eq!(play.told(), ["0 #1 STARTED"]);

    let mut play = Play::with(pipeline);
    play.next(Script {
        approved_after_ms: Some(700),
        ..Script::succeed(100)
    });
    play.start();
    assert_eq!(play.told(), ["0 #1 STARTED", "900 #1 SUCCEEDED"]);
}

#[test]
fn one_that_hangs_goes_on_when_somebody_finishes_it() {
    for (outcome, expected) in [("succeed", "600 #1 SUCCEEDED"), ("fail", "500 #1 FAILED")] {
        let mut play = Play::of("SUPERSEDED");
        play.next(Script::hang(100, "Build")).start().at(500);
        let order = json!({
            "account": super::play::ACCOUNT,
            "region": super::play::REGION,
            "pipeline": "web-shop",
            "outcome": outcome,
        });
        assert_eq!(
            play.control("executions/finish", &order),
            json!({"finished": 1})
        );
        assert_eq!(play.told(), ["0 #1 STARTED", expected]);
    }
}
