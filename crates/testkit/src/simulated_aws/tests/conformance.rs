//! The operations that moto has too: same requests, answers of the same shape, but for what is listed here.
//!
//! Needs a moto server in `DOWNRIVER_MOTO_ENDPOINT`; without it the test says so and passes.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::simulated_aws::client::{Client, Control};
use crate::simulated_aws::{NewPipeline, NewScripts, Script, Server, Settings};

const ENDPOINT: &str = "DOWNRIVER_MOTO_ENDPOINT";
const ACCOUNT: &str = "123456789012";
const REGION: &str = "eu-central-1";
/// Why a shape of ours is another than moto's.
#[derive(Debug, Clone, Copy)]
enum Reason {
    /// moto writes times as text, where JSON 1.1 has seconds.
    TextTime,
    /// moto leaves types and modes out.
    NoMode,
    /// moto writes null where AWS leaves a member out.
    Null,
    /// moto answers with an empty list of tags where none were given.
    NoTags,
    /// The model has an error of its own for this, which moto does not use.
    OwnError,
}

/// Step, member, ours, moto's. Values are not compared: moto lets every execution succeed at once, ignores tokens and does not know
/// who started it.
const DIFFERENCES: &[(&str, &str, &str, &str, Reason)] = &[
    ("create", ".tags", "nothing", "list", Reason::NoTags),
    (
        "create again",
        "error",
        "PipelineNameInUseException",
        "InvalidStructureException",
        Reason::OwnError,
    ),
    (
        "get",
        ".metadata.created",
        "number",
        "string",
        Reason::TextTime,
    ),
    (
        "get",
        ".metadata.updated",
        "number",
        "string",
        Reason::TextTime,
    ),
    (
        "list",
        ".pipelines[].created",
        "number",
        "string",
        Reason::TextTime,
    ),
    (
        "list",
        ".pipelines[].updated",
        "number",
        "string",
        Reason::TextTime,
    ),
    (
        "list",
        ".pipelines[].executionMode",
        "string",
        "nothing",
        Reason::NoMode,
    ),
    (
        "list",
        ".pipelines[].pipelineType",
        "string",
        "nothing",
        Reason::NoMode,
    ),
    (
        "get execution",
        ".pipelineExecution.executionMode",
        "string",
        "nothing",
        Reason::NoMode,
    ),
    (
        "get execution",
        ".pipelineExecution.executionType",
        "string",
        "nothing",
        Reason::NoMode,
    ),
    (
        "get execution",
        ".pipelineExecution.statusSummary",
        "nothing",
        "null",
        Reason::Null,
    ),
    (
        "list executions",
        ".nextToken",
        "nothing",
        "null",
        Reason::Null,
    ),
    (
        "list executions",
        ".pipelineExecutionSummaries[].executionMode",
        "string",
        "nothing",
        Reason::NoMode,
    ),
    (
        "list executions",
        ".pipelineExecutionSummaries[].executionType",
        "string",
        "nothing",
        Reason::NoMode,
    ),
    (
        "list executions",
        ".pipelineExecutionSummaries[].lastUpdateTime",
        "number",
        "string",
        Reason::TextTime,
    ),
    (
        "list executions",
        ".pipelineExecutionSummaries[].startTime",
        "number",
        "string",
        Reason::TextTime,
    ),
    (
        "list executions",
        ".pipelineExecutionSummaries[].statusSummary",
        "nothing",
        "null",
        Reason::Null,
    ),
];

#[test]
fn answers_have_the_shape_of_motos_but_for_what_is_listed() {
    let Ok(endpoint) = std::env::var(ENDPOINT) else {
        println!("{ENDPOINT} is not set: nothing was compared with moto");
        return;
    };
    let settings = Settings {
        starts_on_create: false,
        ..Settings::default()
    };
    let server = Server::start(settings).unwrap();
    let control = Control::new(&server.endpoint());
    // So that nothing moves while the two are compared.
    let stay = || control.set_scripts(&scripts(Script::hang(0, "Source")));
    let ours = walk(&Client::new(&server.endpoint(), ACCOUNT, REGION), stay);
    create_role(&endpoint);
    let theirs = walk(&Client::new(&endpoint, ACCOUNT, REGION), || {});
    let mut found = Vec::new();
    for (step, our_shape) in &ours {
        let their_shape = &theirs[step];
        let members: std::collections::BTreeSet<&String> =
            our_shape.keys().chain(their_shape.keys()).collect();
        for member in members {
            let kind = |shape: &BTreeMap<String, String>| {
                shape
                    .get(member)
                    .map_or("nothing", String::as_str)
                    .to_owned()
            };
            let (our_kind, their_kind) = (kind(our_shape), kind(their_shape));
            if our_kind != their_kind {
                found.push([*step, member, &our_kind, &their_kind].join(" | "));
            }
        }
    }
    for (step, member, .., reason) in DIFFERENCES {
        println!("{step} {member}: {reason:?}");
    }
    let known = DIFFERENCES.iter();
    let known =
        known.map(|(step, member, ours, theirs, _)| [*step, *member, *ours, *theirs].join(" | "));
    let mut known: Vec<String> = known.collect();
    known.sort();
    found.sort();
    assert_eq!(found, known);
}

type Shapes = BTreeMap<&'static str, BTreeMap<String, String>>;

/// The life of a pipeline, each step's answer by its shape.
fn walk(client: &Client, when_created: impl FnOnce()) -> Shapes {
    let mut shapes = Shapes::new();
    let mut step = |name: &'static str, operation: &str, input: Value| {
        let answer = client.codepipeline(operation, &input);
        let mut shape = BTreeMap::new();
        match &answer {
            Ok(answer) => add_shape(answer, "", &mut shape),
            Err(error) => {
                shape.insert("error".to_owned(), error.kind().to_owned());
            }
        }
        shapes.insert(name, shape);
        answer.unwrap_or_default()
    };
    let pipeline = NewPipeline::named("compared").declaration(ACCOUNT);
    let name = json!({"name": "compared"});
    let list = json!({"pipelineName": "compared"});
    let unknown = "00000000-0000-4000-8000-000000000000";
    let by_id =
        |pipeline: &str, id: &Value| json!({"pipelineName": pipeline, "pipelineExecutionId": id});
    step("create", "CreatePipeline", json!({"pipeline": pipeline}));
    when_created();
    step(
        "create again",
        "CreatePipeline",
        json!({"pipeline": pipeline}),
    );
    step(
        "create short",
        "CreatePipeline",
        json!({"pipeline": one_stage()}),
    );
    step("update", "UpdatePipeline", json!({"pipeline": pipeline}));
    step("get", "GetPipeline", name.clone());
    step("get unknown", "GetPipeline", json!({"name": "nowhere"}));
    step("list", "ListPipelines", json!({}));
    for (name, pipeline) in [("tags", "compared"), ("tags of unknown", "nowhere")] {
        step(name, "ListTagsForResource", resource(pipeline));
    }
    let started = step("start", "StartPipelineExecution", a_start());
    let id = &started["pipelineExecutionId"];
    step(
        "start unknown",
        "StartPipelineExecution",
        json!({"name": "nowhere"}),
    );
    step(
        "get execution",
        "GetPipelineExecution",
        by_id("compared", id),
    );
    step(
        "get unknown execution",
        "GetPipelineExecution",
        by_id("compared", &json!(unknown)),
    );
    step(
        "get execution of unknown",
        "GetPipelineExecution",
        by_id("nowhere", id),
    );
    step("list executions", "ListPipelineExecutions", list);
    step(
        "list executions of unknown",
        "ListPipelineExecutions",
        json!({"pipelineName": "nowhere"}),
    );
    step("delete", "DeletePipeline", name.clone());
    step("get deleted", "GetPipeline", name);
    shapes
}

fn resource(name: &str) -> Value {
    json!({"resourceArn": format!("arn:aws:codepipeline:{REGION}:{ACCOUNT}:{name}")})
}

fn a_start() -> Value {
    json!({
        "name": "compared",
        "variables": [
            {"name": "DOWNRIVER_REBUILD", "value": "a"},
            {"name": "DOWNRIVER_CHANGES", "value": "b"},
        ],
    })
}

fn one_stage() -> Value {
    let mut declaration = NewPipeline::named("short").declaration(ACCOUNT);
    declaration["stages"] = json!([declaration["stages"][0]]);
    declaration
}

fn scripts(script: Script) -> NewScripts {
    NewScripts {
        account: ACCOUNT.to_owned(),
        region: REGION.to_owned(),
        pipeline: None,
        script: Some(script),
        next: Vec::new(),
    }
}

/// Every member with its kind; of a list its first entry's.
fn add_shape(value: &Value, path: &str, shape: &mut BTreeMap<String, String>) {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "structure",
    };
    shape.insert(path.to_owned(), kind.to_owned());
    match value {
        Value::Array(values) => {
            if let Some(first) = values.first() {
                add_shape(first, &format!("{path}[]"), shape);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                add_shape(member, &format!("{path}.{name}"), shape);
            }
        }
        _ => {}
    }
}

/// moto looks whether the pipeline's role exists and trusts CodePipeline.
fn create_role(endpoint: &str) {
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": "codepipeline.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }],
    });
    let scope = format!("{ACCOUNT}/20260101/us-east-1/iam/aws4_request");
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .new_agent();
    let answer = agent
        .post(format!("{}/", endpoint.trim_end_matches('/')))
        .header(
            "authorization",
            format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=none"),
        )
        .send_form([
            ("Action", "CreateRole"),
            ("Version", "2010-05-08"),
            ("RoleName", "pipeline"),
            ("AssumeRolePolicyDocument", &trust.to_string()),
        ])
        .unwrap();
    // 409: an earlier run made it.
    assert!([200, 409].contains(&answer.status().as_u16()), "{answer:?}");
}
