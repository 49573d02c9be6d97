use super::*;

#[test]
fn a_pipeline_is_called_like_its_application_and_lives_where_the_defaults_say() {
    let catalog = r#"
        [defaults]
        account = "123456789012"
        region = "eu-west-1"
        [applications.shop-web]
        variables = true
        [applications.kiosk]
        pipeline = "shop-kiosk"
        account = "210987654321"
        region = "us-east-1"
    "#;
    let mut pipelines = parse_pipelines(catalog).expect("it is a catalog");
    pipelines.sort_by(|a, b| a.name.cmp(&b.name));
    let expected = [
        ("shop-kiosk", "210987654321", "us-east-1", false),
        ("shop-web", "123456789012", "eu-west-1", true),
    ]
    .map(|(name, account, region, has_variables)| Pipeline {
        name: name.to_owned(),
        account: account.to_owned(),
        region: region.to_owned(),
        has_variables,
    });
    assert_eq!(pipelines, expected);
}

#[test]
fn the_example_catalog_names_a_pipeline_for_each_application() {
    let pipelines =
        parse_pipelines(include_str!("../../../../downriver.toml")).expect("it is a catalog");
    assert!(pipelines.len() >= 25, "{}", pipelines.len());
    assert!(
        pipelines
            .iter()
            .any(|pipeline| pipeline.account == "210987654321")
    );
    assert!(pipelines.iter().any(|pipeline| pipeline.has_variables));
}

#[test]
fn the_domain_owners_are_those_of_the_example_catalog() {
    let owners =
        parse_domain_owners(include_str!("../../../../downriver.toml")).expect("it has some");
    assert_eq!(owners, ["111122223333", "444455556666"]);
    assert!(parse_domain_owners("[defaults]").is_err());
}

#[test]
fn an_application_without_an_account_is_named() {
    let error = parse_pipelines("[applications.shop-web]\nregion = \"eu-west-1\"")
        .expect_err("it has no account");
    assert!(
        error
            .to_string()
            .contains("account of application shop-web"),
        "{error}"
    );
}

#[test]
fn only_a_pipeline_with_variables_is_of_the_second_type() {
    let mut pipeline = Pipeline {
        name: "shop-web".to_owned(),
        account: "123456789012".to_owned(),
        region: "eu-west-1".to_owned(),
        has_variables: false,
    };
    let first = declaration(&pipeline);
    assert_eq!(
        (&first["pipelineType"], &first["variables"]),
        (&json!("V1"), &Value::Null)
    );
    pipeline.has_variables = true;
    let second = declaration(&pipeline);
    assert_eq!(second["pipelineType"], "V2");
    assert_eq!(second["variables"][0]["name"], "DOWNRIVER_REBUILD");
}
