//! Names of packages and groups.

use std::borrow::Cow;

use downriver_domain::Scope;

/// PEP 503: lower case, and every run of `-`, `_` and `.` is one `-`.
pub(super) fn normalise<'a>(name: impl Into<Cow<'a, str>>) -> Cow<'a, str> {
    let name = name.into();
    let is_normal = !name.contains("--")
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if is_normal {
        return name;
    }
    let mut normal = String::with_capacity(name.len());
    for character in name.chars() {
        if !matches!(character, '-' | '_' | '.') {
            normal.extend(character.to_lowercase());
        } else if !normal.ends_with('-') {
            normal.push('-');
        }
    }
    Cow::Owned(normal)
}

/// What a group of this name is for: one named after tests is that, `default` and `main` are what runs, others are for
/// developers.
pub(super) fn scope_of_group(name: &str) -> Scope {
    match &*normalise(name) {
        "main" | "default" => Scope::Runtime,
        "test" | "tests" | "testing" => Scope::Test,
        _ => Scope::Dev,
    }
}

/// What a requirements file is for, by its path: `requirements-dev.txt`, `test_requirements.txt`, `requirements/docs.in`.
pub(super) fn scope_of_file(path: &str) -> Scope {
    const DEVELOPERS: [&str; 25] = [
        "dev",
        "devel",
        "develop",
        "development",
        "lint",
        "linting",
        "linters",
        "docs",
        "doc",
        "documentation",
        "ci",
        "typing",
        "types",
        "mypy",
        "format",
        "formatting",
        "style",
        "tools",
        "tooling",
        "quality",
        "debug",
        "local",
        "benchmark",
        "benchmarks",
        "precommit",
    ];
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let stem = name.rsplit_once('.').map_or(&*name, |(stem, _)| stem);
    let words = || stem.split(|letter: char| !letter.is_ascii_alphanumeric());
    if words().any(|word| matches!(word, "test" | "tests" | "testing")) {
        Scope::Test
    } else if words().any(|word| DEVELOPERS.contains(&word)) {
        Scope::Dev
    } else {
        Scope::Runtime
    }
}
