use super::{REASON_CHARS_MAX, sibling_url, told};

#[test]
fn a_queue_of_the_same_account_is_reached_beside_another() {
    let table = [
        (
            "https://sqs.eu-west-1.amazonaws.com/111122223333/acme-QuarantineQueue-1A",
            "https://sqs.eu-west-1.amazonaws.com/111122223333/acme-ChangesQueue-2B",
        ),
        (
            "http://localhost:4566/111122223333/acme-QuarantineQueue-1A",
            "http://localhost:4566/111122223333/acme-ChangesQueue-2B",
        ),
    ];
    for (url, expected) in table {
        assert_eq!(sibling_url(url, "acme-ChangesQueue-2B"), expected);
    }
}

#[test]
fn a_reason_is_cut_and_holds_nothing_that_sqs_refuses() {
    assert_eq!(told("a\u{0}b\nc"), "a b c");
    assert_eq!(told(&"é".repeat(2_000)).chars().count(), REASON_CHARS_MAX);
    assert_eq!(told(" \n"), "no reason was told");
}
