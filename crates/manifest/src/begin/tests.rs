use proptest::prelude::*;

use super::begin;

proptest! {
    #[test]
    fn texts_begin_in_the_order_that_they_are_in(one in "[\\x00a-c]{0,20}", other in "[\\x00a-c]{0,20}") {
        let by_begin = begin([one.as_bytes()]).cmp(&begin([other.as_bytes()]));
        prop_assert_eq!(by_begin.then_with(|| one.cmp(&other)), one.cmp(&other));
    }
}

#[test]
fn parts_begin_like_the_whole() {
    let whole = begin([b"a-name-that-is-longer-than-it"]);
    assert_eq!(
        begin([
            &b"a-"[..],
            b"",
            b"name-",
            b"that-is-longer-than-it",
            b"more"
        ]),
        whole
    );
    assert_eq!(begin([b"a"]), u128::from(b'a') << 120);
}
