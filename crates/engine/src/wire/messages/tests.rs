mod notices;
mod refused;
mod requests;
mod schema;
mod values;

use proptest::prelude::*;

use super::*;
use crate::ports::{EdgeCursor, PageChange};

fn read(text: &str) -> Result<Message, Rejection> {
    parse(text.as_bytes(), &Sources::default())
}

/// A sample file: one message a line. The newest version of each kind is also what is written today.
macro_rules! samples {
    ($($name:ident: $file:literal, $encode:ident, $variant:ident, $values:expr;)+) => {
        $(
            #[test]
            fn $name() {
                let lines: Vec<&str> = include_str!(concat!("samples/", $file)).lines().collect();
                let values = $values;
                assert_eq!(lines.len(), values.len());
                for (line, value) in lines.iter().zip(values) {
                    assert_eq!($encode(&value), *line);
                    assert_eq!(read(line), Ok(Message::$variant(value)), "{line}");
                }
            }
        )+
    };
}

samples! {
    timers_of_version_1_are_read: "timer.1.jsonl", encode_timer, Timer, values::timers();
    pages_of_version_1_are_read: "page.1.jsonl", encode_page, Page, values::pages();
    catalog_requests_of_version_1_are_read: "catalog.1.jsonl", encode_catalog, Catalog, values::catalogs();
    dependencies_of_version_1_are_read:
        "dependencies.1.jsonl", encode_dependencies, Dependencies, values::dependencies();
    built_reports_of_version_1_are_read: "built.1.jsonl", encode_built, Built, values::built();
    read_requests_of_version_1_are_read: "read.1.jsonl", encode_read, Read, values::reads();
}

#[test]
fn a_request_for_repositories_of_version_1_is_read() {
    let line = include_str!("samples/repositories.1.jsonl").trim_end();
    assert_eq!(encode_repositories(), line);
    assert_eq!(read(line), Ok(Message::Repositories));
}

#[test]
fn every_file_of_samples_is_tested() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/wire/messages/samples");
    let mut found: Vec<String> = std::fs::read_dir(folder)
        .expect("the folder of samples")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    found.sort();
    assert_eq!(
        found,
        [
            "built.1.jsonl",
            "catalog.1.jsonl",
            "dependencies.1.jsonl",
            "notice.1.txt",
            "page.1.jsonl",
            "read.1.jsonl",
            "repositories.1.jsonl",
            "request.1.jsonl",
            "timer.1.jsonl"
        ]
    );
}

#[test]
fn fields_of_a_newer_release_are_left_alone() {
    let line =
        encode_timer(&values::timers()[0]).replace("{\"v\"", r#"{"colour":{"hue":[1,2]},"v""#);
    assert_eq!(read(&line), Ok(Message::Timer(values::timers().remove(0))));
}

#[test]
fn an_event_is_told_from_a_message_of_ours() {
    let event = include_bytes!("../../../../../events/codeartifact.npm-scoped-published.json");
    let message = parse(event, &Sources::default()).expect("a sound event");
    assert!(
        matches!(&message, Message::Event(event) if matches!(**event, WireEvent::PackageVersion(_))),
        "{message:?}"
    );
    let event = include_bytes!("../../../../../events/codepipeline.started-by-role-session.json");
    let message = parse(event, &Sources::default()).expect("a sound event");
    assert!(
        matches!(&message, Message::Event(event) if matches!(**event, WireEvent::Execution(_))),
        "{message:?}"
    );
    assert_eq!(message.kind(), "event");
}

#[test]
fn a_message_names_its_kind() {
    for (text, kind) in [
        (encode_timer(&values::timers()[0]), "timer"),
        (encode_page(&values::pages()[0]), "page"),
        (encode_catalog(&values::catalogs()[0]), "catalog"),
        (
            encode_dependencies(&values::dependencies()[0]),
            "dependencies",
        ),
        (encode_built(&values::built()[0]), "built"),
        (encode_read(&values::reads()[0]), "read"),
        (encode_repositories(), "repositories"),
    ] {
        assert_eq!(read(&text).expect("our own message").kind(), kind);
    }
}

#[test]
fn instants_beyond_what_rfc_3339_writes_are_brought_within() {
    assert_eq!(format_time(Timestamp::MIN), "0001-01-01T00:00:00Z");
    assert_eq!(format_time(Timestamp::MAX), "9999-12-30T22:00:00Z");
    assert_eq!(
        format_time(Timestamp::from_unix_millis(1_767_225_600_007)),
        "2026-01-01T00:00:00.007Z"
    );
}

prop_compose! {
    fn timer()(
        application in "[a-z][a-z0-9_-]{0,47}",
        slot_revision in any::<u64>(),
        at in -62_135_596_800_000_i64..253_402_207_200_000,
    ) -> Timer {
        Timer {
            application: application.parse().expect("an application id"),
            slot_revision,
            at: Timestamp::from_unix_millis(at),
        }
    }
}

prop_compose! {
    fn page()(
        versions in prop::collection::vec(("[0-9]{1,3}(\\.[a-z0-9%+~-]{1,5}){0,3}", any::<bool>()), 0..4),
        scope in prop::option::of("[a-zA-Z0-9._~-]{1,20}"),
        name in "[a-zA-Z0-9@%+._~-]{1,20}",
        after in prop::option::of(("[a-z]{1,9}", any::<bool>(), any::<u32>())),
    ) -> ResolvePage {
        let package = downriver_domain::version::PackageId::new(
            downriver_domain::version::Format::Npm, scope.as_deref(), &name).expect("a package");
        let changes = versions.into_iter().map(|(version, is_news)| PageChange {
            package_version: downriver_domain::version::PackageVersionId::new(package.clone(), &version)
                .expect("a version"),
            repository: values::repository(),
            seen_at: values::at(1),
            is_news,
        });
        ResolvePage {
            changes: changes.collect(),
            after: after.map(|(application, is_consumer, instance)| EdgeCursor {
                is_consumer,
                application: application.parse().expect("an application id"),
                instance,
            }),
            package,
        }
    }
}

proptest! {
    #[test]
    fn a_timer_reads_back_as_it_was_written(timer in timer()) {
        prop_assert_eq!(read(&encode_timer(&timer)), Ok(Message::Timer(timer)));
    }

    #[test]
    fn a_page_reads_back_as_it_was_written(page in page()) {
        prop_assert_eq!(read(&encode_page(&page)), Ok(Message::Page(page)));
    }

    #[test]
    fn reading_a_damaged_message_never_panics(
        line in prop::sample::select(values::lines()), at in any::<prop::sample::Index>(), c in any::<char>(),
    ) {
        let mut chars: Vec<char> = line.chars().collect();
        let at = at.index(chars.len());
        chars[at] = c;
        let _ = read(&chars.into_iter().collect::<String>());
    }
}
