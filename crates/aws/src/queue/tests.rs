use aws_sdk_sqs::types::MessageSystemAttributeName;
use downriver_engine::ports::ResolvePage;
use downriver_engine::wire::Sources;
use downriver_engine::wire::messages::{Message, parse};

use super::*;
use crate::testing::{Answer, Server, clients, emulator};

fn at(millis: i64) -> Timestamp {
    Timestamp::from_unix_millis(1_767_225_600_000 + millis)
}

#[test]
fn a_timer_waits_whole_seconds_and_no_longer_than_sqs_can() {
    for (until, secs) in [
        (0, 0),
        (1, 1),
        (1_000, 1),
        (1_001, 2),
        (899_001, 900),
        (900_001, 900),
        (86_400_000, 900),
    ] {
        assert_eq!(delay_secs(at(until), at(0)), secs, "{until} ms");
    }
    for (past, secs) in [(-1, 0), (-86_400_000, 0)] {
        assert_eq!(delay_secs(at(past), at(0)), secs, "{past} ms");
    }
    assert_eq!(delay_secs(Timestamp::MAX, Timestamp::MIN), 900);
    assert_eq!(delay_secs(Timestamp::MIN, Timestamp::MAX), 0);
}

#[test]
fn a_queues_account_stands_in_its_url() {
    for (url, account) in [
        (
            "https://sqs.eu-central-1.amazonaws.com/123456789012/due",
            Some("123456789012"),
        ),
        (
            "http://localhost:4566/000000000000/due",
            Some("000000000000"),
        ),
        ("https://sqs.eu-central-1.amazonaws.com/due", None),
        ("due", None),
    ] {
        let found = account_of_queue(url);
        assert_eq!(found.as_ref().map(AccountId::as_str), account, "{url}");
    }
}

fn timer() -> Timer {
    Timer {
        application: "web-shop".parse().expect("an application id"),
        slot_revision: 7,
        at: Timestamp::from_unix_millis(0),
    }
}

fn page() -> ResolvePage {
    ResolvePage {
        package: "pkg:npm/%40acme/tokens".parse().expect("a package URL"),
        changes: Vec::new(),
        after: None,
    }
}

fn request() -> ReadRequest {
    ReadRequest {
        application: "web".parse().expect("an id"),
        execution: "e-1".parse().expect("an id"),
    }
}

#[tokio::test]
async fn messages_arrive_as_they_were_sent() {
    let Some(endpoint) = emulator() else { return };
    let client = clients(&endpoint).sqs();
    let mut urls = Vec::new();
    for name in [
        "downriver-test-due",
        "downriver-test-changes",
        "downriver-test-index",
    ] {
        let made = client
            .create_queue()
            .queue_name(name)
            .send()
            .await
            .expect("a queue");
        let url = made.queue_url.expect("its URL");
        client
            .purge_queue()
            .queue_url(&url)
            .send()
            .await
            .expect("an empty queue");
        urls.push(url);
    }
    let trace = TraceHeader::default();
    let header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
    trace.set(Some(header));
    let queue = SqsQueue::new(
        client.clone(),
        urls[0].clone(),
        Some(urls[1].clone()),
        Some(urls[2].clone()),
        trace.clone(),
    );
    queue.send_timer(&timer()).await.expect("a queue");
    trace.set(None);
    queue.send_page(&page()).await.expect("a queue");
    queue.send_read(&request()).await.expect("a queue");
    let mut found = Vec::new();
    for url in &urls {
        let answer = client
            .receive_message()
            .queue_url(url)
            .message_system_attribute_names(MessageSystemAttributeName::AwsTraceHeader)
            .wait_time_seconds(5)
            .send()
            .await
            .expect("an answer");
        let message = answer.messages().first().expect("a message").clone();
        let attributes = message.attributes().cloned().unwrap_or_default();
        let trace = attributes
            .get(&MessageSystemAttributeName::AwsTraceHeader)
            .cloned();
        let body = message.body.expect("a body");
        found.push((
            parse(body.as_bytes(), &Sources::default()).expect("ours"),
            trace,
        ));
    }
    assert_eq!(
        found,
        [
            (Message::Timer(timer()), Some(header.to_owned())),
            (Message::Page(page()), None),
            (Message::Read(request()), None),
        ]
    );
}

#[tokio::test]
async fn a_timer_ahead_is_delayed() {
    let server = Server::start(vec![Answer::Http(200, r#"{"MessageId":"1"}"#.to_owned())]);
    let trace = TraceHeader::default();
    // Nothing that X-Ray would write: the message goes without it.
    trace.set(Some("Root=1\r\nx: y"));
    let queue = SqsQueue::new(
        clients(&server.endpoint).sqs(),
        "http://x/123456789012/due".to_owned(),
        None,
        None,
        trace,
    );
    let ahead = Timer {
        at: SystemClock.now().plus_secs(3_600),
        ..timer()
    };
    queue.send_timer(&ahead).await.expect("an answer");
    let request = &server.requests()[0];
    assert!(
        request.body.contains(r#""DelaySeconds":900"#),
        "{}",
        request.body
    );
    assert!(!request.body.contains("AWSTraceHeader"), "{}", request.body);
}

#[tokio::test]
async fn what_is_to_be_read_goes_to_the_index_queue() {
    let server = Server::start(vec![Answer::Http(200, r#"{"MessageId":"1"}"#.to_owned())]);
    let queue = SqsQueue::new(
        clients(&server.endpoint).sqs(),
        "http://x/123456789012/due".to_owned(),
        None,
        Some("http://x/123456789012/index".to_owned()),
        TraceHeader::default(),
    );
    queue.send_read(&request()).await.expect("an answer");
    queue.send_repositories().await.expect("an answer");
    let sent = server.requests();
    for (request, kind) in sent.iter().zip(["read", "repositories"]) {
        let body: serde_json::Value = serde_json::from_str(&request.body).expect("JSON");
        assert_eq!(body["QueueUrl"], "http://x/123456789012/index");
        let message = body["MessageBody"].as_str().expect("a message");
        assert!(
            message.contains(&format!(r#""kind":"{kind}""#)),
            "{message}"
        );
    }
    assert_eq!(sent.len(), 2);
}

#[tokio::test]
async fn a_queue_that_refuses_is_told_with_its_reason() {
    let server = Server::start(vec![Answer::refusal(400, "QueueDoesNotExist")]);
    let queue = SqsQueue::new(
        clients(&server.endpoint).sqs(),
        "http://x/123456789012/due".to_owned(),
        None,
        None,
        TraceHeader::default(),
    );
    let error = queue.send_timer(&timer()).await.expect_err("refused");
    assert_eq!(error.0, "QueueDoesNotExist: because");
    let error = queue.send_repositories().await.expect_err("no queue");
    assert_eq!(error.0, "this function has no queue for what is to be read");
    let error = queue.send_page(&page()).await.expect_err("no queue");
    assert_eq!(
        error.0,
        "this function has no queue for pages of dependents"
    );
}
