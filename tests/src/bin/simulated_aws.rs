//! The simulated CodePipeline, STS and CodeArtifact as a process: `simulated-services [--option value]…`; and what puts into a
//! running one what a catalog names: `simulated-services fill ENDPOINT CATALOG`.
//!
//! Prints one line with its address once it answers, and ends well on SIGTERM and SIGINT. What it serves and its control API
//! are documented at `downriver_testkit::simulated_aws`.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use downriver_testkit::simulated_aws::{Bus, EventLevel, Settings, run};
use downriver_tests::registry;

const USAGE: &str = "\
simulated-services fill ENDPOINT CATALOG
  puts into those at http://host:port the repositories, packages and policies that the catalog speaks of
simulated-services [--option value]…
  --listen ADDRESS           default 127.0.0.1:0, a free port
  --default-account ACCOUNT  of callers whose access key says none; default 123456789012
  --events ENDPOINT          sends state-change events to this EventBridge endpoint, http://host:port, and hands on to it what it
                             is asked of EventBridge besides requests for rebuilds; needs the two below
  --hub-account ACCOUNT      the account whose default bus is listened to
  --hub-region REGION        and its Region
  --event-source SOURCE      default emulated.codepipeline
  --relay-queue URL          the queue that gets the events of all other accounts and Regions";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help") {
        return say(USAGE);
    }
    if let [first, rest @ ..] = &arguments[..]
        && first == "fill"
    {
        let [endpoint, catalog] = rest else {
            bail!("fill needs an endpoint and a catalog\n{USAGE}");
        };
        let (repositories, versions) = registry::fill(endpoint, Path::new(catalog))?;
        return say(&format!(
            "{repositories} repositories and {versions} package versions were put in"
        ));
    }
    let (address, settings) = parse_arguments(&arguments)?;
    run(address, settings, |address| {
        // Nobody reads the line if the pipe is closed, but the address may have been given.
        say(&format!("simulated-services is ready at http://{address}")).unwrap_or(());
    })
    .with_context(|| format!("failed to serve at {address}"))
}

fn say(line: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}

fn parse_arguments(arguments: &[String]) -> Result<(SocketAddr, Settings)> {
    let mut address = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut settings = Settings::default();
    let mut bus = Bus {
        endpoint: String::new(),
        source: "emulated.codepipeline".to_owned(),
        hub_account: String::new(),
        hub_region: String::new(),
        relay_queue_url: None,
        levels: vec![EventLevel::Pipeline, EventLevel::Stage, EventLevel::Action],
    };
    for pair in arguments.chunks(2) {
        let [option, value] = pair else {
            bail!("{} needs a value\n{USAGE}", pair[0]);
        };
        match option.as_str() {
            "--listen" => {
                address = value
                    .parse()
                    .with_context(|| format!("{value} is no address"))?;
            }
            "--default-account" => settings.default_account.clone_from(value),
            "--events" => bus.endpoint.clone_from(value),
            "--hub-account" => bus.hub_account.clone_from(value),
            "--hub-region" => bus.hub_region.clone_from(value),
            "--event-source" => bus.source.clone_from(value),
            "--relay-queue" => bus.relay_queue_url = Some(value.clone()),
            other => bail!("there is no option {other}\n{USAGE}"),
        }
    }
    if !bus.endpoint.is_empty() {
        if bus.hub_account.is_empty() || bus.hub_region.is_empty() {
            bail!("--events needs --hub-account and --hub-region");
        }
        settings.bus = Some(bus);
    }
    Ok((address, settings))
}
