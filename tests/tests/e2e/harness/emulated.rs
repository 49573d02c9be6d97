//! Calls to the emulator as AWS's own protocols have them, written by hand: the suite must not look through the adapters it tests.

use std::time::Duration;

use serde_json::{Value, json};
use ureq::http::Response;
use ureq::{Agent, AsSendBody, Body};

const TIMEOUT: Duration = Duration::from_mins(1);
/// Of hundreds of megabytes, while dozens of tests run.
const UPLOAD_TIMEOUT: Duration = Duration::from_mins(5);
/// Messages taken at once.
const RECEIVE_MAX: u32 = 10;

/// An emulator of AWS, called by somebody in an account.
#[derive(Debug, Clone)]
pub(crate) struct Emulated {
    endpoint: String,
    account: String,
    region: String,
    agent: Agent,
}

/// A message as SQS hands it over.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) body: String,
    /// Message attributes, as text.
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) receipt: String,
}

impl Message {
    pub(crate) fn attribute(&self, name: &str) -> &str {
        self.attributes
            .iter()
            .find(|(known, _)| known == name)
            .map_or("", |(_, value)| value)
    }
}

impl Emulated {
    pub(crate) fn new(endpoint: &str, account: &str, region: &str) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .http_status_as_error(false)
            .build();
        Self {
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            account: account.to_owned(),
            region: region.to_owned(),
            agent: config.into(),
        }
    }

    /// The same account's services in another Region.
    pub(crate) fn in_region(&self, region: &str) -> Self {
        Self::new(&self.endpoint, &self.account, region)
    }

    /// One call of a service that speaks AWS's JSON protocol; the answer, or the error's name.
    pub(crate) fn try_json(
        &self,
        service: &str,
        target: &str,
        input: &Value,
    ) -> Result<Value, String> {
        let version = if service == "dynamodb" || service == "sqs" {
            "1.0"
        } else {
            "1.1"
        };
        let answer = self
            .agent
            .post(format!("{}/", self.endpoint))
            .header("authorization", self.authorization(service))
            .header("content-type", format!("application/x-amz-json-{version}"))
            .header("x-amz-target", target)
            .send(input.to_string());
        let mut answer = answer.unwrap_or_else(|error| panic!("{target}: {error}"));
        let status = answer.status().as_u16();
        let body = answer.body_mut().read_to_string().unwrap_or_default();
        let value: Value = serde_json::from_str(&body).unwrap_or(Value::Null);
        if status == 200 {
            return Ok(value);
        }
        Err(value["__type"].as_str().map_or(body, str::to_owned))
    }

    pub(crate) fn json(&self, service: &str, target: &str, input: &Value) -> Value {
        self.try_json(service, target, input)
            .unwrap_or_else(|error| panic!("{target}: {error}"))
    }

    /// The outputs of a stack, by name.
    pub(crate) fn stack_outputs(&self, stack: &str) -> Value {
        let xml = self.cloudformation(&[("Action", "DescribeStacks"), ("StackName", stack)]);
        let mut outputs = serde_json::Map::new();
        for output in xml.split("<OutputKey>").skip(1) {
            let key = output.split('<').next().unwrap_or_default();
            let value = between(output, "<OutputValue>", "</OutputValue>");
            outputs.insert(key.to_owned(), json!(unescaped(value)));
        }
        Value::Object(outputs)
    }

    /// The physical id of a resource of a stack.
    pub(crate) fn stack_resource(&self, stack: &str, logical_id: &str) -> String {
        let xml = self.cloudformation(&[
            ("Action", "DescribeStackResource"),
            ("StackName", stack),
            ("LogicalResourceId", logical_id),
        ]);
        unescaped(between(
            &xml,
            "<PhysicalResourceId>",
            "</PhysicalResourceId>",
        ))
    }

    fn cloudformation(&self, form: &[(&str, &str)]) -> String {
        let mut form = form.to_vec();
        form.push(("Version", "2010-05-15"));
        self.query("cloudformation", &form)
    }

    /// One call of a service that takes forms; its answer, or its error, in XML.
    pub(crate) fn query(&self, service: &str, form: &[(&str, &str)]) -> String {
        let answer = self
            .agent
            .post(format!("{}/", self.endpoint))
            .header("authorization", self.authorization(service))
            .send_form(form.iter().copied());
        let mut answer = answer.unwrap_or_else(|error| panic!("{service}: {error}"));
        let body = answer.body_mut().read_to_string();
        body.unwrap_or_else(|error| panic!("{service}: {error}"))
    }

    /// The same caller, of another emulator.
    pub(crate) fn at(&self, endpoint: &str) -> Self {
        Self {
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            ..self.clone()
        }
    }

    pub(crate) fn send(&self, queue: &str, body: &str) {
        self.json(
            "sqs",
            "AmazonSQS.SendMessage",
            &json!({"QueueUrl": queue, "MessageBody": body}),
        );
    }

    /// Up to ten messages of a queue, which then stay hidden for `hidden_secs`.
    pub(crate) fn receive(&self, queue: &str, hidden_secs: u32) -> Vec<Message> {
        let answer = self.json(
            "sqs",
            "AmazonSQS.ReceiveMessage",
            &json!({
                "QueueUrl": queue, "MaxNumberOfMessages": RECEIVE_MAX, "VisibilityTimeout": hidden_secs,
                "MessageAttributeNames": ["All"], "WaitTimeSeconds": 0,
            }),
        );
        let messages = answer["Messages"].as_array().cloned().unwrap_or_default();
        messages.iter().map(message).collect()
    }

    pub(crate) fn delete(&self, queue: &str, message: &Message) {
        self.json(
            "sqs",
            "AmazonSQS.DeleteMessage",
            &json!({"QueueUrl": queue, "ReceiptHandle": message.receipt}),
        );
    }

    /// Messages in a queue: to be received now, in flight, and delayed.
    pub(crate) fn queue_length(&self, queue: &str) -> u64 {
        let answer = self.json(
            "sqs",
            "AmazonSQS.GetQueueAttributes",
            &json!({"QueueUrl": queue, "AttributeNames": ["All"]}),
        );
        [
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ]
        .iter()
        .filter_map(|name| answer["Attributes"][name].as_str()?.parse::<u64>().ok())
        .sum()
    }

    /// Puts events on the default bus, and fails if one is refused.
    pub(crate) fn put_events(&self, entries: &[Value]) {
        for chunk in entries.chunks(10) {
            let answer = self.json("events", "AWSEvents.PutEvents", &json!({"Entries": chunk}));
            assert_eq!(answer["FailedEntryCount"], 0, "{answer}");
        }
    }

    /// Invokes a function and waits for its answer.
    pub(crate) fn invoke(&self, function: &str, payload: &Value) -> Value {
        let answer = self
            .agent
            .post(format!(
                "{}/2015-03-31/functions/{function}/invocations",
                self.endpoint
            ))
            .header("authorization", self.authorization("lambda"))
            .send(payload.to_string());
        let mut answer = answer.expect("Lambda answers");
        let failed = answer.headers().get("x-amz-function-error").is_some();
        let body = answer
            .body_mut()
            .read_to_string()
            .expect("a function's answer is text");
        assert!(!failed, "{function} failed: {body}");
        serde_json::from_str(&body).unwrap_or(Value::Null)
    }

    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// One call of Lambda's REST API.
    pub(crate) fn lambda(&self, path: &str, input: Option<&Value>) -> Value {
        self.rest("lambda", path, input)
    }

    /// A PUT of S3, of anything from nothing to hundreds of megabytes.
    pub(crate) fn put(&self, path: &str, content: impl AsSendBody) {
        let request = self.agent.put(format!("{}{path}", self.endpoint));
        let request = request.header("authorization", self.authorization("s3"));
        let request = { request.config() }.timeout_global(Some(UPLOAD_TIMEOUT));
        s3_answer(path, request.build().send(content));
    }

    /// Whether S3 has this bucket or object.
    pub(crate) fn has(&self, path: &str) -> bool {
        let request = self.agent.head(format!("{}{path}", self.endpoint));
        let request = request.header("authorization", self.authorization("s3"));
        let answer = { request.call() }.unwrap_or_else(|error| panic!("{path}: {error}"));
        answer.status().as_u16() == 200
    }

    /// Deletes an object.
    pub(crate) fn delete_object(&self, bucket: &str, key: &str) {
        let path = format!("/{bucket}/{key}");
        let request = self.agent.delete(format!("{}{path}", self.endpoint));
        let request = request.header("authorization", self.authorization("s3"));
        s3_answer(&path, request.call());
    }

    /// Lines of a log group that hold `text`, oldest first.
    pub(crate) fn log_lines(&self, group: &str, text: &str) -> Vec<String> {
        let input = json!({"logGroupName": group, "filterPattern": format!("\"{text}\"")});
        let answer = self.json("logs", "Logs_20140328.FilterLogEvents", &input);
        let events = answer["events"].as_array().into_iter().flatten();
        events
            .filter_map(|event| event["message"].as_str().map(str::to_owned))
            .collect()
    }

    /// Keeps a schedule from invoking anything by itself.
    pub(crate) fn disable_schedule(&self, name: &str) {
        let path = format!("/schedules/{name}");
        let known = self.rest("scheduler", &path, None);
        let mut schedule = json!({"State": "DISABLED"});
        for field in [
            "FlexibleTimeWindow",
            "GroupName",
            "ScheduleExpression",
            "Target",
        ] {
            schedule[field] = known[field].clone();
        }
        self.rest("scheduler", &path, Some(&schedule));
        let state = self.rest("scheduler", &path, None)["State"].clone();
        assert_eq!(state, "DISABLED");
    }

    /// A GET, or a PUT of `input`.
    fn rest(&self, service: &str, path: &str, input: Option<&Value>) -> Value {
        let address = format!("{}{path}", self.endpoint);
        let authorization = self.authorization(service);
        let answer = match input {
            Some(input) => self
                .agent
                .put(address)
                .header("authorization", authorization)
                .header("content-type", "application/json")
                .send(input.to_string()),
            None => self
                .agent
                .get(address)
                .header("authorization", authorization)
                .call(),
        };
        let mut answer = answer.unwrap_or_else(|error| panic!("{path}: {error}"));
        let status = answer.status().as_u16();
        let body = answer.body_mut().read_to_string().unwrap_or_default();
        assert!((200..300).contains(&status), "{path}: {status} {body}");
        serde_json::from_str(&body).unwrap_or(Value::Null)
    }

    fn authorization(&self, service: &str) -> String {
        let (account, region) = (&self.account, &self.region);
        format!(
            "AWS4-HMAC-SHA256 Credential={account}/20260101/{region}/{service}/aws4_request, SignedHeaders=host, Signature=none"
        )
    }
}

fn s3_answer(path: &str, answer: Result<Response<Body>, ureq::Error>) {
    let mut answer = answer.unwrap_or_else(|error| panic!("{path}: {error}"));
    let status = answer.status().as_u16();
    let body = answer.body_mut().read_to_string().unwrap_or_default();
    assert!((200..300).contains(&status), "{path}: {status} {body}");
}

fn message(message: &Value) -> Message {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let attributes = message["MessageAttributes"].as_object();
    Message {
        body: text(&message["Body"]),
        attributes: attributes
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.clone(), text(&value["StringValue"])))
            .collect(),
        receipt: text(&message["ReceiptHandle"]),
    }
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    text.split_once(start)
        .and_then(|(_, rest)| rest.split_once(end))
        .map_or("", |(inner, _)| inner)
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}
