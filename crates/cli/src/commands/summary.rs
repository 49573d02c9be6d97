//! `downriver summary`: how much was rebuilt, and how much was avoided.

use downriver_domain::{OwnerId, Timestamp};
use downriver_engine::query;
use downriver_engine::summary::Period;

use crate::desk::Desk;
use crate::document::summary::SummariesDocument;
use crate::exit::Exit;
use crate::known::no_owner;
use crate::render;
use crate::terminal::Terminal;

pub(crate) async fn summary<D: Desk>(
    desk: &D,
    of: Option<&OwnerId>,
    since_secs: u64,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let now = desk.now();
    let period = Period {
        since: now.minus_secs(since_secs),
        // What happens at this instant counts.
        until: Timestamp::from_unix_millis(now.unix_millis().saturating_add(1)),
    };
    let read = query::summaries(desk, of, period);
    let found = desk.patiently(terminal, read).await?;
    if let Some(of) = of
        && found.owners.is_empty()
    {
        return Err(no_owner(of, &found.known));
    }
    if terminal.is_json() {
        terminal.print_json(&SummariesDocument::of(&found, period.since, now))?;
    } else if found.owners.is_empty() {
        terminal.print("No application is registered yet.\n")?;
    } else {
        let text = render::summary::summary(terminal.page(), &found, period.since, now);
        terminal.print(&text)?;
    }
    Ok(Exit::Fine)
}
