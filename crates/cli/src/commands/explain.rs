//! `downriver explain`: why a version means what it means for one application.

use downriver_domain::version::PackageVersionId;
use downriver_domain::{ApplicationId, VersionStatus};
use downriver_engine::query::{self, Supposed};

use crate::arguments::SupposedStatus;
use crate::desk::Desk;
use crate::document::queries::ExplanationDocument;
use crate::exit::Exit;
use crate::known::{is_application, is_package, no_application, no_package};
use crate::render;
use crate::terminal::Terminal;

pub(crate) async fn explain<D: Desk>(
    desk: &D,
    application: &ApplicationId,
    package_version: &PackageVersionId,
    supposed: Option<SupposedStatus>,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    if !is_application(desk, application).await? {
        return Err(no_application(desk, application).await);
    }
    if !is_package(desk, package_version.package()).await? {
        return Err(no_package(desk, package_version.package()).await);
    }
    let supposed = supposed.map(|status| Supposed {
        status: status_of(status),
        repository: None,
    });
    let explained = query::explain(desk, application, package_version, supposed.as_ref());
    let Some(explanation) = desk.patiently(terminal, explained).await? else {
        return Err(no_package(desk, package_version.package()).await);
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
