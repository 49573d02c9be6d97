//! What each answer of AWS means to a start and to a read.

use downriver_engine::ports::FailedStage;

use super::*;
use crate::testing::{Answer, Server};

/// Credentials as `AssumeRole` gives them.
fn assumed() -> Answer {
    Answer::Http(
        200,
        "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>\
         <AccessKeyId>ASIASESSION</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
         <Expiration>2036-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
            .to_owned(),
    )
}

fn not_assumed(status: u16, code: &str) -> Answer {
    Answer::Http(
        status,
        format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>because</Message></Error></ErrorResponse>"
        ),
    )
}

async fn start(answers: Vec<Answer>) -> (Result<PipelineExecutionId, StartError>, Server) {
    let server = Server::start(answers);
    let answer = pipelines(&server.endpoint)
        .start_execution(&attempt("web-shop.7.2"))
        .await;
    (answer, server)
}

fn is_unknown(answer: &Result<PipelineExecutionId, StartError>) -> bool {
    matches!(answer, Err(StartError::Unknown(_)))
}

#[tokio::test]
async fn a_start_is_made_under_a_session_of_the_attempt() {
    let id = "11111111-2222-3333-4444-555555555555";
    let (answer, server) = start(vec![
        assumed(),
        Answer::Http(200, format!(r#"{{"pipelineExecutionId":"{id}"}}"#)),
    ])
    .await;
    assert_eq!(answer.expect("started").as_str(), id);
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    for part in [
        "Action=AssumeRole&",
        "&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fdownriver-StarterRole-1A2B",
        "&RoleSessionName=web-shop.7.2",
        "&DurationSeconds=900",
    ] {
        assert!(requests[0].body.contains(part), "{}", requests[0].body);
    }
    let headers = requests[1].headers.join("\n");
    assert!(
        headers.contains("x-amz-target: CodePipeline_20150709.StartPipelineExecution"),
        "{headers}"
    );
    assert!(headers.contains("Credential=ASIASESSION/"), "{headers}");
    assert!(headers.contains("/eu-west-1/codepipeline/"), "{headers}");
    assert!(headers.contains("x-amz-security-token: t"), "{headers}");
    let body: serde_json::Value = serde_json::from_str(&requests[1].body).expect("JSON");
    let token = ClientRequestToken::of(&"web-shop.7.2".parse().expect("an attempt"));
    assert_eq!(
        body,
        serde_json::json!({
            "name": "web-shop",
            "clientRequestToken": token.as_str(),
            "variables": [{"name": "DOWNRIVER_REBUILD", "value": "web-shop.7"}],
        })
    );
}

#[tokio::test]
async fn what_codepipeline_refuses_was_not_started() {
    let because = |code: &str| format!("{code}: because");
    for (status, code, expected) in [
        (400, "ThrottlingException", StartError::Throttled),
        (400, "RequestLimitExceeded", StartError::Throttled),
        (429, "SomethingElse", StartError::Throttled),
        (503, "ThrottlingException", StartError::Throttled),
        (400, "ExpiredTokenException", StartError::Throttled),
        (400, "ConflictException", StartError::Busy),
        (
            400,
            "ConcurrentPipelineExecutionsLimitExceededException",
            StartError::Busy,
        ),
        (400, "PipelineNotFoundException", StartError::NotFound),
        (
            400,
            "AccessDeniedException",
            StartError::Denied(because("AccessDeniedException")),
        ),
        (
            403,
            "UnrecognizedClientException",
            StartError::Denied(because("UnrecognizedClientException")),
        ),
        (
            400,
            "ValidationException",
            StartError::Invalid(because("ValidationException")),
        ),
        (
            400,
            "SerializationException",
            StartError::Invalid(because("SerializationException")),
        ),
    ] {
        let (answer, server) = start(vec![assumed(), Answer::refusal(status, code)]).await;
        assert_eq!(answer, Err(expected), "{status} {code}");
        assert_eq!(
            server.requests().len(),
            2,
            "{status} {code}: a start is sent once"
        );
    }
}

#[tokio::test]
async fn a_start_without_an_answer_is_unknown_and_not_sent_again() {
    for answer in [
        Answer::refusal(500, "InternalFailure"),
        Answer::refusal(503, "ServiceUnavailable"),
        Answer::Http(502, "<html>bad gateway</html>".to_owned()),
        Answer::Http(404, "<html>who?</html>".to_owned()),
        Answer::Http(200, "{}".to_owned()),
        Answer::Http(200, r#"{"pipelineExecutionId":"../x"}"#.to_owned()),
        Answer::Http(200, "<html>hello</html>".to_owned()),
        Answer::Close,
        Answer::Silence,
    ] {
        let (found, server) = start(vec![assumed(), answer.clone()]).await;
        assert!(is_unknown(&found), "{answer:?}: {found:?}");
        assert_eq!(server.requests().len(), 2, "{answer:?}");
    }
}

#[tokio::test]
async fn without_a_session_nothing_was_started() {
    let denied = |code: &str| StartError::Denied(format!("assuming role {ROLE}: {code}: because"));
    for (answer, expected, calls) in [
        (not_assumed(403, "AccessDenied"), denied("AccessDenied"), 1),
        (
            not_assumed(400, "ValidationError"),
            denied("ValidationError"),
            1,
        ),
        (not_assumed(400, "Throttling"), StartError::Throttled, 3),
        (not_assumed(400, "ExpiredToken"), StartError::Throttled, 1),
        (
            not_assumed(500, "InternalFailure"),
            StartError::Throttled,
            3,
        ),
        (Answer::Close, StartError::Throttled, 3),
    ] {
        let (found, server) = start(vec![answer.clone()]).await;
        assert_eq!(found, Err(expected), "{answer:?}");
        let requests = server.requests();
        assert!(
            requests
                .iter()
                .all(|request| request.body.starts_with("Action=AssumeRole")),
            "{answer:?}"
        );
        assert_eq!(requests.len(), calls, "{answer:?}");
    }
}

#[tokio::test]
async fn other_accounts_are_out_of_reach() {
    let server = Server::start(vec![assumed()]);
    let pipelines = pipelines(&server.endpoint);
    let theirs = StartExecution {
        pipeline: pipeline_of("210987654321", "web-shop"),
        ..attempt("web-shop.7.2")
    };
    let text = "account 210987654321 is not among the deployment's: add it to the deployment's parameter SpokeAccounts, \
                and deploy infra/spoke in that account";
    assert_eq!(
        pipelines.start_execution(&theirs).await,
        Err(StartError::Denied(text.to_owned()))
    );
    let id: PipelineExecutionId = "11111111".parse().expect("an id");
    assert_eq!(
        pipelines.load_execution(&theirs.pipeline, &id).await,
        Err(ReadError::Denied(text.to_owned()))
    );
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn a_refused_read_is_told_from_what_passes() {
    for (answer, expected) in [
        (
            Answer::refusal(400, "PipelineNotFoundException"),
            Some(ReadError::NotFound),
        ),
        (
            Answer::refusal(400, "AccessDeniedException"),
            Some(ReadError::Denied(
                "AccessDeniedException: because".to_owned(),
            )),
        ),
        (Answer::refusal(400, "InvalidNextTokenException"), None),
        (Answer::refusal(400, "ThrottlingException"), None),
        (Answer::refusal(500, "InternalFailure"), None),
        (
            Answer::Http(
                200,
                r#"{"pipelineExecutionSummaries":[{"pipelineExecutionId":"x"}]}"#.to_owned(),
            ),
            None,
        ),
        (Answer::Close, None),
    ] {
        let server = Server::start(vec![answer.clone()]);
        let listed = pipelines(&server.endpoint)
            .list_executions(
                &pipeline_of(OWN, "web-shop"),
                Timestamp::from_unix_millis(0),
                10,
            )
            .await;
        match (listed, expected) {
            (Err(ReadError::Transient(_)), None) => {}
            (found, expected) => assert_eq!(found.err(), expected, "{answer:?}"),
        }
    }
}

/// A page of the list: ids, and the seconds at which they started.
fn page(executions: &[(&str, u32)], token: Option<&str>) -> Answer {
    let summaries: Vec<serde_json::Value> = executions
        .iter()
        .map(|(id, secs)| serde_json::json!({"pipelineExecutionId": id, "status": "Succeeded", "startTime": secs}))
        .collect();
    let page = serde_json::json!({"pipelineExecutionSummaries": summaries, "nextToken": token});
    Answer::Http(200, page.to_string())
}

#[tokio::test]
async fn a_list_ends_at_its_instant_and_at_its_limit() {
    let pages = vec![
        page(&[("e5", 50), ("e4", 40)], Some("2")),
        page(&[("e3", 30), ("e2", 20)], Some("3")),
        page(&[("e1", 10)], None),
    ];
    for (since, limit, expected, calls) in [
        (0, 10, vec!["e5", "e4", "e3", "e2", "e1"], 3),
        (20, 10, vec!["e5", "e4", "e3", "e2"], 3),
        (21, 10, vec!["e5", "e4", "e3"], 2),
        (0, 3, vec!["e5", "e4", "e3"], 2),
        (60, 10, vec![], 1),
    ] {
        let server = Server::start(pages.clone());
        let since = Timestamp::from_unix_millis(since * 1_000);
        let listed = pipelines(&server.endpoint)
            .list_executions(&pipeline_of(OWN, "web-shop"), since, limit)
            .await
            .expect("a list");
        let ids: Vec<&str> = listed
            .iter()
            .map(|execution| execution.id.as_str())
            .collect();
        assert_eq!(ids, expected);
        assert_eq!(server.requests().len(), calls);
    }
}

#[tokio::test]
async fn a_list_that_does_not_end_proves_nothing() {
    let server = Server::start(vec![page(&[("e1", 10)], Some("again"))]);
    let pipelines = pipelines(&server.endpoint);
    let of = pipeline_of(OWN, "web-shop");
    let listed = pipelines
        .list_executions(&of, Timestamp::from_unix_millis(0), 1_000)
        .await;
    assert!(matches!(listed, Err(ReadError::Transient(_))), "{listed:?}");
    let missing: PipelineExecutionId = "e2".parse().expect("an id");
    let found = pipelines.load_execution(&of, &missing).await;
    assert!(matches!(found, Err(ReadError::Transient(_))), "{found:?}");
    assert_eq!(server.requests().len(), 2 * PAGES_MAX);
}

fn failed_in(stage: &str) -> Vec<Answer> {
    let list = serde_json::json!({"pipelineExecutionSummaries": [
        {"pipelineExecutionId": "e1", "status": "Failed", "startTime": 10, "lastUpdateTime": 20.5,
         "trigger": {"triggerType": "CloudWatchEvent", "triggerDetail": "arn:aws:events:x"}}
    ]});
    let actions = serde_json::json!({"actionExecutionDetails": [
        {"stageName": stage, "status": "Failed", "lastUpdateTime": 20, "pipelineVersion": 3},
        {"stageName": "Source", "status": "Failed", "lastUpdateTime": 15, "pipelineVersion": 3},
        {"stageName": "Source", "status": "Succeeded", "lastUpdateTime": 30, "pipelineVersion": 3}
    ]});
    vec![
        Answer::Http(200, list.to_string()),
        Answer::Http(200, actions.to_string()),
    ]
}

fn structure() -> Answer {
    let stage = |name: &str, category: &str| {
        serde_json::json!({"name": name, "actions": [{"name": "a", "actionTypeId":
            {"category": category, "owner": "AWS", "provider": "P", "version": "1"}}]})
    };
    let pipeline = serde_json::json!({"pipeline": {"name": "web-shop", "roleArn": "arn:aws:iam::1:role/r", "version": 3, "stages":
        [stage("Source", "Source"), stage("Build", "Build"), stage("Deploy", "Deploy"), stage("Tests", "Test")]}});
    Answer::Http(200, pipeline.to_string())
}

async fn failed_stage(mut answers: Vec<Answer>, last: Answer) -> Option<(String, bool)> {
    answers.push(last);
    let server = Server::start(answers);
    let id: PipelineExecutionId = "e1".parse().expect("an id");
    let execution = pipelines(&server.endpoint)
        .load_execution(&pipeline_of(OWN, "web-shop"), &id)
        .await
        .expect("an execution");
    assert_eq!(execution.status, ExecutionStatus::Failed);
    assert_eq!(execution.trigger, downriver_engine::ports::Trigger::Rule);
    assert_eq!(execution.updated_at, Timestamp::from_unix_millis(20_500));
    execution
        .failed_stage
        .map(|stage| (stage.name, stage.is_before_deploy))
}

#[tokio::test]
async fn a_failure_is_before_the_deployment_or_not() {
    for (stage, is_before) in [
        ("Build", true),
        ("Deploy", false),
        ("Tests", false),
        ("Renamed", false),
    ] {
        let found = failed_stage(failed_in(stage), structure()).await;
        assert_eq!(found, Some((stage.to_owned(), is_before)));
    }
}

#[tokio::test]
async fn a_failure_that_cannot_be_read_counts_as_deployed() {
    let denied = Answer::refusal(400, "AccessDeniedException");
    assert_eq!(
        failed_stage(failed_in("Build"), denied.clone()).await,
        Some(("Build".to_owned(), false))
    );
    let mut answers = failed_in("Build");
    answers.pop();
    assert_eq!(failed_stage(answers, denied).await, None);
}

/// What a failed action says: its output, as CodePipeline answers it.
async fn told(output: serde_json::Value) -> FailedStage {
    let list = serde_json::json!({"pipelineExecutionSummaries": [
        {"pipelineExecutionId": "e1", "status": "Failed", "startTime": 10, "lastUpdateTime": 20}
    ]});
    let actions = serde_json::json!({"actionExecutionDetails": [
        {"stageName": "Build", "actionName": "Compile", "status": "Failed", "lastUpdateTime": 20,
         "pipelineVersion": 3, "output": output},
        {"stageName": "Build", "actionName": "Lint", "status": "Succeeded", "lastUpdateTime": 21, "pipelineVersion": 3}
    ]});
    let answers = [list, actions].map(|answer| Answer::Http(200, answer.to_string()));
    let server = Server::start(answers.into_iter().chain([structure()]).collect());
    let id: PipelineExecutionId = "e1".parse().expect("an id");
    let execution = pipelines(&server.endpoint)
        .load_execution(&pipeline_of(OWN, "web-shop"), &id)
        .await
        .expect("an execution");
    execution.failed_stage.expect("it failed in a stage")
}

#[tokio::test]
async fn a_failure_says_which_action_failed_why_and_where_to_look() {
    let said = |code: Option<&str>, message: Option<&str>, url: Option<&str>| FailedStage {
        name: "Build".to_owned(),
        is_before_deploy: true,
        action: Some("Compile".to_owned()),
        code: code.map(str::to_owned),
        message: message.map(str::to_owned),
        url: url.map(str::to_owned),
    };
    let whole = serde_json::json!({"executionResult": {
        "externalExecutionUrl": "https://console.example/builds/7",
        "externalExecutionSummary": "Build terminated with state: FAILED",
        "errorDetails": {"code": "JobFailed", "message": "exit status 1"},
    }});
    assert_eq!(
        told(whole).await,
        said(
            Some("JobFailed"),
            Some("exit status 1"),
            Some("https://console.example/builds/7")
        )
    );
    let summary = serde_json::json!({"executionResult": {"externalExecutionSummary": "FAILED"}});
    assert_eq!(told(summary).await, said(None, Some("FAILED"), None));
    assert_eq!(told(serde_json::json!({})).await, said(None, None, None));
    // Characters, not bytes: what is kept stays a text.
    let long =
        serde_json::json!({"executionResult": {"errorDetails": {"message": "ä".repeat(501)}}});
    let kept = "ä".repeat(500);
    assert_eq!(told(long).await, said(None, Some(&kept), None));
}
