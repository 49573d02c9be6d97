//! What stands around the timeline of a run: its heading, what was quarantined, what was expected, the sums.

use super::style::{Page, columns, counted, grouped, hang, put};
use crate::document::{QuarantinedDocument, StoryDocument, SummaryDocument};
use crate::report::Expectations;

/// Quarantined inputs shown of one run, unless everything is asked for.
pub(crate) const QUARANTINED_MAX: usize = 5;

/// The title of a run and what it shows.
pub(crate) fn heading(page: Page, name: &str, title: Option<&str>, text: &str) -> String {
    let paint = page.paint;
    let mut out = match title {
        Some(title) => format!("{}  {}\n", paint.strong(title), paint.faint(name)),
        None => format!("{}\n", paint.strong(name)),
    };
    if !text.trim().is_empty() {
        hang(&mut out, page, "", text, 0);
        out.push('\n');
    }
    out
}

/// What nothing could be done with, and why.
pub(crate) fn quarantined(page: Page, all: &[QuarantinedDocument], max: usize) -> String {
    if all.is_empty() {
        return String::new();
    }
    let mut out = format!("{}\n", page.paint.warn("quarantined"));
    for refused in all.iter().take(max) {
        out.push_str("  ");
        out.push_str(&refused.source);
        out.push('\n');
        hang(&mut out, page, "      ", &refused.reason, 6);
    }
    if all.len() > max {
        out.push_str(&page.paint.faint(&format!(
            "  … and {} more (-v shows all)\n",
            grouped(all.len() - max)
        )));
    }
    out.push('\n');
    out
}

/// What became of a story's expectations.
pub(crate) fn expectations(page: Page, checked: &Expectations) -> String {
    if checked.unmet.is_empty() {
        return format!(
            "{} everything came as the story expects\n",
            page.paint.good("✓")
        );
    }
    let mut out = String::new();
    for sentence in &checked.unmet {
        let head = format!("{} not as expected: ", page.paint.bad("✗"));
        hang(&mut out, page, &head, sentence, 2);
    }
    out
}

/// A line for each story: whether it came out as it expects, and how much was rebuilt for how many events.
pub(crate) fn contents(page: Page, stories: &[StoryDocument]) -> String {
    let paint = page.paint;
    let width = stories
        .iter()
        .map(|story| columns(&story.name))
        .max()
        .unwrap_or(0)
        .max(3);
    let head = format!("  {:<width$}  events  rebuilds  naive rule\n", "run");
    let mut out = paint.faint(&head);
    for story in stories {
        let mark = match story.expectations_met {
            Some(true) => paint.good("✓"),
            Some(false) => paint.bad("✗"),
            None => " ".to_owned(),
        };
        let gap = " ".repeat(width.saturating_sub(columns(&story.name)));
        let sums = &story.summary;
        put(
            &mut out,
            format_args!(
                "{mark} {}{gap}  {:>6}  {:>8}  {:>10}\n",
                story.name,
                grouped(sums.events),
                grouped(sums.rebuilds_started),
                grouped(sums.naive_starts)
            ),
        );
    }
    out
}

/// The sums in a sentence or two.
pub(crate) fn summary(page: Page, sums: &SummaryDocument) -> String {
    let paint = page.paint;
    let mut text = format!(
        "{}, {} → {} started",
        counted(sums.events, "event", "events"),
        counted(sums.changes, "change", "changes"),
        counted(sums.rebuilds_started, "rebuild", "rebuilds"),
    );
    put(
        &mut text,
        format_args!(
            "; one rule for each package and pipeline would have started {}",
            grouped(sums.naive_starts)
        ),
    );
    if sums.quarantined > 0 {
        put(
            &mut text,
            format_args!("; {} quarantined", grouped(sums.quarantined)),
        );
    }
    let mut out = String::new();
    hang(&mut out, page, &format!("{} ", paint.name("Σ")), &text, 2);
    out
}
