//! What is asked of EventBridge and is not for the bus of requests goes on to where events go.

use std::sync::mpsc::Receiver;

use serde_json::{Value, json};

use super::delivering::{Asked, recorder};
use crate::simulated_aws::client::Control;
use crate::simulated_aws::{Bus, NewPipeline, Operation, Server, Settings};

const HUB: &str = "123456789012";
const OTHER: &str = "666677778888";
const REGION: &str = "eu-central-1";
const CREDENTIAL: &str = "AWS4-HMAC-SHA256 Credential=123456789012/20260101/eu-central-1/events/aws4_request, SignedHeaders=host, Signature=0";

fn simulate(endpoint: &str) -> (Server, Control) {
    let settings = Settings {
        bus: Some(Bus {
            endpoint: endpoint.to_owned(),
            source: "emulated.codepipeline".to_owned(),
            hub_account: HUB.to_owned(),
            hub_region: REGION.to_owned(),
            relay_queue_url: None,
            // Nothing goes there but what is forwarded.
            levels: Vec::new(),
        }),
        ..Settings::default()
    };
    let server = Server::start(settings).unwrap();
    let control = Control::new(&server.endpoint());
    control.create_pipelines(OTHER, REGION, vec![NewPipeline::named("web-shop")]);
    (server, control)
}

/// Status, request id and body.
fn ask(server: &Server, operation: &str, input: &Value) -> (u16, String, String) {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into();
    let request = agent
        .post(server.endpoint())
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", format!("AWSEvents.{operation}"))
        .header("x-amz-security-token", "of-a-session")
        .header("authorization", CREDENTIAL);
    let mut answer = request.send(input.to_string()).unwrap();
    let id = answer.headers()["x-amzn-requestid"].to_str().unwrap();
    let id = id.to_owned();
    let body = answer.body_mut().read_to_string().unwrap();
    (answer.status().as_u16(), id, body)
}

fn notice() -> Value {
    json!({"EventBusName": "downriver-notices", "Source": "downriver", "DetailType": "Downriver Rebuild Ended", "Detail": "{}"})
}

fn request() -> Value {
    let detail = json!({"pipeline": "web-shop", "has_variables": false, "variables": []});
    json!({
        "EventBusName": format!("arn:aws:events:{REGION}:{OTHER}:event-bus/downriver-requests"),
        "Source": "downriver",
        "DetailType": "Downriver Rebuild Requested",
        "Detail": detail.to_string(),
    })
}

fn came_as_sent(asked: &Receiver<Asked>, operation: &str, input: &Value) {
    let asked = asked.try_recv().unwrap();
    assert_eq!(asked.target, format!("AWSEvents.{operation}"));
    assert_eq!(asked.credential, CREDENTIAL);
    assert_eq!(asked.headers["x-amz-security-token"], "of-a-session");
    assert_eq!(asked.headers["content-type"], "application/x-amz-json-1.1");
    assert_eq!(asked.input, *input);
}

#[test]
fn what_is_for_another_bus_goes_on_as_it_came_and_so_does_its_answer() {
    let taken = json!({"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}).to_string();
    let refused = json!({"__type": "ResourceNotFoundException"}).to_string();
    let (endpoint, asked) = recorder(vec![
        ("200 OK", taken.clone()),
        ("400 Bad Request", refused.clone()),
    ]);
    let (server, control) = simulate(&endpoint);
    let notices = json!({"Entries": [notice(), notice()]});
    let answer = ask(&server, "PutEvents", &notices);
    assert_eq!(answer, (200, "of-the-bus".to_owned(), taken));
    came_as_sent(&asked, "PutEvents", &notices);
    let rule = json!({"Name": "all", "EventBusName": "downriver-notices"});
    let answer = ask(&server, "DescribeRule", &rule);
    assert_eq!(answer, (400, "of-the-bus".to_owned(), refused));
    came_as_sent(&asked, "DescribeRule", &rule);
    assert_eq!(control.calls(), []);
}

#[test]
fn a_request_is_not_passed_on() {
    let (endpoint, asked) = recorder(Vec::new());
    let (server, control) = simulate(&endpoint);
    let (status, _, body) = ask(&server, "PutEvents", &json!({"Entries": [request()]}));
    assert_eq!(status, 200, "{body}");
    let executions = control.executions();
    assert_eq!(executions.len(), 1, "{executions:?}");
    assert_eq!(executions[0].trigger_type, "CloudWatchEvent");
    assert_eq!(control.calls()[0].operation, Operation::PutEvents);
    assert!(asked.try_recv().is_err());
}

#[test]
fn a_call_for_both_is_refused_and_does_nothing() {
    let (endpoint, asked) = recorder(Vec::new());
    let (server, control) = simulate(&endpoint);
    let both = json!({"Entries": [request(), notice()]});
    let (status, _, body) = ask(&server, "PutEvents", &both);
    assert_eq!(status, 400, "{body}");
    assert!(body.contains("ValidationException"), "{body}");
    assert_eq!(control.executions(), []);
    assert!(asked.try_recv().is_err());
}

fn of_codeartifact(operation: &str, state: &Value) -> Value {
    let detail = json!({
        "domainOwner": HUB, "domainName": "acme", "repositoryName": "libraries", "packageFormat": "npm",
        "packageNamespace": null, "packageName": "tokens", "packageVersion": "1.0.0", "packageVersionState": state,
        "operationType": operation, "sequenceNumber": 4,
    });
    json!({
        "Source": "emulated.codeartifact",
        "DetailType": "CodeArtifact Package Version State Change",
        "Detail": detail.to_string(),
    })
}

#[test]
fn what_an_event_tells_is_in_the_registry_if_it_is_so_set() {
    let taken = json!({"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}).to_string();
    let (endpoint, _asked) = recorder(vec![("200 OK", taken); 5]);
    let (server, control) = simulate(&endpoint);
    let put = |entry: Value| ask(&server, "PutEvents", &json!({"Entries": [entry]}));
    put(of_codeartifact("Created", &json!("Published")));
    assert_eq!(control.held_versions(), []);
    control.set_settings(&Settings {
        is_registry_told: true,
        ..control.settings()
    });
    put(of_codeartifact("Created", &json!("Published")));
    let published = control.held_versions();
    assert_eq!(published.len(), 1, "{published:?}");
    assert_eq!(published[0].package, "tokens");
    assert_eq!(published[0].sequence, Some(4));
    put(of_codeartifact("Updated", &json!("Unlisted")));
    let unlisted = control.held_versions();
    assert_eq!(unlisted[0].status, "Unlisted");
    assert_eq!(unlisted[0].published_at_ms, published[0].published_at_ms);
    put(notice());
    assert_eq!(control.held_versions(), unlisted);
    put(of_codeartifact("Deleted", &Value::Null));
    assert_eq!(control.held_versions(), []);
}

#[test]
fn nobody_there_is_said() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let (server, _control) = simulate(&endpoint);
    let (status, _, body) = ask(&server, "PutEvents", &json!({"Entries": [notice()]}));
    assert_eq!(status, 503, "{body}");
    assert!(body.contains(&endpoint), "{body}");
}
