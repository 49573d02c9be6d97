//! Requests for the other EventBridge: handed on as they came, and its answer handed back.

use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::http::HeaderName;
use hyper::{HeaderMap, Response};
use ureq::Agent;

use super::protocol::{Answer, error_answer};
use crate::simulated_aws::error::ApiError;

const CALL_TIMEOUT: Duration = Duration::from_secs(20);
/// Of the connection, not of the request: each of the two connections has its own.
const OF_THE_CONNECTION: [&str; 5] = [
    "host",
    "connection",
    "content-length",
    "expect",
    "transfer-encoding",
];

#[derive(Debug)]
pub(super) struct Forwarding {
    agent: Agent,
}

impl Default for Forwarding {
    fn default() -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(CALL_TIMEOUT))
            .http_status_as_error(false)
            .build();
        Self {
            agent: config.into(),
        }
    }
}

impl Forwarding {
    /// Waits in a thread beside: others are answered meanwhile.
    pub(super) async fn forward(
        &self,
        endpoint: String,
        headers: HeaderMap,
        body: Bytes,
    ) -> Answer {
        let agent = self.agent.clone();
        let address = endpoint.clone();
        let sent = tokio::task::spawn_blocking(move || send(&agent, &address, &headers, &body));
        let why = match sent.await {
            Ok(Ok(answer)) => return answer,
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        let message = format!("{endpoint} did not answer: {why}");
        error_answer(&ApiError::new(503, "ServiceUnavailable", message), "none")
    }
}

fn send(
    agent: &Agent,
    endpoint: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Answer, ureq::Error> {
    let mut request = agent.post(endpoint);
    for (name, value) in headers.iter().filter(|(name, _)| is_passed_on(name)) {
        request = request.header(name, value);
    }
    let mut answered = request.send(body)?;
    let body = answered.body_mut().read_to_vec()?;
    let mut answer = Response::new(Full::new(Bytes::from(body)));
    *answer.status_mut() = answered.status();
    for (name, value) in answered.headers() {
        if is_passed_on(name) {
            answer.headers_mut().append(name, value.clone());
        }
    }
    Ok(answer)
}

fn is_passed_on(name: &HeaderName) -> bool {
    !OF_THE_CONNECTION.contains(&name.as_str())
}
