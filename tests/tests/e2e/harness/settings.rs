//! What an owner of the accounts sets: rules of the default bus, and CodeArtifact's settings.

use downriver_testkit::simulated_aws::client::Client;
use serde_json::{Value, json};

use super::Stack;

/// A catalog with further tables, as long as this lives.
pub(crate) struct AnotherCatalog<'a>(&'a Stack);

impl Drop for AnotherCatalog<'_> {
    fn drop(&mut self) {
        super::catalog::apply_with(self.0, "");
    }
}

/// A rule that is another as long as this lives.
pub(crate) struct AnotherRule<'a> {
    stack: &'a Stack,
    before: Value,
}

impl Stack {
    /// Somebody in an account, who calls the simulated services.
    pub(crate) fn simulated_client(&self, account: &str) -> Client {
        Client::new(&self.simulated_endpoint, account, &self.region)
    }

    /// Applies the catalog with further tables.
    pub(crate) fn with_tables(&self, tables: &str) -> AnotherCatalog<'_> {
        super::catalog::apply_with(self, tables);
        AnotherCatalog(self)
    }

    /// The name of a rule of the stack.
    pub(crate) fn rule_name(&self, logical_id: &str) -> String {
        let id = self.aws.stack_resource(&self.deployment, logical_id);
        id.rsplit('/').next().unwrap_or_default().to_owned()
    }

    pub(crate) fn event_rule(&self, name: &str) -> Value {
        self.aws
            .json("events", "AWSEvents.DescribeRule", &json!({"Name": name}))
    }

    /// Gives a rule another pattern.
    pub(crate) fn with_pattern(&self, name: &str, pattern: &Value) -> AnotherRule<'_> {
        let before = self.event_rule(name);
        self.put_rule(name, &pattern.to_string(), "ENABLED");
        AnotherRule {
            stack: self,
            before,
        }
    }

    /// Switches a rule off.
    pub(crate) fn without_rule(&self, name: &str) -> AnotherRule<'_> {
        let before = self.event_rule(name);
        self.aws
            .json("events", "AWSEvents.DisableRule", &json!({"Name": name}));
        AnotherRule {
            stack: self,
            before,
        }
    }

    /// The next pass of `sweep` makes its checks, and has forgotten what it found.
    pub(crate) fn forget_checks(&self) {
        let key = json!({"pk": {"S": "checkup"}, "sk": {"S": "head"}});
        let request = json!({"DeleteRequest": {"Key": key}});
        self.aws.write_all(self.output("TableName"), &[request]);
    }

    fn put_rule(&self, name: &str, pattern: &str, state: &str) {
        self.aws.json(
            "events",
            "AWSEvents.PutRule",
            &json!({"Name": name, "EventPattern": pattern, "State": state}),
        );
    }
}

impl Drop for AnotherRule<'_> {
    fn drop(&mut self) {
        let text = |member: &str| self.before[member].as_str().unwrap_or_default();
        self.stack
            .put_rule(text("Name"), text("EventPattern"), text("State"));
    }
}
