//! Against the simulated services, through HTTP.

use downriver_engine::ports::{FailedStage, Trigger};
use downriver_testkit::simulated_aws::client::Control;
use downriver_testkit::simulated_aws::{
    Fault, FaultKind, NewPipeline, Operation, Refusal, Script, Server,
};

use super::*;
use crate::testing::simulation;

struct Scene {
    _server: Server,
    control: Control,
    pipelines: CodePipelines,
}

fn scene(script: Script) -> Scene {
    let server = simulation();
    let control = Control::new(&server.endpoint());
    let pipeline = NewPipeline {
        name: "web-shop".to_owned(),
        script,
        variables: vec![downriver_testkit::simulated_aws::NewVariable {
            name: "DOWNRIVER_REBUILD".to_owned(),
            default: Some("none".to_owned()),
        }],
        ..NewPipeline::default()
    };
    control.create_pipelines(OWN, "eu-west-1", vec![pipeline]);
    Scene {
        pipelines: pipelines(&server.endpoint()),
        control,
        _server: server,
    }
}

impl Scene {
    fn meets(&self, operation: Operation, fault: FaultKind) {
        self.control.add_fault(&Fault {
            operation,
            of: None,
            fault,
            times: 1,
            after: 0,
        });
    }

    async fn ended(&self, id: &PipelineExecutionId) -> Execution {
        self.control.wait_for(Duration::from_secs(20), |control| {
            let shown = control.executions();
            let is_over = |status: &str| status == "Succeeded" || status == "Failed";
            shown
                .iter()
                .any(|shown| shown.id == id.as_str() && is_over(&shown.status))
                .then_some(())
        });
        self.pipelines
            .load_execution(&pipeline_of(OWN, "web-shop"), id)
            .await
            .expect("an execution")
    }
}

#[tokio::test]
async fn an_execution_is_found_by_the_name_of_its_session() {
    let scene = scene(Script::succeed(1));
    let started = scene
        .pipelines
        .start_execution(&attempt("web-shop.7.2"))
        .await
        .expect("started");
    let execution = scene.ended(&started).await;
    assert_eq!(
        execution.trigger,
        Trigger::Session("web-shop.7.2".to_owned())
    );
    assert_eq!(
        (execution.status, &execution.failed_stage),
        (ExecutionStatus::Succeeded, &None)
    );
    let of = pipeline_of(OWN, "web-shop");
    let listed = scene
        .pipelines
        .list_executions(&of, execution.started_at, 100)
        .await
        .expect("a list");
    assert_eq!(listed, std::slice::from_ref(&execution));
    let later = execution.started_at.plus_secs(1);
    assert_eq!(
        scene.pipelines.list_executions(&of, later, 100).await,
        Ok(Vec::new())
    );
    let missing = "11111111-2222-3333-4444-555555555555"
        .parse()
        .expect("an id");
    assert_eq!(
        scene.pipelines.load_execution(&of, &missing).await,
        Err(ReadError::NotFound)
    );
    let shown = scene.control.executions().remove(0);
    assert_eq!(
        shown.variables,
        [("DOWNRIVER_REBUILD".to_owned(), "web-shop.7".to_owned())]
    );
}

#[tokio::test]
async fn a_start_whose_answer_was_lost_is_found_and_stands_alone() {
    let scene = scene(Script::succeed(1));
    scene.meets(Operation::StartPipelineExecution, FaultKind::CloseAfter);
    let lost = scene
        .pipelines
        .start_execution(&attempt("web-shop.7.2"))
        .await;
    assert!(matches!(lost, Err(StartError::Unknown(_))), "{lost:?}");
    let of = pipeline_of(OWN, "web-shop");
    let listed = scene
        .pipelines
        .list_executions(&of, Timestamp::from_unix_millis(0), 100)
        .await
        .expect("a list");
    let triggers: Vec<&Trigger> = listed.iter().map(|execution| &execution.trigger).collect();
    assert_eq!(triggers, [&Trigger::Session("web-shop.7.2".to_owned())]);
    let again = scene
        .pipelines
        .start_execution(&attempt("web-shop.7.2"))
        .await;
    assert_eq!(again, Ok(listed[0].id.clone()));
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let scene = scene(Script::succeed(1));
    for (refusal, expected) in [
        (Refusal::Throttle, "Throttled"),
        (Refusal::Conflict, "Busy"),
        (Refusal::Limit, "Busy"),
        (Refusal::NotFound, "NotFound"),
        (Refusal::Denied, "Denied"),
        (Refusal::Internal, "Unknown"),
        (Refusal::Invalid, "Invalid"),
    ] {
        scene.meets(
            Operation::StartPipelineExecution,
            FaultKind::Refuse(refusal),
        );
        let error = scene
            .pipelines
            .start_execution(&attempt("web-shop.7.2"))
            .await
            .expect_err("refused");
        assert!(
            format!("{error:?}").starts_with(expected),
            "{refusal:?}: {error:?}"
        );
    }
    scene.meets(Operation::AssumeRole, FaultKind::Refuse(Refusal::Denied));
    let error = scene
        .pipelines
        .start_execution(&attempt("web-shop.7.2"))
        .await
        .expect_err("refused");
    assert!(matches!(error, StartError::Denied(_)), "{error:?}");
    assert_eq!(scene.control.executions(), []);
}

#[tokio::test]
async fn a_failed_execution_tells_its_stage() {
    for (stage, is_before_deploy) in [("Build", true), ("Deploy", false)] {
        let scene = scene(Script::fail(1, stage));
        let started = scene
            .pipelines
            .start_execution(&attempt("web-shop.7.2"))
            .await
            .expect("started");
        let execution = scene.ended(&started).await;
        assert_eq!(execution.status, ExecutionStatus::Failed);
        let mut failed = execution.failed_stage.expect("it failed in a stage");
        let url = failed.url.take().expect("a page of the failed action");
        assert!(url.starts_with("https://console.example/"), "{url}");
        let expected = FailedStage {
            name: stage.to_owned(),
            is_before_deploy,
            action: Some(format!("{stage}Action")),
            code: Some("JobFailed".to_owned()),
            message: Some("The build failed".to_owned()),
            url: None,
        };
        assert_eq!(failed, expected);
    }
}

#[tokio::test]
async fn what_is_asked_for_is_started_by_the_rule_and_told_so() {
    let scene = scene(Script::default());
    let start = attempt("web-shop.7.2");
    let plain = StartExecution {
        variables: Vec::new(),
        ..start.clone()
    };
    for start in [start, plain] {
        assert_eq!(scene.pipelines.request_execution(&start).await, Ok(()));
    }
    let listed = scene
        .pipelines
        .list_executions(&pipeline_of(OWN, "web-shop"), Timestamp::MIN, 10)
        .await
        .expect("they are listed");
    let triggers: Vec<_> = listed.iter().map(|one| &one.trigger).collect();
    assert_eq!(triggers, [&Trigger::Request, &Trigger::Request]);
    // A pipeline that no rule is for, and an undeclared variable, start nothing and tell nothing.
    let mut other = attempt("web-shop.7.3");
    other.variables[0].0 = "OTHER".to_owned();
    assert_eq!(scene.pipelines.request_execution(&other).await, Ok(()));
    let mut missing = attempt("web-shop.7.4");
    missing.pipeline = pipeline_of(OWN, "nowhere");
    assert_eq!(scene.pipelines.request_execution(&missing).await, Ok(()));
    assert_eq!(scene.control.executions().len(), 2);
}
