//! `downriver dependents`: who depends on a package, directly or through others.

use downriver_domain::version::PackageId;
use downriver_engine::query;
use downriver_local::world::complete;

use crate::arguments::GlobalOptions;
use crate::desk::Desk;
use crate::document::queries::DependentsDocument;
use crate::exit::Exit;
use crate::known::{is_package, no_package};
use crate::render;
use crate::terminal::Terminal;

pub(crate) fn dependents(
    global: &GlobalOptions,
    package: &PackageId,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let desk = Desk::open(global)?;
    if !is_package(&desk, package)? {
        return Err(no_package(&desk, package));
    }
    let dependents = complete(query::dependents(&desk, package))?;
    if terminal.is_json() {
        terminal.print_json(&DependentsDocument::of(&dependents))?;
    } else {
        let text = render::dependents::dependents(terminal.page(), &dependents);
        terminal.print(&text)?;
    }
    Ok(Exit::Fine)
}
