//! `pnpm-workspace.yaml`: where the members of a workspace stand, and what holds for all of them. Also the catalogs of
//! `.yarnrc.yml`, which are written alike.

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use downriver_domain::Evidence;
use serde::Deserialize;

use super::overrides::{self, Override};
use super::package_json::{Cataloged, Declared};
use super::yaml::{self, Entries, Text};
use crate::lines::Lines;
use crate::reading::Problem;

#[derive(Debug)]
pub(super) struct Settings<'a> {
    /// The patterns of the folders of members.
    pub(super) packages: Vec<Cow<'a, str>>,
    pub(super) catalogs: Vec<Cataloged<'a>>,
    pub(super) overrides: Vec<Override<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Written<'a> {
    #[serde(borrow)]
    packages: Option<Vec<Text<'a>>>,
    #[serde(borrow)]
    catalog: Entries<'a, Text<'a>>,
    #[serde(borrow)]
    catalogs: NamedCatalogs<'a>,
    #[serde(borrow)]
    overrides: Entries<'a, Text<'a>>,
}

type NamedCatalogs<'a> = Entries<'a, Entries<'a, Text<'a>>>;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WrittenCatalogs<'a> {
    #[serde(borrow)]
    catalog: Entries<'a, Text<'a>>,
    #[serde(borrow)]
    catalogs: NamedCatalogs<'a>,
}

/// Reads the file; `declared` is what the root's manifest declares, to which overrides can refer.
pub(super) fn parse<'a>(
    path: &'a str,
    text: &'a str,
    declared: &[Declared<'a>],
) -> Result<Settings<'a>, Problem> {
    let written: Written<'a> = yaml::read(path, text)?;
    let lines = Lines::new(text);
    let catalogs = cataloged(path, &lines, written.catalog, written.catalogs);
    let source = overrides::Source {
        path,
        lines: &lines,
        declared,
    };
    let overrides = written
        .overrides
        .0
        .into_iter()
        .filter_map(|(selector, requirement)| {
            let line = lines.of(&selector);
            overrides::of_pnpm_entry(&source, &selector, requirement.0, line)
        });
    Ok(Settings {
        packages: written
            .packages
            .into_iter()
            .flatten()
            .map(|pattern| pattern.0)
            .collect(),
        catalogs,
        overrides: overrides.collect(),
    })
}

/// Reads the catalogs of Yarn's settings (`catalog` and `catalogs` of `.yarnrc.yml`, since Yarn 4.10).
pub(super) fn parse_catalogs<'a>(path: &str, text: &'a str) -> Result<Vec<Cataloged<'a>>, Problem> {
    let written: WrittenCatalogs<'a> = yaml::read(path, text)?;
    let lines = Lines::new(text);
    Ok(cataloged(path, &lines, written.catalog, written.catalogs))
}

fn cataloged<'a>(
    path: &str,
    lines: &Lines<'a>,
    default: Entries<'a, Text<'a>>,
    named: NamedCatalogs<'a>,
) -> Vec<Cataloged<'a>> {
    let default = (Text(Cow::Borrowed("default")), default);
    let mut cataloged = Vec::new();
    for (catalog, entries) in std::iter::once(default).chain(named.0) {
        for (name, requirement) in entries.0 {
            let line = lines.of(&name);
            cataloged.push(Cataloged {
                catalog: catalog.0.clone(),
                name: name.0,
                requirement: requirement.0,
                evidence: Evidence {
                    file: path.into(),
                    line,
                },
            });
        }
    }
    cataloged
}
