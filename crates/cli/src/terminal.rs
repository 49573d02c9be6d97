//! Where output goes: a writer, the width, whether colours are wanted, and how far the work has come.

use std::io::{self, BufWriter, IsTerminal as _, Stdout, Write};
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::arguments::{Color, Format, GlobalOptions};
use crate::render::style::{Page, Paint};

/// Columns where the output is no terminal, and the most that text is spread over.
const WIDTH_DEFAULT: usize = 80;
const WIDTH_MIN: usize = 40;
const WIDTH_MAX: usize = 100;

/// Work that takes longer than this says how far it is.
const PROGRESS_AFTER: Duration = Duration::from_secs(1);
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// The user's terminal, or what stands in for it.
pub(crate) struct Terminal {
    out: BufWriter<Stdout>,
    pub(crate) format: Format,
    pub(crate) is_quiet: bool,
    page: Page,
    complaints: Paint,
    progress: Progress,
}

struct Progress {
    is_shown: bool,
    since: Instant,
    last: Option<Instant>,
}

impl Terminal {
    pub(crate) fn new(options: &GlobalOptions) -> Self {
        let is_terminal = io::stdout().is_terminal();
        let width = if is_terminal {
            terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
        } else {
            None
        };
        let width = width.unwrap_or(WIDTH_DEFAULT).clamp(WIDTH_MIN, WIDTH_MAX);
        let is_progress_wanted = io::stderr().is_terminal() && !options.quiet;
        Self {
            out: BufWriter::new(io::stdout()),
            format: options.format,
            is_quiet: options.quiet,
            page: Page {
                width,
                paint: paint(options.color, is_terminal),
            },
            complaints: paint(options.color, io::stderr().is_terminal()),
            progress: Progress {
                is_shown: is_progress_wanted,
                since: Instant::now(),
                last: None,
            },
        }
    }

    /// How wide and colourful text is to be.
    pub(crate) const fn page(&self) -> Page {
        self.page
    }

    pub(crate) fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Prints text as it is.
    pub(crate) fn print(&mut self, text: &str) -> anyhow::Result<()> {
        Ok(self.out.write_all(text.as_bytes())?)
    }

    /// Prints one JSON document, ended by a line break.
    pub(crate) fn print_json(&mut self, document: &impl Serialize) -> anyhow::Result<()> {
        serde_json::to_writer_pretty(&mut self.out, document).map_err(io::Error::from)?;
        Ok(self.out.write_all(b"\n")?)
    }

    pub(crate) fn flush(&mut self) -> anyhow::Result<()> {
        Ok(self.out.flush()?)
    }

    /// A line on standard error, unless `--quiet`.
    pub(crate) fn remark(&mut self, text: &str) {
        if !self.is_quiet {
            self.say(text);
        }
    }

    /// An error on standard error.
    pub(crate) fn complain(&mut self, text: &str) {
        let label = self.complaints.bad("error:");
        self.say(&format!("{label} {text}"));
    }

    /// Says how far long work is, where somebody watches.
    pub(crate) fn show_progress(&mut self, text: impl FnOnce() -> String) {
        let now = Instant::now();
        let is_due = self.progress.is_shown
            && now.duration_since(self.progress.since) >= PROGRESS_AFTER
            && self
                .progress
                .last
                .is_none_or(|last| now.duration_since(last) >= PROGRESS_EVERY);
        if is_due {
            self.progress.last = Some(now);
            let text: String = text().chars().take(WIDTH_MIN * 2 - 1).collect();
            // A terminal that does not take the line loses nothing else.
            drop(write!(io::stderr(), "\r\x1b[2K{text}"));
        }
    }

    /// Takes the line of progress away again.
    pub(crate) fn end_progress(&mut self) {
        if self.progress.last.take().is_some() {
            drop(write!(io::stderr(), "\r\x1b[2K"));
        }
        self.progress.since = Instant::now();
    }

    fn say(&mut self, text: &str) {
        self.end_progress();
        // Nobody is left to tell if standard error is closed.
        drop(writeln!(io::stderr(), "{text}"));
    }
}

fn paint(color: Color, is_terminal: bool) -> Paint {
    let is_refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    let is_colored = match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => is_terminal && !is_refused && !is_dumb,
    };
    Paint { is_colored }
}
