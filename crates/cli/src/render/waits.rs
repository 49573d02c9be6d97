//! What holds a rebuild, and what would let it go.

use downriver_domain::slot::{PauseScope, Wait, WaitOn};
use downriver_domain::{ApplicationId, Timestamp};

use super::time::{date_and_clock, span};

/// A closed gate in words: since when, what opens it, and when it is looked at again.
pub(crate) fn wait(wait: &Wait, now: Timestamp) -> String {
    let opens = match &wait.on {
        WaitOn::Time => "time opens it".to_owned(),
        WaitOn::Execution(execution) => format!("opens when execution {execution} ends"),
        WaitOn::Producers(producers) => {
            let names: Vec<&str> = producers.iter().map(ApplicationId::as_str).collect();
            format!("opens when {} published or gave up", names.join(", "))
        }
        WaitOn::Target(target) => format!("opens when an execution in {target} ends"),
        WaitOn::Pause(scope) => format!("opens with `downriver resume{}`", scope_word(scope)),
        WaitOn::Freeze(reason) => format!("frozen ({reason}); `downriver thaw` or time opens it"),
        WaitOn::Ring { change, open, own } if own == open => {
            format!("its turn in ring {own} of {change} comes as others succeed")
        }
        WaitOn::Ring { change, open, own } => {
            format!("opens when {change} has passed ring {open}, for ring {own}")
        }
        WaitOn::Halt(change) => format!(
            "{change} is halted; opens with a newer version or `downriver resume '{change}'`"
        ),
        WaitOn::Approval(change) => format!("opens with `downriver approve '{change}'`"),
    };
    let until = match wait.until {
        None => String::new(),
        Some(until) if wait.on.is_timed() => {
            format!(", {}", instant(until, now))
        }
        Some(until) => format!(", or {}", instant(until, now)),
    };
    format!(
        "{} (closed since {}): {opens}{until}",
        wait.gate.as_str(),
        date_and_clock(wait.since)
    )
}

fn instant(at: Timestamp, now: Timestamp) -> String {
    if at > now {
        let left = span(at.secs_since(now));
        format!("at {} (in {left})", date_and_clock(at))
    } else {
        format!("at {}", date_and_clock(at))
    }
}

fn scope_word(scope: &PauseScope) -> String {
    match scope {
        PauseScope::System => String::new(),
        PauseScope::Application(application) => format!(" {application}"),
        PauseScope::Package(package) => format!(" '{package}'"),
    }
}
