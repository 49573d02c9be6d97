//! What operators do: pause, resume, retry, expedite.

use downriver_domain::ApplicationId;
use downriver_domain::slot::PauseScope;

use crate::error::EngineError;
use crate::ports::Ports;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    Pause {
        scope: PauseScope,
        by: String,
        reason: String,
    },
    Resume {
        scope: PauseScope,
    },
    Retry {
        application: ApplicationId,
    },
    Expedite {
        application: ApplicationId,
    },
}

/// Carries out a command of an operator; repeating it changes nothing further.
pub async fn operate<P: Ports>(ports: &P, command: &Command) -> Result<(), EngineError> {
    let _ = (ports, command);
    Ok(())
}
