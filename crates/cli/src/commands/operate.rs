//! `downriver pause`, `resume`, `retry`, `expedite` and `cancel`: what operators do to a store file or a deployment.

use downriver_domain::slot::PauseScope;
use downriver_domain::{Pipeline, PipelineExecutionId, RebuildId};
use downriver_engine::operate::{self, Command, Operated};

use crate::desk::Desk;
use crate::exit::{Exit, refuse};
use crate::known::{is_application, is_package, no_application, no_package};
use crate::terminal::Terminal;

/// Carries out an operator's command and says what it did.
pub(crate) async fn operate<D: Desk>(
    desk: &D,
    command: &Command,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    if let Command::Pause { scope, .. } | Command::Resume { scope } = command {
        check_known(desk, scope).await?;
    }
    let work = operate::operate(desk, command);
    let operated = desk.patiently(terminal, work).await?;
    let words = words(command, desk.deployment());
    let text = match &operated {
        Operated::Done => words.done,
        Operated::Unchanged => words.unchanged,
        Operated::UnknownApplication => {
            let (Command::Retry { application }
            | Command::Expedite { application }
            | Command::Cancel { application, .. }) = command
            else {
                return Err(refuse("no such application"));
            };
            return Err(no_application(desk, application).await);
        }
        Operated::InFlight {
            rebuild,
            pipeline,
            execution,
        } => return Err(in_flight(rebuild, pipeline, execution.as_ref())),
    };
    if terminal.is_json() {
        let is_done = operated == Operated::Done;
        terminal.print_json(&serde_json::json!({ "changed": is_done, "text": text }))?;
    } else if !terminal.is_quiet {
        terminal.print(&format!("{text}\n"))?;
    }
    Ok(Exit::Fine)
}

/// Only CodePipeline can stop what it runs.
fn in_flight(
    rebuild: &RebuildId,
    pipeline: &Pipeline,
    execution: Option<&PipelineExecutionId>,
) -> anyhow::Error {
    let Some(execution) = execution else {
        return refuse(format!(
            "rebuild {rebuild} is just being started and was not cancelled: look again in a minute"
        ));
    };
    let (name, region) = (&pipeline.name, &pipeline.target.region);
    refuse(format!(
        "rebuild {rebuild} runs and was not cancelled: `aws codepipeline stop-pipeline-execution --region {region} --pipeline-name {name} --pipeline-execution-id {execution}` stops it, and Downriver follows"
    ))
}

/// A pause of something that is not there is a typing error.
async fn check_known(desk: &impl Desk, scope: &PauseScope) -> anyhow::Result<()> {
    match scope {
        PauseScope::Application(id) if !is_application(desk, id).await? => {
            Err(no_application(desk, id).await)
        }
        PauseScope::Package(package) if !is_package(desk, package).await? => {
            Err(no_package(desk, package).await)
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
struct Words {
    done: String,
    unchanged: String,
}

fn words(command: &Command, deployment: Option<&str>) -> Words {
    let at = deployment.map_or_else(String::new, |name| format!(" in deployment {name}"));
    // A store on this machine stands still until its replay goes on; a deployment goes on by itself.
    let goes_on = if deployment.is_some() {
        "by itself"
    } else {
        "with the replay of this store"
    };
    let (done, unchanged) = match command {
        Command::Pause { scope, .. } => {
            let what = named(scope);
            (
                format!("Paused {what}{at}: what runs goes on, nothing more starts."),
                format!("{what} is paused already{at}."),
            )
        }
        Command::Resume { scope } => {
            let what = named(scope);
            (
                format!("Resumed {what}{at}: what waited goes on {goes_on}."),
                format!("{what} is not paused{at}."),
            )
        }
        Command::Retry { application } => (
            format!("{application} is pending again{at}; it goes on {goes_on}."),
            format!("{application} has nothing to retry{at}: nothing of it failed or is stuck."),
        ),
        Command::Expedite { application } => (
            format!("{application} no longer waits for its burst to end{at}."),
            format!("{application} has nothing pending{at} that waits for a burst to end."),
        ),
        Command::Cancel { application, .. } => (
            format!(
                "Cancelled the rebuild of {application}{at}; its changes are held until `retry` or a newer version."
            ),
            format!("{application} has no rebuild to cancel{at}."),
        ),
    };
    Words { done, unchanged }
}

fn named(scope: &PauseScope) -> String {
    match scope {
        PauseScope::System => "everything".to_owned(),
        PauseScope::Application(application) => application.to_string(),
        PauseScope::Package(package) => package.to_string(),
    }
}
