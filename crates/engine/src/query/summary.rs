//! What a span of time brought to the applications of each owner.

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::{ApplicationId, OwnerId, Summary};

use crate::error::EngineError;
use crate::ports::{LOAD_APPLICATIONS_MAX, Ports, Store};
use crate::session::Session;
use crate::summary::{Gatherer, Period};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summaries {
    /// Also those to whom nothing happened.
    pub owners: BTreeMap<OwnerId, Summary>,
    /// Everybody who has a registered application, whoever was asked for.
    pub known: BTreeSet<OwnerId>,
}

/// `of`: one owner, or all. Reads the histories of all their applications.
pub async fn summaries<P: Ports>(
    ports: &P,
    of: Option<&OwnerId>,
    period: Period,
) -> Result<Summaries, EngineError> {
    let session = Session::open(ports).await?;
    let mut gatherer = Gatherer::new(&session, period);
    let mut found = Summaries {
        owners: BTreeMap::new(),
        known: BTreeSet::new(),
    };
    let mut after: Option<ApplicationId> = None;
    loop {
        let ids = ports
            .store()
            .list_applications(after.as_ref(), LOAD_APPLICATIONS_MAX)
            .await?;
        let Some(last) = ids.last() else { break };
        after = Some(last.clone());
        for state in ports.store().load_applications(&ids).await? {
            let owner = &state.application.owner;
            found.known.insert(owner.clone());
            if of.is_some_and(|of| of != owner) {
                continue;
            }
            let summary = gatherer.summarise(&state).await?;
            found.owners.entry(owner.clone()).or_default().add(&summary);
        }
    }
    Ok(found)
}
