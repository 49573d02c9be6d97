use std::collections::BTreeMap;

use downriver_engine::wire::Sources;
use tracing_subscriber::filter::LevelFilter;

use super::{Function, Settings};

#[test]
fn the_variables_of_each_function_are_those_of_the_template() {
    let text = include_str!("../../../../../infra/environment.json");
    let expected: BTreeMap<String, Vec<String>> =
        serde_json::from_str(text).expect("the list is JSON");
    let read: BTreeMap<String, Vec<String>> = Function::ALL
        .map(|function| {
            let variables = function.variables().iter().copied();
            (
                function.as_str().to_owned(),
                variables.map(ToOwned::to_owned).collect(),
            )
        })
        .into();
    assert_eq!(read, expected);
}

#[test]
fn the_time_limit_of_each_function_is_that_of_the_template() {
    let template = include_str!("../../../../../infra/sam/template.yaml");
    for function in Function::ALL {
        let name = function.as_str();
        let code = format!("CodeUri: ../../target/lambda/{name}/");
        let (_, rest) = template.split_once(&code).expect("the function's own code");
        let (_, rest) = rest.split_once("Timeout: ").expect("a time-out");
        let secs: String = rest.chars().take_while(char::is_ascii_digit).collect();
        assert_eq!(secs, function.time_limit_secs().to_string(), "{name}");
    }
}

#[test]
fn a_function_reads_what_it_lists_and_nothing_else() {
    for function in Function::ALL {
        let asked = std::cell::RefCell::new(std::collections::BTreeSet::new());
        let environment = environment();
        let settings = Settings::read(function, |name| {
            asked.borrow_mut().insert(name.to_owned());
            environment.get(name).map(|value| (*value).to_owned())
        });
        settings.expect("a complete environment");
        let listed = function.variables().iter().map(|name| (*name).to_owned());
        assert_eq!(asked.into_inner(), listed.collect(), "{function:?}");
    }
}

#[test]
fn what_is_set_comes_out_typed() {
    let settings = read(Function::Resolve, &environment()).expect("a complete environment");
    assert_eq!(settings.resources.table_name, "downriver-Table");
    assert_eq!(settings.resources.history_retention_days, 400);
    assert_eq!(settings.resources.account.as_str(), "111122223333");
    assert!(settings.resources.is_shadow);
    assert_eq!(settings.log_level, LevelFilter::WARN);
    assert!(settings.resources.changes_queue_url.is_some());
    assert_eq!(settings.resources.starter_role, None);
    assert_eq!(settings.resources.bucket_name, None);
    let expected = ["emulated.codeartifact", "emulated.codepipeline"].map(ToOwned::to_owned);
    assert_eq!(settings.sources, Sources::with_extra(expected));
}

#[test]
fn without_extra_sources_only_those_of_aws_are_believed() {
    let mut environment = environment();
    environment.insert("EXTRA_EVENT_SOURCES", "");
    let settings = read(Function::Track, &environment).expect("it may be empty");
    assert_eq!(settings.sources, Sources::default());
}

#[test]
fn other_accounts_are_read_in_sessions_named_after_the_function() {
    let settings = read(Function::Track, &environment()).expect("a complete environment");
    let spokes = settings.resources.spokes.expect("it reads other accounts");
    let accounts = ["222222222222", "333333333333"].map(|account| account.parse().ok());
    assert_eq!(
        spokes
            .accounts
            .iter()
            .cloned()
            .map(Some)
            .collect::<Vec<_>>(),
        accounts
    );
    assert_eq!(spokes.reader, "downriver@track");
    assert_eq!(spokes.external_id.as_str(), "downriver");
    let resolve = read(Function::Resolve, &environment()).expect("a complete environment");
    assert_eq!(resolve.resources.spokes, None);
}

#[test]
fn there_may_be_no_other_account() {
    let mut environment = environment();
    environment.insert("SPOKE_ACCOUNTS", "");
    let settings = read(Function::Index, &environment).expect("it may be empty");
    let spokes = settings.resources.spokes.expect("it could read some");
    assert!(spokes.accounts.is_empty());
}

#[test]
fn what_is_wrong_about_other_accounts_is_told_at_once() {
    let many: Vec<String> = (0..=100).map(|number| format!("{number:012}")).collect();
    let many = many.join(",");
    for accounts in ["12345", "222222222222,", many.as_str()] {
        let mut environment = environment();
        environment.insert("SPOKE_ACCOUNTS", accounts);
        let error = read(Function::Start, &environment).expect_err("no list of accounts");
        let expected = "account ids of 12 digits, comma separated, at most 100; or to nothing";
        assert_eq!(error.problems.len(), 1, "{error}");
        assert_eq!(error.problems[0].expected, expected);
    }
    let mut environment = environment();
    environment.insert("SPOKE_ROLE_ARN", "arn:aws:iam::222222222222:role/spoke");
    environment.remove("SPOKE_EXTERNAL_ID");
    let error = read(Function::Sweep, &environment).expect_err("two are wrong");
    assert!(
        error.to_string().starts_with(
            "failed to read the environment of sweep: SPOKE_ROLE_ARN is `arn:aws:iam::222222222222:role/spoke`: set it to the \
ARN of the role in other accounts, with `*` for the account: arn:…:iam::*:role/…; SPOKE_EXTERNAL_ID is not set: set it to what \
that role's trust asks for, 2 to 1224 letters, digits and `_+=,.@:/-`."
        ),
        "{error}"
    );
}

#[test]
fn every_problem_is_told_at_once_with_what_to_do() {
    let mut environment = environment();
    environment.remove("TABLE_NAME");
    environment.insert("BUS_NAME", " ");
    environment.insert("DUE_QUEUE_URL", "downriver-DueQueue");
    environment.insert("SHADOW_MODE", "yes");
    environment.insert("HISTORY_RETENTION_DAYS", "0");
    environment.insert("STARTER_ROLE_ARN", "starter\nrole");
    environment.insert("LOG_LEVEL", "loud");
    let error = read(Function::Sweep, &environment).expect_err("nearly all of it is wrong");
    assert_eq!(
        error.to_string(),
        "failed to read the environment of sweep: TABLE_NAME is not set: set it to the name of the deployment's table; \
DUE_QUEUE_URL is `downriver-DueQueue`: set it to the URL of the deployment's queue, https://…/<account>/<name>; \
BUS_NAME is not set: set it to the name of the deployment's event bus; \
STARTER_ROLE_ARN is `starter\\nrole`: set it to the ARN of the deployment's starter role, arn:…:iam::…:role/…; \
HISTORY_RETENTION_DAYS is `0`: set it to a number of days, 1 to 3653; \
SHADOW_MODE is `yes`: set it to `true` or `false`; \
LOG_LEVEL is `loud`: set it to trace, debug, info, warn or error. \
The deployment's template sets all of them: deploy it again, or mend what was changed by hand"
    );
}

fn read(
    function: Function,
    environment: &BTreeMap<&str, &str>,
) -> Result<Settings, super::SettingsError> {
    Settings::read(function, |name| {
        environment.get(name).map(|value| (*value).to_owned())
    })
}

fn environment() -> BTreeMap<&'static str, &'static str> {
    BTreeMap::from([
        ("TABLE_NAME", "downriver-Table"),
        (
            "CHANGES_QUEUE_URL",
            "https://sqs.example/111122223333/changes",
        ),
        ("DUE_QUEUE_URL", "https://sqs.example/111122223333/due"),
        ("INDEX_QUEUE_URL", "https://sqs.example/111122223333/index"),
        (
            "QUARANTINE_QUEUE_URL",
            "https://sqs.example/111122223333/quarantine",
        ),
        ("BUS_NAME", "downriver"),
        ("BUCKET_NAME", "downriver-bucket"),
        ("SPOKE_ACCOUNTS", "222222222222, 333333333333"),
        ("SPOKE_EXTERNAL_ID", "downriver"),
        ("SPOKE_ROLE_ARN", "arn:aws:iam::*:role/downriver-spoke"),
        (
            "STARTER_ROLE_ARN",
            "arn:aws:iam::111122223333:role/downriver-starter",
        ),
        (
            "EXTRA_EVENT_SOURCES",
            "emulated.codeartifact, emulated.codepipeline",
        ),
        ("SHADOW_MODE", "true"),
        ("HISTORY_RETENTION_DAYS", "400"),
        ("LOG_LEVEL", "warn"),
        ("DEPLOYMENT_NAME", "downriver"),
    ])
}
