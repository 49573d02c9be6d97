use downriver_domain::Timestamp;
use downriver_engine::ports::NoticeKind;

use super::*;
use crate::testing::{Answer, Server, clients, emulator};

fn notice(number: usize) -> Notice {
    Notice {
        kind: NoticeKind::RebuildStarted,
        at: Timestamp::from_unix_millis(1_767_225_600_000),
        owner: Some("team-a".parse().expect("an owner")),
        application: Some("web-shop".parse().expect("an application id")),
        rebuild: Some("web-shop.7".parse().expect("a rebuild id")),
        package_version: None,
        is_urgent: false,
        text: format!("notice {number}"),
    }
}

fn notices(count: usize) -> Vec<Notice> {
    (0..count).map(notice).collect()
}

fn bus(endpoint: &str) -> EventBus {
    EventBus::new(
        clients(endpoint).eventbridge(),
        "downriver-test".to_owned(),
        "downriver".to_owned(),
        TraceHeader::default(),
    )
}

fn taken() -> Answer {
    Answer::Http(200, r#"{"FailedEntryCount":0,"Entries":[]}"#.to_owned())
}

/// The texts of the notices of each call.
fn told(server: &Server) -> Vec<Vec<String>> {
    let requests = server.requests();
    let texts = requests.iter().map(|request| {
        let body: serde_json::Value = serde_json::from_str(&request.body).expect("JSON");
        let entries = body["Entries"].as_array().expect("entries").clone();
        let texts = entries.iter().map(|entry| {
            let detail = entry["Detail"].as_str().expect("a detail");
            let detail: serde_json::Value = serde_json::from_str(detail).expect("JSON");
            detail["text"].as_str().expect("a text").to_owned()
        });
        texts.collect()
    });
    texts.collect()
}

#[tokio::test]
async fn ten_notices_go_in_one_call() {
    let server = Server::start(vec![taken()]);
    bus(&server.endpoint)
        .publish(&notices(23))
        .await
        .expect("best effort");
    let calls = told(&server);
    assert_eq!(calls.iter().map(Vec::len).collect::<Vec<_>>(), [10, 10, 3]);
    assert_eq!(
        calls.concat(),
        (0..23)
            .map(|number| format!("notice {number}"))
            .collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn a_call_stays_below_the_size_that_eventbridge_takes() {
    let server = Server::start(vec![taken()]);
    let long: Vec<Notice> = notices(10)
        .into_iter()
        .map(|notice| Notice {
            text: "\u{1}".repeat(8_000),
            ..notice
        })
        .collect();
    bus(&server.endpoint)
        .publish(&long)
        .await
        .expect("best effort");
    assert_eq!(
        told(&server).iter().map(Vec::len).collect::<Vec<_>>(),
        [4, 4, 2]
    );
}

#[tokio::test]
async fn nothing_to_tell_is_no_call() {
    let server = Server::start(vec![taken()]);
    bus(&server.endpoint)
        .publish(&[])
        .await
        .expect("best effort");
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn entries_that_were_throttled_are_sent_again_alone() {
    let server = Server::start(vec![
        Answer::Http(
            200,
            r#"{"FailedEntryCount":2,"Entries":[{"EventId":"1"},{"ErrorCode":"ThrottlingException","ErrorMessage":"x"},
                {"ErrorCode":"InternalFailure"}]}"#
                .to_owned(),
        ),
        taken(),
    ]);
    bus(&server.endpoint)
        .publish(&notices(3))
        .await
        .expect("best effort");
    let texts = |numbers: &[u8]| -> Vec<String> {
        numbers
            .iter()
            .map(|number| format!("notice {number}"))
            .collect()
    };
    assert_eq!(told(&server), [texts(&[0, 1, 2]), texts(&[1, 2])]);
}

#[tokio::test]
async fn what_cannot_be_told_stops_nothing() {
    let refused =
        r#"{"FailedEntryCount":1,"Entries":[{"ErrorCode":"NotAuthorizedForSourceException"}]}"#;
    for (answer, calls) in [
        (Answer::Http(200, refused.to_owned()), 1),
        (Answer::refusal(400, "AccessDeniedException"), 1),
        (Answer::refusal(500, "InternalException"), 3),
        (
            Answer::Http(200, refused.replace("NotAuthorizedForSource", "Throttling")),
            3,
        ),
    ] {
        let server = Server::start(vec![answer.clone()]);
        bus(&server.endpoint)
            .publish(&notices(1))
            .await
            .expect("best effort");
        assert_eq!(server.requests().len(), calls, "{answer:?}");
    }
}

#[tokio::test]
async fn a_rule_delivers_what_was_published() {
    let Some(endpoint) = emulator() else { return };
    let all = clients(&endpoint);
    let (events, sqs) = (all.eventbridge(), all.sqs());
    let queue = sqs
        .create_queue()
        .queue_name("downriver-test-bus")
        .send()
        .await
        .expect("a queue");
    let url = queue.queue_url.expect("its URL");
    sqs.purge_queue()
        .queue_url(&url)
        .send()
        .await
        .expect("an empty queue");
    let _ = events
        .create_event_bus()
        .name("downriver-test")
        .send()
        .await;
    events
        .put_rule()
        .name("all")
        .event_bus_name("downriver-test")
        .event_pattern(r#"{"source":["downriver"]}"#)
        .send()
        .await
        .expect("a rule");
    let target = aws_sdk_eventbridge::types::Target::builder()
        .id("queue")
        .arn("arn:aws:sqs:eu-central-1:123456789012:downriver-test-bus")
        .build()
        .expect("a target");
    events
        .put_targets()
        .rule("all")
        .event_bus_name("downriver-test")
        .targets(target)
        .send()
        .await
        .expect("a target");
    bus(&endpoint)
        .publish(&notices(1))
        .await
        .expect("best effort");
    let answer = sqs
        .receive_message()
        .queue_url(&url)
        .wait_time_seconds(5)
        .send()
        .await
        .expect("an answer");
    let body = answer
        .messages()
        .first()
        .and_then(|message| message.body())
        .expect("an event");
    let event: serde_json::Value = serde_json::from_str(body).expect("JSON");
    assert_eq!(event["source"], "downriver");
    assert_eq!(event["detail-type"], "Downriver Rebuild Started");
    assert_eq!(event["detail"]["rebuild"], "web-shop.7");
}
