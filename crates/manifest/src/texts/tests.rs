use super::Texts;

#[test]
fn texts_stand_in_order_and_each_once() {
    let texts: Texts = [
        "b@2",
        "",
        "a@1",
        "b@2",
        "b@1",
        "a-long-name-of-a-package@2",
        "a-long-name-of-a-package@1",
    ]
    .into_iter()
    .collect();
    let expected = [
        "",
        "a-long-name-of-a-package@1",
        "a-long-name-of-a-package@2",
        "a@1",
        "b@1",
        "b@2",
    ];
    assert_eq!(texts.iter().collect::<Vec<_>>(), expected);
    assert_eq!((texts.len(), texts.is_empty()), (6, false));
    assert!(expected.into_iter().all(|text| texts.contains(text)));
    assert!(
        ["a", "b@", "b@3", "c"]
            .into_iter()
            .all(|text| !texts.contains(text))
    );
    assert_eq!(
        format!("{:?}", ["a", "b"].into_iter().collect::<Texts>()),
        r#"{"a", "b"}"#
    );
    assert!(Texts::default().is_empty() && !Texts::default().contains(""));
}

#[test]
fn texts_are_the_same_whatever_order_they_came_in() {
    let sorted: Texts = ["a", "b", "c"].into_iter().collect();
    let others = ["c", "a", "b", "a"].into_iter().collect();
    assert_eq!(sorted, others);
}
