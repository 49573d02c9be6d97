//! The periodic pass, from its schedule to the engine.

use downriver_aws::lambda::batch::Failure;
use downriver_aws::lambda::metrics::SweepMetrics;
use downriver_aws::lambda::{AnyEvent, Deployed};
use downriver_engine::doctor;
use downriver_engine::sweep::{self, SweepReport};
use downriver_engine::wire::reports::SweepDocument;
use lambda_runtime::{Error, LambdaEvent};

/// One pass, whatever asked for it; gives back what it found.
pub async fn handle(
    deployed: &Deployed,
    event: LambdaEvent<AnyEvent>,
) -> Result<SweepDocument, Error> {
    deployed
        .invoke(&event.context, async |_| {
            let swept = Box::pin(sweep::sweep(&deployed.ports)).await;
            // With its causes: this is what the schedule's dead letter tells.
            let report = swept.map_err(|error| Failure::from(error).text())?;
            deployed.telemetry.count_sweep(metrics(&report));
            let missed = report.reconciled.differences;
            let checked =
                Box::pin(doctor::routine(&deployed.ports, &deployed.setup(), missed)).await;
            let document = SweepDocument::from(&report);
            Ok(match checked {
                Ok(None) => document,
                Ok(Some(round)) => document.with_checks(round),
                // The checks are made again by the next pass; what this one did stands.
                Err(error) => document.with_failed_checks(Failure::from(error).text()),
            })
        })
        .await
}

/// Findings are what events and messages should have done, and what could not be done.
fn metrics(report: &SweepReport) -> SweepMetrics {
    let missed = report.ended.count + report.asked.count + report.reconciled.differences;
    SweepMetrics {
        findings: missed + report.recovered.count + report.failures_count,
        stuck_rebuilds: report.stuck.count,
        parked_rebuilds: report.parked.count,
        results_asked_again: report.asked.count,
        packages_compared: report.reconciled.packages,
        missed_versions: report.reconciled.differences,
        repositories_denied: report.reconciled.denied,
    }
}
