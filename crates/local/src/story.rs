//! The story beside the events of a replay: what the registry held at the start, how pipelines are built and fail,
//! what people do meanwhile, and what is to come out. `docs/stories.md` lists every key.
//!
//! A story is read strictly: a key that is not known is an error with its line, never ignored.

mod raw;
mod read;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::str::FromStr;

use downriver_domain::slot::{ControlScope, PauseScope};
use downriver_domain::version::{PackageId, PackageVersionId};
use downriver_domain::{ApplicationId, Origin, Timestamp, VersionStatus};

use self::read::parse_duration_secs;
use crate::simulator::instant::parse_instant;

pub use read::parse_story;

/// A story, checked as far as it can be without its catalog.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Story {
    /// The name to show in errors.
    pub file: String,
    pub title: String,
    pub text: String,
    /// A catalog file beside the story.
    pub catalog: Option<String>,
    pub delivery: Delivery,
    pub versions: Vec<StartVersions>,
    pub public: Vec<PublicVersions>,
    pub built: Vec<BuiltOverride>,
    pub pipelines: Vec<PipelineScript>,
    pub outcomes: Vec<Outcome>,
    pub pushes: Vec<Push>,
    pub commands: Vec<StoryCommand>,
    pub expect: Expect,
}

/// What is wrong with a story, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {field}: {message}")]
pub struct StoryError {
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// The key, such as `push.at`.
    pub field: String,
    pub message: String,
}

/// In which order the input events arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Delivery {
    /// Each at its own time; of one time in the order given.
    #[default]
    ByTime,
    /// In the order given; one that is older than what came before it arrives late.
    AsListed,
}

/// An instant of the replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    At(Timestamp),
    /// Seconds after the first input event.
    After(u64),
}

/// What is no [`When`].
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("expected an RFC 3339 instant, or `+90s`, `+15m`, `+2h`, `+3d` after the first event")]
pub struct WhenError;

/// `[[version]]`: what a repository holds before the first event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartVersions {
    pub line: usize,
    /// `owner/domain/name`, `domain/name` or the name alone.
    pub repository: String,
    pub package: PackageId,
    pub versions: Vec<String>,
    pub origin: Option<Origin>,
    pub status: VersionStatus,
}

/// `[[public]]`: versions that an external connection offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicVersions {
    pub line: usize,
    /// For example `public:npmjs`; any connection if not said.
    pub connection: Option<String>,
    pub package: PackageId,
    pub versions: Vec<String>,
    /// From the start if not said.
    pub at: Option<When>,
}

/// `[[built]]`: overrides the built version that the catalog states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuiltOverride {
    pub line: usize,
    pub application: ApplicationId,
    pub package: PackageId,
    /// `None`: it is not known what was built.
    pub version: Option<String>,
}

/// `[[pipeline]]`: how an application's pipeline is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PipelineScript {
    pub line: usize,
    pub application: ApplicationId,
    pub mode: PipelineMode,
    /// A V1 pipeline takes no variables.
    pub is_v1: bool,
    /// The default stages if empty.
    pub stages: Vec<Stage>,
    /// A successful execution is followed by its index result.
    pub is_indexed: bool,
    /// Its state changes are told by events; else only asking tells.
    pub is_told: bool,
}

/// `executionMode` of the service model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PipelineMode {
    #[default]
    Superseded,
    Queued,
    Parallel,
}

/// The way into a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Transition {
    #[default]
    Enabled,
    /// Executions wait before the stage.
    Disabled,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    pub name: String,
    pub secs: u64,
    /// The application's products are published at its end.
    pub publishes: bool,
    /// It has a Deploy action.
    pub deploys: bool,
    /// It waits for a person; nobody approves unless an outcome says so.
    pub needs_approval: bool,
    pub transition: Transition,
}

/// `[[outcome]]`: something that happens to the nth execution of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub line: usize,
    pub application: ApplicationId,
    /// Counted from 1 over everybody's executions of this pipeline.
    pub execution: u64,
    pub kind: OutcomeKind,
    pub stage: Option<String>,
    pub after_secs: Option<u64>,
    /// How many calls are answered so.
    pub times: u32,
    /// The execution that a rollback returns to.
    pub to: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutcomeKind {
    /// Fails in `stage`, at its end or `after` its beginning.
    Failed,
    /// A person stops it `after` its start.
    Stopped,
    /// The pipeline is edited `after` its start.
    Canceled,
    /// A person retries the failed stage `after` the failure.
    Resumed,
    /// `after` the failure or success a ROLLBACK execution returns to execution `to`.
    RolledBack,
    /// The approval stage is approved `after` it was reached.
    Approved,
    /// It starts, and the call is not answered.
    Unknown,
    Throttled,
    Busy,
    NotFound,
    Denied,
}

/// `[[push]]`: an execution that Downriver did not start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    pub line: usize,
    pub application: ApplicationId,
    pub at: When,
    /// An old EventBridge rule started it (`CloudWatchEvent`), not a person's commit.
    pub is_rule: bool,
}

/// `[[command]]`: what an operator does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryCommand {
    pub line: usize,
    pub at: When,
    pub deed: Deed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    Pause {
        scope: PauseScope,
        by: String,
        reason: String,
    },
    Resume {
        scope: PauseScope,
    },
    Retry(ApplicationId),
    Expedite(ApplicationId),
    Cancel {
        application: ApplicationId,
        by: String,
        reason: String,
    },
    ResumeChange {
        change: PackageVersionId,
        by: String,
    },
    Approve {
        change: PackageVersionId,
        by: String,
    },
    Abandon {
        change: PackageVersionId,
        by: String,
        reason: String,
    },
    Freeze {
        scope: ControlScope,
        until: When,
        by: String,
        reason: String,
    },
    Thaw {
        scope: ControlScope,
    },
    OpenWindow {
        scope: ControlScope,
        until: When,
        by: String,
        reason: String,
    },
    CloseWindow {
        scope: ControlScope,
    },
}

/// `[expect]`: what a test checks at rest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expect {
    /// Executions that Downriver started, for each application named.
    pub starts: BTreeMap<ApplicationId, u64>,
    /// The first one's first start comes before the second one's.
    pub order: Vec<(ApplicationId, ApplicationId)>,
    /// When Downriver started them, all of an application's starts.
    pub starts_at: BTreeMap<ApplicationId, Vec<When>>,
    /// How an application's rebuilds ended, in the order they were requested.
    pub outcomes: BTreeMap<ApplicationId, Vec<String>>,
    /// Applications that Downriver never starts.
    pub never: Vec<ApplicationId>,
    pub verdicts: Vec<ExpectedVerdict>,
    /// Kinds of notes that an application's history has.
    pub notes: BTreeMap<ApplicationId, Vec<String>>,
    /// Downriver's executions that run at once in one target, at most.
    pub in_flight_max: Option<usize>,
    pub quarantined: Option<u64>,
}

/// The last verdict that is written down on a change for an application, and what is done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedVerdict {
    pub application: ApplicationId,
    pub package_version: PackageVersionId,
    pub verdict: String,
    pub action: String,
}

/// RFC 3339, or a duration after the first event.
impl FromStr for When {
    type Err = WhenError;

    fn from_str(text: &str) -> Result<Self, WhenError> {
        match text.strip_prefix('+') {
            Some(duration) => parse_duration_secs(duration).map(Self::After),
            None => parse_instant(text).map(Self::At),
        }
        .ok_or(WhenError)
    }
}

impl When {
    /// The instant, given that of the first event.
    pub const fn resolve(self, first: Timestamp) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::After(secs) => first.plus_secs(secs),
        }
    }
}
