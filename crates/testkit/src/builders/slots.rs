use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::slot::{Pending, Rebuild, Running, Slot, SlotState, Starting, Wait, Wanted};
use downriver_domain::{AttemptId, Cascade, ClientRequestToken, RebuildId};

use super::{at, id, package, pipeline, repository};

/// The first rebuild of an application, for these packages, requested at `at(secs)`.
pub fn rebuild(application: &str, secs: i64, packages: &[&str]) -> Rebuild {
    Rebuild {
        id: RebuildId::numbered(&id(application), 1),
        packages: packages
            .iter()
            .map(|purl| (package(purl), wanted("2.0.0", secs)))
            .collect::<BTreeMap<_, _>>(),
        requested_at: at(secs),
        last_change_at: at(secs),
        attempts: 0,
        failures: 0,
        is_canceled_once: false,
        upriver_held_since: None,
        waited: Vec::new(),
        first_started_at: None,
        is_expedited: false,
    }
}

pub fn wanted(version: &str, secs: i64) -> Wanted {
    Wanted {
        version: version.to_owned(),
        revision: None,
        from: None,
        needs_refresh: false,
        is_third_party: false,
        repository: repository("shared"),
        seen_at: at(secs),
        cascade: Cascade::default(),
        reason: "a plain rebuild resolves to it".to_owned(),
    }
}

/// The first record of a slot with a pending rebuild.
pub fn pending(application: &str, secs: i64, waits: Vec<Wait>) -> Slot {
    first(
        application,
        SlotState::Pending(Pending {
            waits,
            ..Pending::new(rebuild(application, secs, &["pkg:npm/tokens"]))
        }),
    )
}

/// The first record of a slot with a starting rebuild.
pub fn starting(application: &str, secs: i64) -> Slot {
    let rebuild = rebuild(application, secs, &["pkg:npm/tokens"]);
    let attempt = AttemptId::numbered(&rebuild.id, 1);
    first(
        application,
        SlotState::Starting(Starting {
            rebuild,
            token: ClientRequestToken::of(&attempt),
            attempt,
            pipeline: pipeline(application),
            started_at: at(secs),
            deadline: at(secs + 180),
            is_block_waived: false,
            is_by_event: false,
        }),
    )
}

/// The first record of a slot with a running rebuild.
pub fn running(application: &str, secs: i64) -> Slot {
    let rebuild = rebuild(application, secs, &["pkg:npm/tokens"]);
    first(
        application,
        SlotState::Running(Running {
            attempt: AttemptId::numbered(&rebuild.id, 1),
            rebuild,
            pipeline: pipeline(application),
            execution: id("0f6a1c1e-0001"),
            started_at: at(secs),
            following: None,
            holds_budget: true,
            published: BTreeSet::new(),
        }),
    )
}

fn first(application: &str, state: SlotState) -> Slot {
    let mut slot = Slot::new(id(application));
    slot.revision = 1;
    slot.rebuilds_requested = 1;
    slot.state = state;
    slot
}
