//! `downriver plan`: what publishing a version would rebuild, in which order. Changes nothing.

use downriver_domain::version::PackageVersionId;
use downriver_engine::ports::Store as _;
use downriver_engine::query;

use crate::desk::Desk;
use crate::document::queries::PlanDocument;
use crate::exit::Exit;
use crate::known::{is_package, no_package};
use crate::render;
use crate::terminal::Terminal;

pub(crate) async fn plan<D: Desk>(
    desk: &D,
    package_version: &PackageVersionId,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let package = package_version.package();
    if !is_package(desk, package).await? {
        return Err(no_package(desk, package).await);
    }
    let plan = desk
        .patiently(terminal, query::plan(desk, package_version, None))
        .await?;
    let inventory = desk.store().load_inventory(package).await?;
    let known = inventory.first_record(package_version.version());
    let known = known.map(|(repository, _)| repository.clone());
    if terminal.is_json() {
        terminal.print_json(&PlanDocument::of(&plan, known.as_ref()))?;
    } else {
        terminal.print(&render::plan::plan(terminal.page(), &plan, known.as_ref()))?;
    }
    Ok(Exit::Fine)
}
