//! Whether the rules of the default bus let every event through that Downriver acts on.

use downriver_domain::AccountId;
use serde_json::{Value, json};

use super::finding;
use crate::doctor::catalog::named;
use crate::doctor::facts::{DeploymentFacts, EventKind, Facts, RuleState};
use crate::doctor::finding::{Check, Finding, Severity, Subject};
use crate::doctor::pattern::{Matched, matches};

const PACKAGE_VERSION_CHANGE: &str = "CodeArtifact Package Version State Change";
const EXECUTION_CHANGE: &str = "CodePipeline Pipeline Execution State Change";
const EXECUTION_STATES: [&str; 8] = [
    "STARTED",
    "SUCCEEDED",
    "FAILED",
    "STOPPING",
    "STOPPED",
    "SUPERSEDED",
    "CANCELED",
    "RESUMED",
];

/// An event that has to come through, and what events like it are called.
struct Sample {
    called: String,
    event: Value,
}

pub(super) fn check(facts: &Facts, deployment: &DeploymentFacts, findings: &mut Vec<Finding>) {
    let Some(account) = facts.reach.as_ref().map(|reach| &reach.account) else {
        return;
    };
    for (kind, rules) in &deployment.rules {
        let Ok(rules) = rules else { continue };
        let samples = match kind {
            EventKind::PackageVersions => { facts.topology.domain_owners.iter() }
                .flat_map(|owner| package_versions(deployment, account, owner))
                .collect(),
            EventKind::Executions => executions(deployment, account),
        };
        findings.extend(check_kind(*kind, rules, &samples));
    }
}

fn check_kind(kind: EventKind, rules: &[RuleState], samples: &[Sample]) -> Option<Finding> {
    let enabled: Vec<&RuleState> = rules.iter().filter(|rule| rule.is_enabled).collect();
    if enabled.is_empty() {
        let disabled: Vec<&RuleState> = rules.iter().collect();
        return Some(missing(kind, nearest(&disabled, samples)));
    }
    let mut dropped = Vec::new();
    let mut unknown = None;
    for sample in samples {
        match let_through(&enabled, &sample.event) {
            Matched::Yes => {}
            Matched::No => dropped.push(sample.called.as_str()),
            Matched::Unknown(operator) => unknown = Some(operator),
        }
    }
    let names: Vec<&str> = enabled.iter().map(|rule| rule.name.as_str()).collect();
    let names = names.join(", ");
    let (severity, evidence) = match (dropped.as_slice(), unknown) {
        ([], None) => return None,
        ([], Some(operator)) => (
            Severity::Advice,
            format!(
                "Whether the pattern of {names} (DescribeRule) lets every event through hangs on {operator}, which doctor cannot judge; `aws events test-event-pattern` can."
            ),
        ),
        (dropped, _) => (
            Severity::Error,
            format!(
                "The pattern of {names} (DescribeRule) drops events {}.",
                named(dropped.iter())
            ),
        ),
    };
    let name = &nearest(&enabled, samples)?.name;
    Some(Finding {
        evidence,
        mend: format!(
            "deploy the stack again, or: aws events put-rule --name {name} --event-pattern '{}'",
            wanted_pattern(kind)
        ),
        ..finding(severity, Check::RulePattern, Subject::Rule(name.clone()))
    })
}

/// The rule that lets most of what has to come through: the one to mend.
fn nearest<'r>(rules: &[&'r RuleState], samples: &[Sample]) -> Option<&'r RuleState> {
    let let_through = |rule: &RuleState| {
        { samples.iter() }
            .filter(|sample| let_through(&[rule], &sample.event) == Matched::Yes)
            .count()
    };
    // Of equals the first one.
    { rules.iter().rev().copied() }.max_by_key(|rule| let_through(rule))
}

fn let_through(rules: &[&RuleState], event: &Value) -> Matched {
    rules.iter().fold(Matched::No, |matched, rule| {
        matched.or(|| match &rule.pattern {
            Some(pattern) => matches(pattern, event),
            None => Matched::No,
        })
    })
}

fn missing(kind: EventKind, disabled: Option<&RuleState>) -> Finding {
    let (subject, evidence, mend) = match disabled {
        Some(rule) => (
            rule.name.clone(),
            format!(
                "Rule {}, which fills {}, is disabled (DescribeRule).",
                rule.name,
                kind.queue()
            ),
            format!("aws events enable-rule --name {}", rule.name),
        ),
        None => (
            kind.queue().to_owned(),
            format!(
                "No rule of the account's default bus has {} as its target (ListRuleNamesByTarget), so no event comes.",
                kind.queue()
            ),
            "deploy the stack again: it has the rules; `aws cloudformation detect-stack-drift` shows what else was changed".to_owned(),
        ),
    };
    Finding {
        evidence,
        mend,
        ..finding(Severity::Error, Check::RuleMissing, Subject::Rule(subject))
    }
}

/// What has to be in the pattern of a rule of ours, and nothing more.
fn wanted_pattern(kind: EventKind) -> Value {
    match kind {
        EventKind::PackageVersions => {
            json!({"source": ["aws.codeartifact"], "detail-type": [PACKAGE_VERSION_CHANGE]})
        }
        EventKind::Executions => {
            json!({"source": ["aws.codepipeline"], "detail-type": [EXECUTION_CHANGE]})
        }
    }
}

/// If nothing of an owner comes through, that is what is told, and not every kind of its events.
fn package_versions(
    deployment: &DeploymentFacts,
    account: &AccountId,
    owner: &AccountId,
) -> Vec<Sample> {
    let event = |namespace: Option<Value>, operation: &str, state: &str| {
        let mut detail = json!({
            "domainName": "acme", "domainOwner": owner.as_str(), "repositoryName": "shared",
            "repositoryAdministrator": owner.as_str(), "packageFormat": "npm", "packageName": "tokens",
            "packageVersion": "1.0.0", "packageVersionState": state, "packageVersionRevision": "0E5DE26A",
            "changes": {"assetsAdded": 1, "assetsRemoved": 0, "assetsUpdated": 0, "metadataUpdated": true, "statusChanged": true},
            "operationType": operation, "sequenceNumber": 1, "eventDeduplicationId": "2mEO0A2K",
        });
        if let Some(namespace) = namespace {
            detail["packageNamespace"] = namespace;
        }
        let package = format!(
            "arn:aws:codeartifact:{}:{owner}:package/acme/shared/npm/acme/tokens",
            deployment.region
        );
        envelope(
            deployment,
            account,
            "aws.codeartifact",
            PACKAGE_VERSION_CHANGE,
            &package,
            detail,
        )
    };
    let acme = || Some(json!("acme"));
    let sample = |called: &str, event| Sample {
        called: format!("{called} (domain owner {owner})"),
        event,
    };
    vec![
        sample(
            "of packages with a namespace",
            event(acme(), "Created", "Published"),
        ),
        sample(
            "whose `packageNamespace` is null",
            event(Some(Value::Null), "Created", "Published"),
        ),
        sample(
            "without `packageNamespace`",
            event(None, "Created", "Published"),
        ),
        sample(
            "of withdrawn versions",
            event(acme(), "Updated", "Unlisted"),
        ),
        sample("of updated versions", event(acme(), "Updated", "Published")),
        sample("of deleted versions", event(acme(), "Deleted", "Deleted")),
    ]
}

fn executions(deployment: &DeploymentFacts, account: &AccountId) -> Vec<Sample> {
    let sample = |state: &str| {
        let pipeline = format!("arn:aws:codepipeline:{}:{account}:web", deployment.region);
        let detail = json!({
            "pipeline": "web", "execution-id": "01234567-0123-0123-0123-012345678901", "state": state,
            "version": 1.0, "execution-trigger": {"trigger-type": "StartPipelineExecution", "trigger-detail": "web.1.1"},
        });
        Sample {
            called: format!("of state {state}"),
            event: envelope(
                deployment,
                account,
                "aws.codepipeline",
                EXECUTION_CHANGE,
                &pipeline,
                detail,
            ),
        }
    };
    EXECUTION_STATES.into_iter().map(sample).collect()
}

fn envelope(
    deployment: &DeploymentFacts,
    account: &AccountId,
    source: &str,
    detail_type: &str,
    resource: &str,
    detail: Value,
) -> Value {
    let mut event = json!({
        "version": "0", "id": "73f03fec-a137-971e-6ac6-07c8ffffffff", "time": "2026-01-01T00:00:00Z",
        "detail-type": detail_type, "source": source, "account": account.as_str(),
        "region": deployment.region.as_str(), "resources": [resource],
    });
    event["detail"] = detail;
    event
}
