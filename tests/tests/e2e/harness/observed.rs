//! What can be seen of an application from outside: its pipeline's executions and its records in the table.

use downriver_testkit::simulated_aws::{Call, ExecutionShown, Operation};
use serde_json::json;

use super::{Stack, eventually};

/// How long anything may take to come: queues poll, functions start, gates wait.
const COMES_SECS: u64 = 40;

impl Stack {
    /// The executions of a pipeline, oldest first.
    pub(crate) fn executions(&self, pipeline: &str) -> Vec<ExecutionShown> {
        let mut all = self.simulated.executions();
        all.retain(|execution| execution.pipeline == pipeline);
        all.sort_by_key(|execution| execution.started_at_ms);
        all
    }

    /// Those of them that Downriver started: under a session named after an attempt of the application.
    pub(crate) fn rebuilds(&self, application: &str) -> Vec<ExecutionShown> {
        let mut all = self.executions(application);
        all.retain(|execution| {
            let session = execution
                .trigger_detail
                .rsplit('/')
                .next()
                .unwrap_or_default();
            execution.trigger_type == "StartPipelineExecution"
                && session.starts_with(&format!("{application}."))
        });
        all
    }

    /// Waits until so many executions of an application have been started by Downriver and succeeded.
    pub(crate) fn rebuilt(&self, application: &str, times: usize) -> Vec<ExecutionShown> {
        eventually(
            COMES_SECS,
            &format!("rebuild {times} of {application}"),
            || {
                let all = self.rebuilds(application);
                let succeeded = all
                    .iter()
                    .filter(|execution| execution.status == "Succeeded");
                (succeeded.count() >= times).then_some(all)
            },
        )
    }

    /// The calls of an operation for a pipeline, as they were received.
    pub(crate) fn calls(&self, operation: Operation, pipeline: &str) -> Vec<Call> {
        let mut calls = self.simulated.calls();
        calls.retain(|call| {
            call.operation == operation && call.pipeline.as_deref() == Some(pipeline)
        });
        calls
    }

    /// What `downriver status` says about an application.
    pub(crate) fn status(&self, application: &str) -> serde_json::Value {
        let (code, out, error) = self.downriver(&[
            "status",
            application,
            "--deployment",
            &self.deployment,
            "--format",
            "json",
        ]);
        assert_eq!(code, 0, "{out}{error}");
        serde_json::from_str(&out).expect("the status is JSON")
    }

    /// The rebuild's pending, starting or running in the table's own words: the state of the application's slot.
    pub(crate) fn slot(&self, application: &str) -> String {
        let item = self.aws.json(
            "dynamodb",
            "DynamoDB_20120810.GetItem",
            &json!({
                "TableName": self.output("TableName"),
                "Key": {"pk": {"S": format!("app#{application}")}, "sk": {"S": "state"}},
                "ConsistentRead": true,
            }),
        );
        item["Item"].to_string()
    }

    /// Takes everything out of a queue, for good.
    pub(crate) fn drain(&self, queue: &str) -> Vec<super::emulated::Message> {
        let mut all = Vec::new();
        loop {
            let messages = self.aws.receive(queue, 60);
            if messages.is_empty() {
                return all;
            }
            for message in messages {
                self.aws.delete(queue, &message);
                all.push(message);
            }
        }
    }
}
