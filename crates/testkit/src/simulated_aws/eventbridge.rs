//! EventBridge, as far as it starts pipelines: each account and Region has the bus and the rules that `infra/requests` makes, for all of
//! its pipelines. An event that no rule matches is taken and dropped, as is one for a bus that does not exist. What is not for
//! that bus is another EventBridge's, if there is one.

use downriver_engine::ports::REQUESTS_BUS;
use serde_json::{Value, json};

use super::error::ApiError;
use super::instant::Millis;
use super::pipeline::{PipelineKey, Start};
use super::world::{Ticket, World};

/// Of the service model.
const ENTRIES: std::ops::RangeInclusive<usize> = 1..=10;
/// What stands before the operation in `x-amz-target`.
pub(crate) const TARGET_PREFIX: &str = "AWSEvents.";

/// Whether a request is for EventBridge, and for anything but the bus of requests. An error, if it is for both.
pub(crate) fn is_for_others(target: &str, body: &[u8]) -> Result<bool, ApiError> {
    match target.strip_prefix(TARGET_PREFIX) {
        None => return Ok(false),
        Some("PutEvents") => {}
        Some(_) => return Ok(true),
    }
    let input: Value = serde_json::from_slice(body).unwrap_or_default();
    let entries = input["Entries"].as_array().map_or(&[][..], Vec::as_slice);
    let is_ours = |entry: &&Value| {
        let bus = entry["EventBusName"].as_str();
        let name = bus.and_then(|bus| bus.rsplit_once(":event-bus/"));
        name.is_some_and(|(_, name)| name == REQUESTS_BUS)
    };
    match entries.iter().filter(is_ours).count() {
        0 => Ok(true),
        ours if ours == entries.len() => Ok(false),
        _ => Err(ApiError::validation(format!(
            "Entries are either all for buses {REQUESTS_BUS} or none is: put them in two calls"
        ))),
    }
}

/// The pipelines that a call asks for.
pub(crate) fn requested(input: &Value) -> Vec<String> {
    let entries = input["Entries"].as_array().into_iter().flatten();
    let details = entries.filter_map(|entry| entry["Detail"].as_str());
    let details = details.filter_map(|detail| serde_json::from_str::<Value>(detail).ok());
    let pipelines = details.filter_map(|detail| detail["pipeline"].as_str().map(str::to_owned));
    pipelines.collect()
}

pub(crate) fn perform(world: &mut World, ticket: &Ticket, now: Millis) -> Result<Value, ApiError> {
    let entries = ticket.input["Entries"].as_array();
    let entries = entries.filter(|entries| ENTRIES.contains(&entries.len()));
    let entries = entries.ok_or_else(|| ApiError::validation("Entries has 1 to 10 members"))?;
    let mut results = Vec::new();
    for entry in entries {
        let detail = entry["Detail"].as_str().unwrap_or_default();
        results.push(match serde_json::from_str::<Value>(detail) {
            Ok(detail) => {
                if let Some((key, start)) = matched(entry, &detail, &ticket.caller.region) {
                    // What CodePipeline refuses lies in a dead-letter queue that nobody asks for here.
                    let _ = world.change(&key, now, |moving| moving.start(start, 0));
                }
                json!({"EventId": world.ids.uuid()})
            }
            Err(_) => {
                json!({"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."})
            }
        });
    }
    let failed = { results.iter() }.filter(|result| result["ErrorCode"].is_string());
    Ok(json!({"FailedEntryCount": failed.count(), "Entries": results}))
}

/// The pipeline that a rule starts, and how: without variables, or with those of the event.
fn matched(entry: &Value, detail: &Value, region: &str) -> Option<(PipelineKey, Start)> {
    let bus = entry["EventBusName"].as_str()?;
    let parts: Vec<&str> = bus.split(':').collect();
    let ["arn", _, "events", of_region, account, name] = parts[..] else {
        return None;
    };
    let is_matched = of_region == region
        && name.strip_prefix("event-bus/") == Some(REQUESTS_BUS)
        && entry["Source"] == "downriver"
        && entry["DetailType"] == "Downriver Rebuild Requested";
    if !is_matched {
        return None;
    }
    let pipeline = detail["pipeline"].as_str()?;
    let has_variables = detail["has_variables"].as_bool()?;
    let rule = if has_variables { "Variables" } else { "Plain" };
    let rule = format!("arn:aws:events:{region}:{account}:rule/{REQUESTS_BUS}/{rule}-{pipeline}");
    let mut start = Start::by("CloudWatchEvent", &rule);
    if has_variables {
        for variable in detail["variables"].as_array()? {
            let (name, value) = (variable["name"].as_str()?, variable["value"].as_str()?);
            start.variables.push((name.to_owned(), value.to_owned()));
        }
    }
    let key = PipelineKey {
        account: account.to_owned(),
        region: region.to_owned(),
        name: pipeline.to_owned(),
    };
    Some((key, start))
}
