//! Metrics in `CloudWatch`'s embedded metric format: lines on the standard output that its logs turn into metrics.
//!
//! A line has one value for each dimension, so what is counted by verdict, gate or proof takes a line for each.

#[cfg(test)]
mod tests;

use downriver_domain::Timestamp;
use downriver_engine::telemetry::Figures;
use serde_json::{Map, Value, json};

const NAMESPACE: &str = "Downriver";

/// What one invocation has to tell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Metrics {
    pub figures: Figures,
    pub quarantined: u64,
    /// What a sweep found and repaired.
    pub sweep: Option<SweepMetrics>,
}

/// What a sweep saw: told by every sweep, also as zero, so that an alarm ends when there is nothing more to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SweepMetrics {
    pub findings: u64,
    pub stuck_rebuilds: u64,
    pub parked_rebuilds: u64,
    /// Results of executions that were asked for once more.
    pub results_asked_again: u64,
    /// Packages whose versions were compared with CodeArtifact's.
    pub packages_compared: u64,
    /// Versions that no event had told of.
    pub missed_versions: u64,
    /// Repositories whose versions may not be listed.
    pub repositories_denied: u64,
}

/// The lines of an invocation; none if nothing happened.
pub fn lines(deployment: &str, function: &str, at: Timestamp, metrics: &Metrics) -> Vec<String> {
    let line = |dimensions: Value, values: &Map<String, Value>, of: Option<(&str, &str)>| {
        let mut line = Map::new();
        line.insert("_aws".to_owned(), head(at, &dimensions, values));
        line.insert("Deployment".to_owned(), deployment.into());
        line.insert("Function".to_owned(), function.into());
        if let Some((dimension, value)) = of {
            line.insert(dimension.to_owned(), value.into());
        }
        line.extend(values.clone());
        Value::Object(line).to_string()
    };
    let figures = &metrics.figures;
    let totals = totals(metrics);
    let mut lines = Vec::new();
    if !totals.is_empty() {
        let dimensions = json!([["Deployment"], ["Deployment", "Function"]]);
        lines.push(line(dimensions, &totals, None));
    }
    let by_dimension = [
        ("Verdicts", "Verdict", &figures.verdicts),
        ("WaitsByGate", "Gate", &figures.waits),
        ("Proofs", "Outcome", &figures.proofs),
    ];
    for (metric, dimension, counts) in by_dimension {
        for (value, count) in counts {
            let values = Map::from_iter([(metric.to_owned(), json!(count))]);
            let dimensions = json!([["Deployment", dimension]]);
            lines.push(line(dimensions, &values, Some((dimension, value))));
        }
    }
    lines
}

fn totals(metrics: &Metrics) -> Map<String, Value> {
    let figures = &metrics.figures;
    let counts = [
        ("Changes", figures.changes),
        ("Verdicts", figures.verdicts.values().sum()),
        ("RebuildsRequested", figures.rebuilds_requested),
        ("Starts", figures.starts),
        ("Failures", figures.failures),
        ("Stuck", figures.stuck),
        ("Parked", figures.parked),
        ("ChangesHalted", figures.changes_halted),
        ("FilesRead", figures.files_read),
        ("BytesRead", figures.bytes_read),
        ("Quarantined", metrics.quarantined),
    ];
    let mut totals: Map<String, Value> = counts
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| (name.to_owned(), count.into()))
        .collect();
    if !figures.publish_to_start_millis.is_empty() {
        let millis = json!(figures.publish_to_start_millis);
        totals.insert("PublishToStartLatency".to_owned(), millis);
    }
    if let Some(sweep) = metrics.sweep {
        totals.extend(of_sweep(sweep).map(|(name, count)| (name.to_owned(), count.into())));
    }
    totals
}

fn of_sweep(sweep: SweepMetrics) -> [(&'static str, u64); 7] {
    [
        ("SweepFindings", sweep.findings),
        ("StuckRebuilds", sweep.stuck_rebuilds),
        ("ParkedRebuilds", sweep.parked_rebuilds),
        ("ResultsAskedAgain", sweep.results_asked_again),
        ("PackagesCompared", sweep.packages_compared),
        ("MissedVersions", sweep.missed_versions),
        ("RepositoriesDenied", sweep.repositories_denied),
    ]
}

fn head(at: Timestamp, dimensions: &Value, values: &Map<String, Value>) -> Value {
    let definitions: Vec<Value> = values
        .keys()
        .map(|name| json!({"Name": name, "Unit": unit(name)}))
        .collect();
    json!({
        "Timestamp": at.unix_millis(),
        "CloudWatchMetrics": [{"Namespace": NAMESPACE, "Dimensions": dimensions, "Metrics": definitions}],
    })
}

fn unit(name: &str) -> &'static str {
    match name {
        "PublishToStartLatency" => "Milliseconds",
        "BytesRead" => "Bytes",
        _ => "Count",
    }
}
