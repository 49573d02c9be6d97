//! Whether pipelines can be started as the catalog says, and get to their end.

#[cfg(test)]
mod tests;

use downriver_domain::{Application, OnLocked, Pipeline, Target};

use super::facts::{Facts, PipelineFacts};
use super::finding::{Check, Finding, Severity, Subject};
use super::mend;
use crate::ports::{DeclaredPipeline, DisabledTransition, ExecutionMode, REQUESTS_BUS, ReadError};
use crate::start::{VARIABLE_CHANGES, VARIABLE_REBUILD};

const VARIABLES: [&str; 2] = [VARIABLE_REBUILD, VARIABLE_CHANGES];

pub(super) fn check(facts: &Facts, findings: &mut Vec<Finding>) {
    for entry in &facts.applications {
        let application = &entry.application;
        if facts.is_event_started(application) {
            findings.push(unchecked(application));
            continue;
        }
        if let Some(wrong) = in_wrong_account(facts, application) {
            findings.push(wrong);
            continue;
        }
        let Some(read) = facts.pipelines.get(&application.pipeline) else {
            continue;
        };
        match &read.declared {
            Ok(declared) => declared_wrongly(application, declared, findings),
            Err(ReadError::NotFound) => findings.push(missing(application)),
            Err(ReadError::Denied(_) | ReadError::Transient(_)) => {}
        }
        if let Ok(disabled) = &read.disabled {
            findings.extend(disabled.iter().map(|one| transition(application, one)));
        }
    }
}

fn finding(
    severity: Severity,
    check: Check,
    application: &Application,
    evidence: String,
    mend: String,
) -> Finding {
    Finding {
        severity,
        check,
        application: Some(application.id.clone()),
        subject: Subject::Pipeline(application.pipeline.clone()),
        evidence,
        mend,
    }
}

/// The pipeline of this name in the deployment's own account, in the same Region.
pub(super) fn namesake(facts: &Facts, pipeline: &Pipeline) -> Option<Pipeline> {
    let reach = facts.reach.as_ref()?;
    Some(Pipeline {
        target: Target {
            account: reach.account.clone(),
            region: pipeline.target.region.clone(),
        },
        name: pipeline.name.clone(),
    })
}

fn in_wrong_account(facts: &Facts, application: &Application) -> Option<Finding> {
    let reach = facts.reach.as_ref()?;
    let pipeline = &application.pipeline;
    let account = &pipeline.target.account;
    if reach.starters.contains_key(account) {
        return None;
    }
    let own = &reach.account;
    let read = namesake(facts, pipeline).and_then(|namesake| facts.pipelines.get(&namesake));
    let is_here = matches!(
        read,
        Some(PipelineFacts {
            declared: Ok(_),
            ..
        })
    );
    let (where_it_is, mend) = if is_here {
        (
            format!(" Account {own} has a pipeline of this name."),
            format!(
                "set `account = \"{own}\"` for {} in the catalog",
                application.id
            ),
        )
    } else {
        (
            String::new(),
            format!(
                "set `account` of {} to an account in which the deployment has a role, or give it a role in {account}",
                application.id
            ),
        )
    };
    Some(finding(
        Severity::Error,
        Check::PipelineAccount,
        application,
        format!(
            "The catalog puts pipeline {} into account {account}, where this deployment has no role to start it.{where_it_is}",
            pipeline.name
        ),
        mend,
    ))
}

/// Not read, and no refusal either: nobody asked.
fn unchecked(application: &Application) -> Finding {
    let Pipeline { target, name } = &application.pipeline;
    finding(
        Severity::Advice,
        Check::PipelineUnchecked,
        application,
        format!(
            "Nothing is checked of pipeline {name}: the catalog has {target} started by events, so no role reads there."
        ),
        format!(
            "nothing, if it declares what the catalog counts on; look there: `aws codepipeline get-pipeline {}`, and `aws events list-rules --event-bus-name {REQUESTS_BUS} --region {}` for the rule that starts it",
            mend::pipeline_options(&application.pipeline),
            target.region
        ),
    )
}

fn missing(application: &Application) -> Finding {
    let Pipeline { target, name } = &application.pipeline;
    finding(
        Severity::Error,
        Check::PipelineMissing,
        application,
        format!(
            "CodePipeline knows no pipeline {name} in account {} and Region {} (GetPipeline).",
            target.account, target.region
        ),
        format!(
            "create it, or set `pipeline`, `account` and `region` of {} in the catalog to where it is (`aws codepipeline list-pipelines --region {}`)",
            application.id, target.region
        ),
    )
}

fn declared_wrongly(
    application: &Application,
    declared: &DeclaredPipeline,
    findings: &mut Vec<Finding>,
) {
    let is_refreshed = application.policy.on_locked == OnLocked::Refresh;
    if is_refreshed && !declared.is_v2 {
        findings.push(v1(application));
    } else if is_refreshed {
        findings.extend(undeclared(application, declared));
    }
    findings.extend(required(application, declared));
    if is_refreshed && declared.mode == ExecutionMode::Superseded {
        findings.push(superseding(application));
    }
}

fn v1(application: &Application) -> Finding {
    finding(
        Severity::Error,
        Check::PipelineV1,
        application,
        format!(
            "Pipeline {} is of type V1 and has no variables (GetPipeline), but the catalog has {} started with them.",
            application.pipeline.name, application.id
        ),
        format!(
            "make it V2 (`aws codepipeline get-pipeline {}`, set `pipelineType` to V2, `update-pipeline`), or set `variables = false` in the catalog",
            mend::pipeline_options(&application.pipeline)
        ),
    )
}

fn undeclared(application: &Application, declared: &DeclaredPipeline) -> Option<Finding> {
    let is_declared = |name: &str| declared.variables.iter().any(|known| known.name == name);
    let missing: Vec<&str> = VARIABLES
        .into_iter()
        .filter(|name| !is_declared(name))
        .collect();
    (!missing.is_empty()).then(|| {
        finding(
            Severity::Error,
            Check::VariablesUndeclared,
            application,
            format!(
                "Pipeline {} does not declare {} (GetPipeline); CodePipeline refuses a start that gives what is not declared.",
                application.pipeline.name,
                missing.join(" and ")
            ),
            mend::declare_variables(&missing),
        )
    })
}

/// Ours without a default break the starts that others make, and ours where a value is left out.
fn required(application: &Application, declared: &DeclaredPipeline) -> Option<Finding> {
    let required: Vec<&str> = { declared.variables.iter() }
        .filter(|variable| !variable.has_default)
        .map(|variable| variable.name.as_str())
        .collect();
    if required.is_empty() {
        return None;
    }
    let is_refused = required.iter().any(|name| !VARIABLES.contains(name));
    let (severity, who) = if is_refused {
        (Severity::Error, "Downriver gives no value for each of them")
    } else {
        (Severity::Warning, "nobody but Downriver gives them a value")
    };
    Some(finding(
        severity,
        Check::VariableRequired,
        application,
        format!(
            "Pipeline {} declares {} without a default (GetPipeline), so a start has to give a value, and {who}.",
            application.pipeline.name,
            required.join(" and ")
        ),
        format!(
            "give {} a `defaultValue` in the pipeline (`aws codepipeline update-pipeline`)",
            required.join(" and ")
        ),
    ))
}

fn superseding(application: &Application) -> Finding {
    finding(
        Severity::Advice,
        Check::ExecutionMode,
        application,
        format!(
            "Pipeline {} runs in mode SUPERSEDED (GetPipeline): a newer execution takes the place of one that waits between stages, and its variables are lost; Downriver starts again for what is left.",
            application.pipeline.name
        ),
        "nothing, if that is rare; else set `executionMode` to QUEUED (`aws codepipeline update-pipeline`)".to_owned(),
    )
}

fn transition(application: &Application, disabled: &DisabledTransition) -> Finding {
    let name = &application.pipeline.name;
    let reason = { disabled.reason.as_ref() }
        .map_or_else(String::new, |reason| format!(", for the reason “{reason}”"));
    finding(
        Severity::Warning,
        Check::TransitionDisabled,
        application,
        format!(
            "Nothing enters stage {} of pipeline {name}: its transition is disabled (GetPipelineState){reason}.",
            disabled.stage
        ),
        mend::enable_transition(&application.pipeline, &disabled.stage),
    )
}
