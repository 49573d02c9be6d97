//! CodePipeline: starts executions under a session named after the attempt, and reads what became of them.
//!
//! A name is no ARN: a call reaches the pipeline of that name in the account whose credentials it carries. Pipelines of the
//! deployment's own account are read with the function's credentials, those of others in sessions of a role there.

mod declared;
mod execution;
mod failure;
mod request;
mod sessions;
mod spokes;
mod start;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_codepipeline::Client;
use aws_sdk_codepipeline::config::SharedCredentialsProvider;
use aws_sdk_codepipeline::types::PipelineExecutionSummary;
use downriver_domain::{AccountId, Pipeline, PipelineExecutionId, Target, Timestamp};
use downriver_engine::ports::{
    Execution, ExecutionStatus, Pipelines, ReadError, StartError, StartExecution,
};

use crate::clients::Clients;
use crate::error::NoResult;

pub(crate) use declared::declared;
pub(crate) use execution::timestamp;
use failure::Structures;
pub(crate) use sessions::Session;
use sessions::{Role, Sessions};
pub use spokes::{ExternalId, InvalidExternalId, InvalidSpokeRole, SPOKES_MAX, SpokeRole, Spokes};

/// Executions on the first page when one of the last ones is looked for.
const NEWEST_MAX: i32 = 20;
/// Executions on a page: as many as CodePipeline gives.
const PAGE_MAX: i32 = 100;
/// Pages read in one call: 2,000 executions.
const PAGES_MAX: usize = 20;

/// The role of the deployment's own account under whose sessions executions are started.
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

    /// `aws`, or that of another part of AWS.
    fn partition(&self) -> &str {
        self.arn.split(':').nth(1).unwrap_or("aws")
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

/// CodePipeline as the engine asks for it. Clones share clients, sessions and what was read of pipelines' structure.
#[derive(Debug, Clone)]
pub struct CodePipelines {
    clients: Clients,
    sts: aws_sdk_sts::Client,
    own_account: AccountId,
    starter: Option<StarterRole>,
    sessions: Option<Sessions>,
    readers: Arc<Mutex<BTreeMap<Target, Reader>>>,
    structures: Arc<Structures>,
}

/// A client, and the session that it works in unless its target is in our own account.
#[derive(Debug)]
struct Reader {
    client: Client,
    session: Option<Session>,
}

impl CodePipelines {
    /// `own_account`: whose pipelines our own credentials read. Without a starter, none of these can be started: only `start`
    /// and `sweep` do. Without spokes, no other account is reached.
    pub fn new(
        clients: Clients,
        own_account: AccountId,
        starter: Option<StarterRole>,
        spokes: Option<Spokes>,
    ) -> Self {
        let sts = clients.sts();
        Self {
            sessions: spokes.map(|spokes| Sessions::new(sts.clone(), spokes)),
            sts,
            clients,
            own_account,
            starter,
            readers: Arc::default(),
            structures: Arc::default(),
        }
    }

    /// The session in which what belongs to an account is read; none for our own, which the function's credentials read.
    pub(crate) async fn session(&self, account: &AccountId) -> Result<Option<Session>, ReadError> {
        if *account == self.own_account {
            return Ok(None);
        }
        match &self.sessions {
            Some(sessions) => sessions.reading(account).await.map(Some),
            None => Err(ReadError::Denied(spokes::unknown(account))),
        }
    }

    pub(crate) async fn reader(&self, pipeline: &Pipeline) -> Result<Client, ReadError> {
        let target = &pipeline.target;
        let session = self.session(&target.account).await?;
        // As many as the catalog has targets.
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(reader) = readers.get(target)
            && reader.session == session
        {
            return Ok(reader.client.clone());
        }
        let mut config = self.clients.codepipeline_config(&target.region);
        if let Some(session) = &session {
            let credentials = SharedCredentialsProvider::new(session.credentials.clone());
            config = config.credentials_provider(credentials);
        }
        let client = Client::from_conf(config.build());
        let reader = Reader {
            client: client.clone(),
            session,
        };
        readers.insert(target.clone(), reader);
        Ok(client)
    }

    /// The role in whose sessions an account's pipelines are started.
    fn starter_in(&self, account: &AccountId) -> Result<Role, StartError> {
        let own = self.starter.as_ref();
        if let Some(starter) = own.filter(|role| role.account == *account) {
            return Ok(Role {
                arn: starter.arn.clone(),
                of_spoke: None,
            });
        }
        let sessions = self.sessions.as_ref();
        sessions
            .and_then(|sessions| sessions.role_in(account))
            .ok_or_else(|| StartError::Denied(spokes::unknown(account)))
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
        let role = self.starter_in(&start.pipeline.target.account)?;
        start::start(&self.clients, &self.sts, &role, start).await
    }

    async fn request_execution(&self, start: &StartExecution) -> Result<(), StartError> {
        // Only `start` and `sweep` ask, and they have this role; it tells which part of AWS we are in.
        let starter = self.starter.as_ref();
        let starter =
            starter.ok_or_else(|| StartError::Denied("nothing is started here".into()))?;
        request::request(&self.clients, starter.partition(), start).await
    }

    /// `GetPipelineExecution` tells no times, so this looks in the list. One that is older than the list goes back is not
    /// found.
    async fn load_execution(
        &self,
        pipeline: &Pipeline,
        id: &PipelineExecutionId,
    ) -> Result<Execution, ReadError> {
        let client = self.reader(pipeline).await?;
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
        let client = self.reader(pipeline).await?;
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
