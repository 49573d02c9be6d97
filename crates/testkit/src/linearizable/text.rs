//! Where calls are written down: in memory, or in a file that outlives its killed writer.

use std::fs::File;
use std::io::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use downriver_engine::ports::CommitOutcome;

use super::{Answer, Call, Operation, Record, Write};

/// Takes down each call before it is made, and its answer after it came.
pub trait Recorder {
    fn began(&mut self, call: &Call);
    fn answered(&mut self, answer: &Answer);
}

impl Recorder for Vec<Operation> {
    fn began(&mut self, call: &Call) {
        self.push(Operation {
            began: now(),
            call: call.clone(),
            answer: None,
        });
    }

    fn answered(&mut self, answer: &Answer) {
        let last = self.last_mut().expect("a call was made");
        last.answer = Some((now(), answer.clone()));
    }
}

impl Recorder for File {
    fn began(&mut self, call: &Call) {
        let line = match call {
            Call::LoadSlot(application) => format!("call {} slot {application}\n", now()),
            Call::LoadBudget => format!("call {} budget\n", now()),
            Call::LoadMarker(application) => format!("call {} marker {application}\n", now()),
            Call::Commit(write) => format!(
                "call {} commit {} {} {} {} {}\n",
                now(),
                write.application,
                write.revision,
                write.tag,
                u8::from(write.held),
                u8::from(write.holds),
            ),
        };
        self.write_all(line.as_bytes())
            .expect("a call is written down");
    }

    fn answered(&mut self, answer: &Answer) {
        let now = now();
        let line = match answer {
            Answer::Slot(record) => format!(
                "answer {now} {} {} {}\n",
                record.revision,
                record.tag,
                u8::from(record.holds)
            ),
            Answer::Budget(holders) => {
                let holders: Vec<String> = holders.iter().map(usize::to_string).collect();
                format!("answer {now} {}\n", holders.join(" "))
            }
            Answer::Marker(holds) => format!("answer {now} {}\n", u8::from(*holds)),
            Answer::Commit(outcome) => {
                let outcome = match outcome {
                    CommitOutcome::Done => 0,
                    CommitOutcome::Conflict => 1,
                    CommitOutcome::BudgetFull => 2,
                };
                format!("answer {now} {outcome}\n")
            }
        };
        self.write_all(line.as_bytes())
            .expect("an answer is written down");
    }
}

/// Of the wall clock: processes of one machine share it.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let nanos = since.expect("it is after 1970").as_nanos();
    u64::try_from(nanos).expect("it is before 2554")
}

/// What a worker wrote into a file. A last line that it did not finish was not written.
pub fn read_recorded(text: &str) -> Vec<Operation> {
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let mut operations: Vec<Operation> = Vec::new();
    for line in whole.lines() {
        let mut words = line.split(' ');
        let kind = words.next();
        let rest: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        let time = rest[0].parse().expect("a time");
        if kind == Some("call") {
            operations.push(Operation {
                began: time,
                call: read_call(rest[1], &numbers(&rest[2..])),
                answer: None,
            });
        } else {
            let last = operations.last_mut().expect("an answer follows its call");
            last.answer = Some((time, read_answer(&last.call, &numbers(&rest[1..]))));
        }
    }
    operations
}

fn numbers(words: &[&str]) -> Vec<u64> {
    let words = words.iter();
    words.map(|word| word.parse().expect("a number")).collect()
}

fn index(number: u64) -> usize {
    usize::try_from(number).expect("a small number")
}

fn read_call(kind: &str, numbers: &[u64]) -> Call {
    match (kind, numbers) {
        ("slot", [application]) => Call::LoadSlot(index(*application)),
        ("budget", []) => Call::LoadBudget,
        ("marker", [application]) => Call::LoadMarker(index(*application)),
        ("commit", &[application, revision, tag, held, holds]) => Call::Commit(Write {
            application: index(application),
            revision,
            tag,
            held: held == 1,
            holds: holds == 1,
        }),
        other => panic!("{other:?} is no call"),
    }
}

fn read_answer(call: &Call, numbers: &[u64]) -> Answer {
    match (call, numbers) {
        (Call::LoadSlot(_), &[revision, tag, holds]) => Answer::Slot(Record {
            revision,
            tag,
            holds: holds == 1,
        }),
        (Call::LoadBudget, holders) => {
            Answer::Budget(holders.iter().map(|one| index(*one)).collect())
        }
        (Call::LoadMarker(_), [holds]) => Answer::Marker(*holds == 1),
        (Call::Commit(_), [outcome]) => Answer::Commit(match outcome {
            0 => CommitOutcome::Done,
            1 => CommitOutcome::Conflict,
            _ => CommitOutcome::BudgetFull,
        }),
        other => panic!("{other:?} is no answer"),
    }
}
