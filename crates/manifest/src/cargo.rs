use crate::files::Files;
use crate::reading::Reading;

pub(crate) fn read(_folder: &str, _files: &Files<'_>, _reading: &mut Reading) {}
