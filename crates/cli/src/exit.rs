//! Exit codes, and what is said when a command fails. `docs/cli.md` lists the codes.

use std::fmt;
use std::io;
use std::process::ExitCode;

use crate::terminal::Terminal;

/// How the command ended, as scripts see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Fine = 0,
    /// A defect, or a store or file that stopped working midway.
    Internal = 1,
    /// Bad usage, or a catalog, story or store that cannot be used.
    Usage = 2,
    /// No such application or package.
    Unknown = 3,
    /// A replay or `send` finished, and some of the input was no event that anybody expects.
    Quarantined = 4,
    /// What a story expects did not come true.
    Unmet = 5,
    /// A deployment, or AWS, could not be reached, refused, or did not finish in time.
    #[cfg_attr(not(feature = "aws"), expect(dead_code, reason = "AWS alone has it"))]
    Remote = 6,
    /// A command that `refresh --run` ran failed.
    Ran = 7,
    /// `doctor` found something that is missed, or could not look.
    Warnings = 8,
    /// `doctor` found something that does not work.
    Errors = 9,
    /// What `access check` was asked about is not allowed, or not as far as the policies given tell.
    NotAllowed = 10,
}

/// An error that has an exit code of its own: what was wrong, where, and what to do.
#[derive(Debug)]
pub(crate) struct Refused {
    exit: Exit,
    message: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for Refused {}

/// Something that the user can mend: usage, catalog, story or store.
pub(crate) fn refuse(message: impl Into<String>) -> anyhow::Error {
    let message = message.into();
    anyhow::Error::new(Refused {
        exit: Exit::Usage,
        message,
    })
}

/// A package manager's command failed.
pub(crate) fn failed(message: impl Into<String>) -> anyhow::Error {
    let message = message.into();
    anyhow::Error::new(Refused {
        exit: Exit::Ran,
        message,
    })
}

/// An application or package that is not known.
pub(crate) fn unknown(message: impl Into<String>) -> anyhow::Error {
    let message = message.into();
    anyhow::Error::new(Refused {
        exit: Exit::Unknown,
        message,
    })
}

/// A deployment or AWS could not do what was asked.
#[cfg(feature = "aws")]
pub(crate) fn remote(message: impl Into<String>) -> anyhow::Error {
    let message = message.into();
    anyhow::Error::new(Refused {
        exit: Exit::Remote,
        message,
    })
}

/// Writes what is still to be written, says what went wrong, and turns it into the process's exit code.
pub(crate) fn finish(result: anyhow::Result<Exit>, terminal: &mut Terminal) -> ExitCode {
    let result = result.and_then(|exit| {
        terminal.flush()?;
        Ok(exit)
    });
    let exit = match result {
        Ok(exit) => exit,
        // Whoever read our output has seen enough.
        Err(error) if is_broken_pipe(&error) => Exit::Fine,
        Err(error) => {
            // What was printed before the failure comes first; if that fails too, the first reason is the one to tell.
            drop(terminal.flush());
            terminal.complain(&format!("{error:#}"));
            error
                .downcast_ref::<Refused>()
                .map_or(Exit::Internal, |refused| refused.exit)
        }
    };
    ExitCode::from(exit as u8)
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let cause = cause.downcast_ref::<io::Error>();
        cause.is_some_and(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
    })
}
