//! What a rebuild may not start with yet, or not at all: changes that a rollout holds, versions that are too young, changes
//! that a person gave up.

use std::collections::BTreeMap;

use downriver_domain::Timestamp;
use downriver_domain::impact::{Ask, Direction, Verdict};
use downriver_domain::slot::{Held, HeldReason, PackageHold, Pending, Slot, SlotState, Wanted};
use downriver_domain::version::{PackageId, PackageVersionId};

use super::Looked;
use super::pending::end_slot;
use crate::carry_out::next_version;
use crate::error::EngineError;
use crate::history::Outcome;
use crate::judging::{Views, load_edges};
use crate::ports::{ApplicationState, Ports};
use crate::rollouts;
use crate::session::Session;

/// Older versions that are tried in the place of a held one.
const OLDER_MAX: usize = 20;

/// Asks that go no further, with the sentence that says why.
pub(super) type Dropped = BTreeMap<PackageId, (Ask, String)>;

/// Takes out what a person gave up; and what only leads back from a version that we took out of selection ourselves: that
/// is told, not rolled back (DESIGN 4.1).
pub(super) async fn drop_given_up<P: Ports>(
    session: &Session<'_, P>,
    mut asks: BTreeMap<PackageId, Ask>,
) -> Result<(BTreeMap<PackageId, Ask>, Dropped), EngineError> {
    let of =
        |package: &PackageId, version: &str| PackageVersionId::new(package.clone(), version).ok();
    let changes: Vec<PackageVersionId> = asks
        .iter()
        .flat_map(|(package, ask)| {
            let from = ask.from.as_deref().and_then(|from| of(package, from));
            of(package, &ask.version).into_iter().chain(from)
        })
        .collect();
    let (abandoned, unlisted) = rollouts::given_up(session, &changes).await?;
    let mut dropped = Dropped::new();
    asks.retain(|package, ask| {
        let reason = of(package, &ask.version)
            .and_then(|change| abandoned.get(&change).cloned())
            .or_else(|| {
                let from = of(package, ask.from.as_deref()?)?;
                let is_back = ask.verdict == Verdict::MovesOff(Direction::Older);
                (is_back && unlisted.contains(&from))
                    .then(|| format!("{from} was halted and set Unlisted; that does not roll back"))
            });
        let is_kept = reason.is_none();
        if let Some(reason) = reason {
            dropped.insert(package.clone(), (ask.clone(), reason));
        }
        is_kept
    });
    Ok((asks, dropped))
}

/// Nothing is left: the rebuild ends, and what it was for is not asked for again until `retry` or a newer version.
pub(super) async fn end_given_up<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    pending: &Pending,
    dropped: &Dropped,
) -> Result<Looked, EngineError> {
    let mut slot = next_version(&state.slot);
    for (package, (ask, _)) in dropped {
        let held = Held {
            version: ask.version.clone(),
            reason: HeldReason::Stopped,
            since: session.now,
        };
        slot.held.insert(package.clone(), held);
    }
    let reasons: Vec<&str> = dropped
        .values()
        .map(|(_, reason)| reason.as_str())
        .collect();
    let reason = reasons.join("; ");
    end_slot(session, state, slot, pending, Outcome::NotNeeded, &reason).await
}

/// What a rebuild is held by, and what takes the place of what.
#[derive(Default)]
pub(super) struct Holds {
    pub(super) held: BTreeMap<PackageId, PackageHold>,
    /// Newer versions in whose place older ones go: they are judged again after the rebuild.
    pub(super) replaced: BTreeMap<PackageId, Wanted>,
}

/// What holds which package of the pending rebuild. Where refresh selects the versions, or only its age holds one, an older
/// version that may go takes its place in the slot.
pub(super) async fn holds<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    slot: &mut Slot,
) -> Result<Holds, EngineError> {
    let Some(rebuild) = slot.rebuild().cloned() else {
        return Ok(Holds::default());
    };
    let mut replaced = BTreeMap::new();
    let mut held = rollouts::holds(session, state, slot).await?;
    let mut views = Views::default();
    if !rebuild.is_expedited && state.application.policy.is_third_party_followed {
        let packages: Vec<&PackageId> = rebuild.packages.keys().collect();
        views.load(session, packages).await?;
        for (package, wanted) in &rebuild.packages {
            if let Some(until) = too_young_until(session, state, &views, package, wanted) {
                held.entry(package.clone())
                    .or_insert(PackageHold::Age(until));
            }
        }
    }
    let may_be_replaced = |package: &PackageId, hold: &PackageHold| {
        let needs_refresh = rebuild
            .packages
            .get(package)
            .is_some_and(|wanted| wanted.needs_refresh);
        needs_refresh || matches!(hold, PackageHold::Age(_))
    };
    let replaceable: Vec<PackageId> = held
        .iter()
        .filter(|(package, hold)| may_be_replaced(package, hold))
        .map(|(package, _)| package.clone())
        .collect();
    for package in replaceable {
        let older =
            older_that_may_go(session, state, &mut views, &package, &rebuild.packages).await?;
        match (older, &mut slot.state) {
            (Older::Goes(ask), SlotState::Pending(pending)) => {
                if let Some(wanted) = pending.rebuild.packages.get_mut(&package) {
                    replaced.insert(package.clone(), wanted.clone());
                    take_over(wanted, &ask);
                    held.remove(&package);
                }
            }
            // One of them is old enough before the newest is.
            (Older::IsYoungUntil(until), _) => {
                if let Some(PackageHold::Age(known)) = held.get_mut(&package) {
                    *known = until.min(*known);
                }
            }
            _ => {}
        }
    }
    Ok(Holds { held, replaced })
}

/// Until when a third party's version is too young, counted from when any repository first had it.
fn too_young_until<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    views: &Views,
    package: &PackageId,
    wanted: &Wanted,
) -> Option<Timestamp> {
    if !wanted.is_third_party {
        return None;
    }
    let first_seen = views
        .inventory(package)?
        .repositories
        .values()
        .filter_map(|records| records.versions.get(&wanted.version))
        .map(|record| record.first_seen)
        .min()?;
    let until = first_seen.plus_secs(state.application.policy.minimum_age_secs);
    (session.now < until).then_some(until)
}

/// What there is in the place of a held version.
enum Older {
    /// The newest older version that the application would still want and that nothing holds.
    Goes(Box<Ask>),
    /// There is one, and it is only too young.
    IsYoungUntil(Timestamp),
    None,
}

/// Looks for an older version that may go.
async fn older_that_may_go<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    views: &mut Views,
    package: &PackageId,
    wanted: &BTreeMap<PackageId, Wanted>,
) -> Result<Older, EngineError> {
    let Some(held) = wanted.get(package) else {
        return Ok(Older::None);
    };
    let packages = [package.clone()].into();
    let edges = load_edges(session, &state.application, &packages).await?;
    let Some(edges) = edges.get(package) else {
        return Ok(Older::None);
    };
    views.load(session, &packages).await?;
    let mut hidden = vec![held.version.clone()];
    let mut young_until: Option<Timestamp> = None;
    for _ in 0..OLDER_MAX {
        let ask = views.ask_without(session, state, package, edges, &hidden);
        let Some(ask) = ask.filter(|ask| !matches!(ask.verdict, Verdict::MovesOff(_))) else {
            break;
        };
        let Ok(change) = PackageVersionId::new(package.clone(), &ask.version) else {
            break;
        };
        let mut candidate = held.clone();
        take_over(&mut candidate, &ask);
        let is_clear = rollouts::is_clear(session, state, &change, &ask.cascade).await?;
        match too_young_until(session, state, views, package, &candidate) {
            None if is_clear => return Ok(Older::Goes(Box::new(ask))),
            Some(until) if is_clear => {
                young_until = Some(young_until.map_or(until, |known| known.min(until)));
            }
            _ => {}
        }
        hidden.push(ask.version);
    }
    Ok(young_until.map_or(Older::None, Older::IsYoungUntil))
}

fn take_over(wanted: &mut Wanted, ask: &Ask) {
    wanted.version.clone_from(&ask.version);
    wanted.revision.clone_from(&ask.revision);
    wanted.from.clone_from(&ask.from);
    wanted.needs_refresh = ask.needs_refresh;
    wanted.is_third_party = ask.is_third_party;
    wanted.repository = ask.repository.clone();
    wanted.cascade = ask.cascade.clone();
    wanted.reason.clone_from(&ask.reason);
}
