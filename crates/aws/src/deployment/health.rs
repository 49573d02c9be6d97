//! The deployment's own resources, as `doctor` looks at them. Only reads: a call that fails is part of the answer.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_eventbridge::types::RuleState as State;
use aws_sdk_sqs::types::QueueAttributeName;
use downriver_domain::AccountId;
use downriver_engine::doctor::{DeploymentFacts, EventKind, QueueFacts, QueueState, RuleState};
use downriver_engine::ports::{ReadError, Store as _, StoreError};
use serde_json::Value;

use super::failed::FailedQueue;
use super::outputs::DeployedQueue;
use super::{Deployment, DeploymentError};
use crate::error::NoResult;
use crate::pipelines::StarterRole;
use crate::setup::AwsSetup;

/// The stack's parameter that names the other accounts.
const SPOKES_PARAMETER: &str = "SpokeAccounts";
/// Where AWS's own events arrive. What other accounts forward comes over a bus of its own, which tells nothing of these rules.
const DEFAULT_BUS: &str = "default";
/// Pages of the rules that have one queue as their target.
const RULES_PAGES_MAX: usize = 10;

impl Deployment {
    /// What `doctor` reads of the accounts' settings.
    pub fn setup(&self) -> Result<AwsSetup, DeploymentError> {
        let starter: Option<StarterRole> =
            { self.outputs.starter_role.as_deref() }.and_then(|arn| arn.parse().ok());
        let account = match &starter {
            Some(role) => role.account().clone(),
            None => self.account()?,
        };
        let others = self.other_accounts();
        Ok(AwsSetup::of_person(&self.clients, account, starter, others))
    }

    /// Those that the deployment starts pipelines in, besides its own.
    fn other_accounts(&self) -> BTreeSet<AccountId> {
        let told = self.parameters.get(SPOKES_PARAMETER);
        let accounts = told.iter().flat_map(|told| told.split(','));
        accounts
            .filter_map(|account| account.trim().parse().ok())
            .collect()
    }

    /// The queues' URLs name it.
    fn account(&self) -> Result<AccountId, DeploymentError> {
        let url = self.outputs.queue_url(DeployedQueue::Due);
        let account = url.rsplit('/').nth(1).unwrap_or_default();
        account.parse().map_err(|error| DeploymentError::Refused {
            action: "cloudformation:DescribeStacks",
            detail: format!("the stack's DueQueueUrl is `{url}`: {error}"),
        })
    }

    /// Queues, rules, and what the store says of the deployment itself.
    pub async fn examine(&self) -> Result<DeploymentFacts, StoreError> {
        let mut queues = Vec::new();
        let mut rules = BTreeMap::new();
        for queue in DeployedQueue::ALL {
            let state = self.queue_state(self.outputs.queue_url(queue)).await;
            let kind = match queue {
                DeployedQueue::Changes => Some(EventKind::PackageVersions),
                DeployedQueue::Runs => Some(EventKind::Executions),
                DeployedQueue::Due | DeployedQueue::Index => None,
            };
            if let (Some(kind), Ok(state)) = (kind, &state) {
                rules.insert(kind, self.rules_of(&state.arn).await);
            }
            queues.push(QueueFacts {
                name: queue.name().to_owned(),
                failed: None,
                state,
            });
        }
        for (failed, name, place) in FAILED {
            queues.push(QueueFacts {
                name: name.to_owned(),
                failed: Some(place),
                state: self.queue_state(self.outputs.failed_url(failed)).await,
            });
        }
        let store = self.store();
        Ok(DeploymentFacts {
            name: self.name.clone(),
            region: { self.region.parse() }
                .map_err(|error| StoreError::Permanent(format!("{error}")))?,
            queues,
            rules,
            heard: store.load_heard().await?,
            checkup: store.load_checkup().await?,
        })
    }

    async fn queue_state(&self, url: &str) -> Result<QueueState, ReadError> {
        let read = self
            .sqs
            .get_queue_attributes()
            .queue_url(url)
            .attribute_names(QueueAttributeName::QueueArn)
            .attribute_names(QueueAttributeName::RedrivePolicy)
            .attribute_names(QueueAttributeName::ApproximateNumberOfMessages)
            .attribute_names(QueueAttributeName::ApproximateNumberOfMessagesNotVisible)
            .send()
            .await
            .map_err(|error| read_error(NoResult::of(&error)))?;
        let value = |name: QueueAttributeName| -> Option<&String> { read.attributes()?.get(&name) };
        let count = |name| {
            value(name)
                .and_then(|count| count.parse::<u64>().ok())
                .unwrap_or(0)
        };
        Ok(QueueState {
            url: url.to_owned(),
            arn: value(QueueAttributeName::QueueArn)
                .cloned()
                .unwrap_or_default(),
            dead_letters: value(QueueAttributeName::RedrivePolicy)
                .and_then(|policy| dead_letters(policy)),
            messages: count(QueueAttributeName::ApproximateNumberOfMessages)
                + count(QueueAttributeName::ApproximateNumberOfMessagesNotVisible),
        })
    }

    /// The rules of the default bus that have this queue as a target.
    async fn rules_of(&self, queue_arn: &str) -> Result<Vec<RuleState>, ReadError> {
        let mut found = Vec::new();
        let mut token = None;
        for _ in 0..RULES_PAGES_MAX {
            let page = self
                .events
                .list_rule_names_by_target()
                .event_bus_name(DEFAULT_BUS)
                .target_arn(queue_arn)
                .set_next_token(token)
                .send()
                .await
                .map_err(|error| read_error(NoResult::of(&error)))?;
            for name in page.rule_names() {
                found.push(self.rule(name).await?);
            }
            token = page.next_token;
            if token.is_none() {
                return Ok(found);
            }
        }
        Err(ReadError::Transient(format!(
            "more than {} rules have {queue_arn} as their target",
            found.len()
        )))
    }

    async fn rule(&self, name: &str) -> Result<RuleState, ReadError> {
        let rule = self
            .events
            .describe_rule()
            .event_bus_name(DEFAULT_BUS)
            .name(name)
            .send()
            .await
            .map_err(|error| read_error(NoResult::of(&error)))?;
        Ok(RuleState {
            name: name.to_owned(),
            is_enabled: rule.state() != Some(&State::Disabled),
            pattern: rule.event_pattern,
        })
    }
}

/// Where failed messages lie: the template's name, and what `downriver redrive` takes.
const FAILED: [(FailedQueue, &str, &str); 6] = [
    (
        FailedQueue::DeadLetters(DeployedQueue::Changes),
        "ChangesDeadLetterQueue",
        "changes",
    ),
    (
        FailedQueue::DeadLetters(DeployedQueue::Runs),
        "RunsDeadLetterQueue",
        "runs",
    ),
    (
        FailedQueue::DeadLetters(DeployedQueue::Due),
        "DueDeadLetterQueue",
        "due",
    ),
    (
        FailedQueue::DeadLetters(DeployedQueue::Index),
        "IndexDeadLetterQueue",
        "index",
    ),
    (FailedQueue::Sweeps, "SweepDeadLetterQueue", "sweep"),
    (FailedQueue::Quarantine, "QuarantineQueue", "--quarantine"),
];

/// The ARN in a redrive policy; an emptied policy has none.
fn dead_letters(policy: &str) -> Option<String> {
    let policy: Value = serde_json::from_str(policy).ok()?;
    let arn = policy.get("deadLetterTargetArn")?.as_str()?;
    (!arn.is_empty()).then(|| arn.to_owned())
}

fn read_error(error: NoResult) -> ReadError {
    match error {
        NoResult::NotNow(text) | NoResult::Unknown(text) => ReadError::Transient(text),
        NoResult::Refused { code, .. }
            if code.ends_with("NonExistentQueue")
                || code.ends_with("QueueDoesNotExist")
                || code == "ResourceNotFoundException" =>
        {
            ReadError::NotFound
        }
        NoResult::Refused { code, text } if code.is_empty() => ReadError::Transient(text),
        NoResult::Refused { text, .. } => ReadError::Denied(text),
    }
}
