//! Every file in `events/` at the workspace root: what comes out of it, and that nothing near it panics.

mod expected;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use downriver_engine::domain::version::Format;
use downriver_engine::domain::{Operation, Timestamp, Topology, VersionStatus};
use downriver_engine::track::{ExecutionEvent, ExecutionState};
use downriver_engine::wire::codeartifact::{self, PackageVersionEvent};
use downriver_engine::wire::event::{self, WireEvent};
use downriver_engine::wire::inputs::{BrokenReason, Inputs};
use downriver_engine::wire::{EVENT_BYTES_MAX, Rejection, Sources};
use proptest::prelude::*;
use proptest::sample::Index;

use self::expected::EXPECTED;

fn samples() -> BTreeMap<String, Vec<u8>> {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events");
    fs::read_dir(&folder)
        .expect("the folder of sample events")
        .map(|entry| entry.expect("an entry of the folder").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .map(|path| {
            let name = path.file_stem().expect("a file name").to_string_lossy();
            (
                name.into_owned(),
                fs::read(&path).expect("a readable sample"),
            )
        })
        .collect()
}

/// The deployment that the samples are for: one domain owner, and the repositories' administrator as a receiver.
fn topology() -> Topology {
    Topology {
        domain_owners: ["111122223333".parse().expect("12 digits")].into(),
        receivers: ["123456789012".parse().expect("12 digits")].into(),
        ..Topology::default()
    }
}

fn read(bytes: &[u8]) -> Result<WireEvent, Rejection> {
    let event = event::parse(bytes, &Sources::default())?;
    if let WireEvent::PackageVersion(event) = &event {
        codeartifact::accept(event.clone(), &topology())?;
    }
    Ok(event)
}

fn outcome(bytes: &[u8]) -> String {
    match read(bytes) {
        Ok(WireEvent::PackageVersion(event)) => package_version_line(&event),
        Ok(WireEvent::Execution(event)) => execution_line(&event),
        Ok(WireEvent::Ignored(reason)) => format!("ignored: {reason}"),
        Err(rejection) => format!("refused: {rejection}"),
    }
}

fn package_version_line(event: &PackageVersionEvent) -> String {
    let sighting = &event.sighting;
    let revision = sighting.revision.as_deref().unwrap_or("none");
    let extra = [
        event
            .replay_name
            .as_ref()
            .map(|name| format!(", replayed by {name}")),
        event
            .deduplication_id
            .is_none()
            .then(|| ", without a deduplication id".to_owned()),
        event
            .administrator
            .is_none()
            .then(|| ", without an administrator".to_owned()),
    ];
    format!(
        "{} in {}: {:?} {:?}, sequence {}, {}, revision {}, for {}{}",
        sighting.package_version,
        sighting.repository,
        sighting.operation,
        sighting.status,
        sighting.sequence,
        time(sighting.event_time),
        revision.get(..8).unwrap_or(revision),
        event.receiver,
        extra.into_iter().flatten().collect::<String>(),
    )
}

fn execution_line(event: &ExecutionEvent) -> String {
    let trigger = event
        .trigger
        .as_ref()
        .map_or_else(|| "no trigger".to_owned(), |trigger| format!("{trigger:?}"));
    let started_at = event.started_at.map_or_else(|| "unknown".to_owned(), time);
    format!(
        "{} in {}: {:?} {}, {}, started {started_at}, {trigger}",
        event.pipeline.name,
        event.pipeline.target,
        event.state,
        event.execution.as_str().get(..8).unwrap_or("short"),
        time(event.event_time),
    )
}

fn time(time: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(time.unix_millis())
        .expect("a time that was read from RFC 3339")
        .to_string()
}

#[test]
fn every_sample_comes_out_as_it_should() {
    let mut samples = samples();
    for (name, expected) in EXPECTED {
        let bytes = samples
            .remove(*name)
            .unwrap_or_else(|| panic!("{name} is expected, but no file"));
        assert_eq!(&outcome(&bytes), expected, "{name}");
    }
    let unlisted: Vec<String> = samples.into_keys().collect();
    assert_eq!(unlisted, [""; 0], "files of which nothing is expected");
}

#[test]
fn every_sample_is_read_from_its_file_as_one_event() {
    for (name, bytes) in samples() {
        let items: Vec<_> = Inputs::new(name.as_str(), bytes.as_slice()).collect();
        match items.as_slice() {
            [Ok(input)] => assert_eq!(outcome(&input.bytes), outcome(&bytes), "{name}"),
            [Err(broken)] => {
                assert_eq!(name, "codeartifact.hostile-truncated", "{broken}");
                assert!(matches!(broken.reason, BrokenReason::BreaksOff), "{broken}");
            }
            items => panic!("{name} holds {} events", items.len()),
        }
    }
}

#[test]
fn every_format_state_and_operation_has_a_sample_that_is_accepted() {
    use Operation::{Created, Deleted, Updated};
    let (mut formats, mut statuses, mut operations, mut states) = (vec![], vec![], vec![], vec![]);
    for bytes in samples().values() {
        match read(bytes) {
            Ok(WireEvent::PackageVersion(event)) => {
                formats.push(event.sighting.package_version.package().format());
                statuses.push(event.sighting.status);
                operations.push(event.sighting.operation);
            }
            Ok(WireEvent::Execution(event)) => states.push(event.state),
            Ok(WireEvent::Ignored(_)) | Err(_) => {}
        }
    }
    for format in Format::ALL {
        assert!(formats.contains(&format), "{format}");
    }
    for status in [
        VersionStatus::Published,
        VersionStatus::Unfinished,
        VersionStatus::Unlisted,
        VersionStatus::Archived,
        VersionStatus::Disposed,
        VersionStatus::Deleted,
    ] {
        assert!(statuses.contains(&status), "{status:?}");
    }
    for operation in [Created, Updated, Deleted] {
        assert!(operations.contains(&operation), "{operation:?}");
    }
    for state in [
        ExecutionState::Started,
        ExecutionState::Succeeded,
        ExecutionState::Failed,
        ExecutionState::Canceled,
        ExecutionState::Superseded,
        ExecutionState::Stopping,
        ExecutionState::Stopped,
        ExecutionState::Resumed,
    ] {
        assert!(states.contains(&state), "{state:?}");
    }
}

#[test]
fn the_two_accounts_copies_of_a_change_say_the_same() {
    let samples = samples();
    let event = |name: &str| match read(&samples[name]) {
        Ok(WireEvent::PackageVersion(event)) => event,
        other => panic!("{name}: {other:?}"),
    };
    let owners = event("codeartifact.npm-scoped-published");
    let administrators = event("codeartifact.npm-scoped-administrator-copy");
    assert_ne!(
        (&owners.id, &owners.receiver),
        (&administrators.id, &administrators.receiver)
    );
    assert_eq!(owners.sighting, administrators.sighting);
}

#[test]
fn an_event_above_the_limit_is_refused_unread() {
    let sample = &samples()["codeartifact.npm-scoped-published"];
    let text = str::from_utf8(sample).expect("a sound sample");
    let padding = "x".repeat(EVENT_BYTES_MAX);
    let oversized = text.replacen('{', &format!("{{\"extra\": \"{padding}\","), 1);
    let expected = Rejection::TooLarge {
        bytes_len: oversized.len(),
        bytes_max: EVENT_BYTES_MAX,
    };
    assert_eq!(read(oversized.as_bytes()).expect_err("too large"), expected);
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        let _ = read(&bytes);
    }

    #[test]
    fn a_mutated_sample_is_taken_or_refused_in_printable_words(
        sample in any::<Index>(),
        mutations in proptest::collection::vec((any::<Index>(), any::<u8>(), any::<bool>()), 1..6),
    ) {
        let samples = samples();
        let names: Vec<&String> = samples.keys().collect();
        let mut bytes = samples[*sample.get(&names)].clone();
        for (at, byte, is_removed) in mutations {
            let at = at.index(bytes.len());
            if is_removed {
                bytes.truncate(at.max(1));
            } else {
                bytes[at] = byte;
            }
        }
        prop_assert!(!outcome(&bytes).contains(char::is_control));
        prop_assert!(Inputs::new("f", bytes.as_slice()).count() <= bytes.len() + 1);
    }
}
