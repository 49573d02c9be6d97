use super::Digests;

#[test]
fn places_of_a_digest_are_found_in_order() {
    // The first bits of all are the same, as nobody could rule out.
    let alike = (0..200_u64).map(|at| at / 2);
    let apart = (0..200_u64).map(|at| at.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let digests: Vec<(u64, u32)> = alike.chain(apart).zip(0..).collect();
    let found = Digests::new(&digests);
    for (digest, _) in &digests {
        let places = digests.iter().filter(|(known, _)| known == digest);
        let expected: Vec<u32> = places.map(|(_, place)| *place).collect();
        assert_eq!(found.get(*digest).collect::<Vec<_>>(), expected);
    }
    assert_eq!(found.get(u64::MAX).count(), 0);
    assert_eq!(found.get(12_345).count(), 0);
}

#[test]
fn nothing_is_found_among_none() {
    assert_eq!(Digests::default().get(0).count(), 0);
    assert_eq!(Digests::new(&[]).get(u64::MAX).count(), 0);
    assert_eq!(Digests::new(&[(7, 1)]).get(7).collect::<Vec<_>>(), [1]);
}
