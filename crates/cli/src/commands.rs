//! One module for each command: reads what it needs, asks the engine, and hands the answer to be shown.

mod catalog;
mod plan;
mod replay;

use clap::CommandFactory as _;

use crate::arguments::{Arguments, CatalogCommand, Command};
use crate::exit::{Exit, refuse};
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
        _ => Err(refuse("this command is not there yet")),
    }
}
