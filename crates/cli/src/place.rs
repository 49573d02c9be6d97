//! Where a command works: on this machine, at a deployment, or on an account as a whole.
//!
//! `--deployment` is an order: what contradicts it is refused. `DOWNRIVER_DEPLOYMENT` is a default: it holds for commands
//! that can ask a deployment, unless `--store` or `--catalog` names something on this machine.

#[cfg(test)]
mod tests;

use crate::arguments::access::AccessCommand;
use crate::arguments::{
    Bucket, CatalogCommand, Command, GlobalOptions, IndexOptions, WindowCommand, parse_deployment,
};
use crate::exit::refuse;

/// The variable that names the deployment to ask where no option does.
pub(crate) const DEPLOYMENT_VARIABLE: &str = "DOWNRIVER_DEPLOYMENT";

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Here,
    Deployment {
        name: String,
        /// Nothing on the command line says that it is not this machine that answers.
        is_from_environment: bool,
    },
    /// The account of the caller's AWS credentials.
    Account,
}

/// Where a command can work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    HereOnly,
    Either,
    DeploymentOnly,
    AccountOnly,
}

/// Where the command is to work. `environment`: what `DOWNRIVER_DEPLOYMENT` holds.
pub(crate) fn place_of(
    options: &GlobalOptions,
    command: &Command,
    environment: Option<&str>,
) -> anyhow::Result<Place> {
    let (name, reach) = reach_of(command);
    let environment = environment.filter(|value| !value.is_empty());
    let place = match (&options.deployment, reach) {
        (given, Reach::AccountOnly) => {
            check_no_store(options, name, given.is_some())?;
            Place::Account
        }
        (Some(_), Reach::HereOnly) => {
            return Err(refuse(format!(
                "`downriver {name}` works on this machine only: leave --deployment out"
            )));
        }
        (Some(deployment), _) => {
            check_alone(options, command)?;
            Place::Deployment {
                name: deployment.clone(),
                is_from_environment: false,
            }
        }
        (None, Reach::HereOnly) => Place::Here,
        (None, Reach::Either) if options.store.is_some() || options.catalog.is_some() => {
            Place::Here
        }
        (None, _) => match environment {
            Some(deployment) => {
                let name = parse_deployment(deployment).map_err(|reason| {
                    refuse(format!("{DEPLOYMENT_VARIABLE} is `{deployment}`: {reason}"))
                })?;
                check_alone(options, command)?;
                Place::Deployment {
                    name,
                    is_from_environment: true,
                }
            }
            None if reach == Reach::DeploymentOnly => {
                return Err(refuse(format!(
                    "`downriver {name}` works on a deployment: name its CloudFormation stack with --deployment NAME, or in {DEPLOYMENT_VARIABLE}"
                )));
            }
            None => Place::Here,
        },
    };
    // ARNs in policies name a Region, wherever they are read from.
    let is_region_of_files = matches!(command, Command::Access(_)) && options.profile.is_none();
    if place == Place::Here
        && !is_region_of_files
        && (options.region.is_some() || options.profile.is_some())
    {
        return Err(refuse(
            "--region and --profile say where a deployment is: name it with --deployment NAME",
        ));
    }
    Ok(place)
}

/// An account is asked: there is nothing for a store or a deployment to say.
fn check_no_store(
    options: &GlobalOptions,
    name: &str,
    is_deployment_given: bool,
) -> anyhow::Result<()> {
    let other = if is_deployment_given {
        "--deployment"
    } else if options.store.is_some() {
        "--store"
    } else {
        return Ok(());
    };
    Err(refuse(format!(
        "`downriver {name}` asks the account of your AWS credentials: leave {other} out"
    )))
}

/// A deployment has its own store, with the catalog that was applied to it.
fn check_alone(options: &GlobalOptions, command: &Command) -> anyhow::Result<()> {
    let is_catalog_read = matches!(command, Command::Catalog(_));
    let other = if options.store.is_some() {
        "--store"
    } else if options.catalog.is_some() && !is_catalog_read {
        "--catalog"
    } else {
        return Ok(());
    };
    Err(refuse(format!(
        "--deployment and {other} contradict each other: a deployment has its own store and catalog; leave one of them out"
    )))
}

fn reach_of(command: &Command) -> (&'static str, Reach) {
    match command {
        Command::Replay(_) => ("replay", Reach::HereOnly),
        Command::Catalog(CatalogCommand::Check { .. }) => ("catalog check", Reach::HereOnly),
        Command::Catalog(CatalogCommand::Schema) => ("catalog schema", Reach::HereOnly),
        Command::Versions(_) => ("versions", Reach::HereOnly),
        Command::Refresh(_) => ("refresh", Reach::Either),
        Command::Index(IndexOptions {
            upload: Some(Bucket::OfDeployment),
            ..
        }) => ("index --upload", Reach::DeploymentOnly),
        Command::Index(_) => ("index", Reach::HereOnly),
        Command::Completions { .. } => ("completions", Reach::HereOnly),
        Command::Catalog(CatalogCommand::Discover(_)) => ("catalog discover", Reach::AccountOnly),
        Command::Catalog(CatalogCommand::Apply(_)) => ("catalog apply", Reach::DeploymentOnly),
        Command::Access(AccessCommand::Check(check)) if check.is_of_files() => {
            ("access check", Reach::HereOnly)
        }
        Command::Access(command) => (command.name(), Reach::AccountOnly),
        Command::Send(_) => ("send", Reach::DeploymentOnly),
        Command::Redrive(_) => ("redrive", Reach::DeploymentOnly),
        Command::Plan { .. } => ("plan", Reach::Either),
        Command::Explain { .. } => ("explain", Reach::Either),
        Command::Dependents { .. } => ("dependents", Reach::Either),
        Command::Status { .. } => ("status", Reach::Either),
        Command::History { .. } => ("history", Reach::Either),
        Command::Summary { .. } => ("summary", Reach::Either),
        Command::Doctor(_) => ("doctor", Reach::Either),
        Command::Pause { .. } => ("pause", Reach::Either),
        Command::Resume { .. } => ("resume", Reach::Either),
        Command::Retry { .. } => ("retry", Reach::Either),
        Command::Expedite { .. } => ("expedite", Reach::Either),
        Command::Cancel { .. } => ("cancel", Reach::Either),
        Command::Abandon { .. } => ("abandon", Reach::Either),
        Command::Approve { .. } => ("approve", Reach::Either),
        Command::Freeze(_) => ("freeze", Reach::Either),
        Command::Thaw(_) => ("thaw", Reach::Either),
        Command::Window(WindowCommand::Open(_)) => ("window open", Reach::Either),
        Command::Window(WindowCommand::Close(_)) => ("window close", Reach::Either),
    }
}
