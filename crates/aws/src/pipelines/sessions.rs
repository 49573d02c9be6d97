//! Sessions of roles: of the starter's and of other accounts', one for each start; of other accounts', kept, for reading.
//!
//! Owns how long a session lasts, and what is said of one that was refused.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_sdk_codepipeline::config::Credentials;
use downriver_domain::AccountId;
use downriver_engine::ports::ReadError;
use tokio::sync::Mutex;

use super::spokes::{self, Spokes};
use crate::error::NoResult;

/// The shortest that STS gives: for the one call of a start.
pub(super) const START_SECS: i32 = 900;
/// The longest that STS gives to whoever is in a session already, as functions are.
const READ_SECS: i32 = 3600;
/// Renewed this long before its end: an invocation of `index` may read for 15 minutes in one session.
const RENEWED_BEFORE: Duration = Duration::from_mins(16);

/// A role to open a session of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Role {
    pub(super) arn: String,
    /// What another account's role asks for, and that account.
    pub(super) of_spoke: Option<(AccountId, String)>,
}

/// Why there is no session; nothing was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NotAssumed {
    /// May pass.
    Later(String),
    /// With what a person does about it.
    Refused(String),
}

/// Kept for reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) credentials: Credentials,
    renewed_at: SystemTime,
}

/// The reading sessions of all other accounts. Clones share them.
#[derive(Debug, Clone)]
pub(super) struct Sessions {
    sts: aws_sdk_sts::Client,
    spokes: Spokes,
    /// An account for itself: one that does not answer keeps nobody else waiting.
    open: Arc<BTreeMap<AccountId, Mutex<Option<Session>>>>,
}

impl Sessions {
    pub(super) fn new(sts: aws_sdk_sts::Client, spokes: Spokes) -> Self {
        let accounts = spokes.accounts.iter();
        let open = accounts.map(|account| (account.clone(), Mutex::default()));
        Self {
            sts,
            open: Arc::new(open.collect()),
            spokes,
        }
    }

    /// Whose sessions start executions in an account.
    pub(super) fn role_in(&self, account: &AccountId) -> Option<Role> {
        let external_id = self.spokes.external_id.as_str().to_owned();
        Some(Role {
            arn: self.spokes.role_in(account)?,
            of_spoke: Some((account.clone(), external_id)),
        })
    }

    /// The session in which an account's pipelines are read: the open one, or a new one.
    pub(super) async fn reading(&self, account: &AccountId) -> Result<Session, ReadError> {
        let (Some(role), Some(open)) = (self.role_in(account), self.open.get(account)) else {
            return Err(ReadError::Denied(spokes::unknown(account)));
        };
        let mut open = open.lock().await;
        let now = SystemTime::now();
        if let Some(session) = open.as_ref().filter(|session| now < session.renewed_at) {
            return Ok(session.clone());
        }
        let (credentials, expires_at) = assume(&self.sts, &role, &self.spokes.reader, READ_SECS)
            .await
            .map_err(|error| match error {
                NotAssumed::Later(text) => ReadError::Transient(text),
                NotAssumed::Refused(text) => ReadError::Denied(text),
            })?;
        let session = Session {
            credentials,
            renewed_at: expires_at.checked_sub(RENEWED_BEFORE).unwrap_or(now),
        };
        *open = Some(session.clone());
        Ok(session)
    }
}

impl Role {
    fn refused(&self, text: &str) -> NotAssumed {
        let arn = &self.arn;
        NotAssumed::Refused(match &self.of_spoke {
            None => format!("assuming role {arn}: {text}"),
            Some((account, external_id)) => format!(
                "assuming role {arn}: {text}; deploy infra/spoke in account {account} with this role's name, the external id \
                 `{external_id}` and the deployment's outputs HubStartRoleArns and HubReadRoleArns"
            ),
        })
    }
}

/// Credentials of a new session, and when they end. The client repeats the call: it starts nothing.
pub(super) async fn assume(
    sts: &aws_sdk_sts::Client,
    role: &Role,
    name: &str,
    secs: i32,
) -> Result<(Credentials, SystemTime), NotAssumed> {
    let external_id = role.of_spoke.as_ref().map(|(_, external_id)| external_id);
    let answer = sts
        .assume_role()
        .role_arn(&role.arn)
        .role_session_name(name)
        .set_external_id(external_id.cloned())
        .duration_seconds(secs)
        .send()
        .await;
    let given = match answer {
        Ok(answer) => answer.credentials,
        Err(error) => {
            return Err(match NoResult::of(&error) {
                NoResult::Refused { code, text } if !code.is_empty() => role.refused(&text),
                error => NotAssumed::Later(error.into_text()),
            });
        }
    };
    let given = given.ok_or_else(|| {
        NotAssumed::Later("the answer to AssumeRole has no credentials".to_owned())
    })?;
    let expires_at = SystemTime::try_from(given.expiration).unwrap_or(SystemTime::UNIX_EPOCH);
    let credentials = Credentials::new(
        given.access_key_id,
        given.secret_access_key,
        Some(given.session_token),
        // Nothing of the SDK renews it: it is thrown away after one call, or renewed here.
        None,
        "role session",
    );
    Ok((credentials, expires_at))
}
