//! Whether the deployment itself works: its queues, the rules that fill them, its roles, and when it last heard anything.

mod rules;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::{AccountId, ApplicationId, DomainName, Timestamp};

use super::facts::{DeploymentFacts, Facts, QueueFacts, Reach};
use super::finding::{Check, Finding, Severity, Subject, Unread};
use crate::ports::ReadError;
use crate::wire::messages::format_time;

const DAY_SECS: u64 = 24 * 3600;
/// Registered for longer, an application's domain should have told something, in seconds.
const SILENCE_SECS: u64 = DAY_SECS;
/// So long ago, versions that were missed are no news any more, in seconds.
const MISSED_SECS: u64 = 7 * DAY_SECS;
/// `sweep` makes its checks every hour; then it has failed twice, in seconds.
const SWEEP_SILENT_SECS: u64 = 3 * 3600;

pub(super) fn check(facts: &Facts, unread: &[Unread], findings: &mut Vec<Finding>) {
    if let Some(reach) = &facts.reach {
        findings.extend(roles(reach));
    }
    let Some(deployment) = &facts.deployment else {
        return;
    };
    for queue in &deployment.queues {
        findings.extend(queue_broken(deployment, queue));
        findings.extend(dead_letters(deployment, queue));
    }
    rules::check(facts, deployment, findings);
    silent_domains(facts, deployment, findings);
    findings.extend(missed(facts, deployment));
    findings.extend(sweep_silent(facts, deployment));
    found_by_sweep(facts, deployment, unread, findings);
}

fn finding(severity: Severity, check: Check, subject: Subject) -> Finding {
    Finding {
        severity,
        check,
        application: None,
        subject,
        evidence: String::new(),
        mend: String::new(),
    }
}

/// What came of assuming the roles under which pipelines are started.
fn roles(reach: &Reach) -> impl Iterator<Item = Finding> {
    reach.starters.iter().filter_map(|(account, tried)| {
        let Err(error @ (ReadError::Denied(_) | ReadError::NotFound)) = tried.as_ref()? else {
            return None;
        };
        Some(Finding {
            evidence: format!(
                "The role that starts the pipelines of account {account} could not be assumed: {error} (AssumeRole)."
            ),
            mend: "deploy the stack again, so that the trust policy of its role `StarterRole` names the roles of `start` and `sweep`".to_owned(),
            ..finding(
                Severity::Error,
                Check::RoleNotAssumable,
                Subject::Role(account.to_string()),
            )
        })
    })
}

fn queue_broken(deployment: &DeploymentFacts, queue: &QueueFacts) -> Option<Finding> {
    let subject = || Subject::Queue(queue.name.clone());
    match &queue.state {
        Err(ReadError::NotFound) => Some(Finding {
            evidence: format!(
                "Stack {} names a queue {} that does not exist (GetQueueAttributes).",
                deployment.name, queue.name
            ),
            mend: "deploy the stack again; `aws cloudformation detect-stack-drift` shows what else was changed".to_owned(),
            ..finding(Severity::Error, Check::QueueMissing, subject())
        }),
        Ok(state) if queue.failed.is_none() && state.dead_letters.is_none() => Some(Finding {
            evidence: format!(
                "Queue {} has no redrive policy (GetQueueAttributes): a message that fails is tried until it expires, and is lost then.",
                queue.name
            ),
            mend: format!(
                "aws sqs set-queue-attributes --queue-url {} --attributes '{{\"RedrivePolicy\": \"{{\\\"deadLetterTargetArn\\\": \\\"<ARN of its dead-letter queue>\\\", \\\"maxReceiveCount\\\": 5}}\"}}', or deploy the stack again",
                state.url
            ),
            ..finding(Severity::Error, Check::QueueWithoutDeadLetters, subject())
        }),
        _ => None,
    }
}

fn dead_letters(deployment: &DeploymentFacts, queue: &QueueFacts) -> Option<Finding> {
    let state = queue.state.as_ref().ok()?;
    let place = queue.failed.filter(|_| state.messages > 0)?;
    let count = state.messages;
    Some(Finding {
        evidence: format!(
            "About {count} {} in queue {} (GetQueueAttributes).",
            if count == 1 {
                "message that failed lies"
            } else {
                "messages that failed lie"
            },
            queue.name
        ),
        mend: format!(
            "downriver redrive {place} --list --deployment {}, then the same without --list once the cause is mended",
            deployment.name
        ),
        ..finding(
            Severity::Warning,
            Check::DeadLetters,
            Subject::Queue(queue.name.clone()),
        )
    })
}

type Domain = (AccountId, DomainName);

/// Domains of which nothing has ever come, although applications have been waiting for it.
fn silent_domains(facts: &Facts, deployment: &DeploymentFacts, findings: &mut Vec<Finding>) {
    let mut waiting: BTreeMap<Domain, (Timestamp, BTreeSet<&ApplicationId>)> = BTreeMap::new();
    for entry in &facts.applications {
        let application = &entry.application;
        for repository in &application.repositories {
            let domain = (repository.domain_owner.clone(), repository.domain.clone());
            let known = waiting.entry(domain);
            let (since, ids) = known.or_insert((application.registered_at, BTreeSet::new()));
            *since = (*since).min(application.registered_at);
            ids.insert(&application.id);
        }
    }
    for ((owner, name), (since, ids)) in waiting {
        let is_heard = { deployment.heard.iter() }
            .any(|heard| (&heard.domain_owner, &heard.domain) == (&owner, &name));
        if is_heard || facts.now.secs_since(since) < SILENCE_SECS {
            continue;
        }
        findings.push(Finding {
            evidence: format!(
                "No event of domain {name} of account {owner} was ever accepted, and {} {} waited for one since {}.",
                ids.len(),
                if ids.len() == 1 { "application has" } else { "applications have" },
                format_time(since)
            ),
            mend: format!(
                "if it publishes at all: let its events come to Region {} of the deployment's account, and name its owner in `domain_owners` of the catalog and in the stack's parameter `DomainOwners`",
                deployment.region
            ),
            ..finding(
                Severity::Warning,
                Check::EventsSilent,
                Subject::Domain(owner, name),
            )
        });
    }
}

fn missed(facts: &Facts, deployment: &DeploymentFacts) -> Option<Finding> {
    let missed = deployment.checkup.missed.as_ref()?;
    (facts.now.secs_since(missed.at) < MISSED_SECS).then(|| Finding {
        evidence: format!(
            "At {} sweep found {} {} that no event had told of.",
            format_time(missed.at),
            missed.versions,
            if missed.versions == 1 { "version" } else { "versions" }
        ),
        mend: format!(
            "look for what keeps events away: the findings about rules and queues, `downriver redrive --list --deployment {}`, the metric FailedInvocations of the rules",
            deployment.name
        ),
        ..finding(Severity::Warning, Check::EventsMissed, Subject::Deployment)
    })
}

fn sweep_silent(facts: &Facts, deployment: &DeploymentFacts) -> Option<Finding> {
    let first = { facts.applications.iter() }
        .map(|entry| entry.application.registered_at)
        .min()?;
    let since = deployment.checkup.at.unwrap_or(first);
    (facts.now.secs_since(since) >= SWEEP_SILENT_SECS).then(|| Finding {
        evidence: match deployment.checkup.at {
            Some(at) => format!(
                "sweep last made its checks at {}, and makes them every hour.",
                format_time(at)
            ),
            None => format!(
                "sweep has never made its checks since the first application was registered at {}.",
                format_time(first)
            ),
        },
        mend: format!(
            "enable the schedule of stack {} (`aws scheduler list-schedules`), and look at `downriver redrive sweep --list --deployment {0}` for why it failed",
            deployment.name
        ),
        ..finding(Severity::Warning, Check::SweepSilent, Subject::Deployment)
    })
}

/// What only its own role can tell, and what the caller may not read.
fn found_by_sweep(
    facts: &Facts,
    deployment: &DeploymentFacts,
    unread: &[Unread],
    findings: &mut Vec<Finding>,
) {
    let is_left_out = |check: Check| {
        check == Check::RoleNotAssumable || unread.iter().any(|one| one.checks.contains(&check))
    };
    for stored in &deployment.checkup.findings {
        let is_known = { stored.finding.application.as_ref() }
            .is_none_or(|id| facts.application(id).is_some());
        let is_told = { findings.iter() }.any(|known| {
            (known.check, &known.subject) == (stored.finding.check, &stored.finding.subject)
        });
        if is_left_out(stored.finding.check) && is_known && !is_told {
            findings.push(Finding {
                evidence: format!(
                    "{} Found by sweep, first at {}.",
                    stored.finding.evidence,
                    format_time(stored.found_at)
                ),
                ..stored.finding.clone()
            });
        }
    }
}
