use super::*;

const PORTS: Ports = Ports {
    aws: 4566,
    simulated: 4567,
    moto: 4568,
};

#[test]
fn every_parameter_that_is_set_is_one_of_the_template() {
    let text = include_str!("../../../../infra/sam/template.yaml");
    let declared = text
        .split("\nParameters:\n")
        .nth(1)
        .expect("the template has parameters");
    let declared = declared
        .split("\nMappings:")
        .next()
        .expect("it goes up to the mappings");
    for parameter in parameters(PORTS, &[]) {
        let (name, _) = parameter.split_once('=').expect("it is a name and a value");
        assert!(
            declared.contains(&format!("\n  {name}:"))
                || declared.starts_with(&format!("  {name}:")),
            "{name}"
        );
    }
}

#[test]
fn lists_are_one_value() {
    let owners = ["111122223333".to_owned(), "444455556666".to_owned()];
    let parameters = parameters(PORTS, &owners);
    assert!(parameters.contains(&"DomainOwners=111122223333,444455556666".to_owned()));
    assert!(
        parameters.contains(&"SpokeAccounts=210987654321,222222222222,333333333333".to_owned())
    );
    assert!(parameters.contains(&"ServiceEndpoint=http://127.0.0.1:4566".to_owned()));
    assert!(parameters.contains(&"StsEndpoint=http://127.0.0.1:4567".to_owned()));
    assert!(parameters.contains(&"EventBridgeEndpoint=http://127.0.0.1:4567".to_owned()));
    assert!(parameters.contains(&"EventStartedAccounts=666666666666,777777777777".to_owned()));
}

#[test]
fn an_account_lets_a_role_in_or_is_asked_by_an_event() {
    for account in EVENT_STARTED_ACCOUNTS {
        assert!(!SPOKE_ACCOUNTS.contains(&account), "{account}");
    }
}

#[test]
fn every_account_of_the_example_catalog_is_reached() {
    let catalog = include_str!("../../../../downriver.toml");
    let pipelines = crate::stack::pipelines::parse_pipelines(catalog).expect("the example is read");
    let mut accounts: Vec<&str> = { pipelines.iter() }
        .map(|pipeline| pipeline.account.as_str())
        .collect();
    accounts.sort_unstable();
    accounts.dedup();
    assert!(accounts.len() > 1, "it has more than one account");
    for account in accounts {
        let is_reached = account == crate::stack::exports::ACCOUNT;
        assert!(is_reached || SPOKE_ACCOUNTS.contains(&account), "{account}");
    }
}
