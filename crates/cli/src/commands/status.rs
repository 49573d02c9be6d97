//! `downriver status`: what is under way, what holds it, and what needs a person.

use downriver_domain::ApplicationId;
use downriver_engine::query;

use crate::desk::Desk;
use crate::document::queries::StatusDocument;
use crate::exit::Exit;
use crate::known::no_application;
use crate::render;
use crate::render::style::put;
use crate::terminal::Terminal;

pub(crate) async fn status<D: Desk>(
    desk: &D,
    of: Option<&ApplicationId>,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let status = desk.patiently(terminal, query::status(desk, of)).await?;
    if let Some(of) = of
        && status.applications.is_empty()
    {
        return Err(no_application(desk, of).await);
    }
    if terminal.is_json() {
        terminal.print_json(&StatusDocument::of(&status))?;
    } else {
        let mut text = render::status::status(terminal.page(), &status, desk.now());
        if let Some(name) = desk.deployment()
            && status.applications.is_empty()
            && status.idle == 0
        {
            let hint = format!("downriver catalog apply --deployment {name}");
            put(
                &mut text,
                format_args!("No application is registered yet: {hint}\n"),
            );
        }
        terminal.print(&text)?;
    }
    Ok(Exit::Fine)
}
