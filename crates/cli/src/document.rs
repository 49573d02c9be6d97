//! The document of a replay: what the store holds at the end, as JSON. `docs/replay.md` describes it, and
//! `docs/replay.schema.json` is generated from these types.

mod convert;
pub(crate) mod doctor;
pub(crate) mod queries;
pub(crate) mod reading;
pub(crate) mod refresh;
pub(crate) mod summary;
#[cfg(test)]
mod tests;

pub(crate) use convert::{evidence_text, rebuild, scope_name, verdict, why};

use schemars::JsonSchema;
use serde::Serialize;

/// What a replay decided and did, over one or several runs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
#[schemars(title = "Downriver replay")]
pub(crate) struct ReplayDocument {
    /// Every verdict, in the order in which they were reached.
    pub(crate) verdicts: Vec<VerdictDocument>,
    /// Every rebuild as it stands at the end, in the order in which they were requested.
    pub(crate) rebuilds: Vec<RebuildDocument>,
    /// Inputs that nothing could be done with.
    pub(crate) quarantined: Vec<QuarantinedDocument>,
    pub(crate) summary: SummaryDocument,
    /// One for each run that was a story.
    pub(crate) stories: Vec<StoryDocument>,
    /// RFC 3339 in UTC: it was stopped there, before its rest; `events` and `naive_starts` are of the whole input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stopped_at: Option<String>,
}

/// What a change means for one application.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct VerdictDocument {
    /// The story it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) story: Option<String>,
    /// When it was reached, RFC 3339 in UTC; left out of what is only supposed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) at: Option<String>,
    pub(crate) application: String,
    /// A package URL with a version.
    pub(crate) package_version: String,
    /// The repository that the change was seen in, `owner/domain/name`.
    pub(crate) repository: String,
    pub(crate) verdict: VerdictName,
    /// For `Unaffected`: why nothing happens. For `MovesOff`: `newer` or `older`. For `Stranded`: `gone` or `unlisted`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) why: Option<String>,
    /// One plain sentence.
    pub(crate) reason: String,
    pub(crate) action: ActionName,
    /// The version that a plain rebuild would resolve the package to.
    pub(crate) wanted: Option<String>,
    /// It rests on a built version that was derived, not read, or on an inventory that is not known in full.
    pub(crate) assumed: bool,
    /// The places where the application has the package, the deciding one first.
    pub(crate) instances: Vec<InstanceDocument>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub(crate) enum VerdictName {
    Picks,
    Locked,
    Excluded,
    Unaffected,
    MovesOff,
    Stranded,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ActionName {
    Nothing,
    Notify,
    NotifyUrgent,
    Rebuild,
    /// A rebuild that carries variables for the lockfile.
    Refresh,
}

/// One place in an application's graph where it has the package.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct InstanceDocument {
    /// In the ecosystem's own syntax.
    pub(crate) requirement: String,
    pub(crate) verdict: VerdictName,
    /// The version that the last successful execution was built with.
    pub(crate) built: Option<String>,
    pub(crate) built_how: BuiltHow,
    /// A committed lockfile holds the built version.
    pub(crate) locked: bool,
    /// The packages that pull it in, outermost first; empty for a direct dependency.
    pub(crate) path: Vec<String>,
    pub(crate) scope: String,
    /// The file it was read from, and the line where that is known: `package-lock.json:31`.
    pub(crate) evidence: String,
    /// No file tells the requirement: it is what the tool would have written for the locked version.
    pub(crate) requirement_assumed: bool,
    /// Where a lockfile holds the built version.
    pub(crate) lock: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BuiltHow {
    /// Read from what the last successful execution built.
    Proven,
    /// Derived from what was visible when it started.
    Assumed,
    Unknown,
}

/// One rebuild of one application, for all the changes it brings.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct RebuildDocument {
    /// The story it belongs to; ids repeat from story to story.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) story: Option<String>,
    /// `<application>.<number>`.
    pub(crate) id: String,
    pub(crate) application: String,
    /// Package URLs of the versions it was for.
    pub(crate) changes: Vec<String>,
    /// The first changes that its own descend from; a change that descends from none is its own root.
    pub(crate) cascade_roots: Vec<String>,
    /// RFC 3339 in UTC, like all times here.
    pub(crate) requested_at: String,
    /// When its first execution started.
    pub(crate) started_at: Option<String>,
    pub(crate) finished_at: Option<String>,
    pub(crate) outcome: OutcomeName,
    /// One plain sentence.
    pub(crate) reason: String,
    /// The gates that held it, in the order in which they opened.
    pub(crate) waited_on: Vec<WaitedDocument>,
    /// Executions that were attempted.
    pub(crate) attempts: u32,
    /// The ids of its pipeline executions.
    pub(crate) executions: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub(crate) enum OutcomeName {
    Pending,
    Starting,
    Running,
    Parked,
    Stuck,
    /// What was built is not known yet.
    Succeeded,
    /// Proof: what was built contains the wanted versions.
    Delivered,
    /// Proof: it does not.
    NotPickedUp,
    /// It succeeded, and there was nothing to read.
    Unproven,
    Failed,
    Stopped,
    /// When it was looked at again, nothing asked for it any more.
    NotNeeded,
    /// Shadow mode: it would have started.
    WouldStart,
    /// The application was taken out of the catalog.
    Removed,
}

/// A span of time in which a gate held a rebuild.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct WaitedDocument {
    /// `settled`, `upriver quiet`, `budget`, …
    pub(crate) gate: String,
    pub(crate) since: String,
    pub(crate) until: String,
    /// Producers, an execution, a target or a pause; empty where only time opens the gate.
    pub(crate) on: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct QuarantinedDocument {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) story: Option<String>,
    /// `file:line`.
    pub(crate) source: String,
    pub(crate) reason: String,
}

/// Counts over all runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct SummaryDocument {
    /// Input events, broken ones included.
    pub(crate) events: usize,
    /// Input events that changed what is known of a package version.
    pub(crate) changes: usize,
    /// Applications that a verdict was reached for.
    pub(crate) applications: usize,
    pub(crate) verdicts: usize,
    /// Rebuilds that were asked for, started or not.
    pub(crate) rebuilds_requested: usize,
    /// Rebuilds that started at least one pipeline execution.
    pub(crate) rebuilds_started: usize,
    /// Executions that one EventBridge rule for each pair of package and pipeline would have started.
    pub(crate) naive_starts: usize,
    pub(crate) quarantined: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct StoryDocument {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) summary: SummaryDocument,
    /// Null where the story expects nothing.
    pub(crate) expectations_met: Option<bool>,
    /// What did not come true, a sentence each.
    pub(crate) unmet: Vec<String>,
}

impl ReplayDocument {
    /// Adds a run after those before it.
    pub(crate) fn add(&mut self, run: Self) {
        self.verdicts.extend(run.verdicts);
        self.rebuilds.extend(run.rebuilds);
        self.quarantined.extend(run.quarantined);
        self.summary.add(run.summary);
        self.stories.extend(run.stories);
        self.stopped_at = self.stopped_at.take().or(run.stopped_at);
    }
}

impl SummaryDocument {
    pub(crate) fn add(&mut self, other: Self) {
        self.events += other.events;
        self.changes += other.changes;
        self.applications += other.applications;
        self.verdicts += other.verdicts;
        self.rebuilds_requested += other.rebuilds_requested;
        self.rebuilds_started += other.rebuilds_started;
        self.naive_starts += other.naive_starts;
        self.quarantined += other.quarantined;
    }
}

/// The JSON Schema of the document.
#[cfg(test)]
pub(crate) fn json_schema() -> String {
    let schema = schemars::schema_for!(ReplayDocument);
    let mut text = serde_json::to_string_pretty(&schema).unwrap();
    text.push('\n');
    text
}
