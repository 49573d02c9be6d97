//! One entry of a section of dependencies.

use downriver_domain::Scope;
use downriver_version::{Format, Requirement};
use toml::de::{DeTable, DeValue};

use super::{Context, flag, text};
use crate::reading::{Problem, Reading};

#[derive(Debug, Clone)]
pub(in super::super) struct Declared {
    /// The name by which the code knows it, and under which a workspace shares it.
    pub(in super::super) key: String,
    /// The package's own name (`package = …`).
    pub(in super::super) name: String,
    /// None where it is missing or cannot be read.
    pub(in super::super) requirement: Option<String>,
    pub(in super::super) origin: Origin,
    pub(in super::super) scope: Scope,
    pub(in super::super) line: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Origin {
    Registry,
    Git,
    /// From the folder of the manifest.
    Path(String),
    /// `workspace = true`
    Workspace,
}

pub(super) fn read_section(
    context: Context<'_>,
    section: &DeTable<'_>,
    scope: Scope,
    reading: &mut Reading,
) -> Vec<Declared> {
    let mut found = Vec::new();
    for (key, value) in section {
        let line = context.lines.at(key.span().start);
        let declared = match value.get_ref() {
            DeValue::String(requirement) => Some(Declared {
                key: key.get_ref().to_string(),
                name: key.get_ref().to_string(),
                requirement: Some(requirement.to_string()),
                origin: Origin::Registry,
                scope,
                line,
            }),
            DeValue::Table(table) => detailed(key.get_ref(), table, scope, line),
            _ => None,
        };
        let Some(mut declared) = declared else {
            let text = format!(
                "says of `{}` neither a version nor a table: write `{0} = \"1.2\"`",
                key.get_ref()
            );
            reading.problem(Problem::new(context.path, Some(line), text));
            continue;
        };
        check_requirement(context, &mut declared, reading);
        found.push(declared);
    }
    found
}

fn detailed(key: &str, table: &DeTable<'_>, scope: Scope, line: u32) -> Option<Declared> {
    let origin = if flag(table, "workspace") {
        Origin::Workspace
    } else if let Some(path) = text(table, "path") {
        Origin::Path(path.into_owned())
    } else if table.contains_key("git") {
        Origin::Git
    } else {
        Origin::Registry
    };
    let requirement = match table.get("version").map(toml::Spanned::get_ref) {
        Some(DeValue::String(version)) => Some(version.to_string()),
        Some(_) => return None,
        // Deprecated, and then any version will do.
        None if origin == Origin::Registry => Some("*".to_owned()),
        None => None,
    };
    let is_optional = flag(table, "optional");
    Some(Declared {
        key: key.to_owned(),
        name: text(table, "package").map_or_else(|| key.to_owned(), std::borrow::Cow::into_owned),
        requirement,
        origin,
        // One for development is never optional: Cargo refuses it.
        scope: if is_optional { Scope::Optional } else { scope },
        line,
    })
}

fn check_requirement(context: Context<'_>, declared: &mut Declared, reading: &mut Reading) {
    let Some(requirement) = &declared.requirement else {
        return;
    };
    if Requirement::parse(Format::Cargo, requirement).is_err() {
        let text = format!(
            "asks for `{}` as `{requirement}`, which is no requirement of Cargo's: write `1.2`, `>=1, <3` or `*`",
            declared.name
        );
        reading.problem(Problem::new(context.path, Some(declared.line), text));
        declared.requirement = None;
    }
}
