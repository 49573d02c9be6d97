//! `catalog discover` against a simulated account: pipelines, tags, executions, sources and repositories over HTTP.

mod bucket;

use std::collections::BTreeMap;
use std::time::Duration;

use downriver_testkit::simulated_aws::client::{Client, Control};
use downriver_testkit::simulated_aws::{
    ArtifactPlace, Fault, FaultKind, HeldRepository, NewPipeline, Operation, Refusal, Script,
    Server, Settings,
};
use serde_json::{Value, json};

use super::scene::{Ran, Scene};
use bucket::{archive, serve};

const ACCOUNT: &str = "123456789012";
const REGION: &str = "eu-west-1";
const BUCKET: &str = "sources";
const SETTINGS: &str =
    "registry=https://acme-111122223333.d.codeartifact.eu-west-1.amazonaws.com/npm/apps/\n";

/// An account with three pipelines that succeeded once, and one that never ran.
struct Account {
    server: Server,
    sources: String,
    scene: Scene,
}

impl Account {
    fn new(name: &str) -> Self {
        let server = Server::start(Settings::default()).unwrap();
        let scene = Scene::new(name);
        std::fs::remove_file(scene.path("downriver.toml")).unwrap();
        let account = Self {
            sources: serve(sources()),
            server,
            scene,
        };
        account.fill();
        account
    }

    fn control(&self) -> Control {
        Control::new(&self.server.endpoint())
    }

    fn fill(&self) {
        let control = self.control();
        let pipelines = ["acme-ui", "shop.web", "services", "idle"].map(|name| NewPipeline {
            tags: BTreeMap::from([("Team".to_owned(), format!("team-{}", &name[..4]))]),
            script: Script {
                source_artifact: Some(ArtifactPlace {
                    bucket: BUCKET.to_owned(),
                    key: format!("{name}.zip"),
                }),
                ..Script::succeed(1)
            },
            variables: if name == "acme-ui" {
                Vec::new()
            } else {
                NewPipeline::default().variables
            },
            ..NewPipeline::named(name)
        });
        control.create_pipelines(ACCOUNT, REGION, pipelines.to_vec());
        let held = |name: &str, upstreams: &[&str], connections: &[&str]| HeldRepository {
            domain_owner: "111122223333".to_owned(),
            domain: "acme".to_owned(),
            name: name.to_owned(),
            administrator: None,
            upstreams: upstreams.iter().map(|it| (*it).to_owned()).collect(),
            external_connections: connections.iter().map(|it| (*it).to_owned()).collect(),
        };
        control.put_repositories(&[
            held("apps", &["libraries"], &[]),
            held("libraries", &[], &["public:npmjs"]),
        ]);
        let client = Client::new(&self.server.endpoint(), ACCOUNT, REGION);
        for name in ["acme-ui", "shop.web", "services"] {
            client.start(name, None, &[]).unwrap();
        }
        control.wait_for(Duration::from_secs(20), |control| {
            let executions = control.executions();
            let mut executions = executions.iter();
            executions.all(|it| it.status == "Succeeded").then_some(())
        });
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let endpoint = self.server.endpoint();
        let variables = [
            ("AWS_ENDPOINT_URL", endpoint.as_str()),
            ("AWS_ENDPOINT_URL_S3", self.sources.as_str()),
            ("AWS_ACCESS_KEY_ID", ACCOUNT),
            ("AWS_SECRET_ACCESS_KEY", "none"),
            ("AWS_CONFIG_FILE", "/nonexistent"),
            ("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent"),
        ];
        let discover = ["catalog", "discover", "--region", REGION];
        self.scene
            .run_with(&variables, &[&discover, arguments].concat())
    }

    #[track_caller]
    fn json(&self, arguments: &[&str]) -> Value {
        let ran = self.run(&[arguments, &["--format", "json"]].concat());
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
        serde_json::from_str(&ran.out).unwrap()
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.scene.path(name)).unwrap()
    }
}

fn sources() -> BTreeMap<String, Vec<u8>> {
    let ui = r#"{"name":"@acme/ui","version":"5.0.0"}"#;
    let web = r#"{"name":"web","private":true,"dependencies":{"@acme/ui":"^5.0.0"}}"#;
    let archives = [
        (
            "acme-ui",
            archive(&[("package.json", ui), (".npmrc", SETTINGS)]),
        ),
        (
            "shop.web",
            archive(&[("package.json", web), (".npmrc", SETTINGS)]),
        ),
        (
            "services",
            archive(&[("backend/package.json", web), (".npmrc", SETTINGS)]),
        ),
    ];
    let objects = archives.into_iter();
    objects
        .map(|(name, bytes)| (format!("/{BUCKET}/{name}.zip"), bytes))
        .collect()
}

#[test]
fn an_account_becomes_a_catalog_that_is_checked_and_stays_the_same() {
    let account = Account::new("discovered");
    let ran = account.run(&[]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("idle: none of its last"), "{}", ran.err);
    assert!(
        ran.out.lines().all(|line| line.chars().count() <= 80),
        "{}",
        ran.out
    );
    let catalog = account.text("downriver.toml");
    insta::assert_snapshot!(catalog, @r#"
    [defaults]
    account = "123456789012"
    region = "eu-west-1"
    domain = "acme"
    domain_owner = "111122223333"
    repositories = ["apps"]

    [repositories.apps]
    upstreams = ["libraries"]

    [repositories.libraries]
    external_connection = "public:npmjs"

    [applications.acme-ui]
    owner = "team-acme"
    products = ["pkg:npm/%40acme/ui"]

    [applications.idle]
    owner = "team-idle"
    variables = true

    [applications.services]
    owner = "team-serv"
    source_folder = "backend"
    variables = true

    [applications.shop-web]
    owner = "team-shop"
    pipeline = "shop.web"
    variables = true
    "#);
    let checked = account.scene.run(&["catalog", "check"]);
    assert_eq!(checked.code, 0, "{}", checked.err);

    let found = account.text("downriver.discovered.toml");
    let again = account.json(&[]);
    assert_eq!(
        (&again["changed"], &again["differences"]),
        (&json!(false), &json!([]))
    );
    assert_eq!(account.text("downriver.toml"), catalog);
    assert_eq!(account.text("downriver.discovered.toml"), found);
}

#[test]
fn what_a_person_edits_survives() {
    let account = Account::new("discovered-edited");
    account.json(&[]);
    let catalog = account.text("downriver.toml");
    let edited = catalog
        .replace(
            "owner = \"team-shop\"",
            "owner = \"team-sales\" # since May",
        )
        .replace(
            "[applications.idle]",
            "# Not used yet.\n[applications.idle]",
        );
    assert_ne!(edited, catalog);
    account.scene.write("downriver.toml", &edited);
    let again = account.json(&[]);
    assert_eq!(account.text("downriver.toml"), edited);
    assert_eq!(
        again["differences"],
        json!([{
            "path": "applications.shop-web.owner", "change": "kept",
            "catalog": "\"team-sales\"", "found": "\"team-shop\"",
        }])
    );
}

#[test]
fn a_dry_run_and_a_catalog_with_problems_leave_everything_as_it_is() {
    let account = Account::new("discovered-dry");
    let dry = account.json(&["--dry-run", "--name", "acme-*"]);
    assert_eq!(
        (&dry["changed"], &dry["pipelines"]),
        (&json!(true), &json!(1))
    );
    assert!(!account.scene.path("downriver.toml").exists());
    let wrong = "[owners.team-acme]\npipelines = [\"other\"]\n";
    account.scene.write("downriver.toml", wrong);
    let ran = account.run(&["--name", "acme-*"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("nothing was written"), "{}", ran.err);
    assert_eq!(account.text("downriver.toml"), wrong);
    assert!(!account.scene.path("downriver.discovered.toml").exists());
}

#[test]
fn tags_choose_pipelines_and_name_owners() {
    let account = Account::new("discovered-tags");
    let found = account.json(&["--tag", "Team=team-shop", "--owner-tag", "nobody"]);
    assert_eq!(found["pipelines"], 1);
    let catalog = account.text("downriver.toml");
    assert!(catalog.contains("owner = \"unassigned\""), "{catalog}");
    // The others are added later, and nothing is gone because a filter leaves it out.
    let all = account.json(&[]);
    assert_eq!(all["pipelines"], 4);
    let filtered = account.json(&["--name", "idle"]);
    assert_eq!(filtered["differences"], json!([]));
}

#[test]
fn what_is_denied_is_told_with_the_permission_that_it_takes() {
    let account = Account::new("discovered-denied");
    let deny = |operation: Operation| {
        account.control().add_fault(&Fault {
            operation,
            of: None,
            fault: FaultKind::Refuse(Refusal::Denied),
            times: 1,
            after: 0,
        });
    };
    deny(Operation::ListPipelines);
    let ran = account.run(&[]);
    assert_eq!(ran.code, 6, "{}", ran.err);
    assert!(
        ran.err.contains("codepipeline:ListPipelines"),
        "{}",
        ran.err
    );
    deny(Operation::ListTagsForResource);
    deny(Operation::GetPipeline);
    let ran = account.run(&[]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    for part in [
        "owners are not known: AWS denied codepipeline:ListTagsForResource",
        "acme-ui: left as it is: AWS denied codepipeline:GetPipeline",
    ] {
        assert!(ran.err.contains(part), "no {part:?} in\n{}", ran.err);
    }
}

#[test]
fn a_deployment_or_a_store_is_refused() {
    let scene = Scene::new("discovered-refused");
    for other in [["--deployment", "hub"], ["--store", "a.db"]] {
        let ran = scene.run_with(&[], &[&["catalog", "discover"], &other[..]].concat());
        assert_eq!(ran.code, 2, "{}", ran.err);
        assert!(
            ran.err.contains(&format!("leave {} out", other[0])),
            "{}",
            ran.err
        );
    }
}
