use crate::doctor::testing::{
    ACCOUNT, application_mut, declared, found, healthy, only, pipeline, pipeline_in,
};
use crate::doctor::{Check, Facts, PipelineFacts, examine};
use crate::ports::{
    DeclaredPipeline, DeclaredVariable, DisabledTransition, ExecutionMode, ReadError,
};
use downriver_domain::{OnLocked, Topology};

fn web(facts: &mut Facts) -> &mut PipelineFacts {
    facts
        .pipelines
        .get_mut(&pipeline("web"))
        .expect("it is read")
}

fn declared_as(change: impl Fn(&mut DeclaredPipeline)) -> impl Fn(&mut Facts) {
    move |facts| {
        let mut pipeline = declared();
        change(&mut pipeline);
        web(facts).declared = Ok(pipeline);
    }
}

#[test]
fn a_healthy_organisation_has_nothing_to_mend() {
    assert_eq!(examine(&healthy()).findings, []);
    assert_eq!(examine(&healthy()).unread, []);
}

#[test]
fn a_pipeline_that_is_missing_is_named() {
    let (line, evidence, mend) = only(|facts| web(facts).declared = Err(ReadError::NotFound));
    assert_eq!(
        line,
        "error pipeline-missing web pipeline 123456789012/eu-west-1/web"
    );
    assert_eq!(
        evidence,
        "CodePipeline knows no pipeline web in account 123456789012 and Region eu-west-1 (GetPipeline)."
    );
    assert!(
        mend.contains("aws codepipeline list-pipelines --region eu-west-1"),
        "{mend}"
    );
}

#[test]
fn a_pipeline_in_another_account_is_named_and_its_namesake_looked_for() {
    const OTHER: &str = "444455556666";
    let elsewhere = |facts: &mut Facts| {
        application_mut(facts, "web").application.pipeline = pipeline_in(OTHER, "web");
    };
    let (line, evidence, mend) = only(elsewhere);
    assert_eq!(
        line,
        "error pipeline-account web pipeline 444455556666/eu-west-1/web"
    );
    assert!(evidence.contains("into account 444455556666"), "{evidence}");
    assert!(
        evidence.contains("Account 123456789012 has a pipeline of this name."),
        "{evidence}"
    );
    assert_eq!(
        mend,
        "set `account = \"123456789012\"` for web in the catalog"
    );
    let (_, evidence, _) = only(|facts| {
        elsewhere(facts);
        facts.pipelines.remove(&pipeline("web"));
    });
    assert!(!evidence.contains("of this name"), "{evidence}");
    // A role there makes it well.
    let with_role = |facts: &mut Facts| {
        elsewhere(facts);
        let read = facts.pipelines[&pipeline("web")].clone();
        facts.pipelines.insert(pipeline_in(OTHER, "web"), read);
        let reach = facts.reach.as_mut().expect("it is known");
        reach
            .starters
            .insert(OTHER.parse().expect("an account"), None);
    };
    assert_eq!(found(with_role), []);
    assert_ne!(OTHER, ACCOUNT);
}

#[test]
fn a_pipeline_of_type_v1_cannot_be_started_with_variables() {
    let v1 = declared_as(|pipeline| {
        pipeline.is_v2 = false;
        pipeline.variables.clear();
    });
    let (line, evidence, _) = only(&v1);
    assert_eq!(
        line,
        "error pipeline-v1 web pipeline 123456789012/eu-west-1/web"
    );
    assert!(evidence.contains("is of type V1"), "{evidence}");
    // Without variables in the catalog it is as good as any.
    let without = |facts: &mut Facts| {
        v1(facts);
        application_mut(facts, "web").application.policy.on_locked = OnLocked::Notify;
    };
    assert_eq!(found(without), []);
}

#[test]
fn variables_that_are_not_declared_are_named() {
    let (line, evidence, mend) = only(declared_as(|pipeline| {
        pipeline.variables.remove(1);
    }));
    assert_eq!(
        line,
        "error variables-undeclared web pipeline 123456789012/eu-west-1/web"
    );
    assert!(
        evidence.contains("does not declare DOWNRIVER_CHANGES (GetPipeline)"),
        "{evidence}"
    );
    assert!(
        mend.contains("declare DOWNRIVER_CHANGES in the pipeline"),
        "{mend}"
    );
}

#[test]
fn a_variable_without_a_default_keeps_somebody_from_starting() {
    let required = |name: &'static str| {
        declared_as(move |pipeline| {
            pipeline.variables.retain(|variable| variable.name != name);
            pipeline.variables.push(DeclaredVariable {
                name: name.to_owned(),
                has_default: false,
            });
        })
    };
    let (line, evidence, _) = only(required("STAGE"));
    assert_eq!(
        line,
        "error variable-required web pipeline 123456789012/eu-west-1/web"
    );
    assert!(
        evidence.contains("declares STAGE without a default"),
        "{evidence}"
    );
    let (line, ..) = only(required("DOWNRIVER_REBUILD"));
    assert_eq!(
        line,
        "warning variable-required web pipeline 123456789012/eu-west-1/web"
    );
}

#[test]
fn superseding_matters_only_where_variables_are_carried() {
    let superseded = declared_as(|pipeline| pipeline.mode = ExecutionMode::Superseded);
    let (line, ..) = only(&superseded);
    assert_eq!(
        line,
        "advice execution-mode web pipeline 123456789012/eu-west-1/web"
    );
    let without = |facts: &mut Facts| {
        superseded(facts);
        application_mut(facts, "web").application.policy.on_locked = OnLocked::Rebuild;
    };
    assert_eq!(found(without), []);
    assert_eq!(
        found(declared_as(
            |pipeline| pipeline.mode = ExecutionMode::Parallel
        )),
        []
    );
}

#[test]
fn a_disabled_transition_is_told_with_its_reason() {
    let (line, evidence, mend) = only(|facts| {
        web(facts).disabled = Ok(vec![DisabledTransition {
            stage: "Deploy".to_owned(),
            reason: Some("freeze".to_owned()),
            since: None,
        }]);
    });
    assert_eq!(
        line,
        "warning transition-disabled web pipeline 123456789012/eu-west-1/web"
    );
    assert!(evidence.contains("for the reason “freeze”"), "{evidence}");
    assert_eq!(
        mend,
        "aws codepipeline enable-stage-transition --pipeline-name web --region eu-west-1 --stage-name Deploy --transition-type Inbound"
    );
}

#[test]
fn where_no_role_is_let_in_it_says_that_nothing_is_checked() {
    const OTHER: &str = "444455556666";
    let (line, evidence, mend) = only(|facts| {
        // Neither in an account of ours, nor read.
        application_mut(facts, "web").application.pipeline = pipeline_in(OTHER, "web");
        let mut topology = Topology::clone(&facts.topology);
        let target = pipeline_in(OTHER, "web").target;
        topology.event_started.insert(target);
        facts.topology = topology.into();
    });
    assert_eq!(
        line,
        "advice pipeline-unchecked web pipeline 444455556666/eu-west-1/web"
    );
    assert_eq!(
        evidence,
        "Nothing is checked of pipeline web: the catalog has 444455556666/eu-west-1 started by events, so no role reads there."
    );
    assert!(
        mend.contains("aws events list-rules --event-bus-name downriver-requests"),
        "{mend}"
    );
}

#[test]
fn what_may_not_be_read_is_told_once_for_each_permission() {
    let mut facts = healthy();
    let denied = || Err(ReadError::Denied("not authorized".to_owned()));
    for read in facts.pipelines.values_mut() {
        read.declared = denied();
    }
    web(&mut facts).disabled = Err(ReadError::Transient("timed out".to_owned()));
    let diagnosis = examine(&facts);
    assert_eq!(diagnosis.findings, []);
    let told: Vec<_> = { diagnosis.unread.iter() }
        .map(|unread| (unread.action, unread.count, unread.why.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (
                "codepipeline:GetPipeline",
                2,
                "access denied: not authorized"
            ),
            ("codepipeline:GetPipelineState", 1, "no answer: timed out"),
        ]
    );
    assert!(diagnosis.unread[0].checks.contains(&Check::PipelineMissing));
}
