//! What failed, since when, and why.

use std::collections::BTreeMap;

use downriver_aws::deployment::{
    BATCH_MESSAGES_MAX, DeployedQueue, Deployment, FailedMessage, FailedQueue,
};
use serde::Serialize;

use super::describe::describe;
use super::show::queue_name;
use super::{EMPTY_MAX, HOLD_SECS, wanted};
use crate::arguments::{QueueName, RedriveOptions};
use crate::exit::Exit;
use crate::render::style::{Page, counted, hang, put};
use crate::render::time::{date_and_clock, rfc3339};
use crate::terminal::Terminal;

/// Messages of one queue that are listed: while they are, nobody else sees them.
const LISTED_MAX: usize = 200;
/// What is said where nobody wrote down why.
const NO_REASON: &str = "its consumer failed again and again: see the function's log";

#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Listed {
    pub(super) queue: String,
    /// About how many there are.
    pub(super) count: u64,
    /// Of those, how many somebody holds just now: being moved, or listed.
    pub(super) held: u64,
    pub(super) messages: Vec<ListedMessage>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct ListedMessage {
    pub(super) id: String,
    pub(super) sent_at: Option<String>,
    pub(super) about: String,
    /// The queue that a quarantined message came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) from_queue: Option<String>,
    pub(super) reason: Option<String>,
    #[serde(skip)]
    pub(super) shown_at: String,
}

pub(super) async fn list(
    deployment: &Deployment,
    options: &RedriveOptions,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let wanted = wanted(options);
    let mut queues: Vec<FailedQueue> = if options.quarantine {
        vec![FailedQueue::Quarantine]
    } else {
        wanted
            .iter()
            .copied()
            .map(FailedQueue::DeadLetters)
            .collect()
    };
    let is_sweep_wanted = options.queues.is_empty() || options.queues.contains(&QueueName::Sweep);
    if !options.quarantine && is_sweep_wanted {
        queues.push(FailedQueue::Sweeps);
    }
    let limit = usize::try_from(options.limit)?.min(LISTED_MAX);
    let mut listed = Vec::new();
    for queue in queues {
        let (visible, held) = deployment.count_failed(queue).await?;
        let name = queue_name(queue).to_owned();
        terminal.show_progress(|| format!("reading {name}"));
        let mut messages = BTreeMap::new();
        if visible > 0 {
            messages = receive(deployment, queue, limit).await?;
        }
        let is_asked = |message: &&FailedMessage| {
            !options.quarantine || options.queues.is_empty() || {
                let from = message.from_queue.as_deref();
                let home = from.and_then(|from| deployment.outputs().queue_named(from));
                home.is_some_and(|home: DeployedQueue| wanted.contains(&home))
            }
        };
        let messages = messages.values().filter(is_asked).map(listed_message);
        listed.push(Listed {
            queue: name,
            count: visible + held,
            held,
            messages: messages.collect(),
        });
    }
    terminal.end_progress();
    if terminal.is_json() {
        terminal.print_json(&listed)?;
    } else {
        terminal.print(&text(terminal.page(), deployment.name(), &listed))?;
    }
    Ok(Exit::Fine)
}

/// By id; all are let go again.
async fn receive(
    deployment: &Deployment,
    queue: FailedQueue,
    limit: usize,
) -> anyhow::Result<BTreeMap<String, FailedMessage>> {
    let mut messages = BTreeMap::new();
    let mut empty = 0;
    while messages.len() < limit && empty < EMPTY_MAX {
        let most = (limit - messages.len()).min(BATCH_MESSAGES_MAX);
        let received = deployment.receive_failed(queue, most, HOLD_SECS).await?;
        empty = if received.is_empty() { empty + 1 } else { 0 };
        messages.extend(
            received
                .into_iter()
                .map(|message| (message.id.clone(), message)),
        );
    }
    let held: Vec<FailedMessage> = messages.values().cloned().collect();
    deployment.release(queue, &held).await?;
    Ok(messages)
}

fn listed_message(message: &FailedMessage) -> ListedMessage {
    ListedMessage {
        id: message.id.clone(),
        sent_at: message.sent_at.map(rfc3339),
        about: describe(&message.body),
        from_queue: message.from_queue.clone(),
        reason: message.reason.clone(),
        shown_at: message
            .sent_at
            .map_or_else(|| "-".to_owned(), date_and_clock),
    }
}

pub(super) fn text(page: Page, deployment: &str, listed: &[Listed]) -> String {
    let paint = page.paint;
    let mut out = String::new();
    for queue in listed {
        let what = match queue.count {
            0 => "empty".to_owned(),
            count => counted(
                usize::try_from(count).unwrap_or(usize::MAX),
                "message",
                "messages",
            ),
        };
        let held = match queue.held {
            0 => String::new(),
            held => format!(", {held} of them held by somebody just now"),
        };
        put(
            &mut out,
            format_args!("{}  {what}{held}\n", paint.strong(&queue.queue)),
        );
        for message in &queue.messages {
            let from = message.from_queue.as_ref();
            let from = from.map_or_else(String::new, |from| format!(" (from {from})"));
            let head = format!("  {}  ", message.shown_at);
            hang(
                &mut out,
                page,
                &head,
                &format!("{}{from}", message.about),
                4,
            );
            let reason = message.reason.as_deref().unwrap_or(NO_REASON);
            hang(&mut out, page, "    ", &paint.warn(reason), 4);
        }
    }
    if listed.iter().any(|queue| !queue.messages.is_empty()) {
        let text = format!(
            "Once the cause is mended: downriver redrive --deployment {deployment} (or with --quarantine) sends them back."
        );
        hang(&mut out, page, "", &paint.faint(&text), 0);
    }
    out
}
