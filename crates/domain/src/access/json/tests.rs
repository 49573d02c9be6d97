use super::{Json, RawMembers, line_of};

#[test]
fn the_order_of_members_and_what_strings_say_stay() {
    let text = r#"{"b":[],"a":{"z":"\u00e9\n\"","y":[1,-2,true,null,1.5]},"c":{}}"#;
    let json: Json = serde_json::from_str(text).unwrap();
    assert_eq!(
        json.compact(),
        r#"{"b":[],"a":{"z":"é\n\"","y":[1,-2,true,null,1.5]},"c":{}}"#
    );
    let again: Json = serde_json::from_str(&json.pretty()).unwrap();
    assert_eq!(again, json);
    insta::assert_snapshot!(json.pretty(), @r#"
    {
      "b": [],
      "a": {
        "z": "é\n\"",
        "y": [
          1,
          -2,
          true,
          null,
          1.5
        ]
      },
      "c": {}
    }
    "#);
}

#[test]
fn a_name_that_stands_twice_is_refused() {
    let wrong = serde_json::from_str::<Json>(r#"{"a": {"b": 1, "b": 2}}"#).unwrap_err();
    assert!(
        wrong
            .to_string()
            .starts_with("`b` stands twice in one object")
    );
}

#[test]
fn a_part_knows_its_line() {
    let text = "{\n  \"a\": 1,\n\n  \"b\":\n [2]}";
    let members: RawMembers<'_> = serde_json::from_str(text).unwrap();
    let lines: Vec<usize> = members
        .0
        .iter()
        .map(|(_, raw)| line_of(text, raw))
        .collect();
    assert_eq!(lines, [2, 5]);
}
