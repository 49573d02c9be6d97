//! `downriver catalog apply`: checks a catalog, hands it to the deployment, and waits for what came of it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use downriver_aws::deployment::{DeployedQueue, Deployment, StoredObject};
use downriver_domain::ApplicationId;
use downriver_engine::wire::messages::{CatalogRequest, encode_catalog};
use serde::{Deserialize, Serialize};

use super::bundle::Bundle;
use crate::arguments::{ApplyOptions, GlobalOptions};
use crate::commands::user;
use crate::desk::deployed::{DeployedDesk, patiently};
use crate::exit::{Exit, refuse, remote};
use crate::known::applications;
use crate::render::style::{counted, hang};
use crate::setup::{LoadedCatalog, find_catalog, load_catalog};
use crate::terminal::Terminal;

/// How often the answer is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Names shown in a line.
const NAMES_MAX: usize = 20;

/// A catalog without problems, and where it was.
pub(super) struct Loaded {
    path: PathBuf,
    catalog: LoadedCatalog,
}

/// What the deployment answers; fields that a newer one adds are left alone.
#[derive(Debug, Deserialize)]
struct Answer {
    v: String,
    ok: bool,
    #[serde(default)]
    added: usize,
    #[serde(default)]
    changed: usize,
    #[serde(default)]
    removed: usize,
    #[serde(default)]
    unchanged: usize,
    #[serde(default)]
    problems: Vec<String>,
}

#[derive(Serialize)]
struct AppliedDocument<'a> {
    deployment: &'a str,
    file: String,
    key: &'a str,
    added: usize,
    changed: usize,
    removed: usize,
    unchanged: usize,
}

#[derive(Serialize)]
struct DryRunDocument<'a> {
    deployment: &'a str,
    file: String,
    adds: Vec<String>,
    removes: Vec<String>,
    /// Registered already; the deployment finds out which of them changed.
    stays: usize,
}

pub(super) fn load(global: &GlobalOptions, options: &ApplyOptions) -> anyhow::Result<Loaded> {
    let path = match &options.file {
        Some(file) => file.clone(),
        None => find_catalog(global)?,
    };
    let catalog = load_catalog(&path)?;
    Ok(Loaded { path, catalog })
}

pub(super) async fn apply(
    deployment: &Deployment,
    options: &ApplyOptions,
    loaded: &Loaded,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    if options.dry_run {
        return dry_run(deployment, loaded, terminal).await;
    }
    let bundle = Bundle::of(&loaded.catalog)?;
    let before = deployment.load_object(&bundle.result_key).await?;
    let upload = Box::pin(deployment.put_object(&bundle.key, bundle.bytes.clone()));
    patiently(terminal, "uploading the catalog", upload).await?;
    let request = CatalogRequest {
        bucket: None,
        key: bundle.key.clone(),
        sha256: bundle.sha256.clone(),
        requested_by: user(),
    };
    let message = encode_catalog(&request);
    let refused = deployment
        .send_messages(DeployedQueue::Index, &[&message])
        .await?;
    if let Some(refusal) = refused.first() {
        return Err(remote(format!(
            "the index queue did not take the message: {}",
            refusal.reason
        )));
    }
    let limit = Duration::from_secs(options.wait);
    let wait = answer(deployment, &bundle, before.as_ref(), limit);
    let Some(answered) = patiently(terminal, "waiting for the deployment", wait).await? else {
        return Err(remote(late(deployment, options.wait)));
    };
    report(deployment, loaded, &bundle, &answered, terminal)
}

/// The deployment's answer, once it is another one than before; none when the time is up.
async fn answer(
    deployment: &Deployment,
    bundle: &Bundle,
    before: Option<&StoredObject>,
    limit: Duration,
) -> anyhow::Result<Option<Vec<u8>>> {
    let started = Instant::now();
    while started.elapsed() < limit {
        tokio::time::sleep(LOOK_EVERY).await;
        let now = deployment.load_object(&bundle.result_key).await?;
        if let Some(now) = now
            && before.is_none_or(|before| before.version != now.version)
        {
            return Ok(Some(now.bytes));
        }
    }
    Ok(None)
}

fn late(deployment: &Deployment, secs: u64) -> String {
    let name = deployment.name();
    format!(
        "deployment {name} did not answer within {secs} s; the catalog is in its queue and may still be applied: repeat the command (nothing happens twice), look at `downriver redrive index --list --deployment {name}`, and at the log of its index function"
    )
}

fn report(
    deployment: &Deployment,
    loaded: &Loaded,
    bundle: &Bundle,
    answered: &[u8],
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let file = loaded.path.display().to_string();
    let unreadable = |reason: String| {
        remote(format!(
            "the deployment's answer {} cannot be read: {reason}; is the deployment newer than this downriver ({})?",
            bundle.result_key,
            deployment.outputs().version
        ))
    };
    let answer: Answer =
        serde_json::from_slice(answered).map_err(|error| unreadable(error.to_string()))?;
    if answer.v != "1" {
        return Err(unreadable(format!("its version is `{}`", answer.v)));
    }
    if !answer.ok {
        return Err(refuse(format!(
            "deployment {} refused {file}; nothing changed:\n{}",
            deployment.name(),
            answer.problems.join("\n")
        )));
    }
    let applied = AppliedDocument {
        deployment: deployment.name(),
        file,
        key: &bundle.key,
        added: answer.added,
        changed: answer.changed,
        removed: answer.removed,
        unchanged: answer.unchanged,
    };
    if terminal.is_json() {
        terminal.print_json(&applied)?;
    } else {
        terminal.print(&applied_text(terminal, &applied))?;
    }
    Ok(Exit::Fine)
}

fn applied_text(terminal: &Terminal, applied: &AppliedDocument<'_>) -> String {
    let page = terminal.page();
    let text = format!(
        "{} is applied to deployment {}: {} added, {} changed, {} removed, {} unchanged",
        applied.file,
        applied.deployment,
        counted(applied.added, "application", "applications"),
        applied.changed,
        applied.removed,
        applied.unchanged
    );
    let mut out = String::new();
    hang(
        &mut out,
        page,
        &format!("{} ", page.paint.good("✓")),
        &text,
        2,
    );
    out
}

async fn dry_run(
    deployment: &Deployment,
    loaded: &Loaded,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let desk = DeployedDesk::new(deployment);
    let read = patiently(terminal, "reading who is registered", applications(&desk)).await?;
    let known: BTreeSet<ApplicationId> = read.into_iter().collect();
    let registrations = loaded.catalog.catalog.applications.iter();
    let wanted: BTreeSet<ApplicationId> = registrations
        .map(|entry| entry.application.id.clone())
        .collect();
    let names = |ids: Vec<&ApplicationId>| ids.into_iter().map(ToString::to_string).collect();
    let document = DryRunDocument {
        deployment: deployment.name(),
        file: loaded.path.display().to_string(),
        adds: names(wanted.difference(&known).collect()),
        removes: names(known.difference(&wanted).collect()),
        stays: wanted.intersection(&known).count(),
    };
    if terminal.is_json() {
        terminal.print_json(&document)?;
    } else {
        terminal.print(&dry_run_text(terminal, &document))?;
    }
    Ok(Exit::Fine)
}

fn dry_run_text(terminal: &Terminal, document: &DryRunDocument<'_>) -> String {
    let page = terminal.page();
    let mut out = format!(
        "{} has no problems. Applied to deployment {} it would\n",
        document.file, document.deployment
    );
    for (label, names) in [("add", &document.adds), ("remove", &document.removes)] {
        let shown: Vec<&str> = names.iter().take(NAMES_MAX).map(String::as_str).collect();
        let more = names.len() - shown.len();
        let rest = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        let text = if names.is_empty() {
            "nobody".to_owned()
        } else {
            let count = counted(names.len(), "application", "applications");
            format!("{count}: {}{rest}", shown.join(", "))
        };
        hang(&mut out, page, &format!("  {label:<8}"), &text, 10);
    }
    let stays = counted(document.stays, "application", "applications");
    let text = format!("{stays}; the deployment finds out which of them changed");
    hang(&mut out, page, "  keep    ", &text, 10);
    out
}
