use downriver_domain::{AccountId, Operation, Topology, VersionStatus};

use super::{PackageVersionEvent, Sources, accept, parse};
use crate::wire::{EVENT_BYTES_MAX, NESTING_MAX, Rejection};

/// AWS's own example: an unscoped package with a null namespace, the administrator's copy.
const EXAMPLE: &str = r#"{
    "version": "0",
    "id": "73f03fec-a137-971e-6ac6-07c8ffffffff",
    "detail-type": "CodeArtifact Package Version State Change",
    "source": "aws.codeartifact",
    "account": "123456789012",
    "time": "2019-11-21T23:19:54Z",
    "region": "us-west-2",
    "resources": ["arn:aws:codeartifact:us-west-2:111122223333:package/my-domain/myrepo/npm//mypackage"],
    "detail": {
        "domainName": "my-domain",
        "domainOwner": "111122223333",
        "repositoryName": "myrepo",
        "repositoryAdministrator": "123456789012",
        "packageFormat": "npm",
        "packageNamespace": null,
        "packageName": "mypackage",
        "packageVersion": "1.0.0",
        "packageVersionState": "Published",
        "packageVersionRevision": "0E5DE26A4CD79FDF3EBC4924FFFFFFFF",
        "changes": {
            "assetsAdded": 1, "assetsRemoved": 0, "metadataUpdated": true, "assetsUpdated": 0, "statusChanged": true
        },
        "operationType": "Created",
        "sequenceNumber": 1,
        "eventDeduplicationId": "2mEO0A2Ke07rWUTBXk3CAiQhdTXF4N94LNaT/ffffff="
    }
}"#;

fn read(text: &str) -> Result<PackageVersionEvent, Rejection> {
    parse(text.as_bytes(), &Sources::default())
}

fn replaced(from: &str, to: &str) -> Result<PackageVersionEvent, Rejection> {
    assert!(EXAMPLE.contains(from), "the example has no {from}");
    read(&EXAMPLE.replace(from, to))
}

fn topology(owners: &[&str], receivers: &[&str]) -> Topology {
    Topology {
        domain_owners: owners.iter().map(|owner| account(owner)).collect(),
        receivers: receivers.iter().map(|receiver| account(receiver)).collect(),
        ..Topology::default()
    }
}

fn account(text: &str) -> AccountId {
    text.parse().expect("12 digits")
}

#[test]
fn the_documented_example_is_read_whole() {
    let event = read(EXAMPLE).expect("AWS's own example");
    assert_eq!(event.id, "73f03fec-a137-971e-6ac6-07c8ffffffff");
    assert_eq!(event.receiver, account("123456789012"));
    assert_eq!(event.region.as_str(), "us-west-2");
    assert_eq!(event.replay_name, None);
    assert_eq!(
        event.deduplication_id.as_deref(),
        Some("2mEO0A2Ke07rWUTBXk3CAiQhdTXF4N94LNaT/ffffff=")
    );
    assert_eq!(event.administrator, Some(account("123456789012")));
    let sighting = event.sighting;
    assert_eq!(
        sighting.repository.to_string(),
        "111122223333/my-domain/myrepo"
    );
    let package = sighting.package_version.package();
    assert_eq!((package.namespace(), package.name()), (None, "mypackage"));
    assert_eq!(sighting.package_version.version(), "1.0.0");
    assert_eq!(sighting.status, VersionStatus::Published);
    assert_eq!(sighting.operation, Operation::Created);
    assert_eq!(
        sighting.revision.as_deref(),
        Some("0E5DE26A4CD79FDF3EBC4924FFFFFFFF")
    );
    assert_eq!(sighting.sequence, 1);
    assert_eq!(sighting.event_time.unix_millis(), 1_574_378_394_000);
}

#[test]
fn a_number_may_be_written_as_a_whole_float() {
    let sequence = |text: &str| {
        replaced(
            "\"sequenceNumber\": 1",
            &format!("\"sequenceNumber\": {text}"),
        )
    };
    for (text, expected) in [
        ("1.0", 1),
        ("0", 0),
        ("-0", 0),
        ("7e2", 700),
        ("9007199254740992.0", 1 << 53),
    ] {
        assert_eq!(
            sequence(text).expect(text).sighting.sequence,
            expected,
            "{text}"
        );
    }
    for text in ["1.5", "-1", "-1.0", "1e300", "9007199254740994.0"] {
        let rejection = sequence(text).expect_err(text);
        assert_eq!(rejection.label(), "invalid", "{text}");
        assert!(
            rejection
                .to_string()
                .contains("a whole number of at least 0"),
            "{rejection}"
        );
    }
    assert_eq!(
        sequence("\"1\"").expect_err("a string").label(),
        "wrong-type"
    );
    assert_eq!(sequence("null").expect_err("null").label(), "missing");
    assert_eq!(
        sequence("1e999").expect_err("out of range").label(),
        "not-json"
    );
}

#[test]
fn what_is_deleted_is_deleted_whatever_state_comes_with_it() {
    let deleted = EXAMPLE.replace("\"Created\"", "\"Deleted\"");
    for state in ["\"Published\"", "\"Deleted\"", "\"Vanished\"", "null", "7"] {
        let event = read(&deleted.replace("\"Published\"", state)).expect(state);
        assert_eq!(event.sighting.status, VersionStatus::Deleted, "{state}");
        assert_eq!(event.sighting.operation, Operation::Deleted, "{state}");
    }
}

#[test]
fn a_rejected_envelope_names_the_field_the_value_and_what_is_expected() {
    let table = [
        (
            "\"version\": \"0\"",
            "\"version\": \"1\"",
            "version is `1`: expected `0`",
        ),
        (
            "\"aws.codeartifact\"",
            "\"acme\"",
            "source is `acme`: expected `aws.codeartifact`",
        ),
        (
            "CodeArtifact Package Version State Change",
            "Goshawk Repository State Change",
            "detail-type is `Goshawk Repository State Change`: expected `CodeArtifact Package Version State Change`",
        ),
        (
            "\"account\": \"123456789012\"",
            "\"account\": \"12\"",
            "account is `12`: expected 12 digits",
        ),
        (
            "2019-11-21T23:19:54Z",
            "yesterday",
            "time is `yesterday`: expected an RFC 3339 time such as `2026-03-02T09:14:07Z`",
        ),
        (
            "2019-11-21T23:19:54Z",
            "2019-11-21T23:19:54Z[UTC]",
            "time is `2019-11-21T23:19:54Z[UTC]`: expected an RFC 3339 time such as `2026-03-02T09:14:07Z`",
        ),
        (
            "\"us-west-2\"",
            "\"US\"",
            "region is `US`: expected a name such as `eu-west-1`",
        ),
    ];
    for (from, to, expected) in table {
        assert_eq!(replaced(from, to).expect_err(to).to_string(), expected);
    }
}

#[test]
fn a_rejected_detail_names_the_field_the_value_and_what_is_expected() {
    let longest = format!("\"packageName\": \"{}\"", "n".repeat(256));
    let table = [
        (
            "\"packageFormat\": \"npm\"",
            "\"packageFormat\": \"conda\"",
            "detail.packageFormat is `conda`, which is unknown: expected one of cargo, generic, maven, npm, nuget, pypi, ruby, swift",
        ),
        (
            "\"packageVersionState\": \"Published\"",
            "\"packageVersionState\": \"Yanked\"",
            "detail.packageVersionState is `Yanked`, which is unknown: expected one of Published, Unfinished, Unlisted, Archived, Disposed, Deleted",
        ),
        (
            "\"Created\"",
            "\"Moved\"",
            "detail.operationType is `Moved`, which is unknown: expected one of Created, Updated, Deleted",
        ),
        (
            "\"domainName\": \"my-domain\",",
            "",
            "detail.domainName is missing: expected a string",
        ),
        (
            "\"domainOwner\": \"111122223333\"",
            "\"domainOwner\": 1",
            "detail.domainOwner is a number: expected a string",
        ),
        (
            "\"packageVersion\": \"1.0.0\"",
            "\"packageVersion\": \"1.0\\u202e0\"",
            "detail.packageVersion is `1.0\\u{202e}0`: expected 1 to 255 characters without `#`, `/`, whitespace, control, \
             invisible or direction-changing characters, and not `.` or `..`",
        ),
        (
            "\"packageName\": \"mypackage\"",
            &longest,
            "detail.packageName is `nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn…`: \
             expected 1 to 255 characters without `#`, `/`, whitespace, control, invisible or direction-changing \
             characters, and not `.` or `..`",
        ),
    ];
    for (from, to, expected) in table {
        assert_eq!(replaced(from, to).expect_err(to).to_string(), expected);
    }
}

#[test]
fn names_that_are_no_names_are_refused_in_every_place() {
    let names = [
        "",
        ".",
        "..",
        "a/b",
        "a#b",
        "a b",
        "a\\u0000b",
        "a\\nb",
        "a\\u001b[31m",
        "\\u202egpj.a",
        "a\\u200bb",
        "a\\u00a0b",
    ];
    for place in [
        "\"packageName\": \"mypackage\"",
        "\"packageVersion\": \"1.0.0\"",
        "\"packageNamespace\": null",
    ] {
        let key = place.split(':').next().expect("a key");
        for name in names {
            if (key, name) == ("\"packageNamespace\"", "") {
                continue; // an empty namespace is none
            }
            let rejection = replaced(place, &format!("{key}: \"{name}\"")).expect_err(name);
            assert_eq!(rejection.label(), "invalid", "{key} {name}");
        }
    }
}

#[test]
fn a_resource_has_to_agree_with_the_detail() {
    let arn = "arn:aws:codeartifact:us-west-2:111122223333:package/my-domain/myrepo/npm//mypackage";
    let table = [
        ("us-west-2:1111", "us-east-1:1111", "region"),
        ("111122223333", "444455556666", "detail.domainOwner"),
        ("my-domain", "other", "detail.domainName"),
        ("myrepo", "other", "detail.repositoryName"),
        ("/npm/", "/pypi/", "detail.packageFormat"),
        ("npm//", "npm/scope/", "detail"),
        ("npm//", "npm/", "detail"),
        ("mypackage", "other", "detail"),
        ("mypackage", "mypackage/../other", "detail"),
    ];
    for (from, to, expected) in table {
        let other = arn.replace(from, to);
        match replaced(arn, &other).expect_err(&other) {
            Rejection::ContradictingResource { field, .. } => {
                assert_eq!(field, expected, "{other}");
            }
            rejection => panic!("{rejection}"),
        }
    }
    for resources in ["[]", "null", "[\"arn:aws-cn:s3:::bucket\"]"] {
        let event = EXAMPLE.replace(&format!("[\"{arn}\"]"), resources);
        read(&event).expect(resources);
    }
    assert_eq!(
        replaced(&format!("\"{arn}\""), "7")
            .expect_err("no string")
            .label(),
        "wrong-type"
    );
}

#[test]
fn documents_out_of_bounds_are_refused_before_they_are_parsed() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let with_extra = |value: &str| EXAMPLE.replacen('{', &format!("{{\"extra\": {value},"), 1);
    read(&with_extra(&nested(NESTING_MAX - 1))).expect("the deepest");
    assert_eq!(
        read(&with_extra(&nested(NESTING_MAX)))
            .expect_err("too deep")
            .label(),
        "too-deep"
    );
    assert_eq!(
        read(&"[".repeat(EVENT_BYTES_MAX))
            .expect_err("too deep")
            .label(),
        "too-deep"
    );
    read(&with_extra("\"[[[[ \\\" {{{{\"")).expect("brackets in a string do not nest");

    let padded = |len: usize| format!("{}{EXAMPLE}", " ".repeat(len - EXAMPLE.len()));
    read(&padded(EVENT_BYTES_MAX)).expect("the largest");
    let rejection = read(&padded(EVENT_BYTES_MAX + 1)).expect_err("too large");
    assert_eq!(
        rejection.to_string(),
        "the event has 1048577 bytes: expected at most 1048576"
    );

    assert_eq!(
        parse(b"{\"a\xff", &Sources::default()).expect_err("no UTF-8"),
        Rejection::NotUtf8 { at: 3 }
    );
    for text in [
        "",
        "null",
        "[]",
        "7",
        "{",
        "{}",
        "{} {}",
        "\u{feff}{}",
        "{'a': 1}",
        "{\"a\": NaN}",
        "\"\\ud800\"",
    ] {
        read(text).expect_err(text);
    }
}

#[test]
fn a_key_that_stands_twice_is_refused_at_any_depth() {
    let twice = replaced(
        "\"account\": \"123456789012\"",
        "\"account\": \"111122223333\", \"account\": \"123456789012\"",
    );
    let expected = "the key `account` stands twice in one object, the second time in line 6";
    assert_eq!(twice.expect_err("twice").to_string(), expected);
    let deep = replaced(
        "\"assetsAdded\": 1",
        "\"assetsAdded\": 1, \"assets\\u0041dded\": 1",
    );
    assert_eq!(
        deep.expect_err("twice, once escaped").label(),
        "duplicate-key"
    );
}

#[test]
fn an_extra_source_counts_only_where_it_is_named() {
    let event = EXAMPLE.replace("\"aws.codeartifact\"", "\"acme.bench\"");
    let sources = Sources::with_extra(["acme.bench".to_owned()]);
    parse(event.as_bytes(), &sources).expect("a named source");
    parse(EXAMPLE.as_bytes(), &sources).expect("the service's own source");
    assert_eq!(read(&event).expect_err("not named").label(), "other-source");
    let rejection = parse(
        EXAMPLE.replace("aws.codeartifact", "x").as_bytes(),
        &sources,
    )
    .expect_err("another");
    assert_eq!(
        rejection.to_string(),
        "source is `x`: expected `aws.codeartifact` or `acme.bench`"
    );
}

#[test]
fn only_configured_accounts_are_accepted() {
    let (owner, administrator) = ("111122223333", "123456789012");
    let accepted = |text: &str, owners: &[&str], receivers: &[&str]| {
        accept(
            read(text).expect("a sound event"),
            &topology(owners, receivers),
        )
    };
    let own_copy = EXAMPLE.replace(
        "\"account\": \"123456789012\"",
        "\"account\": \"111122223333\"",
    );
    accepted(&own_copy, &[owner], &[]).expect("the owner's own copy");
    accepted(EXAMPLE, &[owner], &[administrator]).expect("the copy of a configured receiver");

    let table: [(&[&str], &[&str], &str); 4] = [
        (
            &[],
            &[administrator],
            "no domain owner is configured, so no event is accepted: add the accounts that own your CodeArtifact domains to the catalog",
        ),
        (
            &[administrator],
            &[administrator],
            "detail.domainOwner is `111122223333`: expected a configured domain owner (123456789012)",
        ),
        (
            &[owner],
            &[],
            "account is `123456789012`: expected the domain owner `111122223333` or a configured receiver (none is)",
        ),
        (
            &[owner],
            &["444455556666"],
            "account is `123456789012`: expected the domain owner `111122223333` or a configured receiver (444455556666)",
        ),
    ];
    for (owners, receivers, expected) in table {
        let rejection = accepted(EXAMPLE, owners, receivers).expect_err(expected);
        assert_eq!(rejection.to_string(), expected);
    }
}

mod properties {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::{EXAMPLE, Sources, parse};

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in vec(any::<u8>(), 0..512)) {
            let _ = parse(&bytes, &Sources::default());
        }

        #[test]
        fn no_mutation_of_the_example_panics(
            mutations in vec((any::<Index>(), any::<u8>()), 1..4),
            end in any::<Index>(),
            is_cut in any::<bool>(),
        ) {
            let mut bytes = EXAMPLE.as_bytes().to_vec();
            for (at, byte) in mutations {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            if is_cut {
                bytes.truncate(end.index(bytes.len()));
            }
            if let Err(rejection) = parse(&bytes, &Sources::default()) {
                prop_assert!(!rejection.to_string().contains(char::is_control));
            }
        }

        #[test]
        fn no_value_in_any_field_panics(
            key in "domainName|packageFormat|packageNamespace|packageName|packageVersion|sequenceNumber|operationType",
            value in "null|-?[0-9]{1,30}(\\.[0-9]{1,3})?|\"[^\"\\\\\\x00-\\x1f]{0,300}\"|\\[\\]|\\{\\}|true",
        ) {
            let start = EXAMPLE.find(&format!("\"{key}\"")).expect("a field of the example");
            let end = start + EXAMPLE[start..].find(",\n").expect("a field behind it");
            let event = format!("{}\"{key}\": {value}{}", &EXAMPLE[..start], &EXAMPLE[end..]);
            if let Err(rejection) = parse(event.as_bytes(), &Sources::default()) {
                prop_assert!(!rejection.to_string().contains(char::is_control));
            }
        }
    }
}
