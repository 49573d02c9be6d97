//! The timeline of a run: what was seen, what it means and what happened, by virtual time.
//!
//! A line stands for many entries of the history: names are put together by what happened to them.

mod moment;

use downriver_domain::Timestamp;
use downriver_engine::history::{HistoryBody, HistoryEntry};

use downriver_domain::impact::Judgement;

use super::style::{Page, Paint, hang, wrap};
use super::time::{clock, date};
use moment::Moment;

/// How much is told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Detail {
    /// Names in one line.
    pub(crate) names_max: usize,
    /// Lines of one group.
    pub(crate) lines_max: usize,
    /// Also what changes nothing.
    pub(crate) is_complete: bool,
}

impl Detail {
    pub(crate) const SHORT: Self = Self {
        names_max: 8,
        lines_max: 3,
        is_complete: false,
    };
    /// For the answer to a question about one version.
    pub(crate) const LONG: Self = Self {
        names_max: 40,
        lines_max: 40,
        is_complete: false,
    };
    pub(crate) const COMPLETE: Self = Self {
        names_max: usize::MAX,
        lines_max: usize::MAX,
        is_complete: true,
    };
}

/// Turns entries of a history, in order, into text.
pub(crate) struct Timeline {
    page: Page,
    detail: Detail,
    date: String,
    moment: Option<(Timestamp, Moment)>,
}

/// The verdicts on one version, by what they bear.
pub(crate) fn verdicts(page: Page, judgements: &[Judgement], detail: Detail) -> String {
    let mut text = String::new();
    for line in moment::groups(judgements, detail) {
        line.lay_out(&mut text, page, "", 0);
    }
    text
}

/// Columns before what happened: the time.
const TIME_COLUMNS: usize = 10;
/// Columns before the names, after the time: what happened, how many.
const LABEL_COLUMNS: usize = 18;

impl Timeline {
    pub(crate) const fn new(page: Page, detail: Detail) -> Self {
        Self {
            page,
            detail,
            date: String::new(),
            moment: None,
        }
    }

    /// Takes the next entry; gives the text of what is complete by it. `is_simulated` tells what a simulated service
    /// reported from what the input did.
    pub(crate) fn take(&mut self, entry: HistoryEntry, is_simulated: bool) -> String {
        let mut text = String::new();
        if self.moment.as_ref().is_some_and(|(at, _)| *at != entry.at) {
            text = self.finish();
        }
        let (_, moment) = self
            .moment
            .get_or_insert_with(|| (entry.at, Moment::default()));
        match (entry.body, entry.application, entry.package_version) {
            (HistoryBody::Seen(seen), _, Some(version)) => moment.see(version, &seen, is_simulated),
            (HistoryBody::Verdicts(verdicts), ..) => moment.judge(verdicts),
            (HistoryBody::Rebuild(record), ..) => moment.rebuild(record),
            (HistoryBody::Note(note), Some(application), _) => moment.note(application, note),
            (HistoryBody::Note(note), None, Some(version)) => moment.decide(version, note),
            (HistoryBody::Note(_), None, None) | (HistoryBody::Seen(_), _, None) => {}
        }
        text
    }

    /// The text of what was taken last.
    pub(crate) fn finish(&mut self) -> String {
        let Some((at, moment)) = self.moment.take() else {
            return String::new();
        };
        let lines = moment.lines(self.detail);
        if lines.is_empty() {
            return String::new();
        }
        let mut text = String::new();
        let today = date(at);
        if today != self.date {
            let gap = if self.date.is_empty() { "" } else { "\n" };
            text.push_str(gap);
            text.push_str(&self.page.paint.faint(&today));
            text.push('\n');
            self.date = today;
        }
        let mut time = clock(at);
        for line in lines {
            let shown = self.page.paint.strong(&time);
            let head = format!("{shown}{}", " ".repeat(TIME_COLUMNS - time.len()));
            line.lay_out(&mut text, self.page, &head, TIME_COLUMNS);
            time.clear();
        }
        text
    }
}

/// A line of the timeline, before it is laid out.
enum Line {
    /// Something came in.
    Event(String),
    /// Something that hardly matters.
    Aside(String),
    Group {
        tone: Tone,
        label: &'static str,
        count: usize,
        texts: Vec<String>,
    },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tone {
    Good,
    Bad,
    Warn,
    Plain,
    Faint,
}

impl Line {
    /// Writes the line after `head`, which takes `indent` columns.
    fn lay_out(&self, text: &mut String, page: Page, head: &str, indent: usize) {
        let paint = page.paint;
        match self {
            Self::Event(event) => {
                let head = format!("{head}{} ", paint.name("●"));
                hang(text, page, &head, event, indent + 2);
            }
            Self::Aside(aside) => {
                let width = page.width.saturating_sub(indent + 2);
                for (number, part) in wrap(aside, width, 0).iter().enumerate() {
                    let indent = " ".repeat(indent);
                    text.push_str(if number == 0 { head } else { &indent });
                    text.push_str("  ");
                    text.push_str(&paint.faint(part));
                    text.push('\n');
                }
            }
            Self::Group {
                tone,
                label,
                count,
                texts,
            } => {
                let gap = " ".repeat(11_usize.saturating_sub(label.len()));
                let label = tone.paint(page.paint, label);
                let head = format!("{head}  {label}{gap}{count:>3}  ");
                let under = " ".repeat(indent + LABEL_COLUMNS);
                for (number, part) in texts.iter().enumerate() {
                    let head = if number == 0 { &head } else { &under };
                    hang(text, page, head, part, indent + LABEL_COLUMNS);
                }
            }
        }
    }
}

impl Tone {
    fn paint(self, paint: Paint, text: &str) -> String {
        match self {
            Self::Good => paint.good(text),
            Self::Bad => paint.bad(text),
            Self::Warn => paint.warn(text),
            Self::Plain => text.to_owned(),
            Self::Faint => paint.faint(text),
        }
    }
}
