use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use downriver_domain::Timestamp;
use downriver_engine::history::{HistoryBody, HistoryEntry, Note, NoteKind};
use downriver_engine::index::ReadReport;
use downriver_engine::ports::Commit;
use downriver_engine::repositories::RepositoriesReport;
use serde_json::Value;
use tracing_subscriber::filter::LevelFilter;

use super::{Telemetry, log_repositories};
use crate::lambda::settings::Function;

#[test]
fn a_decision_is_one_flat_line_that_can_be_read_alone() {
    let lines = logged(LevelFilter::INFO, |telemetry| {
        telemetry.observe(&started());
    });
    let [line] = lines.as_slice() else {
        panic!("one line, not {lines:?}");
    };
    let text = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
    assert_eq!(text("level"), "INFO");
    assert_eq!(text("message"), "Started");
    assert_eq!(text("function"), "start");
    assert_eq!(text("requestId"), "8f1c");
    assert_eq!(text("application"), "shop");
    assert_eq!(text("rebuild.id"), "shop.1");
    assert_eq!(text("execution.id"), "0f6a1c1e-0001");
    assert_eq!(text("reason"), "it started");
    assert!(text("timestamp").ends_with('Z'), "{line}");
    assert!(line.get("verdict").is_none(), "absent, not null: {line}");
}

#[test]
fn other_crates_tell_warnings_only() {
    let lines = logged(LevelFilter::TRACE, |_| {
        tracing::debug!(target: "aws_smithy_runtime", "a request with its body");
        tracing::info!(target: "hyper_util", "a connection");
        tracing::warn!(target: "aws_config", "no region");
        tracing::trace!(target: "downriver_engine::resolve", "ours");
    });
    let told: Vec<&str> = lines
        .iter()
        .filter_map(|it| it["message"].as_str())
        .collect();
    assert_eq!(told, ["no region", "ours"]);
}

#[test]
fn a_quieter_level_silences_all() {
    let lines = logged(LevelFilter::ERROR, |telemetry| {
        telemetry.observe(&started());
        tracing::warn!(target: "aws_config", "no region");
        tracing::error!("broken");
    });
    assert_eq!(lines.len(), 1);
}

#[test]
fn hostile_text_stays_within_its_line_and_its_length() {
    let lines = logged(LevelFilter::INFO, |_| {
        let text = format!("a\nb\"{}", "x".repeat(10_000));
        tracing::info!(
            level = "FATAL",
            requestId = "another",
            reason = text,
            "{text}"
        );
    });
    let [line] = lines.as_slice() else {
        panic!("one line, not {}", lines.len());
    };
    assert_eq!(line["level"], "INFO");
    assert_eq!(line["requestId"], "8f1c");
    let reason = line["reason"].as_str().map(str::len);
    assert_eq!(reason, Some(2_000));
}

#[test]
fn figures_are_written_once_and_belong_to_one_invocation() {
    let telemetry = Telemetry::new("acme", Function::Start);
    telemetry.begin("1");
    telemetry.observe(&started());
    telemetry.begin("2");
    telemetry.observe(&started());
    telemetry.count_quarantined(3);
    let ended = || {
        let mut output = Vec::new();
        telemetry.end(Timestamp::from_unix_millis(0), &mut output);
        String::from_utf8(output).expect("JSON is UTF-8")
    };
    let line: Value = serde_json::from_str(&ended()).expect("one line");
    assert_eq!(
        (&line["Starts"], &line["Quarantined"]),
        (&1.into(), &3.into())
    );
    assert_eq!(ended(), "");
}

#[test]
fn what_an_execution_read_is_counted() {
    let telemetry = Telemetry::new("acme", Function::Index);
    telemetry.begin("1");
    let report = ReadReport {
        files: 3,
        bytes: 562_501,
        ..ReadReport::default()
    };
    telemetry.count_read(&report);
    telemetry.count_read(&report);
    let mut output = Vec::new();
    telemetry.end(Timestamp::from_unix_millis(0), &mut output);
    let line: Value = serde_json::from_slice(&output).expect("one line");
    assert_eq!(
        (&line["FilesRead"], &line["BytesRead"]),
        (&6.into(), &1_125_002.into())
    );
}

#[test]
fn repositories_that_may_not_be_read_are_told_one_by_one() {
    let report = RepositoriesReport {
        denied: vec![
            "release: no permission".to_owned(),
            "111122223333/acme: no".to_owned(),
        ],
        is_more_left: true,
        ..RepositoriesReport::default()
    };
    let lines = logged(LevelFilter::INFO, |_| log_repositories(&report));
    let told: Vec<(&str, &str)> = lines
        .iter()
        .map(|line| {
            let text = |key: &str| line[key].as_str().unwrap_or_default();
            (text("level"), text("reason"))
        })
        .collect();
    let expected = [
        ("WARN", "release: no permission"),
        ("WARN", "111122223333/acme: no"),
        (
            "WARN",
            "more than 1000 repositories are upstream of the catalog's",
        ),
    ];
    assert_eq!(told, expected);
}

fn started() -> Commit {
    let note = Note {
        kind: NoteKind::Started,
        rebuild: Some("shop.1".parse().expect("a rebuild id")),
        execution: Some("0f6a1c1e-0001".parse().expect("an execution id")),
        text: "it started".to_owned(),
    };
    let entry = HistoryEntry {
        at: Timestamp::from_unix_millis(0),
        application: Some("shop".parse().expect("an application id")),
        package_version: None,
        body: HistoryBody::Note(note),
    };
    Commit {
        history: vec![entry],
        ..Commit::default()
    }
}

fn logged(level: LevelFilter, act: impl FnOnce(&Telemetry)) -> Vec<Value> {
    let telemetry = Telemetry::new("acme", Function::Start);
    telemetry.begin("8f1c");
    let output = Output::default();
    let to = output.clone();
    let subscriber = telemetry.subscriber(level, move || Box::new(to.clone()));
    tracing::subscriber::with_default(subscriber, || act(&telemetry));
    let written = output.0.lock().expect("nobody panicked").clone();
    let text = String::from_utf8(written).expect("JSON is UTF-8");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("a line is JSON"))
        .collect()
}

#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = self.0.lock().expect("nobody panicked");
        written.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
