use super::is_permitted;

const PERMISSIVE: &[&str] = &["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "ISC"];

#[test]
fn expressions_are_judged_by_their_structure() {
    let table = [
        ("MIT", Some(true)),
        ("GPL-3.0-only", Some(false)),
        ("MIT OR GPL-3.0-only", Some(true)),
        ("GPL-3.0-only OR MIT", Some(true)),
        ("MIT AND GPL-3.0-only", Some(false)),
        ("MIT AND Apache-2.0", Some(true)),
        ("MIT/Apache-2.0", Some(true)),
        ("GPL-3.0-only/MPL-2.0", Some(false)),
        ("MIT OR Apache-2.0 AND GPL-3.0-only", Some(true)),
        ("(MIT OR Apache-2.0) AND GPL-3.0-only", Some(false)),
        ("ISC AND (GPL-3.0-only OR (MIT AND Apache-2.0))", Some(true)),
        ("Apache-2.0 WITH LLVM-exception", Some(true)),
        ("MIT WITH LLVM-exception", Some(false)),
        (
            "GPL-2.0-only WITH Classpath-exception-2.0 OR MIT",
            Some(true),
        ),
    ];
    for (expression, expected) in table {
        assert_eq!(
            is_permitted(expression, PERMISSIVE),
            expected,
            "{expression}"
        );
    }
}

#[test]
fn malformed_expressions_are_told_apart() {
    for expression in [
        "",
        "MIT OR",
        "(MIT",
        "MIT)",
        "OR MIT",
        "MIT Apache-2.0",
        "MIT WITH",
        "AND",
    ] {
        assert_eq!(is_permitted(expression, PERMISSIVE), None, "{expression}");
    }
}
