//! Which artifact of an execution is its source.

use aws_sdk_codepipeline::types::{
    ActionCategory, ActionExecutionDetail, ActionExecutionInput, ActionExecutionOutput,
    ActionExecutionStatus, ActionOwner, ActionTypeId, ArtifactDetail, S3Location,
};

use super::super::source::{Artifact, Found, choose};

#[derive(Clone)]
struct Action {
    category: &'static str,
    status: &'static str,
    inputs: &'static [&'static str],
    /// Name and key.
    outputs: &'static [(&'static str, &'static str)],
    settings: &'static [(&'static str, &'static str)],
}

const SOURCE: Action = Action {
    category: "Source",
    status: "Succeeded",
    inputs: &[],
    outputs: &[("Source", "source.zip")],
    settings: &[],
};
const BUILD: Action = Action {
    category: "Build",
    inputs: &["Source"],
    outputs: &[("Built", "built.zip")],
    ..SOURCE
};
const CONFIGURATION: Action = Action {
    outputs: &[("Configuration", "configuration.zip")],
    ..SOURCE
};

impl Action {
    fn detail(&self) -> ActionExecutionDetail {
        let kind = ActionTypeId::builder()
            .category(ActionCategory::from(self.category))
            .owner(ActionOwner::Aws)
            .provider("x")
            .version("1")
            .build()
            .expect("complete");
        let artifact = |name: &str, key: &str| {
            let place = S3Location::builder().bucket("acme").key(key).build();
            ArtifactDetail::builder()
                .name(name)
                .s3_location(place)
                .build()
        };
        let mut input = ActionExecutionInput::builder().action_type_id(kind);
        for name in self.inputs {
            input = input.input_artifacts(artifact(name, name));
        }
        for (name, value) in self.settings {
            input = input.configuration(*name, *value);
        }
        let mut output = ActionExecutionOutput::builder();
        for (name, key) in self.outputs {
            output = output.output_artifacts(artifact(name, key));
        }
        ActionExecutionDetail::builder()
            .status(ActionExecutionStatus::from(self.status))
            .input(input.build())
            .output(output.build())
            .build()
    }
}

/// Of actions in the order in which they ran: the key of the artifact, or what else was found.
fn chosen(actions: &[Action]) -> String {
    let newest_first: Vec<_> = actions.iter().rev().map(Action::detail).collect();
    match choose(&newest_first) {
        Found::Artifact(Artifact { key, .. }) => key,
        Found::CloneReference => "a reference".to_owned(),
        Found::Nothing(why) => why,
    }
}

#[test]
fn the_source_is_what_the_first_build_takes() {
    let second = Action {
        inputs: &["Configuration"],
        ..BUILD
    };
    let deploy = Action {
        category: "Deploy",
        inputs: &["Configuration"],
        ..SOURCE
    };
    assert_eq!(
        chosen(&[CONFIGURATION, SOURCE, BUILD, second.clone(), deploy.clone()]),
        "source.zip"
    );
    assert_eq!(
        chosen(&[CONFIGURATION, SOURCE, second, deploy.clone()]),
        "configuration.zip"
    );
    let commands = Action {
        category: "Compute",
        ..BUILD
    };
    assert_eq!(chosen(&[CONFIGURATION, SOURCE, commands]), "source.zip");
    assert_eq!(chosen(&[SOURCE, deploy]), "source.zip", "nothing builds it");
}

#[test]
fn of_several_inputs_the_primary_one_counts() {
    let both = Action {
        inputs: &["Configuration", "Source"],
        ..BUILD
    };
    assert_eq!(
        chosen(&[SOURCE, CONFIGURATION, both.clone()]),
        "configuration.zip",
        "the first"
    );
    let primary = Action {
        settings: &[("PrimarySource", "Source")],
        ..both
    };
    assert_eq!(chosen(&[SOURCE, CONFIGURATION, primary]), "source.zip");
}

#[test]
fn of_a_source_action_that_was_retried_the_last_success_counts() {
    let failed = Action {
        status: "Failed",
        outputs: &[("Source", "failed.zip")],
        ..SOURCE
    };
    let earlier = Action {
        outputs: &[("Source", "earlier.zip")],
        ..SOURCE
    };
    assert_eq!(
        chosen(&[earlier, failed.clone(), SOURCE, BUILD]),
        "source.zip"
    );
    assert_eq!(
        chosen(&[failed, BUILD]),
        "the execution has no source action that succeeded and left an artifact"
    );
}

#[test]
fn a_format_counts_for_the_action_that_made_the_source() {
    let reference = Action {
        settings: &[("OutputArtifactFormat", "CODEBUILD_CLONE_REF")],
        ..SOURCE
    };
    let other = Action {
        settings: &[("OutputArtifactFormat", "CODEBUILD_CLONE_REF")],
        ..CONFIGURATION
    };
    let zipped = Action {
        settings: &[("OutputArtifactFormat", "CODE_ZIP")],
        ..SOURCE
    };
    assert_eq!(chosen(&[reference, BUILD]), "a reference");
    assert_eq!(chosen(&[other, zipped, BUILD]), "source.zip");
}

#[test]
fn among_several_that_nothing_builds_none_is_guessed() {
    let why = chosen(&[SOURCE, CONFIGURATION]);
    assert_eq!(
        why,
        "the execution has several source artifacts, and its build action takes none of them"
    );
}
