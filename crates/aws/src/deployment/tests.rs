use aws_sdk_cloudformation::types::{Output, Parameter, Stack};

use super::parameters_of;

fn output(key: &str, value: &str) -> Output {
    Output::builder()
        .output_key(key)
        .output_value(value)
        .build()
}

fn parameter(key: &str, value: &str) -> Parameter {
    Parameter::builder()
        .parameter_key(key)
        .parameter_value(value)
        .build()
}

#[test]
fn a_stack_of_sam_tells_by_its_parameters_what_it_was_deployed_with() {
    let stack = Stack::builder()
        .parameters(parameter("ShadowMode", "true"))
        .outputs(output("ShadowMode", "false"))
        .build();
    assert_eq!(parameters_of(&stack)["ShadowMode"], "true");
}

#[test]
fn a_stack_of_cdk_tells_by_its_outputs_what_it_was_deployed_with() {
    let stack = Stack::builder()
        .parameters(parameter("BootstrapVersion", "/cdk-bootstrap/version"))
        .outputs(output("ShadowMode", "true"))
        .outputs(output("HistoryRetentionDays", "30"))
        .build();
    let parameters = parameters_of(&stack);
    assert_eq!(parameters["ShadowMode"], "true");
    assert_eq!(parameters["HistoryRetentionDays"], "30");
}
