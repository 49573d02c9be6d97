//! What `cargo metadata` says about packages, reduced to what the rules ask.

#[cfg(test)]
mod tests;

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::cargo::{cargo, output_of};

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Workspace {
    /// Members and everything they depend on, for every platform and feature.
    pub(crate) packages: Vec<Package>,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// The SPDX expression, if the package states one.
    pub(crate) license: Option<String>,
    pub(crate) is_member: bool,
    /// Relative to the repository for members.
    pub(crate) manifest_path: String,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) targets: Vec<Target>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// Build dependencies count as normal ones: they decide what is shipped.
    pub(crate) is_dev: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) kind: String,
    /// Relative to the repository for members.
    pub(crate) path: String,
}

impl Workspace {
    pub(crate) fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.is_member)
    }
}

/// Asks cargo; the lock file must be up to date.
pub(crate) fn load(root: &Path) -> Result<Workspace> {
    let json = output_of(cargo(root).args([
        "metadata",
        "--format-version",
        "1",
        "--locked",
        "--all-features",
    ]))?;
    let value: Value =
        serde_json::from_str(&json).context("failed to parse the output of cargo metadata")?;
    parse_workspace(&value)
}

fn parse_workspace(value: &Value) -> Result<Workspace> {
    let root = text(value, "workspace_root")?;
    let members: Vec<&str> = list(value, "workspace_members")?
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let packages = list(value, "packages")?
        .iter()
        .map(|package| parse_package(package, &members, root))
        .collect::<Result<_>>()?;
    Ok(Workspace { packages })
}

fn parse_package(value: &Value, members: &[&str], root: &str) -> Result<Package> {
    let dependencies = list(value, "dependencies")?.iter().map(|dependency| {
        Ok(Dependency {
            name: text(dependency, "name")?.to_owned(),
            is_dev: dependency["kind"] == "dev",
        })
    });
    let targets = list(value, "targets")?.iter().map(|target| {
        Ok(Target {
            name: text(target, "name")?.to_owned(),
            kind: target["kind"][0]
                .as_str()
                .context("failed to read the kind of a target")?
                .to_owned(),
            path: relative(text(target, "src_path")?, root),
        })
    });
    Ok(Package {
        name: text(value, "name")?.to_owned(),
        version: text(value, "version")?.to_owned(),
        license: value["license"].as_str().map(str::to_owned),
        is_member: members.contains(&text(value, "id")?),
        manifest_path: relative(text(value, "manifest_path")?, root),
        dependencies: dependencies.collect::<Result<_>>()?,
        targets: targets.collect::<Result<_>>()?,
    })
}

fn relative(path: &str, root: &str) -> String {
    path.strip_prefix(root)
        .map_or(path, |rest| rest.trim_start_matches(['/', '\\']))
        .replace('\\', "/")
}

fn text<'a>(value: &'a Value, field: &str) -> Result<&'a str> {
    value[field].as_str().with_context(|| {
        format!("failed to find the text `{field}` in the output of cargo metadata")
    })
}

fn list<'a>(value: &'a Value, field: &str) -> Result<&'a [Value]> {
    let list = value[field].as_array().with_context(|| {
        format!("failed to find the list `{field}` in the output of cargo metadata")
    })?;
    Ok(list)
}
