//! What a span of time brought to applications: how much was rebuilt, and what one rule for each package and pipeline would
//! have rebuilt beyond that. Read from the store alone: inventories tell which changes there were, the history of a change
//! its verdicts, the history of an application its rebuilds.

mod count;
mod gather;

pub use count::{Period, SeenChange, summarise};
pub(crate) use gather::Gatherer;
