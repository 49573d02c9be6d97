//! Source artifacts: archives made by hand, and a server that gives parts of them as S3 does.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

/// Objects by their path, `/bucket/key`. Serves until the process ends.
pub(crate) fn serve(objects: BTreeMap<String, Vec<u8>>) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let objects = Arc::new(objects);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let objects = Arc::clone(&objects);
            // A client that hangs up has seen enough.
            thread::spawn(move || answer(&stream.unwrap(), &objects).unwrap_or(()));
        }
    });
    endpoint
}

/// One request a connection.
fn answer(mut stream: &TcpStream, objects: &BTreeMap<String, Vec<u8>>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let request = lines.next().unwrap()?;
    let path = request.split([' ', '?']).nth(1).unwrap().to_owned();
    let mut range = None;
    for line in lines {
        let line = line?.to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(asked) = line.strip_prefix("range: bytes=") {
            range = asked
                .split_once('-')
                .map(|(from, to)| (from.to_owned(), to.to_owned()));
        }
    }
    let (head, body) = match (objects.get(&path), range) {
        (Some(content), Some((from, to))) => {
            let last = content.len() - 1;
            let (start, end) = match (from.as_str(), to.as_str()) {
                ("", count) => (content.len().saturating_sub(count.parse().unwrap()), last),
                (from, to) => (from.parse().unwrap(), last.min(to.parse().unwrap())),
            };
            let head = format!(
                "206 Partial Content\r\ncontent-range: bytes {start}-{end}/{}\r\netag: \"one\"",
                content.len()
            );
            (head, &content[start..=end])
        }
        _ => (
            "404 Not Found".to_owned(),
            &b"<Error><Code>NoSuchKey</Code><Message>no</Message></Error>"[..],
        ),
    };
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {head}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    )?;
    stream.write_all(body)
}

/// A zip archive of these files, stored as they are.
pub(crate) fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut directory = Vec::new();
    for (name, content) in files {
        let offset = u32::try_from(bytes.len()).unwrap();
        let length = u32::try_from(content.len()).unwrap();
        let mut fields = vec![20, 0, 0, 8, 0, 0, 0, 0, 0, 0];
        fields.extend(checksum(content.as_bytes()).to_le_bytes());
        fields.extend(length.to_le_bytes());
        fields.extend(length.to_le_bytes());
        fields.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        fields.extend([0, 0]);
        bytes.extend(b"PK\x03\x04");
        bytes.extend(&fields);
        bytes.extend(name.as_bytes());
        bytes.extend(content.as_bytes());
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&fields);
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let start = u32::try_from(bytes.len()).unwrap();
    let count = u16::try_from(files.len()).unwrap().to_le_bytes();
    let length = u32::try_from(directory.len()).unwrap();
    bytes.extend(directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend(count);
    bytes.extend(count);
    bytes.extend(length.to_le_bytes());
    bytes.extend(start.to_le_bytes());
    bytes.extend([0, 0]);
    bytes
}

/// CRC-32 as archives have it.
fn checksum(bytes: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            let is_odd = sum & 1 == 1;
            sum = (sum >> 1) ^ if is_odd { 0xEDB8_8320 } else { 0 };
        }
    }
    !sum
}
