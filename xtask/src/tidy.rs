//! `cargo xtask tidy`: the rules of the tree that neither the compiler nor clippy checks.
//!
//! Each rule is a pure function from values (files, packages) to findings; only [`run`] reads the disk and prints.

mod documents;
mod edges;
mod finding;
mod licences;
mod lock_files;
mod masked;
pub(crate) mod metadata;
mod settings;
mod shape;
mod test_layout;
mod tree;
mod wording;

use anyhow::Result;

use crate::cargo::repository_root;
use finding::Finding;

/// Checks every rule and prints each finding; true when there is none.
pub(crate) fn run() -> Result<bool> {
    let root = repository_root()?;
    let files = tree::load(&root)?;
    let workspace = metadata::load(&root)?;
    let rules: &[(&str, Vec<Finding>)] = &[
        ("crate edges", edges::check_edges(&workspace, &files)),
        (
            "AWS SDK only in one crate",
            edges::check_aws_sdk(&workspace, &files),
        ),
        ("sizes", shape::check_sizes(&files)),
        ("file names", shape::check_names(&files)),
        ("lints inherited", settings::check_lints(&files)),
        ("unwinding kept", settings::check_unwinding(&files)),
        (
            "clippy settings of the pure crates",
            settings::check_pure_crates(&files),
        ),
        (
            "tests apart from code",
            test_layout::check_inline_tests(&files),
        ),
        ("test names", test_layout::check_test_names(&files)),
        (
            "integration binaries",
            test_layout::check_integration_binaries(&workspace, &files),
        ),
        ("nothing unfinished", wording::check_unfinished(&files)),
        ("stored formats", wording::check_stored_formats(&files)),
        ("licences", licences::check_licences(&workspace, &files)),
        ("lock files", lock_files::check_lock_files(&files)),
        ("documents", documents::check_documents(&files)),
    ];
    let mut findings: Vec<_> = rules.iter().flat_map(|(_, findings)| findings).collect();
    findings.sort();
    for finding in &findings {
        println!("{finding}");
    }
    println!(
        "tidy: {} rules over {} files, {} findings",
        rules.len(),
        files.len(),
        findings.len()
    );
    for (name, findings) in rules.iter().filter(|(_, findings)| !findings.is_empty()) {
        println!("  {name}: {}", findings.len());
    }
    Ok(findings.is_empty())
}
