use super::*;

#[test]
fn a_short_body_is_readable_and_a_long_one_small() {
    assert_eq!(pack("{}"), s("{}"));
    let long = r#"{"v":"1","package":"npm/acme/tokens"}"#.repeat(100);
    let packed = pack(&long);
    assert!(bytes_of(&packed) < long.len() / 10);
    assert_eq!(unpack(&packed).unwrap(), long);
}

#[test]
fn a_body_that_fits_no_item_is_refused_with_what_to_do() {
    // Texts that do not compress.
    let noise: String = (0..BODY_BYTES_MAX / 16)
        .map(|number| super::super::keys::hash(&number.to_string()))
        .collect();
    let error = pack_whole("the slot of `web`", &noise).unwrap_err();
    assert!(
        matches!(&error, StoreError::Permanent(text) if text.starts_with("the slot of `web` takes") && text.contains("split it")),
        "{error}"
    );
}

#[test]
fn a_damaged_body_is_an_error() {
    let mut bytes = deflate(&"x".repeat(2000));
    bytes[5] ^= 0xff;
    assert!(inflate(&bytes).is_err());
    assert!(unpack(&n(1)).is_err());
}

#[test]
fn an_attribute_that_is_missing_is_named_with_its_item() {
    let item = Key::new("app#web", "state").attributes();
    assert_eq!(
        number(&item, "slot_revision").unwrap_err().to_string(),
        "the store refused: the item `app#web` / `state` has no attribute `slot_revision` with a number; if a newer version of downriver \
         wrote it, use that version"
    );
    assert_eq!(number_if_any(&item, "slot_revision").unwrap(), None);
    assert!(number_if_any(&item, "sk").is_err());
}
