//! Random policies: mostly the defaults, with waits short enough to end within a simulated day.

use std::collections::BTreeSet;

use downriver_domain::rollout::RingRule;
use downriver_domain::{Follow, OnLocked, Policy, Rollback, RolloutPolicy, Scope, Window};

use crate::simulation::Profile;
use crate::simulation::random::Random;

pub(super) fn random(random: &mut Random, profile: Profile) -> Policy {
    let is_everything = profile == Profile::Everything;
    let mut policy = Policy {
        on_locked: random.pick(&[
            OnLocked::Refresh,
            OnLocked::Refresh,
            OnLocked::Rebuild,
            OnLocked::Notify,
            OnLocked::Ignore,
        ]),
        rollback: if random.chance(30) {
            Rollback::Auto
        } else {
            Rollback::Notify
        },
        is_third_party_followed: random.chance(50),
        is_source_rebuilt: random.chance(20),
        // Few different ones, so that timers of several applications are due at once.
        quiet_period_secs: random.pick(&[0, 30, 30, 60]),
        max_wait_secs: 60 * random.between(2, 15),
        retries_max: u32::try_from(random.below(3)).unwrap_or(0),
        retry_after_secs: 60 * random.between(0, 10),
        minimum_age_secs: random.pick(&[0, 0, 600, 7_200]),
        ..Policy::default()
    };
    policy.follow = match random.below(20) {
        0 => Follow::Direct,
        1 if is_everything => Follow::None,
        _ => Follow::All,
    };
    if is_everything && random.chance(15) {
        let schedule = random.pick(&["0 * * * *", "15 */2 * * *", "30 */3 * * *"]);
        let window = Window::parse(schedule, "Europe/Berlin", 60 * random.between(10, 55));
        policy.windows = window.into_iter().collect();
    }
    if is_everything && random.chance(10) {
        policy.rebuilds_per_day_max = u32::try_from(random.between(1, 3)).ok();
    }
    if random.chance(30) {
        policy.tags = [random.pick(&["canary", "early"]).to_owned()].into();
    }
    if is_everything && random.chance(20) {
        policy.max_block_secs = 60 * random.between(5, 60);
    }
    if is_everything && random.chance(15) {
        policy.max_run_secs = 60 * random.between(20, 60);
    }
    policy.is_shadow = is_everything && random.chance(4);
    if random.chance(10) {
        policy.scopes = BTreeSet::from([Scope::Runtime]);
    }
    policy
}

pub(super) fn scope(random: &mut Random) -> Scope {
    random.pick(&[
        Scope::Runtime,
        Scope::Runtime,
        Scope::Runtime,
        Scope::Runtime,
        Scope::Runtime,
        Scope::Build,
        Scope::Peer,
        Scope::Dev,
    ])
}

/// How changes spread; mostly they do so at once. Nothing is halted or waits for an approval where only the order of things may
/// differ.
pub(super) fn rollout(random: &mut Random, profile: Profile) -> Option<RolloutPolicy> {
    if random.chance(55) {
        return None;
    }
    let is_everything = profile == Profile::Everything;
    let tags = |tag: &str| RingRule::Tags([tag.to_owned()].into());
    let rings = match random.below(4) {
        0 => Vec::new(),
        1 => vec![tags("canary")],
        2 => vec![tags("canary"), tags("early")],
        _ => vec![tags("canary"), RingRule::Share(30)],
    };
    let percent = |random: &mut Random| u32::try_from(random.between(1, 100)).unwrap_or(100);
    Some(RolloutPolicy {
        rings,
        pass_percent: if is_everything { percent(random) } else { 1 },
        halt_percent: (is_everything && random.chance(70)).then(|| percent(random)),
        is_ramped: random.chance(70),
        is_unlisted: is_everything && random.chance(30),
        applications_max: (is_everything && random.chance(10)).then_some(3),
        depth_max: (is_everything && random.chance(10)).then_some(2),
    })
}
