use proptest::prelude::*;

use super::{Opening, Window, WindowError, find_overlap, opening_at};
use crate::Timestamp;

fn at(text: &str) -> Timestamp {
    let instant: jiff::Timestamp = text.parse().expect("a test writes valid instants");
    Timestamp::from_unix_millis(instant.as_millisecond())
}

fn shown(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.unix_millis())
        .expect("in range")
        .to_string()
}

fn window(schedule: &str, timezone: &str, hours: u64) -> Window {
    Window::parse(schedule, timezone, hours * 3600).expect("a test writes valid windows")
}

/// `open until …` or `closed until …`.
fn opening(windows: &[Window], now: &str) -> String {
    match opening_at(windows, at(now)) {
        Opening::Open { until } => format!("open until {}", shown(until)),
        Opening::Closed { until } => format!("closed until {}", shown(until)),
    }
}

#[test]
fn a_window_opens_at_local_time_and_closes_after_its_duration() {
    let office = [window("0 9 * * MON-FRI", "Europe/Berlin", 8)];
    for (now, expected) in [
        // A Wednesday in winter: Berlin is an hour ahead.
        ("2026-01-14T07:59:59Z", "closed until 2026-01-14T08:00:00Z"),
        ("2026-01-14T08:00:00Z", "open until 2026-01-14T16:00:00Z"),
        (
            "2026-01-14T15:59:59.999Z",
            "open until 2026-01-14T16:00:00Z",
        ),
        ("2026-01-14T16:00:00Z", "closed until 2026-01-15T08:00:00Z"),
        // On Friday evening the next one is on Monday.
        ("2026-01-16T16:00:00Z", "closed until 2026-01-19T08:00:00Z"),
        // In summer Berlin is two hours ahead.
        ("2026-07-15T06:30:00Z", "closed until 2026-07-15T07:00:00Z"),
        ("2026-07-15T07:00:00Z", "open until 2026-07-15T15:00:00Z"),
    ] {
        assert_eq!(opening(&office, now), expected, "{now}");
    }
}

#[test]
fn one_of_several_is_enough_and_the_next_of_them_opens() {
    let windows = [
        window("0 22 * * SAT", "UTC", 6),
        window("0 9 * * TUE,THU", "UTC", 2),
    ];
    for (now, expected) in [
        // Saturday's reaches into Sunday.
        ("2026-01-18T03:00:00Z", "open until 2026-01-18T04:00:00Z"),
        ("2026-01-18T04:00:00Z", "closed until 2026-01-20T09:00:00Z"),
        ("2026-01-20T10:00:00Z", "open until 2026-01-20T11:00:00Z"),
        ("2026-01-22T11:00:00Z", "closed until 2026-01-24T22:00:00Z"),
    ] {
        assert_eq!(opening(&windows, now), expected, "{now}");
    }
}

#[test]
fn clock_changes_neither_lose_nor_repeat_an_opening() {
    // 2026-03-29: Berlin's clock goes from 02:00 to 03:00. What would open at 02:30 opens at 03:30, local time.
    let night = [window("30 2 * * *", "Europe/Berlin", 1)];
    assert_eq!(
        opening(&night, "2026-03-29T00:45:00Z"),
        "closed until 2026-03-29T01:30:00Z"
    );
    // 2026-10-25: from 03:00 back to 02:00. It opens the first time that the clock shows 02:30, and not again.
    assert_eq!(
        opening(&night, "2026-10-25T00:29:00Z"),
        "closed until 2026-10-25T00:30:00Z"
    );
    assert_eq!(
        opening(&night, "2026-10-25T01:30:00Z"),
        "closed until 2026-10-26T01:30:00Z"
    );
}

#[test]
fn what_is_no_window_is_refused_with_what_would_be_one() {
    let refused = |schedule: &str, timezone: &str, secs: u64| {
        Window::parse(schedule, timezone, secs)
            .expect_err("refused")
            .to_string()
    };
    let shown = [
        refused("0 9 * *", "UTC", 3600),
        refused("0 9 * * MON-FRI Europe/Berlin", "UTC", 3600),
        refused("61 9 * * *", "UTC", 3600),
        refused("0 9 * * *", "Europe/Bärlin", 3600),
        refused("0 0 30 2 *", "UTC", 3600),
        refused("0 9 * * *", "UTC", 0),
        refused("0 9 * * *", "UTC", 8 * 24 * 3600),
    ];
    insta::assert_snapshot!(shown.join("\n"), @r"
    `0 9 * *` is not a cron expression of five fields (minute, hour, day of month, month, day of week), such as `0 9 * * MON-FRI`
    `0 9 * * MON-FRI Europe/Berlin` is not a cron expression of five fields (minute, hour, day of month, month, day of week), such as `0 9 * * MON-FRI`
    `61 9 * * *` is not a cron expression of five fields (minute, hour, day of month, month, day of week), such as `0 9 * * MON-FRI`
    `Europe/Bärlin` is not a time zone of the IANA database, such as `Europe/Berlin`
    `0 0 30 2 *` never comes: the window never opens
    a window is open for 300 s to 604800 s
    a window is open for 300 s to 604800 s
    ");
    // A leap day comes, if seldom.
    assert!(Window::parse("0 0 29 2 *", "UTC", 3600).is_ok());
    assert_eq!(
        Window::parse("0 0 31 4 *", "UTC", 3600),
        Err(WindowError::NeverOpens("0 0 31 4 *".to_owned()))
    );
}

#[test]
fn windows_that_are_open_at_once_are_found() {
    let find = |windows: &[Window]| {
        find_overlap(windows).map(|(first, second, at)| (first, second, shown(at)))
    };
    let day = window("0 9 * * MON-FRI", "UTC", 8);
    let evening = window("0 17 * * MON-FRI", "UTC", 2);
    assert_eq!(find(&[day.clone(), evening.clone()]), None);
    let late = window("0 16 * * FRI", "UTC", 2);
    assert_eq!(
        find(&[day.clone(), evening, late]),
        Some((0, 2, "2024-01-05T16:00:00Z".to_owned()))
    );
    // One overlaps itself where it opens again before it closes.
    let daily = window("0 9 * * *", "UTC", 25);
    assert_eq!(
        find(&[daily]),
        Some((0, 0, "2024-01-02T09:00:00Z".to_owned()))
    );
    // An hour apart in winter; at once for the weeks in which only one of the two clocks has changed.
    let berlin = window("0 15 * * *", "Europe/Berlin", 1);
    let new_york = window("0 10 * * *", "America/New_York", 1);
    assert_eq!(
        find(&[berlin, new_york]),
        Some((0, 1, "2024-03-10T14:00:00Z".to_owned()))
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_closed_window_is_open_when_it_says_and_not_before(
        hour in 0_u8..24,
        minute in 0_u8..60,
        zone in prop::sample::select(vec!["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland"]),
        secs in 0_i64..63_072_000,
    ) {
        let windows = [window(&format!("{minute} {hour} * * *"), zone, 1)];
        let now = Timestamp::from_unix_millis(1_767_225_600_000 + secs * 1000);
        match opening_at(&windows, now) {
            Opening::Open { until } => {
                prop_assert!(now < until && until.secs_since(now) <= 3600);
                let closed = matches!(opening_at(&windows, until), Opening::Closed { .. });
                prop_assert!(closed);
            }
            Opening::Closed { until } => {
                prop_assert!(now < until && until.secs_since(now) <= 25 * 3600);
                let opens = matches!(opening_at(&windows, until), Opening::Open { .. });
                let before = Timestamp::from_unix_millis(until.unix_millis() - 1);
                let is_closed_before = matches!(opening_at(&windows, before), Opening::Closed { .. });
                prop_assert!(opens && is_closed_before);
            }
        }
    }
}
