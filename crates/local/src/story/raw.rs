//! The story as TOML spells it. Strict: no key is ignored.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

pub(super) type Word = Spanned<String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStory {
    pub(super) title: String,
    #[serde(default)]
    pub(super) text: String,
    pub(super) catalog: Option<String>,
    #[serde(default)]
    pub(super) delivery: RawDelivery,
    #[serde(default)]
    pub(super) version: Vec<RawVersion>,
    #[serde(default)]
    pub(super) public: Vec<RawPublic>,
    #[serde(default)]
    pub(super) built: Vec<RawBuilt>,
    #[serde(default)]
    pub(super) pipeline: Vec<RawPipeline>,
    #[serde(default)]
    pub(super) outcome: Vec<RawOutcome>,
    #[serde(default)]
    pub(super) push: Vec<RawPush>,
    #[serde(default)]
    pub(super) command: Vec<RawCommand>,
    #[serde(default)]
    pub(super) expect: RawExpect,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub(super) enum RawDelivery {
    #[default]
    ByTime,
    AsListed,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawVersion {
    pub(super) repository: Word,
    pub(super) package: Word,
    pub(super) versions: Vec<String>,
    pub(super) origin: Option<RawOrigin>,
    #[serde(default)]
    pub(super) status: RawStatus,
}

#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum RawOrigin {
    Internal,
    External,
    Unknown,
}

#[derive(Deserialize, Default)]
pub(super) enum RawStatus {
    #[default]
    Published,
    Unfinished,
    Unlisted,
    Archived,
    Disposed,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPublic {
    pub(super) connection: Option<String>,
    pub(super) package: Word,
    pub(super) versions: Vec<String>,
    pub(super) at: Option<Word>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawBuilt {
    pub(super) application: Word,
    pub(super) package: Word,
    pub(super) version: Option<String>,
    #[serde(default)]
    pub(super) unknown: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPipeline {
    pub(super) application: Word,
    #[serde(default)]
    pub(super) mode: RawMode,
    #[serde(default, rename = "type")]
    pub(super) pipeline_type: RawType,
    #[serde(default)]
    pub(super) stages: Vec<RawStage>,
    #[serde(default = "yes")]
    pub(super) index: bool,
    #[serde(default = "yes")]
    pub(super) events: bool,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum RawMode {
    #[default]
    Superseded,
    Queued,
    Parallel,
}

#[derive(Deserialize, Default, PartialEq, Eq)]
pub(super) enum RawType {
    V1,
    #[default]
    V2,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStage {
    pub(super) name: Word,
    #[serde(default)]
    pub(super) secs: u64,
    #[serde(default)]
    pub(super) publishes: bool,
    #[serde(default)]
    pub(super) deploys: bool,
    #[serde(default)]
    pub(super) approval: bool,
    #[serde(default)]
    pub(super) transition: RawTransition,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub(super) enum RawTransition {
    #[default]
    Enabled,
    Disabled,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawOutcome {
    pub(super) application: Word,
    pub(super) execution: u64,
    pub(super) state: RawOutcomeState,
    pub(super) stage: Option<String>,
    pub(super) after: Option<Word>,
    pub(super) times: Option<u32>,
    pub(super) to: Option<u64>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum RawOutcomeState {
    Failed,
    Stopped,
    Canceled,
    Resumed,
    Rollback,
    Approved,
    Unknown,
    Throttled,
    Busy,
    NotFound,
    Denied,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPush {
    pub(super) application: Word,
    pub(super) at: Word,
    #[serde(default)]
    pub(super) by: RawPushBy,
}

#[derive(Deserialize, Default, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum RawPushBy {
    #[default]
    Person,
    Rule,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCommand {
    pub(super) at: Word,
    #[serde(rename = "do")]
    pub(super) deed: RawDeed,
    pub(super) application: Option<Word>,
    pub(super) package: Option<Word>,
    pub(super) owner: Option<Word>,
    pub(super) change: Option<Word>,
    pub(super) until: Option<Word>,
    pub(super) by: Option<String>,
    pub(super) reason: Option<String>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub(super) enum RawDeed {
    Pause,
    Resume,
    Retry,
    Expedite,
    Cancel,
    Approve,
    Abandon,
    Freeze,
    Thaw,
    OpenWindow,
    CloseWindow,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawExpect {
    #[serde(default)]
    pub(super) starts: BTreeMap<Word, u64>,
    #[serde(default)]
    pub(super) order: Vec<(Word, Word)>,
    #[serde(default)]
    pub(super) starts_at: BTreeMap<Word, Vec<Word>>,
    #[serde(default)]
    pub(super) outcomes: BTreeMap<Word, Vec<String>>,
    #[serde(default)]
    pub(super) verdicts: Vec<(Word, Word, String, String)>,
    #[serde(default)]
    pub(super) notes: BTreeMap<Word, Vec<String>>,
    pub(super) in_flight_max: Option<usize>,
    #[serde(default)]
    pub(super) never: Vec<Word>,
    pub(super) quarantined: Option<u64>,
}

const fn yes() -> bool {
    true
}
