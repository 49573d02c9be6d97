//! `downriver pause`, `resume`, `retry` and `expedite`: what operators do to a store file.

use downriver_domain::slot::PauseScope;
use downriver_engine::operate::{self, Command, Operated};
use downriver_local::world::complete;

use crate::arguments::GlobalOptions;
use crate::desk::Desk;
use crate::exit::{Exit, refuse};
use crate::known::{is_application, is_package, no_application, no_package};
use crate::terminal::Terminal;

/// Carries out an operator's command and says what it did.
pub(crate) fn operate(
    global: &GlobalOptions,
    command: &Command,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let desk = Desk::open_file(global)?;
    if let Command::Pause { scope, .. } | Command::Resume { scope } = command {
        check_known(&desk, scope)?;
    }
    let (done, unchanged) = words(command);
    let text = match complete(operate::operate(&desk, command))? {
        Operated::Done => done,
        Operated::Unchanged => unchanged,
        Operated::UnknownApplication => {
            let (Command::Retry { application } | Command::Expedite { application }) = command
            else {
                return Err(refuse("no such application"));
            };
            return Err(no_application(&desk, application));
        }
    };
    if terminal.is_json() {
        terminal.print_json(&serde_json::json!({ "text": text }))?;
    } else if !terminal.is_quiet {
        terminal.print(&format!("{text}\n"))?;
    }
    Ok(Exit::Fine)
}

/// A pause of something that is not there is a typing error.
fn check_known(desk: &Desk, scope: &PauseScope) -> anyhow::Result<()> {
    match scope {
        PauseScope::Application(id) if !is_application(desk, id)? => Err(no_application(desk, id)),
        PauseScope::Package(package) if !is_package(desk, package)? => {
            Err(no_package(desk, package))
        }
        _ => Ok(()),
    }
}

/// What a pause is for: everything, a package, or an application.
pub(crate) fn scope(given: Option<&str>) -> anyhow::Result<PauseScope> {
    let Some(given) = given else {
        return Ok(PauseScope::System);
    };
    let invalid = |error: String| refuse(format!("`{given}` cannot be paused: {error}"));
    if given.starts_with("pkg:") {
        let package = given.parse().map_err(|error| invalid(format!("{error}")))?;
        return Ok(PauseScope::Package(package));
    }
    let application = given.parse().map_err(|error| invalid(format!("{error}")))?;
    Ok(PauseScope::Application(application))
}

/// What is said when it was done, and when there was nothing to do.
fn words(command: &Command) -> (String, String) {
    match command {
        Command::Pause { scope, .. } => {
            let what = named(scope);
            (
                format!("Paused {what}: what runs goes on, nothing more starts."),
                format!("{what} is paused already."),
            )
        }
        Command::Resume { scope } => {
            let what = named(scope);
            (
                format!("Resumed {what}: what waited goes on with the replay of this store."),
                format!("{what} is not paused."),
            )
        }
        Command::Retry { application } => (
            format!("{application} is pending again; it goes on with the replay of this store."),
            format!("{application} has nothing to retry: nothing of it failed or is stuck."),
        ),
        Command::Expedite { application } => (
            format!("{application} no longer waits for its burst to end."),
            format!("{application} has nothing pending that waits for a burst to end."),
        ),
    }
}

fn named(scope: &PauseScope) -> String {
    match scope {
        PauseScope::System => "everything".to_owned(),
        PauseScope::Application(application) => application.to_string(),
        PauseScope::Package(package) => package.to_string(),
    }
}
