//! Steps of a rollout, as they are written down, and as logs and figures find them there again.

use downriver_domain::Rollout;
use downriver_domain::rollout::{Hold, Passed};

use super::halt;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    RingPassed { ring: u32 },
    Halted { ring: u32 },
}

impl Step {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::RingPassed { .. } => "RingPassed",
            Self::Halted { .. } => "Halted",
        }
    }

    pub(crate) const fn ring(self) -> u32 {
        match self {
            Self::RingPassed { ring } | Self::Halted { ring } => ring,
        }
    }
}

/// What the history says of a passed ring.
pub(crate) fn text(passed: &Passed) -> String {
    format!("ring {} passed: {}", passed.ring, passed.reason)
}

/// The step that a line of the history tells of, written together with this rollout; none: it tells of something else.
pub(crate) fn step_of(rollout: &Rollout, line: &str) -> Option<Step> {
    if let Some(Hold::Halted { ring, .. }) = &rollout.hold
        && halt::text(rollout) == line
    {
        return Some(Step::Halted { ring: *ring });
    }
    let passed = rollout.passed.iter().rev();
    { passed }
        .find(|passed| text(passed) == line)
        .map(|passed| Step::RingPassed { ring: passed.ring })
}
