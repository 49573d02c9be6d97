//! From TOML text to a checked [`Story`].

use std::fmt::Display;
use std::str::FromStr;

use downriver_domain::slot::{ControlScope, PauseScope};
use downriver_domain::{ApplicationId, Origin, VersionStatus};

use super::raw::{
    RawBuilt, RawCommand, RawDeed, RawDelivery, RawExpect, RawMode, RawOrigin, RawOutcome,
    RawOutcomeState, RawPipeline, RawPublic, RawPush, RawPushBy, RawStage, RawStatus, RawStory,
    RawTransition, RawType, RawVersion, Word,
};
use super::{
    BuiltOverride, Deed, Delivery, Expect, ExpectedVerdict, Outcome, OutcomeKind, PipelineMode,
    PipelineScript, PublicVersions, Push, Stage, StartVersions, Story, StoryCommand, StoryError,
    Transition, When,
};

/// Reads a story. `file` is the name to show in errors.
pub fn parse_story(file: &str, text: &str) -> Result<Story, StoryError> {
    let reader = Reader { file, text };
    let raw: RawStory = toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        reader.fail(start, "story", error.message())
    })?;
    reader.story(raw)
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
}

impl Reader<'_> {
    fn story(&self, raw: RawStory) -> Result<Story, StoryError> {
        Ok(Story {
            file: self.file.to_owned(),
            title: raw.title,
            text: raw.text,
            catalog: raw.catalog,
            delivery: match raw.delivery {
                RawDelivery::ByTime => Delivery::ByTime,
                RawDelivery::AsListed => Delivery::AsListed,
            },
            versions: each(raw.version, |entry| self.start_versions(entry))?,
            public: each(raw.public, |entry| self.public_versions(entry))?,
            built: each(raw.built, |entry| self.built_override(entry))?,
            pipelines: each(raw.pipeline, |entry| self.pipeline(entry))?,
            outcomes: each(raw.outcome, |entry| self.outcome(entry))?,
            pushes: each(raw.push, |entry| self.push(&entry))?,
            commands: each(raw.command, |entry| self.command(entry))?,
            expect: self.expect(raw.expect)?,
        })
    }

    fn start_versions(&self, raw: RawVersion) -> Result<StartVersions, StoryError> {
        Ok(StartVersions {
            line: self.line(&raw.repository),
            package: self.parse(&raw.package, "version.package")?,
            repository: raw.repository.into_inner(),
            versions: raw.versions,
            origin: raw.origin.map(|origin| match origin {
                RawOrigin::Internal => Origin::Internal,
                RawOrigin::External => Origin::External,
                RawOrigin::Unknown => Origin::Unknown,
            }),
            status: match raw.status {
                RawStatus::Published => VersionStatus::Published,
                RawStatus::Unfinished => VersionStatus::Unfinished,
                RawStatus::Unlisted => VersionStatus::Unlisted,
                RawStatus::Archived => VersionStatus::Archived,
                RawStatus::Disposed => VersionStatus::Disposed,
            },
        })
    }

    fn public_versions(&self, raw: RawPublic) -> Result<PublicVersions, StoryError> {
        Ok(PublicVersions {
            line: self.line(&raw.package),
            package: self.parse(&raw.package, "public.package")?,
            connection: raw.connection,
            versions: raw.versions,
            at: raw.at.map(|at| self.when(&at, "public.at")).transpose()?,
        })
    }

    fn built_override(&self, raw: RawBuilt) -> Result<BuiltOverride, StoryError> {
        if raw.version.is_some() == raw.unknown {
            let message = "give either `version` or `unknown = true`";
            return Err(self.fail(raw.application.span().start, "built.version", message));
        }
        Ok(BuiltOverride {
            line: self.line(&raw.application),
            application: self.parse(&raw.application, "built.application")?,
            package: self.parse(&raw.package, "built.package")?,
            version: raw.version,
        })
    }

    fn pipeline(&self, raw: RawPipeline) -> Result<PipelineScript, StoryError> {
        let mode = match raw.mode {
            RawMode::Superseded => PipelineMode::Superseded,
            RawMode::Queued => PipelineMode::Queued,
            RawMode::Parallel => PipelineMode::Parallel,
        };
        let is_v1 = raw.pipeline_type == RawType::V1;
        if is_v1 && mode != PipelineMode::Superseded {
            let message = "a V1 pipeline has no other mode than SUPERSEDED";
            return Err(self.fail(raw.application.span().start, "pipeline.mode", message));
        }
        Ok(PipelineScript {
            line: self.line(&raw.application),
            application: self.parse(&raw.application, "pipeline.application")?,
            mode,
            is_v1,
            stages: raw.stages.into_iter().map(to_stage).collect(),
            is_indexed: raw.index,
            is_told: raw.events,
        })
    }

    fn outcome(&self, raw: RawOutcome) -> Result<Outcome, StoryError> {
        let start = raw.application.span().start;
        let kind = to_outcome_kind(raw.state);
        if raw.execution == 0 {
            let message = "executions are counted from 1";
            return Err(self.fail(start, "outcome.execution", message));
        }
        if kind == OutcomeKind::RolledBack && raw.to.is_none() {
            let message = "ROLLBACK needs the number of the execution it returns to";
            return Err(self.fail(start, "outcome.to", message));
        }
        Ok(Outcome {
            line: self.line(&raw.application),
            application: self.parse(&raw.application, "outcome.application")?,
            execution: raw.execution,
            kind,
            stage: raw.stage,
            after_secs: raw
                .after
                .map(|after| self.duration(&after, "outcome.after"))
                .transpose()?,
            times: raw.times.unwrap_or(1),
            to: raw.to,
        })
    }

    fn push(&self, raw: &RawPush) -> Result<Push, StoryError> {
        Ok(Push {
            line: self.line(&raw.application),
            application: self.parse(&raw.application, "push.application")?,
            at: self.when(&raw.at, "push.at")?,
            is_rule: raw.by == RawPushBy::Rule,
        })
    }

    fn command(&self, raw: RawCommand) -> Result<StoryCommand, StoryError> {
        let deed = match raw.deed {
            RawDeed::Approve | RawDeed::Abandon => self.of_change(&raw)?,
            RawDeed::Resume if raw.change.is_some() => self.of_change(&raw)?,
            RawDeed::Freeze | RawDeed::Thaw | RawDeed::OpenWindow | RawDeed::CloseWindow => {
                self.of_calendar(&raw)?
            }
            _ => return self.plain_command(raw),
        };
        Ok(StoryCommand {
            line: self.line(&raw.at),
            at: self.when(&raw.at, "command.at")?,
            deed,
        })
    }

    fn of_change(&self, raw: &RawCommand) -> Result<Deed, StoryError> {
        let start = raw.at.span().start;
        let Some(change) = &raw.change else {
            let message = "`approve` and `abandon` need a `change`: a package URL with a version";
            return Err(self.fail(start, "command.change", message));
        };
        let change = self.parse(change, "command.change")?;
        let by = who(raw);
        let reason = raw.reason.clone().unwrap_or_default();
        Ok(match raw.deed {
            RawDeed::Approve => Deed::Approve { change, by },
            RawDeed::Abandon => Deed::Abandon { change, by, reason },
            _ => Deed::ResumeChange { change, by },
        })
    }

    fn of_calendar(&self, raw: &RawCommand) -> Result<Deed, StoryError> {
        let start = raw.at.span().start;
        let scope = match (&raw.application, &raw.owner) {
            (Some(application), None) => {
                ControlScope::Application(self.parse(application, "command.application")?)
            }
            (None, Some(owner)) => ControlScope::Owner(self.parse(owner, "command.owner")?),
            (None, None) => ControlScope::System,
            (Some(_), Some(_)) => {
                let message = "give an application or an owner, not both";
                return Err(self.fail(start, "command.owner", message));
            }
        };
        let by = who(raw);
        let reason = raw.reason.clone().unwrap_or_default();
        let until = raw
            .until
            .as_ref()
            .map(|until| self.when(until, "command.until"))
            .transpose()?;
        let needed = || {
            let message = "`freeze` and `open_window` need `until`";
            self.fail(start, "command.until", message)
        };
        Ok(match raw.deed {
            RawDeed::Freeze => Deed::Freeze {
                scope,
                until: until.ok_or_else(needed)?,
                by,
                reason,
            },
            RawDeed::OpenWindow => Deed::OpenWindow {
                scope,
                until: until.ok_or_else(needed)?,
                by,
                reason,
            },
            RawDeed::Thaw => Deed::Thaw { scope },
            _ => Deed::CloseWindow { scope },
        })
    }

    fn plain_command(&self, raw: RawCommand) -> Result<StoryCommand, StoryError> {
        let start = raw.at.span().start;
        let by = who(&raw);
        let application = raw
            .application
            .map(|word| self.parse::<ApplicationId>(&word, "command.application"))
            .transpose()?;
        let package = raw
            .package
            .map(|word| self.parse(&word, "command.package"))
            .transpose()?;
        let reason = raw.reason.unwrap_or_default();
        let deed = match (raw.deed, application, package) {
            (RawDeed::Retry, Some(application), None) => Deed::Retry(application),
            (RawDeed::Expedite, Some(application), None) => Deed::Expedite(application),
            (RawDeed::Cancel, Some(application), None) => Deed::Cancel {
                application,
                by,
                reason,
            },
            (RawDeed::Retry | RawDeed::Expedite | RawDeed::Cancel, ..) => {
                let message =
                    "`retry`, `expedite` and `cancel` need an application, and nothing else";
                return Err(self.fail(start, "command.application", message));
            }
            (_, Some(_), Some(_)) => {
                let message = "give an application or a package, not both";
                return Err(self.fail(start, "command.package", message));
            }
            (switch, application, package) => {
                let scope = match (application, package) {
                    (Some(application), _) => PauseScope::Application(application),
                    (None, Some(package)) => PauseScope::Package(package),
                    (None, None) => PauseScope::System,
                };
                match switch {
                    RawDeed::Pause => Deed::Pause { scope, by, reason },
                    _ => Deed::Resume { scope },
                }
            }
        };
        Ok(StoryCommand {
            line: self.line(&raw.at),
            at: self.when(&raw.at, "command.at")?,
            deed,
        })
    }

    fn expect(&self, raw: RawExpect) -> Result<Expect, StoryError> {
        let application = |word: &Word| self.parse::<ApplicationId>(word, "expect");
        let mut expect = Expect {
            quarantined: raw.quarantined,
            in_flight_max: raw.in_flight_max,
            ..Expect::default()
        };
        for (word, starts) in &raw.starts {
            expect.starts.insert(application(word)?, *starts);
        }
        for (word, starts) in &raw.starts_at {
            let starts = starts.iter();
            let starts: Result<_, _> = starts.map(|at| self.when(at, "expect.starts_at")).collect();
            expect.starts_at.insert(application(word)?, starts?);
        }
        for (word, change, verdict, action) in raw.verdicts {
            expect.verdicts.push(ExpectedVerdict {
                application: application(&word)?,
                package_version: self.parse(&change, "expect.verdicts")?,
                verdict,
                action,
            });
        }
        for (word, notes) in raw.notes {
            expect.notes.insert(application(&word)?, notes);
        }
        for (first, then) in &raw.order {
            expect.order.push((application(first)?, application(then)?));
        }
        for (word, outcomes) in raw.outcomes {
            expect.outcomes.insert(application(&word)?, outcomes);
        }
        for word in &raw.never {
            expect.never.push(application(word)?);
        }
        Ok(expect)
    }

    fn parse<T: FromStr<Err: Display>>(&self, word: &Word, field: &str) -> Result<T, StoryError> {
        word.get_ref()
            .parse()
            .map_err(|error: T::Err| self.fail(word.span().start, field, &error.to_string()))
    }

    fn when(&self, word: &Word, field: &str) -> Result<When, StoryError> {
        self.parse(word, field)
    }

    fn duration(&self, word: &Word, field: &str) -> Result<u64, StoryError> {
        let expected = "expected a duration such as `90s`, `15m`, `2h` or `3d`";
        parse_duration_secs(word.get_ref())
            .ok_or_else(|| self.fail(word.span().start, field, expected))
    }

    fn line(&self, word: &Word) -> usize {
        self.line_at(word.span().start)
    }

    fn line_at(&self, start: usize) -> usize {
        let before = self.text.get(..start).unwrap_or(self.text);
        1 + before.matches('\n').count()
    }

    fn fail(&self, start: usize, field: &str, message: &str) -> StoryError {
        StoryError {
            file: self.file.to_owned(),
            line: self.line_at(start),
            field: field.to_owned(),
            message: message.to_owned(),
        }
    }
}

fn each<R, T>(
    entries: Vec<R>,
    convert: impl FnMut(R) -> Result<T, StoryError>,
) -> Result<Vec<T>, StoryError> {
    entries.into_iter().map(convert).collect()
}

fn to_stage(raw: RawStage) -> Stage {
    Stage {
        name: raw.name.into_inner(),
        secs: raw.secs,
        publishes: raw.publishes,
        deploys: raw.deploys,
        needs_approval: raw.approval,
        transition: match raw.transition {
            RawTransition::Enabled => Transition::Enabled,
            RawTransition::Disabled => Transition::Disabled,
        },
    }
}

const fn to_outcome_kind(state: RawOutcomeState) -> OutcomeKind {
    match state {
        RawOutcomeState::Failed => OutcomeKind::Failed,
        RawOutcomeState::Stopped => OutcomeKind::Stopped,
        RawOutcomeState::Canceled => OutcomeKind::Canceled,
        RawOutcomeState::Resumed => OutcomeKind::Resumed,
        RawOutcomeState::Rollback => OutcomeKind::RolledBack,
        RawOutcomeState::Approved => OutcomeKind::Approved,
        RawOutcomeState::Unknown => OutcomeKind::Unknown,
        RawOutcomeState::Throttled => OutcomeKind::Throttled,
        RawOutcomeState::Busy => OutcomeKind::Busy,
        RawOutcomeState::NotFound => OutcomeKind::NotFound,
        RawOutcomeState::Denied => OutcomeKind::Denied,
    }
}

/// `90s`, `15m`, `2h`, `3d` in seconds.
pub(super) fn parse_duration_secs(text: &str) -> Option<u64> {
    let unit_secs = match text.chars().last()? {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 24 * 3600,
        _ => return None,
    };
    let number = &text[..text.len() - 1];
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    number.parse::<u64>().ok()?.checked_mul(unit_secs)
}

fn who(raw: &RawCommand) -> String {
    raw.by.clone().unwrap_or_else(|| "operator".to_owned())
}
