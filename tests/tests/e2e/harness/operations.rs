//! What an owner of the account does to the deployment's parts: functions, queues, rules, records.

use serde_json::{Value, json};

use super::Stack;
use super::emulated::Emulated;

/// Writes that one `BatchWriteItem` takes.
const BATCH_MAX: usize = 25;
const TABLE_TARGET: &str = "DynamoDB_20120810";

/// A function whose environment is another as long as this lives.
pub(crate) struct Reconfigured<'a> {
    stack: &'a Stack,
    function: String,
    before: Value,
}

/// A queue whose attributes are others as long as this lives.
pub(crate) struct Adjusted<'a> {
    stack: &'a Stack,
    queue: &'a str,
    before: Value,
}

/// An event source mapping that is switched off as long as this lives.
pub(crate) struct SwitchedOff<'a> {
    stack: &'a Stack,
    mappings: Vec<String>,
}

/// An item that is another as long as this lives.
pub(crate) struct Replaced<'a> {
    stack: &'a Stack,
    application: String,
    attribute: &'static str,
    before: Value,
}

impl Stack {
    /// Replaces one attribute of an application's item.
    pub(crate) fn replace(
        &self,
        application: &str,
        attribute: &'static str,
        value: &Value,
    ) -> Replaced<'_> {
        let mut item = self.item(application);
        let before = std::mem::replace(&mut item[attribute], value.clone());
        self.aws.put_item(self.output("TableName"), &item);
        Replaced {
            stack: self,
            application: application.to_owned(),
            attribute,
            before,
        }
    }

    /// The name of a function, by its logical id.
    pub(crate) fn function(&self, logical_id: &str) -> String {
        self.aws.stack_resource(&self.deployment, logical_id)
    }

    /// Sets variables of a function, whose processes begin anew.
    pub(crate) fn reconfigure(
        &self,
        logical_id: &str,
        variables: &[(&str, &str)],
    ) -> Reconfigured<'_> {
        let function = self.function(logical_id);
        let path = configuration(&function);
        let before = self.aws.lambda(&path, None)["Environment"].clone();
        let mut after = before.clone();
        for (name, value) in variables {
            after["Variables"][*name] = json!(value);
        }
        self.aws.lambda(&path, Some(&json!({"Environment": after})));
        Reconfigured {
            stack: self,
            function,
            before,
        }
    }

    pub(crate) fn adjust<'a>(&'a self, queue: &'a str, attributes: &Value) -> Adjusted<'a> {
        let names: Vec<&String> = attributes.as_object().expect("an object").keys().collect();
        let answer = self.aws.json(
            "sqs",
            "AmazonSQS.GetQueueAttributes",
            &json!({"QueueUrl": queue, "AttributeNames": names}),
        );
        let before = answer["Attributes"].clone();
        assert_eq!(
            before.as_object().map(serde_json::Map::len),
            Some(names.len())
        );
        self.aws.set_queue_attributes(queue, attributes);
        Adjusted {
            stack: self,
            queue,
            before,
        }
    }

    /// Takes a function's queue away from it.
    pub(crate) fn switch_off(&self, logical_id: &str) -> SwitchedOff<'_> {
        let function = self.function(logical_id);
        let path = format!("/2015-03-31/event-source-mappings/?FunctionName={function}");
        let answer = self.aws.lambda(&path, None);
        let mappings = answer["EventSourceMappings"].as_array().expect("mappings");
        let mappings: Vec<String> = mappings
            .iter()
            .filter_map(|mapping| mapping["UUID"].as_str().map(str::to_owned))
            .collect();
        assert_eq!(mappings.len(), 1, "{answer}");
        let off = SwitchedOff {
            stack: self,
            mappings,
        };
        off.switch(false);
        off
    }

    /// Kills every process of a function, as the end of its sandbox does; their number.
    pub(crate) fn kill(&self, logical_id: &str) -> usize {
        let function = self.function(logical_id);
        let wanted = [
            format!("AWS_LAMBDA_FUNCTION_NAME={function}"),
            format!("AWS_ENDPOINT_URL={}", self.aws.endpoint()),
        ];
        let mut killed = 0;
        for entry in std::fs::read_dir("/proc").expect("/proc").flatten() {
            let Ok(environment) = std::fs::read(entry.path().join("environ")) else {
                continue;
            };
            let variables: Vec<&[u8]> = environment.split(|byte| *byte == 0).collect();
            let is_meant = wanted
                .iter()
                .all(|variable| variables.contains(&variable.as_bytes()));
            if !is_meant {
                continue;
            }
            let status = std::process::Command::new("kill")
                .arg("-KILL")
                .arg(entry.file_name())
                .status();
            killed += usize::from(status.is_ok_and(|status| status.success()));
        }
        killed
    }

    /// Begins with an empty deployment, whatever was tried on it before: ids and counts are those of a first run.
    pub(crate) fn forget_earlier_runs(&self) {
        // Tests that need a sweep invoke it; others must not meet one by chance.
        let schedule = self.aws.stack_resource(&self.deployment, "SweepSchedule");
        self.aws.disable_schedule(&schedule);
        self.simulated.reset();
        for queue in ["Changes", "Runs", "Due", "Index"] {
            for kind in ["Queue", "DeadLetterQueue"] {
                self.aws.purge(self.output(&format!("{queue}{kind}Url")));
            }
        }
        self.aws.purge(self.output("QuarantineQueueUrl"));
        let table = self.output("TableName");
        let items = self.aws.scan(table);
        let requests: Vec<Value> = items
            .iter()
            .map(|item| json!({"DeleteRequest": {"Key": {"pk": item["pk"], "sk": item["sk"]}}}))
            .collect();
        self.aws.write_all(table, &requests);
    }

    /// One pass of `sweep`, and its report.
    pub(crate) fn sweep(&self) -> Value {
        self.aws
            .invoke(self.output("SweepFunctionName"), &json!({}))
    }

    /// The item of an application, as the table has it.
    pub(crate) fn item(&self, application: &str) -> Value {
        let key = json!({"pk": {"S": format!("app#{application}")}, "sk": {"S": "state"}});
        self.aws
            .item(self.output("TableName"), &key)
            .unwrap_or_else(|| panic!("{application} is in the table"))
    }
}

impl Drop for Reconfigured<'_> {
    fn drop(&mut self) {
        let environment = json!({"Environment": self.before});
        self.stack
            .aws
            .lambda(&configuration(&self.function), Some(&environment));
    }
}

impl Drop for Replaced<'_> {
    fn drop(&mut self) {
        let mut item = self.stack.item(&self.application);
        item[self.attribute] = self.before.clone();
        let table = self.stack.output("TableName");
        self.stack.aws.put_item(table, &item);
    }
}

impl Drop for Adjusted<'_> {
    fn drop(&mut self) {
        self.stack
            .aws
            .set_queue_attributes(self.queue, &self.before);
    }
}

impl SwitchedOff<'_> {
    fn switch(&self, is_on: bool) {
        for mapping in &self.mappings {
            let path = format!("/2015-03-31/event-source-mappings/{mapping}");
            let answer = self
                .stack
                .aws
                .lambda(&path, Some(&json!({"Enabled": is_on})));
            assert!(answer["UUID"].is_string(), "{answer}");
        }
    }
}

impl Drop for SwitchedOff<'_> {
    fn drop(&mut self) {
        self.switch(true);
    }
}

fn configuration(function: &str) -> String {
    format!("/2015-03-31/functions/{function}/configuration")
}

impl Emulated {
    fn set_queue_attributes(&self, queue: &str, attributes: &Value) {
        self.json(
            "sqs",
            "AmazonSQS.SetQueueAttributes",
            &json!({"QueueUrl": queue, "Attributes": attributes}),
        );
    }

    fn purge(&self, queue: &str) {
        self.json("sqs", "AmazonSQS.PurgeQueue", &json!({"QueueUrl": queue}));
    }

    /// A new queue; its URL and ARN.
    pub(crate) fn create_queue(&self, name: &str) -> (String, String) {
        let made = self.json("sqs", "AmazonSQS.CreateQueue", &json!({"QueueName": name}));
        let url = made["QueueUrl"].as_str().expect("a URL").to_owned();
        let answer = self.json(
            "sqs",
            "AmazonSQS.GetQueueAttributes",
            &json!({"QueueUrl": url, "AttributeNames": ["QueueArn"]}),
        );
        let arn = answer["Attributes"]["QueueArn"].as_str().expect("an ARN");
        (url, arn.to_owned())
    }

    /// A rule on a bus that puts events into a queue.
    pub(crate) fn create_rule(&self, bus: &str, name: &str, pattern: &Value, queue_arn: &str) {
        self.json(
            "events",
            "AWSEvents.PutRule",
            &json!({"Name": name, "EventBusName": bus, "EventPattern": pattern.to_string()}),
        );
        let targets = json!([{"Id": "queue", "Arn": queue_arn}]);
        let answer = self.json(
            "events",
            "AWSEvents.PutTargets",
            &json!({"Rule": name, "EventBusName": bus, "Targets": targets}),
        );
        assert_eq!(answer["FailedEntryCount"], 0, "{answer}");
    }

    pub(crate) fn item(&self, table: &str, key: &Value) -> Option<Value> {
        let answer = self.json(
            "dynamodb",
            &format!("{TABLE_TARGET}.GetItem"),
            &json!({"TableName": table, "Key": key, "ConsistentRead": true}),
        );
        answer.get("Item").filter(|item| item.is_object()).cloned()
    }

    pub(crate) fn put_item(&self, table: &str, item: &Value) {
        self.json(
            "dynamodb",
            &format!("{TABLE_TARGET}.PutItem"),
            &json!({"TableName": table, "Item": item}),
        );
    }

    /// Every item of a table.
    pub(crate) fn scan(&self, table: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut start = Value::Null;
        loop {
            let mut input = json!({"TableName": table, "ConsistentRead": true});
            if !start.is_null() {
                input["ExclusiveStartKey"] = start;
            }
            let page = self.json("dynamodb", &format!("{TABLE_TARGET}.Scan"), &input);
            items.extend(page["Items"].as_array().into_iter().flatten().cloned());
            start = page["LastEvaluatedKey"].clone();
            if start.is_null() {
                return items;
            }
        }
    }

    /// Puts and deletes, in this form: `{"PutRequest": {"Item": …}}`.
    pub(crate) fn write_all(&self, table: &str, requests: &[Value]) {
        for chunk in requests.chunks(BATCH_MAX) {
            let answer = self.json(
                "dynamodb",
                &format!("{TABLE_TARGET}.BatchWriteItem"),
                &json!({"RequestItems": {table: chunk}}),
            );
            let unprocessed = answer["UnprocessedItems"].as_object();
            assert!(
                unprocessed.is_none_or(serde_json::Map::is_empty),
                "{answer}"
            );
        }
    }
}
