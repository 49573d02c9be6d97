//! How changes spread: rings, thresholds, limits; and whether every ring has somebody in it.

use std::collections::BTreeSet;

use downriver_domain::rollout::RingRule;
use downriver_domain::{Application, RolloutPolicy, Topology};

use super::at::At;
use super::keys::{CatalogKeys, LimitsKeys, PercentKey, RingKeys, RolloutKeys};
use super::names::parse_tags;
use super::report::{Path, Report, nearest};
use crate::ports::Registration;

/// `None` where the catalog says nothing of rollouts, nor of limits.
pub(super) fn parse_rollout(report: &mut Report<'_>, keys: &CatalogKeys) -> Option<RolloutPolicy> {
    let limits = keys.limits.as_ref().filter(|limits| is_any_said(limits));
    let policy = match &keys.rollout {
        Some(rollout) => parse_policy(report, rollout),
        // Only the limits hold anything then.
        None => RolloutPolicy {
            halt_percent: limits.map(|_| None)?,
            is_ramped: false,
            ..RolloutPolicy::default()
        },
    };
    Some(RolloutPolicy {
        applications_max: limits.and_then(|limits| limits.applications),
        depth_max: limits.and_then(|limits| limits.depth),
        ..policy
    })
}

const fn is_any_said(limits: &LimitsKeys) -> bool {
    limits.applications.is_some() || limits.depth.is_some()
}

fn parse_policy(report: &mut Report<'_>, keys: &RolloutKeys) -> RolloutPolicy {
    let own = RolloutPolicy::default();
    let root = Path::Root;
    let path = root.key("rollout");
    let rings = parse_rings(report, &path.key("rings"), &keys.rings);
    let mut percent = |name: &str, key: &Option<At<PercentKey>>| {
        key.as_ref()
            .and_then(|key| parse_percent(report, &path.key(name), key))
    };
    RolloutPolicy {
        rings,
        pass_percent: percent("pass", &keys.pass).unwrap_or(own.pass_percent),
        halt_percent: percent("halt", &keys.halt).or(own.halt_percent),
        is_ramped: keys.ramp.unwrap_or(own.is_ramped),
        is_unlisted: keys.unlist.unwrap_or(own.is_unlisted),
        ..own
    }
}

/// One with a problem is left out: then the catalog is refused anyway.
fn parse_rings(
    report: &mut Report<'_>,
    path: &Path<'_>,
    written: &[At<RingKeys>],
) -> Vec<RingRule> {
    let mut rings = Vec::with_capacity(written.len());
    let mut shared: u32 = 0;
    for (index, ring) in written.iter().enumerate() {
        let path = path.index(index);
        let keys = ring.get();
        match (&keys.tags, &keys.share) {
            (Some(tags), None) => {
                rings.push(RingRule::Tags(parse_tags(report, &path.key("tags"), tags)));
            }
            (None, Some(share)) => {
                let path = path.key("share");
                let Some(percent) = parse_percent(report, &path, share) else {
                    continue;
                };
                shared += percent;
                if shared > PERCENT_MAX {
                    let message = format!(
                        "the shares up to here come to {shared}%: with more than 100% nobody is left for this ring"
                    );
                    report.problem(share.span(), &path, message);
                }
                rings.push(RingRule::Share(percent));
            }
            (Some(_), Some(_)) => {
                let message = "give either `tags` or `share`";
                report.problem(ring.span(), &path, message);
            }
            (None, None) => {
                let message = "missing: say who is in this ring, by `tags` or by `share`";
                report.problem(ring.span(), &path, message);
            }
        }
    }
    rings
}

const PERCENT_MAX: u32 = 100;

fn parse_percent(report: &mut Report<'_>, path: &Path<'_>, key: &At<PercentKey>) -> Option<u32> {
    let text = &key.get().0;
    let digits = text.strip_suffix('%');
    let number = digits.unwrap_or(text);
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    // One that is too large for the type is out of range all the same.
    let percent = number.parse().unwrap_or(u32::MAX);
    let is_in_range = (1..=PERCENT_MAX).contains(&percent);
    if digits.is_none() || !is_number {
        let message =
            format!("`{text}` is not a share: expected a whole number and %, such as `20%`");
        let proposal = (is_number && is_in_range).then(|| format!("{percent}%"));
        report.proposing(key.span(), path, message, proposal);
        return None;
    }
    if !is_in_range {
        let message = format!("`{text}` is out of range: expected 1% to {PERCENT_MAX}%");
        let proposal = format!("{}%", percent.clamp(1, PERCENT_MAX));
        report.proposing(key.span(), path, message, Some(proposal));
        return None;
    }
    Some(percent)
}

/// A ring of tags that nobody has, and an application in a ring that there is not, are slips of the pen: a change would pass
/// through the ring untested.
pub(super) fn check_rings(
    report: &mut Report<'_>,
    keys: &CatalogKeys,
    topology: &Topology,
    applications: &[Registration],
) {
    let (Some(policy), Some(rollout)) = (&topology.rollout, &keys.rollout) else {
        return;
    };
    // What is wrong with a rule, or with an application, was reported; who is where is not known then.
    if policy.rings.len() < rollout.rings.len() {
        return;
    }
    check_said_rings(report, keys, policy.last_ring());
    if !applications.is_empty() && applications.len() == keys.applications.len() {
        check_somebody_is_in(report, &rollout.rings, policy, applications);
    }
}

fn check_said_rings(report: &mut Report<'_>, keys: &CatalogKeys, last: u32) {
    let root = Path::Root;
    let defaults = keys.defaults.as_ref();
    if let Some(ring) = defaults.and_then(|table| table.ring.as_ref()) {
        check_said_ring(report, &root.key("defaults"), ring, last);
    }
    let section = root.key("owners");
    for (key, table) in &keys.owners {
        if let Some(ring) = &table.ring {
            check_said_ring(report, &section.key(key.get()), ring, last);
        }
    }
    let section = root.key("applications");
    for (key, table) in &keys.applications {
        if let Some(ring) = &table.ring {
            check_said_ring(report, &section.key(key.get()), ring, last);
        }
    }
}

fn check_said_ring(report: &mut Report<'_>, path: &Path<'_>, ring: &At<u32>, last: u32) {
    if *ring.get() <= last {
        return;
    }
    let message = format!(
        "there is no ring {}: [rollout] makes rings 0 to {last}, the last for everybody whom no rule names",
        ring.get()
    );
    report.proposing(
        ring.span(),
        &path.key("ring"),
        message,
        Some(last.to_string()),
    );
}

fn check_somebody_is_in(
    report: &mut Report<'_>,
    written: &[At<RingKeys>],
    policy: &RolloutPolicy,
    applications: &[Registration],
) {
    let applications = || applications.iter().map(|entry| &entry.application);
    let taken: BTreeSet<usize> = applications()
        .filter_map(|application| place_of(policy, application))
        .collect();
    let in_use: BTreeSet<&str> = applications()
        .flat_map(|application| &application.policy.tags)
        .map(String::as_str)
        .collect();
    let root = Path::Root;
    let rollout = root.key("rollout");
    let section = rollout.key("rings");
    for (place, (rule, keys)) in policy.rings.iter().zip(written).enumerate() {
        let RingRule::Tags(tags) = rule else {
            continue;
        };
        if taken.contains(&place) {
            continue;
        }
        let named: Vec<String> = tags.iter().map(|tag| format!("`{tag}`")).collect();
        let named = named.join(" or ");
        let unused = tags.iter().find(|tag| !in_use.contains(tag.as_str()));
        let (message, proposal) = match unused {
            Some(tag) if tags.iter().all(|tag| !in_use.contains(tag.as_str())) => (
                format!("nobody is in ring {place}: no application has the tag {named}"),
                nearest(tag, in_use.iter().copied()),
            ),
            _ => (
                format!(
                    "nobody is in ring {place}: every application with the tag {named} is in another ring already"
                ),
                None,
            ),
        };
        report.proposing(keys.span(), &section.index(place), message, proposal);
    }
}

/// The ring that an application's policy says, else that of the first rule with one of its tags.
fn place_of(policy: &RolloutPolicy, application: &Application) -> Option<usize> {
    let tags = &application.policy.tags;
    match application.policy.ring {
        Some(ring) => usize::try_from(ring).ok(),
        None => policy
            .rings
            .iter()
            .position(|rule| matches!(rule, RingRule::Tags(named) if !named.is_disjoint(tags))),
    }
}
