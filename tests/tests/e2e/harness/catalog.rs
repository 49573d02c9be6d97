//! The organisation of this suite: every test's applications, in one catalog, applied once through the deployment's own way.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use downriver_testkit::simulated_aws::{ArtifactPlace, NewPipeline, Script};

use super::Stack;
use super::sources::{SOURCES, sources_in};
use crate::scenarios;

pub(crate) const DOMAIN: &str = "e2e";
pub(crate) const DOMAIN_OWNER: &str = "111122223333";
/// Where everything is published first; `apps` is downstream of it.
pub(crate) const LIBRARIES: &str = "libraries";
/// How long each of a pipeline's three stages takes, unless a test scripts it.
pub(crate) const PIPELINE_STAGE_MS: u64 = 150;

/// An application with a pipeline of its name.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) id: String,
    pub(crate) region: Option<String>,
    pub(crate) account: Option<String>,
    /// The catalog says nothing about its dependencies: they are sent.
    is_told_later: bool,
    dependencies: Vec<Dependency>,
    products: Vec<String>,
    /// Where its source action leaves what it found, in the bucket of sources.
    source: Option<String>,
    /// Settings of its source action.
    source_configuration: BTreeMap<String, String>,
    /// Further lines of its table.
    lines: String,
}

#[derive(Debug, Clone)]
struct Dependency {
    /// `scope/name`.
    package: String,
    requirement: String,
    built: String,
    is_locked: bool,
}

impl App {
    pub(crate) fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            region: None,
            account: None,
            is_told_later: false,
            dependencies: Vec::new(),
            products: Vec::new(),
            source: None,
            source_configuration: BTreeMap::new(),
            lines: String::new(),
        }
    }

    pub(crate) fn uses(mut self, package: &str, requirement: &str, built: &str) -> Self {
        self.dependencies.push(Dependency {
            package: package.to_owned(),
            requirement: requirement.to_owned(),
            built: built.to_owned(),
            is_locked: false,
        });
        self
    }

    /// A lockfile holds what it uses.
    pub(crate) fn uses_locked(mut self, package: &str, requirement: &str, built: &str) -> Self {
        self = self.uses(package, requirement, built);
        if let Some(last) = self.dependencies.last_mut() {
            last.is_locked = true;
        }
        self
    }

    pub(crate) fn whose_dependencies_are_sent(mut self) -> Self {
        self.is_told_later = true;
        self
    }

    pub(crate) fn produces(mut self, package: &str) -> Self {
        self.products.push(package.to_owned());
        self
    }

    /// Its executions are built from what lies under this key when they are.
    pub(crate) fn built_from(mut self, key: &str) -> Self {
        self.source = Some(key.to_owned());
        self
    }

    /// A setting of its source action.
    pub(crate) fn with_source_setting(mut self, name: &str, value: &str) -> Self {
        { &mut self.source_configuration }.insert(name.to_owned(), value.to_owned());
        self
    }

    /// What becomes of its executions, unless a test scripts it.
    pub(crate) fn script(&self) -> Script {
        let source_artifact = self.source.as_ref().map(|key| ArtifactPlace {
            bucket: match &self.region {
                Some(region) => sources_in(region),
                None => SOURCES.to_owned(),
            },
            key: key.clone(),
        });
        Script {
            source_artifact,
            ..Script::succeed(PIPELINE_STAGE_MS)
        }
    }

    /// Its pipeline lives in another account and Region.
    pub(crate) fn in_account(self, account: &str, region: &str) -> Self {
        Self {
            account: Some(account.to_owned()),
            ..self.in_region(region)
        }
    }

    /// Its pipeline lives in another Region.
    pub(crate) fn in_region(mut self, region: &str) -> Self {
        self.region = Some(region.to_owned());
        self
    }

    /// A further line of its table.
    pub(crate) fn with(mut self, line: &str) -> Self {
        self.lines.push_str(line);
        self.lines.push('\n');
        self
    }

    fn write(&self, catalog: &mut String) {
        let quoted = |package: &String| format!("\"{}\"", purl(package));
        let products: Vec<String> = self.products.iter().map(quoted).collect();
        let line = |key: &str, value: &Option<String>| {
            let line = value.as_ref().map(|value| format!("{key} = \"{value}\"\n"));
            line.unwrap_or_default()
        };
        let account = line("account", &self.account);
        let region = line("region", &self.region);
        let products = if products.is_empty() {
            String::new()
        } else {
            let products = products.join(", ");
            format!("products = [{products}]\npublishes_to = \"{LIBRARIES}\"\n")
        };
        let _ = write!(
            catalog,
            "[applications.{}]\nowner = \"e2e\"\n{account}{region}{}{products}",
            self.id, self.lines,
        );
        if self.is_told_later {
            catalog.push('\n');
            return;
        }
        catalog.push_str("dependencies = [\n");
        for dependency in &self.dependencies {
            let package = purl(&dependency.package);
            let (requirement, built) = (&dependency.requirement, &dependency.built);
            let is_locked = dependency.is_locked;
            let _ = writeln!(
                catalog,
                "  {{ package = \"{package}\", requirement = \"{requirement}\", built = \"{built}\", locked = {is_locked} }},"
            );
        }
        catalog.push_str("]\n\n");
    }
}

/// `scope/name` as a package URL.
pub(crate) fn purl(package: &str) -> String {
    format!("pkg:npm/%40{package}")
}

/// Makes the pipelines and applies the catalog, as an operator does.
pub(super) fn apply(stack: &Stack) {
    let apps = scenarios();
    stack.aws.create_bucket(SOURCES, &stack.region);
    for app in &apps {
        let pipeline = NewPipeline {
            script: app.script(),
            source_configuration: app.source_configuration.clone(),
            ..NewPipeline::named(&app.id)
        };
        let account = app.account.as_deref().unwrap_or(&stack.account);
        let region = app.region.as_deref().unwrap_or(&stack.region);
        stack
            .simulated
            .create_pipelines(account, region, vec![pipeline]);
    }
    apply_with(stack, "");
}

/// Applies the catalog again, with these tables besides.
pub(super) fn apply_with(stack: &Stack, tables: &str) {
    let folder = std::env::temp_dir().join(format!("downriver-e2e-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the catalog");
    let path = folder.join("downriver.toml");
    std::fs::write(&path, catalog(stack, tables)).expect("the catalog is written");
    let path = path.to_str().expect("a path in UTF-8");
    stack.order(&["catalog", "apply", path]);
    // Only a copy of what is stored now.
    let _ = std::fs::remove_dir_all(&folder);
}

fn catalog(stack: &Stack, tables: &str) -> String {
    let (account, region) = (&stack.account, &stack.region);
    let mut text = format!(
        "domain_owners = [\"{DOMAIN_OWNER}\"]\naccounts = [\"{account}\"]\ninternal = [\"pkg:npm/*\"]\n\n\
         [defaults]\naccount = \"{account}\"\nregion = \"{region}\"\ndomain = \"{DOMAIN}\"\ndomain_owner = \"{DOMAIN_OWNER}\"\n\
         repositories = [\"apps\"]\nquiet_period = \"1s\"\nmax_wait = \"10s\"\npublish_grace = \"8s\"\n\n\
         [repositories.{LIBRARIES}]\n[repositories.apps]\nupstreams = [\"{LIBRARIES}\"]\n\n\
         [targets.\"{account}/{region}\"]\nbudget = 200\n\n"
    );
    text.push_str(&crate::targets(account, region));
    text.push_str(tables);
    for app in scenarios() {
        app.write(&mut text);
    }
    text
}
