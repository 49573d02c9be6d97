//! `downriver doctor --deployment`: reads the deployment's accounts, by the caller's own credentials.

use downriver_aws::deployment::Deployment;
use downriver_engine::doctor::{read_organisation, read_setup};

use crate::arguments::DoctorOptions;
use crate::commands::doctor::{applications, check_applications, conclude};
use crate::desk::Desk as _;
use crate::desk::deployed::{DeployedDesk, patiently};
use crate::exit::Exit;
use crate::terminal::Terminal;

pub(super) async fn doctor(
    deployment: &Deployment,
    options: &DoctorOptions,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let desk = DeployedDesk::new(deployment);
    check_applications(&desk, options).await?;
    let organisation = Box::pin(read_organisation(&desk));
    let mut facts = desk.patiently(terminal, organisation).await?;
    let own = Box::pin(deployment.examine());
    facts.deployment = Some(patiently(terminal, "reading queues and rules", own).await?);
    let setup = deployment.setup()?;
    let of = applications(options);
    Box::pin(read_setup(&setup, &mut facts, &of, |reading| {
        terminal.show_progress(|| {
            format!(
                "reading {} … {} of {}",
                reading.what, reading.done, reading.of
            )
        });
    }))
    .await;
    terminal.end_progress();
    conclude(&facts, options, terminal)
}
