//! Colours, wrapping and columns.

use std::fmt::{self, Write as _};

/// What text is laid out for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    /// Columns.
    pub(crate) width: usize,
    pub(crate) paint: Paint,
}

/// Writes formatted text at the end of `out`.
pub(crate) fn put(out: &mut String, text: fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a string takes everything");
}

/// Colours, or none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint {
    pub(crate) is_colored: bool,
}

impl Paint {
    pub(crate) fn strong(self, text: &str) -> String {
        self.wrap("1", text)
    }

    pub(crate) fn faint(self, text: &str) -> String {
        self.wrap("2", text)
    }

    pub(crate) fn good(self, text: &str) -> String {
        self.wrap("32", text)
    }

    pub(crate) fn bad(self, text: &str) -> String {
        self.wrap("1;31", text)
    }

    pub(crate) fn warn(self, text: &str) -> String {
        self.wrap("33", text)
    }

    pub(crate) fn name(self, text: &str) -> String {
        self.wrap("36", text)
    }

    fn wrap(self, code: &str, text: &str) -> String {
        if self.is_colored && !text.is_empty() {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

/// Breaks text into lines of at most `width` columns; the first may be shorter by `taken`. A word that is longer stands
/// alone on its line. Never empty.
pub(crate) fn wrap(text: &str, width: usize, taken: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut room = width.saturating_sub(taken);
    let mut used = 0;
    for word in text.split_whitespace() {
        let length = columns(word);
        let separator = usize::from(used > 0);
        if used > 0 && used + separator + length > room {
            lines.push(std::mem::take(&mut line));
            room = width;
            used = 0;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        used += length;
    }
    lines.push(line);
    lines
}

/// Text under a first line's head: `head`, then the text, further lines indented by `indent`.
pub(crate) fn hang(out: &mut String, page: Page, head: &str, text: &str, indent: usize) {
    let taken = columns(head);
    let width = page.width.saturating_sub(indent).max(20);
    let lines = wrap(text, width, taken.saturating_sub(indent));
    out.push_str(head);
    for (number, line) in lines.iter().enumerate() {
        if number > 0 {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
        }
        out.push_str(line);
    }
    out.push('\n');
}

/// The columns that text takes, escape sequences not counted. Everything shown is of simple characters.
pub(crate) fn columns(text: &str) -> usize {
    let mut count = 0;
    let mut is_escape = false;
    for character in text.chars() {
        match character {
            '\x1b' => is_escape = true,
            'm' if is_escape => is_escape = false,
            _ if is_escape => {}
            _ => count += 1,
        }
    }
    count
}

/// `1 rebuild`, `2 rebuilds`.
pub(crate) fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 {
        format!("1 {one}")
    } else {
        format!("{} {many}", grouped(count))
    }
}

/// `1,234,567`.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Rows under a header, in columns as wide as they need; columns in which nothing stands are left out. The last columns
/// that do not fit on the page stand in a line of their own under each row.
pub(crate) fn table<const N: usize>(
    out: &mut String,
    page: Page,
    header: &[&str; N],
    rows: &[[String; N]],
) {
    let used: Vec<usize> = (0..N)
        .filter(|column| rows.iter().any(|row| !row[*column].is_empty()))
        .collect();
    let width = |column: usize| {
        let cells = rows.iter().map(|row| columns(&row[column]));
        cells.max().unwrap_or_default().max(header[column].len())
    };
    let mut room = page.width.saturating_sub(TABLE_INDENT);
    let mut fitting: Vec<(usize, usize)> = Vec::new();
    for column in &used {
        let width = width(*column);
        if width > room && !fitting.is_empty() {
            break;
        }
        room = room.saturating_sub(width + 2);
        fitting.push((*column, width));
    }
    let (_, below) = used.split_at(fitting.len());
    let header_line = line_of(&fitting, |column| header[column].to_owned());
    out.push_str(&page.paint.faint(&header_line));
    out.push('\n');
    for row in rows {
        out.push_str(&line_of(&fitting, |column| row[column].clone()));
        out.push('\n');
        let rest: Vec<String> = below
            .iter()
            .filter(|column| !row[**column].is_empty())
            .map(|column| format!("{} {}", header[*column], row[*column]))
            .collect();
        if !rest.is_empty() {
            let indent = TABLE_INDENT + 2;
            hang(out, page, &" ".repeat(indent), &rest.join(", "), indent);
        }
    }
}

const TABLE_INDENT: usize = 2;

fn line_of(columns_of: &[(usize, usize)], cell: impl Fn(usize) -> String) -> String {
    let mut text = " ".repeat(TABLE_INDENT);
    for (column, width) in columns_of {
        let cell = cell(*column);
        let gap = width.saturating_sub(columns(&cell)) + 2;
        text.push_str(&cell);
        text.push_str(&" ".repeat(gap));
    }
    text.trim_end().to_owned()
}
