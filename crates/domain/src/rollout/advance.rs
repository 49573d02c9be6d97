//! The decision: who may go next, whether a ring passed, whether the change is halted.

use std::collections::BTreeSet;

use super::rings::share_of;
use super::{Broken, Hold, Member, Passed, Rollout, RolloutPolicy, Standing};
use crate::{ApplicationId, Timestamp};

/// What is to be written and told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advanced {
    /// The next version of the record.
    pub rollout: Rollout,
    /// Who may go now and could not before.
    pub released: Vec<ApplicationId>,
}

/// How a ring stands.
#[derive(Debug, Default)]
struct Tally<'m> {
    waiting: Vec<&'m Member>,
    later: usize,
    in_flight: usize,
    succeeded: usize,
    failed: Vec<&'m Broken>,
    unable: Vec<(&'m ApplicationId, &'m str)>,
}

/// What follows from how its members stand; `None`: nothing changes. `members` are in the order in which they are to go.
pub fn advance(
    policy: &RolloutPolicy,
    rollout: &Rollout,
    members: &[Member],
    now: Timestamp,
) -> Option<Advanced> {
    let mut next = rollout.next();
    if rollout.hold.is_none() {
        next.hold = unapproved(policy, rollout, members.len(), now)
            .or_else(|| halted(policy, rollout, members, now));
    }
    // Decided by a person before anybody asked for it: its rings are yet to come.
    if next.hold.is_none() && !members.is_empty() {
        pass_rings(policy, &mut next, members, now);
    }
    if next.hold.is_none() {
        release(policy, &mut next, members);
    }
    let is_waiting = |member: &Member| member.standing == Standing::Waiting;
    let is_moving = |member: &Member| {
        matches!(
            member.standing,
            Standing::Waiting | Standing::Later | Standing::InFlight | Standing::Unable(_)
        )
    };
    // Who cannot go now may be able to later, without anybody asking: a pause is lifted.
    next.is_over = !members.iter().any(is_moving);
    let is_same = Rollout {
        revision: rollout.revision,
        ..next.clone()
    } == *rollout;
    if is_same && rollout.revision > 0 {
        return None;
    }
    let could = |member: &Member| {
        rollout.revision > 0
            && rollout.clear(&member.application, member.ring) == super::Clearance::Go
    };
    let can =
        |member: &Member| next.clear(&member.application, member.ring) == super::Clearance::Go;
    let released = members
        .iter()
        .filter(|member| is_waiting(member) && can(member) && !could(member))
        .map(|member| member.application.clone())
        .collect();
    Some(Advanced {
        rollout: next,
        released,
    })
}

/// More, or further, than may go without a person.
fn unapproved(
    policy: &RolloutPolicy,
    rollout: &Rollout,
    applications: usize,
    now: Timestamp,
) -> Option<Hold> {
    if rollout.approval.is_some() {
        return None;
    }
    let too_many = policy
        .applications_max
        .filter(|max| applications > usize::try_from(*max).unwrap_or(usize::MAX));
    let too_deep = policy.depth_max.filter(|max| rollout.depth > *max);
    let reason = match (too_many, too_deep) {
        (Some(max), _) => {
            format!("it reaches {applications} applications, and more than {max} need an approval")
        }
        (None, Some(max)) => format!(
            "it comes after {} rebuilds in a row, and more than {max} need an approval",
            rollout.depth
        ),
        (None, None) => return None,
    };
    Some(Hold::Unapproved { since: now, reason })
}

/// Failures at the threshold in any ring that goes or has gone.
fn halted(
    policy: &RolloutPolicy,
    rollout: &Rollout,
    members: &[Member],
    now: Timestamp,
) -> Option<Hold> {
    let percent = policy.halt_percent?;
    (0..=rollout.ring).find_map(|ring| {
        let tally = Tally::of(members, ring);
        let failed = tally.failed.len();
        let ended = failed + tally.succeeded;
        let threshold = share_of(percent, ended);
        (failed >= threshold).then(|| {
            let reason = format!(
                "{failed} of {ended} that ended in ring {ring} failed, and {percent} % halts a change; {} of the {} applications that it reaches had started",
                members.iter().filter(|member| has_started(member)).count(),
                members.len()
            );
            halt(&tally, ring, reason, now)
        })
    })
}

const fn has_started(member: &Member) -> bool {
    !matches!(
        member.standing,
        Standing::Waiting | Standing::Later | Standing::Unable(_)
    )
}

fn halt(tally: &Tally<'_>, ring: u32, reason: String, now: Timestamp) -> Hold {
    Hold::Halted {
        since: now,
        ring,
        broken: tally
            .failed
            .iter()
            .take(Rollout::BROKEN_MAX)
            .map(|broken| (*broken).clone())
            .collect(),
        reason,
    }
}

/// Opens the next ring as long as the open one has passed.
fn pass_rings(policy: &RolloutPolicy, next: &mut Rollout, members: &[Member], now: Timestamp) {
    while next.ring < policy.last_ring() {
        let tally = Tally::of(members, next.ring);
        let size = tally.size();
        let ring = next.ring;
        let reason = if size == 0 {
            nobody_able(&tally)
        } else if tally.succeeded >= share_of(policy.pass_percent, size) {
            format!("{} of {size} delivered", tally.succeeded)
        } else if tally.waiting.is_empty() && tally.later == 0 && tally.in_flight == 0 {
            // Nothing is to come that could still reach the share.
            let reason = format!(
                "only {} of {size} in ring {ring} delivered, and {} % are asked for",
                tally.succeeded, policy.pass_percent
            );
            next.hold = Some(halt(&tally, ring, reason, now));
            return;
        } else {
            return;
        };
        next.passed.push(Passed {
            ring,
            at: now,
            reason,
        });
        next.passed.truncate(Rollout::PASSED_MAX);
        next.ring += 1;
        next.released.clear();
        next.is_ring_released = false;
    }
}

fn nobody_able(tally: &Tally<'_>) -> String {
    match tally.unable.first() {
        None => "it concerns nobody in this ring".to_owned(),
        Some((application, why)) => format!(
            "nobody in this ring is able to go ({application}: {why}{})",
            match tally.unable.len() {
                1 => String::new(),
                more => format!("; and {} more", more - 1),
            }
        ),
    }
}

/// Lets as many of the open ring go as its successes allow.
fn release(policy: &RolloutPolicy, next: &mut Rollout, members: &[Member]) {
    if !policy.is_ramped {
        next.is_ring_released = true;
        next.released.clear();
        return;
    }
    let succeeded = Tally::of(members, next.ring).succeeded;
    let going_too = |member: &&Member| member.ring <= next.ring;
    let open = || members.iter().filter(going_too);
    // Those that are through need not be remembered.
    let is_to_go = |member: &&Member| {
        matches!(
            member.standing,
            Standing::Waiting | Standing::Later | Standing::InFlight | Standing::Unable(_)
        )
    };
    let to_go: BTreeSet<&ApplicationId> = members
        .iter()
        .filter(is_to_go)
        .map(|member| &member.application)
        .collect();
    let mut still = next.released.clone();
    still.retain(|application| to_go.contains(application));
    let (released, waiting): (Vec<&Member>, Vec<&Member>) = open()
        .filter(|member| member.standing == Standing::Waiting)
        .partition(|member| still.contains(&member.application));
    let in_flight = open().filter(|member| member.standing == Standing::InFlight);
    let going = in_flight.count() + released.len();
    let free = ramp(succeeded).saturating_sub(going);
    let more: Vec<ApplicationId> = waiting
        .into_iter()
        .take(free)
        .map(|member| member.application.clone())
        .collect();
    next.room = u32::try_from(free - more.len()).unwrap_or(u32::MAX);
    still.extend(more);
    next.released = still;
}

/// How many may be on their way after so many successes: 1, 2, 5, 10, then double, as each batch is through.
pub(super) const fn ramp(succeeded: usize) -> usize {
    let mut through = 1;
    if succeeded < through {
        return 1;
    }
    through += 2;
    if succeeded < through {
        return 2;
    }
    through += 5;
    let mut step: usize = 5;
    while succeeded >= through {
        step = step.saturating_mul(2);
        through = through.saturating_add(step);
    }
    step
}

impl<'m> Tally<'m> {
    fn of(members: &'m [Member], ring: u32) -> Self {
        let mut tally = Self::default();
        for member in members.iter().filter(|member| member.ring == ring) {
            match &member.standing {
                Standing::Waiting => tally.waiting.push(member),
                Standing::Later => tally.later += 1,
                Standing::InFlight => tally.in_flight += 1,
                Standing::Succeeded => tally.succeeded += 1,
                Standing::Failed(broken) => tally.failed.push(broken),
                Standing::Unable(why) => tally.unable.push((&member.application, why)),
                Standing::Uncounted => {}
            }
        }
        tally
    }

    /// Those that count: who cannot go, or says nothing of the change, is left out.
    fn size(&self) -> usize {
        self.waiting.len() + self.later + self.in_flight + self.succeeded + self.failed.len()
    }
}
