//! What an accepted event does to the inventory. Pure; the engine asks CodeArtifact only where this module says that
//! the event alone cannot tell.

use downriver_version::{Format, PackageId};

use super::{
    Cascade, Operation, Origin, RepositoryId, RepositoryInventory, Sighting, VersionRecord,
    VersionStatus,
};
use crate::Timestamp;

/// How an event stands to what is known of its package version in its repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SightingOrder {
    Newer,
    /// The same event again, or a copy of it for another account.
    Same,
    Older,
    /// Event time and sequence number disagree: `DescribePackageVersion` decides.
    Disputed,
}

/// What an event changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SightingEffect {
    /// The version became selectable: `Published`.
    Appeared,
    /// A `Published` version got another revision.
    Revised,
    /// The version left `Published`, or does not even install by lock any more.
    Withdrawn,
    /// Something changed that no build could select anyway (`Unfinished`, …).
    Noted,
    Unchanged,
    Stale,
}

/// Compares by event time where it differs, else by sequence number (it orders, has gaps, and may restart).
pub fn order_sighting(known: Option<&VersionRecord>, sighting: &Sighting) -> SightingOrder {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let Some(known) = known else {
        return SightingOrder::Newer;
    };
    let by_time = sighting.event_time.cmp(&known.event_time);
    if known.is_seeded {
        return if by_time == Greater {
            SightingOrder::Newer
        } else {
            SightingOrder::Older
        };
    }
    match (by_time, sighting.sequence.cmp(&known.sequence)) {
        (Equal, Equal) => SightingOrder::Same,
        (Greater, Greater | Equal) | (Equal, Greater) => SightingOrder::Newer,
        (Less, Less | Equal) | (Equal, Less) => SightingOrder::Older,
        (Greater, Less) | (Less, Greater) => SightingOrder::Disputed,
    }
}

/// Takes an event that is newer than what is known into the repository's inventory.
pub fn apply_sighting(
    inventory: &mut RepositoryInventory,
    sighting: &Sighting,
    origin: Origin,
    cascade: &Cascade,
) -> SightingEffect {
    let version = sighting.package_version.version();
    let status = if sighting.operation == Operation::Deleted {
        VersionStatus::Deleted
    } else {
        sighting.status
    };
    let Some(known) = inventory.versions.get_mut(version) else {
        inventory.versions.insert(
            version.to_owned(),
            first_record(sighting, status, origin, cascade),
        );
        return if status == VersionStatus::Published {
            SightingEffect::Appeared
        } else {
            SightingEffect::Noted
        };
    };
    let was = known.status;
    let is_new_incarnation = is_gone(was) && !is_gone(status);
    let is_revised = sighting.revision.is_some() && sighting.revision != known.revision;
    known.status = status;
    known.sequence = sighting.sequence;
    known.event_time = sighting.event_time;
    known.is_seeded = false;
    if known.origin == Origin::Unknown {
        known.origin = origin;
    }
    if sighting.revision.is_some() {
        known.revision.clone_from(&sighting.revision);
    }
    if is_new_incarnation {
        known.incarnation = known.incarnation.saturating_add(1);
        known.first_seen = sighting.event_time;
        known.published_at = None;
        known.cascade = cascade.clone();
    }
    match (
        was == VersionStatus::Published,
        status == VersionStatus::Published,
    ) {
        (false, true) => {
            let is_first_offer = is_new_incarnation || was == VersionStatus::Unfinished;
            if is_first_offer {
                known.withdrawn_at = None;
            }
            // What is only offered again has the contents that it had.
            if is_first_offer || is_revised {
                known.revised_at = sighting.event_time;
            }
            known.published_at = Some(sighting.event_time);
            known.cascade = cascade.clone();
            SightingEffect::Appeared
        }
        (true, true) if is_revised => {
            known.revised_at = sighting.event_time;
            known.cascade = cascade.clone();
            SightingEffect::Revised
        }
        (true, false) => {
            known.withdrawn_at = Some(sighting.event_time);
            SightingEffect::Withdrawn
        }
        // From `Unlisted`, which still installs, to a state that does not.
        (false, false) if was == VersionStatus::Unlisted && is_withdrawn(status) => {
            known.withdrawn_at.get_or_insert(sighting.event_time);
            SightingEffect::Withdrawn
        }
        (true, true) => SightingEffect::Unchanged,
        (false, false) if was == status => SightingEffect::Unchanged,
        (false, false) => SightingEffect::Noted,
    }
}

/// Whether an event that came after its version was listed tells when that version was published: a listing does not.
///
/// Only the first publish does; an update may be of metadata, but a Maven or generic version is created `Unfinished` and
/// then updated.
pub fn dates_listed(known: &VersionRecord, sighting: &Sighting) -> bool {
    let is_undated = known.is_seeded && known.published_at == Some(Timestamp::MIN);
    let format = sighting.package_version.package().format();
    let is_publish = match sighting.operation {
        Operation::Created => true,
        Operation::Updated => matches!(format, Format::Maven | Format::Generic),
        Operation::Deleted => false,
    };
    is_undated && is_publish && sighting.status == VersionStatus::Published
}

/// Takes the time of a version that was only listed from the event of its publish. Whatever else the listing told is
/// newer than the event, and stays.
pub fn date_listed(known: &mut VersionRecord, sighting: &Sighting, cascade: &Cascade) {
    known.first_seen = sighting.event_time;
    known.published_at = Some(sighting.event_time);
    known.revised_at = sighting.event_time;
    known.cascade = cascade.clone();
}

/// Fills an inventory from `ListPackageVersions`. Rows carry the seeding time, so that older events do not change them;
/// what an event already told stays.
pub fn seed_inventory(
    repository: &RepositoryId,
    package: &PackageId,
    listed: impl IntoIterator<Item = (String, VersionStatus, Option<String>, Origin)>,
    now: Timestamp,
) -> RepositoryInventory {
    let mut inventory = RepositoryInventory::new(repository.clone(), package.clone());
    inventory.seeded_at = Some(now);
    for (version, status, revision, origin) in listed {
        let is_published = status == VersionStatus::Published;
        let record = VersionRecord {
            status,
            revision,
            sequence: 0,
            event_time: now,
            origin,
            first_seen: Timestamp::MIN,
            published_at: is_published.then_some(Timestamp::MIN),
            withdrawn_at: (is_withdrawn(status) || status == VersionStatus::Unlisted)
                .then_some(now),
            revised_at: Timestamp::MIN,
            incarnation: 1,
            is_seeded: true,
            cascade: Cascade::default(),
        };
        inventory.versions.insert(version, record);
    }
    inventory
}

fn first_record(
    sighting: &Sighting,
    status: VersionStatus,
    origin: Origin,
    cascade: &Cascade,
) -> VersionRecord {
    // One that is created as `Unlisted` (Maven's time-stamped snapshots) was never offered.
    let is_unlisted_now =
        status == VersionStatus::Unlisted && sighting.operation == Operation::Updated;
    VersionRecord {
        status,
        revision: sighting.revision.clone(),
        sequence: sighting.sequence,
        event_time: sighting.event_time,
        origin,
        first_seen: sighting.event_time,
        published_at: (status == VersionStatus::Published).then_some(sighting.event_time),
        withdrawn_at: (is_withdrawn(status) || is_unlisted_now).then_some(sighting.event_time),
        revised_at: sighting.event_time,
        incarnation: 1,
        is_seeded: false,
        cascade: cascade.clone(),
    }
}

/// Does not install any more, not even by lock.
const fn is_withdrawn(status: VersionStatus) -> bool {
    matches!(status, VersionStatus::Archived) || is_gone(status)
}

const fn is_gone(status: VersionStatus) -> bool {
    matches!(status, VersionStatus::Deleted | VersionStatus::Disposed)
}
