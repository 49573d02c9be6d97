//! Bytes to text.

use std::borrow::Cow;

use crate::limits::FILE_BYTES_MAX;
use crate::reading::Problem;

/// The text of a file: UTF-8, with or without a byte order mark, or UTF-16 with one (as some .NET tools write).
pub(crate) fn decode<'a>(path: &str, bytes: &'a [u8]) -> Result<Cow<'a, str>, Problem> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(Problem::new(
            path,
            None,
            format!(
                "has {} bytes: at most {FILE_BYTES_MAX} are read",
                bytes.len()
            ),
        ));
    }
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(path, rest),
        [0xFF, 0xFE, rest @ ..] => utf16(path, rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(path, rest, u16::from_be_bytes),
        _ => utf8(path, bytes),
    }
}

fn utf8<'a>(path: &str, bytes: &'a [u8]) -> Result<Cow<'a, str>, Problem> {
    std::str::from_utf8(bytes)
        .map(Cow::Borrowed)
        .map_err(|error| {
            let before = &bytes[..error.valid_up_to()];
            let line = memchr::memchr_iter(b'\n', before).count() + 1;
            Problem::new(path, u32::try_from(line).ok(), "is not UTF-8 text here")
        })
}

fn utf16<'a>(path: &str, bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'a, str>, Problem> {
    let not_utf16 = || Problem::new(path, None, "begins as UTF-16 text but is none");
    let (pairs, []) = bytes.as_chunks::<2>() else {
        return Err(not_utf16());
    };
    let units = pairs.iter().map(|pair| unit(*pair));
    char::decode_utf16(units)
        .collect::<Result<String, _>>()
        .map(Cow::Owned)
        .map_err(|_| not_utf16())
}
