//! CodePipeline: starts executions under a session named after the attempt, and reads what became of them.
//!
//! Only pipelines of the deployment's own account, in any Region: a name is no ARN, so a call with our credentials for
//! another account's pipeline would reach our own one of the same name.

mod declared;
mod execution;
mod failure;
mod start;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_codepipeline::Client;
use aws_sdk_codepipeline::types::PipelineExecutionSummary;
use downriver_domain::{AccountId, Pipeline, PipelineExecutionId, RegionName, Timestamp};
use downriver_engine::ports::{
    Execution, ExecutionStatus, Pipelines, ReadError, StartError, StartExecution,
};

use crate::clients::Clients;
use crate::error::NoResult;

pub(crate) use declared::declared;
pub(crate) use execution::timestamp;
use failure::Structures;

/// Executions on the first page when one of the last ones is looked for.
const NEWEST_MAX: i32 = 20;
/// Executions on a page: as many as CodePipeline gives.
const PAGE_MAX: i32 = 100;
/// Pages read in one call: 2,000 executions.
const PAGES_MAX: usize = 20;

/// The role under whose sessions executions are started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StarterRole {
    arn: String,
    account: AccountId,
}

/// A text that is no role's ARN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is no role's ARN: expected `arn:<partition>:iam::<account>:role/<name>`", .0.escape_debug())]
pub struct InvalidRole(pub String);

impl StarterRole {
    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// Whose pipelines can be started under it.
    pub const fn account(&self) -> &AccountId {
        &self.account
    }
}

impl FromStr for StarterRole {
    type Err = InvalidRole;

    fn from_str(arn: &str) -> Result<Self, InvalidRole> {
        let invalid = || InvalidRole(arn.chars().take(100).collect());
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let ["arn", _, "iam", "", account, role] = parts[..] else {
            return Err(invalid());
        };
        if role.strip_prefix("role/").is_none_or(str::is_empty) {
            return Err(invalid());
        }
        Ok(Self {
            arn: arn.to_owned(),
            account: account.parse().map_err(|_| invalid())?,
        })
    }
}

/// CodePipeline as the engine asks for it. Clones share clients and what was read of pipelines' structure.
#[derive(Debug, Clone)]
pub struct CodePipelines {
    clients: Clients,
    sts: aws_sdk_sts::Client,
    own_account: AccountId,
    /// By the account whose pipelines can be started under it.
    starters: BTreeMap<AccountId, StarterRole>,
    by_region: Arc<Mutex<BTreeMap<RegionName, Client>>>,
    structures: Arc<Structures>,
}

impl CodePipelines {
    /// `own_account`: whose pipelines our own credentials read. Without a starter, none can be started: only `start` and
    /// `sweep` do.
    pub fn new(clients: Clients, own_account: AccountId, starter: Option<StarterRole>) -> Self {
        let starters = starter.map(|role| (role.account.clone(), role));
        Self {
            sts: clients.sts(),
            clients,
            own_account,
            starters: starters.into_iter().collect(),
            by_region: Arc::default(),
            structures: Arc::default(),
        }
    }

    pub(crate) fn reader(&self, pipeline: &Pipeline) -> Result<Client, ReadError> {
        let target = &pipeline.target;
        if target.account != self.own_account {
            return Err(ReadError::Denied(format!(
                "pipelines of account {} cannot be read: this deployment belongs to account {}",
                target.account, self.own_account
            )));
        }
        let mut clients = self
            .by_region
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let client = clients
            .entry(target.region.clone())
            .or_insert_with(|| self.clients.codepipeline(&target.region));
        Ok(client.clone())
    }

    /// The summary of one execution, newest first; none if it is not among those that are kept.
    async fn find(
        &self,
        client: &Client,
        pipeline: &Pipeline,
        id: &PipelineExecutionId,
    ) -> Result<Option<PipelineExecutionSummary>, ReadError> {
        let mut pages = Pages::new(client, pipeline, NEWEST_MAX);
        while let Some(page) = pages.next().await? {
            let found = page
                .into_iter()
                .find(|summary| summary.pipeline_execution_id() == Some(id.as_str()));
            if found.is_some() {
                return Ok(found);
            }
            pages.size = PAGE_MAX;
        }
        Ok(None)
    }
}

impl Pipelines for CodePipelines {
    async fn start_execution(
        &self,
        start: &StartExecution,
    ) -> Result<PipelineExecutionId, StartError> {
        let account = &start.pipeline.target.account;
        let Some(role) = self.starters.get(account) else {
            return Err(StartError::Denied(format!(
                "pipelines of account {account} cannot be started: this deployment has no role there"
            )));
        };
        start::start(&self.clients, &self.sts, role, start).await
    }

    /// `GetPipelineExecution` tells no times, so this looks in the list. One that is older than the list goes back is not
    /// found.
    async fn load_execution(
        &self,
        pipeline: &Pipeline,
        id: &PipelineExecutionId,
    ) -> Result<Execution, ReadError> {
        let client = self.reader(pipeline)?;
        let summary = self
            .find(&client, pipeline, id)
            .await?
            .ok_or(ReadError::NotFound)?;
        let mut execution = execution::parse(&summary)?;
        if execution.status == ExecutionStatus::Failed {
            execution.failed_stage =
                failure::load_failed_stage(&client, &self.structures, pipeline, id).await?;
        }
        Ok(execution)
    }

    /// Where a failed one failed is left out: only [`Pipelines::load_execution`] tells.
    async fn list_executions(
        &self,
        pipeline: &Pipeline,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<Execution>, ReadError> {
        let client = self.reader(pipeline)?;
        let size = i32::try_from(limit).unwrap_or(PAGE_MAX).clamp(1, PAGE_MAX);
        let mut pages = Pages::new(&client, pipeline, size);
        let mut found = Vec::new();
        while found.len() < limit
            && let Some(page) = pages.next().await?
        {
            for summary in &page {
                let execution = execution::parse(summary)?;
                if execution.started_at < since {
                    return Ok(found);
                }
                if found.len() < limit {
                    found.push(execution);
                }
            }
        }
        Ok(found)
    }
}

/// Pages of a pipeline's executions, newest first.
struct Pages<'a> {
    client: &'a Client,
    pipeline: &'a Pipeline,
    size: i32,
    read: usize,
    token: Option<String>,
}

impl<'a> Pages<'a> {
    const fn new(client: &'a Client, pipeline: &'a Pipeline, size: i32) -> Self {
        Self {
            client,
            pipeline,
            size,
            read: 0,
            token: None,
        }
    }

    /// None after the last page. More pages than are read is an error: that something is not in them would prove nothing.
    async fn next(&mut self) -> Result<Option<Vec<PipelineExecutionSummary>>, ReadError> {
        if self.read > 0 && self.token.is_none() {
            return Ok(None);
        }
        if self.read == PAGES_MAX {
            return Err(ReadError::Transient(format!(
                "pipeline {} has more executions than are read at once ({PAGES_MAX} pages)",
                self.pipeline.name
            )));
        }
        let answer = self
            .client
            .list_pipeline_executions()
            .pipeline_name(self.pipeline.name.as_str())
            .max_results(self.size)
            .set_next_token(self.token.take())
            .send()
            .await
            .map_err(|error| read_error(NoResult::of(&error)))?;
        self.read += 1;
        self.token = answer.next_token;
        Ok(Some(
            answer.pipeline_execution_summaries.unwrap_or_default(),
        ))
    }
}

/// CodePipeline's refusal to be read.
pub(crate) fn read_error(error: NoResult) -> ReadError {
    match error {
        NoResult::NotNow(text) | NoResult::Unknown(text) => ReadError::Transient(text),
        NoResult::Refused { code, .. }
            if code.starts_with("PipelineNotFound")
                || code.starts_with("PipelineExecutionNotFound") =>
        {
            ReadError::NotFound
        }
        // Our own failure to ask: without credentials, or a token that is of yesterday's page.
        NoResult::Refused { code, text }
            if code.is_empty() || code == "InvalidNextTokenException" =>
        {
            ReadError::Transient(text)
        }
        NoResult::Refused { text, .. } => ReadError::Denied(text),
    }
}
