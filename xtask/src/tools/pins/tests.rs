use super::*;

#[test]
fn the_pins_of_this_repository_are_exact() {
    let pins = parse_pins(include_str!("../../../requirements.txt")).expect("all are exact");
    for wanted in [
        "ministack==",
        "moto==",
        "aws-sam-cli==",
        "cargo-lambda==",
        "ziglang==",
        "cfn-lint==",
        "awscli==",
    ] {
        assert!(pins.iter().any(|pin| pin.starts_with(wanted)), "{wanted}");
    }
}

#[test]
fn the_pins_of_checkov_are_exact() {
    let text = include_str!("../../../requirements-checkov.txt");
    let pins = parse_pins(text).expect("all are exact");
    assert!(pins.iter().any(|pin| pin.starts_with("checkov==")));
}

#[test]
fn comments_and_empty_lines_are_no_pins() {
    let pins = parse_pins("# tools\n\nmoto==5.2.5  # the second opinion\nziglang==0.17.1\n");
    assert_eq!(
        pins.expect("both are exact"),
        ["moto==5.2.5", "ziglang==0.17.1"]
    );
}

#[test]
fn a_range_or_an_address_is_refused_with_its_line() {
    for line in [
        "moto>=5",
        "moto",
        "moto==5.*, <6",
        "moto @ https://packages.example/moto.whl",
        "--pre",
        "==1",
    ] {
        let error = parse_pins(&format!("ziglang==0.17.1\n{line}\n")).expect_err(line);
        assert!(error.to_string().starts_with("line 2: "), "{error}");
    }
}

#[test]
fn the_hash_changes_with_a_pin_and_with_python_but_not_with_order() {
    let hashed = |pins: &[&str], python| hash(pins, python);
    let first = hashed(&["a==1", "b==1"], "3.11");
    assert_eq!(first.len(), HASH_DIGITS);
    assert_eq!(first, hashed(&["b==1", "a==1"], "3.11"));
    assert_ne!(first, hashed(&["a==1", "b==2"], "3.11"));
    assert_ne!(first, hashed(&["a==1", "b==1"], "3.12"));
}

#[test]
fn the_version_of_python_is_read_from_what_it_prints() {
    assert_eq!(parse_python_version("Python 3.11.7\n"), Some((3, 11)));
    assert_eq!(parse_python_version("Python 3.14.0rc1"), Some((3, 14)));
    assert_eq!(parse_python_version("python: command not found"), None);
    assert!((3, 9) < PYTHON_MIN && (3, 10) >= PYTHON_MIN);
}
