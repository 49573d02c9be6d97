//! Where questions are asked and operators' commands given: a store, with an instant that counts as now. Every command is
//! written once, over this; nothing starts here.

#[cfg(feature = "aws")]
pub(crate) mod deployed;
pub(crate) mod here;
pub(crate) mod still;

use downriver_domain::Timestamp;
use downriver_engine::history::HistoryEntry;
use downriver_engine::ports::{Clock as _, Ports};

use crate::terminal::Terminal;

pub(crate) trait Desk: Ports {
    /// The name of the deployment; none for a store on this machine.
    fn deployment(&self) -> Option<&str>;

    /// It outlives the command: something may have been decided before.
    fn has_past(&self) -> bool;

    /// The newest entries of everything, newest first.
    async fn newest(&self, limit: usize) -> anyhow::Result<Vec<HistoryEntry>>;

    /// Carries work out, and lets people know that it goes on where it takes long.
    async fn patiently<T>(&self, terminal: &mut Terminal, work: impl Future<Output = T>) -> T;

    fn now(&self) -> Timestamp {
        self.clock().now()
    }
}
