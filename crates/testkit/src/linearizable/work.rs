//! What a worker does.

use downriver_domain::slot::{ActiveProducer, Slot, SlotState};
use downriver_domain::{ApplicationId, RebuildId};
use downriver_engine::ports::{BudgetWrite, Commit, CommitOutcome, MarkerWrite, Store};

use super::{APPLICATIONS, Answer, Call, PLACES, Record, Recorder, Write};
use crate::builders::{at, id, pending, producer, registration, starting, target};
use crate::simulation::Random;

/// Writes of one worker are told apart by this from those of others.
const TAGS_OF_A_WORKER: u64 = 1_000_000;

/// Makes the applications known, in an empty store.
pub async fn prepare(store: &impl Store) {
    for application in 0..APPLICATIONS {
        let producer = producer(&name(application), &["pkg:npm/tokens"]);
        let registration = registration(producer, Vec::new());
        let recorded = store.record_registration(&registration).await;
        recorded.expect("a registration is recorded");
    }
}

/// Makes so many calls, of which most are commits, and writes each down.
///
/// # Panics
/// The store fails, or nothing can be written down.
pub async fn work(store: &impl Store, worker: u64, calls: u64, recorder: &mut impl Recorder) {
    let mut random = Random::new(worker);
    let mut known = [Record::default(); APPLICATIONS];
    for number in 1..=calls {
        let application = random.index(APPLICATIONS);
        let tag = (worker + 1) * TAGS_OF_A_WORKER + number;
        let call = match random.below(10) {
            0..3 => Call::LoadSlot(application),
            3 => Call::LoadBudget,
            4 => Call::LoadMarker(application),
            _ => Call::Commit(write(&mut random, application, &known[application], tag)),
        };
        recorder.began(&call);
        let answer = make(store, &call).await;
        recorder.answered(&answer);
        match (&call, &answer) {
            (Call::LoadSlot(_), Answer::Slot(record)) => known[application] = *record,
            (Call::Commit(write), Answer::Commit(CommitOutcome::Done)) => {
                known[application] = Record {
                    revision: write.revision,
                    tag: write.tag,
                    holds: write.holds,
                };
            }
            _ => {}
        }
    }
}

/// The next record, as far as this worker knows: others may have written since it looked.
fn write(random: &mut Random, application: usize, known: &Record, tag: u64) -> Write {
    Write {
        application,
        revision: known.revision + 1,
        tag,
        held: known.holds,
        holds: known.holds != random.chance(70),
    }
}

async fn make(store: &impl Store, call: &Call) -> Answer {
    match call {
        Call::LoadSlot(application) => {
            let id: ApplicationId = id(&name(*application));
            let states = store
                .load_applications(&[id])
                .await
                .expect("slots are read");
            let slot = &states.first().expect("it is registered").slot;
            Answer::Slot(Record {
                revision: slot.revision,
                tag: slot.rebuilds_requested * u64::from(slot.revision > 0),
                holds: matches!(slot.state, SlotState::Starting(_)),
            })
        }
        Call::LoadBudget => {
            let holders = store.load_budget(&target("eu-west-1")).await;
            let holders = holders.expect("a budget is read");
            let all = 0..APPLICATIONS;
            Answer::Budget(all.filter(|one| holders.contains(&rebuild(*one))).collect())
        }
        Call::LoadMarker(application) => {
            let markers = store
                .load_active_producers()
                .await
                .expect("markers are read");
            let name = name(*application);
            let mut markers = markers.iter();
            Answer::Marker(markers.any(|marker| marker.application.as_str() == name))
        }
        Call::Commit(write) => {
            let outcome = store.commit(&commit(write)).await;
            Answer::Commit(outcome.expect("a commit is answered"))
        }
    }
}

fn commit(write: &Write) -> Commit {
    let name = name(write.application);
    let first = if write.holds {
        starting(&name, 0)
    } else {
        pending(&name, 0, Vec::new())
    };
    let slot = Slot {
        revision: write.revision,
        rebuilds_requested: write.tag,
        ..first
    };
    let rebuild = rebuild(write.application);
    let target = target("eu-west-1");
    let (budget, marker) = match (write.held, write.holds) {
        (false, true) => {
            let marker = ActiveProducer {
                application: id(&name),
                rebuild: rebuild.clone(),
                since: at(0),
                active_from: None,
            };
            let take = BudgetWrite::Take {
                target,
                rebuild,
                executions_in_flight_max: u32::try_from(PLACES).expect("few places"),
            };
            (Some(take), Some(MarkerWrite::Put(marker)))
        }
        (true, false) => (
            Some(BudgetWrite::Return { target, rebuild }),
            Some(MarkerWrite::Remove(id(&name))),
        ),
        _ => (None, None),
    };
    Commit {
        slot: Some(slot),
        budget,
        marker,
        ..Commit::default()
    }
}

fn name(application: usize) -> String {
    format!("app{application}")
}

fn rebuild(application: usize) -> RebuildId {
    id(&format!("{}.1", name(application)))
}
