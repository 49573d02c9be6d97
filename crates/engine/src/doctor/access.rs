//! Whether builds may read what they resolve from, as far as resource policies tell.

use super::facts::Facts;
use super::finding::Finding;

pub(super) fn check(_: &Facts, _: &mut Vec<Finding>) {}
