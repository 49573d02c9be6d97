use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn outcomes_when_these_fail(failing: &[&str]) -> Vec<(&'static str, StepResult)> {
    let steps = [
        step("format", Tidy),
        essential("compile", Tidy),
        step("tests", Tidy),
    ];
    let outcomes = perform_all(&steps, |step| (!failing.contains(&step.name), SECOND));
    outcomes
        .into_iter()
        .map(|outcome| (outcome.name, outcome.result))
        .collect()
}

#[test]
fn a_failed_step_does_not_stop_the_next() {
    let expected = [
        ("format", StepResult::Failed(SECOND)),
        ("compile", StepResult::Passed(SECOND)),
        ("tests", StepResult::Failed(SECOND)),
    ];
    assert_eq!(outcomes_when_these_fail(&["format", "tests"]), expected);
}

#[test]
fn a_failed_compilation_leaves_the_rest_not_run() {
    let expected = [
        ("format", StepResult::Passed(SECOND)),
        ("compile", StepResult::Failed(SECOND)),
        ("tests", StepResult::NotRun),
    ];
    assert_eq!(outcomes_when_these_fail(&["compile"]), expected);
}

#[test]
fn the_summary_names_each_step_and_the_failed_ones() {
    let outcomes = [
        Outcome {
            name: "format",
            result: StepResult::Failed(SECOND),
        },
        Outcome {
            name: "compile",
            result: StepResult::Failed(SECOND * 61),
        },
        Outcome {
            name: "tests",
            result: StepResult::NotRun,
        },
    ];
    let expected = "=== summary\n  FAILED   format              1.0 s\n  FAILED   compile            61.0 s\n  not run  tests\n\
                    failed steps: format, compile";
    assert_eq!(summary(&outcomes), expected);
}

#[test]
fn the_summary_says_when_all_passed() {
    let outcomes = [Outcome {
        name: "format",
        result: StepResult::Passed(SECOND),
    }];
    assert!(summary(&outcomes).ends_with("all steps passed"));
}

#[test]
fn an_aws_sdk_below_the_command_is_found_once() {
    let tree = "downriver v0.1.0 (/somewhere)\naws-sdk-sqs v1.0.0\naws-config v1.5.0\nserde v1.0.0\naws-sdk-sqs v1.0.0 (*)\n";
    assert_eq!(aws_sdk_packages(tree), ["aws-config", "aws-sdk-sqs"]);
    assert!(
        aws_sdk_packages("downriver v0.1.0\nserde v1.0.0\ndownriver-aws-config v1\n").is_empty()
    );
}

#[test]
fn every_step_has_its_own_name() {
    let mut names: Vec<_> = STEPS.iter().map(|step| step.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), STEPS.len());
}

fn position(name: &str) -> usize {
    STEPS
        .iter()
        .position(|step| step.name == name)
        .expect("there is such a step")
}

#[test]
fn the_stack_is_up_for_the_tests_and_gone_before_the_compiler_needs_the_machine() {
    let order = [
        "compile",
        "tools",
        "functions",
        "local stack",
        "tests",
        "end to end",
        "clippy",
    ];
    let positions = order.map(position);
    assert!(positions.is_sorted(), "{positions:?}");
}

#[test]
fn what_is_compiled_once_is_what_the_tests_use() {
    let selection = "test --workspace --all-features --locked";
    assert!(programs::TEST_ARGUMENTS.starts_with(selection));
    assert!(
        matches!(STEPS[position("tests")].action, Tests(arguments) if arguments.starts_with(selection))
    );
}
