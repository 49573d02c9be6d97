//! How packages are numbered and asked for, per format.

use downriver_domain::version::{Format, PackageId};

use crate::simulation::random::Random;

/// What a package has from the beginning.
pub(in crate::simulation) const fn first_version(_package: &PackageId) -> &'static str {
    "1.0.0"
}

/// The versions of one package: where the next one goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::simulation) struct Line {
    major: u64,
    minor: u64,
    patch: u64,
}

impl Line {
    pub(super) const fn new() -> Self {
        Self {
            major: 1,
            minor: 0,
            patch: 0,
        }
    }

    /// The next version as a build numbers it.
    pub(in crate::simulation) fn next_build(&mut self) -> String {
        self.patch += 1;
        self.text()
    }

    /// The next version as people number it: seldom a new major or a pre-release.
    pub(in crate::simulation) fn next_release(
        &mut self,
        random: &mut Random,
        format: Format,
    ) -> String {
        match random.below(20) {
            0 => {
                self.major += 1;
                self.minor = 0;
                self.patch = 0;
            }
            1..8 => {
                self.minor += 1;
                self.patch = 0;
            }
            _ => self.patch += 1,
        }
        let suffix = match format {
            Format::Pypi => "rc1",
            Format::Ruby => ".pre1",
            Format::Generic => "",
            _ => "-rc.1",
        };
        if random.chance(10) {
            format!("{}{suffix}", self.text())
        } else {
            self.text()
        }
    }

    fn text(&self) -> String {
        format!("{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// A requirement that admits the first version: mostly open, sometimes a pin or one that holds back.
pub(super) fn requirement(random: &mut Random, format: Format) -> &'static str {
    let (open, closed): (&[&str], &[&str]) = match format {
        Format::Npm => (&["^1.0.0", ">=1.0.0", "*", "latest"], &["1.0.0", "~1.0.0"]),
        Format::Maven => (&["[1.0,2.0)", "[1.0,)"], &["1.0.0", "[1.0.0]"]),
        Format::Cargo => (&["1", "^1.0.0", ">=1.0.0"], &["=1.0.0", "~1.0.0"]),
        Format::Pypi => (&[">=1", ">=1,<2", "~=1.0"], &["==1.0.0"]),
        Format::Nuget => (&["1.*", "*"], &["1.0.0", "[1.0.0]"]),
        Format::Ruby => (&["~> 1.0", ">= 1.0"], &["1.0.0"]),
        Format::Swift => (&["1.0.0..<2.0.0"], &["1.0.0"]),
        Format::Generic => (&["*", "1.*"], &["1.0.0"]),
    };
    let from = if random.chance(85) { open } else { closed };
    random.pick(from)
}
