//! The patterns by which a workspace names the folders of its members.

#[cfg(test)]
mod tests;

/// How many patterns the braces of one may stand for.
const ALTERNATIVES_MAX: usize = 256;

/// Whether the folder (from that of the workspace, never `""`) is a member by these patterns: the last that matches
/// decides, and one with `!` before it takes away. Nothing in `node_modules` ever is.
pub(super) fn is_member(patterns: &[impl AsRef<str>], folder: &str) -> bool {
    let parts: Vec<&str> = folder.split('/').collect();
    if parts.contains(&"node_modules") {
        return false;
    }
    let mut is_member = false;
    for pattern in patterns {
        let pattern = pattern.as_ref();
        let bare = pattern.trim_start_matches('!');
        let is_negated = (pattern.len() - bare.len()) % 2 == 1;
        if is_member == is_negated && expand(bare).iter().any(|pattern| matches(pattern, &parts)) {
            is_member = !is_negated;
        }
    }
    is_member
}

/// The patterns that `{a,b}` stands for; of too many the first.
fn expand(pattern: &str) -> Vec<String> {
    let mut open = vec![pattern.to_owned()];
    let mut done = Vec::new();
    while let Some(pattern) = open.pop() {
        let Some((before, choices, after)) = first_braces(&pattern) else {
            done.push(pattern);
            continue;
        };
        if open.len() + choices.len() + done.len() > ALTERNATIVES_MAX {
            break;
        }
        open.extend(
            choices
                .iter()
                .map(|choice| format!("{before}{choice}{after}")),
        );
    }
    done
}

/// What stands before the first pair of braces, its choices, and what stands after.
fn first_braces(pattern: &str) -> Option<(&str, Vec<&str>, &str)> {
    let start = pattern.find('{')?;
    let mut depth = 0_usize;
    let mut choices = Vec::new();
    let mut from = start + 1;
    for (at, character) in pattern[start..].char_indices() {
        let at = start + at;
        match character {
            '{' => depth += 1,
            ',' if depth == 1 => {
                choices.push(&pattern[from..at]);
                from = at + 1;
            }
            '}' if depth == 1 => {
                choices.push(&pattern[from..at]);
                return Some((&pattern[..start], choices, &pattern[at + 1..]));
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Matches folder by folder; `**` stands for any number of them.
fn matches(pattern: &str, parts: &[&str]) -> bool {
    // `reached[n]`: the pattern so far matches the first n folders.
    let mut reached = vec![false; parts.len() + 1];
    reached[0] = true;
    for step in pattern
        .split(['/', '\\'])
        .filter(|step| !step.is_empty() && *step != ".")
    {
        let mut next = vec![false; parts.len() + 1];
        if step == "**" {
            let mut is_open = false;
            for (at, is_reached) in reached.iter().enumerate() {
                is_open |= is_reached;
                next[at] = is_open;
            }
        } else {
            for (at, part) in parts.iter().enumerate() {
                next[at + 1] = reached[at] && is_named(step, part);
            }
        }
        reached = next;
    }
    reached[parts.len()]
}

/// Matches one folder's name; `*` and `?` do not match a dot at its start.
fn is_named(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut at, mut from) = (0, 0);
    // Where the last `*` stands, and how far it reaches.
    let mut star: Option<(usize, usize)> = None;
    while from < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(step) if *step == '?' || *step == name[from] => {
                at += 1;
                from += 1;
            }
            _ => {
                let Some((star_at, reach)) = star else {
                    return false;
                };
                star = Some((star_at, reach + 1));
                (at, from) = (star_at + 1, reach + 1);
            }
        }
    }
    pattern[at..].iter().all(|step| *step == '*')
}
