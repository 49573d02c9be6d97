//! What was decided, newest first.

use downriver_engine::history::{HistoryBody, HistoryEntry, NoteKind, Outcome};

use super::style::{Page, hang};
use super::time::date_and_clock;
use super::words::package_version;

const INDENT: usize = 21;

pub(crate) fn history(page: Page, entries: &[HistoryEntry]) -> String {
    let mut out = String::new();
    for entry in entries {
        for (name, text) in sentences(entry) {
            let at = page.paint.faint(&date_and_clock(entry.at));
            let head = format!("{at}  ");
            let text = if name.is_empty() {
                text
            } else {
                format!("{}: {text}", page.paint.name(&name))
            };
            hang(&mut out, page, &head, &text, INDENT);
        }
    }
    out
}

/// What an entry says: about whom, and the sentence. What another entry of the same instant says already is left out.
fn sentences(entry: &HistoryEntry) -> Vec<(String, String)> {
    let version = entry.package_version.as_ref().map(package_version);
    let subject = entry.application.as_ref().map(ToString::to_string);
    match &entry.body {
        HistoryBody::Seen(seen) => vec![(version.unwrap_or_default(), seen.text.clone())],
        HistoryBody::Verdicts(verdicts) => verdicts
            .iter()
            .map(|verdict| {
                let name = version.clone().unwrap_or_default();
                let text = format!("{}: {}", verdict.verdict.as_str(), verdict.reason);
                (format!("{} × {name}", verdict.application), text)
            })
            .collect(),
        HistoryBody::Rebuild(record) => match record.outcome {
            Outcome::Pending | Outcome::Starting | Outcome::Running | Outcome::Succeeded => {
                Vec::new()
            }
            outcome => {
                let text = format!("{} {outcome:?}: {}", record.id, record.reason);
                vec![(subject.unwrap_or_default(), text)]
            }
        },
        // The outcome says the same.
        HistoryBody::Note(note) if note.kind == NoteKind::Proof && note.rebuild.is_some() => {
            Vec::new()
        }
        HistoryBody::Note(note) => vec![(subject.unwrap_or_default(), note.text.clone())],
    }
}
