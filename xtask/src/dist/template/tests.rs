use super::*;

const SOURCE: &str = include_str!("../../../../infra/sam/template.yaml");

#[test]
fn only_the_code_and_the_architecture_change() {
    for architecture in Architecture::ALL {
        let packaged = packaged(SOURCE, architecture).expect("the template can be packaged");
        let changed: Vec<&str> = SOURCE
            .lines()
            .zip(packaged.lines())
            .filter(|(before, after)| before != after)
            .map(|(_, after)| after.trim())
            .collect();
        let name = architecture.name();
        let codes = changed
            .iter()
            .filter(|line| line.starts_with(&format!("CodeUri: functions/{name}/")));
        assert_eq!(codes.count(), FUNCTIONS.len());
        let rest: Vec<&&str> = changed
            .iter()
            .filter(|line| !line.starts_with("CodeUri:"))
            .collect();
        let allowed = format!("AllowedValues: [{name}]");
        assert!(rest.contains(&&allowed.as_str()), "{rest:?}");
        assert!(
            rest.iter()
                .all(|line| **line == allowed || **line == format!("Default: {name}")),
            "{rest:?}"
        );
        assert_eq!(SOURCE.lines().count(), packaged.lines().count());
    }
}

#[test]
fn no_path_of_the_checkout_is_left() {
    let packaged = packaged(SOURCE, Architecture::Arm64).expect("the template can be packaged");
    assert!(!packaged.contains("../.."));
}

#[test]
fn a_template_without_a_function_is_refused() {
    let without = SOURCE.replace("CodeUri: ../../target/lambda/sweep/", "CodeUri: elsewhere/");
    let error = packaged(&without, Architecture::X86_64).expect_err("sweep is not there");
    assert!(error.to_string().contains("lambda/sweep/"), "{error}");
}
