//! `downriver catalog`: checks the file that says who builds what out of what.

use std::path::Path;

use downriver_engine::wire::catalog::json_schema;
use serde::Serialize;

use crate::arguments::GlobalOptions;
use crate::desk::still::wall_clock;
use crate::exit::Exit;
use crate::render::style::counted;
use crate::setup::{find_catalog, load_catalog_with_folders};
use crate::terminal::Terminal;

/// What a catalog without problems holds.
#[derive(Serialize)]
struct Checked {
    file: String,
    applications: usize,
    producers: usize,
    dependencies: usize,
    repositories: usize,
    targets: usize,
}

pub(crate) fn check(
    options: &GlobalOptions,
    file: Option<&Path>,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let path = match file {
        Some(file) => file.to_owned(),
        None => find_catalog(options)?,
    };
    let loaded = load_catalog_with_folders(&path, Some(wall_clock()))?;
    loaded.remarks.iter().for_each(|text| terminal.remark(text));
    let applications = &loaded.catalog.applications;
    let checked = Checked {
        file: path.display().to_string(),
        applications: applications.len(),
        producers: applications
            .iter()
            .filter(|entry| entry.application.is_producer())
            .count(),
        dependencies: applications
            .iter()
            .map(|entry| entry.dependencies.len())
            .sum(),
        repositories: loaded.catalog.topology.repositories.len(),
        targets: loaded.catalog.topology.budgets.len(),
    };
    if terminal.is_json() {
        terminal.print_json(&checked)?;
        return Ok(Exit::Fine);
    }
    let parts = [
        counted(checked.applications, "application", "applications"),
        format!("{} of them publish packages", checked.producers),
        counted(checked.dependencies, "dependency", "dependencies"),
        counted(checked.repositories, "repository", "repositories"),
        counted(checked.targets, "target", "targets"),
    ];
    let good = terminal.page().paint.good("✓");
    terminal.print(&format!("{good} {}: {}\n", checked.file, parts.join(", ")))?;
    Ok(Exit::Fine)
}

pub(crate) fn schema(terminal: &mut Terminal) -> anyhow::Result<Exit> {
    let schema = json_schema();
    terminal.print(schema.trim_end())?;
    terminal.print("\n")?;
    Ok(Exit::Fine)
}
