//! `packages.config`: a flat list that is manifest and lock in one.

use downriver_domain::{Evidence, Scope};
use downriver_version::{Format, PackageId};

use super::msbuild::{attribute, is_named, parse_xml};
use super::normal_version;
use crate::graph::{Graph, Node, Root};
use crate::lines::Lines;
use crate::reading::{FileSummary, Problem, Reading, Source};
use crate::text::decode;

/// Adds what the file lists; `is_test`: for a project of tests.
pub(super) fn read(
    path: &str,
    bytes: &[u8],
    is_test: bool,
    reading: &mut Reading,
) -> Result<(), Problem> {
    let text = decode(path, bytes)?;
    let document = parse_xml(path, &text)?;
    let lines = Lines::new(&text);
    let mut graph = Graph::new(path);
    let packages = document
        .root_element()
        .children()
        .filter(|node| node.is_element() && is_named(*node, "package"));
    for package in packages {
        let line = Some(lines.at(package.range().start));
        let (Some(name), Some(version)) = (attribute(package, "id"), attribute(package, "version"))
        else {
            reading.problem(Problem::new(
                path,
                line,
                "lists a package without `id` or `version`",
            ));
            continue;
        };
        let is_for_development = attribute(package, "developmentDependency")
            .is_some_and(|value| value.eq_ignore_ascii_case("true"));
        // Nothing but a change of this file moves a version, and an update stays within what is allowed.
        let requirement = match attribute(package, "allowedVersions") {
            Some(allowed) => allowed.to_owned(),
            None => format!("[{version}]"),
        };
        let package = PackageId::new(Format::Nuget, None, name).ok();
        let to = graph.add(Node {
            name: super::msbuild::normalise_name(name).into(),
            package,
            version: Some(normal_version(version)),
            source: Source::Registry,
            line,
        })?;
        graph.roots.push(Root {
            to,
            requirement: Some(requirement.into()),
            scope: match (is_test, is_for_development) {
                (true, _) => Scope::Test,
                (false, true) => Scope::Build,
                (false, false) => Scope::Runtime,
            },
            evidence: Evidence {
                file: path.into(),
                line,
            },
            is_direct: true,
        });
    }
    reading.files.push(FileSummary {
        path: path.to_owned(),
        format: "packages.config".to_owned(),
        locked: graph.locked(),
        declared: graph.roots.len(),
    });
    graph.into_reading(reading);
    Ok(())
}
