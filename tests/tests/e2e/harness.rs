//! One deployment for all tests of this suite: found once, filled with one catalog, shared.
//!
//! Every test has applications and packages of its own, so that tests run side by side. What concerns the whole deployment
//! (its settings, its queues as such) takes it for itself: [`Stack::alone`].

mod catalog;
mod emulated;
mod events;
mod observed;
mod waiting;

use std::path::PathBuf;
use std::sync::{OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use downriver_testkit::simulated_aws::client::{Client, Control};
use serde_json::Value;

pub(crate) use catalog::App;
pub(crate) use emulated::Emulated;
pub(crate) use events::Publish;
pub(crate) use waiting::{eventually, stays};

/// Where `cargo xtask test` writes down where its stack is.
const DOCUMENT_VARIABLE: &str = "DOWNRIVER_STACK";

/// The deployment under test.
pub(crate) struct Stack {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) deployment: String,
    /// The emulator of everything but CodePipeline, STS and CodeArtifact.
    pub(crate) aws: Emulated,
    /// The simulated CodePipeline as AWS's API, called by a person in the deployment's account and Region.
    pub(crate) codepipeline: Client,
    /// The same, behind the scenes.
    pub(crate) simulated: Control,
    pub(crate) moto: String,
    document: Value,
    outputs: Value,
    turn: RwLock<()>,
}

/// What a test holds while it uses the deployment together with others.
pub(crate) type Shared<'a> = RwLockReadGuard<'a, ()>;
/// What a test holds while nobody else uses the deployment.
pub(crate) type Alone<'a> = RwLockWriteGuard<'a, ()>;

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
        let stack = Self {
            codepipeline: Client::new(&simulated, &account, &region),
            simulated: Control::new(&simulated),
            moto: text("/endpoints/moto"),
            turn: RwLock::new(()),
            account,
            region,
            deployment,
            aws,
            outputs,
            document,
        };
        catalog::apply(&stack);
        Some(stack)
    }

    /// A turn beside other tests.
    pub(crate) fn shared(&self) -> Shared<'_> {
        self.turn.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// A turn without other tests.
    pub(crate) fn alone(&self) -> Alone<'_> {
        self.turn.write().unwrap_or_else(PoisonError::into_inner)
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
        let output = command.args(arguments).output().expect("downriver runs");
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        (
            output.status.code().unwrap_or(-1),
            text(output.stdout),
            text(output.stderr),
        )
    }
}
