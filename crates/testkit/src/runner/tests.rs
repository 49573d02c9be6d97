//! The options, and the width of what is printed.

use std::time::Duration;

use super::Total;
use super::options::Options;
use super::progress::grouped;
use crate::simulation::Bug;

fn parse(text: &str) -> Result<Options, String> {
    Options::parse(text.split_whitespace().map(str::to_owned))
}

#[test]
fn options_are_read_and_what_is_none_is_refused_with_what_to_do() {
    let options = parse("--seeds 10 --from 5 --jobs 3 --plant lost-page").unwrap();
    assert_eq!(
        (options.seeds, options.from, options.jobs, options.bug),
        (10, 5, 3, Some(Bug::LostPage))
    );
    let refused = |text: &str| parse(text).unwrap_err();
    assert_eq!(refused("--seeds"), "--seeds needs a value");
    assert_eq!(refused("--seeds ten"), "--seeds needs a number, not `ten`");
    assert_eq!(refused("--faster"), "there is no option `--faster`");
    assert_eq!(
        refused("--trace"),
        "--trace needs the seed of one day: --seed S"
    );
    assert!(refused("--plant typo").starts_with("there is no bug `typo`: lost-page, "));
}

#[test]
fn every_bug_is_found_by_its_name_and_has_one_of_its_own() {
    for bug in Bug::ALL {
        assert_eq!(Bug::of_name(bug.name()), Some(bug));
    }
}

#[test]
fn the_summary_is_not_wider_than_a_terminal() {
    let total = Total {
        seeds: 1_000_000,
        runs: 1_250_000,
        traced_runs: 200_000,
        steps: 9_000_000_000,
        calls: 90_000_000_000,
        commits: 1_000_000_000,
        starts: 50_000_000,
        kills: 50_000_000,
        working: Duration::from_secs(20_001),
        whole: Duration::from_secs(30_001),
    };
    for line in total.summary(64, Duration::from_secs(99_999)).lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn numbers_are_grouped_by_three() {
    let shown = [0, 12, 123, 1_234, 12_345_678].map(grouped);
    assert_eq!(shown, ["0", "12", "123", "1,234", "12,345,678"]);
}
