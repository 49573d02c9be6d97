use super::*;

fn code(text: &str) -> String {
    mask(text)
        .code
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn strings_of_every_kind_are_blanked() {
    assert_eq!(code(r#"let a = "todo!()";"#), "let a = ;");
    assert_eq!(code(r#"let a = "\"todo!()";"#), "let a = ;");
    assert_eq!(code("let a = r#\"a \" todo!()\"#;"), "let a = ;");
    assert_eq!(code("let a = br\"todo!()\\\";"), "let a = ;");
    assert_eq!(
        code("let a = 'x'; let b = '\\''; let c = '\"'; d"),
        "let a = ; let b = ; let c = ; d"
    );
}

#[test]
fn lifetimes_and_raw_identifiers_are_code() {
    assert_eq!(
        code("fn f<'a, 'b>(r#type: &'a str) -> &'a str"),
        "fn f<'a, 'b>(r#type: &'a str) -> &'a str"
    );
}

#[test]
fn an_identifier_that_ends_in_r_does_not_open_a_raw_string() {
    assert_eq!(code("bar\"todo!()\\\"\";x"), "bar ;x");
}

#[test]
fn comments_are_kept_apart_and_nest() {
    let text = "a // one\n/* two /* three */ four */ b\n";
    assert_eq!(code(text), "a b");
    assert_eq!(
        mask(text)
            .comments
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" "),
        "// one /* two /* three */ four */"
    );
}

#[test]
fn lines_keep_their_numbers() {
    let masked = mask("let a = \"one\ntwo\";\n/* three\nfour */\nlet b;\n");
    assert_eq!(
        masked.code.lines().position(|line| line.contains("let b")),
        Some(4)
    );
    assert_eq!(masked.comments.lines().count(), 5);
}

#[test]
fn a_quote_or_comment_left_open_ends_with_the_text() {
    for text in [
        "\"open", "r#\"open", "/* open", "'\\", "'", "b", "cr", "é'é",
    ] {
        assert_eq!(
            mask(text).code.chars().count(),
            text.chars().count(),
            "{text}"
        );
    }
}

#[test]
fn a_word_is_not_part_of_a_longer_one() {
    assert!(has_word("x = todo!()", "todo!"));
    assert!(!has_word("x = mytodo!()", "todo!"));
    assert!(has_word("rename, flatten)", "flatten"));
    assert!(!has_word("flattened", "flatten"));
    assert!(!has_word("deflatten flattens", "flatten"));
}
