//! A deployment at the emulator: table, queues, bus, bucket; CodeArtifact, CodePipeline and STS are answered by ourselves.

use anyhow::{Context, Result, bail};
use downriver_testkit::runtime_api::{Asked, Endpoint, ask, environment};
use serde_json::{Value, json};

/// Everything that a function calls goes through `calls` or `services`, which keep it.
pub(super) struct Deployment {
    pub(super) environment: Vec<(&'static str, String)>,
    /// Before the emulator.
    pub(super) calls: Endpoint,
    /// In the place of CodeArtifact, CodePipeline and STS.
    pub(super) services: Endpoint,
}

impl Deployment {
    pub(super) fn make(emulator: &str) -> Result<Self> {
        let calls = Endpoint::before(emulator).context("failed to listen")?;
        let services = Endpoint::start(answer).context("failed to listen")?;
        let name = format!("bench-{}", std::process::id());
        make(emulator, "DynamoDB_20120810.CreateTable", &table(&name))?;
        for queue in ["ChangesQueue", "DueQueue", "QuarantineQueue"] {
            make(
                emulator,
                "AmazonSQS.CreateQueue",
                &json!({ "QueueName": queue }),
            )?;
        }
        make(
            emulator,
            "AWSEvents.CreateEventBus",
            &json!({ "Name": name }),
        )?;
        let (status, answer) = ask(emulator, &format!("PUT /{name}"), "")?;
        if status >= 300 {
            bail!("failed to make a bucket: {status} {answer}");
        }
        let mut environment = environment(calls.url());
        for (variable, value) in &mut environment {
            if matches!(*variable, "TABLE_NAME" | "BUS_NAME" | "BUCKET_NAME") {
                value.clone_from(&name);
            }
        }
        for service in ["CODEARTIFACT", "CODEPIPELINE", "STS"] {
            let variable: &'static str = match service {
                "CODEARTIFACT" => "AWS_ENDPOINT_URL_CODEARTIFACT",
                "CODEPIPELINE" => "AWS_ENDPOINT_URL_CODEPIPELINE",
                _ => "AWS_ENDPOINT_URL_STS",
            };
            environment.push((variable, services.url().to_owned()));
        }
        Ok(Self {
            environment,
            calls,
            services,
        })
    }

    pub(super) fn bucket(&self) -> &str {
        let bucket = self
            .environment
            .iter()
            .find(|(name, _)| *name == "BUCKET_NAME");
        bucket.map_or("", |(_, value)| value)
    }

    /// What was called so far, of all services.
    pub(super) fn asked(&self) -> Vec<Asked> {
        let mut asked = self.calls.asked();
        asked.extend(self.services.asked());
        asked
    }
}

fn make(emulator: &str, operation: &str, body: &Value) -> Result<()> {
    let (status, answer) = ask(emulator, operation, &body.to_string())
        .with_context(|| format!("failed to reach {emulator}"))?;
    if status >= 300 && !answer.contains("AlreadyExists") {
        bail!("failed to prepare the emulator: {operation}: {status} {answer}");
    }
    Ok(())
}

fn table(name: &str) -> Value {
    let keys = [
        "pk",
        "sk",
        "due_pk",
        "due_sk",
        "waiting_pk",
        "waiting_sk",
        "busy_pk",
        "busy_sk",
    ];
    let schema = |prefix: &str| {
        json!([
            {"AttributeName": format!("{prefix}pk"), "KeyType": "HASH"},
            {"AttributeName": format!("{prefix}sk"), "KeyType": "RANGE"},
        ])
    };
    let attributes = keys.map(|key| json!({"AttributeName": key, "AttributeType": "S"}));
    let indexes = ["due", "waiting", "busy"].map(|index| {
        json!({
            "IndexName": index,
            "KeySchema": schema(&format!("{index}_")),
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        })
    });
    json!({
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": attributes,
        "KeySchema": schema(""),
        "GlobalSecondaryIndexes": indexes,
    })
}

/// No package was ever published before; every execution starts, runs, and ended well when it is asked for.
fn answer(asked: &Asked) -> (u16, String) {
    let operation = asked.operation.rsplit('.').next().unwrap_or_default();
    let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
    match operation {
        "StartPipelineExecution" => {
            let name = body["name"].as_str().unwrap_or_default();
            (
                200,
                json!({"pipelineExecutionId": format!("{name}-0001")}).to_string(),
            )
        }
        "GetPipelineExecution" => {
            let execution = json!({
                "pipelineName": body["pipelineName"],
                "pipelineExecutionId": body["pipelineExecutionId"],
                "status": "Succeeded",
            });
            (200, json!({ "pipelineExecution": execution }).to_string())
        }
        "ListPipelineExecutions" => (200, r#"{"pipelineExecutionSummaries":[]}"#.to_owned()),
        _ if asked.body.starts_with("Action=AssumeRole") => (200, SESSION.to_owned()),
        _ => (
            404,
            r#"{"__type":"ResourceNotFoundException","message":"nothing was published"}"#
                .to_owned(),
        ),
    }
}

const SESSION: &str = "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>\
<Credentials><AccessKeyId>ASIA0000000000000000</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>\
<SessionToken>token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>\
<AssumedRoleUser><Arn>arn:aws:sts::111122223333:assumed-role/acme-starter/session</Arn>\
<AssumedRoleId>AROA0000000000000000:session</AssumedRoleId></AssumedRoleUser></AssumeRoleResult>\
<ResponseMetadata><RequestId>0</RequestId></ResponseMetadata></AssumeRoleResponse>";
