//! How much was rebuilt, and how much was avoided.

use downriver_domain::{Summary, Timestamp};
use downriver_engine::query::Summaries;

use super::style::{Page, hang, put};
use super::time::date_and_clock;

const INDENT: usize = 2;

pub(crate) fn summary(page: Page, found: &Summaries, since: Timestamp, until: Timestamp) -> String {
    let mut out = String::new();
    put(
        &mut out,
        format_args!(
            "From {} to {} (UTC):\n",
            date_and_clock(since),
            date_and_clock(until)
        ),
    );
    let mut total = Summary::default();
    for (owner, summary) in &found.owners {
        total.add(summary);
        block(&mut out, page, owner.as_str(), summary);
    }
    if found.owners.len() > 1 {
        block(&mut out, page, "everybody together", &total);
    }
    out
}

fn block(out: &mut String, page: Page, name: &str, summary: &Summary) {
    put(out, format_args!("\n{}\n", page.paint.strong(name)));
    for part in summary.sentence().split("; ") {
        hang(out, page, "  ", part, INDENT);
    }
}
