//! `downriver explain`: why a version means what it means for one application.

use downriver_domain::version::PackageVersionId;
use downriver_domain::{ApplicationId, VersionStatus};
use downriver_engine::query::{self, Supposed};
use downriver_local::world::complete;

use crate::arguments::{GlobalOptions, SupposedStatus};
use crate::desk::Desk;
use crate::document::queries::ExplanationDocument;
use crate::exit::Exit;
use crate::known::{is_application, is_package, no_application, no_package};
use crate::render;
use crate::terminal::Terminal;

pub(crate) fn explain(
    global: &GlobalOptions,
    application: &ApplicationId,
    package_version: &PackageVersionId,
    supposed: Option<SupposedStatus>,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let desk = Desk::open(global)?;
    if !is_application(&desk, application)? {
        return Err(no_application(&desk, application));
    }
    if !is_package(&desk, package_version.package())? {
        return Err(no_package(&desk, package_version.package()));
    }
    let supposed = supposed.map(|status| Supposed {
        status: status_of(status),
        repository: None,
    });
    let explained = query::explain(&desk, application, package_version, supposed.as_ref());
    let Some(explanation) = complete(explained)? else {
        return Err(no_package(&desk, package_version.package()));
    };
    if terminal.is_json() {
        terminal.print_json(&ExplanationDocument::of(&explanation))?;
    } else {
        let text = render::explain::explanation(terminal.page(), &explanation, desk.now());
        terminal.print(&text)?;
    }
    Ok(Exit::Fine)
}

const fn status_of(supposed: SupposedStatus) -> VersionStatus {
    match supposed {
        SupposedStatus::Published => VersionStatus::Published,
        SupposedStatus::Unlisted => VersionStatus::Unlisted,
        SupposedStatus::Archived => VersionStatus::Archived,
        SupposedStatus::Disposed => VersionStatus::Disposed,
        SupposedStatus::Deleted => VersionStatus::Deleted,
    }
}
