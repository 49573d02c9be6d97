//! What a person decided before the change was seen anywhere.

use super::{advance, fresh, members, policy};
use crate::testing::{at, id};

#[test]
fn a_ring_that_nobody_was_seen_in_yet_has_not_passed() {
    let approved = fresh().approved("ann", at(1)).expect("it was not");
    let over = advance(&policy(), &approved, &[], at(1)).expect("there is nothing to do");
    assert!(over.rollout.is_over);
    assert_eq!((over.rollout.ring, over.rollout.passed.len()), (0, 0));
    let seen = members(&["0 bird waits", "2 web waits"]);
    let begun = advance(&policy(), &over.rollout, &seen, at(2)).expect("it begins");
    assert!(!begun.rollout.is_over);
    assert_eq!(begun.rollout.ring, 0);
    assert_eq!(begun.released, [id("bird")]);
}
