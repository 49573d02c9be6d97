//! Random policies: mostly the defaults, with waits short enough to end within a simulated day.

use std::collections::BTreeSet;

use downriver_domain::{Follow, OnLocked, Policy, Rollback, Scope};

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
