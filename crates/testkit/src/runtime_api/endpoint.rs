//! An endpoint that stands for AWS.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use super::http::{Request, Response, Server};

/// A request, as far as a test looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// `AmazonSQS.SendMessage`, `DynamoDB_20120810.GetItem`, …; of services without a target header, method and path.
    pub operation: String,
    pub body: String,
}

impl Asked {
    fn of(request: &Request) -> Self {
        let target = request.headers.get("x-amz-target").cloned();
        Self {
            operation: target.unwrap_or_else(|| format!("{} {}", request.method, request.path)),
            body: request.body.clone(),
        }
    }
}

/// Keeps what it was asked.
pub struct Endpoint {
    url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Endpoint {
    /// `answer` gives status and body.
    pub fn start(
        answer: impl Fn(&Asked) -> (u16, String) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        Self::serve(move |request| {
            let (status, body) = answer(&Asked::of(request));
            Response::new(status, &body).with("Content-Type", "application/x-amz-json-1.0")
        })
    }

    /// Hands everything on to the endpoint `http://host:port`, and its answers back.
    pub fn before(upstream: &str) -> io::Result<Self> {
        let to = upstream.trim_start_matches("http://").trim_end_matches('/');
        let to = to.to_owned();
        Self::serve(move |request| {
            request
                .forward(&to)
                .unwrap_or_else(|error| Response::new(502, &error.to_string()))
        })
    }

    fn serve(answer: impl Fn(&Request) -> Response + Send + Sync + 'static) -> io::Result<Self> {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&asked);
        let server = Server::start(move |request| {
            kept.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(Asked::of(&request));
            answer(&request)
        })?;
        Ok(Self {
            url: format!("http://{}", server.address()),
            asked,
        })
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// What it was asked so far, in order.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// One request to an emulator, which checks no signature; gives status and body. `operation` is a target (`Service.Operation`),
/// or method and path.
pub fn ask(endpoint: &str, operation: &str, body: &str) -> io::Result<(u16, String)> {
    let credential = "AWS4-HMAC-SHA256 Credential=111122223333/20260101/eu-west-1/any/aws4_request, \
                      SignedHeaders=host, Signature=0";
    let to = endpoint.trim_start_matches("http://");
    let mut headers = BTreeMap::from([
        ("authorization".to_owned(), credential.to_owned()),
        (
            "content-type".to_owned(),
            "application/x-amz-json-1.0".to_owned(),
        ),
        ("host".to_owned(), to.to_owned()),
    ]);
    let (method, path) = if let Some(parts) = operation.split_once(' ') {
        parts
    } else {
        headers.insert("x-amz-target".to_owned(), operation.to_owned());
        ("POST", "/")
    };
    let request = Request {
        method: method.to_owned(),
        path: path.to_owned(),
        headers,
        body: body.to_owned(),
    };
    Ok(request.forward(to)?.into_parts())
}
