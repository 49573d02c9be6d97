//! The account of what was moved.

use std::collections::BTreeMap;

use downriver_aws::deployment::{DeployedQueue, Deployment, FailedQueue, Moved};
use serde::Serialize;

use crate::exit::Exit;
use crate::render::style::{Page, counted, hang, table};
use crate::terminal::Terminal;

#[derive(Default)]
pub(super) struct Account {
    pub(super) rows: Vec<Row>,
}

/// One queue that messages were moved from.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) from: &'static str,
    pub(super) moved: BTreeMap<&'static str, usize>,
    /// Sent back, but not taken out: they will be seen twice.
    pub(super) undeleted: usize,
    /// Still there: beyond the limit, not asked for, or refused.
    pub(super) left: usize,
    pub(super) refused: Vec<String>,
}

#[derive(Serialize)]
struct RedrivenDocument<'a> {
    deployment: &'a str,
    moved: usize,
    queues: &'a [Row],
}

pub(super) const fn queue_name(queue: FailedQueue) -> &'static str {
    match queue {
        FailedQueue::DeadLetters(DeployedQueue::Changes) => "ChangesDeadLetterQueue",
        FailedQueue::DeadLetters(DeployedQueue::Runs) => "RunsDeadLetterQueue",
        FailedQueue::DeadLetters(DeployedQueue::Due) => "DueDeadLetterQueue",
        FailedQueue::DeadLetters(DeployedQueue::Index) => "IndexDeadLetterQueue",
        FailedQueue::Sweeps => "SweepDeadLetterQueue",
        FailedQueue::Quarantine => "QuarantineQueue",
    }
}

impl Row {
    pub(super) const fn of(queue: FailedQueue) -> Self {
        Self {
            from: queue_name(queue),
            moved: BTreeMap::new(),
            undeleted: 0,
            left: 0,
            refused: Vec::new(),
        }
    }

    pub(super) fn take(&mut self, to: DeployedQueue, moved: &Moved) {
        *self.moved.entry(to.name()).or_default() += moved.moved;
        self.undeleted += moved.undeleted;
        let reasons = moved.refused.iter().map(|refusal| refusal.reason.clone());
        self.refused.extend(reasons);
    }

    pub(super) fn moved(&self) -> usize {
        self.moved.values().sum()
    }
}

impl Account {
    pub(super) fn moved(&self) -> usize {
        self.rows.iter().map(Row::moved).sum()
    }

    pub(super) fn show(
        &self,
        deployment: &Deployment,
        terminal: &mut Terminal,
    ) -> anyhow::Result<Exit> {
        if terminal.is_json() {
            terminal.print_json(&RedrivenDocument {
                deployment: deployment.name(),
                moved: self.moved(),
                queues: &self.rows,
            })?;
        } else {
            let text = self.text(terminal.page(), deployment.name());
            terminal.print(&text)?;
        }
        let is_clean = self
            .rows
            .iter()
            .all(|row| row.refused.is_empty() && row.undeleted == 0);
        Ok(if is_clean { Exit::Fine } else { Exit::Remote })
    }

    pub(super) fn text(&self, page: Page, deployment: &str) -> String {
        let what = counted(self.moved(), "message", "messages");
        let mut out = format!("Moved {what} back in deployment {deployment}\n");
        let rows: Vec<[String; 4]> = self.rows.iter().flat_map(rows_of).collect();
        if !rows.is_empty() {
            table(&mut out, page, &["from", "to", "moved", "left"], &rows);
        }
        for row in &self.rows {
            for reason in &row.refused {
                let text = format!("{}: one was not taken back: {reason}", row.from);
                hang(&mut out, page, "  ", &page.paint.bad(&text), 4);
            }
            if row.undeleted > 0 {
                let text = format!(
                    "{}: {} sent back but could not be taken out, and will be sent again by the next redrive; their consumer takes that for a redelivery",
                    row.from,
                    counted(row.undeleted, "message was", "messages were")
                );
                hang(&mut out, page, "  ", &page.paint.warn(&text), 4);
            }
        }
        out
    }
}

/// One line for each destination; one with nothing moved where something is left.
fn rows_of(row: &Row) -> Vec<[String; 4]> {
    let left = row.left.to_string();
    if row.moved.is_empty() {
        if row.left == 0 {
            return Vec::new();
        }
        return vec![[row.from.to_owned(), String::new(), "0".to_owned(), left]];
    }
    let lines = row.moved.iter().enumerate().map(|(number, (to, moved))| {
        let left = if number == 0 {
            left.clone()
        } else {
            String::new()
        };
        [
            row.from.to_owned(),
            (*to).to_owned(),
            moved.to_string(),
            left,
        ]
    });
    lines.collect()
}
