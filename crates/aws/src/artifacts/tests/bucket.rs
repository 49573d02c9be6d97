//! A bucket with one object, which is read by ranges as S3 reads it; all other requests find nothing.

use crate::testing::{Answer, Request, Server};

pub(super) const ETAG: &str = "\"first\"";

/// `path` is `/bucket/key`.
pub(super) fn with(path: &'static str, content: Vec<u8>) -> Server {
    Server::answering(move |_, request| {
        let asked = request.line.split(['?', ' ']).nth(1).unwrap_or_default();
        if asked == path {
            part(request, &content)
        } else {
            refusal(404, "NoSuchKey")
        }
    })
}

pub(super) fn refusing(status: u16, code: &'static str, message: &'static str) -> Server {
    Server::answering(move |_, _| {
        let body = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
        Answer::Http(status, body)
    })
}

pub(super) fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let found = request.headers.iter();
    let mut values = found.filter_map(|header| header.strip_prefix(name)?.strip_prefix(": "));
    values.next()
}

fn part(request: &Request, content: &[u8]) -> Answer {
    if header(request, "if-match").is_some_and(|etag| etag != ETAG) {
        return refusal(412, "PreconditionFailed");
    }
    let range = header(request, "range").and_then(|range| range.strip_prefix("bytes="));
    let (from, to) = range
        .and_then(|range| range.split_once('-'))
        .expect("a range");
    let (start, end) = match (from, to) {
        ("", last) => (content.len().saturating_sub(number(last)), content.len()),
        (from, to) => (number(from), number(to) + 1),
    };
    if start >= content.len() {
        return refusal(416, "InvalidRange");
    }
    let headers = vec![
        format!("content-range: bytes {start}-{}/{}", end - 1, content.len()),
        format!("etag: {ETAG}"),
    ];
    Answer::Full(206, headers, content[start..end].to_vec())
}

fn number(text: &str) -> usize {
    text.parse().expect("a number")
}

fn refusal(status: u16, code: &str) -> Answer {
    let body = format!("<Error><Code>{code}</Code><Message>because</Message></Error>");
    Answer::Http(status, body)
}
