//! Policies: each table's keys are checked where they stand, then laid over one another (application, owner, defaults).

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use downriver_domain::{Follow, OnLocked, Policy, RoleArn, Rollback, Scope, Window};

use super::at::At;
use super::keys::{DurationKey, FollowKey, OnLockedKey, PolicyKeys, RollbackKey, ScopeKey};
use super::names::{parse_tags, parse_text};
use super::report::{Path, Report};
use super::windows::KnownWindows;

pub(super) const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
pub(super) const DAY: u64 = 24 * HOUR;

/// What one table says about policy, checked; `None` where it says nothing.
#[derive(Debug, Clone, Default)]
pub(super) struct Layer {
    build_role: Option<RoleArn>,
    follow: Option<Follow>,
    scopes: Option<Vec<Scope>>,
    has_variables: Option<bool>,
    on_locked: Option<OnLocked>,
    rollback: Option<Rollback>,
    is_third_party_followed: Option<bool>,
    is_source_rebuilt: Option<bool>,
    is_shadow: Option<bool>,
    quiet_period_secs: Option<u64>,
    max_wait_secs: Option<u64>,
    max_block_secs: Option<u64>,
    max_run_secs: Option<u64>,
    publish_grace_secs: Option<u64>,
    retries_max: Option<u32>,
    retry_after_secs: Option<u64>,
    windows: Option<Vec<Window>>,
    minimum_age_secs: Option<u64>,
    rebuilds_per_day_max: Option<u32>,
    ring: Option<u32>,
    tags: Option<BTreeSet<String>>,
}

/// Checks the policy keys of one table; `below` are the layers it is laid over, nearest first.
pub(super) fn parse_layer(
    report: &mut Report<'_>,
    path: &Path<'_>,
    keys: &PolicyKeys,
    below: &[&Layer],
    known: &KnownWindows,
) -> Layer {
    let build_role = keys
        .build_role
        .as_ref()
        .and_then(|text| parse_text(report, &path.key("build_role"), text));
    let windows = keys
        .windows
        .as_ref()
        .and_then(|windows| known.parse(report, &path.key("windows"), windows.get()));
    let tags = keys
        .tags
        .as_ref()
        .map(|tags| parse_tags(report, &path.key("tags"), tags));
    let mut duration = |name: &str, key: &Option<At<DurationKey>>, allowed| {
        key.as_ref()
            .and_then(|key| parse_duration(report, &path.key(name), key, &allowed))
    };
    let layer = Layer {
        build_role,
        follow: keys.follow.map(follow),
        scopes: keys
            .scopes
            .as_ref()
            .map(|scopes| scopes.iter().map(|&key| scope(key)).collect()),
        has_variables: keys.variables.as_ref().map(|variables| *variables.get()),
        on_locked: keys.on_locked.as_ref().map(|key| on_locked(*key.get())),
        rollback: keys.rollback.map(rollback),
        is_third_party_followed: keys.third_party,
        is_source_rebuilt: keys.rebuild_source,
        is_shadow: keys.shadow,
        quiet_period_secs: duration("quiet_period", &keys.quiet_period, 0..=HOUR),
        max_wait_secs: duration("max_wait", &keys.max_wait, 0..=DAY),
        max_block_secs: duration("max_block", &keys.max_block, MINUTE..=7 * DAY),
        max_run_secs: duration("max_run", &keys.max_run, MINUTE..=30 * DAY),
        publish_grace_secs: duration("publish_grace", &keys.publish_grace, 0..=HOUR),
        retries_max: keys.retries,
        retry_after_secs: duration("retry_after", &keys.retry_after, 0..=DAY),
        windows,
        minimum_age_secs: duration("minimum_age", &keys.minimum_age, 0..=90 * DAY),
        rebuilds_per_day_max: keys.max_rebuilds_per_day,
        ring: keys.ring,
        tags,
    };
    check_together(report, path, keys, &layer, below);
    layer
}

/// Lays policies over one another, nearest first, and over Downriver's own defaults.
pub(super) fn merge_layers(layers: &[&Layer]) -> Policy {
    let own = Policy::default();
    let is_true = |pick: fn(&Layer) -> Option<bool>| first(layers, pick).unwrap_or(false);
    let on_locked_unsaid = if is_true(|layer| layer.has_variables) {
        OnLocked::Refresh
    } else {
        OnLocked::Notify
    };
    Policy {
        follow: first(layers, |layer| layer.follow).unwrap_or(own.follow),
        scopes: layers
            .iter()
            .find_map(|layer| layer.scopes.as_ref())
            .map_or(own.scopes, |scopes| scopes.iter().copied().collect()),
        on_locked: first(layers, |layer| layer.on_locked).unwrap_or(on_locked_unsaid),
        rollback: first(layers, |layer| layer.rollback).unwrap_or(own.rollback),
        is_third_party_followed: is_true(|layer| layer.is_third_party_followed),
        is_source_rebuilt: is_true(|layer| layer.is_source_rebuilt),
        is_shadow: is_true(|layer| layer.is_shadow),
        quiet_period_secs: first(layers, |layer| layer.quiet_period_secs)
            .unwrap_or(own.quiet_period_secs),
        max_wait_secs: first(layers, |layer| layer.max_wait_secs).unwrap_or(own.max_wait_secs),
        max_block_secs: first(layers, |layer| layer.max_block_secs).unwrap_or(own.max_block_secs),
        max_run_secs: first(layers, |layer| layer.max_run_secs).unwrap_or(own.max_run_secs),
        publish_grace_secs: first(layers, |layer| layer.publish_grace_secs)
            .unwrap_or(own.publish_grace_secs),
        retries_max: first(layers, |layer| layer.retries_max).unwrap_or(own.retries_max),
        retry_after_secs: first(layers, |layer| layer.retry_after_secs)
            .unwrap_or(own.retry_after_secs),
        windows: first(layers, |layer| layer.windows.clone()).unwrap_or(own.windows),
        minimum_age_secs: first(layers, |layer| layer.minimum_age_secs)
            .unwrap_or(own.minimum_age_secs),
        rebuilds_per_day_max: first(layers, |layer| layer.rebuilds_per_day_max),
        ring: first(layers, |layer| layer.ring),
        tags: first(layers, |layer| layer.tags.clone()).unwrap_or(own.tags),
    }
}

/// The role that the nearest layer names.
pub(super) fn build_role(layers: &[&Layer]) -> Option<RoleArn> {
    first(layers, |layer| layer.build_role.clone())
}

pub(super) const fn scope(key: ScopeKey) -> Scope {
    match key {
        ScopeKey::Runtime => Scope::Runtime,
        ScopeKey::Dev => Scope::Dev,
        ScopeKey::Test => Scope::Test,
        ScopeKey::Build => Scope::Build,
        ScopeKey::Optional => Scope::Optional,
        ScopeKey::Peer => Scope::Peer,
    }
}

fn first<T>(layers: &[&Layer], pick: impl Fn(&Layer) -> Option<T>) -> Option<T> {
    layers.iter().find_map(|layer| pick(layer))
}

/// What only shows over all layers is reported where this layer has a part in it, so once.
fn check_together(
    report: &mut Report<'_>,
    path: &Path<'_>,
    keys: &PolicyKeys,
    layer: &Layer,
    below: &[&Layer],
) {
    let layers: Vec<&Layer> = std::iter::once(layer)
        .chain(below.iter().copied())
        .collect();
    let merged = merge_layers(&layers);
    let waits = [
        ("max_wait", &keys.max_wait),
        ("quiet_period", &keys.quiet_period),
    ];
    let said = waits
        .into_iter()
        .find_map(|(name, key)| Some((name, key.as_ref()?.span())));
    if let Some((name, span)) = said
        && merged.max_wait_secs < merged.quiet_period_secs
    {
        let message = format!(
            "max_wait ({}s) must not be shorter than quiet_period ({}s)",
            merged.max_wait_secs, merged.quiet_period_secs
        );
        report.problem(span, &path.key(name), message);
    }
    let said = match (&keys.on_locked, &keys.variables) {
        (Some(key), _) => Some(("on_locked", key.span())),
        (None, Some(key)) => Some(("variables", key.span())),
        (None, None) => None,
    };
    if let Some((name, span)) = said
        && merged.on_locked == OnLocked::Refresh
        && first(&layers, |layer| layer.has_variables) == Some(false)
    {
        let message = "on_locked = \"refresh\" needs a pipeline that declares the variables, \
                       but `variables` is false";
        report.problem(span, &path.key(name), message);
    }
}

/// Reads `90s`, `15m`, `2h` or `3d`.
pub(super) fn parse_duration(
    report: &mut Report<'_>,
    path: &Path<'_>,
    key: &At<DurationKey>,
    allowed: &RangeInclusive<u64>,
) -> Option<u64> {
    let text = &key.get().0;
    let Some(secs) = duration_secs(text) else {
        let message = format!(
            "`{text}` is not a duration: expected a whole number and s, m, h or d, such as `90s`"
        );
        report.problem(key.span(), path, message);
        return None;
    };
    if allowed.contains(&secs) {
        return Some(secs);
    }
    let message = format!(
        "`{text}` is out of range: expected {} to {}",
        shown(*allowed.start()),
        shown(*allowed.end())
    );
    report.problem(key.span(), path, message);
    None
}

fn duration_secs(text: &str) -> Option<u64> {
    let unit_secs = match text.chars().next_back()? {
        's' => 1,
        'm' => MINUTE,
        'h' => HOUR,
        'd' => DAY,
        _ => return None,
    };
    let number = &text[..text.len() - 1];
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // A number too large for the type is out of every range, which says more than "no duration".
    Some(
        number
            .parse::<u64>()
            .unwrap_or(u64::MAX)
            .saturating_mul(unit_secs),
    )
}

fn shown(secs: u64) -> String {
    match secs {
        0 => "0s".to_owned(),
        _ if secs.is_multiple_of(DAY) => format!("{}d", secs / DAY),
        _ if secs.is_multiple_of(HOUR) => format!("{}h", secs / HOUR),
        _ if secs.is_multiple_of(MINUTE) => format!("{}m", secs / MINUTE),
        _ => format!("{secs}s"),
    }
}

const fn follow(key: FollowKey) -> Follow {
    match key {
        FollowKey::All => Follow::All,
        FollowKey::Direct => Follow::Direct,
        FollowKey::None => Follow::None,
    }
}

const fn on_locked(key: OnLockedKey) -> OnLocked {
    match key {
        OnLockedKey::Refresh => OnLocked::Refresh,
        OnLockedKey::Rebuild => OnLocked::Rebuild,
        OnLockedKey::Notify => OnLocked::Notify,
        OnLockedKey::Ignore => OnLocked::Ignore,
    }
}

const fn rollback(key: RollbackKey) -> Rollback {
    match key {
        RollbackKey::Notify => Rollback::Notify,
        RollbackKey::Auto => Rollback::Auto,
    }
}
