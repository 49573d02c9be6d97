//! The settings of the simulated services: where they send the events of pipelines.

#[cfg(test)]
mod tests;

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::exports::{ACCOUNT, REGION, endpoint};
use super::http;
use super::ports::Ports;

/// Their own interface, beside those of AWS.
const CONTROL: &str = "/_simulator/";

/// Whether CodeArtifact holds what somebody's events tell of, or only what was put into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Registry {
    /// What a person sends as an event is there, too: else the next sweep would find that it is not.
    Told,
    /// For tests, in which events and registry may disagree.
    Filled,
}

/// Sends events to the stack's default bus, and those of other accounts' pipelines to the queue that a hop from bus to bus would end in.
pub(crate) fn connect(ports: Ports, runs_queue_url: &str, registry: Registry) -> Result<()> {
    order(
        ports.simulated,
        "settings",
        &settings(ports, runs_queue_url, registry),
    )
}

/// One request to the control interface.
pub(crate) fn order(port: u16, name: &str, body: &Value) -> Result<()> {
    let path = format!("{CONTROL}{name}");
    let headers = [("Content-Type", "application/json")];
    let answer = http::request(port, "POST", &path, &headers, &body.to_string())?;
    if answer.status != 200 {
        bail!(
            "failed to set up the simulated services: {path} answered {} {}; if they were started from an older checkout, end them first: cargo xtask down",
            answer.status,
            answer.body
        );
    }
    Ok(())
}

fn settings(ports: Ports, runs_queue_url: &str, registry: Registry) -> Value {
    json!({
        "default_account": ACCOUNT,
        // The pipelines of an organisation exist before Downriver does.
        "starts_on_create": false,
        "is_registry_told": registry == Registry::Told,
        "bus": {
            "endpoint": endpoint(ports.aws),
            "hub_account": ACCOUNT,
            "hub_region": REGION,
            "relay_queue_url": runs_queue_url,
        },
    })
}
