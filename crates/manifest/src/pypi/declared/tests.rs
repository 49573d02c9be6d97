//! Dependency specifiers as they are written.

use super::{Source, parse_specifier, pinned};

#[test]
fn specifiers_are_kept_as_written() {
    let table = [
        ("requests", "requests", ""),
        (
            "Requests[socks] >=2.8.1, ==2.8.* ; python_version < \"2.7\"",
            "requests",
            ">=2.8.1, ==2.8.*",
        ),
        ("zope.interface (>=5,<6)", "zope-interface", ">=5,<6"),
        ("httpx[socks]<1,>0.20", "httpx", "<1,>0.20"),
    ];
    for (text, name, requirement) in table {
        let specifier = parse_specifier(text).unwrap();
        assert_eq!(specifier.name, name);
        assert_eq!(specifier.requirement.as_deref(), Some(requirement));
        assert_eq!(specifier.source, Source::Registry);
    }
}

#[test]
fn an_address_is_no_requirement() {
    for (text, source) in [
        (
            "poetry-core @ git+https://git.example/core.git",
            Source::Git,
        ),
        (
            "a @ https://files.example/a-1.0-py3-none-any.whl",
            Source::Url,
        ),
        ("a @ file:///srv/a", Source::Path),
    ] {
        let specifier = parse_specifier(text).unwrap();
        assert_eq!((specifier.requirement, specifier.source), (None, source));
    }
}

#[test]
fn only_one_exact_version_is_a_pin() {
    assert_eq!(pinned("==1.0"), Some("1.0"));
    assert_eq!(pinned("== 1.0"), Some("1.0"));
    assert_eq!(pinned("===1.0-x"), Some("1.0-x"));
    for text in ["", ">=1.0", "==1.*", "==1.0,<2", "=="] {
        assert_eq!(pinned(text), None, "{text}");
    }
}

#[test]
fn what_is_no_specifier_is_told() {
    let problem = parse_specifier("requests==").unwrap_err();
    assert!(
        problem.starts_with("has `requests==`, which is "),
        "{problem}"
    );
}
