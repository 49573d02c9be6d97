//! Percent encoding as the package URL specification has it.

/// Everything but letters, digits and `.-_~:` as `%XX` of its UTF-8 bytes.
pub(super) fn encode(text: &str) -> String {
    const HEX_DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b".-_~:".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push(char::from(HEX_DIGITS[usize::from(byte >> 4)]));
            encoded.push(char::from(HEX_DIGITS[usize::from(byte & 0xF)]));
        }
    }
    encoded
}

/// The reverse; `Err` says why the text cannot be decoded.
pub(super) fn decode(text: &str) -> Result<String, String> {
    if !text.contains('%') {
        return Ok(text.to_owned());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let decoded = after
            .first_chunk()
            .and_then(|&[high, low]| Some(hex(high)? << 4 | hex(low)?));
        bytes.push(decoded.ok_or(
            "a `%` is not followed by two hexadecimal digits: write `%25` for the sign itself",
        )?);
        rest = &after[2..];
    }
    String::from_utf8(bytes).map_err(|_| "an encoded part is not UTF-8".to_owned())
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}
