use super::super::tree::file;
use super::*;

fn unfinished(path: &str, text: &str) -> Vec<(usize, String)> {
    check_unfinished(&[file(path, text)])
        .into_iter()
        .map(|finding| (finding.line, finding.wrong))
        .collect()
}

#[test]
fn unfinished_code_is_found() {
    assert_eq!(
        unfinished("a.rs", "fn a() {\n    todo!()\n}\n"),
        [(2, "`todo!` in the code".to_owned())]
    );
    assert_eq!(
        unfinished("a.rs", "fn a() { unimplemented!(\"b\") }"),
        [(1, "`unimplemented!` in the code".to_owned())]
    );
}

#[test]
fn a_skipped_test_is_found() {
    assert_eq!(
        unfinished("a.rs", "#[test]\n#[ignore = \"slow\"]\nfn a() {}\n"),
        [(2, "a test that is skipped".to_owned())]
    );
}

#[test]
fn a_remark_left_behind_is_found_in_every_language() {
    assert_eq!(unfinished("a.rs", "fn a() {} // FIXME later\n").len(), 1);
    assert_eq!(unfinished("infra/sam/template.yaml", "# FIXME\n").len(), 1);
    assert_eq!(unfinished("infra/cdk/lib/a.ts", "// FIXME\n").len(), 1);
}

#[test]
fn words_in_strings_names_and_material_pass() {
    assert_eq!(
        unfinished(
            "a.rs",
            "let a = \"todo!() FIXME #[ignore]\"; // finish todo! later\nlet b = mytodo!();\n"
        ),
        []
    );
    assert_eq!(unfinished("crates/a/fixtures/b.py", "# FIXME\n"), []);
}

fn stored(path: &str, text: &str) -> Vec<(usize, String)> {
    check_stored_formats(&[file(path, text)])
        .into_iter()
        .map(|finding| (finding.line, finding.wrong))
        .collect()
}

#[test]
fn guessing_attributes_in_a_stored_format_are_found() {
    let path = "crates/engine/src/wire.rs";
    assert_eq!(
        stored(path, "\n#[serde(untagged)]\nenum A {}"),
        [(2, "`serde(untagged)` in a stored format".to_owned())]
    );
    assert_eq!(
        stored(
            path,
            "#[serde(\n  rename_all(serialize = \"x\"),\n  flatten,\n)]\na: A"
        ),
        [(1, "`serde(flatten)` in a stored format".to_owned())]
    );
    assert_eq!(
        stored(path, "#[cfg_attr(feature = \"a\", serde(flatten))]\na: A").len(),
        1
    );
}

#[test]
fn the_same_words_elsewhere_pass() {
    assert_eq!(
        stored(
            "crates/engine/src/wire.rs",
            "#[serde(rename = \"flatten\")]\na: A\nlet b = c.iter().flatten();"
        ),
        []
    );
    assert_eq!(
        stored(
            "crates/manifest/src/npm.rs",
            "#[serde(untagged)]\nenum A {}"
        ),
        []
    );
}
