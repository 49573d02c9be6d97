//! What can be seen of an application from outside: its pipeline's executions and its records in the table.

use downriver_testkit::simulated_aws::{Call, ExecutionShown, Operation};
use serde_json::{Value, json};

use super::{Stack, eventually, purl};

/// How long anything may take to come: queues poll, functions start, gates wait.
const COMES_SECS: u64 = 90;

/// Outcomes that tell what was built, after the end.
const PROOFS: [&str; 3] = ["Delivered", "NotPickedUp", "Unproven"];

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
    pub(crate) fn status(&self, application: &str) -> Value {
        let status = self.ask(&["status", application]);
        status["applications"][0].clone()
    }

    /// Waits until `downriver status` gives this state.
    pub(crate) fn comes_to(&self, application: &str, state: &str) -> Value {
        let what = format!("{application} in the state {state}");
        // The table is quicker to ask than the command.
        eventually(COMES_SECS, &what, || {
            let is_idle = self.item(application).get("busy_pk").is_none();
            (is_idle == (state == "idle")).then_some(())
        });
        eventually(COMES_SECS, &what, || {
            let status = self.status(application);
            (status["state"] == state).then_some(status)
        })
    }

    /// What was decided about an application, oldest first.
    pub(crate) fn history(&self, application: &str) -> Vec<Value> {
        let history = self.ask(&["history", application, "--limit", "200"]);
        let mut entries = history.as_array().expect("a list").clone();
        entries.reverse();
        entries
    }

    /// The outcomes of the rebuilds that ended, were stuck or would have started, oldest first.
    pub(crate) fn outcomes(&self, application: &str) -> Vec<String> {
        let entries = self.history(application);
        let rebuilds = entries
            .iter()
            .filter_map(|entry| entry["rebuild"].as_object());
        rebuilds
            .filter_map(|rebuild| rebuild["outcome"].as_str().map(str::to_owned))
            .collect()
    }

    /// Waits for the outcome of an application's rebuild, and gives back why it is that.
    pub(crate) fn comes_out_as(&self, application: &str, number: u64, outcome: &str) -> String {
        let id = format!("{application}.{number}");
        let what = format!("{outcome} of {id}");
        // Less than half of the time after which a result is not waited for any more.
        eventually(120, &what, || {
            let history = self.history(application);
            let records = history
                .iter()
                .filter_map(|entry| entry["rebuild"].as_object());
            let mut records = records.filter(|record| record["id"] == id.as_str());
            let record = records.find(|record| record["outcome"] == outcome)?;
            record["reason"].as_str().map(str::to_owned)
        })
    }

    /// How the last rebuild ended, whatever was found out afterwards about what it built.
    pub(crate) fn end_of(&self, application: &str) -> String {
        let mut outcomes = self.outcomes(application);
        outcomes.retain(|outcome| !PROOFS.contains(&outcome.as_str()));
        outcomes.pop().unwrap_or_default()
    }

    /// What stands in the history, all texts.
    pub(crate) fn told(&self, application: &str) -> String {
        let entries = self.history(application);
        let texts = entries.iter().filter_map(|entry| entry["text"].as_str());
        texts.collect::<Vec<_>>().join("\n")
    }

    /// Tells what an execution built, as its build does.
    pub(crate) fn report_built(&self, application: &str, execution: &str, built: &[(&str, &str)]) {
        let packages = built.iter();
        let packages: Vec<Value> = packages
            .map(|(package, version)| json!({"package": purl(package), "version": version}))
            .collect();
        let message = json!({
            "v": "1", "kind": "built", "application": application,
            "execution": execution, "packages": packages,
        });
        self.aws
            .send(self.output("IndexQueueUrl"), &message.to_string());
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
