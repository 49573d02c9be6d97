//! All that happened at one instant, put together.

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::ApplicationId;
use downriver_domain::impact::{Action, Judgement, Verdict};
use downriver_domain::version::PackageVersionId;
use downriver_engine::history::{Note, NoteKind, Outcome, RebuildRecord, Seen, SeenEffect};

use super::{Detail, Line, Tone};
use crate::document::why;
use crate::render::words::{listed, package_version, repository, shortened};

#[derive(Default)]
pub(super) struct Moment {
    seen: Vec<Sight>,
    verdicts: BTreeMap<PackageVersionId, Vec<Judgement>>,
    rebuilds: Vec<RebuildRecord>,
    notes: Vec<(ApplicationId, Note)>,
    /// What was decided of changes.
    decided: Vec<(PackageVersionId, Note)>,
}

struct Sight {
    version: PackageVersionId,
    text: String,
    repository: String,
    is_change: bool,
    is_simulated: bool,
}

/// What is told of verdicts, the weightiest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Bearing {
    Rebuild,
    Refresh,
    MovesOff,
    Stranded,
    Notify,
    Locked,
    Excluded,
    Unaffected,
}

impl Moment {
    pub(super) fn see(&mut self, version: PackageVersionId, seen: &Seen, is_simulated: bool) {
        let is_change = !matches!(seen.effect, SeenEffect::Unchanged | SeenEffect::Stale);
        self.seen.push(Sight {
            version,
            text: seen.text.clone(),
            repository: repository(&seen.repository),
            is_change,
            is_simulated,
        });
    }

    pub(super) fn judge(&mut self, verdicts: Vec<Judgement>) {
        for verdict in verdicts {
            let key = verdict.package_version.clone();
            self.verdicts.entry(key).or_default().push(verdict);
        }
    }

    pub(super) fn rebuild(&mut self, record: RebuildRecord) {
        self.rebuilds.push(record);
    }

    pub(super) fn note(&mut self, application: ApplicationId, note: Note) {
        self.notes.push((application, note));
    }

    pub(super) fn decide(&mut self, version: PackageVersionId, note: Note) {
        self.decided.push((version, note));
    }

    pub(super) fn lines(mut self, detail: Detail) -> Vec<Line> {
        let mut lines = self.ends(detail);
        let unexplained = self.unexplained(detail);
        lines.extend(self.changes(detail));
        lines.extend(self.decided.iter().map(|(version, note)| {
            Line::Event(format!("{} {}", package_version(version), note.text))
        }));
        lines.extend(unexplained);
        lines.extend(self.notes(detail));
        lines
    }

    /// What was seen, each with its verdicts; what bears on nobody in one line.
    fn changes(&mut self, detail: Detail) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut copies: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut repeated = 0_usize;
        for sight in std::mem::take(&mut self.seen) {
            let verdicts = self.verdicts.get(&sight.version);
            let is_borne = verdicts.is_some_and(|verdicts| bears(verdicts));
            let name = package_version(&sight.version);
            if detail.is_complete || (sight.is_change && (is_borne || !sight.is_simulated)) {
                lines.push(Line::Event(format!("{name} {}", sight.text)));
                if let Some(verdicts) = self.verdicts.remove(&sight.version) {
                    lines.extend(groups(&verdicts, detail));
                }
            } else if sight.is_change {
                copies.entry(sight.repository).or_default().push(name);
            } else if !sight.is_simulated {
                repeated += 1;
            }
        }
        // What was seen while an execution ran is judged after it.
        for (version, verdicts) in std::mem::take(&mut self.verdicts) {
            if detail.is_complete || bears(&verdicts) {
                let name = package_version(&version);
                lines.push(Line::Event(format!("{name}, seen before, is judged now")));
                lines.extend(groups(&verdicts, detail));
            }
        }
        for (repository, names) in copies {
            let names = listed(&names, detail.names_max);
            lines.push(Line::Aside(format!("also in {repository} now: {names}")));
        }
        if repeated > 0 {
            let what = if repeated == 1 {
                "event says"
            } else {
                "events say"
            };
            lines.push(Line::Aside(format!(
                "{repeated} {what} what is known already"
            )));
        }
        lines
    }

    /// Rebuilds that no verdict of this moment asks for: the application was behind already, and the event, of another
    /// version, only made somebody look.
    fn unexplained(&self, detail: Detail) -> Option<Line> {
        let verdicts = self.verdicts.values().flatten();
        let asked: BTreeSet<&ApplicationId> = verdicts
            .filter(|verdict| matches!(verdict.action, Action::Rebuild | Action::Refresh))
            .map(|verdict| &verdict.application)
            .collect();
        let notes = self.notes.iter().filter(|(application, note)| {
            note.kind == NoteKind::Requested && !asked.contains(application)
        });
        let pairs: Vec<(&str, &str)> = notes
            .map(|(application, note)| (application.as_str(), note.text.as_str()))
            .collect();
        (!detail.is_complete && !pairs.is_empty())
            .then(|| group(Tone::Good, "behind", &pairs, true, detail))
    }

    /// Rebuilds whose outcome is told by itself.
    fn ends(&self, detail: Detail) -> Vec<Line> {
        let mut by_outcome: BTreeMap<Outcome, Vec<&RebuildRecord>> = BTreeMap::new();
        for record in &self.rebuilds {
            by_outcome.entry(record.outcome).or_default().push(record);
        }
        let mut lines = Vec::new();
        for (outcome, records) in by_outcome {
            let Some((tone, label, has_reason)) = told(outcome) else {
                continue;
            };
            let pairs = records
                .iter()
                .map(|record| (record.application.as_str(), record.reason.as_str()));
            let pairs: Vec<(&str, &str)> = pairs.collect();
            lines.push(group(tone, label, &pairs, has_reason, detail));
        }
        lines
    }

    fn notes(&self, detail: Detail) -> Vec<Line> {
        let mut lines = Vec::new();
        // In the order in which the kinds came up.
        let mut by_kind: Vec<(NoteKind, Vec<(&str, &str)>)> = Vec::new();
        for (application, note) in &self.notes {
            let text = note.text.strip_prefix("waits on ").unwrap_or(&note.text);
            let pair = (application.as_str(), text);
            match by_kind.iter_mut().find(|(kind, _)| *kind == note.kind) {
                Some((_, pairs)) => pairs.push(pair),
                None => by_kind.push((note.kind, vec![pair])),
            }
        }
        for (kind, pairs) in by_kind {
            let Some((tone, label, has_text)) = noted(kind, detail) else {
                continue;
            };
            lines.push(group(tone, label, &pairs, has_text, detail));
        }
        lines
    }
}

/// How an outcome is told; `None` where a note tells it.
const fn told(outcome: Outcome) -> Option<(Tone, &'static str, bool)> {
    Some(match outcome {
        Outcome::Pending
        | Outcome::Starting
        | Outcome::Running
        | Outcome::Parked
        | Outcome::Stuck => return None,
        Outcome::Succeeded => (Tone::Good, "succeeded", false),
        Outcome::Delivered => (Tone::Good, "delivered", false),
        Outcome::Unproven => (Tone::Plain, "unproven", true),
        Outcome::NotPickedUp => (Tone::Warn, "not picked", true),
        Outcome::Failed => (Tone::Bad, "failed", true),
        Outcome::Stopped => (Tone::Warn, "stopped", true),
        Outcome::NotNeeded => (Tone::Faint, "not needed", true),
        Outcome::WouldStart => (Tone::Faint, "would start", false),
        Outcome::Removed => (Tone::Faint, "removed", true),
    })
}

/// How a note is told; `None` where a verdict or an outcome tells it.
const fn noted(kind: NoteKind, detail: Detail) -> Option<(Tone, &'static str, bool)> {
    Some(match kind {
        NoteKind::Requested | NoteKind::Ended | NoteKind::Proof | NoteKind::Starting => {
            if !detail.is_complete {
                return None;
            }
            (Tone::Faint, "note", true)
        }
        NoteKind::Joined => (Tone::Plain, "joins", detail.is_complete),
        NoteKind::Waiting => (Tone::Plain, "waits on", true),
        NoteKind::BlockWaived => (Tone::Warn, "waived", true),
        NoteKind::Started => (Tone::Plain, "started", detail.is_complete),
        NoteKind::StartRefused => (Tone::Warn, "refused", true),
        NoteKind::Recovered => (Tone::Warn, "recovered", true),
        NoteKind::Retrying => (Tone::Warn, "retries", true),
        NoteKind::Superseded => (Tone::Warn, "superseded", true),
        NoteKind::Resumed => (Tone::Plain, "resumed", true),
        NoteKind::Parked => (Tone::Warn, "parked", true),
        NoteKind::Stuck => (Tone::Bad, "stuck", true),
        NoteKind::Released => (Tone::Plain, "released", true),
        NoteKind::Tracked => (Tone::Faint, "tracked", true),
        NoteKind::Notified => (Tone::Warn, "told", true),
        NoteKind::Operator => (Tone::Plain, "operator", true),
        NoteKind::Swept => (Tone::Faint, "swept", true),
        NoteKind::CatalogChanged => (Tone::Plain, "catalog", true),
        NoteKind::Rollout => (Tone::Warn, "rollout", true),
    })
}

/// The verdicts on one version, by what they bear.
pub(super) fn groups(verdicts: &[Judgement], detail: Detail) -> Vec<Line> {
    let mut by_bearing: BTreeMap<Bearing, Vec<&Judgement>> = BTreeMap::new();
    for verdict in verdicts {
        by_bearing
            .entry(bearing(verdict))
            .or_default()
            .push(verdict);
    }
    let mut lines = Vec::new();
    for (bearing, mut verdicts) in by_bearing {
        // One of each kind comes before a second of any.
        if bearing == Bearing::Unaffected && !detail.is_complete {
            verdicts = varied(verdicts);
        }
        // What was seen in two repositories at once is judged for each.
        let mut met = BTreeSet::new();
        let pairs: Vec<(&str, &str)> = verdicts
            .iter()
            .map(|verdict| (verdict.application.as_str(), verdict.reason.as_str()))
            .filter(|pair| met.insert(*pair))
            .collect();
        let (tone, label, has_reason) = match bearing {
            Bearing::Rebuild => (Tone::Good, "rebuild", detail.is_complete),
            Bearing::Refresh => (Tone::Good, "refresh", detail.is_complete),
            Bearing::MovesOff => (Tone::Warn, "moves off", true),
            Bearing::Stranded => (Tone::Bad, "stranded", true),
            Bearing::Notify => (Tone::Warn, "notify", true),
            Bearing::Locked => (Tone::Warn, "locked", true),
            Bearing::Excluded => (Tone::Warn, "excluded", true),
            Bearing::Unaffected => (Tone::Faint, "unaffected", true),
        };
        lines.push(group(tone, label, &pairs, has_reason, detail));
    }
    lines
}

fn varied(verdicts: Vec<&Judgement>) -> Vec<&Judgement> {
    let mut met: BTreeMap<Option<&str>, usize> = BTreeMap::new();
    let mut ranked: Vec<(usize, &Judgement)> = Vec::new();
    for verdict in verdicts {
        let rank = met.entry(why(&verdict.verdict)).or_default();
        ranked.push((*rank, verdict));
        *rank += 1;
    }
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, verdict)| verdict).collect()
}

/// Whether anybody has to do something about it.
fn bears(verdicts: &[Judgement]) -> bool {
    verdicts
        .iter()
        .any(|verdict| bearing(verdict) != Bearing::Unaffected)
}

const fn bearing(judgement: &Judgement) -> Bearing {
    match (judgement.action, &judgement.verdict) {
        (Action::Rebuild, _) => Bearing::Rebuild,
        (Action::Refresh, _) => Bearing::Refresh,
        (_, Verdict::Unaffected(_)) => Bearing::Unaffected,
        (_, Verdict::MovesOff(_)) => Bearing::MovesOff,
        (_, Verdict::Stranded(_)) => Bearing::Stranded,
        // A rebuild would pick it up, but a person has to act first.
        (_, Verdict::Picks) => Bearing::Notify,
        (_, Verdict::Locked) => Bearing::Locked,
        (_, Verdict::Excluded) => Bearing::Excluded,
    }
}

/// Names in one line, or with what is said of each; names of which the same is said stand together.
fn group(
    tone: Tone,
    label: &'static str,
    pairs: &[(&str, &str)],
    has_text: bool,
    detail: Detail,
) -> Line {
    let texts = if has_text {
        let mut by_text: Vec<(&str, Vec<&str>)> = Vec::new();
        for (name, text) in pairs {
            match by_text.iter_mut().find(|(known, _)| known == text) {
                Some((_, names)) => names.push(name),
                None => by_text.push((text, vec![name])),
            }
        }
        let mut shown: Vec<String> = by_text
            .iter()
            .take(detail.lines_max)
            .map(|(text, names)| {
                let text = if detail.is_complete {
                    (*text).to_owned()
                } else {
                    shortened(text)
                };
                format!("{}: {text}", listed(names, detail.names_max))
            })
            .collect();
        let left: usize = by_text
            .iter()
            .skip(detail.lines_max)
            .map(|(_, names)| names.len())
            .sum();
        if left > 0 {
            shown.push(format!("… and {left} more (-v shows all)"));
        }
        shown
    } else {
        let names: Vec<&str> = pairs.iter().map(|(name, _)| *name).collect();
        vec![listed(&names, detail.names_max)]
    };
    Line::Group {
        tone,
        label,
        count: pairs.len(),
        texts,
    }
}
