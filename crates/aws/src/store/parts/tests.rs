use std::collections::BTreeMap;

use super::super::write::Verb;
use super::*;

/// Text that compression does not make much smaller.
fn noise(bytes: usize) -> String {
    let mut state = 7_u64;
    (0..bytes)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            char::from(b'!' + u8::try_from((state >> 33) % 90).unwrap())
        })
        .collect()
}

fn version(body: &str, revision: u64, parts_before: u64) -> Version<'_> {
    Version {
        head: Key::new("inv#npm//a", "1/acme/shared"),
        revision,
        body,
        inline_bytes_max: 1_000,
        parts_before,
        what: "the inventory of `a`".to_owned(),
        hint: "delete versions that nobody uses",
    }
}

fn items(writes: &[Write]) -> BTreeMap<Key, Item> {
    let puts = writes.iter().filter_map(|write| match &write.verb {
        Verb::Put(item) => Some((write.key.clone(), item.clone())),
        _ => None,
    });
    puts.collect()
}

#[test]
fn a_large_body_is_split_and_reads_back() {
    for (bytes, parts) in [(900, 0), (10_000, 1), (1_000_000, 3)] {
        let body = noise(bytes);
        let items = items(&writes(&version(&body, 4, 0), "name").unwrap());
        assert_eq!(items.len(), parts + 1);
        let head = &items[&Key::new("inv#npm//a", "1/acme/shared")];
        assert_eq!(join(head, |key| items.get(key)).unwrap(), Some(body));
    }
}

#[test]
fn a_part_of_another_revision_is_missing() {
    let (old, new) = (noise(10_000), noise(10_001));
    let old = items(&writes(&version(&old, 4, 0), "name").unwrap());
    let new = items(&writes(&version(&new, 5, 1), "name").unwrap());
    let head = &old[&Key::new("inv#npm//a", "1/acme/shared")];
    assert_eq!(join(head, |key| new.get(key)).unwrap(), None);
}

#[test]
fn parts_that_are_replaced_are_deleted() {
    let writes = writes(&version("{}", 5, 2), "name").unwrap();
    let deleted: Vec<&str> = writes
        .iter()
        .filter(|write| matches!(write.verb, Verb::Delete))
        .map(|write| write.key.sk.as_str())
        .collect();
    assert_eq!(
        deleted,
        [
            "1/acme/shared~00000000000000000004~000",
            "1/acme/shared~00000000000000000004~001"
        ]
    );
    assert!(
        deleted
            .iter()
            .all(|sk| head_of(sk) == Some("1/acme/shared"))
    );
}

#[test]
fn a_body_beyond_one_transaction_is_refused_with_what_to_do() {
    let error = writes(&version(&noise(5_000_000), 1, 0), "name").unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("4 MB at once: delete versions that nobody uses"),
        "{error}"
    );
}
