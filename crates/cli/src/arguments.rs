//! The command line: commands, options and their help.

pub(crate) mod access;
mod switches;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use downriver_domain::version::{PackageId, PackageVersionId};
use downriver_domain::{ApplicationId, OwnerId, PipelineExecutionId};
use downriver_engine::doctor::Check;
use downriver_local::story::When;

use crate::commands::versions::VersionsCommand;
use access::AccessCommand;
pub(crate) use switches::{ScopeOptions, TimedOptions, WindowCommand};

const STACK_NAME_LEN_MAX: usize = 128;
const SPAN_SECS_MAX: u64 = 3_653 * 86_400;

const EXIT_CODES: &str = "Exit codes:
  0  fine
  1  internal error
  2  bad usage, or a catalog, story or store that cannot be used
  3  unknown application, package or owner
  4  a replay, `send` or `index` finished, but some of the input could not be read or expected
  5  what a story expects did not come true
  6  a deployment, or AWS, could not be reached, refused, or did not finish in time
  7  a command that `refresh --run` ran failed
  8  `doctor` has warnings, or could not read everything
  9  `doctor` found errors
  10 `access check`: not allowed, or not as far as the policies given tell";

/// Rebuilds what uses a package when the package changes: once, in order, and explained.
///
/// Without --deployment everything runs on this machine, on a simulated CodePipeline and CodeArtifact, and nothing needs
/// AWS.
#[derive(Debug, Parser)]
#[command(name = "downriver", version, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: GlobalOptions,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalOptions {
    /// The catalog; default: `downriver.toml` in this folder or the nearest one above it
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) catalog: Option<PathBuf>,
    /// The store; default: in memory, with the catalog applied
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) store: Option<PathBuf>,
    /// Ask, or command, this deployment on AWS: the name of its CloudFormation stack [env: `DOWNRIVER_DEPLOYMENT`]
    #[arg(long, global = true, value_name = "NAME", value_parser = parse_deployment)]
    pub(crate) deployment: Option<String>,
    /// The deployment's region, or that of the domain for `access`; default: as AWS's own tools find it
    #[arg(long, global = true, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// The profile of your AWS configuration to use; default: as AWS's own tools find it
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// How results are printed
    #[arg(long, global = true, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
    /// When to use colours; `auto` heeds `NO_COLOR`
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
    /// Print results and errors only
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Human,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Replay events, or stories around them, and show every decision
    Replay(ReplayOptions),
    /// What publishing a version would rebuild, in which order
    Plan {
        /// The version, as a package URL: `pkg:npm/%40acme/tokens@2.4.0`
        #[arg(value_name = "PURL")]
        package_version: PackageVersionId,
    },
    /// Why a version means what it means for one application
    Explain {
        application: ApplicationId,
        /// The version, as a package URL: `pkg:npm/%40acme/tokens@2.4.0`
        #[arg(value_name = "PURL")]
        package_version: PackageVersionId,
        /// Suppose that the version had this status now
        #[arg(long = "as", value_enum, value_name = "STATUS")]
        supposed: Option<SupposedStatus>,
    },
    /// Who depends on a package, directly or through others
    Dependents {
        /// The package, as a package URL: `pkg:npm/%40acme/tokens`
        #[arg(value_name = "PURL")]
        package: PackageId,
    },
    /// What is under way, what holds it, and what needs a person
    Status { application: Option<ApplicationId> },
    /// What is wrong with the catalog, or with a deployment, and what mends it
    ///
    /// Without --deployment only what the catalog or the store tells is checked. `docs/doctor.md` lists every check.
    Doctor(DoctorOptions),
    /// What was decided, newest first
    History {
        /// An application, or a version as a package URL; everything if left out
        #[arg(value_name = "APPLICATION|PURL")]
        of: Option<String>,
        /// The most entries shown
        #[arg(long, default_value_t = 50, value_name = "COUNT")]
        limit: usize,
    },
    /// How much was rebuilt for each owner, and how much one rule for each package and pipeline would have rebuilt beyond that
    Summary {
        /// Only this owner's applications
        #[arg(long, value_name = "OWNER")]
        owner: Option<OwnerId>,
        /// How far back: a number with m, h, d or w
        #[arg(long, default_value = "7d", value_name = "SPAN", value_parser = parse_span)]
        since: u64,
    },
    /// Read what the manifests, lockfiles and SBOMs of folders say that an application uses
    Index(IndexOptions),
    /// In a build: bring the changes of this rebuild into the lockfiles, with the package manager's own commands
    ///
    /// The changes are those of the pipeline variable `DOWNRIVER_CHANGES`, else those of the rebuild `DOWNRIVER_REBUILD`, of
    /// which the deployment is asked. Without either there is nothing to do.
    Refresh(RefreshOptions),
    /// Check the catalog, apply it to a deployment, or print its JSON Schema
    #[command(subcommand)]
    Catalog(CatalogCommand),
    /// Start nothing more: for everything, one application, or one package
    Pause {
        /// An application, or a package as a package URL; everything if left out
        #[arg(value_name = "APPLICATION|PURL")]
        scope: Option<String>,
        /// Why, for those who meet the pause
        #[arg(long, default_value = "")]
        reason: String,
        /// Who; default: the user's name
        #[arg(long)]
        by: Option<String>,
    },
    /// Lift a pause, or let a halted change go on
    Resume {
        /// What was given to `pause`; a package URL with a version is a change that is halted
        #[arg(value_name = "APPLICATION|PURL")]
        scope: Option<String>,
        /// Who; default: the user's name
        #[arg(long)]
        by: Option<String>,
    },
    /// Give a change up: nothing starts for it any more, and it holds nothing up
    Abandon {
        /// A package URL with a version
        #[arg(value_name = "PURL")]
        change: PackageVersionId,
        /// Why, for those who look for it
        #[arg(long, default_value = "")]
        reason: String,
        /// Who; default: the user's name
        #[arg(long)]
        by: Option<String>,
    },
    /// Let a change go beyond the limits of the catalog
    Approve {
        /// A package URL with a version
        #[arg(value_name = "PURL")]
        change: PackageVersionId,
        /// Who; default: the user's name
        #[arg(long)]
        by: Option<String>,
    },
    /// Start nothing but what is urgent, until an instant
    Freeze(TimedOptions),
    /// Lift a freeze of `freeze`
    Thaw(ScopeOptions),
    /// Open change windows, whatever the catalog says, or close them again
    #[command(subcommand)]
    Window(WindowCommand),
    /// Attempt again what failed or is stuck
    Retry { application: ApplicationId },
    /// Let a pending rebuild go without waiting for its burst to end
    Expedite { application: ApplicationId },
    /// End a rebuild that is pending, stuck or parked
    Cancel {
        application: ApplicationId,
        /// Why, for those who look for it
        #[arg(long, default_value = "")]
        reason: String,
        /// Who; default: the user's name
        #[arg(long)]
        by: Option<String>,
    },
    /// Feed events into a deployment
    Send(SendOptions),
    /// Move messages that failed back to the queue they came from, or list them
    Redrive(RedriveOptions),
    /// Who may read and publish packages of a CodeArtifact repository, and the smallest change of policies that lets them
    #[command(subcommand)]
    Access(AccessCommand),
    /// What requirements admit and select, how versions compare, what package URLs say
    #[command(subcommand)]
    Versions(VersionsCommand),
    /// Print a completion script for a shell
    Completions { shell: Shell },
}

#[derive(Debug, Args)]
pub(crate) struct ReplayOptions {
    /// Files of events (JSON or JSON lines), or folders of them; a folder with a `story.toml` is a story
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Of several runs, only the one of this name
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Option<String>,
    /// Attempt again what failed or was not picked up; never what is built
    #[arg(long)]
    pub(crate) force: bool,
    /// Stop there, of one run: `2026-03-02T09:30:00Z`, or `+30m` after the first event
    ///
    /// With --store the command goes on from there when it is given again, without this or with a later instant.
    #[arg(long, value_name = "INSTANT", conflicts_with = "force")]
    pub(crate) until: Option<When>,
    /// Show every single decision
    #[arg(long, short)]
    pub(crate) verbose: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorOptions {
    /// Only these applications, and the deployment as a whole; all if left out
    #[arg(value_name = "APPLICATION")]
    pub(crate) applications: Vec<ApplicationId>,
    /// Only this check; may be repeated
    #[arg(long = "check", value_name = "ID")]
    pub(crate) checks: Vec<Check>,
    /// Leave warnings and advice out
    #[arg(long)]
    pub(crate) only_errors: bool,
}

#[derive(Debug, Args)]
pub(crate) struct IndexOptions {
    /// Folders of applications
    #[arg(default_value = ".", value_name = "DIR")]
    pub(crate) folders: Vec<PathBuf>,
    /// Where their source begins: shared workspace files are looked for up to here; default: where the repository does
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
    /// The application that the folder holds; default: that of the catalog's key `folder`, or of the folder's name; for an
    /// upload [env: `DOWNRIVER_APPLICATION`]
    #[arg(long, value_name = "ID")]
    pub(crate) application: Option<ApplicationId>,
    /// In a build: upload what was read, to this bucket or to that of --deployment
    #[arg(long, value_name = "s3://BUCKET", num_args = 0..=1, default_missing_value = "", value_parser = parse_bucket, conflicts_with = "store")]
    pub(crate) upload: Option<Bucket>,
    /// The pipeline execution that the upload is about [env: `DOWNRIVER_EXECUTION`]
    #[arg(long, value_name = "ID", requires = "upload")]
    pub(crate) execution: Option<PipelineExecutionId>,
    /// Show transitive dependencies too
    #[arg(long, short)]
    pub(crate) verbose: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RefreshOptions {
    /// The application's folder
    #[arg(default_value = ".", value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// Where its source begins; default: where the repository does
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
    /// A change, as a package URL with a version; may be repeated [env: `DOWNRIVER_CHANGES`, separated by spaces]
    #[arg(long = "change", value_name = "PURL")]
    pub(crate) changes: Vec<PackageVersionId>,
    /// Ask for the changes of this rebuild [env: `DOWNRIVER_REBUILD`]
    #[arg(long, value_name = "ID")]
    pub(crate) rebuild: Option<String>,
    /// Run the commands, and say what the lockfiles hold afterwards
    #[arg(long)]
    pub(crate) run: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CatalogCommand {
    /// Report every problem of a catalog, or count what is in it
    Check {
        /// Default: what `--catalog` says
        file: Option<PathBuf>,
    },
    /// Make a deployment hold exactly this catalog
    Apply(ApplyOptions),
    /// Write what an account's pipelines tell into the catalog; what people wrote stays
    ///
    /// Asks the account of your AWS credentials, in one region, and no deployment: CodePipeline for the pipelines and their
    /// tags, S3 for the source of their last successful executions, CodeArtifact for the repositories that the sources name.
    Discover(DiscoverOptions),
    /// Print the JSON Schema of a catalog, for editors
    Schema,
}

#[derive(Debug, Args)]
pub(crate) struct ApplyOptions {
    /// Default: what `--catalog` says
    pub(crate) file: Option<PathBuf>,
    /// Check it and say who would come and go; change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// How long to wait for the deployment's answer
    #[arg(long, value_name = "SECS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) wait: u64,
}

#[derive(Debug, Args)]
pub(crate) struct DiscoverOptions {
    /// Default: what `--catalog` says, else `downriver.toml` in this folder; made if it is not there
    pub(crate) file: Option<PathBuf>,
    /// Only pipelines of such a name, `*` stands for any run of characters; may be repeated
    #[arg(long = "name", value_name = "PATTERN")]
    pub(crate) names: Vec<String>,
    /// Only pipelines with this tag; may be repeated: with all of them
    #[arg(long = "tag", value_name = "KEY[=VALUE]")]
    pub(crate) tags: Vec<String>,
    /// The tag that names the owner; default: `owner`, else `team`, in upper or lower case
    #[arg(long, value_name = "KEY")]
    pub(crate) owner_tag: Option<String>,
    /// Say what would change; write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SendOptions {
    /// Files of events (JSON or JSON lines), or folders of them; of a story its events only
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Where the events go in
    #[arg(long, value_enum, value_name = "WAY", default_value_t = Way::Queues)]
    pub(crate) through: Way,
    /// The source they get on the bus; the deployment takes those that its parameter `ExtraEventSources` names
    #[arg(long, value_name = "SOURCE")]
    pub(crate) source: Option<String>,
    /// The time they get: their own, or that of sending
    #[arg(long, value_enum, value_name = "TIME", default_value_t = EventTime::Kept)]
    pub(crate) set_time: EventTime,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Way {
    /// Straight into the deployment's queues
    Queues,
    /// Onto the account's default bus, under the source that `--source` names
    Bus,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EventTime {
    /// As it stands in the event
    Kept,
    /// That of sending
    Now,
}

#[derive(Debug, Args)]
pub(crate) struct RedriveOptions {
    /// Whose failed messages; all if left out
    #[arg(value_enum, value_name = "QUEUE")]
    pub(crate) queues: Vec<QueueName>,
    /// Take them from the quarantine, after what was wrong is mended, instead of the dead letters
    #[arg(long)]
    pub(crate) quarantine: bool,
    /// Show what is there, and why; move nothing
    #[arg(long, visible_alias = "dry-run")]
    pub(crate) list: bool,
    /// The most messages that are moved or listed
    #[arg(long, value_name = "COUNT", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) limit: u32,
    /// The most messages that are moved in a second
    #[arg(long, value_name = "COUNT", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) per_second: u32,
}

/// A queue of a deployment, as people name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum QueueName {
    /// CodeArtifact's events, and pages of dependents
    Changes,
    /// CodePipeline's events
    Runs,
    /// Timers
    Due,
    /// Catalogs, dependencies and what was built
    Index,
    /// Sweeps that could not run: they can only be listed, the next sweep does their work
    Sweep,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SupposedStatus {
    Published,
    Unlisted,
    Archived,
    Disposed,
    Deleted,
}

/// A bucket by its name, or that of the deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Bucket {
    OfDeployment,
    Named(String),
}

/// S3's rule for the names of buckets, as far as it is about characters and length.
fn parse_bucket(given: &str) -> Result<Bucket, String> {
    if given.is_empty() {
        return Ok(Bucket::OfDeployment);
    }
    let name = given
        .strip_prefix("s3://")
        .map(|name| name.trim_end_matches('/'));
    let is_bucket = name.is_some_and(|name| {
        (3..=63).contains(&name.len())
            && name.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-')
            })
    });
    match name.filter(|_| is_bucket) {
        Some(name) => Ok(Bucket::Named(name.to_owned())),
        None => Err(
            "expected a bucket, as in s3://my-bucket: where in it an upload goes is fixed"
                .to_owned(),
        ),
    }
}

/// A span of time in seconds, at most ten years.
fn parse_span(given: &str) -> Result<u64, String> {
    let unit_secs = match given.as_bytes().last() {
        Some(b'm') => 60,
        Some(b'h') => 3_600,
        Some(b'd') => 86_400,
        Some(b'w') => 7 * 86_400,
        _ => 0,
    };
    given
        .get(..given.len().saturating_sub(1))
        .and_then(|number| number.parse::<u64>().ok())
        .and_then(|number| number.checked_mul(unit_secs))
        .filter(|secs| (1..=SPAN_SECS_MAX).contains(secs))
        .ok_or_else(|| "expected a span as in 90m, 24h, 7d or 2w, at most ten years".to_owned())
}

/// CloudFormation's own rule for the name of a stack.
pub(crate) fn parse_deployment(given: &str) -> Result<String, String> {
    let is_letter_first = given.starts_with(|first: char| first.is_ascii_alphabetic());
    let is_plain = given
        .chars()
        .all(|character| character.is_ascii_alphanumeric() || character == '-');
    if is_letter_first && is_plain && given.len() <= STACK_NAME_LEN_MAX {
        return Ok(given.to_owned());
    }
    Err(
        "the name of a CloudFormation stack has at most 128 letters, digits and hyphens, and begins with a letter"
            .to_owned(),
    )
}
