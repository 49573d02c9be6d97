use super::super::metadata::Target;
use super::super::tree::file;
use super::*;

#[test]
fn tests_in_their_own_file_pass() {
    let text = "#[cfg(test)]\nmod tests;\n\nmod plan {\n}\n\n#[cfg(test)]\nfn file() {}\n";
    assert_eq!(check_inline_tests(&[file("crates/a/src/lib.rs", text)]), []);
}

#[test]
fn tests_under_the_code_are_found_in_any_spelling() {
    let spellings = [
        "#[cfg(test)]\nmod tests {\n}\n",
        "#[cfg(test)] mod tests { }\n",
        "#[cfg(test)]\n// why\n#[expect(clippy::x, reason = \"y\")]\npub(crate) mod checks {\n}\n",
        "#[cfg(all(test, unix))]\nmod tests\n{\n}\n",
    ];
    for text in spellings {
        assert_eq!(
            check_inline_tests(&[file("crates/a/src/lib.rs", text)]).len(),
            1,
            "{text}"
        );
    }
}

#[test]
fn a_planted_module_in_a_string_is_not_code() {
    assert_eq!(
        check_inline_tests(&[file("a.rs", "let text = \"#[cfg(test)]\nmod tests {\n}\";")]),
        []
    );
}

#[test]
fn a_test_name_with_the_prefix_is_found() {
    let texts = [
        "#[test]\nfn test_a_duplicate() {}\n",
        "#[tokio::test]\nasync fn test_a_duplicate() {}\n",
        "#[test]\n/// Why.\n#[should_panic]\nfn test_a_duplicate() {}\n",
        "#[test] fn test_a_duplicate() {}\n",
    ];
    for text in texts {
        let findings = check_test_names(&[file("a.rs", text)]);
        assert_eq!(findings.len(), 1, "{text}");
        assert_eq!(findings[0].wrong, "test name `test_a_duplicate`");
    }
}

#[test]
fn a_function_that_is_no_test_may_have_the_prefix() {
    assert_eq!(
        check_test_names(&[file(
            "a.rs",
            "#[test]\nfn a_sentence() {}\n\nfn test_catalog() {}\n"
        )]),
        []
    );
}

fn binaries(paths: &[&str], text: &str) -> Vec<Finding> {
    let targets = paths
        .iter()
        .map(|path| Target {
            name: "it".into(),
            kind: "test".into(),
            path: (*path).into(),
        })
        .collect();
    let package = Package {
        name: "a".into(),
        manifest_path: "a/Cargo.toml".into(),
        is_member: true,
        targets,
        ..Package::default()
    };
    let files: Vec<_> = paths.iter().map(|path| file(path, text)).collect();
    check_integration_binaries(
        &Workspace {
            packages: vec![package],
        },
        &files,
    )
}

#[test]
fn one_integration_binary_in_its_place_passes() {
    assert_eq!(
        binaries(
            &["crates/a/tests/it/main.rs"],
            "#![cfg(test)]\nmod replay;\n"
        ),
        []
    );
    assert_eq!(
        binaries(&["crates/a/tests/it/main.rs"], "//! Why.\n#![cfg(test)]\n"),
        []
    );
    assert_eq!(binaries(&[], ""), []);
}

#[test]
fn the_end_to_end_suite_stands_beside_the_other_tests() {
    let both = ["tests/tests/it/main.rs", "tests/tests/e2e/main.rs"];
    assert_eq!(binaries(&both, "#![cfg(test)]\n"), []);
    assert_eq!(binaries(&both, "mod burst;\n").len(), 2);
    let elsewhere = ["crates/a/tests/it/main.rs", "crates/a/tests/e2e/main.rs"];
    assert_eq!(binaries(&elsewhere, "#![cfg(test)]\n").len(), 2);
}

#[test]
fn a_second_or_misplaced_binary_is_found() {
    let findings = binaries(
        &["crates/a/tests/it/main.rs", "crates/a/tests/more.rs"],
        "#![cfg(test)]\n",
    );
    assert_eq!(findings.len(), 2);
    assert_eq!(findings[1].path, "crates/a/tests/more.rs");
}

#[test]
fn an_integration_binary_without_the_attribute_is_found() {
    let findings = binaries(
        &["crates/a/tests/it/main.rs"],
        "mod replay;\n#![cfg(test)]\n",
    );
    assert_eq!(findings[0].wrong, "does not start with `#![cfg(test)]`");
}
