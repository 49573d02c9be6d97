//! What is to become of executions: how long their stages take, and where they fail or hang.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::instant::Millis;

/// How long a stage takes of which a script says nothing.
const STAGE_MS: u64 = 50;

/// A pipeline's executions follow its script; one execution can have another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Script {
    /// Of every stage that `stages_ms` does not name.
    pub stage_ms: u64,
    /// By the stage's name.
    pub stages_ms: BTreeMap<String, u64>,
    pub outcome: Outcome,
    /// The stage that fails or hangs; the first with a Build action if there is none here, else the second stage.
    pub in_stage: Option<String>,
    /// How often the stage fails before a retry of it succeeds.
    pub failures: u32,
    /// What a failed action says, and under which code.
    pub reason: String,
    pub error_code: String,
    /// Where a failed action's log is; a page that its id makes if there is none, and source actions have none.
    pub execution_url: Option<String>,
    /// A stage with an Approval action is approved after so long; without it somebody has to finish the stage.
    pub approved_after_ms: Option<u64>,
    /// What the source actions find, if the caller does not say another; a commit that depends on the pipeline's name alone else.
    pub source_revision: Option<String>,
    /// Where the source actions put what they found; a key that the execution's id makes, in the pipeline's bucket, else.
    pub source_artifact: Option<ArtifactPlace>,
}

/// An object in S3.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArtifactPlace {
    pub bucket: String,
    pub key: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    #[default]
    Succeed,
    Fail,
    /// Stays in the stage until somebody finishes it.
    Hang,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            stage_ms: STAGE_MS,
            stages_ms: BTreeMap::new(),
            outcome: Outcome::Succeed,
            in_stage: None,
            failures: 1,
            reason: "The build failed".to_owned(),
            error_code: "JobFailed".to_owned(),
            execution_url: None,
            approved_after_ms: None,
            source_revision: None,
            source_artifact: None,
        }
    }
}

impl Script {
    /// An execution whose stages take so long and that succeeds.
    pub fn succeed(stage_ms: u64) -> Self {
        Self {
            stage_ms,
            ..Self::default()
        }
    }

    /// An execution that fails in this stage.
    pub fn fail(stage_ms: u64, in_stage: &str) -> Self {
        Self {
            stage_ms,
            outcome: Outcome::Fail,
            in_stage: Some(in_stage.to_owned()),
            ..Self::default()
        }
    }

    /// An execution that stays in this stage.
    pub fn hang(stage_ms: u64, in_stage: &str) -> Self {
        Self {
            outcome: Outcome::Hang,
            ..Self::fail(stage_ms, in_stage)
        }
    }

    pub(crate) fn duration_of(&self, stage: &str) -> Millis {
        self.stages_ms.get(stage).copied().unwrap_or(self.stage_ms)
    }
}
