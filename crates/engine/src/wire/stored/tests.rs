mod arbitrary;
mod later;
mod values;

use proptest::prelude::*;

use super::*;

/// A sample file: one stored record a line. The newest version of each record is also what is written today.
macro_rules! samples {
    ($($name:ident: $file:literal, $encode:ident, $decode:ident, $values:expr;)+) => {
        $(
            #[test]
            fn $name() {
                let lines: Vec<&str> = include_str!(concat!("samples/", $file)).lines().collect();
                let values = $values;
                assert_eq!(lines.len(), values.len());
                for (line, value) in lines.iter().zip(&values) {
                    assert_eq!($decode(line).as_ref(), Ok(value), "{line}");
                    assert_eq!($encode(value), *line);
                }
            }
        )+
    };
}

samples! {
    slots_of_version_1_are_read: "slot.1.jsonl", encode_slot, decode_slot, values::slots();
    inventories_of_version_1_are_read: "inventory.1.jsonl", encode_inventory, decode_inventory, values::inventories();
    topologies_of_version_1_are_read: "topology.1.jsonl", encode_topology, decode_topology, values::topologies();
    applications_of_version_1_are_read:
        "application.1.jsonl", encode_application, decode_application, values::applications();
    dependencies_of_version_1_are_read:
        "dependency.1.jsonl", encode_dependency, decode_dependency, values::dependencies();
    controls_of_version_1_are_read: "controls.1.jsonl", encode_controls, decode_controls, values::controls();
    checkups_of_version_1_are_read: "checkup.1.jsonl", encode_checkup, decode_checkup, values::checkups();
    active_producers_of_version_1_are_read:
        "active_producer.1.jsonl", encode_active_producer, decode_active_producer, values::active_producers();
    rollouts_of_version_1_are_read: "rollout.1.jsonl", encode_rollout, decode_rollout, later::rollouts();
    later_slots_are_read: "slot.1.later.jsonl", encode_slot, decode_slot, later::slots();
    later_topologies_are_read: "topology.1.later.jsonl", encode_topology, decode_topology, later::topologies();
    later_applications_are_read:
        "application.1.later.jsonl", encode_application, decode_application, later::applications();
    later_controls_are_read: "controls.1.later.jsonl", encode_controls, decode_controls, later::controls();
    later_active_producers_are_read:
        "active_producer.1.later.jsonl", encode_active_producer, decode_active_producer, later::active_producers();
    history_entries_of_version_1_are_read:
        "history_entry.1.jsonl", encode_history_entry, decode_history_entry, values::history();
}

#[test]
fn a_newer_version_is_refused_with_a_hint() {
    let newer = r#"{"v":"2","application":"web"}"#;
    assert_eq!(
        decode_slot(newer).unwrap_err().to_string(),
        "failed to read a stored slot: unknown variant `2`, expected `1` at line 1 column 8; if a newer version of downriver wrote this \
         store, use that version"
    );
}

#[test]
fn a_field_that_a_newer_release_added_is_left_alone() {
    let known = r#"{"v":"1","application":"lib","rebuild":"lib.1","since":1}"#;
    let newer = r#"{"v":"1","application":"lib","rebuild":"lib.1","since":1,"colour":"red"}"#;
    assert_eq!(
        decode_active_producer(newer).unwrap(),
        decode_active_producer(known).unwrap()
    );
}

#[test]
fn a_value_that_breaks_a_rule_is_told_with_the_path_of_its_field() {
    for (text, field) in [
        (
            r#"{"v":"1","application":"","revision":1,"state":"idle"}"#,
            "application",
        ),
        (
            r#"{"v":"1","application":"web","revision":1,"state":{"stuck":{"rebuild":{"id":"#,
            "",
        ),
        (
            r#"{"v":"1","application":"web","revision":1,"state":{"stuck":{"rebuild":{"id":"web.1","packages":
            {"npm//a":{"version":"1","repository":"nowhere","seen_at":0,"reason":""}},"requested_at":0,
            "last_change_at":0},"reason":"","since":0}}}"#,
            "state.rebuild.packages.npm//a.repository",
        ),
    ] {
        let error = decode_slot(text).unwrap_err();
        assert_eq!(
            (error.record, error.field.as_str()),
            ("slot", field),
            "{error}"
        );
    }
    assert_eq!(
        decode_dependency(r#"{"v":"1","p":"npm","r":"*"}"#)
            .unwrap_err()
            .to_string(),
        "failed to read a stored dependency: field `p`: `npm` is no package key: expected 3 parts joined by `/`; if a \
         newer version of downriver wrote this store, use that version"
    );
}

#[test]
fn no_input_makes_reading_panic() {
    for text in [
        "",
        "null",
        "[]",
        "{}",
        r#"{"v":1}"#,
        r#"{"v":"1"}"#,
        "\u{0}",
    ] {
        assert!(decode_slot(text).is_err());
        assert!(decode_history_entry(text).is_err());
        assert!(decode_dependency(text).is_err());
    }
}

#[test]
fn a_direct_dependency_takes_few_bytes() {
    let dependency = &values::dependencies()[0];
    assert_eq!(
        encode_dependency(dependency),
        r#"{"v":"1","p":"npm/acme/tokens","r":"^1.0.0"}"#
    );
}

proptest! {
    #[test]
    fn a_slot_reads_back_as_it_was_written(slot in arbitrary::slot()) {
        let text = encode_slot(&slot);
        prop_assert_eq!(decode_slot(&text), Ok(slot.clone()));
        // The same value gives the same bytes, also after reading.
        prop_assert_eq!(encode_slot(&decode_slot(&text).unwrap()), text);
    }

    #[test]
    fn a_package_key_reads_back(package in arbitrary::package()) {
        let text = key::package_key(&package);
        prop_assert_eq!(key::parse_package_key(&text), Ok(package));
    }

    #[test]
    fn a_package_version_key_reads_back(version in arbitrary::package_version()) {
        let text = key::package_version_key(&version);
        prop_assert_eq!(key::parse_package_version_key(&text), Ok(version));
    }

    #[test]
    fn reading_a_damaged_slot_never_panics(slot in arbitrary::slot(), at in any::<prop::sample::Index>(), c in any::<char>()) {
        let mut chars: Vec<char> = encode_slot(&slot).chars().collect();
        let at = at.index(chars.len());
        chars[at] = c;
        let _ = decode_slot(&chars.into_iter().collect::<String>());
    }
}
