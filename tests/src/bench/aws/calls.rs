//! Calls, counted by service and operation, with the items that DynamoDB is asked to write and the units they take.

use std::collections::BTreeMap;

use downriver_testkit::runtime_api::Asked;
use serde_json::Value;

#[derive(Debug, Clone, Default)]
pub(super) struct Calls {
    pub(super) by_operation: BTreeMap<String, u64>,
    /// Items that a call asks to put, update or delete.
    pub(super) items_written: u64,
    /// Of those, the records of applications with their slots.
    pub(super) slots_written: u64,
    /// Estimated: a unit for each KiB of an item as it was sent, two in a transaction.
    pub(super) write_units: u64,
    /// Entries on the bus.
    pub(super) notices: u64,
}

impl Calls {
    pub(super) fn of(asked: &[Asked]) -> Self {
        let mut calls = Self::default();
        for asked in asked {
            *calls.by_operation.entry(name(asked)).or_default() += 1;
            if asked.operation.starts_with("DynamoDB") {
                calls.count_writes(asked);
            }
            if asked.operation.ends_with(".PutEvents") {
                let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
                calls.notices += body["Entries"].as_array().map_or(0, Vec::len) as u64;
            }
        }
        calls
    }

    /// What came after `before`.
    pub(super) fn since(&self, before: &Self) -> Self {
        let by_operation = self.by_operation.iter().filter_map(|(name, count)| {
            let new = count - before.of_operation(name);
            (new > 0).then(|| (name.clone(), new))
        });
        Self {
            by_operation: by_operation.collect(),
            items_written: self.items_written - before.items_written,
            slots_written: self.slots_written - before.slots_written,
            write_units: self.write_units - before.write_units,
            notices: self.notices - before.notices,
        }
    }

    pub(super) fn of_service(&self, service: &str) -> u64 {
        let of = |name: &String| name.split(' ').next() == Some(service);
        let counts = self.by_operation.iter();
        counts
            .filter(|(name, _)| of(name))
            .map(|(_, count)| count)
            .sum()
    }

    pub(super) fn of_operation(&self, name: &str) -> u64 {
        self.by_operation.get(name).copied().unwrap_or_default()
    }

    pub(super) fn total(&self) -> u64 {
        self.by_operation.values().sum()
    }

    fn count_writes(&mut self, asked: &Asked) {
        let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
        let operation = asked.operation.rsplit('.').next().unwrap_or_default();
        match operation {
            "PutItem" | "UpdateItem" | "DeleteItem" => self.count_write(&body, 1),
            "TransactWriteItems" => {
                let actions = body["TransactItems"].as_array();
                for action in actions.into_iter().flatten() {
                    for kind in ["Put", "Update", "Delete", "ConditionCheck"] {
                        if action[kind].is_object() {
                            self.count_write(&action[kind], 2);
                        }
                    }
                }
            }
            "BatchWriteItem" => {
                let tables = body["RequestItems"].as_object();
                for request in tables.into_iter().flat_map(|tables| tables.values()) {
                    for write in request.as_array().into_iter().flatten() {
                        self.count_write(write, 1);
                    }
                }
            }
            _ => {}
        }
    }

    fn count_write(&mut self, write: &Value, units: u64) {
        let text = write.to_string();
        self.items_written += 1;
        self.write_units += units * (text.len() as u64).div_ceil(1024);
        let is_slot = text.contains(r#""S":"app#"#) && text.contains(r#""S":"state""#);
        self.slots_written += u64::from(is_slot);
    }
}

/// `DynamoDB GetItem`, `SQS SendMessage`, …
fn name(asked: &Asked) -> String {
    let operation = asked.operation.rsplit('.').next().unwrap_or_default();
    let service = match asked.operation.as_str() {
        name if name.starts_with("DynamoDB") => "DynamoDB",
        name if name.starts_with("AmazonSQS") => "SQS",
        name if name.starts_with("AWSEvents") => "EventBridge",
        name if name.starts_with("CodePipeline") => "CodePipeline",
        name if name.contains("/v1/package") => return "CodeArtifact read".to_owned(),
        _ if asked.body.starts_with("Action=AssumeRole") => return "STS AssumeRole".to_owned(),
        name => return format!("S3 {}", name.split(' ').next().unwrap_or_default()),
    };
    format!("{service} {operation}")
}
