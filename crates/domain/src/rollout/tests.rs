//! Rings, ramps and halts: which decision follows from how the members stand, and what a whole rollout comes to.

mod decided;
mod standings;

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::advance::ramp;
use super::{
    Broken, Clearance, Hold, Member, RingMember, RingRule, Rollout, RolloutPolicy, Standing,
    advance, assign_rings,
};
use crate::ApplicationId;
use crate::testing::{at, id, npm};
use crate::version::PackageVersionId;

fn change() -> PackageVersionId {
    PackageVersionId::new(npm("tokens"), "2.0.0").expect("valid")
}

/// Ring 0 by tag, ring 1 by share, the rest in ring 2.
fn policy() -> RolloutPolicy {
    RolloutPolicy {
        rings: vec![
            RingRule::Tags(["canary".to_owned()].into()),
            RingRule::Share(25),
        ],
        ..RolloutPolicy::default()
    }
}

fn fresh() -> Rollout {
    Rollout::new(change(), 0, at(0))
}

fn broken(application: &str) -> Standing {
    Standing::Failed(Broken {
        application: id(application),
        execution: None,
        reason: "execution e failed in stage Test".to_owned(),
        url: None,
        at: at(50),
    })
}

/// Members from words: the ring, the name, and how it stands.
fn members(words: &[&str]) -> Vec<Member> {
    words
        .iter()
        .map(|word| {
            let [ring, name, standing] = word.split(' ').collect::<Vec<_>>()[..] else {
                panic!("three words: {word}");
            };
            Member {
                application: id(name),
                ring: ring.parse().expect("a number"),
                standing: match standing {
                    "waits" => Standing::Waiting,
                    "later" => Standing::Later,
                    "goes" => Standing::InFlight,
                    "succeeded" => Standing::Succeeded,
                    "failed" => broken(name),
                    "uncounted" => Standing::Uncounted,
                    _ => Standing::Unable(standing.to_owned()),
                },
            }
        })
        .collect()
}

/// What is decided, in one line.
fn decided(policy: &RolloutPolicy, rollout: &Rollout, words: &[&str]) -> String {
    let Some(advanced) = advance(policy, rollout, &members(words), at(100)) else {
        return "nothing changes".to_owned();
    };
    let next = &advanced.rollout;
    let released: Vec<&str> = advanced
        .released
        .iter()
        .map(ApplicationId::as_str)
        .collect();
    let hold = match &next.hold {
        None => String::new(),
        Some(Hold::Halted { reason, .. }) => format!(" halted: {reason}"),
        Some(Hold::Unapproved { reason, .. }) => format!(" unapproved: {reason}"),
        Some(Hold::Abandoned { .. }) => " abandoned".to_owned(),
    };
    let passed: Vec<String> = next
        .passed
        .iter()
        .map(|passed| format!("; passed {}: {}", passed.ring, passed.reason))
        .collect();
    format!(
        "ring {} released {released:?}{}{}{hold}",
        next.ring,
        if next.is_over { " over" } else { "" },
        passed.concat()
    )
}

#[test]
fn the_first_ring_begins_with_one_and_the_others_wait_for_it() {
    let words = ["0 a waits", "0 b waits", "1 c waits", "2 d waits"];
    assert_eq!(
        decided(&policy(), &fresh(), &words),
        r#"ring 0 released ["a"]"#
    );
    let advanced = advance(&policy(), &fresh(), &members(&words), at(100)).expect("it begins");
    let rollout = advanced.rollout;
    let cleared: Vec<Clearance> = members(&words)
        .iter()
        .map(|member| rollout.clear(&member.application, member.ring))
        .collect();
    let waits = Clearance::Ring(0);
    assert_eq!(
        cleared,
        [Clearance::Go, waits.clone(), waits.clone(), waits]
    );
    assert_eq!(decided(&policy(), &rollout, &words), "nothing changes");
}

#[test]
fn a_ring_passes_when_its_share_is_delivered_and_not_before() {
    let one_of_two = ["0 a succeeded", "0 b goes", "1 c waits"];
    assert_eq!(
        decided(&policy(), &fresh(), &one_of_two),
        "ring 0 released []"
    );
    let half = RolloutPolicy {
        pass_percent: 50,
        ..policy()
    };
    assert_eq!(
        decided(&half, &fresh(), &one_of_two),
        "ring 1 released []; passed 0: 1 of 2 delivered",
        "what is still on its way counts against the first step"
    );
    let all = ["0 a succeeded", "0 b succeeded", "1 c waits"];
    assert_eq!(
        decided(&policy(), &fresh(), &all),
        r#"ring 1 released ["c"]; passed 0: 2 of 2 delivered"#
    );
}

#[test]
fn a_ring_with_nobody_able_to_go_passes_with_that_reason() {
    for (words, expected) in [
        (
            vec!["2 d waits"],
            r#"ring 2 released ["d"]; passed 0: it concerns nobody in this ring; passed 1: it concerns nobody in this ring"#,
        ),
        (
            vec!["0 a paused", "0 b stuck", "2 d waits"],
            r#"ring 2 released ["d"]; passed 0: nobody in this ring is able to go (a: paused; and 1 more); passed 1: it concerns nobody in this ring"#,
        ),
        // Who says nothing about the change counts for neither side.
        (
            vec!["0 a uncounted", "1 c waits"],
            r#"ring 1 released ["c"]; passed 0: it concerns nobody in this ring"#,
        ),
        // A closed window opens: it is waited for.
        (vec!["0 a later", "1 c waits"], "ring 0 released []"),
    ] {
        assert_eq!(decided(&policy(), &fresh(), &words), expected);
    }
}

#[test]
fn failures_at_the_threshold_halt_it() {
    let lenient = RolloutPolicy {
        halt_percent: Some(34),
        pass_percent: 50,
        ..policy()
    };
    let one_of_three = ["0 a failed", "0 b succeeded", "0 c succeeded", "2 d waits"];
    assert_eq!(
        decided(&policy(), &fresh(), &one_of_three),
        "ring 0 released [] halted: 1 of 3 that ended in ring 0 failed, and 20 % halts a change; 3 of the 4 applications that it reaches had started"
    );
    assert!(decided(&lenient, &fresh(), &one_of_three).starts_with("ring 2"));
    let two_of_three = ["0 a failed", "0 b failed", "0 c succeeded", "2 d waits"];
    assert!(decided(&lenient, &fresh(), &two_of_three).contains("halted: 2 of 3"));
    // A straggler of a ring that passed counts as well.
    let later = Rollout {
        ring: 2,
        revision: 3,
        ..fresh()
    };
    assert!(decided(&policy(), &later, &["0 a failed", "2 d waits"]).contains("halted"));
    // What the halt holds, and whom it names.
    let advanced = advance(&policy(), &fresh(), &members(&one_of_three), at(100)).expect("halted");
    assert!(advanced.rollout.is_halted());
    let Some(Hold::Halted { broken, ring, .. }) = &advanced.rollout.hold else {
        panic!("halted");
    };
    assert_eq!((broken[0].application.as_str(), *ring), ("a", 0));
    assert_eq!(
        advanced.rollout.clear(&id("d"), 2),
        Clearance::Halted,
        "nothing more starts"
    );
    assert_eq!(advanced.released, []);
}

#[test]
fn without_a_threshold_nothing_is_halted() {
    let limits_alone = RolloutPolicy {
        halt_percent: None,
        is_ramped: false,
        applications_max: Some(2),
        ..RolloutPolicy::default()
    };
    assert_eq!(
        decided(&limits_alone, &fresh(), &["0 a failed", "0 b failed"]),
        "ring 0 released [] over"
    );
    let too_many = ["0 a failed", "0 b failed", "0 c waits"];
    assert!(decided(&limits_alone, &fresh(), &too_many).contains("more than 2"));
}

#[test]
fn a_ring_that_can_no_longer_reach_its_share_is_halted_rather_than_waited_for_for_ever() {
    let strict = RolloutPolicy {
        halt_percent: Some(60),
        ..policy()
    };
    assert_eq!(
        decided(
            &strict,
            &fresh(),
            &["0 a failed", "0 b succeeded", "1 c waits"]
        ),
        "ring 0 released [] halted: only 1 of 2 in ring 0 delivered, and 100 % are asked for"
    );
    let one_of_one = decided(&strict, &fresh(), &["0 a failed", "0 b goes", "1 c waits"]);
    assert!(one_of_one.contains("halted"), "{one_of_one}");
}

#[test]
fn what_a_person_resumed_goes_on_and_the_known_failures_do_not_count() {
    let halted = advance(
        &policy(),
        &fresh(),
        &members(&["0 a failed", "0 b waits"]),
        at(100),
    )
    .expect("halted")
    .rollout;
    assert_eq!(
        halted.approved("ann", at(110)).expect("a record").hold,
        halted.hold
    );
    let resumed = halted.resumed(at(120)).expect("it was halted");
    assert_eq!(resumed.forgiven_until, Some(at(120)));
    assert_eq!(resumed.resumed(at(130)), None, "nothing to resume");
    // The slot's failure is older than the resumption, so it stands as uncounted now.
    assert_eq!(
        decided(&policy(), &resumed, &["0 a uncounted", "0 b waits"]),
        r#"ring 0 released ["b"]"#
    );
}

#[test]
fn beyond_its_limits_it_waits_for_an_approval() {
    let limited = RolloutPolicy {
        applications_max: Some(2),
        depth_max: Some(3),
        ..policy()
    };
    let words = ["0 a waits", "1 b waits", "2 c waits"];
    assert_eq!(
        decided(&limited, &fresh(), &words),
        "ring 0 released [] unapproved: it reaches 3 applications, and more than 2 need an approval"
    );
    let deep = Rollout::new(change(), 4, at(0));
    assert_eq!(
        decided(&limited, &deep, &words[..1]),
        "ring 0 released [] unapproved: it comes after 4 rebuilds in a row, and more than 3 need an approval"
    );
    let held = advance(&limited, &fresh(), &members(&words), at(100))
        .expect("held")
        .rollout;
    assert_eq!(held.clear(&id("a"), 0), Clearance::Unapproved);
    let approved = held.approved("ann", at(200)).expect("not approved before");
    assert_eq!(
        decided(&limited, &approved, &words),
        r#"ring 0 released ["a"]"#
    );
    assert_eq!(approved.approved("bob", at(300)), None);
}

#[test]
fn what_is_abandoned_is_over_and_holds_nobody() {
    let abandoned = fresh()
        .next()
        .abandoned("ann", "never mind", at(10))
        .expect("new");
    assert!(abandoned.is_over);
    assert_eq!(abandoned.clear(&id("a"), 0), Clearance::Abandoned);
    assert_eq!(abandoned.abandoned("bob", "again", at(20)), None);
}

#[test]
fn a_ramp_doubles_after_ten() {
    let steps: Vec<usize> = [0, 1, 2, 3, 7, 8, 17, 18, 37, 38, 77, 78].map(ramp).into();
    assert_eq!(steps, [1, 2, 2, 5, 5, 10, 10, 20, 20, 40, 40, 80]);
}

#[test]
fn without_a_ramp_a_ring_goes_at_once_with_whoever_comes_later() {
    let flat = RolloutPolicy {
        is_ramped: false,
        rings: Vec::new(),
        ..policy()
    };
    let words = ["0 a waits", "0 b waits"];
    assert_eq!(
        decided(&flat, &fresh(), &words),
        r#"ring 0 released ["a", "b"]"#
    );
    let rollout = advance(&flat, &fresh(), &members(&words), at(100))
        .expect("begins")
        .rollout;
    assert_eq!(rollout.clear(&id("late"), 0), Clearance::Go);
}

#[test]
fn the_ramp_lets_more_go_as_others_succeed_and_says_how_much_room_is_left() {
    let one_ring = RolloutPolicy {
        rings: Vec::new(),
        ..policy()
    };
    let begun = advance(
        &one_ring,
        &fresh(),
        &members(&["0 a waits", "0 b waits", "0 c waits", "0 d waits"]),
        at(1),
    )
    .expect("begins");
    assert_eq!((begun.released.len(), begun.rollout.room), (1, 0));
    let second = advance(
        &one_ring,
        &begun.rollout,
        &members(&["0 a succeeded", "0 b waits", "0 c waits", "0 d waits"]),
        at(2),
    )
    .expect("goes on");
    let released: Vec<&str> = second.released.iter().map(ApplicationId::as_str).collect();
    assert_eq!(released, ["b", "c"]);
    let third = advance(
        &one_ring,
        &second.rollout,
        &members(&[
            "0 a succeeded",
            "0 b succeeded",
            "0 c succeeded",
            "0 d waits",
        ]),
        at(3),
    )
    .expect("goes on");
    assert_eq!((third.released.len(), third.rollout.room), (1, 4));
}

fn ring_member(name: &str, tags: &[&str], upriver: &[&str]) -> RingMember {
    RingMember {
        application: id(name),
        ring: None,
        tags: tags.iter().map(ToString::to_string).collect(),
        is_producer: false,
        execution_secs: None,
        upriver: upriver.iter().map(|name| id(name)).collect(),
    }
}

fn assigned(policy: &RolloutPolicy, members: &[RingMember]) -> String {
    let rings = assign_rings(policy, members);
    let shown: Vec<String> = rings
        .iter()
        .map(|(id, ring)| format!("{id}:{ring}"))
        .collect();
    shown.join(" ")
}

#[test]
fn rings_are_said_outright_or_by_tag_and_shares_take_the_quickest() {
    let mut quick = ring_member("quick", &[], &[]);
    quick.execution_secs = Some(60);
    let mut slow = ring_member("slow", &[], &[]);
    slow.execution_secs = Some(600);
    let mut said = ring_member("said", &["canary"], &[]);
    said.ring = Some(9);
    let members = [
        said,
        ring_member("bird", &["web", "canary"], &[]),
        slow,
        quick,
        ring_member("unknown", &[], &[]),
    ];
    assert_eq!(
        assigned(&policy(), &members),
        "bird:0 quick:1 said:2 slow:2 unknown:2"
    );
}

#[test]
fn a_producer_is_in_the_earliest_ring_that_it_reaches() {
    let producer = |name: &str, upriver: &[&str]| RingMember {
        is_producer: true,
        ..ring_member(name, &[], upriver)
    };
    let members = [
        producer("core", &[]),
        producer("kit", &["core"]),
        producer("alone", &[]),
        // Two that depend on each other and are used by nobody else.
        producer("ping", &["pong"]),
        producer("pong", &["ping"]),
        ring_member("canary", &["canary"], &["kit"]),
        ring_member("web", &[], &["kit"]),
    ];
    assert_eq!(
        assigned(&policy(), &members),
        "alone:2 canary:0 core:0 kit:0 ping:2 pong:2 web:1"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Members that go when they may and succeed or fail by the dice: never more in flight than the ramp allows, never one
    /// of a later ring before the earlier passed, and an end in every case.
    #[test]
    fn a_rollout_comes_to_an_end_and_never_outruns_its_ramp(
        rings in prop::collection::vec(0_u32..3, 1..40),
        fate in prop::collection::vec(0_u8..100, 40),
        failing in 0_u8..40,
        halt_percent in 1_u32..=100,
        pass_percent in 1_u32..=100,
    ) {
        let policy = RolloutPolicy { pass_percent, halt_percent: Some(halt_percent), ..policy() };
        let mut members: Vec<Member> = rings
            .iter()
            .enumerate()
            .map(|(n, ring)| Member { application: id(&format!("app-{n:02}")), ring: *ring, standing: Standing::Waiting })
            .collect();
        let mut rollout = fresh();
        for step in 0..500_i64 {
            match advance(&policy, &rollout, &members, at(step)) {
                Some(advanced) => rollout = advanced.rollout,
                None if members.iter().all(|member| member.standing != Standing::InFlight) => break,
                None => {}
            }
            let mut in_flight = 0;
            for (place, member) in members.iter_mut().enumerate() {
                let may_go = rollout.clear(&member.application, member.ring) == Clearance::Go;
                match member.standing {
                    Standing::Waiting if may_go => member.standing = Standing::InFlight,
                    Standing::InFlight if fate[place] < failing => member.standing = broken(member.application.as_str()),
                    Standing::InFlight => member.standing = Standing::Succeeded,
                    _ => {}
                }
                if member.standing == Standing::InFlight {
                    prop_assert!(member.ring <= rollout.ring);
                    in_flight += 1;
                }
            }
            let succeeded = |ring: u32| members.iter().filter(|m| m.ring == ring && m.standing == Standing::Succeeded).count();
            let most = (0..3).map(succeeded).max().unwrap_or(0);
            prop_assert!(in_flight <= ramp(most), "{in_flight} at once after {most} successes");
            prop_assert!(step < 499, "no end: {rollout:?}");
        }
        let waiting = members.iter().any(|member| member.standing == Standing::Waiting);
        prop_assert_eq!(waiting, rollout.is_halted() && waiting, "who waits, waits for a person");
    }

    #[test]
    fn rings_respect_the_producer_graph(edges in prop::collection::vec((0_u8..12, 0_u8..12), 0..30), tagged in 0_u8..12) {
        let members: Vec<RingMember> = (0..12_u8)
            .map(|n| {
                let upriver: BTreeSet<ApplicationId> =
                    edges.iter().filter(|(of, _)| *of == n).map(|(_, up)| id(&format!("p{up}"))).collect();
                let tags: &[&str] = if n == tagged { &["canary"] } else { &[] };
                RingMember { upriver, ..ring_member(&format!("p{n}"), tags, &[]) }
            })
            .collect();
        let rings = assign_rings(&policy(), &members);
        prop_assert_eq!(rings.len(), 12);
        for member in &members {
            for producer in &member.upriver {
                prop_assert!(rings[producer] <= rings[&member.application], "{} before {}", producer, member.application);
            }
        }
    }
}
