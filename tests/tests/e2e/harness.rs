//! One deployment for all tests of this suite: found once, filled with one catalog, shared.
//!
//! Every test has applications and packages of its own, so that tests run side by side. What concerns the whole deployment
//! (its settings, its queues as such) takes it for itself: [`Stack::alone`].

mod catalog;
mod emulated;
mod events;
mod observed;
mod operations;
mod settings;
mod sources;
mod waiting;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{
    Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError,
};
use std::thread;
use std::time::{Duration, Instant};

use downriver_testkit::simulated_aws::client::{Client, Control};
use serde_json::{Value, json};

pub(crate) use catalog::{App, DOMAIN_OWNER, PIPELINE_STAGE_MS, purl};
pub(crate) use emulated::{Emulated, Message};
pub(crate) use events::Publish;
pub(crate) use sources::{line_of, npm_files, sbom};
pub(crate) use waiting::{eventually, stays};

/// Where `cargo xtask test` writes down where its stack is.
const DOCUMENT_VARIABLE: &str = "DOWNRIVER_STACK";

/// Until all threads have begun their tests.
const BEGIN: Duration = Duration::from_millis(500);

/// The deployment under test.
pub(crate) struct Stack {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) deployment: String,
    /// The emulator of everything but CodePipeline, STS and CodeArtifact.
    pub(crate) aws: Emulated,
    /// The simulated CodePipeline as AWS's API, called by a person in the deployment's account and Region.
    pub(crate) codepipeline: Client,
    simulated_endpoint: String,
    /// The same, behind the scenes.
    pub(crate) simulated: Control,
    pub(crate) moto: String,
    document: Value,
    outputs: Value,
    turn: RwLock<()>,
    settings: RwLock<()>,
    /// Tests that have to begin before others, because they wait longest.
    first: AtomicUsize,
    opened_at: Instant,
    /// The queue that gets what is told on the bus, and what came so far.
    notices: (String, Mutex<Vec<Value>>),
}

/// What a test holds while it uses the deployment together with others.
pub(crate) type Shared<'a> = RwLockReadGuard<'a, ()>;
/// What a test holds while nobody else uses the deployment.
pub(crate) type Alone<'a> = RwLockWriteGuard<'a, ()>;
/// What a test holds while it changes the deployment's settings, or its records behind its back.
pub(crate) type Changed<'a> = (RwLockWriteGuard<'a, ()>, Alone<'a>);

/// What a test holds while nobody else may begin.
pub(crate) struct First<'a>(&'a Stack);

impl Drop for First<'_> {
    fn drop(&mut self) {
        self.0.first.fetch_sub(1, Ordering::Relaxed);
    }
}

static STACK: OnceLock<Option<Stack>> = OnceLock::new();

/// The deployment, with the catalog of all tests applied; nothing, and a line that says so, where there is none.
pub(crate) fn stack() -> Option<&'static Stack> {
    let stack = STACK.get_or_init(Stack::open).as_ref();
    if stack.is_none() {
        eprintln!(
            "skipped: {DOCUMENT_VARIABLE} does not say where a local stack is; `cargo xtask test` does"
        );
    }
    stack
}

impl Stack {
    fn open() -> Option<Self> {
        let path = std::env::var_os(DOCUMENT_VARIABLE)?;
        let text = std::fs::read_to_string(&path).expect("the stack's document can be read");
        let document: Value = serde_json::from_str(&text).expect("the stack's document is JSON");
        let text = |pointer: &str| {
            document
                .pointer(pointer)
                .and_then(Value::as_str)
                .unwrap_or_else(|| panic!("the stack's document has {pointer}"))
                .to_owned()
        };
        let (account, region) = (text("/account"), text("/region"));
        let simulated = text("/endpoints/simulated");
        let aws = Emulated::new(&text("/endpoints/aws"), &account, &region);
        let deployment = text("/deployment");
        let outputs = aws.stack_outputs(&deployment);
        let name = format!("e2e-notices-{}", std::process::id());
        let (notices, arn) = aws.create_queue(&name);
        let bus = outputs["BusName"].as_str().expect("the stack has a bus");
        aws.create_rule(bus, &name, &json!({"source": ["downriver"]}), &arn);
        let mut stack = Self {
            codepipeline: Client::new(&simulated, &account, &region),
            simulated: Control::new(&simulated),
            simulated_endpoint: simulated,
            moto: text("/endpoints/moto"),
            turn: RwLock::new(()),
            settings: RwLock::new(()),
            first: AtomicUsize::new(0),
            opened_at: Instant::now(),
            notices: (notices, Mutex::new(Vec::new())),
            account,
            region,
            deployment,
            aws,
            outputs,
            document,
        };
        stack.forget_earlier_runs();
        catalog::apply(&stack);
        stack.opened_at = Instant::now();
        Some(stack)
    }

    /// Others begin when this is dropped.
    pub(crate) fn first(&self) -> First<'_> {
        self.first.fetch_add(1, Ordering::Relaxed);
        First(self)
    }

    /// All tests begin at once: those that have to be first have come by then.
    fn let_others_be_first(&self) {
        while self.opened_at.elapsed() < BEGIN || self.first.load(Ordering::Relaxed) > 0 {
            thread::sleep(BEGIN / 10);
        }
    }

    /// A turn beside other tests.
    pub(crate) fn shared(&self) -> Shared<'_> {
        self.let_others_be_first();
        self.turn.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// A turn without other tests.
    pub(crate) fn alone(&self) -> Alone<'_> {
        self.let_others_be_first();
        self.alone_at_once()
    }

    /// The same, for those that are first.
    pub(crate) fn alone_at_once(&self) -> Alone<'_> {
        self.turn.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nobody changes settings or records meanwhile; everything else may happen. Taken before a turn.
    pub(crate) fn as_configured(&self) -> Shared<'_> {
        self.settings.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// A turn without other tests, and without those that only wait for something.
    pub(crate) fn to_change(&self) -> Changed<'_> {
        self.let_others_be_first();
        // Not `write`: who waits for that keeps out those that only read, who would have to wait longest.
        let settings = loop {
            match self.settings.try_write() {
                Ok(settings) => break settings,
                Err(TryLockError::Poisoned(poisoned)) => break poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => thread::sleep(BEGIN),
            }
        };
        (settings, self.alone())
    }

    /// What was told on the bus about an application so far, as a rule's target gets it.
    pub(crate) fn notices(&self, application: &str) -> Vec<Value> {
        let mut all = self.all_notices();
        all.retain(|notice| notice["detail"]["application"] == application);
        all
    }

    /// Everything that was told on the bus so far.
    pub(crate) fn all_notices(&self) -> Vec<Value> {
        let (queue, notices) = &self.notices;
        let mut notices = notices.lock().unwrap_or_else(PoisonError::into_inner);
        for message in self.drain(queue) {
            notices.push(serde_json::from_str(&message.body).expect("an event is JSON"));
        }
        notices.clone()
    }

    /// Other accounts whose pipelines are started and read.
    pub(crate) fn spokes(&self) -> Vec<String> {
        self.accounts("spoke_accounts")
    }

    /// Other accounts, which an event asks to start their pipelines.
    pub(crate) fn event_started(&self) -> Vec<String> {
        self.accounts("event_started_accounts")
    }

    fn accounts(&self, member: &str) -> Vec<String> {
        let accounts = self.document[member].as_array();
        let accounts = accounts.unwrap_or_else(|| panic!("the stack's document has {member}"));
        let accounts = accounts.iter().filter_map(Value::as_str);
        accounts.map(str::to_owned).collect()
    }

    /// An output of the stack.
    pub(crate) fn output(&self, name: &str) -> &str {
        self.outputs[name]
            .as_str()
            .unwrap_or_else(|| panic!("the stack has an output {name}"))
    }

    /// Runs `downriver`, built with deployments, against this one; its exit code, standard output and standard error.
    pub(crate) fn downriver(&self, arguments: &[&str]) -> (i32, String, String) {
        let programs = PathBuf::from(self.document["programs"].as_str().expect("programs"));
        let mut command = std::process::Command::new(programs.join("downriver"));
        for (name, value) in self.document["environment"]
            .as_object()
            .expect("environment")
        {
            command.env(name, value.as_str().expect("a variable is text"));
        }
        let command = command.args(arguments);
        let output = command
            .args(["--deployment", &self.deployment])
            .output()
            .expect("downriver runs");
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        (
            output.status.code().unwrap_or(-1),
            text(output.stdout),
            text(output.stderr),
        )
    }

    /// The same, as JSON; it must succeed.
    pub(crate) fn ask(&self, arguments: &[&str]) -> Value {
        let mut all = arguments.to_vec();
        all.extend(["--format", "json"]);
        let (code, out, error) = self.downriver(&all);
        assert_eq!(code, 0, "downriver {arguments:?}: {out}{error}");
        serde_json::from_str(&out).unwrap_or(Value::Null)
    }

    /// An operator's command, which must succeed.
    pub(crate) fn order(&self, arguments: &[&str]) {
        let (code, out, error) = self.downriver(arguments);
        assert_eq!(code, 0, "downriver {arguments:?}: {out}{error}");
    }
}
