use super::*;

/// Every field another number, so that a forgotten one shows.
fn all() -> Summary {
    Summary {
        applications: 1,
        changes: 2,
        rebuilds: 3,
        waiting: 4,
        unknown: 5,
        coalesced: 6,
        built_already: 7,
        not_selected: 8,
        excluded: 9,
        locked: 10,
        left_to_people: 11,
        attempted: 12,
        not_needed: 13,
        started: 14,
        succeeded: 15,
        delivered: 16,
        failed: 17,
        needing_a_person: 18,
    }
}

#[test]
fn sums_hold_every_number() {
    let mut sum = all();
    sum.add(&all());
    let doubled = Summary {
        applications: 2,
        changes: 4,
        rebuilds: 6,
        waiting: 8,
        unknown: 10,
        coalesced: 12,
        built_already: 14,
        not_selected: 16,
        excluded: 18,
        locked: 20,
        left_to_people: 22,
        attempted: 24,
        not_needed: 26,
        started: 28,
        succeeded: 30,
        delivered: 32,
        failed: 34,
        needing_a_person: 36,
    };
    assert_eq!(sum, doubled);
}

#[test]
fn what_was_avoided_is_the_sum_of_its_reasons() {
    assert_eq!(all().avoided(), 6 + 7 + 8 + 9 + 10 + 11 + 12 + 13);
}

#[test]
fn applications_alone_are_nothing() {
    let quiet = Summary {
        applications: 7,
        ..Summary::default()
    };
    assert!(quiet.is_nothing());
    let needed = Summary {
        needing_a_person: 1,
        ..quiet
    };
    assert!(!needed.is_nothing());
}

#[test]
fn a_week_ends_on_monday_at_eight() {
    let hour = 3600 * 1000;
    // 2026-01-05T08:00:00Z is a Monday.
    let monday = 1_767_600_000_000;
    for (now, end) in [
        (monday, monday),
        (monday - 1, monday - 168 * hour),
        (monday + 1, monday),
        (monday + 168 * hour - 1, monday),
        (monday + 168 * hour, monday + 168 * hour),
        // 1970-01-01 lies before the first Monday.
        (0, FIRST_WEEK_MILLIS - 168 * hour),
    ] {
        let found = week_end(Timestamp::from_unix_millis(now));
        assert_eq!(found.unix_millis(), end, "{now}");
    }
    let began = week_begin(Timestamp::from_unix_millis(monday));
    assert_eq!(began.unix_millis(), monday - 168 * hour);
    for extreme in [Timestamp::MIN, Timestamp::MAX] {
        assert!(week_end(extreme) <= extreme);
    }
}

#[test]
fn a_sentence_tells_what_there_is() {
    let summary = Summary {
        applications: 2,
        changes: 9,
        rebuilds: 2,
        coalesced: 5,
        excluded: 1,
        waiting: 1,
        started: 3,
        succeeded: 2,
        delivered: 1,
        needing_a_person: 1,
        ..Summary::default()
    };
    assert_eq!(
        summary.sentence(),
        "9 changes for 2 applications led to 2 rebuilds; 6 rebuilds avoided (5 taken along by another rebuild, 1 excluded by the requirement); \
         3 executions started, 2 succeeded, 1 proven to be delivered, 0 failed; 1 change still to be rebuilt; \
         a person is needed at 1 application"
    );
    assert_eq!(
        Summary::default().sentence(),
        "0 changes for 0 applications led to 0 rebuilds; 0 rebuilds avoided; 0 executions started, 0 succeeded, 0 proven to be delivered, 0 failed"
    );
}
