//! The `downriver` command: one engine, embedded, for replays, plans and explanations on a laptop; and, built with
//! the feature `aws`, the same questions and the operators' commands at a deployment.
//!
//! Owns the command line, what people see of it, and the exit codes. Must not decide anything about rebuilds: that is
//! the engine's.

mod arguments;
mod commands;
mod desk;
mod document;
mod exit;
mod known;
mod place;
mod render;
mod report;
mod runs;
mod setup;
mod source;
mod terminal;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let arguments = arguments::Arguments::parse();
    let mut terminal = terminal::Terminal::new(&arguments.global);
    let result = commands::run(&arguments, &mut terminal);
    exit::finish(result, &mut terminal)
}
