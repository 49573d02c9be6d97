//! The licence texts of what is compiled into the functions: their authors ask for no more than that these go with the binaries.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::cargo::{cargo, output_of};
use crate::functions::FUNCTIONS;
use crate::tidy::metadata::{self, Package};

/// How the names of files with such texts begin.
const BEGINNINGS: [&str; 4] = ["license", "licence", "copying", "notice"];
const HEAD: &str = "Downriver is licensed under the Apache License 2.0, see LICENSE.\n\
                    Its functions contain these packages, each under its own licence; their texts follow.\n";

/// One document for all functions.
pub(crate) fn collect(root: &Path) -> Result<String> {
    let linked = linked_packages(root)?;
    let workspace = metadata::load(root)?;
    let packages: Vec<&Package> = workspace
        .packages
        .iter()
        .filter(|package| !package.is_member && linked.contains(&shown(package)))
        .collect();
    ensure!(
        !packages.is_empty(),
        "failed to find the packages that the functions contain"
    );
    let mut texts = BTreeMap::new();
    for package in &packages {
        for text in texts_of(package)? {
            texts
                .entry(text)
                .or_insert_with(BTreeSet::new)
                .insert(shown(package));
        }
    }
    Ok(rendered(&packages, &texts))
}

/// `name version` of everything below the functions that is not only for building or testing.
fn linked_packages(root: &Path) -> Result<BTreeSet<String>> {
    let mut command = cargo(root);
    command.args([
        "tree", "--locked", "--edges", "normal", "--prefix", "none", "--format", "{p}",
    ]);
    command.args(["--target", "x86_64-unknown-linux-gnu"]);
    for function in FUNCTIONS {
        command.args(["--package", &format!("downriver-{function}")]);
    }
    Ok(parse_tree(&output_of(&mut command)?))
}

/// Lines such as `serde v1.0.0`, `xtask v0.1.0 (/somewhere)`, `syn v2.0.0 (*)`.
fn parse_tree(tree: &str) -> BTreeSet<String> {
    tree.lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            Some(format!(
                "{} {}",
                words.next()?,
                words.next()?.strip_prefix('v')?
            ))
        })
        .collect()
}

fn shown(package: &Package) -> String {
    format!("{} {}", package.name, package.version)
}

/// A package that brings no text is named with its licence all the same.
fn texts_of(package: &Package) -> Result<BTreeSet<String>> {
    let folder = Path::new(&package.manifest_path)
        .parent()
        .context("a manifest has a folder")?;
    let failed = || format!("failed to read the licence of {}", package.name);
    let mut texts = BTreeSet::new();
    for entry in fs::read_dir(folder).with_context(failed)? {
        let path = entry.with_context(failed)?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .to_lowercase();
        if path.is_file()
            && BEGINNINGS
                .iter()
                .any(|beginning| name.starts_with(beginning))
        {
            let text = fs::read(&path).with_context(failed)?;
            texts.insert(String::from_utf8_lossy(&text).trim().replace("\r\n", "\n"));
        }
    }
    Ok(texts)
}

fn rendered(packages: &[&Package], texts: &BTreeMap<String, BTreeSet<String>>) -> String {
    let mut lines: Vec<String> = packages
        .iter()
        .map(|package| {
            let license = package.license.as_deref().unwrap_or("see its text");
            format!("  {} ({license})", shown(package))
        })
        .collect();
    lines.sort();
    let list = format!("{HEAD}\n{}\n", lines.join("\n"));
    let texts = texts.iter().map(|(text, packages)| {
        let names: Vec<&str> = packages.iter().map(String::as_str).collect();
        format!("\n{}\n{}\n\n{text}\n", "-".repeat(80), names.join(", "))
    });
    std::iter::once(list).chain(texts).collect()
}
