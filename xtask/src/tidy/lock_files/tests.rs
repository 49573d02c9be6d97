use super::super::tree::file;
use super::*;

fn lines(path: &str, text: &str) -> Vec<usize> {
    check_lock_files(&[file(path, text)])
        .iter()
        .map(|finding| finding.line)
        .collect()
}

#[test]
fn the_default_registry_in_a_cargo_lock_passes_and_another_does_not() {
    let text = format!("[[package]]\nname = \"a\"\n{CARGO_SOURCE}\n");
    assert_eq!(lines("Cargo.lock", &text), [0; 0]);
    assert_eq!(
        lines("Cargo.lock", &text.replace("github.com", "mirror.example")),
        [3]
    );
    assert_eq!(
        lines("Cargo.lock", "source = \"git+https://github.com/a/b#c\"\n"),
        [1]
    );
}

#[test]
fn an_npm_lock_that_says_where_it_fetched_is_found() {
    let text = "{\n  \"a\": {\n    \"resolved\": \"https://registry.example/a-1.0.0.tgz\",\n    \"integrity\": \"sha512-x\"\n  }\n}\n";
    assert_eq!(lines("infra/cdk/package-lock.json", text), [3]);
}

#[test]
fn links_inside_the_repository_and_funding_pass() {
    let text =
        "\"resolved\": \"packages/a\",\n\"link\": true,\n\"url\": \"https://sponsors.example/a\"\n";
    assert_eq!(lines("package-lock.json", text), [0; 0]);
}

#[test]
fn a_host_in_any_other_lock_file_is_found() {
    assert_eq!(
        lines(
            "tests/requirements.txt",
            "# why: https://issue.example\n--index-url https://mirror.example/simple\nboto3==1.0\n"
        ),
        [2]
    );
    assert_eq!(
        lines("yarn.lock", "  resolved \"https://registry.example/a\"\n"),
        [1]
    );
}

#[test]
fn lock_files_kept_as_test_material_are_left_alone() {
    assert_eq!(
        lines(
            "crates/manifest/fixtures/npm/package-lock.json",
            "\"resolved\": \"https://registry.example/a\"\n"
        ),
        [0; 0]
    );
}
