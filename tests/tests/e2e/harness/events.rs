//! CodeArtifact's events, as the emulators let them be sent: from a source that the deployment also listens to.

use std::sync::atomic::{AtomicU64, Ordering};

use downriver_testkit::simulated_aws::HeldVersion;
use serde_json::{Value, json};

use super::Stack;
use super::catalog::{DOMAIN, DOMAIN_OWNER, LIBRARIES};

/// The extra source of the local stack that stands for `aws.codeartifact`.
const SOURCE: &str = "emulated.codeartifact";

/// Leaves room for what the simulation tells of the version after it.
const SEQUENCE_STEP: u64 = 10;
static SEQUENCE: AtomicU64 = AtomicU64::new(SEQUENCE_STEP);

/// A version of an npm package that appears in the repository of libraries.
#[derive(Debug, Clone)]
pub(crate) struct Publish {
    scope: String,
    name: String,
    version: String,
    sequence: u64,
    replay_name: Option<String>,
}

impl Publish {
    /// `package` as `scope/name`.
    pub(crate) fn new(package: &str, version: &str) -> Self {
        let (scope, name) = package.split_once('/').expect("a package is `scope/name`");
        Self {
            scope: scope.to_owned(),
            name: name.to_owned(),
            version: version.to_owned(),
            sequence: SEQUENCE.fetch_add(SEQUENCE_STEP, Ordering::Relaxed),
            replay_name: None,
        }
    }

    /// The same event as a replay of an archive delivers it.
    pub(crate) fn replayed(mut self) -> Self {
        self.replay_name = Some("after-the-outage".to_owned());
        self
    }

    /// Through EventBridge: the rule, the queue, the function.
    pub(crate) fn put(&self, stack: &Stack) {
        stack.aws.put_events(&[self.entry(stack)]);
    }

    /// The version appears without an event that tells of it.
    pub(crate) fn appear(&self, stack: &Stack) {
        stack.simulated.put_versions(&[self.held()]);
    }

    /// For `PutEvents`; the version appears.
    pub(crate) fn entry(&self, stack: &Stack) -> Value {
        self.appear(stack);
        json!({
            "Source": SOURCE,
            "DetailType": "CodeArtifact Package Version State Change",
            "Resources": [self.arn(stack)],
            "Detail": self.detail(stack).to_string(),
        })
    }

    /// As a rule puts it into a queue; the version appears.
    pub(crate) fn body(&self, stack: &Stack) -> String {
        self.appear(stack);
        let time = format!("{:.0}", jiff::Timestamp::now());
        let mut event = json!({
            "version": "0",
            "id": format!("e2e-{}", self.sequence),
            "detail-type": "CodeArtifact Package Version State Change",
            "source": SOURCE,
            "account": stack.account,
            "time": time,
            "region": stack.region,
            "resources": [self.arn(stack)],
            "detail": self.detail(stack),
        });
        if let Some(name) = &self.replay_name {
            event["replay-name"] = json!(name);
        }
        event.to_string()
    }

    /// As CodeArtifact then lists it: what it does not list would count as withdrawn when inventories are compared.
    fn held(&self) -> HeldVersion {
        HeldVersion {
            domain_owner: DOMAIN_OWNER.to_owned(),
            domain: DOMAIN.to_owned(),
            repository: LIBRARIES.to_owned(),
            format: "npm".to_owned(),
            namespace: Some(self.scope.clone()),
            package: self.name.clone(),
            version: self.version.clone(),
            status: "Published".to_owned(),
            origin: "INTERNAL".to_owned(),
            external_connection: None,
            revision: Some(format!("R{}", self.sequence)),
            published_at_ms: None,
            sequence: Some(self.sequence),
            dependencies: Vec::new(),
        }
    }

    fn arn(&self, stack: &Stack) -> String {
        let (scope, name) = (&self.scope, &self.name);
        format!(
            "arn:aws:codeartifact:{}:{DOMAIN_OWNER}:package/{DOMAIN}/{LIBRARIES}/npm/{scope}/{name}",
            stack.region
        )
    }

    fn detail(&self, stack: &Stack) -> Value {
        json!({
            "domainName": DOMAIN,
            "domainOwner": DOMAIN_OWNER,
            "repositoryName": LIBRARIES,
            "repositoryAdministrator": stack.account,
            "packageFormat": "npm",
            "packageNamespace": self.scope,
            "packageName": self.name,
            "packageVersion": self.version,
            "packageVersionState": "Published",
            "packageVersionRevision": format!("R{}", self.sequence),
            "changes": {"assetsAdded": 1, "assetsRemoved": 0, "metadataUpdated": true, "assetsUpdated": 0, "statusChanged": true},
            "operationType": "Created",
            "sequenceNumber": self.sequence,
            "eventDeduplicationId": format!("e2e-{}", self.sequence),
        })
    }
}
