use super::super::tree::file;
use super::*;

fn findings(files: &[File]) -> Vec<String> {
    check_documents(files)
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn a_tree_with_its_documents_passes() {
    let files = [
        file("README.md", "What."),
        file("ARCHITECTURE.md", &"x\n".repeat(200)),
        file("functions/start/README.md", "Trigger."),
        file("functions/start/src/main.rs", ""),
    ];
    assert_eq!(findings(&files), [""; 0]);
    assert_eq!(findings(&files[..1]), [""; 0]);
}

#[test]
fn a_missing_readme_is_found() {
    assert_eq!(
        findings(&[]),
        ["README.md:1: is missing; say what this is and how to run it"]
    );
}

#[test]
fn a_function_without_a_readme_is_found_once() {
    let files = [
        file("README.md", ""),
        file("functions/start/src/main.rs", ""),
        file("functions/start/Cargo.toml", ""),
    ];
    assert_eq!(
        findings(&files),
        [
            "functions/start/README.md:1: is missing; say the function's trigger, effects and environment"
        ]
    );
}

#[test]
fn an_architecture_page_of_201_lines_is_found() {
    let files = [
        file("README.md", ""),
        file("ARCHITECTURE.md", &"x\n".repeat(201)),
    ];
    assert_eq!(
        findings(&files),
        [
            "ARCHITECTURE.md:201: 201 lines, at most 200 are allowed; move details to the modules they are about"
        ]
    );
}
