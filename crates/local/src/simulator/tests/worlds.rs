//! A small organisation for the tests beside this one, and a way to let it run.

use std::fmt::Write as _;

use downriver_domain::{Pipeline, Timestamp};
use downriver_engine::register::Catalog;
use downriver_engine::wire::catalog::parse_catalog;

use crate::simulator::agenda::{Item, ProgressStep};
use crate::simulator::{Simulator, prepare};
use crate::story::parse_story;

/// 2026-01-01T00:00:00Z.
pub(super) const FIRST: Timestamp = Timestamp::from_unix_millis(1_767_225_600_000);

pub(super) const CATALOG: &str = r#"
domain_owners = ["111122223333"]

[defaults]
account = "123456789012"
region = "eu-west-1"
domain = "acme"
domain_owner = "111122223333"
repositories = ["team"]

[owners.team]

[repositories.store]
external_connection = "public:npmjs"
[repositories.shared]
upstreams = ["store"]
[repositories.team]
upstreams = ["shared"]

[applications.lib]
owner = "team"
products = ["pkg:npm/%40acme/lib"]
publishes_to = "shared"
dependencies = []

[applications.web]
owner = "team"
variables = true
dependencies = [
  { package = "pkg:npm/%40acme/lib", requirement = "^1.2.0", built = "1.2.3" },
  { package = "pkg:npm/react", requirement = "^18.0.0", built = "18.2.0" },
]
"#;

pub(super) fn catalog(text: &str) -> Catalog {
    let read_file = |name: &str| Err(format!("no file {name}"));
    parse_catalog("downriver.toml", text, None, &read_file)
        .unwrap_or_else(|problems| panic!("{problems:#?}"))
}

pub(super) fn begin(catalog_text: &str, story: &str) -> Simulator {
    let story = parse_story("story.toml", &format!("title = \"t\"\n{story}")).unwrap();
    let prepared = prepare(catalog(catalog_text), &story, FIRST).unwrap();
    let mut simulator = Simulator::begin(&prepared, &story, FIRST, FIRST.minus_secs(1)).unwrap();
    simulator.advance_to(FIRST);
    simulator
}

pub(super) fn pipeline_of(simulator: &Simulator, application: &str) -> Pipeline {
    let id = application.parse().unwrap();
    simulator.facts.applications[&id].pipeline.clone()
}

/// Lets the simulated services move for `secs`; gives the events that arrived: second, and what it says.
pub(super) fn run(simulator: &mut Simulator, dependencies: &Catalog, secs: u64) -> Vec<String> {
    let until = simulator.now().plus_secs(secs);
    let mut arrived = Vec::new();
    while simulator.agenda.next_at().is_some_and(|at| at <= until) {
        let (at, item) = simulator.agenda.take().unwrap();
        simulator.advance_to(at);
        match item {
            Item::Event { body, .. } => arrived.push(said(at, &body)),
            Item::Progress(progress) if progress.step == ProgressStep::Resolve => {
                let Some((application, refresh)) = simulator.builder_of(&progress) else {
                    continue;
                };
                let refreshed = match refresh {
                    crate::simulator::Refresh::Packages(packages) => packages,
                    _ => std::collections::BTreeSet::new(),
                };
                let registrations = &dependencies.applications;
                let registration = registrations
                    .iter()
                    .find(|registration| registration.application.id == application)
                    .unwrap();
                simulator.build(&progress, &registration.dependencies, &refreshed);
            }
            Item::Progress(progress) => simulator.progress(&progress),
            Item::Push {
                application,
                is_rule,
            } => simulator.push(&application.0, is_rule),
            Item::Ingest {
                package,
                version,
                repositories,
            } => simulator.ingest(&package, &version, &repositories),
            Item::Built { report, .. } => {
                let mut text = format!("{} built", at.secs_since(FIRST));
                for built in &report.packages {
                    write!(text, " {}@{}", built.package.0.name(), built.version).unwrap();
                }
                arrived.push(text);
            }
            _ => {}
        }
    }
    simulator.advance_to(until);
    arrived
}

/// `1 web STARTED`, `202 shared lib@1.2.4 Created Published`.
fn said(at: Timestamp, body: &str) -> String {
    let event: serde_json::Value = serde_json::from_str(body).unwrap();
    let detail = &event["detail"];
    let text = |key: &str| detail[key].as_str().unwrap_or("").to_owned();
    let secs = at.secs_since(FIRST);
    if event["source"] == "aws.codepipeline" {
        return format!("{secs} {} {}", text("pipeline"), text("state"));
    }
    format!(
        "{secs} {} {}@{} {} {}",
        text("repositoryName"),
        text("packageName"),
        text("packageVersion"),
        text("operationType"),
        text("packageVersionState")
    )
}
