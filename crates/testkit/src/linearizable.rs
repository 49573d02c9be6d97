//! Is a store one thing, whoever looks? Several writers and readers work on it at once and write down what they called, when,
//! and what they were told; [`check`] then looks for one order of all that which explains every answer.
//!
//! The order may put two calls either way only if they overlapped in time: what had ended came before what had not begun. A call
//! whose answer never came may have happened or not. The search is that of Wing and Gong (1993) with Lowe's memory of places
//! where it was already (2017); since each worker makes one call after the other, a place is how far each of them came.
//!
//! What is worked on: the slots of a few applications of one target, each holding a place of its budget and the marker of an active producer
//! while its slot is `Starting`. The engine's decisions stand or fall with what is checked here: a conditional write sees
//! the last one, a transaction is all or nothing, a budget is never exceeded, and nobody is refused for no reason.

mod text;
mod work;

#[cfg(test)]
mod tests;

pub use text::{Recorder, read_recorded};
pub use work::{prepare, work};

use std::collections::{BTreeSet, HashSet};

use downriver_engine::ports::CommitOutcome;

/// Applications that are worked on.
pub const APPLICATIONS: usize = 3;
/// Places that their target has: fewer, so that some are refused.
pub const PLACES: usize = 2;

/// A call and its answer. Times are of one clock for all workers, in nanoseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    pub began: u64,
    pub call: Call,
    /// When it came and what it was; `None`: the caller was killed before.
    pub answer: Option<(u64, Answer)>,
}

/// Applications are given by their number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    LoadSlot(usize),
    LoadBudget,
    LoadMarker(usize),
    Commit(Write),
}

/// A slot's next record, with what belongs to it in the same transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Write {
    pub application: usize,
    pub revision: u64,
    /// No two writes have the same.
    pub tag: u64,
    /// Whether it holds a place and has a marker, before and after.
    pub held: bool,
    pub holds: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Slot(Record),
    Budget(BTreeSet<usize>),
    Marker(bool),
    Commit(CommitOutcome),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Record {
    pub revision: u64,
    pub tag: u64,
    pub holds: bool,
}

/// What the store holds.
type Model = [Record; APPLICATIONS];
/// How many calls of each worker have happened.
type Place = Vec<usize>;

/// Looks for an order that explains every answer; what each worker did, one after the other.
///
/// # Errors
/// There is none; the text shows how far the best one comes, and what then fits no more.
pub fn check(workers: &[Vec<Operation>]) -> Result<(), String> {
    let start: Place = vec![0; workers.len()];
    let mut seen: HashSet<(Place, Model)> = HashSet::new();
    let mut open = vec![(start, Model::default())];
    let mut best = (open[0].clone(), 0);
    while let Some((place, model)) = open.pop() {
        if is_over(workers, &place) {
            return Ok(());
        }
        if !seen.insert((place.clone(), model)) {
            continue;
        }
        let length = place.iter().sum();
        if length >= best.1 {
            best = ((place.clone(), model), length);
        }
        for worker in could_be_next(workers, &place) {
            let operation = &workers[worker][place[worker]];
            let mut next = place.clone();
            next[worker] += 1;
            for after in outcomes(operation, &model) {
                open.push((next.clone(), after));
            }
        }
    }
    let ((place, model), length) = best;
    let left: Vec<String> = could_be_next(workers, &place)
        .map(|worker| format!("worker {worker}: {:?}", workers[worker][place[worker]]))
        .collect();
    Err(format!(
        "no order of these calls explains their answers. After {length} of {} calls the store would hold\n{model:#?}\nand then \
         none of these can have been next:\n{}",
        workers.iter().map(Vec::len).sum::<usize>(),
        left.join("\n")
    ))
}

fn is_over(workers: &[Vec<Operation>], place: &[usize]) -> bool {
    let mut all = workers.iter().zip(place);
    all.all(|(operations, at)| *at == operations.len())
}

/// Whose next call may come next: no other one had ended before it began.
fn could_be_next<'a>(
    workers: &'a [Vec<Operation>],
    place: &'a [usize],
) -> impl Iterator<Item = usize> + 'a {
    let left = |worker: usize| workers[worker].get(place[worker]);
    let ends = (0..workers.len()).filter_map(move |worker| {
        let (ended, _) = left(worker)?.answer.as_ref()?;
        Some(*ended)
    });
    let first_end = ends.min().unwrap_or(u64::MAX);
    (0..workers.len())
        .filter(move |worker| left(*worker).is_some_and(|operation| operation.began <= first_end))
}

/// What the store may hold after a call, if it can have had its answer.
fn outcomes(operation: &Operation, model: &Model) -> Vec<Model> {
    let answer = operation.answer.as_ref().map(|(_, answer)| answer);
    let is_possible = match (&operation.call, answer) {
        (Call::Commit(write), None) => {
            let done = apply(write, model);
            return done.into_iter().chain([*model]).collect();
        }
        (_, None) => true,
        (Call::Commit(write), Some(Answer::Commit(outcome))) => match outcome {
            CommitOutcome::Done => return apply(write, model).into_iter().collect(),
            CommitOutcome::Conflict => !is_expected(write, model),
            CommitOutcome::BudgetFull => takes(write) && is_full(write, model),
        },
        (Call::LoadSlot(application), Some(Answer::Slot(record))) => model[*application] == *record,
        (Call::LoadMarker(application), Some(Answer::Marker(holds))) => {
            model[*application].holds == *holds
        }
        (Call::LoadBudget, Some(Answer::Budget(holders))) => {
            holders_of(model).eq(holders.iter().copied())
        }
        (call, answer) => unreachable!("{call:?} is not answered by {answer:?}"),
    };
    if is_possible {
        vec![*model]
    } else {
        Vec::new()
    }
}

/// What a commit makes of it, if it can be done.
fn apply(write: &Write, model: &Model) -> Option<Model> {
    if !is_expected(write, model) || (takes(write) && is_full(write, model)) {
        return None;
    }
    let mut after = *model;
    after[write.application] = Record {
        revision: write.revision,
        tag: write.tag,
        holds: write.holds,
    };
    Some(after)
}

fn is_expected(write: &Write, model: &Model) -> bool {
    model[write.application].revision + 1 == write.revision
}

const fn takes(write: &Write) -> bool {
    write.holds && !write.held
}

/// Who holds a place keeps it.
fn is_full(write: &Write, model: &Model) -> bool {
    !model[write.application].holds && holders_of(model).count() >= PLACES
}

fn holders_of(model: &Model) -> impl Iterator<Item = usize> + '_ {
    (0..APPLICATIONS).filter(|application| model[*application].holds)
}
