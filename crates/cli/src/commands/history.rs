//! `downriver history`: what was decided, newest first.

use downriver_domain::ApplicationId;
use downriver_domain::version::PackageVersionId;
use downriver_engine::ports::HistoryOf;
use downriver_engine::query;

use crate::desk::Desk;
use crate::document::queries::HistoryDocument;
use crate::exit::{Exit, refuse};
use crate::known::{is_application, is_package, no_application, no_package};
use crate::render;
use crate::terminal::Terminal;

pub(crate) async fn history<D: Desk>(
    desk: &D,
    of: Option<&str>,
    limit: usize,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let entries = match of {
        Some(of) => {
            let of = subject(desk, of).await?;
            let read = query::history(desk, &of, limit);
            desk.patiently(terminal, read).await?
        }
        None => desk.patiently(terminal, desk.newest(limit)).await?,
    };
    if terminal.is_json() {
        let entries: Vec<HistoryDocument> = entries.iter().map(HistoryDocument::of).collect();
        terminal.print_json(&entries)?;
    } else if entries.is_empty() {
        let hint = if desk.has_past() {
            ""
        } else {
            "; a store file has a history: `downriver replay PATH --store FILE` makes one"
        };
        terminal.print(&format!("Nothing was decided yet{hint}.\n"))?;
    } else {
        let text = render::history::history(terminal.page(), &entries);
        terminal.print(&text)?;
    }
    Ok(Exit::Fine)
}

async fn subject(desk: &impl Desk, of: &str) -> anyhow::Result<HistoryOf> {
    if of.starts_with("pkg:") {
        let version: PackageVersionId = of.parse().map_err(|error| refuse(format!("{error}")))?;
        if !is_package(desk, version.package()).await? {
            return Err(no_package(desk, version.package()).await);
        }
        return Ok(HistoryOf::PackageVersion(version));
    }
    let application: ApplicationId = of.parse().map_err(|error| refuse(format!("{error}")))?;
    if !is_application(desk, &application).await? {
        return Err(no_application(desk, &application).await);
    }
    Ok(HistoryOf::Application(application))
}
