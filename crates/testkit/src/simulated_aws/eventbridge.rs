//! EventBridge, as far as it starts pipelines: each account and Region has the bus and the rules that `infra/requests` makes, for all of
//! its pipelines. An event that no rule matches is taken and dropped, as is one for a bus that does not exist.

use downriver_engine::ports::REQUESTS_BUS;
use serde_json::{Value, json};

use super::error::ApiError;
use super::instant::Millis;
use super::pipeline::{PipelineKey, Start};
use super::world::{Ticket, World};

/// Of the service model.
const ENTRIES: std::ops::RangeInclusive<usize> = 1..=10;

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
