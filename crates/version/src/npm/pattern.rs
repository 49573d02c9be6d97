//! What node-semver's regular expressions recognise, written out by hand: whole texts and the longest prefix.
//!
//! Runs of digits are cut at 256 as node-semver's own "safe" expressions do, which also keeps the work linear.

/// The longest version text that node-semver reads, and the longest run of digits it looks at.
pub(super) const VERSION_LEN_MAX: usize = 256;

/// A version or a part of one: `1`, `1.x`, `1.2.3-beta`. What is absent is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Partial<'a> {
    pub(super) major: &'a str,
    pub(super) minor: Option<&'a str>,
    pub(super) patch: Option<&'a str>,
    pub(super) prerelease: Option<&'a str>,
}

/// Whether a part of a version stands for any number: absent, `x`, `X` or `*`.
pub(super) fn is_any(part: Option<&str>) -> bool {
    part.is_none_or(|part| matches!(part, "x" | "X" | "*"))
}

/// `XRANGEPLAIN` over the whole text: a partial version with any number of `v`, `=` and spaces before it.
pub(super) fn partial(text: &str, loose: bool) -> Option<Partial<'_>> {
    let text = text.trim_start_matches(['v', '=', ' ']);
    let (major, rest) = split_part(text, loose)?;
    let mut found = Partial {
        major,
        minor: None,
        patch: None,
        prerelease: None,
    };
    let Some(rest) = rest.strip_prefix('.') else {
        return rest.is_empty().then_some(found);
    };
    let (minor, rest) = split_part(rest, loose)?;
    found.minor = Some(minor);
    let Some(rest) = rest.strip_prefix('.') else {
        return rest.is_empty().then_some(found);
    };
    let (patch, tail) = split_part(rest, loose)?;
    if let Some(prerelease) = tail_prerelease(tail, loose) {
        return Some(Partial {
            patch: Some(patch),
            prerelease: some_text(prerelease),
            ..found
        });
    }
    // The loose expression needs no hyphen, so the last digit of the patch may open the pre-release: `1.2.34.5` is
    // 1.2.3 with the pre-release `4.5`.
    let shorter = patch.len().checked_sub(1).filter(|len| loose && *len > 0)?;
    let prerelease = tail_prerelease(&rest[shorter..], loose)?;
    Some(Partial {
        patch: Some(&rest[..shorter]),
        prerelease: some_text(prerelease),
        ..found
    })
}

/// `FULLPLAIN` or `LOOSEPLAIN` over the whole text: a complete version.
pub(super) fn version(text: &str, loose: bool) -> Option<Partial<'_>> {
    let text = if loose {
        text.trim_start_matches(['v', '=', ' '])
    } else {
        text.strip_prefix('v').unwrap_or(text)
    };
    let found = text
        .starts_with(|c: char| c.is_ascii_digit())
        .then(|| partial(text, loose))??;
    let is_complete = [Some(found.major), found.minor, found.patch]
        .into_iter()
        .all(|part| !is_any(part));
    is_complete.then_some(found)
}

/// The operator `<`, `<=`, `>`, `>=`, `=` or nothing, and what follows it after at most one space.
pub(super) fn split_operator(text: &str) -> (&str, &str) {
    let bytes = text.as_bytes();
    let angle = usize::from(matches!(bytes.first(), Some(b'<' | b'>')));
    let len = angle + usize::from(bytes.get(angle) == Some(&b'='));
    let rest = &text[len..];
    (&text[..len], rest.strip_prefix(' ').unwrap_or(rest))
}

/// The end of the longest version or partial version that starts at `start`, spaces, `v` and `=` before it included.
/// `Err` says up to where no other can start either.
pub(super) fn prefix_end(bytes: &[u8], start: usize) -> Result<usize, usize> {
    let core = start + run_len(&bytes[start..], |byte| matches!(byte, b'v' | b'=' | b' '));
    loose_version_end(bytes, core)
        .or_else(|| partial_end(bytes, core))
        .ok_or(core)
}

/// The end of a build suffix (`+…`) that starts at `start`.
pub(super) fn build_end(bytes: &[u8], start: usize) -> Option<usize> {
    (bytes.get(start) == Some(&b'+')).then(|| list_end(bytes, start + 1, identifier_end))?
}

fn loose_version_end(bytes: &[u8], core: usize) -> Option<usize> {
    let major = digits_end(bytes, core)?;
    let minor = digits_end(bytes, dot_end(bytes, major)?)?;
    let patch = digits_end(bytes, dot_end(bytes, minor)?)?;
    let hyphen = (bytes.get(patch) == Some(&b'-'))
        .then(|| list_end(bytes, patch + 1, identifier_end))
        .flatten();
    let end = hyphen
        .or_else(|| list_end(bytes, patch, identifier_end))
        .unwrap_or(patch);
    Some(build_end(bytes, end).unwrap_or(end))
}

fn partial_end(bytes: &[u8], core: usize) -> Option<usize> {
    let major = strict_part_end(bytes, core)?;
    let Some(minor) = dot_end(bytes, major).and_then(|next| strict_part_end(bytes, next)) else {
        return Some(major);
    };
    let Some(patch) = dot_end(bytes, minor).and_then(|next| strict_part_end(bytes, next)) else {
        return Some(minor);
    };
    let prerelease = (bytes.get(patch) == Some(&b'-'))
        .then(|| list_end(bytes, patch + 1, strict_identifier_end));
    let end = prerelease.flatten().unwrap_or(patch);
    Some(build_end(bytes, end).unwrap_or(end))
}

fn split_part(text: &str, loose: bool) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    let end = if loose && bytes.first().is_some_and(u8::is_ascii_digit) {
        digits_end(bytes, 0)?
    } else {
        strict_part_end(bytes, 0)?
    };
    Some(text.split_at(end))
}

/// What stands after the patch, to the end of the text: a pre-release, or the empty text for none. `None` where it is
/// neither a pre-release nor a build suffix.
fn tail_prerelease(tail: &str, loose: bool) -> Option<&str> {
    let (before, build) = match tail.split_once('+') {
        Some((before, build)) => (before, Some(build)),
        None => (tail, None),
    };
    if build.is_some_and(|build| !is_list(build, true)) {
        return None;
    }
    if before.is_empty() {
        return Some(before);
    }
    let hyphenated = before.strip_prefix('-').filter(|list| is_list(list, loose));
    hyphenated.or_else(|| (loose && is_list(before, true)).then_some(before))
}

fn some_text(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

fn is_list(text: &str, loose: bool) -> bool {
    text.split('.').all(|identifier| {
        !identifier.is_empty()
            && identifier.bytes().all(is_identifier_byte)
            && (loose
                || identifier == "0"
                || !identifier.starts_with('0')
                || !identifier.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

fn list_end(
    bytes: &[u8],
    start: usize,
    end_of_one: fn(&[u8], usize) -> Option<usize>,
) -> Option<usize> {
    let mut end = end_of_one(bytes, start)?;
    while let Some(next) = dot_end(bytes, end).and_then(|next| end_of_one(bytes, next)) {
        end = next;
    }
    Some(end)
}

fn identifier_end(bytes: &[u8], start: usize) -> Option<usize> {
    let len = run_len(bytes.get(start..)?, is_identifier_byte);
    (len > 0).then_some(start + len)
}

fn strict_identifier_end(bytes: &[u8], start: usize) -> Option<usize> {
    let end = identifier_end(bytes, start)?;
    let is_numeric = bytes[start..end].iter().all(u8::is_ascii_digit);
    Some(if is_numeric && bytes[start] == b'0' {
        start + 1
    } else {
        end
    })
}

fn strict_part_end(bytes: &[u8], start: usize) -> Option<usize> {
    match bytes.get(start)? {
        b'0' | b'x' | b'X' | b'*' => Some(start + 1),
        _ => digits_end(bytes, start),
    }
}

fn digits_end(bytes: &[u8], start: usize) -> Option<usize> {
    let window = bytes.get(start..)?;
    let len = run_len(&window[..window.len().min(VERSION_LEN_MAX)], |byte| {
        byte.is_ascii_digit()
    });
    (len > 0).then_some(start + len)
}

fn dot_end(bytes: &[u8], start: usize) -> Option<usize> {
    (bytes.get(start) == Some(&b'.')).then_some(start + 1)
}

fn is_identifier_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

fn run_len(bytes: &[u8], is_wanted: impl Fn(u8) -> bool) -> usize {
    bytes
        .iter()
        .position(|byte| !is_wanted(*byte))
        .unwrap_or(bytes.len())
}
