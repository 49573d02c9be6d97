//! What a stack of Downriver's says of itself.

use std::collections::BTreeMap;

use super::failed::FailedQueue;

/// The outputs that commands use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outputs {
    pub version: String,
    pub table: String,
    pub bucket: String,
    pub bus: String,
    queues: BTreeMap<DeployedQueue, Urls>,
    quarantine: String,
    /// The role under which pipelines are started; older templates do not tell.
    pub starter_role: Option<String>,
    sweep_dead_letters: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Urls {
    queue: String,
    dead_letters: String,
}

/// A queue with a consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeployedQueue {
    Changes,
    Runs,
    Due,
    Index,
}

impl DeployedQueue {
    pub const ALL: [Self; 4] = [Self::Changes, Self::Runs, Self::Due, Self::Index];

    /// As the template calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Changes => "ChangesQueue",
            Self::Runs => "RunsQueue",
            Self::Due => "DueQueue",
            Self::Index => "IndexQueue",
        }
    }

    const fn outputs(self) -> (&'static str, &'static str) {
        match self {
            Self::Changes => ("ChangesQueueUrl", "ChangesDeadLetterQueueUrl"),
            Self::Runs => ("RunsQueueUrl", "RunsDeadLetterQueueUrl"),
            Self::Due => ("DueQueueUrl", "DueDeadLetterQueueUrl"),
            Self::Index => ("IndexQueueUrl", "IndexDeadLetterQueueUrl"),
        }
    }
}

impl Outputs {
    /// Else the names of those that are missing.
    pub(super) fn parse(mut values: BTreeMap<String, String>) -> Result<Self, Vec<&'static str>> {
        let starter_role = values.remove("StarterRoleArn");
        let mut missing = Vec::new();
        let mut take = |name: &'static str| {
            values.remove(name).unwrap_or_else(|| {
                missing.push(name);
                String::new()
            })
        };
        let outputs = Self {
            version: take("Version"),
            table: take("TableName"),
            bucket: take("BucketName"),
            bus: take("BusName"),
            queues: DeployedQueue::ALL
                .into_iter()
                .map(|queue| {
                    let (url, dead_letters) = queue.outputs();
                    let urls = Urls {
                        queue: take(url),
                        dead_letters: take(dead_letters),
                    };
                    (queue, urls)
                })
                .collect(),
            starter_role,
            quarantine: take("QuarantineQueueUrl"),
            sweep_dead_letters: take("SweepDeadLetterQueueUrl"),
        };
        if missing.is_empty() {
            Ok(outputs)
        } else {
            Err(missing)
        }
    }

    pub fn queue_url(&self, queue: DeployedQueue) -> &str {
        &self.queues[&queue].queue
    }

    pub fn failed_url(&self, queue: FailedQueue) -> &str {
        match queue {
            FailedQueue::DeadLetters(queue) => &self.queues[&queue].dead_letters,
            FailedQueue::Sweeps => &self.sweep_dead_letters,
            FailedQueue::Quarantine => &self.quarantine,
        }
    }

    /// The queue of this name, which is the end of its URL.
    pub fn queue_named(&self, name: &str) -> Option<DeployedQueue> {
        DeployedQueue::ALL
            .into_iter()
            .find(|queue| self.queue_url(*queue).rsplit('/').next() == Some(name))
    }
}
