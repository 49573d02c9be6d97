//! The events that the simulated services emit, as EventBridge delivers them.

use downriver_domain::{Operation, Timestamp};
use downriver_engine::ports::REQUESTS_BUS;
use serde_json::{Value, json};

use super::facts::ApplicationFacts;
use super::ids::uuid_of;
use super::instant::{to_millis_text, to_seconds_text};
use super::pipeline::{ExecutionState, TriggerRow};
use super::registry::{Emission, StatusRow};

/// `CodeArtifact Package Version State Change`; `number` makes its id.
pub(crate) fn package_event(emission: &Emission, region: &str, number: u64) -> String {
    let owner = emission.repository.domain_owner.as_str();
    let (domain, repository) = (
        emission.repository.domain.as_str(),
        emission.repository.name.as_str(),
    );
    let package = &emission.package;
    let format = package.format().as_str();
    let namespace = package.namespace();
    let arn = format!(
        "arn:aws:codeartifact:{region}:{owner}:package/{domain}/{repository}/{format}/{}/{}",
        namespace.unwrap_or(""),
        package.name()
    );
    let is_created = emission.operation == Operation::Created;
    let is_update = emission.operation == Operation::Updated && !emission.is_status_changed;
    let detail = json!({
        "domainName": domain,
        "domainOwner": owner,
        "repositoryName": repository,
        "repositoryAdministrator": owner,
        "packageFormat": format,
        "packageNamespace": namespace,
        "packageName": package.name(),
        "packageVersion": emission.version,
        "packageVersionState": emission.status.as_str(),
        "packageVersionRevision": emission.revision,
        "changes": {
            "assetsAdded": u32::from(is_created),
            "assetsRemoved": 0,
            "assetsUpdated": u32::from(is_update),
            "metadataUpdated": emission.status != StatusRow::Unfinished,
            "statusChanged": emission.is_status_changed,
        },
        "operationType": if is_created { "Created" } else { "Updated" },
        "sequenceNumber": emission.sequence,
        "eventDeduplicationId": uuid_of("deduplication", &arn, number),
    });
    envelope(
        "CodeArtifact Package Version State Change",
        "aws.codeartifact",
        (owner, region),
        emission.time,
        &arn,
        number,
        &detail,
    )
}

/// `CodePipeline Pipeline Execution State Change`; the trigger stands only where CodePipeline puts it, on STARTED.
pub(crate) fn execution_event(
    facts: &ApplicationFacts,
    execution: &ExecutionState,
    state: &str,
    at: Timestamp,
    number: u64,
) -> String {
    let target = &facts.pipeline.target;
    let (account, region) = (target.account.as_str(), target.region.as_str());
    let name = facts.pipeline.name.as_str();
    let arn = format!("arn:aws:codepipeline:{region}:{account}:{name}");
    let mut detail = json!({
        "pipeline": name,
        "execution-id": execution.id.0.as_str(),
        "start-time": to_millis_text(execution.started_at.0),
        "state": state,
        "version": 1.0,
        "pipeline-execution-attempt": f64::from(execution.attempt),
    });
    if state == "STARTED" {
        detail["execution-trigger"] = trigger(facts, execution);
    }
    if matches!(state, "STOPPING" | "STOPPED") {
        detail["stop-execution-comments"] = json!("Stopped by a person");
    }
    envelope(
        "CodePipeline Pipeline Execution State Change",
        "aws.codepipeline",
        (account, region),
        at,
        &arn,
        number,
        &detail,
    )
}

fn trigger(facts: &ApplicationFacts, execution: &ExecutionState) -> Value {
    let target = &facts.pipeline.target;
    let (account, region) = (&target.account, &target.region);
    let name = &facts.pipeline.name;
    match &execution.trigger {
        TriggerRow::Session(session) => json!({
            "trigger-type": "StartPipelineExecution",
            "trigger-detail":
                format!("arn:aws:sts::{account}:assumed-role/downriver-start/{session}"),
        }),
        TriggerRow::Rule => json!({
            "trigger-type": "CloudWatchEvent",
            "trigger-detail": format!("arn:aws:events:{region}:{account}:rule/rebuild-{name}"),
        }),
        TriggerRow::Request => json!({
            "trigger-type": "CloudWatchEvent",
            "trigger-detail":
                format!("arn:aws:events:{region}:{account}:rule/{REQUESTS_BUS}/{name}"),
        }),
        TriggerRow::ManualRollback => json!({
            "trigger-type": "ManualRollback",
            "trigger-detail": format!("arn:aws:iam::{account}:user/mary.major"),
        }),
        TriggerRow::Push | TriggerRow::Other(_) => json!({
            "author-display-name": "Mary Major",
            "author-id": "Mary Major",
            "author-email": "mary.major@example.com",
            "author-date": to_seconds_text(execution.started_at.0),
            "provider-type": "GitHub",
            "full-repository-name": format!("acme/{name}"),
            "branch-name": "main",
            "commit-id": uuid_of("commit", name.as_str(), execution.number).replace('-', ""),
            "commit-message": "Change what it does",
        }),
    }
}

fn envelope(
    detail_type: &str,
    source: &str,
    (account, region): (&str, &str),
    at: Timestamp,
    arn: &str,
    number: u64,
    detail: &Value,
) -> String {
    let event = json!({
        "version": "0",
        "id": uuid_of("event", source, number),
        "detail-type": detail_type,
        "source": source,
        "account": account,
        "time": to_seconds_text(at),
        "region": region,
        "resources": [arn],
        "detail": detail,
    });
    event.to_string()
}
