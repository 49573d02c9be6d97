//! One burst through all functions: published, judged, started, ended, proven; with every call counted.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use downriver_testkit::runtime_api::{Answer, Asked, Function, ask, failed_messages, queue_event};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::calls::Calls;
use super::deployment::Deployment;
use super::prices::{self, Usage};
use super::{MINUTE, as_f64};

/// Applications that the burst affects.
const APPLICATIONS: usize = 20;
/// Events of the burst, and in one batch of the changes queue.
const BURST: usize = 200;
const BATCH: usize = 100;
/// Messages of a batch of the other queues.
const MESSAGES: usize = 10;
/// Rounds of timers until everything rests.
const ROUNDS_MAX: usize = 20;
/// What is aimed at.
const SLOT_WRITES_MAX: f64 = 2.0;

/// A published version of a package of the domain.
pub(super) fn event(number: usize, package: &str) -> String {
    let event = json!({
        "version": "0",
        "id": format!("d2c198f9-adba-73fe-aa19-{number:012}"),
        "detail-type": "CodeArtifact Package Version State Change",
        "source": "aws.codeartifact",
        "account": "111122223333",
        "time": "2026-03-02T09:14:07Z",
        "region": "eu-west-1",
        "resources": [],
        "detail": {
            "domainName": "acme",
            "domainOwner": "111122223333",
            "repositoryName": "libraries",
            "repositoryAdministrator": "111122223333",
            "packageFormat": "npm",
            "packageNamespace": "acme",
            "packageName": package,
            "packageVersion": format!("1.0.{}", number + 1),
            "packageVersionState": "Published",
            "packageVersionRevision": format!("{number:032X}"),
            "operationType": "Created",
            "sequenceNumber": number + 1,
            "eventDeduplicationId": format!("{number}"),
        },
    });
    event.to_string()
}

fn catalog() -> String {
    let mut text = r#"
domain_owners = ["111122223333"]
[defaults]
account = "111122223333"
region = "eu-west-1"
domain = "acme"
domain_owner = "111122223333"
repositories = ["libraries"]
quiet_period = "0s"
[owners.team]
[repositories.libraries]
[targets."111122223333/eu-west-1"]
budget = 100
"#
    .to_owned();
    for number in 0..APPLICATIONS {
        let _ = write!(
            text,
            r#"
[applications.shop-{number}]
owner = "team"
pipeline = "shop-{number}"
dependencies = [{{ package = "pkg:npm/%40acme/tokens", requirement = "^1.0.0", built = "1.0.0" }}]
"#
        );
    }
    text
}

/// The functions at work, and what they used.
struct Stage<'a> {
    folder: &'a Path,
    deployment: &'a Deployment,
    functions: BTreeMap<&'static str, Function>,
    /// All calls until the last count.
    before: Calls,
    /// Timers that were handed over.
    timers: usize,
    usage: Usage,
}

pub(super) fn tell(folder: &Path, deployment: &Deployment) -> Result<String> {
    let mut stage = Stage {
        folder,
        deployment,
        functions: BTreeMap::new(),
        before: Calls::default(),
        timers: 0,
        usage: Usage::default(),
    };
    stage.apply_catalog()?;
    stage.count();
    let begun = stage.before.clone();
    let written = stage.log_bytes();
    stage.usage = Usage::default();

    let events: Vec<String> = (0..BURST).map(|number| event(number, "tokens")).collect();
    for batch in events.chunks(BATCH) {
        stage.invoke("resolve", "ChangesQueue", batch)?;
    }
    let resolved = stage.count();
    stage.look()?;
    let started = stage.count();
    for state in ["STARTED", "SUCCEEDED"] {
        let ended: Vec<String> = (0..APPLICATIONS)
            .map(|number| execution_event(state, number))
            .collect();
        for batch in ended.chunks(MESSAGES) {
            stage.invoke("track", "RunsQueue", batch)?;
        }
    }
    let tracked = stage.count();
    for number in 0..APPLICATIONS {
        stage.invoke("index", "IndexQueue", &[built(number)])?;
    }
    stage.look()?;
    let proven = stage.count();
    stage.usage.calls = stage.before.since(&begun);
    stage.usage.log_bytes = stage.log_bytes() - written;
    let asked = deployment.calls.asked();
    if let Some(refused) = asked
        .iter()
        .find(|asked| asked.body.contains("QuarantineQueue"))
    {
        bail!(
            "a message of the benchmark was quarantined: {}",
            refused.body
        );
    }
    let steps = [
        ("resolve", resolved),
        ("start", started),
        ("track", tracked),
        ("index", proven),
    ];
    report(&steps, &stage.usage)
}

fn report(steps: &[(&str, Calls)], usage: &Usage) -> Result<String> {
    let mut text = format!(
        "calls to AWS: a burst of {BURST} events in batches of {BATCH}, {APPLICATIONS} applications affected, each rebuilt once\n"
    );
    for (name, calls) in steps {
        writeln!(text, "  {name}: {} calls", calls.total())?;
        for (operation, count) in &calls.by_operation {
            writeln!(text, "    {count:>6}  {operation}")?;
        }
    }
    let applications = as_f64(APPLICATIONS as u64);
    let events = as_f64(BURST as u64);
    let (_, resolved) = &steps[0];
    let slot_writes = as_f64(resolved.slots_written) / applications;
    let verdict = if slot_writes > SLOT_WRITES_MAX {
        "   MISSED"
    } else {
        ""
    };
    writeln!(
        text,
        "  resolve: {:.2} calls an event; {slot_writes:.2} writes of an affected application's record in the burst (aim: at most 2){verdict}; \
{:.2} items written for each in all",
        as_f64(resolved.total()) / events,
        as_f64(resolved.items_written) / applications,
    )?;
    let calls = &usage.calls;
    let writing = [
        "PutItem",
        "UpdateItem",
        "DeleteItem",
        "TransactWriteItems",
        "BatchWriteItem",
    ]
    .iter()
    .map(|operation| calls.of_operation(&format!("DynamoDB {operation}")))
    .sum::<u64>();
    writeln!(
        text,
        "  a rebuild from publish to proof: {:.1} calls, of them {:.1} to DynamoDB ({:.1} that write, {:.1} items, {:.1} write units)",
        as_f64(calls.total()) / applications,
        as_f64(calls.of_service("DynamoDB")) / applications,
        as_f64(writing) / applications,
        as_f64(calls.items_written) / applications,
        as_f64(calls.write_units) / applications,
    )?;
    let millions = 1e6 / events;
    writeln!(
        text,
        "\ncost of a million such events with {:.0} rebuilds",
        millions * applications
    )?;
    writeln!(
        text,
        "  requests to AWS {:>14.0}",
        as_f64(calls.total()) * millions
    )?;
    let mut sum = 0.0;
    for (service, dollars) in prices::cost(usage) {
        sum += dollars;
        writeln!(text, "  {service:<15} {:>10.2} USD", dollars * millions)?;
    }
    writeln!(text, "  {:<15} {:>10.2} USD", "together", sum * millions)?;
    writeln!(
        text,
        "  {}; write units are estimated from what was sent, times are of this machine",
        prices::STATED
    )?;
    Ok(text)
}

fn execution_event(state: &str, number: usize) -> String {
    let pipeline = format!("shop-{number}");
    let event = json!({
        "version": "0",
        "id": format!("01234567-EXAMPLE-{state}-{number}"),
        "detail-type": "CodePipeline Pipeline Execution State Change",
        "source": "aws.codepipeline",
        "account": "111122223333",
        "time": "2030-01-01T00:10:00Z",
        "region": "eu-west-1",
        "resources": [format!("arn:aws:codepipeline:eu-west-1:111122223333:{pipeline}")],
        "detail": {
            "pipeline": pipeline,
            "execution-id": format!("{pipeline}-0001"),
            "state": state,
            "version": 1.0,
        },
    });
    event.to_string()
}

fn built(number: usize) -> String {
    let report = json!({
        "v": "1",
        "kind": "built",
        "application": format!("shop-{number}"),
        "execution": format!("shop-{number}-0001"),
        "packages": [{"package": "pkg:npm/%40acme/tokens", "version": format!("1.0.{BURST}")}],
    });
    report.to_string()
}

impl Stage<'_> {
    fn apply_catalog(&mut self) -> Result<()> {
        let bundle =
            json!({"v": "1", "main": "a.toml", "files": {"a.toml": catalog()}}).to_string();
        let bucket = self.deployment.bucket().to_owned();
        let to = self.deployment.calls.url().to_owned();
        let (status, answer) = ask(&to, &format!("PUT /{bucket}/catalogs/bench.json"), &bundle)?;
        if status >= 300 {
            bail!("failed to upload the catalog: {status} {answer}");
        }
        let sha256 = Sha256::digest(bundle.as_bytes());
        let sha256 = sha256
            .iter()
            .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        let request = json!({"v": "1", "kind": "catalog", "key": "catalogs/bench.json", "sha256": sha256, "requested_by": "bench"});
        self.invoke("index", "IndexQueue", &[request.to_string()])?;
        let result = format!("GET /{bucket}/catalogs/bench.json.result.json");
        let (_, result) = ask(&to, &result, "")?;
        if !result.contains(r#""ok":true"#) {
            bail!("the catalog was not applied: {result}");
        }
        Ok(())
    }

    /// Hands over every timer that was sent, until none is sent any more.
    fn look(&mut self) -> Result<()> {
        for _ in 0..ROUNDS_MAX {
            let asked = self.deployment.calls.asked();
            let timers: Vec<String> = asked
                .iter()
                .filter_map(timer_of)
                .skip(self.timers)
                .collect();
            if timers.is_empty() {
                return Ok(());
            }
            self.timers += timers.len();
            for batch in timers.chunks(MESSAGES) {
                self.invoke("start", "DueQueue", batch)?;
            }
        }
        bail!("slots are looked at without end");
    }

    fn invoke(&mut self, name: &'static str, queue: &str, bodies: &[String]) -> Result<()> {
        if !self.functions.contains_key(name) {
            let program = self.folder.join(name).join("bootstrap");
            let function = Function::start(&program, &self.deployment.environment)
                .with_context(|| format!("failed to start {}", program.display()))?;
            self.functions.insert(name, function);
        }
        let function = self.functions.get_mut(name).context("it was started")?;
        let bodies: Vec<&str> = bodies.iter().map(String::as_str).collect();
        let begun = Instant::now();
        let answer = function.invoke(&queue_event(queue, &bodies), MINUTE);
        let time: Duration = begun.elapsed();
        match &answer {
            Answer::Response(response) if failed_messages(response).is_empty() => {}
            other => bail!("{name} failed: {other:?}\n{}", function.output().join("\n")),
        }
        self.usage.invocations += 1;
        self.usage.seconds += time.as_secs_f64();
        self.usage.queue_requests += 2 * (bodies.len() as u64).div_ceil(10);
        Ok(())
    }

    /// The calls since the last count.
    fn count(&mut self) -> Calls {
        let now = Calls::of(&self.deployment.asked());
        let new = now.since(&self.before);
        self.before = now;
        new
    }

    fn log_bytes(&self) -> u64 {
        let functions = self.functions.values();
        let lines = functions.flat_map(downriver_testkit::runtime_api::Function::output);
        lines.map(|line| line.len() as u64 + 1).sum()
    }
}

/// The body of a timer that was sent, if it is due about now: others are for what is waited for in vain.
fn timer_of(asked: &Asked) -> Option<String> {
    if asked.operation != "AmazonSQS.SendMessage" {
        return None;
    }
    let sent: Value = serde_json::from_str(&asked.body).ok()?;
    let body = sent["MessageBody"].as_str()?;
    let is_due = sent["DelaySeconds"].as_u64().is_none_or(|secs| secs <= 1);
    let is_timer = is_due && body.contains(r#""kind":"timer""#);
    is_timer.then(|| body.to_owned())
}
