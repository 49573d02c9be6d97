//! One module for each command: reads what it needs, asks the engine, and hands the answer to be shown.

pub(crate) mod access;
mod catalog;
mod dependents;
#[cfg(feature = "aws")]
mod deployed;
pub(crate) mod doctor;
mod explain;
mod history;
pub(crate) mod index;
mod operate;
mod plan;
mod refresh;
mod replay;
mod status;
mod summary;
pub(crate) mod versions;
#[cfg(not(feature = "aws"))]
mod without_aws;

use clap::CommandFactory as _;
use downriver_domain::Timestamp;
use downriver_engine::operate::Command as Deed;
use downriver_local::world::complete;

pub(crate) use refresh::Moved;

use crate::arguments::access::AccessCommand;
use crate::arguments::{Arguments, Bucket, CatalogCommand, Command, WindowCommand};
use crate::desk::Desk;
use crate::desk::here::LocalDesk;
use crate::exit::Exit;
use crate::place::{DEPLOYMENT_VARIABLE, Place, place_of};
use crate::terminal::Terminal;
#[cfg(not(feature = "aws"))]
use without_aws as deployed;

/// Carries out the command.
pub(crate) fn run(arguments: &Arguments, terminal: &mut Terminal) -> anyhow::Result<Exit> {
    if let Command::Refresh(options) = &arguments.command
        && let Some(changes) = refresh::given(options)?
    {
        return refresh::refresh(options, &changes, terminal);
    }
    if let Command::Index(options) = &arguments.command
        && let Some(Bucket::Named(bucket)) = &options.upload
    {
        return deployed::upload_to(arguments, options, bucket, terminal);
    }
    let environment = std::env::var(DEPLOYMENT_VARIABLE).ok();
    let place = place_of(
        &arguments.global,
        &arguments.command,
        environment.as_deref(),
    )?;
    match place {
        Place::Here => run_here(arguments, terminal),
        Place::Deployment {
            name,
            is_from_environment,
        } => {
            if is_from_environment {
                terminal.remark(&format!("{DEPLOYMENT_VARIABLE}: deployment {name}"));
            }
            deployed::run(arguments, &name, terminal)
        }
        Place::Account => match &arguments.command {
            Command::Catalog(CatalogCommand::Discover(options)) => {
                deployed::discover(arguments, options, terminal)
            }
            Command::Access(command) => deployed::access(arguments, command, terminal),
            _ => unreachable!("no other command asks an account"),
        },
    }
}

fn run_here(arguments: &Arguments, terminal: &mut Terminal) -> anyhow::Result<Exit> {
    let global = &arguments.global;
    match &arguments.command {
        Command::Access(AccessCommand::Check(options)) => {
            access::check_files(global, options, terminal)
        }
        Command::Catalog(CatalogCommand::Check { file }) => {
            catalog::check(global, file.as_deref(), terminal)
        }
        Command::Catalog(CatalogCommand::Schema) => catalog::schema(terminal),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Arguments::command(), "downriver", &mut script);
            terminal.print(&String::from_utf8(script)?)?;
            Ok(Exit::Fine)
        }
        Command::Index(options) => index::index(global, options, terminal),
        Command::Replay(options) => replay::replay(global, options, terminal),
        Command::Versions(command) => versions::versions(command, terminal),
        command => {
            let desk = if deed(command, Timestamp::default())?.is_some() {
                LocalDesk::open_file(global)?
            } else {
                LocalDesk::open(global, terminal)?
            };
            complete(at_desk(&desk, command, terminal))
        }
    }
}

/// Questions and operators' commands, wherever their store is.
async fn at_desk<D: Desk>(
    desk: &D,
    command: &Command,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    match command {
        Command::Plan { package_version } => plan::plan(desk, package_version, terminal).await,
        Command::Explain {
            application,
            package_version,
            supposed,
        } => explain::explain(desk, application, package_version, *supposed, terminal).await,
        Command::Refresh(options) => refresh::ask(desk, options, terminal).await,
        Command::Dependents { package } => dependents::dependents(desk, package, terminal).await,
        Command::Status { application } => {
            status::status(desk, application.as_ref(), terminal).await
        }
        Command::Doctor(options) => doctor::here(desk, options, terminal).await,
        Command::History { of, limit } => {
            history::history(desk, of.as_deref(), *limit, terminal).await
        }
        Command::Summary { owner, since } => {
            summary::summary(desk, owner.as_ref(), *since, terminal).await
        }
        operator => {
            let deed = deed(operator, desk.now())?
                .expect("all that is no question is an operator's command");
            operate::operate(desk, &deed, terminal).await
        }
    }
}

/// What an operator's command asks of the engine; none for every other command.
fn deed(command: &Command, now: Timestamp) -> anyhow::Result<Option<Deed>> {
    let who = |by: &Option<String>| by.clone().unwrap_or_else(user);
    Ok(Some(match command {
        Command::Abandon { change, reason, by } => Deed::Abandon {
            change: change.clone(),
            by: who(by),
            reason: reason.clone(),
        },
        Command::Approve { change, by } => Deed::Approve {
            change: change.clone(),
            by: who(by),
        },
        Command::Resume {
            scope: Some(scope),
            by,
        } if operate::is_change(scope) => Deed::ResumeChange {
            change: operate::change(scope)?,
            by: who(by),
        },
        Command::Freeze(options) => Deed::Freeze {
            scope: operate::control_scope(&options.scope),
            until: options.until.from(now),
            by: who(&options.by),
            reason: options.reason.clone(),
        },
        Command::Thaw(scope) => Deed::Thaw {
            scope: operate::control_scope(scope),
        },
        Command::Window(WindowCommand::Open(options)) => Deed::OpenWindow {
            scope: operate::control_scope(&options.scope),
            until: options.until.from(now),
            by: who(&options.by),
            reason: options.reason.clone(),
        },
        Command::Window(WindowCommand::Close(scope)) => Deed::CloseWindow {
            scope: operate::control_scope(scope),
        },
        Command::Pause { scope, reason, by } => Deed::Pause {
            scope: operate::scope(scope.as_deref())?,
            by: who(by),
            reason: reason.clone(),
        },
        Command::Resume { scope, .. } => Deed::Resume {
            scope: operate::scope(scope.as_deref())?,
        },
        Command::Retry { application } => Deed::Retry {
            application: application.clone(),
        },
        Command::Expedite { application } => Deed::Expedite {
            application: application.clone(),
        },
        Command::Cancel {
            application,
            reason,
            by,
        } => Deed::Cancel {
            application: application.clone(),
            by: who(by),
            reason: reason.clone(),
        },
        _ => return Ok(None),
    }))
}

/// Who gives the command, as far as the system says.
pub(crate) fn user() -> String {
    ["USER", "LOGNAME", "USERNAME"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|name| !name.is_empty())
        .unwrap_or_else(|| "operator".to_owned())
}
