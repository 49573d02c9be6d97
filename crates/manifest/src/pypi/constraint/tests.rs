//! Poetry's own examples of its constraints, and what a hostile one must not do.

use super::translate;

#[test]
fn caret_tilde_and_wildcard_become_what_poetry_documents() {
    let table = [
        ("^1.2.3", ">=1.2.3,<2.0.0"),
        ("^1.2", ">=1.2,<2.0"),
        ("^1", ">=1,<2"),
        ("^0.2.3", ">=0.2.3,<0.3.0"),
        ("^0.0.3", ">=0.0.3,<0.0.4"),
        ("^0.0", ">=0.0,<0.1"),
        ("^0", ">=0,<1"),
        ("~1.2.3", ">=1.2.3,<1.3.0"),
        ("~1.2", ">=1.2,<1.3"),
        ("~1", ">=1,<2"),
        ("*", ""),
        ("", ""),
        ("1.*", "==1.*"),
        ("1.2.*", "==1.2.*"),
        ("1.2.3", "==1.2.3"),
        ("=1.2", "==1.2"),
        ("==1.2.3", "==1.2.3"),
        (">= 1.2, < 1.5", ">=1.2,<1.5"),
        (">=1.2 <1.5", ">=1.2,<1.5"),
        ("~=1.4.2", "~=1.4.2"),
        ("!=1.5", "!=1.5"),
        ("<>1.5", "!=1.5"),
        ("^1.0b2", ">=1.0b2,<2.0"),
        ("^1!2.3", ">=1!2.3,<1!3.0"),
        ("v1.2", "==1.2"),
        ("(>=1.0,<2.0)", ">=1.0,<2.0"),
    ];
    for (constraint, expected) in table {
        assert_eq!(
            translate(constraint).as_deref(),
            Some(expected),
            "{constraint}"
        );
    }
}

#[test]
fn alternatives_become_the_range_that_holds_them_all() {
    assert_eq!(translate("^1.0 || ^3.0").as_deref(), Some(">=1.0,<4.0"));
    assert_eq!(translate("<1.0 || >=2.0").as_deref(), Some(""));
    assert_eq!(
        translate("1.2.* | ==1.4.0").as_deref(),
        Some(">=1.2,<=1.4.0")
    );
    assert_eq!(
        translate("~=1.4 || >=2,<2.5").as_deref(),
        Some(">=1.4,<2.5")
    );
}

#[test]
fn what_is_no_constraint_is_none() {
    for text in [
        "^",
        "^^1",
        ">= <1",
        "latest",
        "^x.y",
        "^99999999999999999999.1",
        "1.0 >=",
    ] {
        assert_eq!(translate(text), None, "{text}");
    }
}
