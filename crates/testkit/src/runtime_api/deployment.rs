//! A deployment as a function sees it: its environment, the events of its queue, and AWS where nothing has happened yet.

use std::path::Path;

use serde_json::{Value, json};

use super::{Asked, Endpoint, Function};

/// Every variable that any function reads, everything of AWS at `endpoint`.
pub fn environment(endpoint: &str) -> Vec<(&'static str, String)> {
    let queue = |name: &str| format!("{endpoint}/111122223333/{name}");
    vec![
        ("AWS_ENDPOINT_URL", endpoint.to_owned()),
        ("BUCKET_NAME", "acme-bucket".to_owned()),
        ("BUS_NAME", "acme".to_owned()),
        ("CHANGES_QUEUE_URL", queue("ChangesQueue")),
        ("DEPLOYMENT_NAME", "acme".to_owned()),
        ("DUE_QUEUE_URL", queue("DueQueue")),
        ("EXTRA_EVENT_SOURCES", String::new()),
        ("HISTORY_RETENTION_DAYS", "400".to_owned()),
        ("INDEX_QUEUE_URL", queue("IndexQueue")),
        ("LOG_LEVEL", "info".to_owned()),
        ("QUARANTINE_QUEUE_URL", queue("QuarantineQueue")),
        ("SHADOW_MODE", "false".to_owned()),
        ("SPOKE_ACCOUNTS", "444455556666".to_owned()),
        ("SPOKE_EXTERNAL_ID", "acme".to_owned()),
        (
            "SPOKE_ROLE_ARN",
            "arn:aws:iam::*:role/acme-spoke".to_owned(),
        ),
        (
            "STARTER_ROLE_ARN",
            "arn:aws:iam::111122223333:role/acme-starter".to_owned(),
        ),
        ("TABLE_NAME", "acme-table".to_owned()),
    ]
}

/// An event of a queue with these messages, `m0`, `m1`, …, as Lambda hands it over.
pub fn queue_event(queue: &str, bodies: &[&str]) -> String {
    let records = bodies.iter().enumerate().map(|(index, body)| {
        json!({
            "messageId": format!("m{index}"),
            "receiptHandle": format!("receipt-{index}"),
            "body": body,
            "attributes": {
                "ApproximateReceiveCount": "1",
                "SentTimestamp": "1545082649183",
                "SenderId": "AIDAIENQZJOLO23YVJ4VO",
                "ApproximateFirstReceiveTimestamp": "1545082649185",
            },
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": format!("arn:aws:sqs:eu-west-1:111122223333:{queue}"),
            "awsRegion": "eu-west-1",
        })
    });
    json!({ "Records": records.collect::<Vec<Value>>() }).to_string()
}

/// The ids of the messages that are to be delivered again, as a function answered.
pub fn failed_messages(response: &str) -> Vec<String> {
    let response: Value = serde_json::from_str(response).expect("a response is JSON");
    let failures = response["batchItemFailures"].as_array();
    let failures = failures.expect("a batch is answered with the failures in it");
    failures
        .iter()
        .map(|failure| {
            let id = failure["itemIdentifier"].as_str();
            id.expect("a failure names its message").to_owned()
        })
        .collect()
}

/// A function's binary, everything of AWS at `endpoint`.
///
/// # Panics
/// If it does not start.
pub fn start_function(program: &str, endpoint: &Endpoint) -> Function {
    let environment = environment(endpoint.url());
    Function::start(Path::new(program), &environment).expect("the binary starts")
}

/// An empty table, and queues that take everything.
pub fn answer_as_new(asked: &Asked) -> (u16, String) {
    let body = if asked.operation.ends_with(".DescribeTable") {
        r#"{"Table":{"TableName":"acme-table","TableId":"1f2a3b4c-0000-4000-8000-000000000001"}}"#
    } else if asked.operation.starts_with("AmazonSQS.") {
        r#"{"MessageId":"0f6a","MD5OfMessageBody":"","Successful":[],"Failed":[]}"#
    } else {
        "{}"
    };
    (200, body.to_owned())
}

/// What was sent to the quarantine queue: body, reason, queue, message id.
///
/// # Panics
/// If something was sent to another queue, or without its time.
pub fn quarantined(endpoint: &Endpoint) -> Vec<[String; 4]> {
    let asked = endpoint.asked().into_iter();
    asked
        .filter(|asked| asked.operation == "AmazonSQS.SendMessage")
        .map(|asked| {
            let sent: Value = serde_json::from_str(&asked.body).expect("a request is JSON");
            let queue = sent["QueueUrl"].as_str().unwrap_or_default();
            assert!(queue.ends_with("/QuarantineQueue"), "{sent}");
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let attribute = |name: &str| text(&sent["MessageAttributes"][name]["StringValue"]);
            assert!(attribute("quarantined_at").ends_with('Z'), "{sent}");
            [
                text(&sent["MessageBody"]),
                attribute("reason"),
                attribute("from_queue"),
                attribute("message_id"),
            ]
        })
        .collect()
}
