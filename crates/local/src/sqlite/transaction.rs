//! One connection, and how its transactions begin and end.

use downriver_engine::ports::{CommitOutcome, StoreError};
use rusqlite::Connection;

use super::error::Failure;
use super::interned::Interned;

/// What a write wants of its transaction.
#[derive(Debug)]
pub(super) enum Settled<T> {
    Keep(T),
    /// Nothing of it may stay.
    Undo(T),
}

impl Settled<CommitOutcome> {
    /// Only what is done is kept.
    pub(super) fn of(outcome: CommitOutcome) -> Self {
        match outcome {
            CommitOutcome::Done => Self::Keep(outcome),
            CommitOutcome::Conflict | CommitOutcome::BudgetFull => Self::Undo(outcome),
        }
    }
}

/// A connection with what is remembered about its file.
#[derive(Debug)]
pub(super) struct Session {
    connection: Connection,
    interned: Interned,
    is_in_step: bool,
}

impl Session {
    pub(super) fn new(connection: Connection) -> Self {
        Self {
            connection,
            interned: Interned::default(),
            is_in_step: false,
        }
    }

    /// Reads from one snapshot of the file.
    pub(super) fn read<T>(
        &mut self,
        read: impl FnOnce(&Connection, &mut Interned) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        self.recover()?;
        if self.is_in_step {
            return Ok(read(&self.connection, &mut self.interned)?);
        }
        self.execute("BEGIN DEFERRED")?;
        let result = read(&self.connection, &mut self.interned);
        self.execute("COMMIT")?;
        Ok(result?)
    }

    /// Writes all or nothing.
    pub(super) fn write<T>(
        &mut self,
        write: impl FnOnce(&Connection, &mut Interned) -> Result<Settled<T>, Failure>,
    ) -> Result<T, StoreError> {
        self.recover()?;
        self.execute(if self.is_in_step {
            "SAVEPOINT inner_commit"
        } else {
            "BEGIN IMMEDIATE"
        })?;
        match write(&self.connection, &mut self.interned) {
            Ok(Settled::Keep(value)) => match self.keep() {
                Ok(()) => Ok(value),
                Err(failure) => {
                    self.undo()?;
                    Err(failure.into())
                }
            },
            Ok(Settled::Undo(value)) => {
                self.undo()?;
                Ok(value)
            }
            Err(failure) => {
                self.undo()?;
                Err(failure.into())
            }
        }
    }

    pub(super) fn begin_step(&mut self) -> Result<(), StoreError> {
        self.recover()?;
        if self.is_in_step {
            return Err(StoreError::Permanent("a step has begun already".to_owned()));
        }
        self.execute("BEGIN IMMEDIATE")?;
        self.is_in_step = true;
        Ok(())
    }

    pub(super) fn end_step(&mut self) -> Result<(), StoreError> {
        self.require_step()?;
        self.execute("COMMIT")?;
        self.is_in_step = false;
        Ok(())
    }

    pub(super) fn abandon_step(&mut self) -> Result<(), StoreError> {
        self.require_step()?;
        self.is_in_step = false;
        self.roll_back()?;
        Ok(())
    }

    fn require_step(&self) -> Result<(), StoreError> {
        if self.is_in_step {
            Ok(())
        } else {
            Err(StoreError::Permanent("no step has begun".to_owned()))
        }
    }

    /// After a panic within a call, or after SQLite gave a transaction up by itself (a full disk), what the file holds
    /// and what is remembered here agree again.
    fn recover(&mut self) -> Result<(), StoreError> {
        if self.connection.is_autocommit() {
            if self.is_in_step {
                self.is_in_step = false;
                self.interned.clear();
                return Err(StoreError::Permanent(
                    "the step was rolled back: begin it again".to_owned(),
                ));
            }
        } else if !self.is_in_step {
            self.roll_back()?;
        }
        Ok(())
    }

    fn keep(&mut self) -> Result<(), Failure> {
        self.execute(if self.is_in_step {
            "RELEASE inner_commit"
        } else {
            "COMMIT"
        })
    }

    fn undo(&mut self) -> Result<(), Failure> {
        if self.is_in_step && !self.connection.is_autocommit() {
            self.interned.clear();
            self.execute("ROLLBACK TO inner_commit")?;
            self.execute("RELEASE inner_commit")
        } else {
            self.roll_back()
        }
    }

    fn roll_back(&mut self) -> Result<(), Failure> {
        self.interned.clear();
        if self.connection.is_autocommit() {
            Ok(())
        } else {
            self.execute("ROLLBACK")
        }
    }

    fn execute(&self, statement: &str) -> Result<(), Failure> {
        self.connection.prepare_cached(statement)?.execute(())?;
        Ok(())
    }
}
