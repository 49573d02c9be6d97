//! What the control API takes and gives, as JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::events::{Event, EventFault, EventLevel};
use super::script::{Outcome, Script};

/// How long AWS keeps a `clientRequestToken` it does not say.
const TOKEN_WINDOW_MS: u64 = 10 * 60 * 1000;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The account of callers whose access key says none.
    pub default_account: String,
    /// For so long a repeated token gives the execution that it started.
    pub token_window_ms: u64,
    /// CodePipeline starts a new pipeline's first execution by itself; pipelines made through the control API never do.
    pub starts_on_create: bool,
    /// Where events go; nowhere if there is none.
    pub bus: Option<Bus>,
    /// What is handed on to that bus as an event of CodeArtifact is then so in the registry.
    pub is_registry_told: bool,
}

/// An EventBridge endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bus {
    /// `http://host:port`.
    pub endpoint: String,
    /// The events' `source`; emulators refuse those of AWS.
    #[serde(default = "emulated")]
    pub source: String,
    /// The account and Region of the bus that somebody listens to.
    pub hub_account: String,
    pub hub_region: String,
    /// The queue that gets the pipelines' events (not those of stages and actions) of all other accounts and Regions, as the
    /// hub's rule would deliver them.
    #[serde(default)]
    pub relay_queue_url: Option<String>,
    #[serde(default = "every_level")]
    pub levels: Vec<EventLevel>,
}

/// `POST /_simulator/pipelines`: made, or replaced with all their executions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewPipelines {
    pub account: String,
    pub region: String,
    pub pipelines: Vec<NewPipeline>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NewPipeline {
    pub name: String,
    /// `V1` or `V2`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `SUPERSEDED`, `QUEUED` or `PARALLEL`.
    pub mode: String,
    pub stages: Vec<NewStage>,
    pub variables: Vec<NewVariable>,
    /// Of the pipeline's artifact store.
    pub artifact_bucket: String,
    /// Of its source action, such as `OutputArtifactFormat`.
    pub source_configuration: BTreeMap<String, String>,
    pub tags: BTreeMap<String, String>,
    pub script: Script,
}

/// A stage of one action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewStage {
    pub name: String,
    /// `Source`, `Build`, `Deploy`, `Approval` …
    pub category: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewVariable {
    pub name: String,
    #[serde(default)]
    pub default: Option<String>,
}

/// `POST /_simulator/scripts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewScripts {
    pub account: String,
    pub region: String,
    /// Every pipeline of the account in the Region if there is none.
    #[serde(default)]
    pub pipeline: Option<String>,
    /// For all executions to come; unchanged if there is none.
    #[serde(default)]
    pub script: Option<Script>,
    /// For the next executions, in their order, after those that wait already.
    #[serde(default)]
    pub next: Vec<Script>,
}

/// `POST /_simulator/executions/start`: somebody else starts an execution, a rule for example.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OtherStart {
    pub account: String,
    pub region: String,
    pub pipeline: String,
    /// `TriggerType` of the model.
    pub trigger_type: String,
    #[serde(default)]
    pub trigger_detail: String,
}

/// `POST /_simulator/executions/finish`: ends stays in stages now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finish {
    pub account: String,
    pub region: String,
    pub pipeline: String,
    /// Every one that is in a stage if there is none.
    #[serde(default)]
    pub execution: Option<String>,
    /// `succeed` or `fail`.
    #[serde(default)]
    pub outcome: Outcome,
}

/// `POST /_simulator/roles`: the role's trust policy asks for this external id; for none if it is empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleTrust {
    pub role_arn: String,
    pub external_id: String,
}

/// `POST /_simulator/keys`: the access key of a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserKey {
    pub access_key: String,
    pub account: String,
    pub user: String,
}

/// `POST /_simulator/holds/release`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Release {
    /// The call's number; every held one if there is none.
    pub call: Option<u64>,
    /// Closes the connection instead of going on.
    pub is_closed: bool,
}

/// An execution in `GET /_simulator/executions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecutionShown {
    pub account: String,
    pub region: String,
    pub pipeline: String,
    pub id: String,
    /// As the API spells it.
    pub status: String,
    pub trigger_type: String,
    pub trigger_detail: String,
    pub variables: Vec<(String, String)>,
    pub started_at_ms: u64,
    pub updated_at_ms: u64,
    /// False while it waits between two stages.
    pub is_in_a_stage: bool,
}

/// `GET /_simulator/events`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventsShown {
    /// Dropped and delayed ones included.
    pub emitted: Vec<Event>,
    pub faults: Vec<EventFault>,
    pub delivery: Delivered,
}

/// What became of the events that were to be sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivered {
    /// Taken by the bus.
    pub sent: u64,
    /// Taken by the relay queue.
    pub relayed: u64,
    /// Neither, after all tries.
    pub failed: u64,
    /// Not yet tried to the end.
    pub pending: u64,
    pub last_error: Option<String>,
}

impl Bus {
    /// Whether the event is one that this bus, or its relay, is given.
    pub(crate) fn takes(&self, event: &Event) -> bool {
        let is_wanted =
            event.level == EventLevel::PackageVersion || self.levels.contains(&event.level);
        is_wanted && (event.level == EventLevel::Pipeline || self.relay_of(event).is_none())
    }

    /// The queue that an event goes to instead of its account's bus; nobody forwards those of package versions.
    pub(crate) fn relay_of(&self, event: &Event) -> Option<&str> {
        let is_of_hub = (&event.account, &event.region) == (&self.hub_account, &self.hub_region);
        let is_relayed = !is_of_hub && event.level != EventLevel::PackageVersion;
        self.relay_queue_url.as_deref().filter(|_| is_relayed)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            default_account: "123456789012".to_owned(),
            token_window_ms: TOKEN_WINDOW_MS,
            starts_on_create: true,
            is_registry_told: false,
            bus: None,
        }
    }
}

impl Default for NewPipeline {
    /// Source, Build and Deploy, of type V2 in SUPERSEDED mode, with the variables that Downriver sets.
    fn default() -> Self {
        let stage = |name: &str| NewStage {
            name: name.to_owned(),
            category: name.to_owned(),
        };
        let variable = |name: &str| NewVariable {
            name: name.to_owned(),
            default: Some("none".to_owned()),
        };
        Self {
            name: String::new(),
            kind: "V2".to_owned(),
            mode: "SUPERSEDED".to_owned(),
            stages: ["Source", "Build", "Deploy"].map(stage).to_vec(),
            variables: ["DOWNRIVER_REBUILD", "DOWNRIVER_CHANGES"]
                .map(variable)
                .to_vec(),
            artifact_bucket: "pipeline-artifacts".to_owned(),
            source_configuration: BTreeMap::new(),
            tags: BTreeMap::new(),
            script: Script::default(),
        }
    }
}

impl NewPipeline {
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    /// The `pipeline` member of `CreatePipeline`'s input.
    pub fn declaration(&self, account: &str) -> Value {
        let stages = self.stages.iter();
        let stages: Vec<Value> = stages
            .map(|stage| stage.declaration(&self.source_configuration))
            .collect();
        let variables = self.variables.iter().map(|variable| {
            let mut json = json!({"name": variable.name});
            if let Some(default) = &variable.default {
                json["defaultValue"] = json!(default);
            }
            json
        });
        let mut json = json!({
            "name": self.name,
            "roleArn": format!("arn:aws:iam::{account}:role/pipeline"),
            "artifactStore": {"type": "S3", "location": self.artifact_bucket},
            "stages": stages,
            "pipelineType": self.kind,
            "executionMode": self.mode,
        });
        if self.kind == "V2" {
            json["variables"] = variables.collect();
        }
        json
    }
}

impl NewStage {
    fn declaration(&self, source_configuration: &BTreeMap<String, String>) -> Value {
        let configuration = match self.category.as_str() {
            "Source" => json!(source_configuration),
            _ => json!({}),
        };
        let (provider, owner) = match self.category.as_str() {
            "Source" => ("CodeStarSourceConnection", "AWS"),
            "Build" | "Test" => ("CodeBuild", "AWS"),
            "Deploy" => ("CodeDeploy", "AWS"),
            "Approval" => ("Manual", "AWS"),
            _ => ("Lambda", "AWS"),
        };
        let named = |name: &str| json!([{"name": name}]);
        let (inputs, outputs) = match self.category.as_str() {
            "Source" => (json!([]), named("SourceArtifact")),
            "Build" => (named("SourceArtifact"), named("BuildArtifact")),
            "Deploy" => (named("BuildArtifact"), json!([])),
            _ => (json!([]), json!([])),
        };
        json!({
            "name": self.name,
            "actions": [{
                "name": format!("{}Action", self.name),
                "actionTypeId": {
                    "category": self.category,
                    "owner": owner,
                    "provider": provider,
                    "version": "1",
                },
                "configuration": configuration,
                "inputArtifacts": inputs,
                "outputArtifacts": outputs,
            }],
        })
    }
}

fn emulated() -> String {
    "emulated.codepipeline".to_owned()
}

fn every_level() -> Vec<EventLevel> {
    vec![EventLevel::Pipeline, EventLevel::Stage, EventLevel::Action]
}
