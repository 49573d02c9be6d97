//! `downriver doctor`: what is wrong with a catalog or a deployment, and what mends it.

use std::collections::BTreeSet;

use downriver_domain::ApplicationId;
use downriver_engine::doctor::{Diagnosis, Facts, Selection, Severity, examine, read_organisation};

use crate::arguments::DoctorOptions;
use crate::desk::Desk;
use crate::document::doctor::DiagnosisDocument;
use crate::exit::Exit;
use crate::known::{is_application, no_application};
use crate::render;
use crate::terminal::Terminal;

/// The checks that a catalog or a store suffices for.
pub(crate) async fn here<D: Desk>(
    desk: &D,
    options: &DoctorOptions,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    check_applications(desk, options).await?;
    let facts = read_organisation(desk).await?;
    conclude(&facts, options, terminal)
}

/// Who is named has to be there, before much is read.
pub(crate) async fn check_applications<D: Desk>(
    desk: &D,
    options: &DoctorOptions,
) -> anyhow::Result<()> {
    for id in &options.applications {
        if !is_application(desk, id).await? {
            return Err(no_application(desk, id).await);
        }
    }
    Ok(())
}

/// Examines what was read, and says what was found.
pub(crate) fn conclude(
    facts: &Facts,
    options: &DoctorOptions,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let selection = Selection {
        checks: options.checks.iter().copied().collect(),
        applications: applications(options),
        is_errors_only: options.only_errors,
    };
    let diagnosis = examine(facts).only(&selection);
    let heard = facts
        .deployment
        .as_ref()
        .map_or(&[][..], |deployment| &deployment.heard);
    if terminal.is_json() {
        terminal.print_json(&DiagnosisDocument::of(&diagnosis, heard))?;
    } else {
        let text = render::doctor::diagnosis(terminal.page(), &diagnosis, heard, facts.now);
        terminal.print(&text)?;
    }
    Ok(exit(&diagnosis))
}

pub(crate) fn applications(options: &DoctorOptions) -> BTreeSet<ApplicationId> {
    options.applications.iter().cloned().collect()
}

/// What could not be read may hide anything.
fn exit(diagnosis: &Diagnosis) -> Exit {
    match diagnosis.worst() {
        Some(Severity::Error) => Exit::Errors,
        Some(Severity::Warning) => Exit::Warnings,
        _ if !diagnosis.unread.is_empty() => Exit::Warnings,
        Some(Severity::Advice) | None => Exit::Fine,
    }
}
