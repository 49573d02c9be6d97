//! A stack with the outputs of a deployment on an emulator, made by plain HTTP.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::scene::{Ran, Scene};

const STACK: &str = include_str!("stack.json");
const ENDPOINT_VARIABLE: &str = "DOWNRIVER_EMULATOR_ENDPOINT";
const ACCOUNT: &str = "123456789012";
const REGION: &str = "eu-west-1";
const CREATED_WITHIN: Duration = Duration::from_mins(1);

pub(crate) struct Hub {
    endpoint: String,
    name: String,
    outputs: String,
}

impl Hub {
    /// None, with a message, where no emulator is named.
    pub(crate) fn create(name: &str) -> Option<Self> {
        let Ok(endpoint) = std::env::var(ENDPOINT_VARIABLE) else {
            eprintln!("skipped: {ENDPOINT_VARIABLE} names no emulator");
            return None;
        };
        let mut hub = Self {
            endpoint,
            name: format!("cli-{name}-{}", std::process::id()),
            outputs: String::new(),
        };
        hub.outputs = hub.create_stack(&hub.name, STACK);
        Some(hub)
    }

    /// The name of a stack that is none of ours.
    pub(crate) fn create_other(&self) -> String {
        let name = format!("{}-other", self.name);
        let template = json!({ "Resources": { "Queue": { "Type": "AWS::SQS::Queue" } } });
        self.create_stack(&name, &template.to_string());
        name
    }

    pub(crate) fn run(&self, scene: &Scene, arguments: &[&str]) -> Ran {
        let is_named = arguments.contains(&"--deployment");
        let variables = [
            ("AWS_ENDPOINT_URL", self.endpoint.as_str()),
            ("AWS_ACCESS_KEY_ID", ACCOUNT),
            ("AWS_SECRET_ACCESS_KEY", "none"),
            ("AWS_REGION", REGION),
            ("AWS_CONFIG_FILE", "/nonexistent"),
            ("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent"),
        ];
        let mut arguments = arguments.to_vec();
        if !is_named {
            arguments.extend(["--deployment", &self.name]);
        }
        scene.run_with(&variables, &arguments)
    }

    #[track_caller]
    pub(crate) fn json(&self, scene: &Scene, arguments: &[&str], code: i32) -> Value {
        let mut arguments = arguments.to_vec();
        arguments.extend(["--format", "json"]);
        let ran = self.run(scene, &arguments);
        assert_eq!(ran.code, code, "{}{}", ran.out, ran.err);
        serde_json::from_str(&ran.out).unwrap()
    }

    pub(crate) fn queue_name(&self, output: &str) -> String {
        let url = self.output(output);
        url.rsplit('/').next().unwrap().to_owned()
    }

    pub(crate) fn send(&self, output: &str, body: &str, attributes: &Value) {
        let mut message = json!({ "QueueUrl": self.output(output), "MessageBody": body });
        if !attributes.is_null() {
            message["MessageAttributes"] = attributes.clone();
        }
        self.sqs("SendMessage", &message);
    }

    /// The bodies of all messages, which are deleted.
    pub(crate) fn receive(&self, output: &str) -> Vec<String> {
        let mut bodies = Vec::new();
        loop {
            let messages = self.receive_batch(output);
            if messages.is_empty() {
                return bodies;
            }
            bodies.extend(messages);
        }
    }

    /// The body of the first message to come.
    #[track_caller]
    pub(crate) fn receive_one(&self, output: &str, within: Duration) -> String {
        let started = Instant::now();
        while started.elapsed() < within {
            if let Some(body) = self.receive_batch(output).into_iter().next() {
                return body;
            }
        }
        panic!("no message came within {within:?}");
    }

    fn receive_batch(&self, output: &str) -> Vec<String> {
        let url = self.output(output);
        let wanted = json!({ "QueueUrl": url, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 1 });
        let received = self.sqs("ReceiveMessage", &wanted);
        let messages = received["Messages"].as_array().cloned().unwrap_or_default();
        for message in &messages {
            let receipt = json!({ "QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"] });
            self.sqs("DeleteMessage", &receipt);
        }
        let bodies = messages.iter().map(|message| message["Body"].as_str());
        bodies.map(|body| body.unwrap().to_owned()).collect()
    }

    pub(crate) fn object(&self, key: &str) -> String {
        let url = format!("{}/{}/{key}", self.endpoint, self.output("BucketName"));
        let got = ureq::get(url).header("authorization", signed("s3")).call();
        got.unwrap().body_mut().read_to_string().unwrap()
    }

    pub(crate) fn put_object(&self, key: &str, text: &str) {
        let url = format!("{}/{}/{key}", self.endpoint, self.output("BucketName"));
        let put = ureq::put(url).header("authorization", signed("s3"));
        put.send(text).unwrap();
    }

    /// The stack's description, once it is there.
    fn create_stack(&self, name: &str, template: &str) -> String {
        let body = format!("TemplateBody={}", encoded(template));
        self.cloudformation(&format!("Action=CreateStack&StackName={name}&{body}"));
        let started = Instant::now();
        while started.elapsed() < CREATED_WITHIN {
            let described = self.cloudformation(&format!("Action=DescribeStacks&StackName={name}"));
            if described.contains("CREATE_COMPLETE") {
                return described;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        panic!("stack {name} was not created within {CREATED_WITHIN:?}");
    }

    fn output(&self, key: &str) -> &str {
        let (_, rest) = self
            .outputs
            .split_once(&format!("<OutputKey>{key}</OutputKey>"))
            .unwrap();
        let (_, rest) = rest.split_once("<OutputValue>").unwrap();
        rest.split_once("</OutputValue>").unwrap().0
    }

    fn cloudformation(&self, form: &str) -> String {
        let sent = ureq::post(&self.endpoint)
            .header("authorization", signed("cloudformation"))
            .header("content-type", "application/x-www-form-urlencoded")
            .send(format!("{form}&Version=2010-05-15"));
        sent.unwrap().body_mut().read_to_string().unwrap()
    }

    fn sqs(&self, action: &str, body: &Value) -> Value {
        let sent = ureq::post(&self.endpoint)
            .header("authorization", signed("sqs"))
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", format!("AmazonSQS.{action}"))
            .send(body.to_string());
        let text = sent.unwrap().body_mut().read_to_string().unwrap();
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }
}

/// Emulators read the account, the region and the service of a signature, and do not check it.
fn signed(service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential={ACCOUNT}/20260101/{REGION}/{service}/aws4_request, SignedHeaders=host, Signature=0"
    )
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
