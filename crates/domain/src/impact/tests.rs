//! One application, one package, one change: what [`judge`](super::judge) and [`ask`](super::ask) make of it.

mod baseline;
mod ecosystems;
mod policy;
mod reasons;
mod withdrawal;

use std::collections::BTreeMap;

use downriver_version::{Format, PackageId, PackageVersionId};

use super::{Action, JudgedChange, Judgement, ask, judge};
use crate::inventory::View;
use crate::slot::{Build, Held, HeldReason, SeenExecution, Slot, StartedBy};
use crate::testing::{application, at, id, npm, record, repository, tokens, topology};
use crate::{
    Application, Built, Dependency, Edge, Evidence, PackageInventory, RepositoryInventory, Scope,
    Topology, VersionRecord, VersionStatus,
};

/// Everything that a verdict rests on. The builders read short texts, so that a table's row fits a line.
#[derive(Clone)]
struct Case {
    topology: Topology,
    application: Application,
    slot: Slot,
    edges: Vec<Edge>,
    inventory: PackageInventory,
    /// The repository that saw the change.
    seen_in: &'static str,
}

/// The application needs `requirement` of the package, `built` stands for what its last build used, and sees `versions`.
fn case(format: Format, requirement: &str, built: &str, versions: &str) -> Case {
    let application = application("web");
    Case {
        topology: topology(),
        slot: Slot::new(application.id.clone()),
        application,
        edges: Vec::new(),
        inventory: PackageInventory {
            package: tokens(format),
            repositories: BTreeMap::new(),
        },
        seen_in: "shared",
    }
    .needs(requirement, built)
    .sees(versions)
}

impl Case {
    /// One more direct dependency. `1.0` proven, `~1.0` assumed, `?` unknown; `!` behind it: held by a lock.
    fn needs(mut self, requirement: &str, built: &str) -> Self {
        let (built, is_locked) = match built.strip_suffix('!') {
            Some(built) => (built, true),
            None => (built, false),
        };
        let built = match (built, built.strip_prefix('~')) {
            ("?", _) => Built::Unknown,
            (_, Some(version)) => Built::Assumed(version.to_owned()),
            (version, None) => Built::Proven(version.to_owned()),
        };
        self.edges.push(Edge {
            application: self.application.id.clone(),
            instance: u32::try_from(self.edges.len()).expect("few instances"),
            is_producer: false,
            dependency: Dependency {
                package: self.inventory.package.clone(),
                requirement: requirement.to_owned(),
                is_requirement_assumed: false,
                built,
                built_as_of: None,
                built_revision: None,
                is_locked,
                is_direct: true,
                path: Vec::new(),
                scope: Scope::Runtime,
                evidence: Evidence {
                    file: "manifest".into(),
                    line: None,
                },
                lock: None,
            },
        });
        self
    }

    /// As [`Self::needs`], pulled in by another package.
    fn needs_through(self, through: &PackageId, requirement: &str, built: &str) -> Self {
        let path = vec![through.clone()];
        self.needs(requirement, built).with(|case| {
            case.last_dependency().is_direct = false;
            case.last_dependency().path = path;
        })
    }

    /// Versions, apart by spaces: `1.0` was there long before the application was registered, `+1.0` was published 100 s
    /// after it; `=unlisted`, … says what became of it since (at 200 s); `@apps` where, if not in `shared`.
    fn sees(mut self, versions: &str) -> Self {
        for word in versions.split_whitespace() {
            let (word, repository) = word.split_once('@').unwrap_or((word, "shared"));
            let (word, status) = word.split_once('=').unwrap_or((word, "published"));
            let (version, secs) = match word.strip_prefix('+') {
                Some(version) => (version, 100),
                None => (word, -100_000),
            };
            let record = record(status_of(status), secs);
            self = self.holds(repository, version, record);
        }
        self
    }

    fn holds(mut self, name: &str, version: &str, record: VersionRecord) -> Self {
        let package = self.inventory.package.clone();
        let records = self
            .inventory
            .repositories
            .entry(repository(name))
            .or_insert_with(|| RepositoryInventory {
                seeded_at: Some(at(-200_000)),
                ..RepositoryInventory::new(repository(name), package)
            });
        records.versions.insert(version.to_owned(), record);
        self
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn last_dependency(&mut self) -> &mut Dependency {
        let edge = self.edges.last_mut().expect("a case has an edge");
        &mut edge.dependency
    }

    /// The record of a version in `shared`.
    fn record(&mut self, version: &str) -> &mut VersionRecord {
        self.inventory
            .repositories
            .get_mut(&repository("shared"))
            .and_then(|records| records.versions.get_mut(version))
            .expect("the case sees this version in `shared`")
    }

    /// A successful execution that started at `secs`.
    fn succeeded(mut self, secs: i64, is_proven: bool) -> Self {
        self.slot.builds.insert(
            0,
            Build {
                execution: id("e-1"),
                rebuild: None,
                is_proven,
                started_at: at(secs),
                ended_at: at(secs + 60),
                delivered: Vec::new(),
            },
        );
        self
    }

    /// An execution from `secs` to `ended`.
    fn executed(mut self, secs: i64, ended: Option<i64>) -> Self {
        self.slot.note_execution(SeenExecution {
            execution: id("e-1"),
            started_by: StartedBy::Person,
            started_at: at(secs),
            ended_at: ended.map(at),
            is_superseded: false,
            is_failed: false,
            is_rollback: false,
            cascade: crate::Cascade::default(),
        });
        self
    }

    /// The version is held since `secs`.
    fn held(mut self, version: &str, reason: HeldReason, secs: i64) -> Self {
        let held = Held {
            version: version.to_owned(),
            reason,
            since: at(secs),
        };
        self.slot.held.insert(self.inventory.package.clone(), held);
        self
    }

    fn view(&self) -> View {
        let visible = self.topology.visible_from(&self.application.repositories);
        View::of(&self.inventory, &visible)
    }

    fn judge(&self, version: &str) -> Judgement {
        self.judge_in(self.seen_in, version)
    }

    fn judge_in(&self, name: &str, version: &str) -> Judgement {
        let package_version = PackageVersionId::new(self.inventory.package.clone(), version)
            .expect("a test writes valid versions");
        judge(
            &self.topology,
            &self.application,
            &self.slot,
            &self.edges,
            &self.topology.visible_from(&self.application.repositories),
            &self.view(),
            JudgedChange {
                package_version: &package_version,
                repository: &repository(name),
            },
        )
    }

    /// The version that a rebuild would be for.
    fn asked(&self) -> Option<String> {
        let ask = ask(
            &self.topology,
            &self.application,
            &self.slot,
            &self.edges,
            &self.view(),
        )?;
        let with_variables = if ask.needs_refresh { " refreshed" } else { "" };
        Some(format!("{}{with_variables}", ask.version))
    }

    /// The verdict and the action on a change, and that the state asks for a rebuild exactly where the verdict does.
    #[track_caller]
    fn is(&self, version: &str, expected: &str) -> &Self {
        let judgement = self.judge(version);
        let assumed = if judgement.is_assumed {
            " (assumed)"
        } else {
            ""
        };
        let shown = format!("{}{assumed}", shown(&judgement));
        assert_eq!(shown, expected, "{version}: {}", judgement.reason);
        assert!(!judgement.reason.is_empty(), "{version} has no reason");
        let asked = self.asked();
        if matches!(judgement.action, Action::Rebuild | Action::Refresh) {
            assert!(
                asked.is_some(),
                "{version}: a rebuild that is not asked for"
            );
        }
        if let Some(asked) = asked {
            let asked = asked.split(' ').next().expect("one word at least");
            let action = self.judge_in("apps", asked).action;
            let is_told = matches!(action, Action::Rebuild | Action::Refresh);
            assert!(is_told, "{asked} is asked for, but judged {action:?}");
        }
        self
    }

    fn reason(&self, version: &str) -> String {
        self.judge(version).reason
    }
}

fn shown(judgement: &Judgement) -> String {
    format!("{:?} {:?}", judgement.verdict, judgement.action)
}

/// Rows of `requirement | built version | visible versions | change | verdict and action`.
#[track_caller]
fn table(format: Format, rows: &[&str]) {
    for row in rows {
        println!("{format}: {row}");
        let fields: Vec<&str> = row.split(" | ").collect();
        let [requirement, built, versions, change, expected] = fields[..] else {
            panic!("a row has five fields, not {}", fields.len());
        };
        case(format, requirement, built, versions).is(change, expected);
    }
}

fn status_of(text: &str) -> VersionStatus {
    match text {
        "published" => VersionStatus::Published,
        "unlisted" => VersionStatus::Unlisted,
        "unfinished" => VersionStatus::Unfinished,
        "archived" => VersionStatus::Archived,
        "disposed" => VersionStatus::Disposed,
        "deleted" => VersionStatus::Deleted,
        other => panic!("{other} is no status"),
    }
}

/// The package that pulls others in.
/// The last dependency is one of the kit's.
fn pulled_in(case: &mut Case) {
    case.last_dependency().is_direct = false;
    case.last_dependency().path = vec![kit()];
}

fn kit() -> PackageId {
    npm("kit")
}
