//! The command line: commands, options and their help.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use downriver_domain::ApplicationId;
use downriver_domain::version::{PackageId, PackageVersionId};

use crate::commands::versions::VersionsCommand;

const EXIT_CODES: &str = "Exit codes:
  0  fine
  1  internal error
  2  bad usage, or a catalog, story or store that cannot be used
  3  unknown application or package
  4  a replay finished, but something was quarantined that no story expects
  5  what a story expects did not come true";

/// Rebuilds what uses a package when the package changes: once, in order, and explained.
///
/// Everything here runs on this machine, on a simulated CodePipeline and CodeArtifact. Nothing needs AWS.
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
    /// What was decided, newest first
    History {
        /// An application, or a version as a package URL; everything if left out
        #[arg(value_name = "APPLICATION|PURL")]
        of: Option<String>,
        /// The most entries shown
        #[arg(long, default_value_t = 50, value_name = "COUNT")]
        limit: usize,
    },
    /// Check the catalog, or print its JSON Schema
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
    /// Lift a pause
    Resume {
        /// What was given to `pause`
        #[arg(value_name = "APPLICATION|PURL")]
        scope: Option<String>,
    },
    /// Attempt again what failed or is stuck
    Retry { application: ApplicationId },
    /// Let a pending rebuild go without waiting for its burst to end
    Expedite { application: ApplicationId },
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
    /// Show every single decision
    #[arg(long, short)]
    pub(crate) verbose: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CatalogCommand {
    /// Report every problem of a catalog, or count what is in it
    Check {
        /// Default: what `--catalog` says
        file: Option<PathBuf>,
    },
    /// Print the JSON Schema of a catalog, for editors
    Schema,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SupposedStatus {
    Published,
    Unlisted,
    Archived,
    Disposed,
    Deleted,
}
