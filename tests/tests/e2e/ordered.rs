//! Order among applications, budgets, and people who start pipelines themselves.

use downriver_testkit::simulated_aws::{ExecutionShown, Finish, NewScripts, Outcome, Script};

use crate::harness::{App, Publish, Stack, eventually, stack, stays};

/// A Region whose target has room for two.
const NARROW_REGION: &str = "eu-north-1";
const NARROW_BUDGET: usize = 2;
const NARROW_APPLICATIONS: usize = 10;
const NARROW_STAGE_MS: u64 = 330;

pub(crate) fn apps() -> Vec<App> {
    let mut apps = vec![
        App::new("diamond-left")
            .uses("diamond/base", "^1.0.0", "1.0.0")
            .produces("diamond/left"),
        App::new("diamond-right")
            .uses("diamond/base", "^1.0.0", "1.0.0")
            .produces("diamond/right"),
        App::new("diamond-bottom")
            .uses("diamond/base", "^1.0.0", "1.0.0")
            .uses("diamond/left", "^1.0.0", "1.0.0")
            .uses("diamond/right", "^1.0.0", "1.0.0"),
        App::new("people-web").uses("people/ui", "^1.0.0", "1.0.0"),
    ];
    apps.extend((0..NARROW_APPLICATIONS).map(|number| {
        App::new(&narrow(number))
            .in_region(NARROW_REGION)
            .uses("narrow/ui", "^1.0.0", "1.0.0")
    }));
    apps
}

pub(crate) fn targets(account: &str) -> String {
    format!("[targets.\"{account}/{NARROW_REGION}\"]\nbudget = {NARROW_BUDGET}\n\n")
}

fn narrow(number: usize) -> String {
    format!("narrow-{number}")
}

#[test]
fn the_bottom_of_a_diamond_is_rebuilt_once_after_both_arms() {
    let Some(stack) = stack() else { return };
    let _turn = stack.shared();
    stack.script(
        "diamond-right",
        &stack.region,
        // Long enough that the bottom is looked at meanwhile, however busy the machine is.
        Some(Script::succeed(8_000)),
        vec![],
    );
    Publish::new("diamond/base", "1.1.0").put(stack);
    let mut arms = Vec::new();
    for (arm, product) in [
        ("diamond-left", "diamond/left"),
        ("diamond-right", "diamond/right"),
    ] {
        eventually(60, &format!("the execution of {arm}"), || {
            stack.rebuilds(arm).pop()
        });
        // What its build publishes.
        Publish::new(product, "1.1.0").put(stack);
    }
    for arm in ["diamond-left", "diamond-right"] {
        arms.extend(stack.rebuilt(arm, 1));
    }
    let bottom = stack.rebuilt("diamond-bottom", 1);
    stack.comes_to("diamond-bottom", "idle");
    stays(2, "one execution of each", || {
        let of = |application| stack.executions(application).len();
        of("diamond-left") == 1 && of("diamond-right") == 1 && of("diamond-bottom") == 1
    });
    for arm in &arms {
        assert!(
            arm.updated_at_ms <= bottom[0].started_at_ms,
            "the bottom started at {}, {} ended at {}",
            bottom[0].started_at_ms,
            arm.pipeline,
            arm.updated_at_ms
        );
    }
    let told = stack.told("diamond-bottom");
    assert!(
        told.contains("waits on"),
        "it is told what it waited for: {told}"
    );
}

#[test]
fn never_more_run_in_a_target_than_its_budget_allows() {
    let Some(stack) = stack() else { return };
    let _turn = stack.shared();
    for number in 0..NARROW_APPLICATIONS {
        let script = Script::succeed(NARROW_STAGE_MS);
        stack.script(&narrow(number), NARROW_REGION, Some(script), vec![]);
    }
    Publish::new("narrow/ui", "1.1.0").put(stack);
    let executions = eventually(150, "ten rebuilds", || {
        let all = (0..NARROW_APPLICATIONS).flat_map(|number| stack.rebuilds(&narrow(number)));
        let all: Vec<ExecutionShown> = all.collect();
        let succeeded = all
            .iter()
            .filter(|execution| execution.status == "Succeeded");
        (succeeded.count() == NARROW_APPLICATIONS).then_some(all)
    });
    assert_eq!(executions.len(), NARROW_APPLICATIONS, "one of each");
    for one in &executions {
        let at = one.started_at_ms;
        let beside = executions
            .iter()
            .filter(|other| other.started_at_ms <= at && at < other.updated_at_ms);
        assert!(beside.count() <= NARROW_BUDGET, "at {at}: {executions:#?}");
    }
}

#[test]
fn what_overtook_our_execution_settles_the_rebuild() {
    let Some(stack) = stack() else { return };
    let _turn = stack.shared();
    let pipeline = "people-web";
    let hangs = Script::hang(100, "Build");
    stack.script(pipeline, &stack.region, None, vec![hangs]);
    let start = || {
        let started = stack.codepipeline.start(pipeline, None, &[]);
        started.expect("a person may start it")
    };
    // A person's execution occupies the stage before which ours has to wait, and another one overtakes ours there.
    let first = start();
    Publish::new("people/ui", "1.1.0").put(stack);
    let ours = eventually(60, "our execution", || stack.rebuilds(pipeline).pop());
    let last = start();
    eventually(30, "that ours is superseded", || {
        let all = stack.executions(pipeline);
        all.iter()
            .any(|execution| execution.id == ours.id && execution.status == "Superseded")
            .then_some(())
    });
    eventually(60, "that it is known", || {
        stack.told(pipeline).contains("superseded").then_some(())
    });
    assert_eq!(
        stack.status(pipeline)["state"],
        "running",
        "what overtook it is followed"
    );
    stack.simulated.finish(&Finish {
        account: stack.account.clone(),
        region: stack.region.clone(),
        pipeline: pipeline.to_owned(),
        execution: Some(first),
        outcome: Outcome::Succeed,
    });
    stack.comes_to(pipeline, "idle");
    stays(2, "no second start of ours", || {
        stack.rebuilds(pipeline).len() == 1
    });
    let all = stack.executions(pipeline);
    assert_eq!(all.len(), 3);
    assert!(
        all.iter()
            .any(|execution| execution.id == last && execution.status == "Succeeded")
    );
    assert_eq!(stack.end_of(pipeline), "Succeeded");
}

impl Stack {
    /// What is to become of a pipeline's executions: all, or the next ones.
    pub(crate) fn script(
        &self,
        pipeline: &str,
        region: &str,
        script: Option<Script>,
        next: Vec<Script>,
    ) {
        self.simulated.set_scripts(&NewScripts {
            account: self.account.clone(),
            region: region.to_owned(),
            pipeline: Some(pipeline.to_owned()),
            script,
            next,
        });
    }
}
