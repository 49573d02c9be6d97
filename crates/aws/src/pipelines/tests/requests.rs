//! What is put on another account's bus, and what each answer means.

use super::*;
use crate::testing::{Answer, Server};

fn put() -> Answer {
    Answer::Http(
        200,
        r#"{"FailedEntryCount":0,"Entries":[{"EventId":"11710aed"}]}"#.to_owned(),
    )
}

fn failed(code: &str) -> Answer {
    Answer::Http(
        200,
        format!(
            r#"{{"FailedEntryCount":1,"Entries":[{{"ErrorCode":"{code}","ErrorMessage":"because"}}]}}"#
        ),
    )
}

async fn request(answer: Answer) -> (Result<(), StartError>, Server) {
    let server = Server::start(vec![answer]);
    let start = attempt_in("555555555555", "web-shop.7.2");
    let answer = pipelines(&server.endpoint).request_execution(&start).await;
    (answer, server)
}

#[tokio::test]
async fn a_request_is_one_event_on_the_bus_of_the_account_and_region() {
    let (answer, server) = request(put()).await;
    assert_eq!(answer, Ok(()));
    let requests = server.requests();
    assert_eq!(requests.len(), 1, "no session is opened");
    let headers = requests[0].headers.join("\n");
    assert!(
        headers.contains("x-amz-target: AWSEvents.PutEvents"),
        "{headers}"
    );
    // With our own credentials, and in the Region of the bus.
    assert!(headers.contains("Credential=123456789012/"), "{headers}");
    assert!(headers.contains("/eu-west-1/events/"), "{headers}");
    let body: serde_json::Value = serde_json::from_str(&requests[0].body).expect("JSON");
    let entries = body["Entries"].as_array().expect("entries");
    assert_eq!(entries.len(), 1);
    let detail = entries[0]["Detail"].as_str().expect("a detail");
    assert_eq!(
        detail,
        r#"{"version":"1","pipeline":"web-shop","attempt":"web-shop.7.2","rebuild":"web-shop.7","has_variables":true,"variables":[{"name":"DOWNRIVER_REBUILD","value":"web-shop.7"}]}"#
    );
    assert_eq!(
        entries[0],
        serde_json::json!({
            "Source": "downriver",
            "DetailType": "Downriver Rebuild Requested",
            "Detail": detail,
            "EventBusName": "arn:aws:events:eu-west-1:555555555555:event-bus/downriver-requests",
        })
    );
}

#[tokio::test]
async fn an_event_that_was_not_taken_was_not_put_though_the_call_succeeded() {
    let denied = |code: &str| {
        StartError::Denied(format!(
            "{code}: because; add account 555555555555 to the deployment's parameter EventStartedAccounts, and deploy \
             infra/requests in account 555555555555"
        ))
    };
    for (code, expected) in [
        ("ThrottlingException", StartError::Throttled),
        ("AccessDeniedException", denied("AccessDeniedException")),
        (
            "NotAuthorizedForSourceException",
            denied("NotAuthorizedForSourceException"),
        ),
        (
            "NotAuthorizedForDetailTypeException",
            denied("NotAuthorizedForDetailTypeException"),
        ),
        (
            "InternalFailure",
            StartError::Unknown("InternalFailure: because".to_owned()),
        ),
        (
            "MalformedDetail",
            StartError::Invalid("MalformedDetail: because".to_owned()),
        ),
    ] {
        let (answer, server) = request(failed(code)).await;
        assert_eq!(answer, Err(expected), "{code}");
        assert_eq!(server.requests().len(), 1, "{code}: it is put once");
    }
    let without_reason = Answer::Http(200, r#"{"FailedEntryCount":1,"Entries":[]}"#.to_owned());
    let (answer, _) = request(without_reason).await;
    assert!(matches!(answer, Err(StartError::Unknown(_))), "{answer:?}");
}

#[tokio::test]
async fn a_call_that_eventbridge_refuses_put_nothing() {
    let (answer, _) = request(Answer::refusal(400, "ThrottlingException")).await;
    assert_eq!(answer, Err(StartError::Throttled));
    let (answer, _) = request(Answer::refusal(400, "AccessDeniedException")).await;
    let Err(StartError::Denied(text)) = answer else {
        panic!("{answer:?}");
    };
    assert!(text.contains("EventStartedAccounts"), "{text}");
    let (answer, _) = request(Answer::refusal(400, "ValidationException")).await;
    assert!(matches!(answer, Err(StartError::Invalid(_))), "{answer:?}");
}

#[tokio::test]
async fn a_request_without_an_answer_is_unknown_and_not_put_again() {
    for answer in [
        Answer::refusal(500, "InternalException"),
        Answer::Http(502, "<html>bad gateway</html>".to_owned()),
        Answer::Http(200, "<html>hello</html>".to_owned()),
        Answer::Close,
        Answer::Silence,
    ] {
        let (found, server) = request(answer.clone()).await;
        assert!(
            matches!(found, Err(StartError::Unknown(_))),
            "{answer:?}: {found:?}"
        );
        assert_eq!(server.requests().len(), 1, "{answer:?}");
    }
}

#[tokio::test]
async fn the_bus_is_in_the_part_of_aws_that_the_deployment_is_in() {
    let server = Server::start(vec![put()]);
    let clients = clients_within(&server.endpoint, Duration::from_secs(6));
    let role = "arn:aws-cn:iam::123456789012:role/starter";
    let own = OWN.parse().expect("an account");
    let pipelines = CodePipelines::new(clients.clone(), own, role.parse().ok(), None);
    let start = attempt_in("555555555555", "web-shop.7.2");
    assert_eq!(pipelines.request_execution(&start).await, Ok(()));
    let body = server.requests().remove(0).body;
    assert!(
        body.contains("arn:aws-cn:events:eu-west-1:555555555555:event-bus/downriver-requests"),
        "{body}"
    );
    // `track` and `index` start nothing.
    let own = OWN.parse().expect("an account");
    let readers = CodePipelines::new(clients, own, None, None);
    let answer = readers.request_execution(&start).await;
    assert!(matches!(answer, Err(StartError::Denied(_))), "{answer:?}");
    assert_eq!(server.requests().len(), 1);
}
