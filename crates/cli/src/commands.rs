//! One module for each command: reads what it needs, asks the engine, and hands the answer to be shown.

mod catalog;
mod dependents;
mod explain;
mod history;
mod operate;
mod plan;
mod replay;
mod status;
pub(crate) mod versions;

use clap::CommandFactory as _;
use downriver_engine::operate::Command as Deed;

use crate::arguments::{Arguments, CatalogCommand, Command};
use crate::exit::Exit;
use crate::terminal::Terminal;

/// Carries out the command.
pub(crate) fn run(arguments: &Arguments, terminal: &mut Terminal) -> anyhow::Result<Exit> {
    let global = &arguments.global;
    match &arguments.command {
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
        Command::Replay(options) => replay::replay(global, options, terminal),
        Command::Plan { package_version } => plan::plan(global, package_version, terminal),
        Command::Explain {
            application,
            package_version,
            supposed,
        } => explain::explain(global, application, package_version, *supposed, terminal),
        Command::Dependents { package } => dependents::dependents(global, package, terminal),
        Command::Status { application } => status::status(global, application.as_ref(), terminal),
        Command::History { of, limit } => history::history(global, of.as_deref(), *limit, terminal),
        Command::Versions(command) => versions::versions(command, terminal),
        operator => operate::operate(global, &deed(operator)?, terminal),
    }
}

fn deed(command: &Command) -> anyhow::Result<Deed> {
    Ok(match command {
        Command::Pause { scope, reason, by } => Deed::Pause {
            scope: operate::scope(scope.as_deref())?,
            by: by.clone().unwrap_or_else(user),
            reason: reason.clone(),
        },
        Command::Resume { scope } => Deed::Resume {
            scope: operate::scope(scope.as_deref())?,
        },
        Command::Retry { application } => Deed::Retry {
            application: application.clone(),
        },
        Command::Expedite { application } => Deed::Expedite {
            application: application.clone(),
        },
        _ => unreachable!("every other command is carried out before"),
    })
}

/// Who gives the command, as far as the system says.
fn user() -> String {
    ["USER", "LOGNAME", "USERNAME"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|name| !name.is_empty())
        .unwrap_or_else(|| "operator".to_owned())
}
