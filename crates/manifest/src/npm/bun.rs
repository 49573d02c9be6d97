//! `bun.lock`.

use super::workspace::{Lockfile, Workspace};
use crate::reading::Problem;

pub(super) fn parse<'a>(
    path: &'a str,
    _text: &'a str,
    _workspace: &Workspace<'a>,
) -> Result<Lockfile<'a>, Problem> {
    Err(Problem::new(path, None, "is of a format that is not read"))
}
