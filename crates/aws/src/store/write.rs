//! One write, as a call of its own or as an action of a transaction.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update,
};
use downriver_engine::ports::StoreError;

use super::item::{self, Item, Key, bytes_of, permanent};

/// What a failed condition of a write means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guard {
    /// Another version of the record stands.
    Revision,
    /// The target has no room.
    Budget,
}

#[derive(Debug, Clone)]
pub(super) enum Verb {
    Put(Item),
    /// An update expression.
    Update(String),
    Delete,
    Check,
}

#[derive(Debug, Clone)]
pub(super) struct Write {
    pub(super) key: Key,
    pub(super) verb: Verb,
    pub(super) condition: Option<String>,
    pub(super) values: HashMap<String, AttributeValue>,
    pub(super) guard: Guard,
    /// The attribute that names the write a record stands from, and this write's name.
    pub(super) name: Option<(&'static str, String)>,
}

impl Write {
    fn new(key: Key, verb: Verb) -> Self {
        Self {
            key,
            verb,
            condition: None,
            values: HashMap::new(),
            guard: Guard::Revision,
            name: None,
        }
    }

    /// The whole item; the key is added to `attributes`.
    pub(super) fn put<const N: usize>(key: Key, attributes: [(&str, AttributeValue); N]) -> Self {
        let mut item = key.attributes();
        item.extend(
            attributes
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value)),
        );
        Self::new(key, Verb::Put(item))
    }

    pub(super) fn update(key: Key, expression: impl Into<String>) -> Self {
        Self::new(key, Verb::Update(expression.into()))
    }

    pub(super) fn delete(key: Key) -> Self {
        Self::new(key, Verb::Delete)
    }

    pub(super) fn check(key: Key) -> Self {
        Self::new(key, Verb::Check)
    }

    /// Adds an attribute to an item that is put.
    pub(super) fn with(mut self, name: &str, value: AttributeValue) -> Self {
        if let Verb::Put(item) = &mut self.verb {
            item.insert(name.to_owned(), value);
        }
        self
    }

    pub(super) fn only_if(mut self, condition: impl Into<String>) -> Self {
        self.condition = Some(condition.into());
        self
    }

    /// A value that an expression names, with its colon.
    pub(super) fn value(mut self, name: &str, value: AttributeValue) -> Self {
        self.values.insert(name.to_owned(), value);
        self
    }

    pub(super) fn guarding(mut self, guard: Guard) -> Self {
        self.guard = guard;
        self
    }

    /// `attribute` of the record will hold `name`.
    pub(super) fn named(mut self, attribute: &'static str, name: &str) -> Self {
        self.name = Some((attribute, name.to_owned()));
        match &self.verb {
            Verb::Put(_) => self.with(attribute, item::s(name)),
            _ => self.value(":name", item::s(name)),
        }
    }

    /// Whether `standing` is what this write has written.
    pub(super) fn is_done_in(&self, standing: Option<&Item>) -> bool {
        let (Some((attribute, name)), Some(standing)) = (&self.name, standing) else {
            return false;
        };
        item::text_if_any(standing, attribute) == Some(name)
    }

    /// Roughly what it sends.
    pub(super) fn bytes(&self) -> usize {
        let of = |(name, value): (&String, &AttributeValue)| name.len() + bytes_of(value) + 20;
        let item: usize = match &self.verb {
            Verb::Put(item) => item.iter().map(of).sum(),
            _ => 0,
        };
        item + self.values.iter().map(of).sum::<usize>() + self.key.pk.len() + self.key.sk.len()
    }

    /// On a failed condition, the item that stands.
    pub(super) fn returned(&self) -> Option<ReturnValuesOnConditionCheckFailure> {
        let all_old = ReturnValuesOnConditionCheckFailure::AllOld;
        self.condition.is_some().then_some(all_old)
    }

    pub(super) fn action(&self, table: &str) -> Result<TransactWriteItem, StoreError> {
        let standing = self.returned();
        let values = Some(self.values.clone()).filter(|values| !values.is_empty());
        let condition = self.condition.clone();
        let action = TransactWriteItem::builder();
        let built = match &self.verb {
            Verb::Put(item) => Put::builder()
                .table_name(table)
                .set_item(Some(item.clone()))
                .set_condition_expression(condition)
                .set_expression_attribute_values(values)
                .set_return_values_on_condition_check_failure(standing)
                .build()
                .map(|put| action.put(put)),
            Verb::Update(expression) => Update::builder()
                .table_name(table)
                .set_key(Some(self.key.attributes()))
                .update_expression(expression)
                .set_condition_expression(condition)
                .set_expression_attribute_values(values)
                .set_return_values_on_condition_check_failure(standing)
                .build()
                .map(|update| action.update(update)),
            Verb::Delete => Delete::builder()
                .table_name(table)
                .set_key(Some(self.key.attributes()))
                .set_condition_expression(condition)
                .set_expression_attribute_values(values)
                .set_return_values_on_condition_check_failure(standing)
                .build()
                .map(|delete| action.delete(delete)),
            Verb::Check => ConditionCheck::builder()
                .table_name(table)
                .set_key(Some(self.key.attributes()))
                .set_condition_expression(condition)
                .set_expression_attribute_values(values)
                .set_return_values_on_condition_check_failure(standing)
                .build()
                .map(|check| action.condition_check(check)),
        };
        Ok(built.map_err(|error| permanent(error.to_string()))?.build())
    }
}
