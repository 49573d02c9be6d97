//! Maven and Gradle: POMs, what `mvn dependency:tree` printed, Gradle's lockfiles, version catalogs and build scripts.
//!
//! Neither tool is run. What only a run can tell (properties of the command line, profiles, code in a build script) is
//! not guessed: the dependency is named without a requirement, and a problem says what is missing.

mod config;
mod declared;
mod effective;
mod gradle;
mod pom;
mod project;
mod properties;
mod reactor;
mod tree;
mod xml;

use crate::files::Files;
use crate::reading::Reading;

pub(crate) fn read(folder: &str, files: &Files<'_>, reading: &mut Reading) {
    let first = reading.dependencies.len();
    reactor::read(folder, files, reading);
    gradle::read(folder, files, reading);
    declared::merge(first, reading);
}
