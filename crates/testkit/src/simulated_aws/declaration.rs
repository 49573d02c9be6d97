//! Pipeline declarations: the JSON of `CreatePipeline`, checked, and what the simulation needs of it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::constraint::{Members, NAME, ROLE_ARN, VARIABLE_NAME, VARIABLE_VALUE, free};
use super::error::ApiError;

/// Bounds of the service model and of its quotas page.
const STAGES: std::ops::RangeInclusive<usize> = 2..=50;
const VARIABLES_MAX: usize = 50;
const CATEGORIES: &[&str] = &[
    "Source", "Build", "Deploy", "Test", "Invoke", "Approval", "Compute",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Superseded,
    Queued,
    Parallel,
}

#[derive(Debug, Clone)]
pub(crate) struct Declaration {
    /// As it was given, with the defaults filled in.
    pub(crate) json: Value,
    pub(crate) name: String,
    pub(crate) version: u32,
    pub(crate) mode: Mode,
    pub(crate) is_v1: bool,
    pub(crate) bucket: String,
    pub(crate) stages: Vec<Stage>,
    pub(crate) variables: Vec<Variable>,
}

#[derive(Debug, Clone)]
pub(crate) struct Stage {
    pub(crate) name: String,
    pub(crate) actions: Vec<Action>,
}

#[derive(Debug, Clone)]
pub(crate) struct Action {
    pub(crate) json: Value,
    pub(crate) name: String,
    pub(crate) category: String,
    pub(crate) inputs: Vec<String>,
    pub(crate) outputs: Vec<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) default: Option<String>,
}

impl Mode {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Superseded => "SUPERSEDED",
            Self::Queued => "QUEUED",
            Self::Parallel => "PARALLEL",
        }
    }
}

impl Declaration {
    /// Reads the `pipeline` member of an input. The version it names is not read: the service counts.
    pub(crate) fn parse(input: &Members<'_>, version: u32) -> Result<Self, ApiError> {
        let pipeline = input
            .structure("pipeline")?
            .ok_or_else(|| input.missing("pipeline"))?;
        let name = pipeline.text("name", NAME)?.to_owned();
        pipeline.text("roleArn", ROLE_ARN)?;
        let stages = pipeline
            .list("stages", 0..=usize::MAX)?
            .ok_or_else(|| pipeline.missing("stages"))?;
        let stages = stages
            .iter()
            .map(Stage::parse)
            .collect::<Result<Vec<_>, _>>()?;
        check_structure(&stages)?;
        let mode = pipeline.choice("executionMode", &["QUEUED", "SUPERSEDED", "PARALLEL"])?;
        let mode = match mode {
            Some("QUEUED") => Mode::Queued,
            Some("PARALLEL") => Mode::Parallel,
            _ => Mode::Superseded,
        };
        let is_v1 = pipeline.choice("pipelineType", &["V1", "V2"])? != Some("V2");
        let variables = parse_variables(&pipeline)?;
        if is_v1 && (mode != Mode::Superseded || !variables.is_empty()) {
            return Err(ApiError::of(
                "InvalidStructureException",
                "Execution modes and variables need a pipeline of type V2",
            ));
        }
        let mut json = input.get("pipeline").cloned().unwrap_or_default();
        fill_in(&mut json, version, mode, is_v1);
        Ok(Self {
            bucket: bucket_of(&pipeline)?,
            json,
            name,
            version,
            mode,
            is_v1,
            stages,
            variables,
        })
    }

    pub(crate) fn stage(&self, name: &str) -> Option<usize> {
        self.stages.iter().position(|stage| stage.name == name)
    }

    /// The stage that a script means which names none.
    pub(crate) fn build_stage(&self) -> usize {
        let is_build = |stage: &Stage| stage.has("Build");
        self.stages.iter().position(is_build).unwrap_or(1)
    }
}

impl Stage {
    fn parse(stage: &Members<'_>) -> Result<Self, ApiError> {
        let actions = stage
            .list("actions", 0..=usize::MAX)?
            .ok_or_else(|| stage.missing("actions"))?;
        Ok(Self {
            name: stage.text("name", NAME)?.to_owned(),
            actions: actions
                .iter()
                .map(Action::parse)
                .collect::<Result<_, _>>()?,
        })
    }

    pub(crate) fn has(&self, category: &str) -> bool {
        self.actions
            .iter()
            .any(|action| action.category == category)
    }
}

impl Action {
    fn parse(action: &Members<'_>) -> Result<Self, ApiError> {
        let kind = action
            .structure("actionTypeId")?
            .ok_or_else(|| action.missing("actionTypeId"))?;
        let category = kind
            .choice("category", CATEGORIES)?
            .ok_or_else(|| kind.missing("category"))?;
        kind.text("owner", free(1, 10))?;
        kind.text("provider", free(1, 35))?;
        kind.text("version", free(1, 9))?;
        let name = action.text("name", NAME)?.to_owned();
        let (inputs, outputs) = (
            artifacts(action, "inputArtifacts")?,
            artifacts(action, "outputArtifacts")?,
        );
        let json = json!({
            "actionTypeId": action.get("actionTypeId"),
            "configuration": action.get("configuration").cloned().unwrap_or_else(|| json!({})),
            "namespace": action.get("namespace"),
            "region": action.get("region"),
        });
        Ok(Self {
            json,
            name,
            category: category.to_owned(),
            inputs,
            outputs,
        })
    }
}

fn artifacts(action: &Members<'_>, member: &str) -> Result<Vec<String>, ApiError> {
    let artifacts = action.list(member, 0..=usize::MAX)?.unwrap_or_default();
    artifacts
        .iter()
        .map(|artifact| artifact.text("name", free(1, 100)).map(str::to_owned))
        .collect()
}

fn parse_variables(pipeline: &Members<'_>) -> Result<Vec<Variable>, ApiError> {
    let variables = pipeline.list("variables", 0..=VARIABLES_MAX)?;
    let variables = variables.unwrap_or_default();
    variables
        .iter()
        .map(|variable| {
            Ok(Variable {
                name: variable.text("name", VARIABLE_NAME)?.to_owned(),
                default: variable
                    .optional_text("defaultValue", VARIABLE_VALUE)?
                    .map(str::to_owned),
            })
        })
        .collect()
}

fn bucket_of(pipeline: &Members<'_>) -> Result<String, ApiError> {
    let store = match pipeline.structure("artifactStore")? {
        Some(store) => Some(store.text("location", free(3, 63))?.to_owned()),
        None => None,
    };
    let has_stores = pipeline.get("artifactStores").is_some();
    match store {
        Some(_) if has_stores => Err(ApiError::of(
            "InvalidStructureException",
            "Use either artifactStore or artifactStores",
        )),
        None if !has_stores => Err(ApiError::of(
            "InvalidStructureException",
            "Pipeline has no artifact store",
        )),
        store => Ok(store.unwrap_or_else(|| "artifacts".to_owned())),
    }
}

fn check_structure(stages: &[Stage]) -> Result<(), ApiError> {
    let invalid = |message: String| Err(ApiError::of("InvalidStructureException", message));
    if !STAGES.contains(&stages.len()) {
        return invalid(format!(
            "Pipeline has {} stage(s). There should be 2 to 50 stages in a pipeline",
            stages.len()
        ));
    }
    let names: BTreeSet<&str> = stages.iter().map(|stage| stage.name.as_str()).collect();
    if names.len() != stages.len() {
        return invalid("Stage names have to be unique".to_owned());
    }
    for (index, stage) in stages.iter().enumerate() {
        let names: BTreeSet<&str> = stage
            .actions
            .iter()
            .map(|known| known.name.as_str())
            .collect();
        if stage.actions.is_empty() || names.len() != stage.actions.len() {
            return invalid(format!(
                "Stage {} needs actions with unique names",
                stage.name
            ));
        }
        let is_source = |action: &Action| action.category == "Source";
        let is_as_expected = if index == 0 {
            stage.actions.iter().all(is_source)
        } else {
            !stage.actions.iter().any(is_source)
        };
        if !is_as_expected {
            return invalid(
                "Source actions belong to the first stage, and no others do".to_owned(),
            );
        }
    }
    Ok(())
}

fn fill_in(json: &mut Value, version: u32, mode: Mode, is_v1: bool) {
    json["version"] = json!(version);
    json["executionMode"] = json!(mode.as_str());
    json["pipelineType"] = json!(if is_v1 { "V1" } else { "V2" });
    let stages = json["stages"].as_array_mut().into_iter().flatten();
    for action in stages.flat_map(|stage| stage["actions"].as_array_mut().into_iter().flatten()) {
        for (member, default) in [
            ("runOrder", json!(1)),
            ("configuration", json!({})),
            ("outputArtifacts", json!([])),
            ("inputArtifacts", json!([])),
        ] {
            if action[member].is_null() {
                action[member] = default;
            }
        }
    }
}
