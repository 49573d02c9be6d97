//! Identifiers that look like AWS's and depend on nothing but what they name.

use sha2::{Digest, Sha256};

/// A lower-case UUID (version 4 in form) made from the kind, the owner and a counter.
pub(crate) fn uuid_of(kind: &str, owner: &str, number: u64) -> String {
    let mut bytes = digest(&[kind, owner, &number.to_string()]);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex = hex(&bytes[..16]);
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

/// A package version revision: 32 upper-case hex digits, as CodeArtifact's events carry them.
pub(crate) fn revision_of(package: &str, version: &str, number: u64) -> String {
    let bytes = digest(&[package, version, &number.to_string()]);
    hex(&bytes[..16]).to_ascii_uppercase()
}

/// The lower-case hex SHA-256 of parts, each counted, so that no two lists of parts read the same.
pub(crate) fn fingerprint_of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.len().to_string());
        hasher.update(b":");
        hasher.update(part);
    }
    hex(&hasher.finalize())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a String cannot fail");
        text
    })
}

fn digest(parts: &[&str]) -> [u8; 32] {
    Sha256::digest(parts.join("\n")).into()
}
