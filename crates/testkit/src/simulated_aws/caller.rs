//! Who calls: the account, the Region and the identity behind an access key. Signatures are not checked.

use std::collections::BTreeMap;

use super::constraint::is_account;
use super::error::ApiError;
use super::instant::Millis;

/// Sessions that are remembered, oldest forgotten first.
const SESSIONS_KEPT_MAX: usize = 10_000;

/// The caller of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) arn: String,
    /// The role session's name.
    pub(crate) session: Option<String>,
}

/// The scope of a `SigV4` signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Credential {
    pub(crate) access_key: String,
    pub(crate) region: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) account: String,
    pub(crate) role: String,
    pub(crate) name: String,
    pub(crate) expires_at: Millis,
}

/// The access keys that are known to belong to somebody.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    sessions: BTreeMap<String, Session>,
    /// In order of their beginning.
    begun: Vec<String>,
    /// Access key → account and user.
    users: BTreeMap<String, (String, String)>,
}

impl Credential {
    /// From `AWS4-HMAC-SHA256 Credential=<key>/<date>/<region>/<service>/aws4_request, …`.
    pub(crate) fn parse(authorization: &str) -> Option<Self> {
        let (_, scope) = authorization.split_once("Credential=")?;
        let scope = scope.split([',', ' ']).next()?;
        let mut parts = scope.split('/');
        let access_key = parts.next()?.to_owned();
        let region = parts.nth(1)?.to_owned();
        Some(Self { access_key, region })
    }
}

impl Keys {
    pub(crate) fn add_session(&mut self, access_key: &str, session: Session) {
        if self.begun.len() >= SESSIONS_KEPT_MAX {
            let oldest = self.begun.remove(0);
            self.sessions.remove(&oldest);
        }
        self.begun.push(access_key.to_owned());
        self.sessions.insert(access_key.to_owned(), session);
    }

    pub(crate) fn add_user(&mut self, access_key: &str, account: &str, user: &str) {
        let owner = (account.to_owned(), user.to_owned());
        self.users.insert(access_key.to_owned(), owner);
    }

    /// A key of twelve digits is its account's root; one that nobody knows belongs to a user of the default account.
    pub(crate) fn identify(
        &self,
        credential: &Credential,
        default_account: &str,
        now: Millis,
    ) -> Result<Caller, ApiError> {
        let key = credential.access_key.as_str();
        let region = credential.region.clone();
        if let Some(session) = self.sessions.get(key) {
            if session.expires_at <= now {
                let message = "The security token included in the request is expired";
                return Err(ApiError::of("ExpiredTokenException", message));
            }
            return Ok(Caller {
                account: session.account.clone(),
                region,
                arn: session.arn(),
                session: Some(session.name.clone()),
            });
        }
        let (account, who) = match self.users.get(key) {
            Some((account, user)) => (account.clone(), format!("user/{user}")),
            None if is_account(key) => (key.to_owned(), "root".to_owned()),
            None => (default_account.to_owned(), format!("user/{key}")),
        };
        Ok(Caller {
            arn: format!("arn:aws:iam::{account}:{who}"),
            account,
            region,
            session: None,
        })
    }
}

impl Session {
    /// `arn:aws:sts::<account>:assumed-role/<role>/<session>`.
    pub(crate) fn arn(&self) -> String {
        let (account, role, name) = (&self.account, &self.role, &self.name);
        format!("arn:aws:sts::{account}:assumed-role/{role}/{name}")
    }
}
