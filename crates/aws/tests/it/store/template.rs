//! The table that these tests create is the one that is deployed.

use std::fmt::Write as _;

use super::table::{EXPIRY, INDEXES, KEY};

/// Without white space and in flow style, so that only what it says counts.
fn declared() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/sam/template.yaml");
    let template = std::fs::read_to_string(path).expect("the template is there");
    let table = template
        .split("\n  Table:\n")
        .nth(1)
        .expect("it has a table");
    let lines = table
        .lines()
        .take_while(|line| line.is_empty() || line.starts_with("    "));
    let lines = lines.map(|line| line.split(" #").next().unwrap_or_default());
    let text: String = lines.flat_map(str::split_whitespace).collect();
    text.replace(['{', '}', ','], "")
}

fn key(names: [&str; 2]) -> String {
    let [hash, range] = names;
    format!("KeySchema:-AttributeName:{hash}KeyType:HASH-AttributeName:{range}KeyType:RANGE")
}

#[test]
fn the_tables_keys_and_indexes_are_those_of_the_template() {
    let declared = declared();
    let mut attributes = String::from("AttributeDefinitions:");
    let names = KEY
        .into_iter()
        .chain(INDEXES.iter().flat_map(|(_, key)| *key));
    for name in names {
        let _ = write!(attributes, "-AttributeName:{name}AttributeType:S");
    }
    let mut indexes = String::from("GlobalSecondaryIndexes:");
    for (index, names) in INDEXES {
        let _ = write!(
            indexes,
            "-IndexName:{index}Projection:ProjectionType:KEYS_ONLY{}",
            key(names)
        );
    }
    let expiry = format!("TimeToLiveSpecification:AttributeName:{EXPIRY}Enabled:true");
    for expected in [attributes + &key(KEY) + &indexes, expiry] {
        assert!(
            declared.contains(&expected),
            "expected {expected}\nin {declared}"
        );
    }
    assert_eq!(declared.matches("IndexName:").count(), INDEXES.len());
}
