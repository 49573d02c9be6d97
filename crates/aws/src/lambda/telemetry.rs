//! Logs and metrics of a function, on its standard output: one JSON line for each decision, and the figures of each
//! invocation. Never bodies, tokens or environment.

mod line;
#[cfg(test)]
mod tests;

use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use downriver_domain::{ApplicationId, PipelineExecutionId, RebuildId, Timestamp};
use downriver_engine::index::ReadReport;
use downriver_engine::ports::Commit;
use downriver_engine::repositories::{REPOSITORIES_MAX, RepositoriesReport};
use downriver_engine::telemetry::{Decision, Figures, decisions, figures};
use tracing_subscriber::Registry;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Layer, SubscriberExt as _};

use super::metrics::{self, Metrics, SweepMetrics};
use super::settings::Function;
use line::Lines;

/// What the current invocation has to tell; cheap to clone.
#[derive(Debug, Clone)]
pub struct Telemetry {
    deployment: Arc<str>,
    function: Function,
    current: Arc<Mutex<Current>>,
}

#[derive(Debug, Default)]
struct Current {
    request_id: String,
    metrics: Metrics,
}

impl Telemetry {
    pub fn new(deployment: &str, function: Function) -> Self {
        Self {
            deployment: deployment.into(),
            function,
            current: Arc::default(),
        }
    }

    /// Makes `tracing` write lines to `output`: ours from `level` on, other crates' from warnings on, because what they tell
    /// below that shows requests and answers.
    pub fn subscriber<W>(
        &self,
        level: LevelFilter,
        output: W,
    ) -> impl tracing::Subscriber + Send + Sync + use<W>
    where
        W: Fn() -> Box<dyn Write> + Send + Sync + 'static,
    {
        let wanted = Targets::new()
            .with_default(level.min(LevelFilter::WARN))
            .with_target("downriver", level);
        let lines = Lines::new(self.clone(), output).with_filter(wanted);
        Registry::default().with(lines)
    }

    /// Everything that is logged in this process from now on, panics included, is a line of the standard output.
    ///
    /// # Panics
    /// If something else took the place of the process's one subscriber before.
    pub fn install(&self, level: LevelFilter) {
        let subscriber = self.subscriber(level, || Box::new(std::io::stdout()));
        tracing::subscriber::set_global_default(subscriber)
            .expect("telemetry is installed once, before anything is logged");
        std::panic::set_hook(Box::new(|panic| {
            let location = panic.location().map(ToString::to_string);
            let text = panic.payload_as_str().unwrap_or("no message");
            tracing::error!(location, reason = text, "panicked");
        }));
    }

    /// From now on lines and figures are of this invocation.
    pub fn begin(&self, request_id: &str) {
        let mut current = self.current();
        request_id.clone_into(&mut current.request_id);
        current.metrics = Metrics::default();
    }

    /// Notes what a commit decided.
    pub fn observe(&self, commit: &Commit) {
        self.current().metrics.figures.add(figures(commit));
        for decision in decisions(commit) {
            log(&decision);
        }
    }

    pub fn count_quarantined(&self, messages: u64) {
        self.current().metrics.quarantined += messages;
    }

    pub fn count_sweep(&self, sweep: SweepMetrics) {
        self.current().metrics.sweep = Some(sweep);
    }

    /// Notes what reading an execution came to. What could not be read stands in the decision that follows from it.
    pub fn count_read(&self, report: &ReadReport) {
        self.current().metrics.figures.add(Figures::from(report));
    }

    /// Writes the figures of the invocation that began last, and forgets them.
    pub fn end(&self, now: Timestamp, mut output: impl Write) {
        let metrics = std::mem::take(&mut self.current().metrics);
        let lines = metrics::lines(&self.deployment, self.function.as_str(), now, &metrics);
        for line in lines {
            // Where this cannot be written, neither can the reason.
            let _ = writeln!(output, "{line}");
        }
    }

    fn request_id(&self) -> String {
        self.current().request_id.clone()
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        // A panic elsewhere leaves figures that may lack some: still better than none.
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says which repositories could not be read, so that what is assumed of them surprises nobody.
pub fn log_repositories(report: &RepositoriesReport) {
    for denied in &report.denied {
        tracing::warn!(
            reason = denied,
            "not read: what the catalog says of it stands"
        );
    }
    if report.is_more_left {
        tracing::warn!(
            reason =
                format!("more than {REPOSITORIES_MAX} repositories are upstream of the catalog's"),
            "not all repositories were read"
        );
    }
    for changed in &report.changed {
        tracing::info!(
            reason =
                format!("{changed}: its upstreams or external connections are not what was known"),
            "repository changed"
        );
    }
}

fn log(decision: &Decision<'_>) {
    let application = decision.application.map(ApplicationId::as_str);
    let package = decision.package.map(ToString::to_string);
    let rebuild = decision.rebuild.map(RebuildId::as_str);
    let execution = decision.execution.map(PipelineExecutionId::as_str);
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                application,
                package,
                verdict = decision.verdict,
                rebuild.id = rebuild,
                execution.id = execution,
                outcome = decision.outcome,
                ring = decision.ring,
                reason = decision.reason,
                "{}",
                decision.what
            )
        };
    }
    if decision.is_routine {
        line!(debug);
    } else {
        line!(info);
    }
}
