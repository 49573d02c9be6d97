//! `downriver dependents`: who depends on a package, directly or through others.

use downriver_domain::version::PackageId;
use downriver_engine::query;

use crate::desk::Desk;
use crate::document::queries::DependentsDocument;
use crate::exit::Exit;
use crate::known::{is_package, no_package};
use crate::render;
use crate::terminal::Terminal;

pub(crate) async fn dependents<D: Desk>(
    desk: &D,
    package: &PackageId,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    if !is_package(desk, package).await? {
        return Err(no_package(desk, package).await);
    }
    let dependents = desk
        .patiently(terminal, query::dependents(desk, package))
        .await?;
    if terminal.is_json() {
        terminal.print_json(&DependentsDocument::of(&dependents))?;
    } else {
        let text = render::dependents::dependents(terminal.page(), &dependents);
        terminal.print(&text)?;
    }
    Ok(Exit::Fine)
}
