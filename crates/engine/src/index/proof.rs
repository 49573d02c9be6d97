//! Holds what was built against what the rebuild was for. Pure.

use downriver_domain::slot::{Build, Delivered};
use downriver_domain::version::Version;
use downriver_domain::{Application, Evidence};

use super::findings::{Findings, Locked};
use crate::history::Outcome;

/// What became of a rebuild, in a sentence.
#[derive(Debug)]
pub(super) struct Proof {
    pub(super) outcome: Outcome,
    pub(super) text: String,
    /// What the execution did not pick up: not attempted again.
    pub(super) missed: Vec<Delivered>,
}

/// What keeps a version out, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Advice {
    /// `package-lock.json:120 holds 1.0.0`
    pub(super) holder: String,
    /// A sentence's end: "run `npm update tokens`".
    pub(super) action: String,
}

/// `advise` says what holds a version that was not picked up.
pub(super) fn prove(
    application: &Application,
    build: &Build,
    findings: &Findings,
    advise: impl Fn(&Delivered) -> Option<Advice>,
) -> Proof {
    let built = findings.built(application, build);
    let mut missed = Vec::new();
    let mut shown = Vec::new();
    let mut unread = Vec::new();
    for delivered in &build.delivered {
        match built.get(&delivered.package) {
            Some(built)
                if built
                    .iter()
                    .any(|built| contains(delivered, &built.version)) => {}
            Some(built) => {
                let versions: Vec<&str> =
                    built.iter().map(|built| built.version.as_str()).collect();
                shown.push(not_picked_up(delivered, &versions, advise(delivered)));
                missed.push(delivered.clone());
            }
            None => unread.push(unproven(delivered, findings)),
        }
    }
    let execution = &build.execution;
    if !missed.is_empty() {
        let text = format!(
            "execution {execution} did not pick up {}; it is not attempted again",
            shown.join(", ")
        );
        return Proof {
            outcome: Outcome::NotPickedUp,
            text,
            missed,
        };
    }
    if unread.is_empty() {
        return Proof {
            outcome: Outcome::Delivered,
            text: format!(
                "execution {execution} built what it was for{}",
                from(findings)
            ),
            missed,
        };
    }
    Proof {
        outcome: Outcome::Unproven,
        text: format!(
            "execution {execution} succeeded; {}{}",
            unread.join(", "),
            why(findings)
        ),
        missed,
    }
}

/// The wanted version, or a newer one that appeared meanwhile.
pub(super) fn contains(delivered: &Delivered, built: &str) -> bool {
    if delivered.to == built {
        return true;
    }
    let format = delivered.package.format();
    match (
        Version::parse(format, built),
        Version::parse(format, &delivered.to),
    ) {
        (Ok(built), Ok(wanted)) => built
            .compare(&wanted)
            .is_some_and(std::cmp::Ordering::is_ge),
        _ => false,
    }
}

fn not_picked_up(delivered: &Delivered, built: &[&str], advice: Option<Advice>) -> String {
    let what = format!(
        "{}: wanted {}, built {}",
        delivered.package,
        delivered.to,
        built.join(" and ")
    );
    match advice {
        Some(Advice { holder, action }) => format!("{what} ({holder}; {action})"),
        None => format!("{what} (update the lockfile or the requirement that holds it)"),
    }
}

fn unproven(delivered: &Delivered, findings: &Findings) -> String {
    let package = &delivered.package;
    match findings
        .locked
        .get(package)
        .and_then(|locked| locked.first())
    {
        Some(Locked { version, at }) => format!(
            "its source's lockfile holds {package}@{version}{}, and what the build made of it was not uploaded \
             (`downriver index --upload` in the build does)",
            at.as_ref().map(shown).unwrap_or_default()
        ),
        None => format!("nothing tells what it built of {package}"),
    }
}

fn shown(at: &Evidence) -> String {
    format!(" ({})", place(at))
}

/// `file:line`
pub(super) fn place(at: &Evidence) -> String {
    match at.line {
        Some(line) => format!("{}:{line}", at.file),
        None => at.file.to_string(),
    }
}

fn from(findings: &Findings) -> String {
    if findings.read.is_empty() {
        String::new()
    } else {
        format!(", as told by {}", findings.read.join(" and "))
    }
}

fn why(findings: &Findings) -> String {
    if findings.unread.is_empty() {
        String::new()
    } else {
        format!(": {}", findings.unread.join("; "))
    }
}
