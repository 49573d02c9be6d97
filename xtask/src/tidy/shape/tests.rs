use super::super::tree::file;
use super::*;

#[test]
fn a_file_of_500_lines_passes_and_one_of_501_does_not() {
    assert_eq!(
        check_sizes(&[file("crates/engine/src/a.rs", &"x\n".repeat(500))]),
        []
    );
    let findings = check_sizes(&[file("crates/engine/src/a.rs", &"x\n".repeat(501))]);
    assert_eq!(
        findings[0].to_string(),
        "crates/engine/src/a.rs:501: 501 lines, at most 500 are allowed; split it by what its parts own"
    );
}

#[test]
fn the_main_file_of_a_function_has_60_lines_at_most() {
    assert_eq!(
        check_sizes(&[file("functions/start/src/main.rs", &"x\n".repeat(60))]),
        []
    );
    assert_eq!(
        check_sizes(&[file("functions/start/src/main.rs", &"x\n".repeat(61))])[0].line,
        61
    );
    assert_eq!(
        check_sizes(&[
            file("functions/start/src/lib.rs", &"x\n".repeat(61)),
            file("functions/start/tests/it/main.rs", &"x\n".repeat(61)),
        ]),
        []
    );
}

#[test]
fn only_code_of_ours_is_measured() {
    assert_eq!(
        check_sizes(&[
            file("Cargo.lock", &"x\n".repeat(900)),
            file("crates/a/fixtures/setup.py", &"x\n".repeat(900))
        ]),
        []
    );
}

#[test]
fn empty_words_are_found_in_files_and_folders() {
    for path in [
        "crates/cli/src/util.rs",
        "crates/cli/src/helpers/a.rs",
        "crates/cli/src/slot_manager.rs",
        "infra/cdk/lib/common.ts",
    ] {
        assert_eq!(check_names(&[file(path, "")]).len(), 1, "{path}");
    }
    for path in [
        "xtask/src/tidy/metadata.rs",
        "crates/cli/src/information.rs",
        "infra/data.json",
    ] {
        assert_eq!(check_names(&[file(path, "")]), [], "{path}");
    }
}

#[test]
fn a_module_in_mod_rs_is_found() {
    let findings = check_names(&[file("crates/cli/src/plan/mod.rs", "")]);
    assert_eq!(findings[0].wrong, "a module in `mod.rs`");
}
