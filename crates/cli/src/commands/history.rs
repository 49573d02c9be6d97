//! `downriver history`: what was decided, newest first.

use std::collections::VecDeque;

use downriver_domain::ApplicationId;
use downriver_domain::version::PackageVersionId;
use downriver_engine::history::HistoryEntry;
use downriver_engine::ports::{HistoryOf, Ports as _};
use downriver_engine::query;
use downriver_local::world::complete;

use crate::arguments::GlobalOptions;
use crate::desk::Desk;
use crate::document::queries::HistoryDocument;
use crate::exit::{Exit, refuse};
use crate::known::{is_application, is_package, no_application, no_package};
use crate::render;
use crate::report::each_entry;
use crate::terminal::Terminal;

pub(crate) fn history(
    global: &GlobalOptions,
    of: Option<&str>,
    limit: usize,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let desk = Desk::open(global)?;
    let entries = match of {
        Some(of) => complete(query::history(&desk, &subject(&desk, of)?, limit))?,
        None => newest(&desk, limit)?,
    };
    if terminal.is_json() {
        let entries: Vec<HistoryDocument> = entries.iter().map(HistoryDocument::of).collect();
        terminal.print_json(&entries)?;
    } else if entries.is_empty() {
        let hint = if global.store.is_some() {
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

fn subject(desk: &Desk, of: &str) -> anyhow::Result<HistoryOf> {
    if of.starts_with("pkg:") {
        let version: PackageVersionId = of.parse().map_err(|error| refuse(format!("{error}")))?;
        if !is_package(desk, version.package())? {
            return Err(no_package(desk, version.package()));
        }
        return Ok(HistoryOf::PackageVersion(version));
    }
    let application: ApplicationId = of.parse().map_err(|error| refuse(format!("{error}")))?;
    if !is_application(desk, &application)? {
        return Err(no_application(desk, &application));
    }
    Ok(HistoryOf::Application(application))
}

/// The newest entries of everything, newest first.
fn newest(desk: &Desk, limit: usize) -> anyhow::Result<Vec<HistoryEntry>> {
    let mut kept = VecDeque::new();
    each_entry(desk.store(), |entry| {
        kept.push_front(entry);
        kept.truncate(limit);
        Ok(())
    })?;
    Ok(kept.into())
}
