//! `downriver refresh`, in a build: brings the changes that a rebuild is for into the lockfiles, with the package manager's own
//! commands.

use std::collections::BTreeSet;
use std::process::Command;

use downriver_domain::version::{PackageVersionId, Version};
use downriver_domain::{ApplicationId, RebuildId};
use downriver_engine::history::{HistoryBody, RebuildRecord};
use downriver_engine::ports::{HistoryOf, Store as _};
use downriver_manifest::{Reading, RefreshPlan, RefreshStep, plan_refresh};

use crate::arguments::RefreshOptions;
use crate::desk::Desk;
use crate::document::refresh::RefreshDocument;
use crate::exit::{Exit, failed, refuse, unknown};
use crate::render;
use crate::source::{Place, ReadPlace, read_place};
use crate::terminal::Terminal;

const CHANGES_VARIABLE: &str = "DOWNRIVER_CHANGES";
const REBUILD_VARIABLE: &str = "DOWNRIVER_REBUILD";
/// What a pipeline's variable may hold by default, since CodePipeline knows no empty one.
const NOTHING: [&str; 3] = ["", "none", "-"];
/// Entries of an application's history among which a rebuild is looked for.
const HISTORY_READ_MAX: usize = 1_000;

/// The changes that are told without asking anybody; none if a rebuild has to be asked about. Nothing told at all is a
/// build that Downriver did not start: no changes.
pub(crate) fn given(
    options: &RefreshOptions,
) -> anyhow::Result<Option<BTreeSet<PackageVersionId>>> {
    if !options.changes.is_empty() {
        return Ok(Some(options.changes.iter().cloned().collect()));
    }
    if options.rebuild.is_some() {
        return Ok(None);
    }
    if let Some(text) = variable(CHANGES_VARIABLE) {
        let mut changes = BTreeSet::new();
        for word in text.split_whitespace() {
            let change: PackageVersionId = word.parse().map_err(|error| {
                refuse(format!(
                    "{CHANGES_VARIABLE} holds `{word}`: {error}; expected package URLs with versions, separated by spaces"
                ))
            })?;
            changes.insert(change);
        }
        return Ok(Some(changes));
    }
    Ok(variable(REBUILD_VARIABLE).is_none().then(BTreeSet::new))
}

fn variable(name: &str) -> Option<String> {
    let value = std::env::var(name).ok()?;
    let value = value.trim();
    (!NOTHING.contains(&value)).then(|| value.to_owned())
}

/// Asks for the changes of the rebuild that the options or the variable name.
pub(crate) async fn ask<D: Desk>(
    desk: &D,
    options: &RefreshOptions,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let text = options
        .rebuild
        .clone()
        .or_else(|| variable(REBUILD_VARIABLE));
    let text = text.unwrap_or_default();
    let read: Option<(RebuildId, ApplicationId)> = text
        .rsplit_once('.')
        .and_then(|(application, _)| Some((text.parse().ok()?, application.parse().ok()?)));
    let Some((id, application)) = read else {
        return Err(refuse(format!(
            "`{text}` is no rebuild: expected an application's id, a dot and a number, as in `shop-web.12`"
        )));
    };
    if desk.deployment().is_none() && !desk.has_past() {
        return Err(refuse(format!(
            "the changes of rebuild {id} are not in {CHANGES_VARIABLE} (there are too many for it): name the deployment to ask with --deployment NAME or DOWNRIVER_DEPLOYMENT"
        )));
    }
    let of = HistoryOf::Application(application);
    let store = desk.store();
    let entries = desk
        .patiently(terminal, store.load_history(&of, HISTORY_READ_MAX))
        .await?;
    let record: Option<RebuildRecord> = entries.into_iter().find_map(|entry| match entry.body {
        HistoryBody::Rebuild(record) if record.id == id => Some(record),
        _ => None,
    });
    let Some(record) = record else {
        return Err(unknown(format!("rebuild {id} is not known here")));
    };
    let changes = record
        .changes
        .into_iter()
        .map(|change| change.package_version);
    refresh(options, &changes.collect(), terminal)
}

/// Prints the commands for these changes, and runs them if that is wanted.
pub(crate) fn refresh(
    options: &RefreshOptions,
    changes: &BTreeSet<PackageVersionId>,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    if changes.is_empty() {
        terminal.remark("nothing to refresh: this build was started for no change");
    }
    let place = Place::find(&options.folder, options.root.as_deref())?;
    let read = read_place(&place)?;
    let plan = plan_refresh(&read.files(), &read.reading, changes);
    if !options.run {
        show(&plan, None, terminal)?;
        return Ok(Exit::Fine);
    }
    if !terminal.is_json() {
        show(&plan, None, terminal)?;
    }
    terminal.flush()?;
    for step in &plan.steps {
        run(&place, step, terminal)?;
    }
    let after = if plan.steps.is_empty() {
        read
    } else {
        read_place(&place)?
    };
    let moved = outcome(changes, &after);
    if terminal.is_json() {
        show(&plan, Some(&moved), terminal)?;
    } else {
        let text = render::refresh::moved(terminal.page(), &moved);
        terminal.print(&text)?;
    }
    Ok(Exit::Fine)
}

/// A change, and what is locked of its package now.
pub(crate) struct Moved {
    pub(crate) change: PackageVersionId,
    /// What the lockfiles hold of it, with the places.
    pub(crate) locked: Vec<String>,
    /// One of them holds it, or a newer version.
    pub(crate) is_in: bool,
}

fn outcome(changes: &BTreeSet<PackageVersionId>, after: &ReadPlace) -> Vec<Moved> {
    changes
        .iter()
        .map(|change| Moved {
            change: change.clone(),
            locked: locked(change, &after.reading),
            is_in: is_in(change, &after.reading),
        })
        .collect()
}

fn locked(change: &PackageVersionId, reading: &Reading) -> Vec<String> {
    let of_package = reading
        .dependencies
        .iter()
        .filter(|found| found.package == *change.package());
    of_package
        .filter_map(|found| {
            let lock = found.lock.as_ref()?;
            let place = crate::document::evidence_text(lock);
            Some(format!("{} ({place})", found.locked.as_deref()?))
        })
        .collect()
}

fn is_in(change: &PackageVersionId, reading: &Reading) -> bool {
    let format = change.package().format();
    let Ok(wanted) = Version::parse(format, change.version()) else {
        return false;
    };
    reading
        .dependencies
        .iter()
        .filter(|found| found.package == *change.package())
        .filter_map(|found| Version::parse(format, found.locked.as_deref()?).ok())
        .any(|locked| {
            locked
                .compare(&wanted)
                .is_some_and(std::cmp::Ordering::is_ge)
        })
}

fn run(place: &Place, step: &RefreshStep, terminal: &mut Terminal) -> anyhow::Result<()> {
    let folder = place.root.join(&step.folder);
    terminal.remark(&format!("$ {}", step.command_line()));
    // A program of the project's own stands in the folder, whatever the current one is.
    let program = step
        .program
        .strip_prefix("./")
        .map_or_else(|| step.program.clone().into(), |name| folder.join(name));
    let mut command = Command::new(program);
    command.args(&step.arguments).current_dir(&folder);
    if terminal.is_json() {
        // Standard output is our document's.
        command.stdout(std::io::stderr());
    }
    let line = step.command_line();
    let status = command.status().map_err(|error| {
        let what = if error.kind() == std::io::ErrorKind::NotFound {
            format!("`{}` is not installed here", step.program)
        } else {
            error.to_string()
        };
        failed(format!(
            "failed to run `{line}` in {}: {what}",
            folder.display()
        ))
    })?;
    if status.success() {
        return Ok(());
    }
    Err(failed(format!(
        "`{line}` in {} ended with {status}: {} may be half-written; what it printed says why",
        folder.display(),
        step.writes
    )))
}

fn show(
    plan: &RefreshPlan,
    moved: Option<&[Moved]>,
    terminal: &mut Terminal,
) -> anyhow::Result<()> {
    if terminal.is_json() {
        return terminal.print_json(&RefreshDocument::of(plan, moved));
    }
    let text = render::refresh::plan(terminal.page(), plan);
    terminal.print(&text)
}
