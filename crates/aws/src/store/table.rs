//! Calls of the one table: every read is strongly consistent but those of indexes, every write is safe to repeat.

mod reads;

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::CancellationReason;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use downriver_engine::ports::{CommitOutcome, StoreError};
use futures::stream::{self, StreamExt};

pub(super) use self::reads::{Query, Range};
use super::item::{Item, permanent};
use super::nonce::Nonces;
use super::write::{Guard, Verb, Write};
use crate::error::NoResult;

/// Actions in one transaction.
pub(super) const ACTIONS_MAX: usize = 100;
/// DynamoDB takes 4 MB in one transaction; the rest is left for names and JSON.
pub(super) const TRANSACTION_BYTES_MAX: usize = 3_500_000;
/// Tries of a write that runs into another transaction, before it counts as a conflict.
const CONTENDED_TRIES_MAX: u32 = 5;
/// Tries of a write that was throttled within its transaction, which the client does not try again itself.
const THROTTLED_TRIES_MAX: u32 = 5;
/// Tries of a write whose answer got lost, each of which the client has repeated itself already.
const UNKNOWN_TRIES_MAX: u32 = 2;
const BACKOFF_MILLIS: u64 = 20;
/// Single writes under way at once.
const CONCURRENT_WRITES_MAX: usize = 25;

#[derive(Debug)]
pub(super) struct Table {
    client: Client,
    name: String,
    nonces: Nonces,
}

/// How one try went.
enum Tried {
    Settled(CommitOutcome),
    /// Another transaction has one of the items just now.
    Contended,
    Throttled(String),
    Unknown(String),
}

impl Table {
    pub(super) fn new(client: Client, name: String) -> Self {
        Self {
            client,
            name,
            nonces: Nonces::default(),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The name of a new write.
    pub(super) fn next_write(&self) -> String {
        self.nonces.next()
    }

    /// Waits before try number `tried + 1`, longer each time, and not as long as others who wait.
    pub(super) async fn back_off(&self, tried: u32) {
        let millis = BACKOFF_MILLIS << tried.min(6);
        let jitter = self.nonces.random() % millis;
        tokio::time::sleep(Duration::from_millis(millis / 2 + jitter)).await;
    }

    /// All of `writes` or none of them: one of them is a plain write, several are a transaction.
    pub(super) async fn write(&self, writes: &[Write]) -> Result<CommitOutcome, StoreError> {
        if writes.is_empty() {
            return Ok(CommitOutcome::Done);
        }
        for tried in 0.. {
            let result = match writes {
                [write] => self.try_one(write).await?,
                _ => self.try_transaction(writes).await?,
            };
            match result {
                Tried::Settled(outcome) => return Ok(outcome),
                Tried::Contended if tried + 1 >= CONTENDED_TRIES_MAX => break,
                Tried::Throttled(text) if tried + 1 >= THROTTLED_TRIES_MAX => {
                    return Err(StoreError::Transient(text));
                }
                Tried::Unknown(text) if tried + 1 >= UNKNOWN_TRIES_MAX => {
                    return Err(StoreError::Transient(text));
                }
                Tried::Contended | Tried::Throttled(_) | Tried::Unknown(_) => {
                    self.back_off(tried).await;
                }
            }
        }
        Ok(CommitOutcome::Conflict)
    }

    /// Each of these by itself, many at once; those that failed on a condition are counted.
    pub(super) async fn write_each(&self, writes: &[Vec<Write>]) -> Result<usize, StoreError> {
        let mut failed = 0;
        // A call that waits for its turn takes as much memory as one that is under way.
        for group in writes.chunks(CONCURRENT_WRITES_MAX * 8) {
            let calls: Vec<_> = group.iter().map(|writes| self.write(writes)).collect();
            let mut outcomes = stream::iter(calls).buffer_unordered(CONCURRENT_WRITES_MAX);
            while let Some(outcome) = outcomes.next().await {
                failed += usize::from(outcome? != CommitOutcome::Done);
            }
        }
        Ok(failed)
    }

    async fn try_one(&self, write: &Write) -> Result<Tried, StoreError> {
        let returned = write.returned();
        let values = Some(write.values.clone()).filter(|values| !values.is_empty());
        let condition = write.condition.clone();
        let answer = match &write.verb {
            Verb::Put(item) => {
                let call = self.client.put_item().table_name(&self.name);
                call.set_item(Some(item.clone()))
                    .set_condition_expression(condition)
                    .set_expression_attribute_values(values)
                    .set_return_values_on_condition_check_failure(returned)
                    .send()
                    .await
                    .map(drop)
                    .map_err(|error| {
                        settle(
                            write,
                            error.as_service_error().and_then(standing_put),
                            &error,
                        )
                    })
            }
            Verb::Update(expression) => {
                let call = self.client.update_item().table_name(&self.name);
                call.set_key(Some(write.key.attributes()))
                    .update_expression(expression)
                    .set_condition_expression(condition)
                    .set_expression_attribute_values(values)
                    .set_return_values_on_condition_check_failure(returned)
                    .send()
                    .await
                    .map(drop)
                    .map_err(|error| {
                        settle(
                            write,
                            error.as_service_error().and_then(standing_update),
                            &error,
                        )
                    })
            }
            Verb::Delete => {
                let call = self.client.delete_item().table_name(&self.name);
                call.set_key(Some(write.key.attributes()))
                    .set_condition_expression(condition)
                    .set_expression_attribute_values(values)
                    .set_return_values_on_condition_check_failure(returned)
                    .send()
                    .await
                    .map(drop)
                    .map_err(|error| {
                        settle(
                            write,
                            error.as_service_error().and_then(standing_delete),
                            &error,
                        )
                    })
            }
            Verb::Check => return self.try_transaction(std::slice::from_ref(write)).await,
        };
        match answer {
            Ok(()) => Ok(Tried::Settled(CommitOutcome::Done)),
            Err(settled) => settled,
        }
    }

    async fn try_transaction(&self, writes: &[Write]) -> Result<Tried, StoreError> {
        let actions = writes.iter().map(|write| write.action(&self.name));
        let actions = actions.collect::<Result<Vec<_>, _>>()?;
        // The client gives each call a token of its own, which its repetitions share.
        let call = self.client.transact_write_items();
        match call.set_transact_items(Some(actions)).send().await {
            Ok(_) => Ok(Tried::Settled(CommitOutcome::Done)),
            Err(error) => settle_transaction(writes, &error),
        }
    }
}

type Standing<'a> = Option<&'a Item>;

fn standing_put(
    error: &aws_sdk_dynamodb::operation::put_item::PutItemError,
) -> Option<Standing<'_>> {
    use aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException;
    match error {
        ConditionalCheckFailedException(failed) => Some(failed.item()),
        _ => None,
    }
}

fn standing_update(
    error: &aws_sdk_dynamodb::operation::update_item::UpdateItemError,
) -> Option<Standing<'_>> {
    use aws_sdk_dynamodb::operation::update_item::UpdateItemError::ConditionalCheckFailedException;
    match error {
        ConditionalCheckFailedException(failed) => Some(failed.item()),
        _ => None,
    }
}

fn standing_delete(
    error: &aws_sdk_dynamodb::operation::delete_item::DeleteItemError,
) -> Option<Standing<'_>> {
    use aws_sdk_dynamodb::operation::delete_item::DeleteItemError::ConditionalCheckFailedException;
    match error {
        ConditionalCheckFailedException(failed) => Some(failed.item()),
        _ => None,
    }
}

/// `standing`: the condition failed, on this item.
fn settle<E>(
    write: &Write,
    standing: Option<Standing<'_>>,
    error: &SdkError<E, HttpResponse>,
) -> Result<Tried, StoreError>
where
    E: std::error::Error + aws_sdk_dynamodb::error::ProvideErrorMetadata + 'static,
{
    if let Some(standing) = standing {
        return Ok(Tried::Settled(if write.is_done_in(standing) {
            CommitOutcome::Done
        } else {
            failed(write.guard)
        }));
    }
    match NoResult::of(error) {
        // The client has tried often enough itself.
        NoResult::NotNow(text) => Err(StoreError::Transient(text)),
        NoResult::Unknown(text) => Ok(Tried::Unknown(text)),
        NoResult::Refused { code, .. } if code == "TransactionConflictException" => {
            Ok(Tried::Contended)
        }
        NoResult::Refused { text, .. } => Err(permanent(text)),
    }
}

fn settle_transaction(
    writes: &[Write],
    error: &SdkError<TransactWriteItemsError, HttpResponse>,
) -> Result<Tried, StoreError> {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(canceled)) => {
            settle_reasons(writes, canceled.cancellation_reasons())
        }
        Some(TransactWriteItemsError::TransactionInProgressException(_)) => Ok(Tried::Contended),
        _ => match NoResult::of(error) {
            NoResult::NotNow(text) => Err(StoreError::Transient(text)),
            NoResult::Unknown(text) => Ok(Tried::Unknown(text)),
            NoResult::Refused { text, .. } => Err(permanent(text)),
        },
    }
}

/// One reason for each action, in their order.
fn settle_reasons(writes: &[Write], reasons: &[CancellationReason]) -> Result<Tried, StoreError> {
    let mut worst = None;
    for (write, reason) in writes.iter().zip(reasons) {
        let tried = match reason.code().unwrap_or("None") {
            "None" => continue,
            "ConditionalCheckFailed" if write.is_done_in(reason.item()) => {
                CommitOutcome::Done.into()
            }
            "ConditionalCheckFailed" => failed(write.guard).into(),
            "TransactionConflict" => Tried::Contended,
            code @ ("ThrottlingError" | "ProvisionedThroughputExceeded") => {
                Tried::Throttled(format!("a transaction was throttled: {code}"))
            }
            code => {
                return Err(permanent(format!(
                    "a transaction was refused because of the item `{}` / `{}`: {code}: {}",
                    write.key.pk,
                    write.key.sk,
                    reason.message().unwrap_or("no reason was given")
                )));
            }
        };
        worst = Some(match worst {
            Some(other) if rank(&other) <= rank(&tried) => other,
            _ => tried,
        });
    }
    worst.ok_or_else(|| {
        StoreError::Transient("a transaction was cancelled without a reason".to_owned())
    })
}

/// Which of several reasons counts: having been done, then a record that moved on, then what another try may change,
/// and last a full target.
const fn rank(tried: &Tried) -> u8 {
    match tried {
        Tried::Settled(CommitOutcome::Done) => 0,
        Tried::Settled(CommitOutcome::Conflict) => 1,
        Tried::Contended => 2,
        Tried::Throttled(_) | Tried::Unknown(_) => 3,
        Tried::Settled(CommitOutcome::BudgetFull) => 4,
    }
}

const fn failed(guard: Guard) -> CommitOutcome {
    match guard {
        Guard::Revision => CommitOutcome::Conflict,
        Guard::Budget => CommitOutcome::BudgetFull,
    }
}

impl From<CommitOutcome> for Tried {
    fn from(outcome: CommitOutcome) -> Self {
        Self::Settled(outcome)
    }
}
