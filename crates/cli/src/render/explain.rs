//! Why a version means what it means for one application, with the evidence.

use downriver_domain::impact::{Action, Instance, Judgement, Verdict};
use downriver_domain::{ApplicationId, Built, Timestamp};
use downriver_engine::query::Explanation;

use super::dependents::built;
use super::history::history;
use super::status;
use super::style::{Page, hang, put, table};
use super::words::{listed, package, package_version};
use crate::document::{evidence_text, scope_name, why};

/// Decisions of before that are shown.
const DECIDED_MAX: usize = 12;
const INDENT: usize = 11;

pub(crate) fn explanation(page: Page, explanation: &Explanation, now: Timestamp) -> String {
    let paint = page.paint;
    let judgement = &explanation.judgement;
    let mut out = format!(
        "{} × {}\n",
        paint.strong(judgement.application.as_str()),
        paint.strong(&package_version(&judgement.package_version))
    );
    let head = format!("{}  ", verdict(page, judgement));
    hang(&mut out, page, &head, &judgement.reason, 2);
    hang(&mut out, page, "  → ", action(judgement.action), 4);
    if explanation.is_supposed {
        let text = "not seen like this yet: judged as if it happened now";
        hang(&mut out, page, &format!("  {} ", paint.warn("!")), text, 4);
    }
    evidence(&mut out, page, &judgement.instances);
    out.push('\n');
    if !judgement.instances.is_empty() {
        line(&mut out, page, "rests on", &rests_on(judgement));
    }
    line(&mut out, page, "upriver", &upriver(explanation));
    if !explanation.cycle.is_empty() {
        let own = &judgement.application;
        let others = explanation.cycle.iter().filter(|member| *member != own);
        let others: Vec<&str> = others.map(ApplicationId::as_str).collect();
        let text = format!(
            "in a cycle with {}; members do not wait for each other",
            listed(&others, 8)
        );
        line(&mut out, page, "cycle", &text);
    }
    put(&mut out, format_args!("\n{}\n", paint.strong("Now")));
    status::slot(&mut out, page, &explanation.state.slot, now);
    if !explanation.decided.is_empty() {
        put(
            &mut out,
            format_args!("\n{}\n", paint.strong("Decided before, newest first")),
        );
        let shown = explanation.decided.len().min(DECIDED_MAX);
        out.push_str(&history(page, &explanation.decided[..shown]));
        let more = explanation.decided.len() - shown;
        if more > 0 {
            put(
                &mut out,
                format_args!("… and {more} more: `downriver history`\n"),
            );
        }
    }
    out
}

fn verdict(page: Page, judgement: &Judgement) -> String {
    let name = match why(&judgement.verdict) {
        Some(why) => format!("{} ({})", judgement.verdict.as_str(), why.replace('_', " ")),
        None => judgement.verdict.as_str().to_owned(),
    };
    match (&judgement.verdict, judgement.action) {
        (_, Action::Rebuild | Action::Refresh) => page.paint.good(&name),
        (_, Action::NotifyUrgent) => page.paint.bad(&name),
        (Verdict::Unaffected(_), _) => page.paint.strong(&name),
        _ => page.paint.warn(&name),
    }
}

const fn action(action: Action) -> &'static str {
    match action {
        Action::Nothing => "nothing is done",
        Action::Notify => "its owner is told; nothing is started",
        Action::NotifyUrgent => "its owner is told urgently; nothing is started",
        Action::Rebuild => "it is rebuilt",
        Action::Refresh => "it is rebuilt, with variables that refresh its lockfile",
    }
}

fn evidence(out: &mut String, page: Page, instances: &[Instance]) {
    if instances.is_empty() {
        return;
    }
    out.push('\n');
    let rows: Vec<[String; 6]> = instances
        .iter()
        .map(|instance| {
            let path: Vec<String> = instance.path.iter().map(package).collect();
            [
                instance.verdict.as_str().to_owned(),
                requirement(instance),
                built(&instance.built, instance.is_locked),
                scope_name(instance.scope).to_owned(),
                read_from(instance),
                path.join(" > "),
            ]
        })
        .collect();
    let header = [
        "verdict",
        "requirement",
        "built",
        "scope",
        "read from",
        "through",
    ];
    table(out, page, &header, &rows);
}

/// As it is written; where nothing tells it, as it is supposed to be.
fn requirement(instance: &Instance) -> String {
    let assumed = if instance.is_requirement_assumed {
        " (assumed)"
    } else {
        ""
    };
    format!("{}{assumed}", instance.requirement)
}

/// Where the requirement stands, and where the version that was built is held.
fn read_from(instance: &Instance) -> String {
    let written = evidence_text(&instance.evidence);
    match &instance.lock {
        Some(lock) if *lock != instance.evidence => {
            format!("{written}, locked in {}", evidence_text(lock))
        }
        _ => written,
    }
}

fn rests_on(judgement: &Judgement) -> String {
    let known = match judgement.instances.first().map(|instance| &instance.built) {
        Some(Built::Proven(_)) => "a built version that was read from its evidence",
        Some(Built::Assumed(_)) => "a built version that was derived, not read",
        Some(Built::Unknown) | None => "no knowledge of what it was built with",
    };
    let is_derived = matches!(
        judgement.instances.first().map(|instance| &instance.built),
        Some(Built::Assumed(_))
    );
    if judgement.is_assumed && !is_derived {
        format!("{known}, and an inventory that was not read from the repository in full")
    } else {
        known.to_owned()
    }
}

fn upriver(explanation: &Explanation) -> String {
    // A member of a cycle reaches itself.
    let own = &explanation.judgement.application;
    let names = explanation.upriver.iter().filter(|other| *other != own);
    let names: Vec<&str> = names.map(ApplicationId::as_str).collect();
    if names.is_empty() {
        return "nobody: no producer reaches it".to_owned();
    }
    format!(
        "{}; it waits while one of them is active",
        listed(&names, 12)
    )
}

fn line(out: &mut String, page: Page, label: &str, text: &str) {
    let gap = " ".repeat(INDENT - label.len());
    hang(
        out,
        page,
        &format!("{}{gap}", page.paint.faint(label)),
        text,
        INDENT,
    );
}
