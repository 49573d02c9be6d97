//! What discovery did, for people and for programs.

use downriver_domain::Target;
use serde::Serialize;

use super::merge::{Change, Difference};
use crate::exit::Exit;
use crate::render::style::{columns, counted};
use crate::terminal::Terminal;

pub(super) struct Discovery<'a> {
    pub(super) file: &'a str,
    pub(super) target: &'a Target,
    pub(super) pipelines: usize,
    pub(super) is_dry_run: bool,
    pub(super) differences: &'a [Difference],
    pub(super) remarks: &'a [String],
}

#[derive(Serialize)]
struct DiscoveryDocument<'a> {
    file: &'a str,
    account: &'a str,
    region: &'a str,
    pipelines: usize,
    dry_run: bool,
    /// The catalog is another one than before, or would be.
    changed: bool,
    differences: Vec<DifferenceDocument<'a>>,
    remarks: &'a [String],
}

#[derive(Serialize)]
struct DifferenceDocument<'a> {
    path: &'a str,
    change: &'static str,
    /// What the catalog says, or said.
    #[serde(skip_serializing_if = "Option::is_none")]
    catalog: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<&'a str>,
}

pub(super) fn report(discovery: &Discovery<'_>, terminal: &mut Terminal) -> anyhow::Result<Exit> {
    for remark in discovery.remarks {
        terminal.remark(remark);
    }
    if terminal.is_json() {
        terminal.print_json(&document(discovery))?;
        return Ok(Exit::Fine);
    }
    let page = terminal.page();
    for difference in discovery.differences {
        let mark = match difference.change {
            Change::Added => page.paint.good("+"),
            Change::Updated { .. } => page.paint.good("~"),
            Change::Removed => page.paint.warn("-"),
            Change::Kept { .. } | Change::Gone => page.paint.warn("!"),
        };
        let text = cut(&difference.to_string(), page.width.saturating_sub(2));
        terminal.print(&format!("{mark} {text}\n"))?;
    }
    let changes = discovery.differences.iter();
    let changes = changes.filter(|difference| difference.is_change()).count();
    let what = match (changes, discovery.is_dry_run) {
        (0, _) => "nothing changed".to_owned(),
        (_, true) => format!("{} to make", counted(changes, "change", "changes")),
        (_, false) => format!("{} made", counted(changes, "change", "changes")),
    };
    let pipelines = counted(discovery.pipelines, "pipeline", "pipelines");
    let good = page.paint.good("✓");
    terminal.print(&format!(
        "{good} {}: {pipelines} of {}, {what}\n",
        discovery.file, discovery.target
    ))?;
    Ok(Exit::Fine)
}

fn document<'a>(discovery: &Discovery<'a>) -> DiscoveryDocument<'a> {
    let differences = discovery.differences;
    DiscoveryDocument {
        file: discovery.file,
        account: discovery.target.account.as_str(),
        region: discovery.target.region.as_str(),
        pipelines: discovery.pipelines,
        dry_run: discovery.is_dry_run,
        changed: differences.iter().any(Difference::is_change),
        differences: differences.iter().map(difference).collect(),
        remarks: discovery.remarks,
    }
}

fn difference(difference: &Difference) -> DifferenceDocument<'_> {
    let (change, catalog, found) = match &difference.change {
        Change::Added => ("added", None, None),
        Change::Updated { from, to } => ("updated", Some(from), Some(to)),
        Change::Removed => ("removed", None, None),
        Change::Kept { written, found } => ("kept", Some(written), Some(found)),
        Change::Gone => ("gone", None, None),
    };
    DifferenceDocument {
        path: &difference.path,
        change,
        catalog: catalog.map(String::as_str),
        found: found.map(String::as_str),
    }
}

/// One line each: the whole stands in the document that programs get.
fn cut(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    kept + "…"
}
