//! What is found.

use std::fmt;
use std::str::FromStr;

use downriver_domain::{AccountId, ApplicationId, DomainName, Pipeline, RepositoryId};

/// How grave it is, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something does not work.
    Error,
    /// Something is missed, or soon will not work.
    Warning,
    /// It works; it could work better, or is to be known.
    Advice,
}

impl Severity {
    pub const ALL: [Self; 3] = [Self::Error, Self::Warning, Self::Advice];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Advice => "advice",
        }
    }
}

macro_rules! checks {
    ($($(#[$doc:meta])* $name:ident = $id:literal,)+) => {
        /// What is looked at, by a name that stays.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Check {
            $($(#[$doc])* $name,)+
        }

        impl Check {
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $id,)+
                }
            }
        }
    };
}

checks! {
    /// A pipeline of the catalog does not exist.
    PipelineMissing = "pipeline-missing",
    /// A pipeline lives in an account in which the deployment can start nothing.
    PipelineAccount = "pipeline-account",
    /// A pipeline lives where no role is let in: nothing is read of it.
    PipelineUnchecked = "pipeline-unchecked",
    /// The catalog counts on variables, and the pipeline is of type V1, which has none.
    PipelineV1 = "pipeline-v1",
    /// The catalog counts on variables that the pipeline does not declare: CodePipeline refuses the start.
    VariablesUndeclared = "variables-undeclared",
    /// The pipeline has a variable without a default that nobody gives: CodePipeline refuses the start.
    VariableRequired = "variable-required",
    /// Executions stop before a stage.
    TransitionDisabled = "transition-disabled",
    /// Executions that carry variables may be superseded, and their variables lost.
    ExecutionMode = "execution-mode",
    /// The role that starts pipelines could not be assumed when `sweep` tried.
    RoleNotAssumable = "role-not-assumable",
    /// A repository of the catalog does not exist.
    RepositoryMissing = "repository-missing",
    /// A package of the catalog is in no repository in which it should be.
    PackageMissing = "package-missing",
    /// Origin controls keep a producer from publishing.
    PublishBlocked = "publish-blocked",
    /// Origin controls keep what is published upstream from an application.
    UpstreamBlocked = "upstream-blocked",
    /// An application's build role may not read the repository it pulls through.
    RepositoryUnreadable = "repository-unreadable",
    /// An application's build role gets no token for the domain.
    TokenDenied = "token-denied",
    /// Nothing puts events into a queue.
    RuleMissing = "rule-missing",
    /// The rules let some events through and not others.
    RulePattern = "rule-pattern",
    /// A queue of the deployment does not exist.
    QueueMissing = "queue-missing",
    /// A queue without a dead-letter queue: what fails is lost.
    QueueWithoutDeadLetters = "queue-without-dead-letters",
    /// Messages that failed wait for somebody.
    DeadLetters = "dead-letters",
    /// No event of a domain has ever come.
    EventsSilent = "events-silent",
    /// `sweep` found versions that no event told of.
    EventsMissed = "events-missed",
    /// `sweep` has not run.
    SweepSilent = "sweep-silent",
    /// Nobody knows what an application depends on.
    NeverIndexed = "never-indexed",
    /// A lockfile holds an application's dependencies and nothing refreshes it.
    LockedNotRefreshed = "locked-not-refreshed",
    /// Nobody who could be rebuilt sees what a producer publishes.
    ProductUnseen = "product-unseen",
    /// Producers depend on each other.
    Cycle = "cycle",
}

impl fmt::Display for Check {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

impl FromStr for Check {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.iter().find(|check| check.as_str() == text);
        known.copied().ok_or_else(|| {
            let near = Self::ALL
                .iter()
                .map(|check| check.as_str())
                .max_by(|a, b| strsim::jaro(a, text).total_cmp(&strsim::jaro(b, text)))
                .unwrap_or_default();
            format!(
                "there is no check `{text}`; did you mean `{near}`? `docs/doctor.md` lists them all"
            )
        })
    }
}

/// What a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    Application(ApplicationId),
    Pipeline(Pipeline),
    Repository(RepositoryId),
    Domain(AccountId, DomainName),
    /// By the name of its queue, as the template calls it.
    Queue(String),
    Rule(String),
    /// By its ARN, or by the account that it is for.
    Role(String),
    Deployment,
}

impl Subject {
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Application(_) => "application",
            Self::Pipeline(_) => "pipeline",
            Self::Repository(_) => "repository",
            Self::Domain(..) => "domain",
            Self::Queue(_) => "queue",
            Self::Rule(_) => "rule",
            Self::Role(_) => "role",
            Self::Deployment => "deployment",
        }
    }

    /// What it is called; empty for the deployment as a whole.
    pub fn name(&self) -> String {
        match self {
            Self::Application(id) => id.to_string(),
            Self::Pipeline(pipeline) => format!("{}/{}", pipeline.target, pipeline.name),
            Self::Repository(id) => id.to_string(),
            Self::Domain(owner, name) => format!("{owner}/{name}"),
            Self::Queue(name) | Self::Rule(name) | Self::Role(name) => name.clone(),
            Self::Deployment => String::new(),
        }
    }
}

/// Something that is wrong, or could be better.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    pub severity: Severity,
    pub check: Check,
    /// The application that it concerns; none where it concerns several, or none in particular.
    pub application: Option<ApplicationId>,
    pub subject: Subject,
    /// One plain sentence, with where it was read.
    pub evidence: String,
    /// The command, setting or policy statement that mends it.
    pub mend: String,
}

/// What was not read, and which checks were therefore not made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unread {
    /// As IAM calls it.
    pub action: &'static str,
    /// The first that could not be read.
    pub what: String,
    pub why: String,
    /// How many could not be read.
    pub count: usize,
    pub checks: Vec<Check>,
}
