//! Lambda's Runtime API, as far as a function's own binary needs it: starts the binary, hands it events, takes its answers.
//!
//! Also an endpoint that stands for AWS, answers what a test tells it to, and keeps what it was asked. Plain threads and
//! sockets, so that nothing has to be compiled for it.

mod deployment;
mod endpoint;
mod http;
mod process;
#[cfg(test)]
mod tests;

use std::io;
use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub use deployment::{
    answer_as_new, environment, failed_messages, quarantined, queue_event, start_function,
};
pub use endpoint::{Asked, Endpoint, ask};
use http::{Request, Response, Server};
use process::Process;

const VERSION: &str = "/2018-06-01/runtime";
/// The longest that a test waits for an answer that does not come.
const PATIENCE: Duration = Duration::from_secs(30);
/// The request id of the first invocation; the last digits count on.
const REQUEST_ID: &str = "8476a536-e9f4-11e8-9739-";

/// A function's binary at work.
pub struct Function {
    process: Process,
    address: String,
    events: Sender<Event>,
    answers: Receiver<Answer>,
    started: Instant,
    ready: Arc<Mutex<Option<Instant>>>,
    invocations: u32,
}

/// One invocation, as the function is told of it.
struct Event {
    request_id: String,
    deadline_millis: u128,
    trace_header: String,
    body: String,
}

/// What the function gave back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Response(String),
    /// It failed: the error's document.
    Error(String),
    /// It ended, or did not answer in time.
    None,
}

impl Answer {
    /// The response's body.
    ///
    /// # Panics
    /// If it is none.
    #[track_caller]
    pub fn response(self) -> String {
        match self {
            Self::Response(body) => body,
            other => panic!("the function did not respond: {other:?}"),
        }
    }
}

impl Function {
    /// Starts a binary, with these environment variables and those that Lambda sets. It sees no others.
    pub fn start(program: &Path, environment: &[(&str, String)]) -> io::Result<Self> {
        let (events, queued) = mpsc::channel();
        let (answered, answers) = mpsc::channel();
        let ready = Arc::new(Mutex::new(None));
        let api = Api {
            queued: Mutex::new(queued),
            answered: Mutex::new(answered),
            ready: Arc::clone(&ready),
        };
        let server = Server::start(move |request| api.answer(&request))?;
        let address = server.address().to_string();
        let started = Instant::now();
        let process = Process::start(program, &address, environment)?;
        Ok(Self {
            process,
            address,
            events,
            answers,
            started,
            ready,
            invocations: 0,
        })
    }

    /// `host:port` of the API.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Hands over an event and waits for the answer. `time` is what Lambda would give it.
    pub fn invoke(&mut self, event: &str, time: Duration) -> Answer {
        self.invocations += 1;
        let deadline = SystemTime::now() + time;
        let event = Event {
            request_id: format!("{REQUEST_ID}{:012}", self.invocations),
            deadline_millis: deadline
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default()
                .as_millis(),
            trace_header: format!(
                "Root=1-5bef4de7-ad49b0e87f6ef6c87fc{:05};Parent=9a9197af755a6419;Sampled=1",
                self.invocations
            ),
            body: event.to_owned(),
        };
        if self.events.send(event).is_err() {
            return Answer::None;
        }
        self.answers
            .recv_timeout(time.min(PATIENCE) + Duration::from_secs(1))
            .unwrap_or(Answer::None)
    }

    /// From its start until it asked for its first event; waits for that.
    pub fn init_time(&self) -> Option<Duration> {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            let ready = *self.ready.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(ready) = ready {
                return Some(ready.duration_since(self.started));
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        None
    }

    /// The lines that it wrote so far to its standard output.
    pub fn output(&self) -> Vec<String> {
        self.process.output()
    }

    /// The most memory that it held at a time, in KiB; `None` where the system does not tell.
    pub fn peak_memory_kib(&self) -> Option<u64> {
        self.process.peak_memory_kib()
    }

    /// How it ended, with what it wrote to its standard error, once it has.
    pub fn wait(self) -> io::Result<(Option<i32>, String)> {
        self.process.wait()
    }
}

struct Api {
    queued: Mutex<Receiver<Event>>,
    answered: Mutex<Sender<Answer>>,
    ready: Arc<Mutex<Option<Instant>>>,
}

impl Api {
    fn answer(&self, request: &Request) -> Response {
        let path = request.path.strip_prefix(VERSION).unwrap_or_default();
        if path == "/invocation/next" {
            return self.next();
        }
        let answer = if path.ends_with("/response") {
            Answer::Response(request.body.clone())
        } else {
            Answer::Error(request.body.clone())
        };
        let answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody waits any more: the answer came too late.
        let _ = answered.send(answer);
        Response::new(202, r#"{"status":"OK"}"#)
    }

    fn next(&self) -> Response {
        self.ready
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert_with(Instant::now);
        let queued = self.queued.lock().unwrap_or_else(PoisonError::into_inner);
        let Ok(event) = queued.recv() else {
            return Response::new(500, "the test is over");
        };
        Response::new(200, &event.body)
            .with("Lambda-Runtime-Aws-Request-Id", &event.request_id)
            .with(
                "Lambda-Runtime-Deadline-Ms",
                &event.deadline_millis.to_string(),
            )
            .with(
                "Lambda-Runtime-Invoked-Function-Arn",
                "arn:aws:lambda:eu-west-1:111122223333:function:downriver",
            )
            .with("Lambda-Runtime-Trace-Id", &event.trace_header)
    }
}
