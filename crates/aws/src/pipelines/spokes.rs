//! Other accounts: the role that each of them has for this deployment, which `infra/spoke` makes.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::str::FromStr;

use downriver_domain::AccountId;

/// Accounts that one deployment may have: more would fit neither into a role's policies nor into a rule's pattern.
pub const SPOKES_MAX: usize = 100;
/// Stands in the role's ARN where the account does.
const ANY_ACCOUNT: &str = "*";
/// Bounds of STS.
const EXTERNAL_ID_LEN: std::ops::RangeInclusive<usize> = 2..=1224;

/// The accounts besides the deployment's own, and how their pipelines are reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spokes {
    pub accounts: BTreeSet<AccountId>,
    /// The same in every account.
    pub role: SpokeRole,
    /// What the trust of that role asks for.
    pub external_id: ExternalId,
    /// What sessions that only read are called. No attempt has an `@` in its name: the role lets sessions of this form start
    /// nothing.
    pub reader: String,
}

/// The ARN of the role, but for the account: `arn:<partition>:iam::*:role/<name>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpokeRole {
    partition: String,
    path: String,
}

/// What a role's trust may ask for, as STS takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalId(String);

/// A text that is no ARN of a role with `*` for its account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected `arn:<partition>:iam::*:role/<name>`")]
pub struct InvalidSpokeRole;

/// A text that is no external id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 2 to 1224 letters, digits and `_+=,.@:/-`")]
pub struct InvalidExternalId;

impl Spokes {
    /// The ARN of the role in an account; none in an account that was not named.
    pub(super) fn role_in(&self, account: &AccountId) -> Option<String> {
        let SpokeRole { partition, path } = &self.role;
        let is_known = self.accounts.contains(account);
        is_known.then(|| format!("arn:{partition}:iam::{account}:{path}"))
    }
}

/// What a person does about an account that was not named.
pub(super) fn unknown(account: &AccountId) -> String {
    format!(
        "account {account} is not among the deployment's: add it to the deployment's parameter SpokeAccounts, and deploy \
         infra/spoke in that account"
    )
}

impl FromStr for SpokeRole {
    type Err = InvalidSpokeRole;

    fn from_str(arn: &str) -> Result<Self, InvalidSpokeRole> {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let ["arn", partition, "iam", "", ANY_ACCOUNT, path] = parts[..] else {
            return Err(InvalidSpokeRole);
        };
        if path.strip_prefix("role/").is_none_or(str::is_empty) {
            return Err(InvalidSpokeRole);
        }
        Ok(Self {
            partition: partition.to_owned(),
            path: path.to_owned(),
        })
    }
}

impl ExternalId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ExternalId {
    type Err = InvalidExternalId;

    fn from_str(text: &str) -> Result<Self, InvalidExternalId> {
        let is_taken = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&byte);
        let is_valid = EXTERNAL_ID_LEN.contains(&text.len()) && text.bytes().all(is_taken);
        is_valid
            .then(|| Self(text.to_owned()))
            .ok_or(InvalidExternalId)
    }
}
