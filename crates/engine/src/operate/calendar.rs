//! Freezes and opened windows: switches with an end.

use std::collections::BTreeMap;

use downriver_domain::ApplicationId;
use downriver_domain::slot::{ControlScope, Controls, SlotState, Timed};

use super::{Operated, change_controls};
use crate::carry_out::put_back;
use crate::error::EngineError;
use crate::ports::{ApplicationState, LOAD_APPLICATIONS_MAX, Ports, Store};
use crate::session::Session;

/// Switches of one kind that are kept, at most; those that are over go first.
const KEPT_MAX: usize = 1_000;

type Switches = BTreeMap<ControlScope, Timed>;

pub(super) async fn freeze<P: Ports>(
    session: &Session<'_, P>,
    scope: &ControlScope,
    freeze: &Timed,
) -> Result<Operated, EngineError> {
    set(session, scope, freeze, |controls| &mut controls.freezes).await
}

pub(super) async fn thaw<P: Ports>(
    session: &Session<'_, P>,
    scope: &ControlScope,
) -> Result<Operated, EngineError> {
    unset(session, scope, |controls| &mut controls.freezes).await
}

pub(super) async fn open_window<P: Ports>(
    session: &Session<'_, P>,
    scope: &ControlScope,
    opening: &Timed,
) -> Result<Operated, EngineError> {
    set(session, scope, opening, |controls| &mut controls.openings).await
}

pub(super) async fn close_window<P: Ports>(
    session: &Session<'_, P>,
    scope: &ControlScope,
) -> Result<Operated, EngineError> {
    unset(session, scope, |controls| &mut controls.openings).await
}

async fn set<P: Ports>(
    session: &Session<'_, P>,
    scope: &ControlScope,
    timed: &Timed,
    of: fn(&mut Controls) -> &mut Switches,
) -> Result<Operated, EngineError> {
    if let ControlScope::Application(application) = scope
        && session.load(application).await?.is_none()
    {
        return Ok(Operated::UnknownApplication);
    }
    let changed = change_controls(session, |controls| {
        let switches = of(controls);
        let is_same = |known: &Timed| known.until == timed.until && known.reason == timed.reason;
        if switches.get(scope).is_some_and(is_same) {
            return false;
        }
        if switches.len() >= KEPT_MAX {
            switches.retain(|_, known| session.now < known.until);
        }
        switches.insert(scope.clone(), timed.clone());
        true
    })
    .await?;
    look_again(session, scope).await?;
    Ok(changed)
}

async fn unset<P: Ports>(
    session: &Session<'_, P>,
    scope: &ControlScope,
    of: fn(&mut Controls) -> &mut Switches,
) -> Result<Operated, EngineError> {
    let changed = change_controls(session, |controls| of(controls).remove(scope).is_some()).await?;
    look_again(session, scope).await?;
    Ok(changed)
}

/// What is pending there is looked at: it may be held now, or free. Producers are active again before anything is.
async fn look_again<P: Ports>(
    session: &Session<'_, P>,
    scope: &ControlScope,
) -> Result<(), EngineError> {
    if let ControlScope::Application(application) = scope {
        return put_back(session, std::slice::from_ref(application)).await;
    }
    let is_concerned = |state: &ApplicationState| match scope {
        ControlScope::Owner(owner) => state.application.owner == *owner,
        ControlScope::System | ControlScope::Application(_) => true,
    };
    let mut pending: Vec<ApplicationId> = Vec::new();
    let mut after: Option<ApplicationId> = None;
    loop {
        let ids = session
            .ports
            .store()
            .list_busy(after.as_ref(), LOAD_APPLICATIONS_MAX)
            .await?;
        let Some(last) = ids.last() else {
            break;
        };
        after = Some(last.clone());
        let states = session.load_readable(&ids).await?.states;
        pending.extend(
            states
                .into_iter()
                .filter(|state| matches!(state.slot.state, SlotState::Pending(_)))
                .filter(is_concerned)
                .map(|state| state.application.id),
        );
    }
    put_back(session, &pending).await
}
