//! Commands at a deployment: finds it, waits for AWS, and says what AWS said. A future that holds a call of the SDK is large,
//! and is boxed where it would fill the stack.

mod access;
mod apply;
mod bundle;
mod discover;
mod doctor;
mod redrive;
mod send;
mod upload;

use downriver_aws::deployment::{Access, Deployment, DeploymentError};
use downriver_engine::EngineError;
use downriver_engine::ports::{QueueError, StoreError};

use super::at_desk;
use crate::arguments::access::AccessCommand;
use crate::arguments::{Arguments, CatalogCommand, Command, DiscoverOptions, IndexOptions};
use crate::desk::deployed::{DeployedDesk, patiently};
use crate::exit::{Exit, Refused, remote};
use crate::terminal::Terminal;

/// Carries out the command at the deployment of this name.
pub(crate) fn run(
    arguments: &Arguments,
    name: &str,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let done = runtime.block_on(perform(arguments, name, terminal));
    terminal.end_progress();
    done.map_err(|error| told(error, name))
}

/// Uploads what a folder holds to a bucket, whatever deployment it belongs to.
pub(crate) fn upload_to(
    arguments: &Arguments,
    options: &IndexOptions,
    bucket: &str,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let done = runtime.block_on(upload::index(arguments, options, bucket, terminal));
    terminal.end_progress();
    done.map_err(|error| told(error, bucket))
}

/// Asks the caller's account for its pipelines, and writes down what they tell.
pub(crate) fn discover(
    arguments: &Arguments,
    options: &DiscoverOptions,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let access = Access {
        region: arguments.global.region.clone(),
        profile: arguments.global.profile.clone(),
    };
    let work = discover::discover(&arguments.global, options, &access, terminal);
    let done = runtime.block_on(work);
    terminal.end_progress();
    done.map_err(told_of_account)
}

/// Asks the caller's account for CodeArtifact's policies, and changes them.
pub(crate) fn access(
    arguments: &Arguments,
    command: &AccessCommand,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let access = Access {
        region: arguments.global.region.clone(),
        profile: arguments.global.profile.clone(),
    };
    let work = Box::pin(access::access(
        &arguments.global,
        command,
        &access,
        terminal,
    ));
    let done = runtime.block_on(work);
    terminal.end_progress();
    done.map_err(told_of_account)
}

fn told_of_account(error: anyhow::Error) -> anyhow::Error {
    match error.downcast::<DeploymentError>() {
        Ok(known) => remote(known.to_string()),
        Err(error) => error,
    }
}

async fn perform(
    arguments: &Arguments,
    name: &str,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    // What is wrong on this machine is told before anybody is asked.
    match &arguments.command {
        Command::Send(options) => {
            let files = send::check(options)?;
            let deployment = find(arguments, name, terminal).await?;
            Box::pin(send::send(&deployment, options, &files, terminal)).await
        }
        Command::Catalog(CatalogCommand::Apply(options)) => {
            let loaded = apply::load(&arguments.global, options)?;
            let deployment = find(arguments, name, terminal).await?;
            Box::pin(apply::apply(&deployment, options, &loaded, terminal)).await
        }
        Command::Index(options) => {
            let deployment = find(arguments, name, terminal).await?;
            let bucket = deployment.outputs().bucket.clone();
            Box::pin(upload::index(arguments, options, &bucket, terminal)).await
        }
        Command::Doctor(options) => {
            let deployment = find(arguments, name, terminal).await?;
            Box::pin(doctor::doctor(&deployment, options, terminal)).await
        }
        Command::Redrive(options) => {
            redrive::check(options)?;
            let deployment = find(arguments, name, terminal).await?;
            Box::pin(redrive::redrive(&deployment, options, terminal)).await
        }
        command => {
            let deployment = find(arguments, name, terminal).await?;
            let desk = DeployedDesk::new(&deployment);
            Box::pin(at_desk(&desk, command, terminal)).await
        }
    }
}

async fn find(
    arguments: &Arguments,
    name: &str,
    terminal: &mut Terminal,
) -> anyhow::Result<Deployment> {
    let access = Access {
        region: arguments.global.region.clone(),
        profile: arguments.global.profile.clone(),
    };
    let found = Box::pin(Deployment::find(name, &access));
    let what = format!("looking for deployment {name}");
    Ok(patiently(terminal, &what, found).await?)
}

/// What AWS did not do has an exit code of its own, wherever it was asked from.
fn told(error: anyhow::Error, name: &str) -> anyhow::Error {
    if error.downcast_ref::<Refused>().is_some() {
        return error;
    }
    if let Some(known) = error.downcast_ref::<DeploymentError>() {
        return remote(known.to_string());
    }
    let is_remote = error.chain().any(|cause| {
        cause.is::<EngineError>() || cause.is::<StoreError>() || cause.is::<QueueError>()
    });
    if is_remote {
        return remote(format!("deployment {name}: {error:#}"));
    }
    error
}
