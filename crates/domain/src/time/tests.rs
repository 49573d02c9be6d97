use super::Timestamp;

#[test]
fn time_saturates_at_both_ends() {
    assert_eq!(Timestamp::MAX.plus_secs(1), Timestamp::MAX);
    assert_eq!(Timestamp::MIN.minus_secs(1), Timestamp::MIN);
    let now = Timestamp::from_unix_millis(1_500);
    assert_eq!(now.plus_secs(u64::MAX), Timestamp::MAX);
    assert_eq!(now.plus_secs(2).minus_secs(2), now);
    assert!(Timestamp::MIN < now && now < Timestamp::MAX);
}

#[test]
fn seconds_since_are_whole_and_never_negative() {
    let at = Timestamp::from_unix_millis;
    assert_eq!(at(2_999).secs_since(at(1_000)), 1);
    assert_eq!(at(1_000).secs_since(at(2_999)), 0);
    assert!(Timestamp::MAX.secs_since(Timestamp::MIN) > 0);
}
