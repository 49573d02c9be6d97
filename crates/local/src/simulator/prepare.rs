//! From a catalog and a story to the simulated world before the first event.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use downriver_domain::{ApplicationId, Built, RepositoryId, Timestamp, Topology};
use downriver_engine::register::Catalog;

use super::Simulator;
use super::agenda::Item;
use super::facts::{ApplicationFacts, Facts, Offer, PipelineSpec, pipeline_key};
use super::registry::seed;
use super::rows::{CommandRow, ControlRow, ScopeRow, TimedRow};
use super::text::Text;
use crate::story::{Deed, StartVersions, Story, StoryError};

/// What a catalog and a story come to.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// With the story's built versions.
    pub(crate) catalog: Catalog,
    pub(crate) facts: Facts,
}

/// Checks a story against its catalog and joins the two. `first` is the instant of the first event.
pub(crate) fn prepare(
    mut catalog: Catalog,
    story: &Story,
    first: Timestamp,
) -> Result<Prepared, StoryError> {
    override_built(&mut catalog, story)?;
    let mut facts = Facts {
        topology: with_producers(&catalog),
        ..Facts::default()
    };
    let mut applications = BTreeMap::new();
    for registration in &catalog.applications {
        let application = &registration.application;
        let spec = PipelineSpec::default_for(application.is_producer());
        let known = ApplicationFacts::new(application, spec);
        facts
            .owners
            .insert(pipeline_key(&application.pipeline), application.id.clone());
        applications.insert(application.id.clone(), known);
    }
    for script in &story.pipelines {
        let known = known(&mut applications, story, script.line, &script.application)?;
        known.spec.mode = script.mode;
        known.spec.is_v1 = script.is_v1;
        known.spec.is_indexed = script.is_indexed;
        known.spec.is_told = script.is_told;
        if !script.stages.is_empty() {
            known.spec.stages.clone_from(&script.stages);
        }
    }
    for outcome in &story.outcomes {
        let known = known(&mut applications, story, outcome.line, &outcome.application)?;
        if let Some(name) = &outcome.stage
            && known.spec.stages.iter().all(|stage| stage.name != *name)
        {
            let message = format!("the pipeline has no stage `{name}`");
            return Err(wrong(story, outcome.line, "outcome.stage", message));
        }
        known.outcomes.push(outcome.clone());
    }
    check_names(&mut applications, story)?;
    facts.offers = offers(story, first);
    facts.applications = applications
        .into_iter()
        .map(|(id, known)| (id, Arc::new(known)))
        .collect();
    Ok(Prepared { catalog, facts })
}

impl Simulator {
    /// The world before the first event: the registry filled, the story's pushes and commands on the agenda.
    pub(crate) fn begin(
        prepared: &Prepared,
        story: &Story,
        first: Timestamp,
        registered_at: Timestamp,
    ) -> Result<Self, StoryError> {
        let mut simulator = Self::of(prepared.facts.clone());
        simulator.advance_to(registered_at);
        let mut starts: Vec<(RepositoryId, &StartVersions)> = Vec::new();
        for entry in &story.versions {
            let repository = find_repository(&prepared.facts.topology, &entry.repository);
            let repository = repository
                .map_err(|message| wrong(story, entry.line, "version.repository", message))?;
            starts.push((repository, entry));
        }
        seed(
            &mut simulator.registry,
            &prepared.facts,
            &prepared.catalog,
            &starts,
            registered_at,
        );
        for push in &story.pushes {
            let item = Item::Push {
                application: Text(push.application.clone()),
                is_rule: push.is_rule,
            };
            simulator.put(push.at.resolve(first), item);
        }
        for command in &story.commands {
            let item = Item::Command {
                command: to_row(&command.deed, first),
                receives: 0,
            };
            simulator.put(command.at.resolve(first), item);
        }
        Ok(simulator)
    }
}

fn override_built(catalog: &mut Catalog, story: &Story) -> Result<(), StoryError> {
    for entry in &story.built {
        let mut edges = catalog
            .applications
            .iter_mut()
            .filter(|registration| registration.application.id == entry.application)
            .flat_map(|registration| &mut registration.dependencies)
            .filter(|dependency| dependency.package == entry.package)
            .peekable();
        if edges.peek().is_none() {
            let message = format!(
                "the catalog has no dependency of `{}` on {}",
                entry.application, entry.package
            );
            return Err(wrong(story, entry.line, "built", message));
        }
        for edge in edges {
            edge.built = match &entry.version {
                Some(version) => Built::Proven(version.clone()),
                None => Built::Unknown,
            };
        }
    }
    Ok(())
}

fn with_producers(catalog: &Catalog) -> Topology {
    let mut topology = catalog.topology.clone();
    for registration in &catalog.applications {
        for product in &registration.application.products {
            let producers: &mut BTreeSet<ApplicationId> =
                topology.producers.entry(product.clone()).or_default();
            producers.insert(registration.application.id.clone());
        }
    }
    topology
}

fn offers(story: &Story, first: Timestamp) -> Vec<Offer> {
    let mut offers = Vec::new();
    for entry in &story.public {
        for version in &entry.versions {
            offers.push(Offer {
                connection: entry.connection.clone(),
                package: entry.package.clone(),
                version: version.clone(),
                from: entry.at.map_or(Timestamp::MIN, |at| at.resolve(first)),
            });
        }
    }
    offers
}

fn check_names(
    applications: &mut BTreeMap<ApplicationId, ApplicationFacts>,
    story: &Story,
) -> Result<(), StoryError> {
    for push in &story.pushes {
        known(applications, story, push.line, &push.application)?;
    }
    for command in &story.commands {
        if let Deed::Retry(application)
        | Deed::Expedite(application)
        | Deed::Cancel { application, .. } = &command.deed
        {
            known(applications, story, command.line, application)?;
        }
    }
    let expect = &story.expect;
    let pairs = expect.order.iter().flat_map(|(one, other)| [one, other]);
    let named = expect
        .starts
        .keys()
        .chain(expect.outcomes.keys())
        .chain(&expect.never)
        .chain(expect.starts_at.keys())
        .chain(expect.notes.keys())
        .chain(expect.verdicts.iter().map(|known| &known.application))
        .chain(pairs);
    for application in named {
        known(applications, story, 1, application)?;
    }
    Ok(())
}

fn known<'a>(
    applications: &'a mut BTreeMap<ApplicationId, ApplicationFacts>,
    story: &Story,
    line: usize,
    application: &ApplicationId,
) -> Result<&'a mut ApplicationFacts, StoryError> {
    applications.get_mut(application).ok_or_else(|| {
        let message = format!("the catalog has no application `{application}`");
        wrong(story, line, "application", message)
    })
}

/// The repository that a story names in full, by domain and name, or by a name that only one has.
fn find_repository(topology: &Topology, text: &str) -> Result<RepositoryId, String> {
    let is_meant = |repository: &&RepositoryId| {
        let full = repository.to_string();
        full == text || full.ends_with(&format!("/{text}"))
    };
    let mut found = topology.repositories.keys().filter(is_meant);
    match (found.next(), found.next()) {
        (Some(repository), None) => Ok(repository.clone()),
        (None, _) => Err(format!("the catalog has no repository `{text}`")),
        (Some(one), Some(other)) => Err(format!("`{text}` can be `{one}` or `{other}`")),
    }
}

fn to_row(deed: &Deed, first: Timestamp) -> CommandRow {
    match deed {
        Deed::ResumeChange { change, by } => CommandRow::ResumeChange {
            change: Text(change.clone()),
            by: by.clone(),
        },
        Deed::Approve { change, by } => CommandRow::Approve {
            change: Text(change.clone()),
            by: by.clone(),
        },
        Deed::Abandon { change, by, reason } => CommandRow::Abandon {
            change: Text(change.clone()),
            by: by.clone(),
            reason: reason.clone(),
        },
        Deed::Freeze {
            scope,
            until,
            by,
            reason,
        } => CommandRow::Freeze(TimedRow::new(scope, until.resolve(first), by, reason)),
        Deed::OpenWindow {
            scope,
            until,
            by,
            reason,
        } => CommandRow::OpenWindow(TimedRow::new(scope, until.resolve(first), by, reason)),
        Deed::Thaw { scope } => CommandRow::Thaw {
            scope: ControlRow::from_scope(scope),
        },
        Deed::CloseWindow { scope } => CommandRow::CloseWindow {
            scope: ControlRow::from_scope(scope),
        },
        Deed::Pause { scope, by, reason } => CommandRow::Pause {
            scope: ScopeRow::from_scope(scope),
            by: by.clone(),
            reason: reason.clone(),
        },
        Deed::Resume { scope } => CommandRow::Resume {
            scope: ScopeRow::from_scope(scope),
        },
        Deed::Retry(application) => CommandRow::Retry {
            application: Text(application.clone()),
        },
        Deed::Expedite(application) => CommandRow::Expedite {
            application: Text(application.clone()),
        },
        Deed::Cancel {
            application,
            by,
            reason,
        } => CommandRow::Cancel {
            application: Text(application.clone()),
            by: by.clone(),
            reason: reason.clone(),
        },
    }
}

fn wrong(story: &Story, line: usize, field: &str, message: String) -> StoryError {
    StoryError {
        file: story.file.clone(),
        line,
        field: field.to_owned(),
        message,
    }
}
