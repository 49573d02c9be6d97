//! What holds once everything rests: nothing was lost (I1), and no marker or place in a budget was left behind.

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::rollout::Hold;
use downriver_domain::slot::SlotState;
use downriver_domain::version::{PackageId, PackageVersionId, Version};
use downriver_domain::{
    Application, ApplicationId, Built, Dependency, OnLocked, Origin, Rollback, Versioning,
};
use downriver_engine::ports::Store;

use super::invariants::is_of;
use super::organisation::{Member, first_version};
use super::pipelines::{Pass, Wish, wish};
use super::world::{World, needs_person};
use super::{REGISTERED_AT, Simulation};
use crate::run_at_once;

/// The clocks of a function and of CodePipeline are less apart than this, in seconds.
const CLOCKS_APART_SECS_MAX: u64 = 60;

impl<S: Store> Simulation<S> {
    pub(super) fn check_at_rest(&self) {
        if self.world.borrow().violation.is_some() {
            return;
        }
        self.check_mirror();
        let members: Vec<Member> = {
            let world = self.world.borrow();
            world.organisation.members.values().cloned().collect()
        };
        for member in &members {
            self.check_left_over(&member.application.id);
            if !member.is_registered {
                continue;
            }
            for dependency in &member.dependencies {
                self.check_built(member, dependency);
            }
        }
        self.check_explained();
    }

    /// What the checks were held against is what the store holds.
    fn check_mirror(&self) {
        let mut world = self.world.borrow_mut();
        let ids: Vec<ApplicationId> = world.organisation.members.keys().cloned().collect();
        for chunk in ids.chunks(downriver_engine::ports::LOAD_APPLICATIONS_MAX) {
            let states = run_at_once(self.store.load_applications(chunk)).expect("the store reads");
            for state in states {
                let mirrored = world.mirror.slots.get(&state.application.id);
                if mirrored.is_some_and(|slot| *slot != state.slot) {
                    let text = format!("{mirrored:?} is not {:?}", state.slot);
                    world.violate("store", text);
                }
            }
        }
        let markers = run_at_once(self.store.load_active_producers()).expect("the store reads");
        if !markers.iter().eq(world.mirror.markers.values()) {
            let text = format!("{markers:?} is not {:?}", world.mirror.markers);
            world.violate("store", text);
        }
        for target in world.organisation.targets.clone() {
            let held = run_at_once(self.store.load_budget(&target)).expect("the store reads");
            let mirrored = world.mirror.budgets.get(&target).cloned();
            if held != mirrored.unwrap_or_default() {
                world.violate("store", format!("the budget of {target} holds {held:?}"));
            }
        }
    }

    /// At rest nothing is active, so nothing holds others up or takes a place.
    fn check_left_over(&self, application: &ApplicationId) {
        let mut world = self.world.borrow_mut();
        if world.mirror.markers.contains_key(application) {
            world.violate("I4", format!("{application} has a marker at rest"));
        }
        let mut held = world.mirror.budgets.values().flatten();
        if held.any(|rebuild| is_of(rebuild, application)) {
            world.violate("I5", format!("{application} holds a place at rest"));
        }
    }

    /// I1: what is built is what a plain rebuild would select, or there is a recorded reason.
    fn check_built(&self, member: &Member, dependency: &Dependency) {
        let application = &member.application;
        let (built, wanted) = {
            let world = self.world.borrow();
            let built = world.pipelines.built(&application.id, dependency);
            let lock = world.pipelines.lock(&application.id, dependency);
            let wanted =
                world
                    .registry
                    .select(&member.sees, &dependency.package, &dependency.requirement);
            // An execution that began before the lockfile was refreshed, and ended later, deployed what it had held.
            let is_refreshed = member.is_held_by_lock(dependency) && wanted.as_ref() == Some(&lock);
            (built, wanted.filter(|_| !is_refreshed))
        };
        let Some(wanted) = wanted.filter(|wanted| *wanted != built) else {
            return;
        };
        if self.reason(member, dependency, &built, &wanted).is_some() {
            return;
        }
        let mut world = self.world.borrow_mut();
        let slot = world.slot(&application.id).cloned();
        let text = format!(
            "{} is built with {} {built}; a plain rebuild selects {wanted} ({}, locked {}, {:?}); {slot:?}",
            application.id,
            dependency.package,
            dependency.requirement,
            dependency.is_locked,
            application.policy
        );
        world.violate("I1", text);
    }

    /// Why an application rests with another version than a plain rebuild selects.
    fn reason(
        &self,
        member: &Member,
        dependency: &Dependency,
        built: &str,
        wanted: &str,
    ) -> Option<&'static str> {
        let application = &member.application;
        let policy = &application.policy;
        let is_unjudged = {
            let world = self.world.borrow();
            let known = world.mirror.registered(&application.id);
            known.is_some_and(|known| known.is_unjudged)
        };
        if is_unjudged {
            // A known limit: the apply that is made again finds the registration as it is to be.
            return Some("the apply that changed it broke off before it was judged anew");
        }
        let is_untold = {
            let world = self.world.borrow();
            let last = world.pipelines.last_success(&application.id);
            last.is_some_and(|pass| pass.rollback_target.is_some() && pass.is_end_untold)
        };
        if is_untold {
            // Executions of people are not read again: nobody knows of this one.
            return Some("a person rolled back, and no event told");
        }
        let is_unreadable = {
            let world = self.world.borrow();
            let last = world.pipelines.last_success(&application.id);
            last.is_some_and(|pass| {
                pass.rollback_target.is_some()
                    && world.organisation.is_event_started(&pass.pipeline)
            })
        };
        if is_unreadable {
            return Some("a person rolled back where nothing can be read");
        }
        if !application.is_followed(dependency) {
            return Some("not followed");
        }
        if policy.is_shadow {
            return Some("shadow");
        }
        if dependency.is_locked && matches!(policy.on_locked, OnLocked::Notify | OnLocked::Ignore) {
            return Some("the lock holds it, and the policy says that people are told");
        }
        if !is_rebuilt(application) {
            return Some("versioned in its source");
        }
        if self.is_abandoned(dependency, wanted) {
            return Some("abandoned");
        }
        self.reason_of_state(member, dependency, wanted)
            .or_else(|| self.reason_of_versions(member, dependency, built, wanted))
    }

    fn reason_of_state(
        &self,
        member: &Member,
        dependency: &Dependency,
        wanted: &str,
    ) -> Option<&'static str> {
        let world = self.world.borrow();
        let slot = world.slot(&member.application.id)?;
        match &slot.state {
            SlotState::Stuck(_) => return Some("stuck"),
            SlotState::Parked(_) => return Some("parked"),
            SlotState::Pending(pending) if pending.waits.iter().any(needs_person) => {
                return Some("held by a person, a halt or a limit");
            }
            _ => {}
        }
        let held = slot.held.get(&dependency.package)?;
        let wish = wish(dependency);
        // What is held is one version of the package; other instances got theirs in the same execution.
        let is_attempted = |pass: &Pass| {
            let is_it = |(of, version): &(Wish, String)| *of == wish && version == wanted;
            let apart =
                pass.started_at.secs_since(held.since) + held.since.secs_since(pass.started_at);
            apart <= CLOCKS_APART_SECS_MAX && pass.built.iter().any(is_it)
        };
        let passes = world.pipelines.passes(&member.application.id);
        (held.version == wanted || passes.iter().any(is_attempted)).then_some("held")
    }

    fn reason_of_versions(
        &self,
        member: &Member,
        dependency: &Dependency,
        built: &str,
        wanted: &str,
    ) -> Option<&'static str> {
        let application = &member.application;
        let package = &dependency.package;
        let of = |version: &str| PackageVersionId::new(package.clone(), version).ok();
        let world = self.world.borrow();
        let (built_id, wanted_id) = (of(built)?, of(wanted)?);
        let is_external = world.registry.origin(&wanted_id) == Origin::External;
        if is_external && !application.policy.is_third_party_followed {
            return Some("third party");
        }
        let slot = world.slot(&application.id);
        if is_external && slot.is_some_and(|slot| !slot.executions.is_empty()) {
            // DESIGN 3: what comes in from outside while an execution runs counts as built by it.
            return Some("counts as pulled in by its own build");
        }
        if dependency.built == Built::Unknown && wanted == first_version(package) {
            return Some("published before registration");
        }
        let last = world.pipelines.last_success(&application.id);
        let wish = wish(dependency);
        if last.is_some_and(|pass| pass.built.iter().all(|(built, _)| *built != wish)) {
            // What the catalog asks for anew counts as built by the last execution, with what it could see.
            return Some("asked for since its last build");
        }
        if world.is_before_registration(member, dependency, &wanted_id) {
            return Some("published before it came into the catalog");
        }
        let is_withdrawn = !world.registry.is_published(&built_id, &member.sees);
        if is_withdrawn && dependency.is_locked {
            return Some("stranded");
        }
        let format = package.format();
        let is_older = match (
            Version::parse(format, wanted),
            Version::parse(format, built),
        ) {
            (Ok(wanted), Ok(built)) => wanted.compare(&built) == Some(std::cmp::Ordering::Less),
            _ => false,
        };
        if is_withdrawn && is_older && application.policy.rollback == Rollback::Notify {
            return Some("moves off to an older one");
        }
        if is_withdrawn && is_older && self.is_unlisted_by_us(built_id) {
            return Some("its halt set it Unlisted, which rolls nothing back");
        }
        let passed = member.is_in_cycle && self.is_passed(&application.id, package, wanted);
        passed.then_some("passed already in this cascade")
    }

    fn is_abandoned(&self, dependency: &Dependency, wanted: &str) -> bool {
        let change = PackageVersionId::new(dependency.package.clone(), wanted);
        let changes: Vec<PackageVersionId> = change.into_iter().collect();
        let rollouts = run_at_once(self.store.load_rollouts(&changes)).expect("the store reads");
        { rollouts.iter() }.any(|rollout| matches!(rollout.hold, Some(Hold::Abandoned { .. })))
    }

    fn is_unlisted_by_us(&self, change: PackageVersionId) -> bool {
        let rollouts = run_at_once(self.store.load_rollouts(&[change])).expect("the store reads");
        rollouts.iter().any(|rollout| rollout.is_unlisted)
    }

    /// The engine wrote down that this version descends from the application.
    fn is_passed(&self, application: &ApplicationId, package: &PackageId, version: &str) -> bool {
        let inventory = run_at_once(self.store.load_inventory(package)).expect("the store reads");
        inventory
            .repositories
            .values()
            .filter_map(|records| records.versions.get(version))
            .any(|record| record.cascade.applications.contains(application))
    }
}

/// What only people build picks up what there is when they push.
fn is_rebuilt(application: &Application) -> bool {
    let is_source = application.versioning == Versioning::Source && application.is_producer();
    !is_source || application.policy.is_source_rebuilt
}

impl World {
    /// It came into the catalog in the middle of the day, later than this version, and nothing that would have picked it up
    /// was built since.
    fn is_before_registration(
        &self,
        member: &Member,
        dependency: &Dependency,
        wanted: &PackageVersionId,
    ) -> bool {
        let application = &member.application.id;
        let Some(registered) = self.mirror.registered(application) else {
            return false;
        };
        let is_built_since = self
            .pipelines
            .last_success(application)
            .is_some_and(|pass| pass.started_at >= registered.since);
        let published_at = self.registry.published_at(wanted);
        registered.since > REGISTERED_AT
            && (!is_built_since || member.is_held_by_lock(dependency))
            && published_at.is_some_and(|at| at <= registered.since)
    }

    /// The versions of followed root packages that applications outside any cycle ended up built with.
    pub(super) fn built_roots(&self) -> BTreeMap<ApplicationId, BTreeMap<PackageId, Vec<String>>> {
        let roots: BTreeSet<&PackageId> = self.organisation.roots.iter().collect();
        let mut all = BTreeMap::new();
        for member in self.organisation.members.values() {
            let application = &member.application;
            let mut of: BTreeMap<PackageId, Vec<String>> = BTreeMap::new();
            for dependency in &member.dependencies {
                let version = self.pipelines.built(&application.id, dependency);
                // An execution with the lockfile of before may deploy last; that is told, not mended.
                let may_regress = member.is_held_by_lock(dependency);
                let is_counted = roots.contains(&dependency.package)
                    && application.is_followed(dependency)
                    && is_rebuilt(application)
                    && !may_regress
                    && !member.is_in_cycle;
                if is_counted {
                    of.entry(dependency.package.clone())
                        .or_default()
                        .push(version);
                }
            }
            all.insert(application.id.clone(), of);
        }
        all
    }
}
