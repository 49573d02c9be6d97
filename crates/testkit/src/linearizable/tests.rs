//! A check that finds nothing proves nothing: each kind of fault is found, and each kind of overlap is understood.

use std::collections::BTreeSet;
use std::fs::File;

use downriver_engine::ports::CommitOutcome;

use super::{
    Answer, Call, Operation, Record, Recorder, Write, check, prepare, read_recorded, work,
};
use crate::memory_store::MemoryStore;
use crate::run_at_once;

fn operation(began: u64, ended: u64, call: Call, answer: Answer) -> Operation {
    Operation {
        began,
        call,
        answer: Some((ended, answer)),
    }
}

/// A commit of this revision, whose tag is when it began.
fn commit(
    began: u64,
    ended: u64,
    application: usize,
    revision: u64,
    outcome: CommitOutcome,
) -> Operation {
    let write = Write {
        application,
        revision,
        tag: began,
        held: false,
        holds: false,
    };
    operation(began, ended, Call::Commit(write), Answer::Commit(outcome))
}

fn taking(began: u64, ended: u64, application: usize, outcome: CommitOutcome) -> Operation {
    let mut taking = commit(began, ended, application, 1, outcome);
    if let Call::Commit(write) = &mut taking.call {
        write.holds = true;
    }
    taking
}

fn reads(began: u64, ended: u64, revision: u64, tag: u64) -> Operation {
    let record = Record {
        revision,
        tag,
        holds: false,
    };
    operation(began, ended, Call::LoadSlot(0), Answer::Slot(record))
}

use CommitOutcome::{BudgetFull, Conflict, Done};

#[test]
fn what_overlaps_may_have_happened_either_way() {
    let fine = [
        vec![vec![commit(1, 5, 0, 1, Done)], vec![reads(2, 3, 0, 0)]],
        vec![vec![commit(1, 5, 0, 1, Done)], vec![reads(2, 3, 1, 1)]],
        vec![
            vec![commit(1, 5, 0, 1, Done)],
            vec![commit(2, 3, 0, 1, Conflict)],
        ],
        vec![
            vec![commit(1, 5, 0, 1, Done)],
            vec![commit(2, 3, 0, 2, Done)],
        ],
        vec![
            vec![taking(1, 2, 0, Done), taking(3, 4, 1, Done)],
            vec![taking(3, 9, 2, BudgetFull)],
        ],
    ];
    for workers in &fine {
        assert_eq!(check(workers), Ok(()), "{workers:#?}");
    }
}

#[test]
fn an_answer_that_never_came_explains_both() {
    let killed = Operation {
        answer: None,
        ..commit(1, 0, 0, 1, Done)
    };
    for seen in [reads(8, 9, 0, 0), reads(8, 9, 1, 1)] {
        assert_eq!(check(&[vec![killed.clone()], vec![seen]]), Ok(()));
    }
    let workers = [vec![killed], vec![reads(6, 7, 1, 1), reads(8, 9, 0, 0)]];
    assert!(check(&workers).is_err(), "it cannot be undone");
}

#[test]
fn each_kind_of_fault_is_found() {
    let marker =
        |began, ended, holds| operation(began, ended, Call::LoadMarker(0), Answer::Marker(holds));
    let budget = |began, ended, holders: &[usize]| {
        let holders: BTreeSet<usize> = holders.iter().copied().collect();
        operation(began, ended, Call::LoadBudget, Answer::Budget(holders))
    };
    let faults = [
        (
            "a lost update",
            vec![
                vec![commit(1, 5, 0, 1, Done)],
                vec![commit(2, 6, 0, 1, Done)],
            ],
        ),
        (
            "a stale read",
            vec![vec![commit(1, 2, 0, 1, Done)], vec![reads(3, 4, 0, 0)]],
        ),
        (
            "a read of the future",
            vec![vec![commit(3, 4, 0, 1, Done)], vec![reads(1, 2, 1, 3)]],
        ),
        (
            "another's write",
            vec![vec![commit(1, 2, 0, 1, Done)], vec![reads(3, 4, 1, 7)]],
        ),
        (
            "a read that goes back",
            vec![
                vec![commit(1, 9, 0, 1, Done)],
                vec![reads(2, 3, 1, 1), reads(4, 5, 0, 0)],
            ],
        ),
        (
            "a conflict with nobody",
            vec![vec![commit(1, 2, 0, 1, Conflict)]],
        ),
        (
            "a refused write that was made",
            vec![vec![commit(1, 2, 0, 1, Conflict), reads(3, 4, 1, 1)]],
        ),
        (
            "a full budget with room",
            vec![vec![taking(1, 2, 0, Done), taking(3, 4, 1, BudgetFull)]],
        ),
        (
            "too many places",
            vec![
                vec![taking(1, 9, 0, Done)],
                vec![taking(1, 9, 1, Done)],
                vec![taking(1, 9, 2, Done)],
            ],
        ),
        ("a place without its slot", vec![vec![budget(1, 2, &[0])]]),
        (
            "a slot without its place",
            vec![vec![taking(1, 2, 0, Done), budget(3, 4, &[])]],
        ),
        (
            "a slot without its marker",
            vec![vec![taking(1, 2, 0, Done), marker(3, 4, false)]],
        ),
        ("a marker without its slot", vec![vec![marker(1, 2, true)]]),
    ];
    for (what, workers) in &faults {
        assert!(check(workers).is_err(), "{what} was not found");
    }
}

#[test]
fn what_a_file_holds_is_what_was_done() {
    let store = MemoryStore::default();
    let mut operations = Vec::new();
    run_at_once(prepare(&store));
    run_at_once(work(&store, 0, 200, &mut operations));
    assert_eq!(check(&[operations.clone()]), Ok(()));
    for outcome in [Done, BudgetFull] {
        let is_it = |operation: &Operation| {
            { operation.answer.as_ref() }
                .is_some_and(|(_, answer)| *answer == Answer::Commit(outcome))
        };
        assert!(operations.iter().any(is_it), "{outcome:?} never happened");
    }
    let path = std::env::temp_dir().join(format!("downriver-linearizable-{}", std::process::id()));
    let mut file = File::create(&path).unwrap();
    for operation in &operations {
        file.began(&operation.call);
        file.answered(&operation.answer.as_ref().unwrap().1);
    }
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let without_times = |operations: &[Operation]| -> Vec<_> {
        let operations = operations.iter();
        let answers = operations.map(|one| {
            (
                one.call.clone(),
                one.answer.clone().map(|(_, answer)| answer),
            )
        });
        answers.collect()
    };
    let read = read_recorded(&text);
    assert_eq!(without_times(&read), without_times(&operations));
    let cut = &text[..text.len() - 1];
    assert_eq!(read_recorded(cut).last().unwrap().answer, None);
}
