//! `downriver send`: feeds events into a deployment, as they are: what is wrong with one is for the deployment to say.

mod letter;
mod outbox;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use downriver_aws::deployment::Deployment;
use downriver_engine::wire::inputs::Inputs;

use crate::arguments::{EventTime, SendOptions, Way};
use crate::desk::still::wall_clock;
use crate::exit::{Exit, refuse};
use crate::runs::find_event_files;
use crate::terminal::Terminal;
use letter::Letter;
use outbox::Outbox;

/// Sources that only AWS may send as.
const RESERVED: &str = "aws.";

/// What is wrong on this machine, told before anybody is asked; else the files to send.
pub(super) fn check(options: &SendOptions) -> anyhow::Result<Vec<PathBuf>> {
    match (options.through, options.source.as_deref()) {
        (Way::Bus, None) => {
            return Err(refuse(
                "--through bus needs --source SOURCE: EventBridge lets nobody but AWS send as `aws.codeartifact`, so the events go under a source that the deployment's parameter ExtraEventSources names",
            ));
        }
        (Way::Bus, Some(source)) if source.starts_with(RESERVED) => {
            return Err(refuse(format!(
                "EventBridge lets nobody but AWS send as `{source}`: give a source that the deployment's parameter ExtraEventSources names, or leave --through bus out"
            )));
        }
        (Way::Queues, Some(_)) => {
            return Err(refuse(
                "--source is that of events on the bus: give --through bus with it",
            ));
        }
        _ => {}
    }
    find_event_files(&options.paths)
}

pub(super) async fn send(
    deployment: &Deployment,
    options: &SendOptions,
    files: &[PathBuf],
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    if let Some(source) = &options.source {
        check_source(deployment, source)?;
    }
    let now = (options.set_time == EventTime::Now).then(wall_clock);
    let mut outbox = Outbox::new(deployment, options.source.as_deref());
    for path in files {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) => {
                let position = format!("{}:1", path.display());
                outbox.not_sent(position, format!("failed to read the file: {error}"));
                continue;
            }
        };
        for part in Inputs::new(path.display().to_string(), BufReader::new(file)) {
            let taken = part
                .map_err(|broken| (broken.position.to_string(), broken.reason.to_string()))
                .and_then(|input| Letter::of(&input, now));
            match taken {
                Ok(letter) => outbox.take(letter, terminal).await?,
                Err((position, reason)) => outbox.not_sent(position, reason),
            }
        }
    }
    let report = outbox.finish(terminal).await?;
    report.show(deployment, options, terminal)
}

/// A source that no rule of the deployment matches would take the events nowhere.
fn check_source(deployment: &Deployment, source: &str) -> anyhow::Result<()> {
    match deployment.extra_event_sources() {
        Some(known) if !known.contains(&source) => {
            let known = if known.is_empty() {
                "none".to_owned()
            } else {
                known.join(", ")
            };
            Err(refuse(format!(
                "deployment {} takes no events from source `{source}`: its parameter ExtraEventSources names {known}; name one of those, or deploy it with that source",
                deployment.name()
            )))
        }
        _ => Ok(()),
    }
}
