//! Stands between the store and the emulator: counts requests and what they consume, and loses or replaces answers.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::Client;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{RUNTIME, connection, endpoint};

/// What happens to a request.
#[derive(Debug, Clone)]
pub(super) enum Fate {
    /// It is carried out, and the connection breaks before the answer.
    LoseAnswer,
    /// It never arrives.
    LoseRequest,
    /// It never arrives; this status and body come back.
    Answer(u16, String),
}

#[derive(Default)]
struct State {
    /// What happens to the next requests of an operation.
    script: Mutex<VecDeque<(String, Fate)>>,
    /// Writes that still pass; then all are lost. `None`: no limit.
    writes_left: Mutex<Option<usize>>,
    /// Requests and units consumed, by operation.
    seen: Mutex<BTreeMap<String, (usize, f64)>>,
}

#[derive(Clone)]
pub(super) struct Proxy {
    address: String,
    state: Arc<State>,
}

impl Proxy {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port is free");
        let address = listener.local_addr().expect("it has an address");
        let proxy = Self {
            address: format!("http://{address}"),
            state: Arc::default(),
        };
        let state = Arc::clone(&proxy.state);
        RUNTIME.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                RUNTIME.spawn(serve(stream, Arc::clone(&state)));
            }
        });
        proxy
    }

    pub(super) fn client(&self) -> Client {
        connection::client(&self.address)
    }

    /// The next request of `operation` that is not spoken for yet meets this fate.
    pub(super) fn script(&self, operation: &str, fate: Fate) {
        let mut script = self.state.script.lock().expect("no test panicked with it");
        script.push_back((operation.to_owned(), fate));
    }

    pub(super) fn lose_writes_after(&self, count: usize) {
        *self
            .state
            .writes_left
            .lock()
            .expect("no test panicked with it") = Some(count);
    }

    /// Requests since the last call, and the units that writes consumed.
    pub(super) fn take_seen(&self) -> String {
        let mut seen = self.state.seen.lock().expect("no test panicked with it");
        let shown: Vec<String> = std::mem::take(&mut *seen)
            .into_iter()
            .map(|(operation, (count, units))| {
                // What the emulator says of reads is not what AWS charges.
                if is_write(&operation) {
                    format!("{count} {operation} ({units})")
                } else {
                    format!("{count} {operation}")
                }
            })
            .collect();
        shown.join(", ")
    }

    pub(super) fn is_script_over(&self) -> bool {
        self.state
            .script
            .lock()
            .expect("no test panicked with it")
            .is_empty()
    }
}

impl State {
    fn fate(&self, operation: &str) -> Option<Fate> {
        let mut left = self.writes_left.lock().expect("no test panicked with it");
        if let Some(left) = left.as_mut()
            && is_write(operation)
        {
            let Some(fewer) = left.checked_sub(1) else {
                return Some(Fate::LoseRequest);
            };
            *left = fewer;
        }
        let mut script = self.script.lock().expect("no test panicked with it");
        let at = script.iter().position(|(of, _)| of == operation)?;
        script.remove(at).map(|(_, fate)| fate)
    }

    fn count(&self, operation: &str, answer: &[u8]) {
        let units = units(answer);
        let mut seen = self.seen.lock().expect("no test panicked with it");
        let (count, consumed) = seen.entry(operation.to_owned()).or_default();
        *count += 1;
        *consumed += units;
    }
}

fn is_write(operation: &str) -> bool {
    matches!(
        operation,
        "PutItem" | "UpdateItem" | "DeleteItem" | "TransactWriteItems"
    )
}

/// One request for each connection.
async fn serve(mut client: TcpStream, state: Arc<State>) {
    let Some((head, body)) = read_request(&mut client).await else {
        return;
    };
    let operation = head
        .lines()
        .find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("x-amz-target").then_some(value)
        })
        .and_then(|target| target.rsplit('.').next())
        .expect("it is a request of DynamoDB")
        .to_owned();
    let answer = match state.fate(&operation) {
        Some(Fate::LoseRequest) => return,
        Some(Fate::Answer(status, body)) => canned(status, &body),
        Some(Fate::LoseAnswer) => {
            forward(&head, &body).await;
            return;
        }
        None => forward(&head, &body).await,
    };
    state.count(&operation, &answer);
    // The client may be gone: then nobody reads it.
    let _ = client.write_all(&answer).await;
}

async fn read_request(client: &mut TcpStream) -> Option<(String, String)> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if client.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).expect("a request's head is text");
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse::<usize>().expect("a length is a number"))
    });
    while bytes.len() < end + length.unwrap_or(0) {
        if client.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8(bytes[end..].to_vec()).expect("a request's body is JSON");
    Some((head, body))
}

/// Passes a request on, asking also what it consumes.
async fn forward(head: &str, body: &str) -> Vec<u8> {
    let endpoint = endpoint().expect("there is an emulator");
    let address = endpoint
        .trim_start_matches("http://")
        .trim_end_matches('/')
        .to_owned();
    let body = match body.strip_suffix('}') {
        Some(body) if !head.contains("DescribeTable") => {
            format!(r#"{body},"ReturnConsumedCapacity":"TOTAL"}}"#)
        }
        _ => body.to_owned(),
    };
    let mut lines: Vec<&str> = head.trim_end().split("\r\n").collect();
    lines.retain(|line| {
        let name = line.split(':').next().unwrap_or_default();
        !name.eq_ignore_ascii_case("content-length") && !name.eq_ignore_ascii_case("connection")
    });
    let request = format!(
        "{}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        lines.join("\r\n"),
        body.len()
    );
    let mut upstream = TcpStream::connect(&address)
        .await
        .expect("the emulator listens");
    upstream
        .write_all(request.as_bytes())
        .await
        .expect("the emulator reads");
    let mut answer = Vec::new();
    upstream
        .read_to_end(&mut answer)
        .await
        .expect("the emulator answers");
    answer
}

fn canned(status: u16, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status} Canned\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
        .into_bytes()
}

/// What an answer says that was consumed.
fn units(answer: &[u8]) -> f64 {
    let text = String::from_utf8_lossy(answer);
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let of = |consumed: &Value| consumed["CapacityUnits"].as_f64().unwrap_or(0.0);
    match &body["ConsumedCapacity"] {
        Value::Array(tables) => tables.iter().map(of).sum(),
        consumed => of(consumed),
    }
}
