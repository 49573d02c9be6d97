//! The commands of a refresh, as JSON.

use downriver_domain::version::PackageVersionId;
use downriver_manifest::RefreshPlan;
use serde::Serialize;

use super::evidence_text;
use crate::commands::Moved;

#[derive(Serialize)]
pub(crate) struct RefreshDocument {
    commands: Vec<CommandDocument>,
    /// Changes that no command brings in.
    left: Vec<LeftDocument>,
    /// Changes that need no command.
    settled: Vec<LeftDocument>,
    /// After `--run`: what the lockfiles hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    moved: Option<Vec<MovedDocument>>,
}

#[derive(Serialize)]
struct CommandDocument {
    folder: String,
    program: String,
    arguments: Vec<String>,
    changes: Vec<String>,
    writes: String,
}

#[derive(Serialize)]
struct LeftDocument {
    change: String,
    reason: String,
    at: Option<String>,
}

#[derive(Serialize)]
struct MovedDocument {
    change: String,
    locked: Vec<String>,
    is_in: bool,
}

impl RefreshDocument {
    pub(crate) fn of(plan: &RefreshPlan, moved: Option<&[Moved]>) -> Self {
        let commands = plan.steps.iter().map(|step| CommandDocument {
            folder: step.folder.clone(),
            program: step.program.clone(),
            arguments: step.arguments.clone(),
            changes: step
                .changes
                .iter()
                .map(PackageVersionId::to_string)
                .collect(),
            writes: step.writes.clone(),
        });
        let left = plan.left.iter().map(|left| LeftDocument {
            change: left.change.to_string(),
            reason: left.reason.clone(),
            at: left.at.as_ref().map(evidence_text),
        });
        let settled = plan.settled.iter().map(|settled| LeftDocument {
            change: settled.change.to_string(),
            reason: settled.reason.clone(),
            at: None,
        });
        let moved = moved.map(|moved| {
            let moved = moved.iter().map(|moved| MovedDocument {
                change: moved.change.to_string(),
                locked: moved.locked.clone(),
                is_in: moved.is_in,
            });
            moved.collect()
        });
        Self {
            commands: commands.collect(),
            left: left.collect(),
            settled: settled.collect(),
            moved,
        }
    }
}
