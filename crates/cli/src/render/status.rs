//! How applications stand.

use downriver_domain::rollout::Hold;
use downriver_domain::slot::{
    ControlScope, Controls, HeldReason, Joined, PauseScope, Rebuild, Slot, SlotState, Timed,
};
use downriver_domain::version::PackageId;
use downriver_domain::{Rollout, Timestamp};
use downriver_engine::ports::ApplicationState;
use downriver_engine::query::Status;

use super::style::{Page, counted, hang, put};
use super::time::{date_and_clock, span};
use super::waits::wait;
use super::words::{listed, package, package_version};

const INDENT: usize = 13;
const NAMES_MAX: usize = 6;

pub(crate) fn status(page: Page, status: &Status, now: Timestamp) -> String {
    let paint = page.paint;
    let mut out = String::new();
    for (scope, pause) in &status.controls.pauses {
        let what = match scope {
            PauseScope::System => "everything".to_owned(),
            PauseScope::Application(application) => application.to_string(),
            PauseScope::Package(of) => package(of),
        };
        let why = if pause.reason.is_empty() { "" } else { ": " };
        let text = format!(
            "{what}, by {} at {}{why}{}",
            pause.by,
            date_and_clock(pause.at),
            pause.reason
        );
        line(&mut out, page, &paint.warn("paused"), "paused", &text);
    }
    switches(&mut out, page, &status.controls, now);
    for one in &status.rollouts {
        rollout(&mut out, page, one);
    }
    for state in &status.applications {
        application(&mut out, page, state, now);
    }
    if status.idle > 0 {
        let what = counted(status.idle, "application is", "applications are");
        put(
            &mut out,
            format_args!("{what} idle, with nothing to report.\n"),
        );
    }
    out
}

/// Freezes and opened windows of operators that are not over.
fn switches(out: &mut String, page: Page, controls: &Controls, now: Timestamp) {
    let paint = page.paint;
    for (scope, freeze) in controls
        .freezes
        .iter()
        .filter(|(_, freeze)| now < freeze.until)
    {
        line(
            out,
            page,
            &paint.warn("frozen"),
            "frozen",
            &switch(scope, freeze),
        );
    }
    for (scope, opening) in controls
        .openings
        .iter()
        .filter(|(_, opening)| now < opening.until)
    {
        line(
            out,
            page,
            "window",
            "window",
            &format!("opened for {}", switch(scope, opening)),
        );
    }
}

fn switch(scope: &ControlScope, timed: &Timed) -> String {
    let whom = match scope {
        ControlScope::System => "everything".to_owned(),
        ControlScope::Owner(owner) => format!("all of {owner}"),
        ControlScope::Application(application) => application.to_string(),
    };
    format!(
        "{whom} until {}, by {} at {}: {}",
        date_and_clock(timed.until),
        timed.by,
        date_and_clock(timed.at),
        timed.reason
    )
}

/// How far a change is, and what holds it.
fn rollout(out: &mut String, page: Page, rollout: &Rollout) {
    let paint = page.paint;
    let change = package_version(&rollout.package_version);
    match &rollout.hold {
        None => {
            let passed = rollout.passed.last().map_or_else(String::new, |passed| {
                format!("; ring {} passed: {}", passed.ring, passed.reason)
            });
            let text = format!("{change}: ring {} goes{passed}", rollout.ring);
            line(out, page, "change", "change", &text);
        }
        Some(Hold::Halted {
            since,
            broken,
            reason,
            ..
        }) => {
            let purl = &rollout.package_version;
            let text = format!(
                "{change} since {}: {reason}; a newer version takes over, or `downriver resume '{purl}'`, or `downriver abandon '{purl}'`",
                date_and_clock(*since)
            );
            line(out, page, &paint.bad("halted"), "halted", &text);
            for one in broken.iter().take(NAMES_MAX) {
                let link = one
                    .url
                    .as_ref()
                    .map_or_else(String::new, |url| format!(" {url}"));
                let text = format!("{}: {}{link}", one.application, one.reason);
                line(out, page, "broken", "broken", &text);
            }
            if broken.len() > NAMES_MAX {
                let text = format!("and {} more", broken.len() - NAMES_MAX);
                line(out, page, "", "", &text);
            }
        }
        Some(Hold::Unapproved { since, reason }) => {
            let text = format!(
                "{change} since {}: {reason}; `downriver approve '{}'`",
                date_and_clock(*since),
                rollout.package_version
            );
            line(out, page, &paint.warn("approval"), "approval", &text);
        }
        Some(Hold::Abandoned { .. }) => {}
    }
}

/// One application with everything about it.
pub(crate) fn application(out: &mut String, page: Page, state: &ApplicationState, now: Timestamp) {
    let removed = if state.is_registered {
        ""
    } else {
        " (taken out of the catalog)"
    };
    out.push_str(&page.paint.strong(state.application.id.as_str()));
    out.push_str(
        &page
            .paint
            .faint(&format!("  {}{removed}\n", state.application.owner)),
    );
    slot(out, page, &state.slot, now);
    out.push('\n');
}

/// Where its pending or current rebuild stands, what holds it, and what needs a person.
pub(crate) fn slot(out: &mut String, page: Page, slot: &Slot, now: Timestamp) {
    let paint = page.paint;
    match &slot.state {
        SlotState::Idle => line(out, page, "idle", "idle", &idle(slot)),
        SlotState::Pending(pending) => {
            line(
                out,
                page,
                &paint.warn("pending"),
                "pending",
                &what_for(&pending.rebuild),
            );
            for closed in &pending.waits {
                line(
                    out,
                    page,
                    "waits on",
                    "waits on",
                    &wait(closed, &slot.application, now),
                );
            }
        }
        SlotState::Starting(starting) => {
            line(
                out,
                page,
                &paint.good("starting"),
                "starting",
                &what_for(&starting.rebuild),
            );
        }
        SlotState::Running(running) => {
            let text = format!(
                "{}; execution {} since {} ({})",
                what_for(&running.rebuild),
                running.execution,
                date_and_clock(running.started_at),
                span(now.secs_since(running.started_at))
            );
            line(out, page, &paint.good("running"), "running", &text);
        }
        SlotState::Parked(running) => {
            let text = format!(
                "{}; execution {} has run since {} and no longer holds up others: approve, enable or stop it in CodePipeline",
                what_for(&running.rebuild),
                running.execution,
                date_and_clock(running.started_at)
            );
            line(out, page, &paint.warn("parked"), "parked", &text);
        }
        SlotState::Stuck(stuck) => {
            let text = format!(
                "{}: {}; mend that, then `downriver retry {}`",
                what_for(&stuck.rebuild),
                stuck.reason,
                slot.application
            );
            line(out, page, &paint.bad("stuck"), "stuck", &text);
        }
    }
    troubles(out, page, slot);
}

fn troubles(out: &mut String, page: Page, slot: &Slot) {
    let paint = page.paint;
    if let Some(failure) = &slot.failure {
        let text = format!(
            "{} at {}: {}; the next version or a person's success clears it, or `downriver retry {}`",
            what_for(&failure.rebuild),
            date_and_clock(failure.at),
            failure.reason,
            slot.application
        );
        line(out, page, &paint.bad("failed"), "failed", &text);
    }
    for (of, held) in &slot.held {
        let why = match held.reason {
            HeldReason::Failed => "its rebuild failed",
            HeldReason::NotPickedUp => {
                "a rebuild did not pick it up: look at what its build does about its lockfile"
            }
            HeldReason::RolledBack => "it was rolled back",
            HeldReason::Stopped => "a person gave it up",
            HeldReason::WouldStart => "shadow mode: it would have started",
        };
        let text = format!("{} {}: {why}", package(of), held.version);
        line(out, page, &paint.warn("held"), "held", &text);
    }
    let names: Vec<String> = slot
        .joined
        .iter()
        .filter(|(of, joined)| !is_copy(slot, of, joined))
        .map(|(of, joined)| format!("{} {}", package(of), joined.version))
        .collect();
    if !names.is_empty() {
        let when = match &slot.state {
            SlotState::Idle | SlotState::Pending(_) => "when it is looked at next",
            _ => "after the current execution",
        };
        let text = format!("{}: judged {when}", listed(&names, NAMES_MAX));
        line(out, page, "seen since", "seen since", &text);
    }
}

/// The version that the rebuild is for, seen in another repository: builds pull it into theirs.
fn is_copy(slot: &Slot, of: &PackageId, joined: &Joined) -> bool {
    let wanted = slot.rebuild().and_then(|rebuild| rebuild.packages.get(of));
    !joined.is_news && wanted.is_some_and(|wanted| wanted.version == joined.version)
}

fn idle(slot: &Slot) -> String {
    match slot.builds.first() {
        Some(build) => {
            let proof = if build.is_proven { "" } else { ", not proven" };
            format!(
                "last success {} (execution {}{proof})",
                date_and_clock(build.ended_at),
                build.execution
            )
        }
        None => "no success was seen yet".to_owned(),
    }
}

fn what_for(rebuild: &Rebuild) -> String {
    let changes: Vec<String> = rebuild.changes().iter().map(package_version).collect();
    format!("rebuild {} for {}", rebuild.id, listed(&changes, NAMES_MAX))
}

fn line(out: &mut String, page: Page, label: &str, plain: &str, text: &str) {
    let gap = " ".repeat(INDENT - 2 - plain.len());
    hang(out, page, &format!("  {label}{gap}"), text, INDENT);
}
