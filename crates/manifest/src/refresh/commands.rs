//! Each tool's own command for moving some packages in its lockfile.

use std::collections::BTreeSet;

use downriver_version::PackageVersionId;

use super::{LeftChange, Move, RefreshPlan, RefreshStep, SettledChange, compiled, native_name};
use crate::files::{Files, folder_of, join_path};
use crate::kind::FileKind;

/// Adds the steps for one lockfile.
pub(super) fn add(files: &Files<'_>, one: &Move<'_>, plan: &mut RefreshPlan) {
    let names: Vec<String> = one
        .packages
        .keys()
        .map(|change| native_name(change.package()))
        .collect();
    if let Some((program, fixed)) = taking_names(one.kind) {
        push(plan, one, program, fixed, names);
        return;
    }
    match one.kind {
        FileKind::YarnLock => add_yarn(files, one, names, plan),
        FileKind::BunLock => add_bun(one, plan),
        FileKind::UvLock => {
            let words = flagged("--upgrade-package", names);
            push(plan, one, "uv", &["lock"], words);
        }
        FileKind::Requirements | FileKind::MaybeRequirements => {
            compiled::add(files, one, &names, plan);
        }
        FileKind::Pylock => leave(
            plan,
            one,
            "pylock.toml says not which tool wrote it: let that tool lock anew",
        ),
        FileKind::Pom => add_maven(files, one, plan),
        FileKind::GradleLock => add_gradle(files, one, &names, plan),
        FileKind::NugetLock => {
            let fixed = ["restore", "--force-evaluate"];
            push(plan, one, "dotnet", &fixed, Vec::new());
        }
        FileKind::CargoLock => push(plan, one, "cargo", &["update"], cargo_specs(one)),
        FileKind::Sbom | FileKind::NugetAssets | FileKind::MavenTree => settle(
            plan,
            one,
            "only what a build wrote tells of it: a plain build resolves it anew",
        ),
        _ => leave(
            plan,
            one,
            "no tool is known that moves it here: update it by hand",
        ),
    }
}

/// Tools whose command ends with the names of the packages.
const fn taking_names(kind: FileKind) -> Option<(&'static str, &'static [&'static str])> {
    Some(match kind {
        FileKind::NpmLock => (
            "npm",
            &[
                "update",
                "--package-lock-only",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
            ],
        ),
        FileKind::PnpmLock => (
            "pnpm",
            &[
                "update",
                "--recursive",
                "--depth",
                "Infinity",
                "--no-save",
                "--lockfile-only",
            ],
        ),
        FileKind::PoetryLock => ("poetry", &["update", "--lock", "--no-interaction"]),
        FileKind::PdmLock => ("pdm", &["update", "--no-sync"]),
        FileKind::PipfileLock => ("pipenv", &["upgrade", "--lock-only"]),
        FileKind::RubyLock => ("bundle", &["lock", "--conservative", "--update"]),
        FileKind::SwiftLock => ("swift", &["package", "update"]),
        _ => return None,
    })
}

fn add_yarn(files: &Files<'_>, one: &Move<'_>, names: Vec<String>, plan: &mut RefreshPlan) {
    if is_berry(files, one.file) {
        push(plan, one, "yarn", &["up", "--recursive"], names);
    } else {
        let fixed = ["upgrade", "--ignore-scripts", "--non-interactive"];
        push(plan, one, "yarn", &fixed, outermost(one));
    }
}

fn push(plan: &mut RefreshPlan, one: &Move<'_>, program: &str, fixed: &[&str], names: Vec<String>) {
    let changes = one
        .packages
        .keys()
        .map(|change| (*change).clone())
        .collect();
    push_for(plan, one, program, fixed, names, changes);
}

fn push_for(
    plan: &mut RefreshPlan,
    one: &Move<'_>,
    program: &str,
    fixed: &[&str],
    names: Vec<String>,
    changes: Vec<PackageVersionId>,
) {
    let fixed = fixed.iter().map(|word| (*word).to_owned());
    plan.steps.push(RefreshStep {
        folder: folder_of(one.file).to_owned(),
        program: program.to_owned(),
        arguments: fixed.chain(names).collect(),
        changes,
        writes: one.file.to_owned(),
    });
}

pub(super) fn leave(plan: &mut RefreshPlan, one: &Move<'_>, reason: &str) {
    for (change, instances) in &one.packages {
        plan.left.push(LeftChange {
            change: (*change).clone(),
            reason: reason.to_owned(),
            at: instances.first().and_then(|found| found.lock.clone()),
        });
    }
}

fn settle(plan: &mut RefreshPlan, one: &Move<'_>, reason: &str) {
    for change in one.packages.keys() {
        plan.settled.push(SettledChange {
            change: (*change).clone(),
            reason: reason.to_owned(),
        });
    }
}

/// Each name behind its own flag.
pub(super) fn flagged(flag: &str, names: Vec<String>) -> Vec<String> {
    names
        .into_iter()
        .flat_map(|name| [flag.to_owned(), name])
        .collect()
}

fn is_berry(files: &Files<'_>, file: &str) -> bool {
    const HEAD: usize = 2_000;
    let bytes = files.get(file).unwrap_or_default();
    let head = &bytes[..bytes.len().min(HEAD)];
    memchr::memmem::find(head, b"__metadata:").is_some()
}

/// yarn v1 upgrades direct dependencies, and lets go of everything below them.
fn outermost(one: &Move<'_>) -> Vec<String> {
    let names: BTreeSet<String> = one
        .packages
        .values()
        .flatten()
        .map(|found| native_name(found.via.first().unwrap_or(&found.package)))
        .collect();
    names.into_iter().collect()
}

/// bun updates direct dependencies only.
fn add_bun(one: &Move<'_>, plan: &mut RefreshPlan) {
    let (direct, below): (Vec<_>, Vec<_>) = one
        .packages
        .iter()
        .partition(|(_, instances)| instances.iter().any(|found| found.is_direct));
    if !direct.is_empty() {
        let names = direct
            .iter()
            .map(|(change, _)| native_name(change.package()))
            .collect();
        let changes = direct
            .iter()
            .map(|(change, _)| (**change).clone())
            .collect();
        push_for(plan, one, "bun", &["update"], names, changes);
    }
    for (change, instances) in below {
        plan.left.push(LeftChange {
            change: (*change).clone(),
            reason: "bun updates direct dependencies only: name it in `overrides`, or update what pulls it in".to_owned(),
            at: instances.first().and_then(|found| found.lock.clone()),
        });
    }
}

/// The version stands in the pom, or in a property or management section of it, which the plugin finds by itself.
fn add_maven(files: &Files<'_>, one: &Move<'_>, plan: &mut RefreshPlan) {
    let program = wrapper(files, one, "mvnw").unwrap_or("mvn");
    for change in one.packages.keys() {
        let goals = [
            "--batch-mode",
            "versions:use-dep-version",
            "-DgenerateBackupPoms=false",
            "-DforceVersion=true",
        ];
        let words = vec![
            format!("-Dincludes={}", native_name(change.package())),
            format!("-DdepVersion={}", change.version()),
        ];
        push_for(plan, one, program, &goals, words, vec![(*change).clone()]);
    }
}

/// The project's own tool comes before whatever is installed.
fn wrapper(files: &Files<'_>, one: &Move<'_>, name: &str) -> Option<&'static str> {
    let path = join_path(folder_of(one.file), name)?;
    files.get(&path)?;
    Some(if name == "mvnw" {
        "./mvnw"
    } else {
        "./gradlew"
    })
}

fn add_gradle(files: &Files<'_>, one: &Move<'_>, names: &[String], plan: &mut RefreshPlan) {
    let program = wrapper(files, one, "gradlew").unwrap_or("gradle");
    let words = vec![names.join(",")];
    push(
        plan,
        one,
        program,
        &["dependencies", "--update-locks"],
        words,
    );
}

/// Several versions of a package may be locked: each that is to move is named with its version.
fn cargo_specs(one: &Move<'_>) -> Vec<String> {
    let specs: BTreeSet<String> = one
        .packages
        .values()
        .flatten()
        .map(|found| {
            let name = native_name(&found.package);
            match &found.locked {
                Some(locked) => format!("{name}@{locked}"),
                None => name,
            }
        })
        .collect();
    flagged("--package", specs.into_iter().collect())
}
