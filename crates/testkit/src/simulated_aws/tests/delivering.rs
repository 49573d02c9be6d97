//! Events on their way: against a bus that takes only a part of what it is given at first.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::simulated_aws::client::{Client, Control};
use crate::simulated_aws::{Bus, EventLevel, NewPipeline, Script, Server, Settings};

const HUB: &str = "123456789012";
const REGION: &str = "eu-central-1";
const LONG: Duration = Duration::from_secs(20);

/// What the bus was asked for: target, credential, input; and all headers, by their names in small letters.
pub(super) struct Asked {
    pub(super) target: String,
    pub(super) credential: String,
    pub(super) input: Value,
    pub(super) headers: BTreeMap<String, String>,
}

/// Answers with these bodies, in order.
fn bus(answers: Vec<Value>) -> (String, Receiver<Asked>) {
    let answers = answers.into_iter();
    recorder(answers.map(|body| ("200 OK", body.to_string())).collect())
}

/// Answers with these statuses and bodies, in order; then with empty ones.
pub(super) fn recorder(answers: Vec<(&'static str, String)>) -> (String, Receiver<Asked>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (sender, asked) = channel();
    std::thread::spawn(move || {
        let mut answers = answers.into_iter();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            sender.send(read_request(&stream)).unwrap();
            let (status, body) = answers.next().unwrap_or(("200 OK", String::new()));
            write!(
                stream,
                "HTTP/1.1 {status}\r\nconnection: close\r\nx-amzn-requestid: of-the-bus\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            )
            .unwrap();
        }
    });
    (endpoint, asked)
}

fn read_request(stream: &TcpStream) -> Asked {
    let mut reader = BufReader::new(stream);
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim().split_once(": ") else {
            if line.trim().is_empty() {
                break;
            }
            continue;
        };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let mut body = vec![0; headers["content-length"].parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    Asked {
        target: headers["x-amz-target"].clone(),
        credential: headers["authorization"].clone(),
        headers,
        input: serde_json::from_slice(&body).unwrap(),
    }
}

fn simulate(endpoint: &str, account: &str, levels: Vec<EventLevel>) -> (Server, Control, Client) {
    let settings = Settings {
        bus: Some(Bus {
            endpoint: endpoint.to_owned(),
            source: "emulated.codepipeline".to_owned(),
            hub_account: HUB.to_owned(),
            hub_region: REGION.to_owned(),
            relay_queue_url: Some("http://queue.example/runs".to_owned()),
            levels,
        }),
        ..Settings::default()
    };
    let server = Server::start(settings).unwrap();
    let control = Control::new(&server.endpoint());
    let pipeline = NewPipeline {
        script: Script::hang(5, "Source"),
        ..NewPipeline::named("web-shop")
    };
    control.create_pipelines(account, REGION, vec![pipeline]);
    let client = Client::new(&server.endpoint(), account, REGION);
    (server, control, client)
}

#[test]
fn an_entry_that_the_bus_refuses_is_sent_again() {
    let refused = json!({
        "FailedEntryCount": 1,
        "Entries": [{"ErrorCode": "ThrottlingException", "ErrorMessage": "later"}],
    });
    let taken = json!({"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]});
    let (endpoint, asked) = bus(vec![refused, taken]);
    let (_server, control, client) = simulate(&endpoint, HUB, vec![EventLevel::Pipeline]);
    let id = client.start("web-shop", None, &[]).unwrap();
    let first = asked.recv_timeout(LONG).unwrap();
    let second = asked.recv_timeout(LONG).unwrap();
    assert_eq!(first.target, "AWSEvents.PutEvents");
    let scope = format!("Credential={HUB}/20260101/{REGION}/events/aws4_request");
    assert!(first.credential.contains(&scope), "{}", first.credential);
    assert_eq!(first.input, second.input);
    let entry = &first.input["Entries"][0];
    assert_eq!(entry["Source"], "emulated.codepipeline");
    assert_eq!(
        entry["DetailType"],
        "CodePipeline Pipeline Execution State Change"
    );
    assert_eq!(
        entry["Resources"],
        json!(["arn:aws:codepipeline:eu-central-1:123456789012:web-shop"])
    );
    let detail: Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
    assert_eq!(detail["execution-id"], id);
    let delivered = control.wait_for(LONG, |control| {
        let delivered = control.events().delivery;
        (delivered.pending == 0).then_some(delivered)
    });
    assert_eq!((delivered.sent, delivered.failed), (1, 0));
    assert!(
        delivered
            .last_error
            .unwrap()
            .contains("ThrottlingException")
    );
}

#[test]
fn another_accounts_event_reaches_the_hubs_queue_in_an_envelope_that_the_engine_takes() {
    let (endpoint, asked) = bus(vec![json!({"MessageId": "1"})]);
    let every_level = vec![EventLevel::Pipeline, EventLevel::Stage, EventLevel::Action];
    let (_server, control, client) = simulate(&endpoint, "210987654321", every_level);
    let id = client.start("web-shop", None, &[]).unwrap();
    let sent = asked.recv_timeout(LONG).unwrap();
    assert_eq!(sent.target, "AmazonSQS.SendMessage");
    assert_eq!(sent.input["QueueUrl"], "http://queue.example/runs");
    let message = sent.input["MessageBody"].as_str().unwrap();
    let sources = downriver_engine::wire::Sources::with_extra(["emulated.codepipeline".to_owned()]);
    let parsed = downriver_engine::wire::codepipeline::parse(message.as_bytes(), &sources).unwrap();
    let downriver_engine::wire::codepipeline::PipelineEvent::Execution(event) = parsed else {
        panic!("{parsed:?}");
    };
    assert_eq!(event.execution.as_str(), id);
    assert_eq!(event.pipeline.target.account.as_str(), "210987654321");
    let delivered = control.wait_for(LONG, |control| {
        let shown = control.events();
        // STARTED of the pipeline, its stage and its action; the hub's rule lets the first one through.
        (shown.emitted.len() == 3 && shown.delivery.pending == 0).then_some(shown.delivery)
    });
    assert_eq!((delivered.relayed, delivered.sent), (1, 0));
}
