use std::io::{self, BufReader, Read};

use super::{EVENT_BYTES_MAX, Inputs};

/// Every item as `line: text` or `line! reason`.
fn read(text: &str) -> Vec<String> {
    // A buffer of a few bytes, so that no decision may rest on what happens to be at hand.
    let reader = BufReader::with_capacity(3, text.as_bytes());
    Inputs::new("f", reader)
        .map(|item| match item {
            Ok(input) => {
                let text = String::from_utf8(input.bytes).expect("UTF-8 went in");
                format!("{}: {text}", input.position.line)
            }
            Err(broken) => format!("{}! {}", broken.position.line, broken.reason),
        })
        .collect()
}

const BREAKS_OFF: &str = "the event breaks off: expected a JSON object that ends";
const NO_OBJECT: &str = "this is no event: expected a JSON object";

#[test]
fn one_document_over_several_lines_is_one_event() {
    let text = "\n{\n  \"a\": {\n    \"b\": \"}\\\"{\"\n  }\n}\n";
    assert_eq!(read(text), [format!("2: {}", text.trim())]);
    assert_eq!(read(""), [""; 0]);
    assert_eq!(read(" \r\n\n"), [""; 0]);
}

#[test]
fn every_line_is_an_event() {
    assert_eq!(
        read("\u{feff}{\"a\":1}\r\n\n {\"b\":[{}]} {\"c\":3}\n{}"),
        ["1: {\"a\":1}", "3: {\"b\":[{}]}", "3: {\"c\":3}", "4: {}"]
    );
}

#[test]
fn a_broken_line_is_one_rejection_and_the_rest_goes_on() {
    let text = "{\"a\":1}\n{\"b\":{\"c\n{\"d\":4}\nnoise } {\n{\"e\":[1,\n{\"f\":6}}\n{\"g\":7}\n7\n{\"h\":";
    let expected = [
        "1: {\"a\":1}".to_owned(),
        format!("2! {BREAKS_OFF}"),
        "3: {\"d\":4}".to_owned(),
        format!("4! {NO_OBJECT}"),
        format!("5! {BREAKS_OFF}"),
        "6: {\"f\":6}".to_owned(),
        format!("6! {NO_OBJECT}"),
        "7: {\"g\":7}".to_owned(),
        format!("8! {NO_OBJECT}"),
        format!("9! {BREAKS_OFF}"),
    ];
    assert_eq!(read(text), expected);
}

#[test]
fn an_array_holds_events() {
    assert_eq!(
        read("[\n{\"a\":[1]},\n{\n\"b\":2},7,[{}, \"]\"],\n{\"c\":3}]\n{\"d\":4}"),
        [
            "2: {\"a\":[1]}".to_owned(),
            "3: {\n\"b\":2}".to_owned(),
            format!("4! {NO_OBJECT}"),
            format!("4! {NO_OBJECT}"),
            "5: {\"c\":3}".to_owned(),
            "6: {\"d\":4}".to_owned(),
        ]
    );
    assert_eq!(read("[]"), [""; 0]);
    assert_eq!(
        read("[{}"),
        ["1: {}".to_owned(), format!("1! {BREAKS_OFF}")]
    );
    assert_eq!(
        read("[{\"a\":\"cut\n},\n{\"b\":2}]"),
        [format!("1! {BREAKS_OFF}"), "3: {\"b\":2}".to_owned()]
    );
}

#[test]
fn an_array_that_never_ends_swallows_no_line() {
    let expected = [
        "1: {\"a\":1}".to_owned(),
        format!("2! {NO_OBJECT}"),
        "3: {\"b\":2}".to_owned(),
        "4: {\"c\":3}".to_owned(),
        format!("4! {BREAKS_OFF}"),
    ];
    assert_eq!(read("{\"a\":1}\n[[[[[[\n{\"b\":2}\n{\"c\":3}"), expected);
}

#[test]
fn the_messages_of_a_batch_hold_events() {
    let batch = "{ \"Records\": [\n{\"messageId\":\"m\",\"body\":\"{\\\"a\\\":1}\"},\n{\"detail\":{}}, {\"body\":7}],\n\"x\":[{}]}\n{\"b\":2}";
    assert_eq!(
        read(batch),
        [
            "2: {\"a\":1}",
            "3: {\"detail\":{}}",
            "3! the message around the event is refused: body is a number: expected an event as a string",
            "5: {\"b\":2}",
        ]
    );
    assert_eq!(
        read("{\"Messages\":[{\"Body\":\"no event\"}]}"),
        ["1: no event"]
    );
}

#[test]
fn an_event_larger_than_the_limit_is_rejected_and_the_rest_goes_on() {
    let event = |len: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(len - 8));
    let text = format!(
        "{}\n{}\n{{}}",
        event(EVENT_BYTES_MAX),
        event(EVENT_BYTES_MAX + 1)
    );
    let items = read(&text);
    assert_eq!(items.len(), 3);
    assert_eq!(items[0].len(), EVENT_BYTES_MAX + "1: ".len());
    assert_eq!(items[1], "2! the event is larger than 1048576 bytes");
    assert_eq!(items[2], "3: {}");

    let body = "\\\"".repeat(EVENT_BYTES_MAX + 1);
    let items = read(&format!("{{\"Records\":[{{\"body\":\"{body}\"}}]}}"));
    assert_eq!(items, ["1! the event is larger than 1048576 bytes"]);
}

#[test]
fn a_file_that_cannot_be_read_on_says_so_once() {
    struct Torn;
    impl Read for Torn {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("torn"))
        }
    }
    let reader = BufReader::new("{\"a\":1}\n".as_bytes().chain(Torn));
    let items: Vec<String> = Inputs::new("events.jsonl", reader)
        .map(|item| {
            item.map_or_else(
                |broken| broken.to_string(),
                |input| input.position.to_string(),
            )
        })
        .collect();
    assert_eq!(
        items,
        [
            "events.jsonl:1",
            "events.jsonl:2: failed to read the file: torn"
        ]
    );
}

mod properties {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::Inputs;

    proptest! {
        #[test]
        fn reading_ends_whatever_the_bytes(bytes in vec(prop_oneof![
            Just(b'{'), Just(b'}'), Just(b'['), Just(b']'), Just(b'"'), Just(b'\\'), Just(b'\n'), Just(b','), any::<u8>(),
        ], 0..400)) {
            // Every item takes at least one byte, and the end of the file may add one.
            prop_assert!(Inputs::new("f", bytes.as_slice()).take(500).count() <= bytes.len() + 1);
        }

        #[test]
        fn sound_lines_come_out_as_they_went_in(keys in vec("[a-z{}\\[\\], ]{0,12}", 0..20)) {
            let lines: Vec<String> = keys.iter().map(|key| format!("{{\"{key}\":[{{}}]}}")).collect();
            let read: Vec<String> = Inputs::new("f", lines.join("\n").as_bytes())
                .map(|item| String::from_utf8(item.expect("a sound line").bytes).expect("UTF-8 went in"))
                .collect();
            prop_assert_eq!(read, lines);
        }
    }
}
