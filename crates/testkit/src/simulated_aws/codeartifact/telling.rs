//! What somebody's event says of a package version, put into the registry: so that whoever asks is told the same.

use serde_json::{Value, json};

use super::{HeldVersion, Registry};
use crate::simulated_aws::instant::Millis;

const DETAIL_TYPE: &str = "CodeArtifact Package Version State Change";

impl Registry {
    /// What cannot be so is passed over: it is the receiver of the event who refuses it.
    pub(crate) fn take_in(&mut self, told: Vec<HeldVersion>, now: Millis) {
        for mut held in told {
            let known = self.held().find(|known| known.is_same_version(&held));
            if let Some(known) = known {
                held.published_at_ms = known.published_at_ms;
                held.origin.clone_from(&known.origin);
                held.dependencies.clone_from(&known.dependencies);
            }
            let _ = self.put(held, now);
        }
    }
}

/// The package versions that a `PutEvents` tells of.
pub(crate) fn told(body: &[u8]) -> Vec<HeldVersion> {
    let input: Value = serde_json::from_slice(body).unwrap_or_default();
    let entries = input["Entries"].as_array().into_iter().flatten();
    let events = entries.filter(|entry| entry["DetailType"] == DETAIL_TYPE);
    let details = events.filter_map(|entry| serde_json::from_str(entry["Detail"].as_str()?).ok());
    details
        .filter_map(|detail: Value| parse_version(&detail))
        .collect()
}

fn parse_version(detail: &Value) -> Option<HeldVersion> {
    // Which state an event of a deletion has is not documented.
    let status = match detail["operationType"].as_str()? {
        "Deleted" => "Deleted",
        _ => detail["packageVersionState"].as_str()?,
    };
    let held = json!({
        "domain_owner": detail["domainOwner"],
        "domain": detail["domainName"],
        "repository": detail["repositoryName"],
        "format": detail["packageFormat"],
        "namespace": detail["packageNamespace"],
        "package": detail["packageName"],
        "version": detail["packageVersion"],
        "status": status,
        "revision": detail["packageVersionRevision"],
        "sequence": detail["sequenceNumber"],
    });
    serde_json::from_value(held).ok()
}
