//! The pipelines that the example catalog names, made in the simulated CodePipeline.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::{http, simulation};

/// What refreshed lockfiles need; the catalog's reference says the same.
const VARIABLES: [&str; 2] = ["DOWNRIVER_REBUILD", "DOWNRIVER_CHANGES"];
/// A pipeline has two stages.
const STAGE_MS: u64 = 2_000;
const ALREADY_THERE: &str = "PipelineNameInUseException";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pipeline {
    pub(crate) name: String,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) has_variables: bool,
}

/// The pipelines of all applications of a catalog; one is called like its application unless it says otherwise.
pub(crate) fn parse_pipelines(catalog: &str) -> Result<Vec<Pipeline>> {
    let catalog: toml::Table = catalog.parse().context("failed to parse the catalog")?;
    let empty = toml::Table::new();
    let table = |name: &str| {
        catalog
            .get(name)
            .and_then(toml::Value::as_table)
            .unwrap_or(&empty)
    };
    let defaults = table("defaults");
    let mut pipelines = Vec::new();
    for (id, application) in table("applications") {
        let text = |key: &str| {
            let value = application.get(key).or_else(|| defaults.get(key));
            value.and_then(toml::Value::as_str).map(str::to_owned)
        };
        let needed = |key: &str| {
            text(key).with_context(|| format!("failed to find the {key} of application {id}"))
        };
        pipelines.push(Pipeline {
            name: text("pipeline").unwrap_or_else(|| id.clone()),
            account: needed("account")?,
            region: needed("region")?,
            has_variables: application.get("variables").and_then(toml::Value::as_bool)
                == Some(true),
        });
    }
    Ok(pipelines)
}

/// The accounts whose packages the catalog believes in: the deployment must listen to the same.
pub(crate) fn parse_domain_owners(catalog: &str) -> Result<Vec<String>> {
    let catalog: toml::Table = catalog.parse().context("failed to parse the catalog")?;
    let owners = catalog.get("domain_owners").and_then(toml::Value::as_array);
    let owners = owners.context("failed to find the domain_owners of the catalog")?;
    Ok(owners
        .iter()
        .filter_map(toml::Value::as_str)
        .map(str::to_owned)
        .collect())
}

/// Makes the pipeline; one that is there stays as it is.
pub(crate) fn create(port: u16, pipeline: &Pipeline) -> Result<()> {
    // The simulated service reads account and Region from here, and checks no signature.
    let scope = format!(
        "{}/20260101/{}/codepipeline/aws4_request",
        pipeline.account, pipeline.region
    );
    let authorization =
        format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0");
    let headers = [
        ("Authorization", authorization.as_str()),
        ("Content-Type", "application/x-amz-json-1.1"),
        ("X-Amz-Target", "CodePipeline_20150709.CreatePipeline"),
    ];
    let body = json!({ "pipeline": declaration(pipeline) }).to_string();
    let answer = http::request(port, "POST", "/", &headers, &body)?;
    if answer.status != 200 && !answer.body.contains(ALREADY_THERE) {
        bail!(
            "failed to create pipeline {}: {} {}",
            pipeline.name,
            answer.status,
            answer.body
        );
    }
    Ok(())
}

/// Lets every stage of the pipelines take seconds, which a person can follow.
pub(crate) fn set_durations(port: u16, pipelines: &[Pipeline]) -> Result<()> {
    let places: BTreeSet<(&str, &str)> = pipelines
        .iter()
        .map(|pipeline| (pipeline.account.as_str(), pipeline.region.as_str()))
        .collect();
    for (account, region) in places {
        let script =
            json!({ "account": account, "region": region, "script": { "stage_ms": STAGE_MS } });
        simulation::order(port, "scripts", &script)?;
    }
    Ok(())
}

/// Source and build, as small as a pipeline may be.
fn declaration(pipeline: &Pipeline) -> Value {
    let action = |name: &str, category: &str, owner: &str, provider: &str| {
        json!({
            "name": name,
            "actionTypeId": { "category": category, "owner": owner, "provider": provider, "version": "1" },
        })
    };
    let mut source = action("Source", "Source", "AWS", "CodeCommit");
    source["outputArtifacts"] = json!([{ "name": "source" }]);
    let mut build = action("Build", "Build", "AWS", "CodeBuild");
    build["inputArtifacts"] = json!([{ "name": "source" }]);
    let mut declaration = json!({
        "name": pipeline.name,
        "roleArn": format!("arn:aws:iam::{}:role/pipelines", pipeline.account),
        "artifactStore": { "type": "S3", "location": "example-artifacts" },
        "pipelineType": if pipeline.has_variables { "V2" } else { "V1" },
        "stages": [
            { "name": "Source", "actions": [source] },
            { "name": "Build", "actions": [build] },
        ],
    });
    if pipeline.has_variables {
        declaration["variables"] = VARIABLES
            .map(|name| json!({ "name": name, "defaultValue": "none" }))
            .into();
    }
    declaration
}
