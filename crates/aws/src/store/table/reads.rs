use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use downriver_engine::ports::StoreError;
use futures::stream::{self, StreamExt, TryStreamExt};

use super::super::item::{Item, Key, permanent, s};
use super::Table;
use crate::error::NoResult;

/// Keys in one BatchGetItem.
const BATCH_KEYS_MAX: usize = 100;
/// Batches under way at once.
const CONCURRENT_BATCHES_MAX: usize = 8;
/// Tries of keys that DynamoDB leaves unprocessed: throttled, or more than 16 MB.
const BATCH_TRIES_MAX: u32 = 8;

/// Which sort keys of a partition.
#[derive(Debug, Clone)]
pub(in crate::store) enum Range {
    All,
    /// This one and those after it.
    From(String),
    After(String),
    Before(String),
}

#[derive(Debug, Clone)]
pub(in crate::store) struct Query {
    /// The table itself, strongly consistent, or one of its indexes, which are not.
    pub(in crate::store) index: Option<&'static str>,
    pub(in crate::store) pk: String,
    pub(in crate::store) range: Range,
    pub(in crate::store) is_newest_first: bool,
    /// Only these attributes.
    pub(in crate::store) projection: Option<&'static str>,
}

impl Query {
    pub(in crate::store) fn new(pk: impl Into<String>, range: Range) -> Self {
        Self {
            index: None,
            pk: pk.into(),
            range,
            is_newest_first: false,
            projection: None,
        }
    }

    pub(in crate::store) fn of_index(index: &'static str, pk: String, range: Range) -> Self {
        Self {
            index: Some(index),
            ..Self::new(pk, range)
        }
    }

    fn condition(&self) -> (String, Option<&String>) {
        let prefix = self
            .index
            .map_or(String::new(), |index| format!("{index}_"));
        let (comparison, bound) = match &self.range {
            Range::All => (String::new(), None),
            Range::From(sk) => (format!(" AND {prefix}sk >= :sk"), Some(sk)),
            Range::After(sk) => (format!(" AND {prefix}sk > :sk"), Some(sk)),
            Range::Before(sk) => (format!(" AND {prefix}sk < :sk"), Some(sk)),
        };
        (format!("{prefix}pk = :pk{comparison}"), bound)
    }
}

impl Table {
    pub(in crate::store) async fn get(&self, key: &Key) -> Result<Option<Item>, StoreError> {
        let call = self.client.get_item().table_name(&self.name);
        let answer = call
            .set_key(Some(key.attributes()))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| unread(&error))?;
        Ok(answer.item)
    }

    /// Those of `keys` that exist.
    pub(in crate::store) async fn get_all(
        &self,
        keys: BTreeSet<Key>,
    ) -> Result<BTreeMap<Key, Item>, StoreError> {
        let keys: Vec<Key> = keys.into_iter().collect();
        let chunks = keys.chunks(BATCH_KEYS_MAX);
        let batches: Vec<_> = chunks.map(|chunk| self.get_batch(chunk)).collect();
        stream::iter(batches)
            .buffer_unordered(CONCURRENT_BATCHES_MAX)
            .try_fold(BTreeMap::new(), |mut items, batch| async move {
                for item in batch {
                    items.insert(Key::of(&item)?, item);
                }
                Ok(items)
            })
            .await
    }

    async fn get_batch(&self, keys: &[Key]) -> Result<Vec<Item>, StoreError> {
        let mut open: Vec<Item> = keys.iter().map(Key::attributes).collect();
        let mut items = Vec::with_capacity(open.len());
        for tried in 0..BATCH_TRIES_MAX {
            if open.is_empty() {
                return Ok(items);
            }
            if tried > 0 {
                self.back_off(tried).await;
            }
            let wanted = KeysAndAttributes::builder()
                .set_keys(Some(open))
                .consistent_read(true)
                .build()
                .map_err(|error| permanent(error.to_string()))?;
            let call = self.client.batch_get_item();
            let answer = call
                .request_items(&self.name, wanted)
                .send()
                .await
                .map_err(|error| unread(&error))?;
            items.extend(
                answer
                    .responses
                    .into_iter()
                    .flatten()
                    .flat_map(|(_, items)| items),
            );
            let left = answer.unprocessed_keys.into_iter().flatten();
            open = left.flat_map(|(_, left)| left.keys).collect();
        }
        if open.is_empty() {
            return Ok(items);
        }
        Err(StoreError::Transient(format!(
            "{} keys of a batch stayed unprocessed",
            open.len()
        )))
    }

    /// At most `limit` items, in order.
    pub(in crate::store) async fn query(
        &self,
        query: &Query,
        limit: usize,
    ) -> Result<Vec<Item>, StoreError> {
        let mut items = Vec::new();
        let mut start = None;
        while items.len() < limit {
            let (page, next) = self.query_page(query, limit - items.len(), start).await?;
            items.extend(page);
            start = next;
            if start.is_none() {
                break;
            }
        }
        Ok(items)
    }

    async fn query_page(
        &self,
        query: &Query,
        limit: usize,
        start: Option<Item>,
    ) -> Result<(Vec<Item>, Option<Item>), StoreError> {
        let (condition, bound) = query.condition();
        let call = self.client.query().table_name(&self.name);
        let answer = call
            .set_index_name(query.index.map(ToOwned::to_owned))
            .set_consistent_read(query.index.is_none().then_some(true))
            .key_condition_expression(condition)
            .expression_attribute_values(":pk", s(&query.pk))
            .set_projection_expression(query.projection.map(ToOwned::to_owned))
            .set_exclusive_start_key(start)
            .scan_index_forward(!query.is_newest_first);
        let answer = match bound {
            Some(sk) => answer.expression_attribute_values(":sk", AttributeValue::S(sk.clone())),
            None => answer,
        };
        let answer = match i32::try_from(limit) {
            Ok(limit) => answer.limit(limit),
            // Without one, DynamoDB ends a page at 1 MB.
            Err(_) => answer,
        };
        let answer = answer.send().await.map_err(|error| unread(&error))?;
        let next = answer.last_evaluated_key.filter(|key| !key.is_empty());
        Ok((answer.items.unwrap_or_default(), next))
    }

    /// The id that DynamoDB gave this table when it was created or restored.
    pub(in crate::store) async fn describe_id(&self) -> Result<String, StoreError> {
        let call = self.client.describe_table().table_name(&self.name);
        let answer = call.send().await.map_err(|error| unread(&error))?;
        answer
            .table
            .and_then(|table| table.table_id)
            .ok_or_else(|| permanent("DynamoDB does not tell the table's id"))
    }
}

/// A read did nothing in any case: whatever may pass is transient.
fn unread<E>(error: &SdkError<E, HttpResponse>) -> StoreError
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    match NoResult::of(error) {
        NoResult::NotNow(text) | NoResult::Unknown(text) => StoreError::Transient(text),
        NoResult::Refused { text, .. } => permanent(text),
    }
}
