//! node-semver's rewriting of `1.x`, `~1.2`, `^1.2.3` and `1 - 2` into plain comparators, on text as the tool does it.

use super::pattern::{self, Partial, is_any};
use super::version::number;

/// Which of the tool's switches are on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Options {
    pub(super) loose: bool,
    pub(super) prereleases: bool,
}

impl Options {
    /// What is put after a lower bound that was not written in full, so that it takes in the pre-releases below it.
    fn lowest(self) -> &'static str {
        if self.prereleases { "-0" } else { "" }
    }
}

/// Rewrites `1.2 - 3.4`; any other text comes back as given.
pub(super) fn hyphen(range: &str, options: Options) -> Result<String, String> {
    let Some((from_text, from, to_text, to)) = split_hyphen(range, options.loose) else {
        return Ok(range.to_owned());
    };
    let lowest = options.lowest();
    let lower = match from {
        Partial { major, .. } if is_any(Some(major)) => String::new(),
        Partial { major, minor, .. } if is_any(minor) => format!(">={major}.0.0{lowest}"),
        Partial {
            major,
            minor,
            patch,
            ..
        } if is_any(patch) => {
            format!(">={major}.{}.0{lowest}", minor.unwrap_or("0"))
        }
        Partial {
            prerelease: Some(_),
            ..
        } => format!(">={from_text}"),
        Partial { .. } => format!(">={from_text}{lowest}"),
    };
    let Partial {
        major,
        minor,
        patch,
        prerelease,
    } = to;
    let (minor_text, patch_text) = (minor.unwrap_or("0"), patch.unwrap_or("0"));
    let upper = if is_any(Some(major)) {
        String::new()
    } else if is_any(minor) {
        format!("<{}.0.0-0", next(major)?)
    } else if is_any(patch) {
        format!("<{major}.{}.0-0", next(minor_text)?)
    } else if let Some(prerelease) = prerelease {
        format!("<={major}.{minor_text}.{patch_text}-{prerelease}")
    } else if options.prereleases {
        format!("<{major}.{minor_text}.{}-0", next(patch_text)?)
    } else {
        format!("<={to_text}")
    };
    Ok(format!("{lower} {upper}").trim().to_owned())
}

/// Rewrites one comparator without spaces into one or two, separated by a space; empty stands for any version.
pub(super) fn comparator(text: &str, options: Options) -> Result<String, String> {
    if let Some(found) = text
        .strip_prefix('^')
        .and_then(|rest| pattern::partial(rest, options.loose))
    {
        return caret(found, options);
    }
    if let Some(rest) = text.strip_prefix('~') {
        let rest = rest.strip_prefix('>').unwrap_or(rest);
        if let Some(found) = pattern::partial(rest, options.loose) {
            return tilde(found, options);
        }
    }
    Ok(without_star(&x_range(text, options)?))
}

fn split_hyphen(range: &str, loose: bool) -> Option<(&str, Partial<'_>, &str, Partial<'_>)> {
    let range = range.strip_prefix(' ').unwrap_or(range);
    let lead = range.len() - range.trim_start_matches(['v', '=', ' ']).len();
    let end = lead + range[lead..].find(' ')?;
    let (from_text, rest) = range.split_at(end);
    let to_text = rest.strip_prefix(" - ")?;
    let to_text = to_text.strip_suffix(' ').unwrap_or(to_text);
    Some((
        from_text,
        pattern::partial(from_text, loose)?,
        to_text,
        pattern::partial(to_text, loose)?,
    ))
}

fn tilde(found: Partial<'_>, options: Options) -> Result<String, String> {
    let Partial {
        major,
        minor,
        patch,
        prerelease,
    } = found;
    if is_any(Some(major)) {
        return Ok(String::new());
    }
    let lowest = options.lowest();
    let Some(minor) = minor.filter(|minor| !is_any(Some(minor))) else {
        return Ok(format!(">={major}.0.0{lowest} <{}.0.0-0", next(major)?));
    };
    let upper = format!("<{major}.{}.0-0", next(minor)?);
    Ok(match patch.filter(|patch| !is_any(Some(patch))) {
        None => format!(">={major}.{minor}.0{lowest} {upper}"),
        Some(patch) => format!(">={major}.{minor}.{patch}{} {upper}", suffix(prerelease)),
    })
}

fn caret(found: Partial<'_>, options: Options) -> Result<String, String> {
    let Partial {
        major,
        minor,
        patch,
        prerelease,
    } = found;
    if is_any(Some(major)) {
        return Ok(String::new());
    }
    let lowest = options.lowest();
    let Some(minor) = minor.filter(|minor| !is_any(Some(minor))) else {
        return Ok(format!(">={major}.0.0{lowest} <{}.0.0-0", next(major)?));
    };
    let Some(patch) = patch.filter(|patch| !is_any(Some(patch))) else {
        let upper = if major == "0" {
            format!("0.{}.0", next(minor)?)
        } else {
            format!("{}.0.0", next(major)?)
        };
        return Ok(format!(">={major}.{minor}.0{lowest} <{upper}-0"));
    };
    let upper = match (major, minor) {
        ("0", "0") => format!("0.0.{}", next(patch)?),
        ("0", _) => format!("0.{}.0", next(minor)?),
        _ => format!("{}.0.0", next(major)?),
    };
    Ok(format!(
        ">={major}.{minor}.{patch}{} <{upper}-0",
        suffix(prerelease)
    ))
}

fn x_range(text: &str, options: Options) -> Result<String, String> {
    let (operator, rest) = pattern::split_operator(text);
    let Some(Partial {
        major,
        minor,
        patch,
        ..
    }) = pattern::partial(rest, options.loose)
    else {
        return Ok(text.to_owned());
    };
    let (any_major, any_minor, any_patch) = (is_any(Some(major)), is_any(minor), is_any(patch));
    let is_out_of_order = (any_major && !any_minor) || (any_minor && !any_patch);
    if is_out_of_order || !(any_major || any_minor || any_patch) {
        return Ok(text.to_owned());
    }
    let lowest = options.lowest();
    let minor = minor.filter(|_| !any_minor).unwrap_or("0");
    Ok(match operator {
        "<" | ">" if any_major => "<0.0.0-0".to_owned(),
        _ if any_major => "*".to_owned(),
        ">" if any_minor => format!(">={}.0.0{lowest}", next(major)?),
        ">" => format!(">={major}.{}.0{lowest}", next(minor)?),
        "<=" if any_minor => format!("<{}.0.0-0", next(major)?),
        "<=" => format!("<{major}.{}.0-0", next(minor)?),
        "<" => format!("<{major}.{minor}.0-0"),
        ">=" => format!(">={major}.{minor}.0{lowest}"),
        _ if any_minor => format!(">={major}.0.0{lowest} <{}.0.0-0", next(major)?),
        _ => format!(">={major}.{minor}.0{lowest} <{major}.{}.0-0", next(minor)?),
    })
}

/// Takes out the first `*` with the operator before it, wherever it stands.
fn without_star(text: &str) -> String {
    let Some(star) = text.find('*') else {
        return text.to_owned();
    };
    let before = text[..star].strip_suffix(' ').unwrap_or(&text[..star]);
    let before = before.strip_suffix('=').unwrap_or(before);
    let before = before.strip_suffix(['<', '>']).unwrap_or(before);
    format!("{before}{}", &text[star + 1..])
}

fn suffix(prerelease: Option<&str>) -> String {
    prerelease
        .map(|prerelease| format!("-{prerelease}"))
        .unwrap_or_default()
}

fn next(digits: &str) -> Result<u64, String> {
    Ok(number(digits)? + 1)
}
