//! For the tests of adapters: a server that answers what it was told, and the emulator where one runs.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use downriver_testkit::simulated_aws;

use crate::clients::Clients;

/// The endpoint of a running emulator of AWS (`DOWNRIVER_EMULATOR_ENDPOINT`); without one the test says so and passes.
pub(crate) fn emulator() -> Option<String> {
    let endpoint = std::env::var("DOWNRIVER_EMULATOR_ENDPOINT").ok();
    if endpoint.is_none() {
        eprintln!("skipped: DOWNRIVER_EMULATOR_ENDPOINT names no emulator of AWS");
    }
    endpoint
}

/// Clients of an endpoint, with credentials that only an emulator takes.
pub(crate) fn clients(endpoint: &str) -> Clients {
    clients_within(endpoint, Duration::from_secs(30))
}

pub(crate) fn clients_within(endpoint: &str, time_limit: Duration) -> Clients {
    let lookup = |name: &str| match name {
        "AWS_REGION" => Some("eu-central-1".to_owned()),
        "AWS_ENDPOINT_URL" => Some(endpoint.to_owned()),
        _ => None,
    };
    Clients::read(lookup, time_limit)
        .expect("a Region and an endpoint")
        .with_credentials("123456789012", "secret")
}

/// The simulated CodePipeline, STS and CodeArtifact. It makes a runtime of its own, which no thread of another may.
pub(crate) fn simulation() -> simulated_aws::Server {
    thread::spawn(|| simulated_aws::Server::start(simulated_aws::Settings::default()))
        .join()
        .expect("no panic")
        .expect("a free port")
}

/// What one request is answered with.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// Status and body.
    Http(u16, String),
    /// Status, headers as `name: value`, and body.
    Full(u16, Vec<String>, Vec<u8>),
    /// The connection is closed without an answer.
    Close,
    /// Nothing, until the caller gives up.
    Silence,
}

impl Answer {
    /// An error as AWS's JSON protocols write it.
    pub(crate) fn refusal(status: u16, code: &str) -> Self {
        Self::Http(
            status,
            format!(r#"{{"__type":"com.amazonaws.x#{code}","message":"because"}}"#),
        )
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Method and path with its query.
    pub(crate) line: String,
    /// Names in lower case, as `name: value`.
    pub(crate) headers: Vec<String>,
    pub(crate) body: String,
}

/// Answers requests; each is told with its number, from 0.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) endpoint: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Answers in the order in which requests come; the last answer repeats.
    pub(crate) fn start(answers: Vec<Answer>) -> Self {
        Self::answering(move |number, _| {
            let answer = answers.get(number).or_else(|| answers.last());
            answer.cloned().unwrap_or(Answer::Close)
        })
    }

    pub(crate) fn answering(
        answer: impl Fn(usize, &Request) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let answer = Arc::new(answer);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                thread::spawn(move || serve(&stream, &*answer, &seen));
            }
        });
        Self {
            endpoint: format!("http://127.0.0.1:{port}"),
            requests,
        }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("no panic").clone()
    }
}

fn serve(
    stream: &TcpStream,
    answer: &dyn Fn(usize, &Request) -> Answer,
    seen: &Mutex<Vec<Request>>,
) {
    let Some(request) = read_request(stream) else {
        return;
    };
    let number = {
        let mut seen = seen.lock().expect("no panic");
        seen.push(request.clone());
        seen.len() - 1
    };
    let (status, headers, body) = match answer(number, &request) {
        Answer::Http(status, body) => (status, Vec::new(), body.into_bytes()),
        Answer::Full(status, headers, body) => (status, headers, body),
        Answer::Silence => return thread::sleep(Duration::from_secs(20)),
        Answer::Close => return,
    };
    let length = body.len();
    let mut head =
        format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n");
    for header in headers {
        head.push_str(&header);
        head.push_str("\r\n");
    }
    head.push_str("\r\n");
    let mut stream = stream;
    let _ = stream.write_all(&[head.into_bytes(), body].concat());
}

fn read_request(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        lines.push(line.to_owned());
    }
    let line = lines.first()?.rsplit_once(' ')?.0.to_owned();
    let headers: Vec<String> = lines[1..]
        .iter()
        .filter_map(|header| header.split_once(':'))
        .map(|(name, value)| format!("{}: {}", name.to_lowercase(), value.trim()))
        .collect();
    let length = headers
        .iter()
        .find_map(|header| header.strip_prefix("content-length: "))
        .and_then(|length| length.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request {
        line,
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}
