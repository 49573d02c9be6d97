//! Messages of the engine as they stand in the simulator's rows.

use downriver_domain::slot::{ControlScope, PauseScope};
use downriver_domain::version::{PackageId, PackageVersionId};
use downriver_domain::{ApplicationId, OwnerId, PipelineExecutionId, RepositoryId, Timestamp};
use downriver_engine::index::{BuiltPackage, BuiltReport};
use downriver_engine::operate::Command;
use downriver_engine::ports::{EdgeCursor, PageChange, ResolvePage};
use serde::{Deserialize, Serialize};

use super::text::Text;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PageRow {
    package: Text<PackageId>,
    changes: Vec<ChangeRow>,
    after: Option<CursorRow>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct ChangeRow {
    package_version: Text<PackageVersionId>,
    repository: Text<RepositoryId>,
    seen_at: Text<Timestamp>,
    is_news: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct CursorRow {
    is_consumer: bool,
    application: Text<ApplicationId>,
    instance: u32,
}

impl PageRow {
    pub(crate) fn from_page(page: &ResolvePage) -> Self {
        Self {
            package: Text(page.package.clone()),
            changes: page.changes.iter().map(ChangeRow::from_change).collect(),
            after: page.after.as_ref().map(|cursor| CursorRow {
                is_consumer: cursor.is_consumer,
                application: Text(cursor.application.clone()),
                instance: cursor.instance,
            }),
        }
    }

    pub(crate) fn to_page(&self) -> ResolvePage {
        ResolvePage {
            package: self.package.0.clone(),
            changes: self.changes.iter().map(ChangeRow::to_change).collect(),
            after: self.after.as_ref().map(|cursor| EdgeCursor {
                is_consumer: cursor.is_consumer,
                application: cursor.application.0.clone(),
                instance: cursor.instance,
            }),
        }
    }
}

impl ChangeRow {
    fn from_change(change: &PageChange) -> Self {
        Self {
            package_version: Text(change.package_version.clone()),
            repository: Text(change.repository.clone()),
            seen_at: Text(change.seen_at),
            is_news: change.is_news,
        }
    }

    fn to_change(&self) -> PageChange {
        PageChange {
            package_version: self.package_version.0.clone(),
            repository: self.repository.0.clone(),
            seen_at: self.seen_at.0,
            is_news: self.is_news,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BuiltRow {
    pub(crate) application: Text<ApplicationId>,
    pub(crate) execution: Text<PipelineExecutionId>,
    pub(crate) packages: Vec<BuiltPackageRow>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct BuiltPackageRow {
    pub(crate) package: Text<PackageId>,
    pub(crate) version: String,
    pub(crate) revision: Option<String>,
}

impl BuiltRow {
    pub(crate) fn to_report(&self) -> BuiltReport {
        let packages = self.packages.iter().map(|built| BuiltPackage {
            package: built.package.0.clone(),
            version: built.version.clone(),
            revision: built.revision.clone(),
        });
        BuiltReport {
            application: self.application.0.clone(),
            execution: self.execution.0.clone(),
            packages: packages.collect(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(crate) enum CommandRow {
    Pause {
        scope: ScopeRow,
        by: String,
        reason: String,
    },
    Resume {
        scope: ScopeRow,
    },
    Retry {
        application: Text<ApplicationId>,
    },
    Expedite {
        application: Text<ApplicationId>,
    },
    Cancel {
        application: Text<ApplicationId>,
        by: String,
        reason: String,
    },
    ResumeChange {
        change: Text<PackageVersionId>,
        by: String,
    },
    Approve {
        change: Text<PackageVersionId>,
        by: String,
    },
    Abandon {
        change: Text<PackageVersionId>,
        by: String,
        reason: String,
    },
    Freeze(TimedRow),
    Thaw {
        scope: ControlRow,
    },
    OpenWindow(TimedRow),
    CloseWindow {
        scope: ControlRow,
    },
}

/// A freeze, or an opened window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TimedRow {
    scope: ControlRow,
    until: Text<Timestamp>,
    by: String,
    reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ControlRow {
    System,
    Owner(Text<OwnerId>),
    Application(Text<ApplicationId>),
}

impl TimedRow {
    pub(crate) fn new(scope: &ControlScope, until: Timestamp, by: &str, reason: &str) -> Self {
        Self {
            scope: ControlRow::from_scope(scope),
            until: Text(until),
            by: by.to_owned(),
            reason: reason.to_owned(),
        }
    }
}

impl ControlRow {
    pub(crate) fn from_scope(scope: &ControlScope) -> Self {
        match scope {
            ControlScope::System => Self::System,
            ControlScope::Owner(owner) => Self::Owner(Text(owner.clone())),
            ControlScope::Application(application) => Self::Application(Text(application.clone())),
        }
    }

    fn to_scope(&self) -> ControlScope {
        match self {
            Self::System => ControlScope::System,
            Self::Owner(owner) => ControlScope::Owner(owner.0.clone()),
            Self::Application(application) => ControlScope::Application(application.0.clone()),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ScopeRow {
    System,
    Application(Text<ApplicationId>),
    Package(Text<PackageId>),
}

impl ScopeRow {
    pub(crate) fn from_scope(scope: &PauseScope) -> Self {
        match scope {
            PauseScope::System => Self::System,
            PauseScope::Application(application) => Self::Application(Text(application.clone())),
            PauseScope::Package(package) => Self::Package(Text(package.clone())),
        }
    }

    fn to_scope(&self) -> PauseScope {
        match self {
            Self::System => PauseScope::System,
            Self::Application(application) => PauseScope::Application(application.0.clone()),
            Self::Package(package) => PauseScope::Package(package.0.clone()),
        }
    }
}

impl CommandRow {
    pub(crate) fn to_command(&self) -> Command {
        match self {
            Self::Pause { scope, by, reason } => Command::Pause {
                scope: scope.to_scope(),
                by: by.clone(),
                reason: reason.clone(),
            },
            Self::Resume { scope } => Command::Resume {
                scope: scope.to_scope(),
            },
            Self::Retry { application } => Command::Retry {
                application: application.0.clone(),
            },
            Self::Expedite { application } => Command::Expedite {
                application: application.0.clone(),
            },
            Self::ResumeChange { change, by } => Command::ResumeChange {
                change: change.0.clone(),
                by: by.clone(),
            },
            Self::Approve { change, by } => Command::Approve {
                change: change.0.clone(),
                by: by.clone(),
            },
            Self::Abandon { change, by, reason } => Command::Abandon {
                change: change.0.clone(),
                by: by.clone(),
                reason: reason.clone(),
            },
            Self::Freeze(timed) => Command::Freeze {
                scope: timed.scope.to_scope(),
                until: timed.until.0,
                by: timed.by.clone(),
                reason: timed.reason.clone(),
            },
            Self::Thaw { scope } => Command::Thaw {
                scope: scope.to_scope(),
            },
            Self::OpenWindow(timed) => Command::OpenWindow {
                scope: timed.scope.to_scope(),
                until: timed.until.0,
                by: timed.by.clone(),
                reason: timed.reason.clone(),
            },
            Self::CloseWindow { scope } => Command::CloseWindow {
                scope: scope.to_scope(),
            },
            Self::Cancel {
                application,
                by,
                reason,
            } => Command::Cancel {
                application: application.0.clone(),
                by: by.clone(),
                reason: reason.clone(),
            },
        }
    }
}
