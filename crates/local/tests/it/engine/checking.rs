//! The cheap checks that `sweep` makes: once an hour, in rotation, told once.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use downriver_domain::version::PackageId;
use downriver_domain::{AccountId, DomainName, Pipeline, RepositoryId};
use downriver_engine::doctor::{Check, Checkup, Missed, Routine, routine};
use downriver_engine::ports::{
    DeclaredPipeline, DisabledTransition, ExecutionMode, Heard, NoticeKind, OriginControls,
    ReadError, Setup, Store,
};
use downriver_engine::resolve::hear;
use downriver_engine::sweep::SWEEP_INTERVAL_SECS;
use downriver_testkit::builders::{application, at, dependency, id, package_version, repository};
use downriver_testkit::run_at_once;

use super::desk::Desk;

const HOUR: i64 = 3_600;

/// Pipelines that are all there but some, and a role that can be assumed or not.
struct Accounts {
    account: AccountId,
    missing: RefCell<BTreeSet<String>>,
    is_role_broken: Cell<bool>,
    asked: RefCell<Vec<String>>,
}

impl Accounts {
    fn new() -> Self {
        Self {
            account: id("111122223333"),
            missing: RefCell::default(),
            is_role_broken: Cell::new(false),
            asked: RefCell::default(),
        }
    }
}

impl Setup for Accounts {
    async fn describe_pipeline(&self, pipeline: &Pipeline) -> Result<DeclaredPipeline, ReadError> {
        self.asked.borrow_mut().push(pipeline.name.to_string());
        if self.missing.borrow().contains(pipeline.name.as_str()) {
            return Err(ReadError::NotFound);
        }
        Ok(DeclaredPipeline {
            is_v2: true,
            variables: Vec::new(),
            mode: ExecutionMode::Queued,
            is_clone_reference: false,
        })
    }

    async fn list_disabled_transitions(
        &self,
        _: &Pipeline,
    ) -> Result<Vec<DisabledTransition>, ReadError> {
        Ok(Vec::new())
    }

    async fn describe_package(
        &self,
        _: &RepositoryId,
        _: &PackageId,
    ) -> Result<OriginControls, ReadError> {
        Err(ReadError::NotFound)
    }

    async fn load_administrator(&self, id: &RepositoryId) -> Result<AccountId, ReadError> {
        Ok(id.domain_owner.clone())
    }

    async fn load_repository_policy(&self, _: &RepositoryId) -> Result<Option<String>, ReadError> {
        Ok(None)
    }

    async fn load_domain_policy(
        &self,
        _: &AccountId,
        _: &DomainName,
    ) -> Result<Option<String>, ReadError> {
        Ok(None)
    }

    fn startable(&self) -> BTreeSet<AccountId> {
        [self.account.clone()].into()
    }

    fn account(&self) -> &AccountId {
        &self.account
    }

    async fn probe_starter(&self, _: &AccountId) -> Result<(), ReadError> {
        if self.is_role_broken.get() {
            return Err(ReadError::Denied("AccessDenied".to_owned()));
        }
        Ok(())
    }
}

fn desk(count: usize) -> Desk {
    let applications = (0..count).map(|number| {
        let used = vec![dependency("pkg:npm/tokens", "^1.0.0")];
        (application(&format!("app-{number:03}")), used)
    });
    Desk::with(applications.collect())
}

fn check(desk: &Desk, accounts: &Accounts, hours: i64) -> Option<Routine> {
    desk.now.set(hours * HOUR);
    run_at_once(routine(desk, accounts, 0)).expect("the store works")
}

fn checkup(desk: &Desk) -> Checkup {
    run_at_once(desk.store.load_checkup()).expect("the store works")
}

fn told(desk: &Desk) -> Vec<Check> {
    let notices = desk.notices.borrow();
    { notices.iter() }
        .filter_map(|notice| match notice.kind {
            NoticeKind::DoctorFinding(check) => Some(check),
            _ => None,
        })
        .collect()
}

#[test]
fn checks_are_made_once_an_hour() {
    let (desk, accounts) = (desk(3), Accounts::new());
    let round = check(&desk, &accounts, 1).expect("it is the first time");
    assert_eq!(
        (round.applications, round.findings, round.unread),
        (3, 0, 0)
    );
    desk.now
        .set(HOUR + i64::try_from(SWEEP_INTERVAL_SECS).expect("a short time"));
    assert_eq!(
        run_at_once(routine(&desk, &accounts, 0)).expect("the store works"),
        None
    );
    assert_eq!(accounts.asked.borrow().len(), 3);
    assert!(check(&desk, &accounts, 2).is_some());
    assert_eq!(accounts.asked.borrow().len(), 6);
}

#[test]
fn an_error_is_told_once_until_it_was_gone() {
    let (desk, accounts) = (desk(2), Accounts::new());
    let of_pipeline = [Check::PipelineMissing];
    accounts.missing.borrow_mut().insert("app-001".to_owned());
    assert_eq!(
        check(&desk, &accounts, 1).map(|round| round.errors),
        Some(1)
    );
    check(&desk, &accounts, 2);
    assert_eq!(told(&desk), of_pipeline);
    assert_eq!(checkup(&desk).findings[0].found_at, at(HOUR));
    accounts.missing.borrow_mut().clear();
    assert_eq!(
        check(&desk, &accounts, 3).map(|round| round.findings),
        Some(0)
    );
    accounts.missing.borrow_mut().insert("app-001".to_owned());
    check(&desk, &accounts, 4);
    assert_eq!(told(&desk), [Check::PipelineMissing; 2]);
    accounts.is_role_broken.set(true);
    check(&desk, &accounts, 5);
    assert_eq!(told(&desk).last(), Some(&Check::RoleNotAssumable));
}

#[test]
fn applications_have_their_turn_a_hundred_an_hour() {
    let (desk, accounts) = (desk(150), Accounts::new());
    accounts.missing.borrow_mut().insert("app-120".to_owned());
    let round = check(&desk, &accounts, 1).expect("it is due");
    assert_eq!((round.applications, round.findings), (100, 0));
    let round = check(&desk, &accounts, 2).expect("it is due");
    assert_eq!((round.applications, round.findings), (50, 1));
    // What was found of others stays while it is not their turn.
    let round = check(&desk, &accounts, 3).expect("it is due");
    assert_eq!((round.applications, round.findings), (100, 1));
}

#[test]
fn versions_that_were_missed_are_noted_at_once() {
    let (desk, accounts) = (desk(1), Accounts::new());
    check(&desk, &accounts, 1);
    desk.now.set(HOUR + 60);
    let checked = run_at_once(routine(&desk, &accounts, 4)).expect("the store works");
    assert_eq!(checked, None);
    let missed = Missed {
        at: at(HOUR + 60),
        versions: 4,
    };
    assert_eq!(checkup(&desk).missed, Some(missed));
    check(&desk, &accounts, 2);
    assert_eq!(checkup(&desk).missed, Some(missed), "it stays");
}

#[test]
fn the_clock_of_a_domain_is_that_of_accepted_events() {
    let desk = desk(1);
    desk.now.set(7);
    desk.publish("pkg:npm/tokens", "1.0.0");
    let heard = || run_at_once(desk.store.load_heard()).expect("the store works");
    assert_eq!(heard(), [], "what sweep finds comes in that way too");
    let sighting = downriver_domain::Sighting {
        repository: repository("shared"),
        package_version: package_version("pkg:npm/tokens", "1.0.0"),
        status: downriver_domain::VersionStatus::Published,
        operation: downriver_domain::Operation::Created,
        revision: None,
        sequence: 1,
        event_time: at(1),
    };
    run_at_once(hear(&desk, &[sighting.clone(), sighting])).expect("the store works");
    let domain = repository("shared");
    assert_eq!(
        heard(),
        [Heard {
            domain_owner: domain.domain_owner,
            domain: domain.domain,
            at: at(7),
        }]
    );
}
