use super::*;

#[test]
fn programs_are_where_cargo_says_and_not_their_unit_tests() {
    let messages = concat!(
        "{\"reason\":\"compiler-artifact\",\"target\":{\"name\":\"downriver\",\"kind\":[\"lib\"]},\"executable\":null}\n",
        "{\"reason\":\"compiler-artifact\",\"target\":{\"name\":\"simulated-services\"},\"profile\":{\"test\":false},\"executable\":\"/t/debug/simulated-services\"}\n",
        "{\"reason\":\"compiler-artifact\",\"target\":{\"name\":\"downriver\"},\"profile\":{\"test\":false},\"executable\":\"/t/debug/downriver\"}\n",
        "{\"reason\":\"compiler-artifact\",\"target\":{\"name\":\"downriver\"},\"profile\":{\"test\":true},\"executable\":\"/t/debug/deps/downriver-1\"}\n",
        "{\"reason\":\"build-finished\",\"success\":true}\n",
    );
    let expected = Programs {
        downriver: PathBuf::from("/t/debug/downriver"),
        simulated: PathBuf::from("/t/debug/simulated-services"),
    };
    assert_eq!(parse_programs(messages).expect("both are there"), expected);
}

#[test]
fn a_program_that_was_not_built_is_named() {
    let error = parse_programs("").expect_err("nothing was built");
    assert!(error.to_string().contains("`downriver`"), "{error}");
}
