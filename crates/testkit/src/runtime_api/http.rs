//! As much of HTTP 1.1 as the SDK's clients send: kept connections, bodies with a length or in chunks.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

/// A request body of a test has less.
const BODY_BYTES_MAX: u64 = 64 << 20;

pub(super) struct Request {
    pub(super) method: String,
    /// With its query.
    pub(super) path: String,
    /// Names in lower case.
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: String,
}

pub(super) struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Response {
    pub(super) fn new(status: u16, body: &str) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.to_owned(),
        }
    }

    pub(super) fn into_parts(self) -> (u16, String) {
        (self.status, self.body)
    }

    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

impl Request {
    /// Sends it to another server, `host:port`, over a connection of its own.
    pub(super) fn forward(&self, to: &str) -> io::Result<Response> {
        let stream = TcpStream::connect(to)?;
        stream.set_nodelay(true)?;
        let mut text = format!("{} {} HTTP/1.1\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            let is_ours =
                ["connection", "content-length", "transfer-encoding"].contains(&name.as_str());
            if !is_ours {
                let _ = write!(text, "{name}: {value}\r\n");
            }
        }
        let _ = write!(
            text,
            "Connection: close\r\nContent-Length: {}\r\n\r\n{}",
            self.body.len(),
            self.body
        );
        (&stream).write_all(text.as_bytes())?;
        let mut reader = BufReader::new(&stream);
        let mut status = String::new();
        reader.read_line(&mut status)?;
        let status = status
            .split_whitespace()
            .nth(1)
            .and_then(|code| code.parse().ok());
        let headers = read_headers(&mut reader)?;
        let body = read_body(&mut reader, &headers)?;
        let mut response = Response::new(status.unwrap_or(502), &String::from_utf8_lossy(&body));
        for (name, value) in headers {
            if !["connection", "content-length", "transfer-encoding"].contains(&name.as_str()) {
                response = response.with(&name, &value);
            }
        }
        Ok(response)
    }
}

/// Listens on a free port of this machine for as long as the process lives.
pub(super) struct Server {
    address: SocketAddr,
}

impl Server {
    pub(super) fn start(
        answer: impl Fn(Request) -> Response + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let answer = Arc::new(answer);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let answer = Arc::clone(&answer);
                // A client that goes away in the middle ends its own connection only.
                thread::spawn(move || drop(serve(&stream, &*answer)));
            }
        });
        Ok(Self { address })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

fn serve(stream: &TcpStream, answer: &dyn Fn(Request) -> Response) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader)? {
        let response = answer(request);
        let mut text = format!("HTTP/1.1 {} Status\r\n", response.status);
        for (name, value) in &response.headers {
            let _ = write!(text, "{name}: {value}\r\n");
        }
        let body = &response.body;
        let _ = write!(text, "Content-Length: {}\r\n\r\n{body}", body.len());
        (&*stream).write_all(text.as_bytes())?;
    }
    Ok(())
}

/// `None` at the end of the connection.
fn read(reader: &mut impl BufRead) -> io::Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace().map(ToOwned::to_owned);
    let (Some(method), Some(path)) = (words.next(), words.next()) else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    let headers = read_headers(reader)?;
    let body = read_body(reader, &headers)?;
    Ok(Some(Request {
        method,
        path,
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    }))
}

/// Names in lower case.
fn read_headers(reader: &mut impl BufRead) -> io::Result<BTreeMap<String, String>> {
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            return Ok(headers);
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
}

fn read_body(reader: &mut impl BufRead, headers: &BTreeMap<String, String>) -> io::Result<Vec<u8>> {
    let is_chunked = headers
        .get("transfer-encoding")
        .is_some_and(|coding| coding == "chunked");
    if is_chunked {
        return read_chunks(reader);
    }
    let length = headers.get("content-length");
    let length = length.and_then(|length| length.parse().ok()).unwrap_or(0);
    read_exactly(reader, length)
}

fn read_chunks(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let digits = line.trim_end().split(';').next().unwrap_or_default();
        let length = u64::from_str_radix(digits, 16)
            .map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
        body.extend(read_exactly(reader, length)?);
        let mut end = String::new();
        reader.read_line(&mut end)?;
        if length == 0 {
            return Ok(body);
        }
    }
}

fn read_exactly(reader: &mut impl Read, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader
        .take(length.min(BODY_BYTES_MAX))
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 == length {
        Ok(bytes)
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}
