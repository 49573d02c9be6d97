//! The commands of a refresh, and what came of them.

use downriver_manifest::RefreshPlan;

use super::style::{Page, hang, put};
use super::words::package_version;
use crate::commands::Moved;
use crate::document::evidence_text;

pub(crate) fn plan(page: Page, plan: &RefreshPlan) -> String {
    let mut out = String::new();
    for step in &plan.steps {
        let names: Vec<String> = step.changes.iter().map(package_version).collect();
        let head = format!("{} ", page.paint.faint("#"));
        hang(
            &mut out,
            page,
            &head,
            &format!("{}: {}", step.writes, names.join(", ")),
            2,
        );
        // A command is to be copied: it is not broken into lines.
        if step.folder.is_empty() {
            put(&mut out, format_args!("{}\n", step.command_line()));
        } else {
            put(
                &mut out,
                format_args!("(cd {} && {})\n", step.folder, step.command_line()),
            );
        }
    }
    for settled in &plan.settled {
        let text = format!("{}: {}", package_version(&settled.change), settled.reason);
        hang(
            &mut out,
            page,
            &format!("{} ", page.paint.faint("#")),
            &text,
            2,
        );
    }
    for left in &plan.left {
        let place = left
            .at
            .as_ref()
            .map(|at| format!(" ({})", evidence_text(at)));
        let text = format!(
            "{}: {}{}",
            package_version(&left.change),
            left.reason,
            place.unwrap_or_default()
        );
        hang(
            &mut out,
            page,
            &format!("{} ", page.paint.warn("# not done:")),
            &text,
            2,
        );
    }
    out
}

pub(crate) fn moved(page: Page, moved: &[Moved]) -> String {
    let mut out = String::new();
    for one in moved {
        let mark = if one.is_in {
            page.paint.good("✓")
        } else {
            page.paint.warn("!")
        };
        let held = if one.locked.is_empty() {
            "no lockfile holds it".to_owned()
        } else {
            format!("locked is {}", one.locked.join(", "))
        };
        let text = format!("{}: {held}", package_version(&one.change));
        hang(&mut out, page, &format!("{mark} "), &text, 2);
    }
    out
}
