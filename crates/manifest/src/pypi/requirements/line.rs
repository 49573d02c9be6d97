//! The lines of a requirements file: continuation, comments.

/// A line as it stands in the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Physical<'a> {
    /// From 1.
    pub(super) line: u32,
    /// Without comment and continuation mark.
    pub(super) body: &'a str,
    /// What stands behind the `#`.
    pub(super) comment: Option<&'a str>,
    /// The next line belongs to this one. A line of comment ends what was continued into it, as in pip.
    pub(super) is_continued: bool,
}

pub(super) fn physical_lines(text: &str) -> impl Iterator<Item = Physical<'_>> {
    text.lines().zip(1_u32..).map(|(text, line)| {
        let (body, comment) = split_comment(text);
        let continued = body.strip_suffix('\\').filter(|_| comment.is_none());
        Physical {
            line,
            body: continued.unwrap_or(body),
            comment,
            is_continued: continued.is_some(),
        }
    })
}

/// A comment begins with a `#` at the start or behind white space: one inside an address is part of it.
fn split_comment(text: &str) -> (&str, Option<&str>) {
    let text = text.trim_end();
    let mut from = 0;
    while let Some(found) = memchr::memchr(b'#', &text.as_bytes()[from..]) {
        let at = from + found;
        if at == 0 || matches!(text.as_bytes()[at - 1], b' ' | b'\t') {
            return (&text[..at], Some(&text[at + 1..]));
        }
        from = at + 1;
    }
    (text, None)
}
