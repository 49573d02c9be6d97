//! Keys that say how, when and how far changes spread: what they mean, and what is wrong with them.

use downriver_domain::rollout::RingRule;
use downriver_domain::{Policy, RolloutPolicy, Timestamp};
use insta::assert_snapshot;

use super::*;

fn policy(catalog: &Catalog, id: &str) -> Policy {
    let mut applications = catalog.applications.iter();
    let found = applications.find(|entry| entry.application.id.as_str() == id);
    found.unwrap().application.policy.clone()
}

fn at(text: &str) -> Timestamp {
    let instant: jiff::Timestamp = text.parse().unwrap();
    Timestamp::from_unix_millis(instant.as_millisecond())
}

fn problems_at(text: &str, now: &str) -> String {
    let result = parse_catalog("downriver.toml", text, Some(at(now)), &no_files);
    result.map_or_else(|problems| lines(&problems), |_| String::new())
}

#[test]
fn each_key_of_a_policy_comes_from_the_nearest_table_that_has_it() {
    let text = r#"
[defaults]
account = "123456789012"
region = "eu-west-1"
domain = "acme"
domain_owner = "111122223333"
repositories = ["apps"]
windows = [{ schedule = "0 9 * * MON-FRI", timezone = "Europe/Berlin", duration = "8h" }]
minimum_age = "7d"
max_rebuilds_per_day = 10
ring = 1
tags = ["web", "stage:prod"]
[repositories.apps]
[owners.team-shop]
tags = ["canary"]
minimum_age = "0s"
[applications.shop-web]
owner = "team-shop"
windows = []
ring = 0
[applications.shop-api]
owner = "team-shop"
windows = [
  { schedule = "0 9 * * *", timezone = "UTC", duration = "1h" },
  { schedule = "0 12 * * *", timezone = "UTC", duration = "5m" },
]
[applications.billing]
owner = "team-data"
[owners.team-data]
max_rebuilds_per_day = 100
"#;
    let catalog = parse_catalog("downriver.toml", text, None, &no_files)
        .unwrap_or_else(|problems| panic!("{}", lines(&problems)));
    let shown: Vec<String> = ["billing", "shop-api", "shop-web"]
        .map(|id| {
            let policy = policy(&catalog, id);
            let windows: Vec<String> = policy
                .windows
                .iter()
                .map(|window| {
                    let (schedule, zone) = (window.schedule(), window.timezone());
                    format!("{schedule} {zone} {}s", window.duration_secs())
                })
                .collect();
            format!(
                "{id} windows {windows:?}, age {}s, {:?} a day, ring {:?}, tags {:?}",
                policy.minimum_age_secs, policy.rebuilds_per_day_max, policy.ring, policy.tags
            )
        })
        .into();
    assert_snapshot!(shown.join("\n"), @r#"
        billing windows ["0 9 * * MON-FRI Europe/Berlin 28800s"], age 604800s, Some(100) a day, ring Some(1), tags {"stage:prod", "web"}
        shop-api windows ["0 9 * * * UTC 3600s", "0 12 * * * UTC 300s"], age 0s, Some(10) a day, ring Some(1), tags {"canary"}
        shop-web windows [], age 0s, Some(10) a day, ring Some(0), tags {"canary"}
    "#);
}

#[test]
fn a_catalog_says_what_is_urgent_and_what_is_kept_for_it() {
    let catalog = parsed(
        r#"
[targets."123456789012/eu-west-1"]
budget = 8
urgent = 7
[targets."123456789012/us-east-1"]
urgent = 0
[targets."123456789012/us-west-2"]
budget = 40
"#,
    );
    let kept = |region: &str| {
        let target = names::parse_target(&format!("123456789012/{region}")).unwrap();
        let topology = &catalog.topology;
        topology.budget(&target) - topology.budget_for(&target, false)
    };
    assert_eq!(
        ["eu-west-1", "us-east-1", "us-west-2", "eu-north-1"].map(kept),
        [7, 0, 4, 2]
    );
    let text = "urgent = [\"pkg:npm/%40acme/openssl*\"]\n";
    let catalog = parse_catalog("downriver.toml", text, None, &no_files).unwrap();
    let is_urgent = |package: &str| catalog.topology.is_urgent(&package.parse().unwrap());
    assert!(is_urgent("pkg:npm/%40acme/openssl-bindings"));
    assert!(!is_urgent("pkg:npm/openssl"));
}

#[test]
fn freezes_are_texts_or_instants_of_toml_in_the_order_of_time() {
    let catalog = parsed(
        r#"
[[freezes]]
from = 2026-12-20T00:00:00+01:00
until = 2027-01-04T00:00:00Z
reason = " year end "
[[freezes]]
from = "2026-11-27T00:00:00Z"
until = "2026-12-20T00:00:00+01:00"
reason = "sales"
"#,
    );
    let shown: Vec<String> = catalog
        .topology
        .freezes
        .iter()
        .map(|freeze| {
            let [from, until] = [freeze.from, freeze.until].map(crate::wire::messages::format_time);
            format!("{from} to {until}: {}", freeze.reason)
        })
        .collect();
    assert_snapshot!(shown.join("\n"), @"
        2026-11-27T00:00:00Z to 2026-12-19T23:00:00Z: sales
        2026-12-19T23:00:00Z to 2027-01-04T00:00:00Z: year end
    ");
}

#[test]
fn a_rollout_has_rings_thresholds_and_limits() {
    let catalog = parsed(
        r#"
[rollout]
rings = [{ tags = ["canary", "early"] }, { share = "10%" }]
pass = "90%"
halt = "1%"
ramp = false
unlist = true
[limits]
applications = 200
depth = 8
[applications.shop-web]
owner = "o"
tags = ["early"]
"#,
    );
    let tags = ["canary", "early"].map(str::to_owned).into();
    let expected = RolloutPolicy {
        rings: vec![RingRule::Tags(tags), RingRule::Share(10)],
        pass_percent: 90,
        halt_percent: Some(1),
        is_ramped: false,
        is_unlisted: true,
        applications_max: Some(200),
        depth_max: Some(8),
    };
    assert_eq!(catalog.topology.rollout, Some(expected));
}

#[test]
fn an_empty_rollout_has_the_defaults_and_limits_alone_hold_nothing_else() {
    let rollout = |text: &str| parsed(text).topology.rollout;
    assert_eq!(rollout(""), None);
    assert_eq!(rollout("[limits]\n"), None);
    assert_eq!(rollout("[rollout]\n"), Some(RolloutPolicy::default()));
    let limits_alone = RolloutPolicy {
        rings: Vec::new(),
        halt_percent: None,
        is_ramped: false,
        depth_max: Some(8),
        ..RolloutPolicy::default()
    };
    assert_eq!(rollout("[limits]\ndepth = 8\n"), Some(limits_alone));
}

#[test]
fn windows_of_one_list_must_not_overlap() {
    assert_snapshot!(problems_of(r#"
[owners.team-shop]
windows = [
  { schedule = "0 9 * * MON-FRI", timezone = "Europe/Berlin", duration = "8h" },
  { schedule = "0 22 * * SAT", timezone = "UTC", duration = "2h" },
  { schedule = "0 16 * * FRI", timezone = "Europe/Berlin", duration = "3h" },
]
[applications.shop-web]
owner = "team-shop"
windows = [{ schedule = "0 9 * * *", timezone = "UTC", duration = "2d" }]
"#), @"
        downriver.toml:14:3: owners.team-shop.windows[2]: it opens while windows[0] is open, as at 2024-01-05T15:00:00Z: windows of one list must not overlap
        downriver.toml:18:12: applications.shop-web.windows[0]: it opens again before it is closed, as at 2024-01-02T09:00:00Z: make it shorter, or let it open less often
    ");
}

#[test]
fn windows_that_are_none_are_refused_with_what_would_be_one() {
    assert_snapshot!(problems_of(r#"
[applications.shop-web]
owner = "team-shop"
windows = [
  { schedule = "0 0 30 2 *", timezone = "UTC", duration = "1h" },
  { schedule = "9 o'clock", timezone = "UTC", duration = "1h" },
  { schedule = "0 9 * * *", timezone = "Europe/Berln", duration = "8d" },
  { schedule = "0 9 * * *", timezone = "new_york", duration = "4m" },
  { schedule = "0 9 * * *", timezone = "Atlantis", duration = "1h" },
  { schedule = "0 9 * * *", duration = "eight hours", until = "17:00" },
]
"#), @r#"
        downriver.toml:13:16: applications.shop-web.windows[0].schedule: `0 0 30 2 *` never comes: the window never opens
        downriver.toml:14:16: applications.shop-web.windows[1].schedule: `9 o'clock` is not a cron expression of five fields (minute, hour, day of month, month, day of week), such as `0 9 * * MON-FRI`
        downriver.toml:15:40: applications.shop-web.windows[2].timezone: `Europe/Berln` is not a time zone of the IANA database, such as `Europe/Berlin`; did you mean "Europe/Berlin"?
        downriver.toml:15:67: applications.shop-web.windows[2].duration: `8d` is out of range: expected 5m to 7d
        downriver.toml:16:40: applications.shop-web.windows[3].timezone: `new_york` is not a time zone of the IANA database, such as `Europe/Berlin`; did you mean "America/New_York"?
        downriver.toml:16:63: applications.shop-web.windows[3].duration: `4m` is out of range: expected 5m to 7d
        downriver.toml:17:40: applications.shop-web.windows[4].timezone: `Atlantis` is not a time zone of the IANA database, such as `Europe/Berlin`
        downriver.toml:18:3: applications.shop-web.windows[5].timezone: missing: it must be given
        downriver.toml:18:40: applications.shop-web.windows[5].duration: `eight hours` is not a duration: expected a whole number and s, m, h or d, such as `90s`
        downriver.toml:18:55: applications.shop-web.windows[5].until: unknown field
    "#);
}

#[test]
fn ages_daily_limits_rings_and_tags_have_bounds() {
    assert_snapshot!(problems_of(r#"
[applications.shop-web]
owner = "team-shop"
minimum_age = "91d"
max_rebuilds_per_day = 0
ring = 10
tags = []
[applications.shop-api]
owner = "team-shop"
minimum_age = "3"
max_rebuilds_per_day = 101
ring = -1
tags = ["canary", "eu west", "", "canary"]
"#), @"
        downriver.toml:12:15: applications.shop-web.minimum_age: `91d` is out of range: expected 0s to 90d
        downriver.toml:13:24: applications.shop-web.max_rebuilds_per_day: 0 is out of range: expected 1 to 100
        downriver.toml:14:8: applications.shop-web.ring: 10 is out of range: expected 0 to 9
        downriver.toml:15:8: applications.shop-web.tags: empty: leave it out or give at least one
        downriver.toml:18:15: applications.shop-api.minimum_age: `3` is not a duration: expected a whole number and s, m, h or d, such as `90s`
        downriver.toml:19:24: applications.shop-api.max_rebuilds_per_day: 101 is out of range: expected 1 to 100
        downriver.toml:20:8: applications.shop-api.ring: -1 is out of range: expected 0 to 9
        downriver.toml:21:19: applications.shop-api.tags[1]: `eu west` is not a tag: expected 1 to 64 letters, digits, `-`, `_`, `.`, `:` or `/`
        downriver.toml:21:30: applications.shop-api.tags[2]: `` is not a tag: expected 1 to 64 letters, digits, `-`, `_`, `.`, `:` or `/`
        downriver.toml:21:34: applications.shop-api.tags[3]: `canary` is named twice
    ");
    let long = "t".repeat(65);
    let text = format!("[applications.a]\nowner = \"o\"\ntags = [\"{long}\"]\n");
    assert!(problems_of(&text).contains("is not a tag"));
}

#[test]
fn more_windows_than_one_application_may_have_are_refused() {
    let window = r#"{ schedule = "0 9 1 1 *", timezone = "UTC", duration = "5m" }"#;
    let list = vec![window; WINDOWS_MAX + 1].join(", ");
    let text = format!("[applications.a]\nowner = \"o\"\nwindows = [{list}]\n");
    assert!(problems_of(&text).contains("51 entries are too many: at most 50"));
}

#[test]
fn more_different_lists_of_windows_than_a_catalog_may_have_are_refused() {
    // Once a year: comparing them is quick.
    let table = |number: usize| {
        let (minute, hour) = (number % 60, number / 60 % 24);
        format!(
            "[applications.a{number}]\nowner = \"o\"\nwindows = [{{ schedule = \"{minute} {hour} 1 1 *\", timezone = \"UTC\", duration = \"5m\" }}]\n"
        )
    };
    let most: String = (0..WINDOW_LISTS_MAX).map(table).collect();
    // One that is there already is not another.
    let same = table(0).replace("a0", "b0");
    let more = table(WINDOW_LISTS_MAX);
    assert_snapshot!(problems_of(&format!("{most}{same}{more}")), @"downriver.toml:3008:12: applications.a999.windows: a catalog has at most 1000 different lists of windows: let applications share one, in [owners] or [defaults]");
}

#[test]
fn what_is_kept_for_urgent_rebuilds_leaves_a_place_for_others() {
    assert_snapshot!(problems_of(r#"
[targets."123456789012/eu-west-1"]
urgent = 20
[targets."123456789012/us-east-1"]
budget = 4
urgent = 4
[targets."123456789012/us-west-2"]
budget = 4
urgent = 3
"#), @r#"
        downriver.toml:11:10: targets."123456789012/eu-west-1".urgent: 20 places for urgent rebuilds leave none of the budget of 20 for others: at most 19; did you mean "19"?
        downriver.toml:14:10: targets."123456789012/us-east-1".urgent: 4 places for urgent rebuilds leave none of the budget of 4 for others: at most 3; did you mean "3"?
    "#);
    assert_snapshot!(problems_of_whole("urgent = [\"openssl\"]"), @"downriver.toml:1:11: urgent[0]: `openssl` is not a package URL: write one such as `pkg:npm/%40acme/tokens`");
}

#[test]
fn freezes_are_spans_with_a_reason_that_do_not_overlap() {
    assert_snapshot!(problems_of_whole(r#"
[[freezes]]
from = "2026-12-20"
until = 2027-01-04
reason = ""
[[freezes]]
from = "2026-12-20T00:00:00Z"
until = "2026-12-20T00:00:00Z"
reason = "no time at all"
[[freezes]]
from = "2026-11-27T00:00:00Z"
until = "2026-12-01T00:00:00Z"
reason = "sales"
[[freezes]]
from = "2026-11-30T00:00:00Z"
until = "2026-11-30T12:00:00Z"
reason = "within it"
[[freezes]]
from = "2026-12-01T00:00:00Z"
until = "2026-12-02T00:00:00Z"
reason = "right after it"
[[freezes]]
from = 20
"#), @"
        downriver.toml:3:8: freezes[0].from: `2026-12-20` is not an instant: expected an RFC 3339 time such as `2026-03-02T09:14:07Z`
        downriver.toml:4:9: freezes[0].until: `2027-01-04` is not an instant: expected an RFC 3339 time such as `2026-03-02T09:14:07Z`
        downriver.toml:5:10: freezes[0].reason: empty: say what people are to be told
        downriver.toml:8:9: freezes[1].until: it must be later than `from`
        downriver.toml:14:1: freezes[3]: it begins while freezes[2] lasts, which is over at 2026-12-01T00:00:00Z: freezes must not overlap
        downriver.toml:22:1: freezes[5].reason: missing: it must be given
        downriver.toml:22:1: freezes[5].until: missing: it must be given
        downriver.toml:23:8: freezes[5].from: expected a string, found an integer
    ");
}

#[test]
fn a_freeze_that_is_over_is_told_to_whoever_checks() {
    let text = r#"
[[freezes]]
from = "2025-12-20T00:00:00Z"
until = "2026-01-04T00:00:00+01:00"
reason = "year end"
"#;
    assert_snapshot!(problems_at(text, "2026-01-03T23:00:00Z"), @"downriver.toml:4:9: freezes[0].until: this freeze has been over since 2026-01-03T23:00:00Z: take it out, or give a later time");
    assert_eq!(problems_at(text, "2026-01-03T22:59:59Z"), "");
    assert!(parse_catalog("downriver.toml", text, None, &no_files).is_ok());
}

#[test]
fn shares_and_thresholds_are_1_to_100_percent() {
    assert_snapshot!(problems_of_whole(r#"
[rollout]
rings = [{ share = "60%" }, { share = "41%" }, { share = "0%" }, { share = "many" }]
pass = "101%"
halt = "20"
ramp = "yes"
[limits]
applications = 0
depth = 101
"#), @r#"
        downriver.toml:3:39: rollout.rings[1].share: the shares up to here come to 101%: with more than 100% nobody is left for this ring
        downriver.toml:3:58: rollout.rings[2].share: `0%` is out of range: expected 1% to 100%; did you mean "1%"?
        downriver.toml:3:76: rollout.rings[3].share: `many` is not a share: expected a whole number and %, such as `20%`
        downriver.toml:4:8: rollout.pass: `101%` is out of range: expected 1% to 100%; did you mean "100%"?
        downriver.toml:5:8: rollout.halt: `20` is not a share: expected a whole number and %, such as `20%`; did you mean "20%"?
        downriver.toml:6:8: rollout.ramp: expected a boolean, found a string
        downriver.toml:8:16: limits.applications: 0 is out of range: expected 1 to 100000
        downriver.toml:9:9: limits.depth: 101 is out of range: expected 1 to 100
    "#);
    assert_snapshot!(problems_of_whole("[rollout]\nhalt = \"99999999999%\"\npass = 90\n"), @r#"
        downriver.toml:2:8: rollout.halt: `99999999999%` is out of range: expected 1% to 100%; did you mean "100%"?
        downriver.toml:3:8: rollout.pass: expected a string, found an integer
    "#);
}

#[test]
fn a_ring_is_said_by_tags_or_by_a_share() {
    assert_snapshot!(problems_of_whole(r#"
[rollout]
rings = [{}, { tags = ["a b"], share = "5%" }, { tags = [] }, { tag = ["canary"] }]
"#), @r#"
        downriver.toml:3:10: rollout.rings[0]: missing: say who is in this ring, by `tags` or by `share`
        downriver.toml:3:14: rollout.rings[1]: give either `tags` or `share`
        downriver.toml:3:57: rollout.rings[2].tags: empty: leave it out or give at least one
        downriver.toml:3:63: rollout.rings[3]: missing: say who is in this ring, by `tags` or by `share`
        downriver.toml:3:65: rollout.rings[3].tag: unknown field; did you mean "tags"?
    "#);
}

#[test]
fn a_ring_that_nobody_is_in_is_refused() {
    assert_snapshot!(problems_of(r#"
[rollout]
rings = [{ tags = ["canary"] }, { tags = ["early", "web"] }, { tags = ["stage:tst"] }, { tags = ["said"] }]
[applications.shop-web]
owner = "o"
tags = ["canary", "web"]
[applications.shop-api]
owner = "o"
tags = ["stage:test"]
[applications.shop-ios]
owner = "o"
ring = 3
"#), @r#"
        downriver.toml:11:33: rollout.rings[1]: nobody is in ring 1: every application with the tag `early` or `web` is in another ring already
        downriver.toml:11:62: rollout.rings[2]: nobody is in ring 2: no application has the tag `stage:tst`; did you mean "stage:test"?
    "#);
    // Nobody is anywhere yet.
    assert!(parse("[rollout]\nrings = [{ tags = [\"canary\"] }]\n").is_ok());
}

#[test]
fn a_ring_beyond_the_last_is_refused() {
    assert_snapshot!(problems_of(r#"
[rollout]
rings = [{ share = "10%" }]
[owners.team-shop]
ring = 2
[applications.shop-web]
owner = "team-shop"
ring = 1
[applications.shop-api]
owner = "team-shop"
ring = 7
"#), @r#"
        downriver.toml:13:8: owners.team-shop.ring: there is no ring 2: [rollout] makes rings 0 to 1, the last for everybody whom no rule names; did you mean "1"?
        downriver.toml:19:8: applications.shop-api.ring: there is no ring 7: [rollout] makes rings 0 to 1, the last for everybody whom no rule names; did you mean "1"?
    "#);
    // Without rollouts there are no rings: it says nothing.
    assert!(parse("[applications.a]\nowner = \"o\"\nring = 7\n").is_ok());
}
