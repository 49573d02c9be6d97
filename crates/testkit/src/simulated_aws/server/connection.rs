//! One connection: its requests one after the other, each met with its fault.

use std::convert::Infallible;
use std::sync::Arc;

use http_body_util::{BodyExt as _, Limited};
use hyper::Request;
use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::Shared;
use super::holds::Cut;
use super::protocol::{Answer, error_answer, header, parse_request, to_answer, write};
use crate::simulated_aws::caller::Credential;
use crate::simulated_aws::codeartifact::told;
use crate::simulated_aws::control::{self, ControlError, parse};
use crate::simulated_aws::error::ApiError;
use crate::simulated_aws::eventbridge;
use crate::simulated_aws::faults::FaultKind;
use crate::simulated_aws::orders::Release;
use crate::simulated_aws::world::Ticket;

const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;
const CONTROL: &str = "/_simulator/";
const CLOSE_ALL: Release = Release {
    call: None,
    is_closed: true,
};

/// The connection is closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("closed on script")]
struct Closed;

pub(super) async fn serve(
    shared: Arc<Shared>,
    stream: TcpStream,
    mut stopped: watch::Receiver<bool>,
) {
    let service = service_fn(|request| {
        let shared = Arc::clone(&shared);
        async move { answer(&shared, request).await }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        // How a connection ended, well or not, is the client's to know.
        _ = connection.as_mut() => return,
        _ = stopped.wait_for(|is_stopped| *is_stopped) => {}
    }
    connection.as_mut().graceful_shutdown();
    drop(connection.await);
}

async fn answer(shared: &Shared, request: Request<Incoming>) -> Result<Answer, Closed> {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, BODY_BYTES_MAX).collect().await else {
        return Err(Closed);
    };
    let body = body.to_bytes();
    if let Some(route) = head.uri.path().strip_prefix(CONTROL) {
        return Ok(answer_control(shared, (head.method.as_str(), route), &body));
    }
    match others_endpoint(shared, &head, &body) {
        Ok(None) => {}
        Ok(Some(endpoint)) => {
            let answer = shared.forwarding.forward(endpoint, head.headers, body);
            return Ok(answer.await);
        }
        Err(error) => return Ok(error_answer(&error, "none")),
    }
    match receive(shared, &head, &body) {
        Ok(ticket) => meet(shared, &ticket).await,
        Err(error) => Ok(error_answer(&error, "none")),
    }
}

/// Where a request goes that is for EventBridge and not for us: to where our events go, if they go anywhere.
fn others_endpoint(shared: &Shared, head: &Parts, body: &[u8]) -> Result<Option<String>, ApiError> {
    let target = header(head, "x-amz-target").unwrap_or_default();
    if !eventbridge::is_for_others(target, body)? {
        return Ok(None);
    }
    Ok(shared.change(|world, now| {
        if world.settings.is_registry_told {
            world.registry.take_in(told(body), now);
        }
        let bus = world.settings.bus.as_ref();
        bus.map(|bus| bus.endpoint.clone())
    }))
}

fn receive(shared: &Shared, head: &Parts, body: &[u8]) -> Result<Ticket, ApiError> {
    let (operation, input) = parse_request(head, body)?;
    let credential = header(head, "authorization").and_then(Credential::parse);
    let credential = credential.ok_or_else(|| {
        ApiError::new(
            403,
            "MissingAuthenticationTokenException",
            "Missing Authentication Token",
        )
    })?;
    shared.change(|world, now| world.receive(operation, &credential, input, now))
}

/// Performs a call, or does to it what was scripted.
async fn meet(shared: &Shared, ticket: &Ticket) -> Result<Answer, Closed> {
    match ticket.fault {
        Some(FaultKind::CloseBefore) => Err(Closed),
        Some(FaultKind::CloseAfter) => {
            perform(shared, ticket);
            Err(Closed)
        }
        Some(FaultKind::NoAnswer) => {
            perform(shared, ticket);
            match std::future::pending::<Infallible>().await {}
        }
        Some(FaultKind::Hold) => {
            shared
                .holds
                .wait(ticket.number)
                .await
                .map_err(|Cut| Closed)?;
            Ok(perform(shared, ticket))
        }
        Some(FaultKind::HoldAfter) => {
            let answer = perform(shared, ticket);
            shared
                .holds
                .wait(ticket.number)
                .await
                .map_err(|Cut| Closed)?;
            Ok(answer)
        }
        Some(FaultKind::Refuse(_)) | None => Ok(perform(shared, ticket)),
    }
}

fn perform(shared: &Shared, ticket: &Ticket) -> Answer {
    let (result, request_id) =
        shared.change(|world, now| (world.perform(ticket, now), world.ids.uuid()));
    to_answer(ticket.operation, &result, &request_id)
}

fn answer_control(shared: &Shared, route: (&str, &str), body: &[u8]) -> Answer {
    let result = match route {
        ("GET", "holds") => Ok(json!(shared.holds.calls())),
        ("POST", "holds/release") => {
            parse(body).map(|release| json!({"released": shared.holds.release(&release)}))
        }
        _ => {
            if route == ("POST", "reset") {
                shared.holds.release(&CLOSE_ALL);
            }
            let delivered = || shared.deliveries.delivered();
            shared.change(|world, now| control::answer(world, route, body, delivered, now))
        }
    };
    let (status, answer): (u16, Value) = match result {
        Ok(answer) => (200, answer),
        Err(ControlError::UnknownRoute) => (404, json!({"error": "no such route"})),
        Err(ControlError::Invalid(error)) => (400, json!({"error": error})),
    };
    write(status, "application/json", answer.to_string(), "none")
}
