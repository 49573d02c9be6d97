use super::compare::{instant, is_within, number, range};

#[test]
fn dates_are_instants() {
    let table = [
        ("1970-01-01", Some(0.0)),
        ("1970", Some(0.0)),
        ("2000-03", Some(951_868_800.0)),
        ("2024-02-29T12:00Z", Some(1_709_208_000.0)),
        ("2024-02-29T12:00:30.5+01:00", Some(1_709_204_430.5)),
        ("1772359200", Some(1_772_359_200.0)),
        ("2024-13-01", None),
        ("2024-02-29T12:00", None),
        ("2024-02-29T25:00Z", None),
        ("24-02-29", None),
        ("", None),
    ];
    for (text, expected) in table {
        assert_eq!(instant(text), expected, "{text}");
    }
}

#[test]
fn ranges_hold_the_addresses_of_their_network() {
    let table = [
        ("10.1.0.0/16", "10.1.255.255", true),
        ("10.1.0.0/16", "10.2.0.0", false),
        ("0.0.0.0/0", "203.0.113.9", true),
        ("::/0", "203.0.113.9", false),
        ("2001:db8::/32", "2001:db8:ffff::1", true),
        ("2001:db8::1", "2001:db8::2", false),
    ];
    for (network, address, expected) in table {
        let network = range(network).unwrap();
        assert_eq!(
            is_within(address.parse().unwrap(), network),
            expected,
            "{address}"
        );
    }
    for text in ["10.0.0.0/33", "10.0.0", "::/129", "10.0.0.0/", ""] {
        assert_eq!(range(text), None, "{text}");
    }
}

#[test]
fn numbers_are_finite() {
    assert_eq!(number("1e3"), Some(1000.0));
    assert_eq!(number("NaN"), None);
    assert_eq!(number("inf"), None);
}
