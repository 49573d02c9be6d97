//! Rules 1 and 2: which workspace crate may name which, and that one crate alone names the AWS SDK.
//!
//! `version ← domain ← manifest ← engine ← {aws, local}`; `{engine, aws} ← functions/*`; `{engine, aws, local} ← cli`.
//! `A ← B` means that B depends on A; a crate may also name anything left of its neighbour.

#[cfg(test)]
mod tests;

use super::finding::Finding;
use super::metadata::{Dependency, Package, Workspace};
use super::tree::{File, find};

/// Where a workspace package stands in the layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Version,
    Domain,
    Manifest,
    Engine,
    Aws,
    Local,
    Function,
    Cli,
    Testkit,
    Tests,
    Xtask,
}

/// Rule 1: edges between workspace packages, normal, build and dev.
pub(crate) fn check_edges(workspace: &Workspace, files: &[File]) -> Vec<Finding> {
    workspace
        .members()
        .flat_map(|package| check_package_edges(package, workspace, files))
        .collect()
}

/// Rule 2: only `downriver-aws` names the AWS SDK, for any kind of dependency.
pub(crate) fn check_aws_sdk(workspace: &Workspace, files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in workspace
        .members()
        .filter(|package| role_of(package) != Some(Role::Aws))
    {
        for dependency in package
            .dependencies
            .iter()
            .filter(|dependency| is_aws_sdk(&dependency.name))
        {
            findings.push(Finding::new(
                &package.manifest_path,
                line_of(package, dependency, files),
                format!("`{}` names `{}`", package.name, dependency.name),
                "go through a port of the engine that `downriver-aws` implements",
            ));
        }
    }
    findings
}

fn check_package_edges(package: &Package, workspace: &Workspace, files: &[File]) -> Vec<Finding> {
    let Some(from) = role_of(package) else {
        let wrong = format!(
            "workspace package `{}` has no place in the layout",
            package.name
        );
        return vec![Finding::new(
            &package.manifest_path,
            1,
            wrong,
            "give it one in xtask/src/tidy/edges.rs and in the architecture page",
        )];
    };
    let mut findings = Vec::new();
    for dependency in &package.dependencies {
        let Some(to) = workspace
            .members()
            .find(|member| member.name == dependency.name)
            .and_then(role_of)
        else {
            continue;
        };
        if is_allowed(from, to, dependency.is_dev) {
            continue;
        }
        let kind = if dependency.is_dev {
            "a dev-dependency"
        } else {
            "a dependency"
        };
        let remedy = if to == Role::Testkit {
            "the testkit may only be a dev-dependency"
        } else {
            "move the code to the crate it belongs to, or pass it through a port"
        };
        findings.push(Finding::new(
            &package.manifest_path,
            line_of(package, dependency, files),
            format!(
                "`{}` may not have `{}` as {kind}",
                package.name, dependency.name
            ),
            remedy,
        ));
    }
    findings
}

fn role_of(package: &Package) -> Option<Role> {
    if package.manifest_path.starts_with("functions/") {
        return Some(Role::Function);
    }
    match package.name.as_str() {
        "downriver-version" => Some(Role::Version),
        "downriver-domain" => Some(Role::Domain),
        "downriver-manifest" => Some(Role::Manifest),
        "downriver-engine" => Some(Role::Engine),
        "downriver-aws" => Some(Role::Aws),
        "downriver-local" => Some(Role::Local),
        "downriver" => Some(Role::Cli),
        "downriver-testkit" => Some(Role::Testkit),
        "downriver-tests" => Some(Role::Tests),
        "xtask" => Some(Role::Xtask),
        _ => None,
    }
}

fn is_allowed(from: Role, to: Role, is_dev: bool) -> bool {
    let is_open_to_dev =
        is_dev && (to == Role::Testkit || matches!(from, Role::Tests | Role::Xtask));
    is_open_to_dev || allowed_normal(from).contains(&to)
}

fn allowed_normal(from: Role) -> &'static [Role] {
    use Role::{
        Aws, Cli, Domain, Engine, Function, Local, Manifest, Testkit, Tests, Version, Xtask,
    };
    match from {
        Version | Xtask => &[],
        Domain => &[Version],
        Manifest => &[Version, Domain],
        Engine => &[Version, Domain, Manifest],
        Aws | Local => &[Version, Domain, Manifest, Engine],
        Function => &[Version, Domain, Manifest, Engine, Aws],
        Cli => &[Version, Domain, Manifest, Engine, Aws, Local],
        Testkit => &[Version, Domain, Manifest, Engine, Local],
        // The package ships nothing: its benchmarks are binaries, and a binary cannot use dev-dependencies.
        Tests => &[
            Version, Domain, Manifest, Engine, Aws, Local, Function, Cli, Testkit,
        ],
    }
}

fn is_aws_sdk(name: &str) -> bool {
    name.starts_with("aws-sdk-") || name.starts_with("aws-smithy-") || name == "aws-config"
}

/// The line of the manifest that names the dependency, in any of the three ways of writing it.
fn line_of(package: &Package, dependency: &Dependency, files: &[File]) -> usize {
    let name = dependency.name.as_str();
    let wanted_sections: &[&str] = if dependency.is_dev {
        &["dev-dependencies"]
    } else {
        &["dependencies", "build-dependencies"]
    };
    let Some(file) = find(files, &package.manifest_path) else {
        return 1;
    };
    let mut is_wanted_section = false;
    for (index, line) in file.text.lines().map(str::trim).enumerate() {
        if let Some(section) = line.strip_prefix('[') {
            let section = section.trim_end_matches(']');
            let has_last = |wanted: &str| section.rsplit('.').next() == Some(wanted);
            is_wanted_section = wanted_sections.iter().any(|wanted| has_last(wanted));
            if wanted_sections
                .iter()
                .any(|wanted| section.ends_with(&format!("{wanted}.{name}")))
            {
                return index + 1;
            }
        } else if is_wanted_section
            && line
                .strip_prefix(name)
                .is_some_and(|rest| rest.starts_with(['.', ' ', '=']))
        {
            return index + 1;
        }
    }
    1
}
