//! Pipelines of other accounts, through the simulated services: each account has its own.

use downriver_testkit::simulated_aws::client::Control;
use downriver_testkit::simulated_aws::{
    Call, Fault, FaultKind, NewPipeline, Operation, Refusal, RoleTrust, Script, Server,
};

use super::*;
use crate::testing::{Answer, simulation};

struct Scene {
    _server: Server,
    control: Control,
    pipelines: CodePipelines,
}

fn role(account: &str) -> String {
    format!("arn:aws:iam::{account}:role/downriver-spoke")
}

/// A pipeline of one name in every account; the last account has another external id than we do.
fn scene() -> Scene {
    let server = simulation();
    let control = Control::new(&server.endpoint());
    for account in [OWN].iter().chain(&SPOKES) {
        let pipeline = NewPipeline {
            script: Script::succeed(1),
            variables: vec![downriver_testkit::simulated_aws::NewVariable {
                name: "DOWNRIVER_REBUILD".to_owned(),
                default: Some("none".to_owned()),
            }],
            ..NewPipeline::named("web-shop")
        };
        for region in ["eu-west-1", "us-east-1"] {
            control.create_pipelines(account, region, vec![pipeline.clone()]);
        }
    }
    for (account, external_id) in SPOKES.iter().zip([EXTERNAL_ID, EXTERNAL_ID, "another"]) {
        control.require_external_id(&RoleTrust {
            role_arn: role(account),
            external_id: external_id.to_owned(),
        });
    }
    Scene {
        pipelines: pipelines(&server.endpoint()),
        control,
        _server: server,
    }
}

impl Scene {
    fn calls(&self, operation: Operation) -> Vec<Call> {
        let mut calls = self.control.calls();
        calls.retain(|call| call.operation == operation);
        calls
    }

    async fn list(&self, account: &str, region: &str) -> Result<Vec<Execution>, ReadError> {
        let mut pipeline = pipeline_of(account, "web-shop");
        pipeline.target.region = region.parse().expect("a Region");
        let since = Timestamp::from_unix_millis(0);
        self.pipelines.list_executions(&pipeline, since, 10).await
    }
}

#[tokio::test]
async fn an_execution_starts_in_its_account_alone_in_a_session_of_the_attempt() {
    let scene = scene();
    let [first, second, _] = SPOKES;
    let started = scene
        .pipelines
        .start_execution(&attempt_in(first, "web-shop.7.2"))
        .await
        .expect("started");
    let shown = scene.control.executions();
    let found: Vec<_> = { shown.iter() }
        .map(|shown| (shown.account.as_str(), shown.id.as_str()))
        .collect();
    assert_eq!(found, [(first, started.as_str())]);
    let session = format!("arn:aws:sts::{first}:assumed-role/downriver-spoke/web-shop.7.2");
    assert_eq!(shown[0].trigger_detail, session);
    let assumed = scene.calls(Operation::AssumeRole);
    assert_eq!(assumed.len(), 1);
    assert_eq!(assumed[0].input["RoleArn"], role(first));
    assert_eq!(assumed[0].input["ExternalId"], EXTERNAL_ID);
    let listed = scene.list(first, "eu-west-1").await.expect("a list");
    assert_eq!(listed[0].id, started);
    assert_eq!(scene.list(second, "eu-west-1").await, Ok(Vec::new()));
    assert_eq!(scene.list(OWN, "eu-west-1").await, Ok(Vec::new()));
}

#[tokio::test]
async fn an_account_is_read_in_one_session_whatever_the_region() {
    let scene = scene();
    let [first, second, _] = SPOKES;
    for account in [first, second, OWN] {
        for region in ["eu-west-1", "us-east-1", "eu-west-1"] {
            assert_eq!(scene.list(account, region).await, Ok(Vec::new()));
        }
    }
    let assumed = scene.calls(Operation::AssumeRole);
    let roles: Vec<_> = assumed.iter().map(|call| &call.input["RoleArn"]).collect();
    assert_eq!(roles, [&role(first), &role(second)]);
    for call in &assumed {
        assert_eq!(call.input["RoleSessionName"], READER);
        assert_eq!(call.input["ExternalId"], EXTERNAL_ID);
        assert_eq!(call.input["DurationSeconds"], "3600");
    }
    let reads = scene.calls(Operation::ListPipelineExecutions);
    let places: Vec<_> = { reads.iter() }
        .map(|call| (call.account.as_str(), call.session.as_deref()))
        .collect();
    let reader = Some(READER);
    let (one, two, own) = ((first, reader), (second, reader), (OWN, None));
    assert_eq!(places, [one, one, one, two, two, two, own, own, own]);
    let regions: Vec<_> = reads[..3].iter().map(|call| call.region.as_str()).collect();
    assert_eq!(regions, ["eu-west-1", "us-east-1", "eu-west-1"]);
}

#[tokio::test]
async fn readers_that_come_at_once_share_one_session() {
    let scene = scene();
    let account = SPOKES[0];
    let (one, two, three) = tokio::join!(
        scene.list(account, "eu-west-1"),
        scene.list(account, "us-east-1"),
        scene.list(account, "eu-west-1"),
    );
    assert_eq!((one, two, three), (Ok(vec![]), Ok(vec![]), Ok(vec![])));
    assert_eq!(scene.calls(Operation::AssumeRole).len(), 1);
}

#[tokio::test]
async fn an_account_that_denies_is_told_with_what_to_do_until_it_is_mended() {
    let scene = scene();
    let denying = SPOKES[2];
    let refused = scene
        .pipelines
        .start_execution(&attempt_in(denying, "web-shop.7.2"))
        .await;
    let Err(StartError::Denied(text)) = refused else {
        panic!("not denied: {refused:?}");
    };
    let arn = role(denying);
    assert!(
        text.starts_with(&format!("assuming role {arn}: AccessDenied: ")),
        "{text}"
    );
    let remedy = "; deploy infra/spoke in account 444444444444 with this role's name, the external id `the-external-id` and \
                  the deployment's outputs HubStartRoleArns and HubReadRoleArns";
    assert!(text.ends_with(remedy), "{text}");
    let read = scene.list(denying, "eu-west-1").await;
    assert!(
        matches!(&read, Err(ReadError::Denied(text)) if text.ends_with(remedy)),
        "{read:?}"
    );
    assert_eq!(scene.control.executions(), []);
    scene.control.require_external_id(&RoleTrust {
        role_arn: arn,
        external_id: EXTERNAL_ID.to_owned(),
    });
    assert_eq!(scene.list(denying, "eu-west-1").await, Ok(Vec::new()));
    let started = scene
        .pipelines
        .start_execution(&attempt_in(denying, "web-shop.7.3"))
        .await;
    assert!(started.is_ok(), "{started:?}");
}

#[tokio::test]
async fn a_role_that_may_not_start_this_pipeline_is_told_with_where_it_is_named() {
    let scene = scene();
    scene.control.add_fault(&Fault {
        operation: Operation::StartPipelineExecution,
        of: None,
        fault: FaultKind::Refuse(Refusal::Denied),
        times: 1,
        after: 0,
    });
    let refused = scene
        .pipelines
        .start_execution(&attempt_in(SPOKES[1], "web-shop.7.2"))
        .await;
    let Err(StartError::Denied(text)) = refused else {
        panic!("not denied: {refused:?}");
    };
    let remedy = "; let the parameters of infra/spoke in account 333333333333 name the pipeline, by its ARN or its tag";
    assert!(text.ends_with(remedy), "{text}");
}

#[tokio::test]
async fn a_session_that_throttling_keeps_away_is_asked_for_again() {
    let scene = scene();
    scene.control.add_fault(&Fault {
        operation: Operation::AssumeRole,
        of: None,
        fault: FaultKind::Refuse(Refusal::Throttle),
        times: crate::clients::ATTEMPTS_MAX,
        after: 0,
    });
    let read = scene.list(SPOKES[0], "eu-west-1").await;
    assert!(matches!(read, Err(ReadError::Transient(_))), "{read:?}");
    assert_eq!(scene.list(SPOKES[0], "eu-west-1").await, Ok(Vec::new()));
}

/// `AssumeRole` of a session that ends at `end`, the other calls of an empty pipeline.
fn sessions_until(end: &'static str) -> crate::testing::Server {
    crate::testing::Server::answering(move |number, request| {
        if !request.body.contains("Action=AssumeRole") {
            return Answer::Http(200, r#"{"pipelineExecutionSummaries":[]}"#.to_owned());
        }
        Answer::Http(
            200,
            format!(
                "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA{number}</AccessKeyId>\
                 <SecretAccessKey>s</SecretAccessKey><SessionToken>t{number}</SessionToken><Expiration>{end}</Expiration>\
                 </Credentials></AssumeRoleResult></AssumeRoleResponse>"
            ),
        )
    })
}

/// The access keys that pipelines were read with, after two reads.
async fn keys_of_two_reads(end: &'static str) -> Vec<String> {
    let server = sessions_until(end);
    let pipelines = pipelines(&server.endpoint);
    let of = pipeline_of(SPOKES[0], "web-shop");
    for _ in 0..2 {
        let listed = pipelines
            .list_executions(&of, Timestamp::from_unix_millis(0), 10)
            .await;
        assert_eq!(listed, Ok(Vec::new()));
    }
    let requests = server.requests();
    let signed = requests.iter().filter_map(|request| {
        let credential = request.headers.iter().find_map(|header| {
            let (_, rest) = header.split_once("Credential=")?;
            rest.split('/').next()
        })?;
        credential
            .starts_with("ASIA")
            .then(|| credential.to_owned())
    });
    signed.collect()
}

#[tokio::test]
async fn a_session_that_ends_soon_is_renewed_and_one_that_lasts_is_kept() {
    assert_eq!(
        keys_of_two_reads("2036-01-01T00:00:00Z").await,
        ["ASIA0", "ASIA0"]
    );
    assert_eq!(
        keys_of_two_reads("2020-01-01T00:00:00Z").await,
        ["ASIA0", "ASIA2"]
    );
}
