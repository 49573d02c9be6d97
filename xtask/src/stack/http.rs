//! Just enough HTTP to ask a process on this machine whether it is ready, and to set it up.

#[cfg(test)]
mod tests;

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

const CONNECT_WAIT_MAX: Duration = Duration::from_secs(1);
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(10);
const ANSWER_BYTES_MAX: u64 = 16 * 1024 * 1024;

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

pub(crate) fn get(port: u16, path: &str) -> Result<Answer> {
    request(port, "GET", path, &[], "")
}

pub(crate) fn request(
    port: u16,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<Answer> {
    let asked = || format!("failed to ask 127.0.0.1:{port} for {method} {path}");
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, CONNECT_WAIT_MAX).with_context(asked)?;
    stream
        .set_read_timeout(Some(ANSWER_WAIT_MAX))
        .with_context(asked)?;
    stream
        .write_all(rendered(port, method, path, headers, body).as_bytes())
        .with_context(asked)?;
    let mut answer = Vec::new();
    stream
        .take(ANSWER_BYTES_MAX)
        .read_to_end(&mut answer)
        .with_context(asked)?;
    parse_answer(&String::from_utf8_lossy(&answer)).with_context(asked)
}

/// Version 1.0, so that the answer comes in one piece and ends with the connection.
fn rendered(port: u16, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut lines = vec![
        format!("{method} {path} HTTP/1.0"),
        format!("Host: 127.0.0.1:{port}"),
        "Connection: close".to_owned(),
        format!("Content-Length: {}", body.len()),
    ];
    lines.extend(
        headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}")),
    );
    format!("{}\r\n\r\n{body}", lines.join("\r\n"))
}

fn parse_answer(text: &str) -> Result<Answer> {
    let (head, body) = text
        .split_once("\r\n\r\n")
        .context("the answer has no end of its headers")?;
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .context("the answer has no status")?;
    ensure!(head.starts_with("HTTP/1."), "the answer is not HTTP");
    Ok(Answer {
        status,
        body: body.to_owned(),
    })
}
