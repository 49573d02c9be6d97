//! What holds a rebuild, and what would let it go.

use downriver_domain::slot::{ControlScope, Gate, PauseScope, Wait, WaitOn};
use downriver_domain::{ApplicationId, Timestamp};

use super::time::{date_and_clock, span};

/// A closed gate of an application in words: since when, what for, and everything that opens it.
pub(crate) fn wait(wait: &Wait, application: &ApplicationId, now: Timestamp) -> String {
    let why = why(wait).map_or_else(String::new, |why| format!("{why}; "));
    let ways: Vec<String> = by_time(wait, now)
        .into_iter()
        .chain(by_others(&wait.on))
        .chain(by_people(wait, application))
        .collect();
    format!(
        "{} (closed since {}): {why}opens {}",
        wait.gate.as_str(),
        date_and_clock(wait.since),
        ways.join(", or ")
    )
}

fn why(wait: &Wait) -> Option<String> {
    let why = match (&wait.on, wait.gate) {
        (WaitOn::Freeze { reason, .. }, _) => format!("frozen ({reason})"),
        (WaitOn::Ring { change, open, own }, _) if own <= open => {
            format!("others in ring {own} of {change} go first")
        }
        (WaitOn::Ring { change, open, own }, _) => {
            format!("ring {open} of {change} goes, and this is in ring {own}")
        }
        (WaitOn::Halt(change), _) => format!("{change} is halted"),
        (WaitOn::Approval(change), _) => format!("{change} needs an approval"),
        (_, Gate::BackOff) => "the last attempt did not come through".to_owned(),
        (_, Gate::Indexed) => "what the last success built is being read".to_owned(),
        (_, Gate::Settled) => "more changes may come".to_owned(),
        (_, Gate::Age) => "the version is too young".to_owned(),
        (_, Gate::DailyLimit) => "as many as may start in a day have".to_owned(),
        _ => return None,
    };
    Some(why)
}

fn by_time(wait: &Wait, now: Timestamp) -> Option<String> {
    let until = wait.until?;
    let left = if until > now {
        format!(" (in {})", span(until.secs_since(now)))
    } else {
        String::new()
    };
    Some(format!("at {}{left}", date_and_clock(until)))
}

fn by_others(on: &WaitOn) -> Option<String> {
    match on {
        WaitOn::Execution(execution) => Some(format!("when execution {execution} ends")),
        WaitOn::Producers(producers) => {
            let names: Vec<&str> = producers.iter().map(ApplicationId::as_str).collect();
            Some(format!("when {} published or gave up", names.join(", ")))
        }
        WaitOn::Target(target) => Some(format!("when an execution in {target} ends")),
        WaitOn::Ring { own, open, .. } if own <= open => Some("as they succeed".to_owned()),
        WaitOn::Ring { open, .. } => Some(format!("when ring {open} has passed")),
        WaitOn::Halt(_) => Some("with a newer version".to_owned()),
        WaitOn::Time | WaitOn::Pause(_) | WaitOn::Freeze { .. } | WaitOn::Approval(_) => None,
    }
}

fn by_people(wait: &Wait, application: &ApplicationId) -> Option<String> {
    let command = match (&wait.on, wait.gate) {
        (WaitOn::Pause(PauseScope::System), _) => "resume".to_owned(),
        (WaitOn::Pause(PauseScope::Application(of)), _) => format!("resume {of}"),
        (WaitOn::Pause(PauseScope::Package(of)), _) => format!("resume '{of}'"),
        (WaitOn::Freeze { scope, .. }, _) => match scope.as_ref()? {
            ControlScope::System => "thaw".to_owned(),
            ControlScope::Owner(owner) => format!("thaw --owner {owner}"),
            ControlScope::Application(of) => format!("thaw {of}"),
        },
        (WaitOn::Halt(change), _) => format!("resume '{change}'"),
        (WaitOn::Approval(change), _) => format!("approve '{change}'"),
        (WaitOn::Time, Gate::Window) => format!("window open {application}"),
        (WaitOn::Time, Gate::Settled | Gate::Age) => format!("expedite {application}"),
        _ => return None,
    };
    Some(format!("with `downriver {command}`"))
}
