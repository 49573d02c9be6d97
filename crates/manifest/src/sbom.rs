use crate::files::Files;
use crate::reading::{Problem, Reading};

pub(crate) fn read(_folder: &str, _files: &Files<'_>, _reading: &mut Reading) {}

pub(crate) fn read_file(path: &str, _bytes: &[u8], _reading: &mut Reading) -> Result<(), Problem> {
    Err(Problem::new(path, None, "not yet"))
}
