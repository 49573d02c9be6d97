//! `cargo xtask dist`: everything that somebody without Rust needs to deploy, in `target/dist`.
//!
//! The same sources and tools give the same archives, byte for byte: what is in `SHA256SUMS` can be compared.

mod checksums;
mod notices;
mod template;
mod zip;

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::cargo::repository_root;
use crate::functions::{self, Architecture, FUNCTIONS};
use crate::logged::{announced, run_logged};
use crate::output::{make_folder, output_folder, remove_folder};
use crate::stack::TEMPLATE;
use crate::tools::Tools;

const FOLDER: &str = "dist";
/// Between cargo-lambda and the zips; not shipped.
const BUILD_FOLDER: &str = "dist-functions";
const CDK_FOLDER: &str = "infra/cdk";
const INSTALL: &str = include_str!("dist/INSTALL.txt");
/// What is copied, and what it is called in a release.
const COPIED: [(&str, &str); 3] = [
    ("LICENSE", "LICENSE"),
    ("infra/spoke/template.yaml", "spoke.yaml"),
    ("infra/requests/template.yaml", "requests.yaml"),
];

/// Builds the release for every architecture that can be built here, and names the others.
pub(crate) fn run() -> Result<bool> {
    let root = repository_root()?;
    let tools = Tools::ensure(&root)?;
    let dist = root.join("target").join(FOLDER);
    remove_folder(&dist)?;
    let dist = output_folder(&root, FOLDER)?;
    let mut left_out = Vec::new();
    for architecture in Architecture::ALL {
        match architecture.obstacle()? {
            Some(obstacle) => left_out.push(format!("{}: {obstacle}", architecture.name())),
            None => package(&root, &tools, architecture, &dist)?,
        }
    }
    if left_out.len() == Architecture::ALL.len() {
        bail!("failed to build the functions:\n{}", left_out.join("\n"));
    }
    announced("packing the CDK construct", || pack_construct(&root, &dist))?;
    for (from, name) in COPIED {
        copy(&root.join(from), &dist.join(name))?;
    }
    write(&dist.join("NOTICES.txt"), notices::collect(&root)?)?;
    write(&dist.join("INSTALL.txt"), INSTALL)?;
    let sums = checksums::of_folder(&dist)?;
    write(&dist.join(checksums::FILE), &sums)?;
    println!("\n{sums}\nThe release is in {}.", dist.display());
    for line in &left_out {
        println!("left out: {line}");
    }
    Ok(true)
}

/// The functions' zips and the template that names them.
fn package(root: &Path, tools: &Tools, architecture: Architecture, dist: &Path) -> Result<()> {
    let name = architecture.name();
    let built = output_folder(root, BUILD_FOLDER)?.join(name);
    announced(&format!("building the functions for {name}"), || {
        functions::build(root, tools, architecture, &built)
    })?;
    let folder = dist.join("functions").join(name);
    make_folder(&folder)?;
    for function in FUNCTIONS {
        let path = built.join(function).join("bootstrap");
        let bootstrap =
            fs::read(&path).with_context(|| format!("failed to read {}", path.display()))?;
        let zipped = zip::of_program("bootstrap", &bootstrap)?;
        println!("  {function}: {:.2} MB zipped", megabytes(zipped.len()));
        write(&folder.join(format!("{function}.zip")), &zipped)?;
    }
    let source = fs::read_to_string(root.join(TEMPLATE))
        .with_context(|| format!("failed to read {TEMPLATE}"))?;
    let packaged = template::packaged(&source, architecture)
        .with_context(|| format!("failed to package {TEMPLATE}"))?;
    write(&dist.join(format!("template-{name}.yaml")), &packaged)
}

fn pack_construct(root: &Path, dist: &Path) -> Result<()> {
    let log = output_folder(root, BUILD_FOLDER)?.join("npm.log");
    let npm = |arguments: &[&str]| {
        let mut command = Command::new("npm");
        command.args(arguments).current_dir(root.join(CDK_FOLDER));
        command
    };
    run_logged(&mut npm(&["ci", "--no-audit", "--no-fund"]), &log)?;
    run_logged(npm(&["pack", "--pack-destination"]).arg(dist), &log)
}

#[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    fs::write(path, content).with_context(|| format!("failed to write {}", path.display()))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to)
        .map(|_| ())
        .with_context(|| format!("failed to copy {}", from.display()))
}
