//! What operators do to a store file or a deployment: `downriver pause`, `resume`, `retry`, `expedite`, `cancel`, `freeze`,
//! `thaw`, `window`, `abandon` and `approve`.

use downriver_domain::slot::{ControlScope, PauseScope};
use downriver_domain::version::PackageVersionId;
use downriver_domain::{Pipeline, PipelineExecutionId, RebuildId};
use downriver_engine::operate::{self, Command, Operated};

use crate::arguments::ScopeOptions;
use crate::desk::Desk;
use crate::exit::{Exit, refuse};
use crate::known::{is_application, is_package, no_application, no_package};
use crate::render::time::date_and_clock;
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
    if let Command::Freeze { until, .. } | Command::OpenWindow { until, .. } = command
        && *until <= desk.now()
    {
        return Err(refuse(
            "that instant is past: give a later one, or a span from now such as `4h`",
        ));
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
            | Command::Cancel { application, .. }
            | Command::Freeze {
                scope: ControlScope::Application(application),
                ..
            }
            | Command::OpenWindow {
                scope: ControlScope::Application(application),
                ..
            }) = command
            else {
                return Err(refuse("no such application"));
            };
            return Err(no_application(desk, application).await);
        }
        Operated::NoRollout => {
            return Err(refuse(
                "the catalog has neither [rollout] nor [limits]: no change is halted or needs an approval",
            ));
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

/// A package URL with a version, and not a package as a whole.
pub(crate) fn is_change(given: &str) -> bool {
    given.starts_with("pkg:") && given.parse::<PackageVersionId>().is_ok()
}

pub(crate) fn change(given: &str) -> anyhow::Result<PackageVersionId> {
    given.parse().map_err(|error| {
        refuse(format!(
            "`{given}` is no package URL with a version: {error}"
        ))
    })
}

/// Whom a freeze or an opened window is for.
pub(crate) fn control_scope(options: &ScopeOptions) -> ControlScope {
    match (&options.application, &options.owner) {
        (Some(application), _) => ControlScope::Application(application.clone()),
        (None, Some(owner)) => ControlScope::Owner(owner.clone()),
        (None, None) => ControlScope::System,
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
        Command::Freeze { .. }
        | Command::Thaw { .. }
        | Command::OpenWindow { .. }
        | Command::CloseWindow { .. } => return of_switch(command, &at, goes_on),
        Command::ResumeChange { .. } | Command::Abandon { .. } | Command::Approve { .. } => {
            return of_change(command, &at, goes_on);
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

/// Freezes and windows.
fn of_switch(command: &Command, at: &str, goes_on: &str) -> Words {
    let (done, unchanged) = match command {
        Command::Freeze { scope, until, .. } => (
            format!(
                "Froze {}{at} until {}: what runs goes on, nothing more starts but what is urgent.",
                controlled(scope),
                date_and_clock(*until)
            ),
            format!("{} is frozen like that already{at}.", controlled(scope)),
        ),
        Command::Thaw { scope } => (
            format!(
                "Thawed {}{at}: what waited goes on {goes_on}.",
                controlled(scope)
            ),
            format!("No operator froze {}{at}.", controlled(scope)),
        ),
        Command::OpenWindow { scope, until, .. } => (
            format!(
                "Opened the change windows of {}{at} until {}.",
                controlled(scope),
                date_and_clock(*until)
            ),
            format!("They are open like that already{at}."),
        ),
        Command::CloseWindow { scope } => (
            format!(
                "The change windows of {}{at} are as the catalog says again.",
                controlled(scope)
            ),
            format!("No operator opened windows of {}{at}.", controlled(scope)),
        ),
        _ => unreachable!("no switch with an end"),
    };
    Words { done, unchanged }
}

/// What is decided of a change.
fn of_change(command: &Command, at: &str, goes_on: &str) -> Words {
    let (done, unchanged) = match command {
        Command::ResumeChange { change, .. } => (
            format!(
                "Resumed {change}{at}: it goes on {goes_on}, and what failed so far does not count."
            ),
            format!("{change} is not halted{at}."),
        ),
        Command::Abandon { change, .. } => (
            format!("Abandoned {change}{at}: nothing starts for it, and it holds nothing up."),
            format!("{change} was abandoned already{at}."),
        ),
        Command::Approve { change, .. } => (
            format!("Approved {change}{at}: limits do not hold it; it goes on {goes_on}."),
            format!("{change} was approved already{at}."),
        ),
        _ => unreachable!("no decision of a change"),
    };
    Words { done, unchanged }
}

fn controlled(scope: &ControlScope) -> String {
    match scope {
        ControlScope::System => "everything".to_owned(),
        ControlScope::Owner(owner) => format!("all of {owner}"),
        ControlScope::Application(application) => application.to_string(),
    }
}

fn named(scope: &PauseScope) -> String {
    match scope {
        PauseScope::System => "everything".to_owned(),
        PauseScope::Application(application) => application.to_string(),
        PauseScope::Package(package) => package.to_string(),
    }
}
